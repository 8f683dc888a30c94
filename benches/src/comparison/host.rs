//! The machine that is measured on: what it is, how busy it is, what it spends.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::interruption::Interruption;
use super::record::Machine;
use crate::processes;

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

fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The first line that a program prints about its version; `None` where there is no such program.
pub(crate) fn version_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    // wrk prints its version on stdout and fails, strace says it on stdout, others on stderr.
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).lines().next().map(|line| line.trim().to_owned())
}

/// The revision of a source tree; `unknown` outside of one.
pub(crate) fn revision(source_root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(source_root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(revision) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let is_changed = git(&["status", "--porcelain", "-uno"]).is_some_and(|changes| !changes.is_empty());
    if is_changed { revision + "-dirty" } else { revision }
}

/// Processor time of the whole machine so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Busy {
    busy_ticks: u64,
    all_ticks: u64,
}

impl Busy {
    /// Up to now; `None` where the kernel does not say.
    pub(crate) fn now() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// From the first line of proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; the rest is in these. What
    /// was stolen is no processor time of this machine's.
    fn of(text: &str) -> Option<Self> {
        let fields = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
        let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).take(8).collect();
        let [user, nice, system, idle, waiting, interrupts, soft_interrupts, _] = ticks[..] else { return None };
        let busy_ticks = [user, nice, system, interrupts, soft_interrupts]
            .iter()
            .fold(0, |sum: u64, part| sum.saturating_add(*part));
        Some(Self { busy_ticks, all_ticks: busy_ticks.saturating_add(idle).saturating_add(waiting) })
    }

    /// Seconds of processor since then.
    #[expect(clippy::cast_precision_loss, reason = "ticks of an hour")]
    pub(crate) fn seconds_since(self, before: Self) -> f64 {
        // The kernel counts in hundredths of a second for programs, whatever its own clock.
        self.busy_ticks.saturating_sub(before.busy_ticks) as f64 / 100.0
    }

    /// The share of the machine that was busy since then.
    #[expect(clippy::cast_precision_loss, reason = "ticks of an hour")]
    fn share_since(self, before: Self) -> f64 {
        let all = self.all_ticks.saturating_sub(before.all_ticks).max(1);
        self.busy_ticks.saturating_sub(before.busy_ticks) as f64 / all as f64
    }
}

/// Waits until the machine is at rest, so long at most; says whether it came to that.
pub(crate) fn rest(most: Duration, interruption: &Interruption) -> bool {
    let deadline = Instant::now() + most;
    loop {
        let Some(before) = Busy::now() else { return true };
        std::thread::sleep(LOOK);
        if Busy::now().is_none_or(|now| now.share_since(before) <= REST_SHARE) {
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn busy_is_what_is_neither_idle_nor_stolen() {
        let before = Busy::of("cpu  100 0 100 800 0 0 0 50 0 0\n").unwrap();
        let after = Busy::of("cpu  150 0 110 830 10 0 0 90 0 0\n").unwrap();
        assert!((after.seconds_since(before) - 0.6).abs() < 1e-9);
        assert!((after.share_since(before) - 0.6).abs() < 1e-9);
    }

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

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "(cpu )?[ -~]{0,100}") {
            let _ = Busy::of(&text);
        }
    }
}
