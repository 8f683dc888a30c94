//! What starts and calls cost: joules of the processor packages where the machine counts them, processor time everywhere.
//! Both are the whole machine's, the client's share included, since what a container's start makes the kernel do is nobody's process.

use super::{Course, language_of};
use crate::comparison::asking;
use crate::comparison::contender::Role;
use crate::comparison::host::Energy;
use crate::comparison::record::{Missing, Series};
use crate::comparison::workload::Call;
use crate::processes::MachineTicks;

/// What is told is the cost of so many calls.
const CALLS: f64 = 1000.0;

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    if Energy::now().is_none() {
        course.findings.missing.push(Missing {
            what: "energy: joules".to_owned(),
            why: "no energy counters can be read (/sys/class/powercap); processor seconds are there instead".to_owned(),
        });
    }
    course.each(course.starters(), |course, contender| {
        let starts = course.plan.energy_starts;
        contender.settle()?;
        let spent = spend(course, contender.name(), "start", pieces(starts), |course| {
            for _ in 0..starts {
                course.interruption.check()?;
                asking::start(contender, course.interruption)?.instance.stop()?;
            }
            // What was put off, a pool's refill above all, belongs to the starts.
            contender.settle()
        });
        spent?;
        if contender.profile().role != Role::Everything {
            return Ok(());
        }
        let started = asking::start(contender, course.interruption)?;
        let call = Call::sum(language_of(contender));
        started.asking.ask(&call)?;
        let calls = course.plan.energy_calls;
        spend(course, contender.name(), "1000_calls", pieces(calls) / CALLS, |course| {
            for _ in 0..calls {
                course.interruption.check()?;
                started.asking.ask(&call)?;
            }
            Ok(())
        })?;
        started.instance.stop()
    })
}

/// Keeps what some work cost, by piece.
fn spend(
    course: &mut Course<'_>,
    contender: &str,
    work: &str,
    pieces: f64,
    mut do_it: impl FnMut(&Course<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (busy, energy) = (MachineTicks::now(), Energy::now());
    do_it(course)?;
    let series = |metric, unit| Series::new("energy", contender, metric, unit).with("work", work);
    if let (Some(before), Some(now)) = (busy, MachineTicks::now()) {
        course.keep(series("processor_seconds", "s").samples(vec![now.busy_seconds_since(before) / pieces]));
    }
    if let (Some(before), Some(now)) = (energy, Energy::now()) {
        course.keep(series("joules", "J").samples(vec![now.joules_since(&before) / pieces]));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "some thousand")]
fn pieces(count: usize) -> f64 {
    count.max(1) as f64
}
