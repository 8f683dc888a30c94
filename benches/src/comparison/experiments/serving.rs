//! Requests per second and latency: wrk, one thread, so many connections, each with one request at a time.

use super::{Course, language_of};
use crate::comparison::asking;
use crate::comparison::contender::Contender;
use crate::comparison::record::{Better, Missing, Series};
use crate::comparison::workload::Call;
use crate::comparison::wrk::{self, Load};

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    if wrk::version().is_none() {
        course.findings.missing.push(Missing {
            what: "serving".to_owned(),
            why: "wrk is not installed; Debian's package wrk has it (scripts/setup --benchmarks)".to_owned(),
        });
        return Ok(());
    }
    course.each(course.servers(), |course, contender| {
        contender.settle()?;
        let started = asking::start(contender, course.interruption)?;
        let language = language_of(contender);
        let mut calls = vec![(Call::empty(language), None), (Call::sum(language), None), (Call::wait(language), None)];
        for &bytes in &course.plan.payload_bytes {
            calls.push((Call::payload(language, bytes), Some(bytes)));
        }
        for (call, bytes) in &calls {
            for &connections in &course.plan.connections {
                let mut loads = Vec::new();
                for _ in 0..course.plan.serving_rounds {
                    course.interruption.check()?;
                    let endpoint = started.instance.endpoint();
                    let (seconds, folder) = (course.plan.serving, course.folder);
                    match wrk::run(&started.asking, endpoint, call, connections, seconds, folder) {
                        Ok(load) => loads.push(load),
                        // The others may work all the same: a body may be too large for one.
                        Err(error) => {
                            course.fail(contender, &error.context(format!("serving {}", call.name)));
                            break;
                        }
                    }
                }
                keep(course, contender, call, *bytes, connections, &loads);
            }
        }
        started.instance.stop()
    })
}

fn keep(
    course: &mut Course<'_>,
    contender: &dyn Contender,
    call: &Call,
    bytes: Option<usize>,
    connections: u32,
    loads: &[Load],
) {
    let wrong: u64 = loads.iter().map(|load| load.wrong).sum();
    if wrong > 0 {
        let failure = format!("{}: {wrong} wrong answers to {} under load", contender.name(), call.name);
        course.findings.failures.push(failure);
    }
    let series = |metric, unit| {
        let series = Series::new("serving", contender.name(), metric, unit)
            .with("function", call.name)
            .with("connections", connections);
        match bytes {
            Some(bytes) => series.with("bytes", bytes),
            None => series,
        }
    };
    let per_load = |figure: fn(&Load) -> f64| loads.iter().map(figure).collect::<Vec<_>>();
    course
        .keep(series("requests_per_second", "1/s").better(Better::Higher).samples(per_load(Load::answers_per_second)));
    course.keep(series("latency_p50", "ms").samples(per_load(|load| load.p50_ms)));
    course.keep(series("latency_p99", "ms").samples(per_load(|load| load.p99_ms)));
    course.keep(series("latency_p999", "ms").samples(per_load(|load| load.p999_ms)));
    course.keep(series("errors", "count").samples(per_load(Load::errors)));
}
