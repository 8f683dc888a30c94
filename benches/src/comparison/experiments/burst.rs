//! Many starts at once, and how long it takes until all of them answer.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

use super::{Course, milliseconds};
use crate::comparison::asking::{self, Started};
use crate::comparison::contender::Contender;
use crate::comparison::host::rest;
use crate::comparison::interruption::Interruption;
use crate::comparison::record::Series;

/// How long is waited before a burst until nothing else runs.
const MOST_REST: Duration = Duration::from_secs(10);

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    let count = course.plan.burst;
    course.each(course.starters(), |course, contender| {
        contender.settle()?;
        rest(MOST_REST, course.interruption);
        let begun = Instant::now();
        let started = start_all(contender, count, course.interruption);
        let (mut each_ms, mut failed) = (Vec::new(), Vec::new());
        for one in started {
            match one {
                Ok(one) => {
                    each_ms.push(milliseconds(one.begun.duration_since(begun) + one.first_answer));
                    one.instance.stop()?;
                }
                Err(error) => failed.push(error),
            }
        }
        course.interruption.check()?;
        let series = |metric, unit| Series::new("burst", contender.name(), metric, unit).with("instances", count);
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        course.keep(series("failed_starts", "count").samples(vec![failed.len() as f64]));
        match failed.into_iter().next() {
            Some(error) => {
                let started = each_ms.len();
                let what = format!("burst: {started} of {count} started, so there is no time for all");
                course.fail(contender, &error.context(what));
            }
            None => {
                let all = each_ms.iter().copied().fold(0.0, f64::max);
                course.keep(series("all_answer", "s").samples(vec![all / 1e3]));
            }
        }
        course.keep(series("each_answer", "ms").samples(each_ms));
        Ok(())
    })
}

/// Starts so many instances at the same time.
pub(super) fn start_all(
    contender: &dyn Contender,
    count: usize,
    interruption: &Interruption,
) -> Vec<anyhow::Result<Started>> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    asking::start(contender, interruption)
                })
            })
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a client panicked"))).context("one of many at once")
        };
        threads.into_iter().map(join).collect()
    })
}
