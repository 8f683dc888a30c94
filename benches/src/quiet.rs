//! Whether the machine is this program's alone: figures taken while others compute are figures of the others.
//!
//! Short measurements wait until nothing else runs, and are made again where something else ran meanwhile. Both are bounded:
//! on a machine that never comes to rest the figures are taken anyway, and the report says how much others had.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::processes::{MachineTicks, ticks_of};

/// How long is looked before a measurement, and again while others compute.
const LOOK: Duration = Duration::from_millis(100);
/// The share of the machine's processors that others may have: what the kernel itself does is not zero.
const MOST_SHARE: f64 = 0.1;
/// How often one measurement is made at most.
const MOST_ATTEMPTS: usize = 4;
/// How long is waited in all.
const MOST_WAITING: Duration = Duration::from_secs(1200);

/// Processor time so far: of the whole machine, and of this process with all its descendants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessorTime {
    machine: MachineTicks,
    own_ticks: u64,
}

/// What others took of the machine's processors, as shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OthersShares {
    /// Other processes.
    pub(crate) processes: f64,
    /// Other virtual machines on the same host.
    pub(crate) machines: f64,
}

/// Waits for quiet, within one budget for all measurements of an experiment.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    waited: Duration,
    made: usize,
    repeated: usize,
    disturbed: usize,
}

impl Quiet {
    /// Makes a measurement when nothing else runs, and makes it again if something else did meanwhile.
    ///
    /// # Errors
    /// The measurement's.
    pub(crate) async fn measure<T>(
        &mut self,
        mut measurement: impl AsyncFnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.made += 1;
        let mut attempts = 0;
        loop {
            attempts += 1;
            self.wait().await;
            let before = ProcessorTime::now();
            let measured = measurement().await?;
            let share = before.and_then(|before| Some(ProcessorTime::now()?.others_since(before).total()));
            if share.is_none_or(|share| share <= MOST_SHARE) {
                return Ok(measured);
            }
            if attempts == MOST_ATTEMPTS || self.waited >= MOST_WAITING {
                self.disturbed += 1;
                return Ok(measured);
            }
            self.repeated += 1;
        }
    }

    /// Waits until others leave the machine alone, if they do so in time.
    async fn wait(&mut self) {
        let begun = Instant::now();
        while self.waited + begun.elapsed() < MOST_WAITING {
            let Some(before) = ProcessorTime::now() else { break };
            tokio::time::sleep(LOOK).await;
            if ProcessorTime::now().is_none_or(|now| now.others_since(before).total() <= MOST_SHARE / 2.0) {
                break;
            }
        }
        self.waited += begun.elapsed();
    }

    /// For the notes: how well that went.
    pub(crate) fn note(&self) -> String {
        let Self { made, repeated, disturbed, .. } = self;
        format!(
            "{made} measurements, each when nothing else ran; {repeated} were made again because something else did; \
             {disturbed} were kept although it did"
        )
    }
}

impl ProcessorTime {
    /// Up to now; `None` where the kernel does not say.
    pub(crate) fn now() -> Option<Self> {
        Some(Self { machine: MachineTicks::now()?, own_ticks: own_ticks(std::process::id(), &all_processes()) })
    }

    /// What others took since `before`.
    pub(crate) fn others_since(self, before: Self) -> OthersShares {
        let since = |ticks: fn(&Self) -> u64| ticks(&self).saturating_sub(ticks(&before));
        let all = since(|time| time.machine.all);
        let stolen = since(|time| time.machine.stolen);
        let ours = since(|time| time.own_ticks) + since(|time| time.machine.idle) + stolen;
        #[expect(clippy::cast_precision_loss, reason = "ticks of a run")]
        let share = |ticks: u64| ticks as f64 / all.max(1) as f64;
        OthersShares { processes: share(all.saturating_sub(ours)), machines: share(stolen) }
    }
}

impl OthersShares {
    fn total(self) -> f64 {
        self.processes + self.machines
    }

    /// For the notes.
    pub(crate) fn note(self) -> String {
        let [processes, machines] = [self.processes, self.machines].map(|share| share * 100.0);
        format!(
            "of the machine's processor time, {processes:.1} % went to others' processes and {machines:.1} % was stolen"
        )
    }
}

/// A process's parent, and what it and its children that have ended have used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    ticks: u64,
}

fn all_processes() -> HashMap<u32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| Some((id, process(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?))).collect()
}

/// From a line of proc_pid_stat(5).
fn process(stat: &str) -> Option<Process> {
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    Some(Process { parent, ticks: ticks_of(stat, 4) })
}

/// What a process and all its descendants have used.
fn own_ticks(id: u32, all: &HashMap<u32, Process>) -> u64 {
    let mut ticks = 0;
    let mut family = vec![id];
    // No process is its own ancestor, but a table that is read while it changes may look so.
    for _ in 0..all.len() {
        let Some(id) = family.pop() else { break };
        ticks += all.get(&id).map_or(0, |process| process.ticks);
        family.extend(all.iter().filter(|(_, process)| process.parent == id).map(|(child, _)| *child));
    }
    ticks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_neither_idle_nor_stolen_nor_ours_is_others() {
        let time = |text, own_ticks| ProcessorTime { machine: MachineTicks::of(text).unwrap(), own_ticks };
        let before = time("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1", 0);
        let after = time("cpu  150 0 110 820 10 0 0 10 0 0\ncpu0 1", 40);
        assert_eq!(after.others_since(before), OthersShares { processes: 0.2, machines: 0.1 });
        assert_eq!(before.others_since(before).total(), 0.0);
    }

    #[test]
    fn descendants_of_any_degree_are_ours_and_nobody_else() {
        let all = [(1, 0, 1), (2, 1, 10), (3, 2, 100), (4, 0, 1000)];
        let all = all.map(|(id, parent, ticks)| (id, Process { parent, ticks })).into();
        assert_eq!(own_ticks(1, &all), 111);
        let in_a_circle = [(1, 2), (2, 1)].map(|(id, parent)| (id, Process { parent, ticks: 1 })).into();
        assert_eq!(own_ticks(1, &in_a_circle), 2);
    }

    #[test]
    fn the_kernels_line_of_a_process_is_understood() {
        let stat = "7 (a ) b) S 5 7 7 0 -1 4194560 100 0 0 0 20 3 5 1 20 0 1";
        assert_eq!(process(stat), Some(Process { parent: 5, ticks: 29 }));
        assert!(ProcessorTime::now().unwrap().machine.all > 0);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "[ -~]{0,100}") {
            let _ = process(&text);
        }
    }
}
