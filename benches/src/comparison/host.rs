//! The machine that is measured on: what it is, how busy it is, what it spends.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::interruption::Interruption;
use super::record::Machine;
use crate::machine::{self, processor, read};
use crate::processes::{self, MachineTicks};

/// How long is looked whether the machine is at rest.
const LOOK: Duration = Duration::from_millis(50);
/// The share of the machine's processors that may be busy while it counts as at rest.
const REST_SHARE: f64 = 0.1;

/// What the machine is; how it came to its accelerator is for the caller to add.
pub(crate) fn machine() -> Machine {
    Machine {
        processor: processor(),
        processors: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        memory_mib: processes::total_kib().unwrap_or_default() / 1024,
        kernel: read("/proc/sys/kernel/osrelease"),
        governor: match read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") {
            unknown if unknown.is_empty() => "unknown".to_owned(),
            governor => governor,
        },
        cgroups: if Path::new("/sys/fs/cgroup/cgroup.controllers").exists() { "v2" } else { "v1" }.to_owned(),
        load_before: load(),
        ..Machine::default()
    }
}

/// The load average of the last minute.
pub(crate) fn load() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// The first line that a program prints about its version; `None` where there is no such program.
pub(crate) fn version_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    // wrk prints its version on stdout and fails, strace says it on stdout, others on stderr.
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).lines().next().map(|line| line.trim().to_owned())
}

/// The revision of a source tree, `-dirty` behind it where files have changed.
pub(crate) fn revision(source_root: &Path) -> String {
    let (revision, is_changed) = machine::revision(source_root);
    if is_changed { revision + "-dirty" } else { revision }
}

/// Waits until the machine is at rest, so long at most; says whether it came to that.
pub(crate) fn rest(most: Duration, interruption: &Interruption) -> bool {
    let deadline = Instant::now() + most;
    loop {
        let Some(before) = MachineTicks::now() else { return true };
        std::thread::sleep(LOOK);
        if MachineTicks::now().is_none_or(|now| now.busy_share_since(before) <= REST_SHARE) {
            return true;
        }
        if Instant::now() > deadline || interruption.has_come() {
            return false;
        }
    }
}

/// Counters of the energy that the processor packages have taken (Linux' powercap interface, intel-rapl), in microjoules.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Energy(Vec<(u64, u64)>);

impl Energy {
    /// Up to now; `None` where the machine has no counters, or this user may not read them.
    pub(crate) fn now() -> Option<Self> {
        let zones = fs::read_dir("/sys/class/powercap").ok()?.flatten().filter(|zone| {
            // Packages, not what is in them: `intel-rapl:0`, not `intel-rapl:0:1`.
            zone.file_name().to_string_lossy().matches(':').count() == 1
        });
        let number = |path: std::path::PathBuf| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let counters: Vec<_> = zones
            .filter_map(|zone| {
                Some((number(zone.path().join("energy_uj"))?, number(zone.path().join("max_energy_range_uj"))?))
            })
            .collect();
        (!counters.is_empty()).then_some(Self(counters))
    }

    /// Joules since then. A counter that began anew is counted on.
    #[expect(clippy::cast_precision_loss, reason = "microjoules of an hour")]
    pub(crate) fn joules_since(&self, before: &Self) -> f64 {
        let differences = self.0.iter().zip(&before.0).map(|((now, range), (then, _))| {
            if now >= then { now - then } else { now.saturating_add(range.saturating_sub(*then)) }
        });
        differences.map(|microjoules| microjoules as f64 / 1e6).sum()
    }
}

/// Nanoseconds that a process and its threads have run (proc_pid_schedstat); 0 for one that is gone.
pub(crate) fn run_ns(process_id: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{process_id}/task")).into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    times.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_began_anew_is_counted_on() {
        let (before, after) = (Energy(vec![(9_000_000, 10_000_000)]), Energy(vec![(1_000_000, 10_000_000)]));
        assert!((after.joules_since(&before) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_process_that_computes_has_run() {
        let before = run_ns(std::process::id());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(20) {}
        assert!(run_ns(std::process::id()) > before);
        assert_eq!(run_ns(u32::MAX), 0);
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version_of("/nonexistent/program", &[]), None);
        assert!(version_of("git", &["--version"]).unwrap().starts_with("git"));
    }
}
