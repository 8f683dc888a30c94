//! Requests per second and latency: wrk, one thread, so many connections, each with one request at a time.

use super::{Course, language_of};
use crate::comparison::asking;
use crate::comparison::contender::Contender;
use crate::comparison::record::{Better, Missing, Series};
use crate::comparison::workload::Call;
use crate::comparison::wrk;

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    if wrk::version().is_none() {
        course.findings.missing.push(Missing {
            what: "serving".to_owned(),
            why: "wrk is not installed; Debian's package wrk has it (scripts/setup --benchmarks)".to_owned(),
        });
        return Ok(());
    }
    let subjects: Vec<_> = course
        .kinds()
        .chain(course.contenders.iter().filter(|contender| contender.name().ends_with("-direct")))
        .collect();
    course.each(subjects.into_iter(), |course, contender| {
        contender.settle()?;
        let started = asking::start(contender, course.interruption)?;
        let language = language_of(contender);
        let mut calls = vec![(Call::empty(language), None), (Call::sum(language), None), (Call::wait(language), None)];
        for &bytes in &course.plan.payload_bytes {
            calls.push((Call::payload(language, bytes), Some(bytes)));
        }
        for (call, bytes) in &calls {
            for &connections in &course.plan.connections {
                course.interruption.check()?;
                let load = wrk::run(
                    &started.asking,
                    started.instance.endpoint(),
                    call,
                    connections,
                    course.plan.serving,
                    course.folder,
                );
                match load {
                    Ok(load) => keep(course, contender, call, *bytes, connections, load),
                    // The others may work all the same: a body may be too large for one.
                    Err(error) => course.fail(contender, &error.context(format!("serving {}", call.name))),
                }
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
    load: wrk::Load,
) {
    let series = |metric, unit| {
        let series = Series::new("serving", contender.name(), metric, unit)
            .with("function", call.name)
            .with("connections", connections);
        match bytes {
            Some(bytes) => series.with("bytes", bytes),
            None => series,
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "answers of some seconds")]
    let (right, wrong) = (load.right as f64, load.wrong as f64);
    course.keep(
        series("requests_per_second", "1/s").better(Better::Higher).samples(vec![right / load.seconds.max(1e-9)]),
    );
    for (metric, ms) in [("latency_p50", load.p50_ms), ("latency_p99", load.p99_ms), ("latency_p999", load.p999_ms)] {
        course.keep(series(metric, "ms").samples(vec![ms]));
    }
    course.keep(series("errors", "count").samples(vec![wrong]));
}
