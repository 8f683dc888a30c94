//! Memory of instances that have answered one function and rest: everything that exists because of them, from one to many.

use std::time::Duration;

use anyhow::ensure;

use super::burst::start_all;
use super::{Course, language_of};
use crate::comparison::asking::Started;
use crate::comparison::contender::Contender;
use crate::comparison::record::Series;
use crate::comparison::workload::Call;
use crate::processes;

/// How long instances rest before they are looked at.
const REST: Duration = Duration::from_secs(2);
/// Instances that are started at the same time.
const AT_ONCE: usize = 4;
/// After so many failed starts no more are tried.
const MOST_FAILURES: usize = 5;
/// Memory that the host keeps for itself: no further instances are started when so much or less is available.
const LEAST_AVAILABLE_KIB: u64 = 3 * 1024 * 1024;

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    course.each(course.starters(), |course, contender| {
        contender.settle()?;
        let before_kib = processes::available_kib();
        let mut running: Vec<Started> = Vec::new();
        let mut pss: Vec<(usize, f64)> = Vec::new();
        for &count in &course.plan.instances {
            if let Some(reason) = grow(course, contender, count, &mut running)? {
                let (name, running) = (contender.name(), running.len());
                course.findings.notes.push(format!("alloc: {name} ended at {running} instances: {reason}"));
                break;
            }
            std::thread::sleep(REST);
            let total_mib = total_mib(contender, &running)?;
            pss.push((count, total_mib));
            let series = |metric| Series::new("alloc", contender.name(), metric, "MiB").with("instances", count);
            course.keep(series("pss").samples(vec![total_mib]));
            if let (Some(before), Some(now)) = (before_kib, processes::available_kib()) {
                #[expect(clippy::cast_precision_loss, reason = "KiB of a machine")]
                let taken = (before as f64 - now as f64) / 1024.0;
                course.keep(series("host_memory").samples(vec![taken]));
            }
        }
        for started in running {
            started.instance.stop()?;
        }
        let series = |metric, value| Series::new("alloc", contender.name(), metric, "MiB").samples(vec![value]);
        if let Some((_, first)) = pss.first().filter(|(count, _)| *count == 1) {
            course.keep(series("first_instance", *first));
        }
        if let Some(each) = slope(&pss) {
            course.keep(series("per_instance", each));
        }
        Ok(())
    })
}

/// Starts instances until there are so many, and asks each of them; says why there are fewer, if there are.
fn grow(
    course: &mut Course<'_>,
    contender: &dyn Contender,
    count: usize,
    running: &mut Vec<Started>,
) -> anyhow::Result<Option<String>> {
    let call = Call::sum(language_of(contender));
    let mut failed = 0;
    while running.len() < count {
        course.interruption.check()?;
        if processes::available_kib().is_some_and(|kib| kib < LEAST_AVAILABLE_KIB) {
            return Ok(Some(format!("the host had less than {} GiB left", LEAST_AVAILABLE_KIB >> 20)));
        }
        // All that do start are kept before any is asked, to be ended in order.
        let begun = running.len();
        for started in start_all(contender, (count - begun).min(AT_ONCE), course.interruption) {
            match started {
                Ok(started) => running.push(started),
                Err(error) => {
                    course.interruption.check()?;
                    course.mishap(contender, &error.context("alloc"));
                    failed += 1;
                }
            }
        }
        if failed >= MOST_FAILURES {
            return Ok(Some(format!("{failed} starts failed")));
        }
        for started in &running[begun..] {
            started.asking.ask(&call)?;
        }
    }
    Ok(None)
}

/// All memory, each page that is shared counted in parts, of everything that exists because of these instances.
fn total_mib(contender: &dyn Contender, running: &[Started]) -> anyhow::Result<f64> {
    let mut ids = contender.shared_processes();
    ids.extend(running.iter().flat_map(|started| started.instance.processes()));
    ids.sort_unstable();
    ids.dedup();
    ensure!(!ids.is_empty(), "no process is known");
    processes::total_pss_mib(&ids)
}

/// What each further instance takes: from the fewest to the most.
fn slope(pss: &[(usize, f64)]) -> Option<f64> {
    let ((few, little), (many, much)) = (pss.first()?, pss.last()?);
    #[expect(clippy::cast_precision_loss, reason = "some hundred instances")]
    let further = many.checked_sub(*few).filter(|further| *further > 0)? as f64;
    Some((much - little) / further)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_share_is_not_counted_for_each() {
        assert_eq!(slope(&[(1, 30.0), (10, 66.0), (101, 430.0)]), Some(4.0));
        assert_eq!(slope(&[(1, 30.0)]), None);
        assert_eq!(slope(&[]), None);
    }
}
