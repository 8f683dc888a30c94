//! What an instance does while nobody asks it anything: instructions, where the processor counts them, and processor time.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::{Course, language_of};
use crate::comparison::asking;
use crate::comparison::host::run_ns;
use crate::comparison::record::{Missing, Series};
use crate::comparison::workload::Call;

/// How long an instance is left alone before it is looked at.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    let counts = perf_counts_instructions();
    if !counts {
        course.findings.missing.push(Missing {
            what: "idle_instructions: instructions".to_owned(),
            why:
                "perf cannot count instructions here (no perf, no right to, or a virtual processor without counters); \
                  processor time is there instead"
                    .to_owned(),
        });
    }
    course.each(course.kinds(), |course, contender| {
        contender.settle()?;
        let started = asking::start(contender, course.interruption)?;
        started.asking.ask(&Call::sum(language_of(contender)))?;
        // A kept-alive connection would make the instance watch its time limit.
        drop(started.asking);
        std::thread::sleep(SETTLE);
        let ids = started.instance.processes();
        let before: u64 = ids.iter().map(|id| run_ns(*id)).sum();
        let begun = Instant::now();
        if counts {
            let per_second = instructions_per_second(&ids, course.plan.idle)?;
            let series = Series::new("idle_instructions", contender.name(), "instructions_per_second", "1/s");
            course.keep(series.samples(vec![per_second]));
        } else {
            std::thread::sleep(course.plan.idle);
        }
        let after: u64 = ids.iter().map(|id| run_ns(*id)).sum();
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of some seconds")]
        let ms = after.saturating_sub(before) as f64 / 1e6;
        let series = Series::new("idle_instructions", contender.name(), "processor_ms_per_s", "ms");
        course.keep(series.samples(vec![ms / begun.elapsed().as_secs_f64()]));
        started.instance.stop()
    })
}

fn perf_counts_instructions() -> bool {
    let output = Command::new("perf").args(["stat", "-x", ",", "-e", "instructions", "true"]).output();
    output.is_ok_and(|output| counted(&String::from_utf8_lossy(&output.stderr)).is_some())
}

fn instructions_per_second(ids: &[u32], duration: Duration) -> anyhow::Result<f64> {
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    let output = Command::new("perf")
        .args(["stat", "-x", ",", "-e", "instructions", "-p", &ids.join(","), "--", "sleep"])
        .arg(duration.as_secs().to_string())
        .stdin(Stdio::null())
        .output()
        .context("cannot run perf")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let count = counted(&text).with_context(|| format!("perf printed: {text}"))?;
    Ok(count / duration.as_secs_f64())
}

/// The count in a line of `perf stat -x ,`: `123456,,instructions,…`.
fn counted(text: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.contains("instructions"))?;
    line.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_is_a_count() {
        assert_eq!(counted("1234,,instructions:u,99,100.00,,\n"), Some(1234.0));
        assert_eq!(counted("<not supported>,,instructions,0,100.00,,\n"), None);
        assert_eq!(counted(""), None);
    }
}
