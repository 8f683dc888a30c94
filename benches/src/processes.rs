//! Processes as the kernel shows them below `/proc`: who they are, what they take, how they are ended.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// Between two looks at something that has no means to tell.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// How long a killed process may take to be gone.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// What a process's memory is made of, in KiB, each shared page counted in parts (proc_pid_smaps(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SharedMemory {
    /// All of it.
    pub(crate) total_kib: u64,
    /// Memory of its own: the guest's, and QEMU's heap.
    pub(crate) anonymous_kib: u64,
    /// Files: programs, libraries, images.
    pub(crate) files_kib: u64,
    /// Memory with a name, as that of a restored guest may be.
    pub(crate) shared_kib: u64,
}

/// The processes whose working directory lies in `directory`: a microVM's own directory is its VMM's.
pub(crate) fn working_in(directory: &Path) -> Vec<u32> {
    let Ok(directory) = directory.canonicalize() else { return Vec::new() };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| works_in(*id, &directory)).collect()
}

fn works_in(process_id: u32, directory: &Path) -> bool {
    fs::read_link(format!("/proc/{process_id}/cwd")).is_ok_and(|path| path.starts_with(directory))
}

/// Ends every process that works in `directory`, and waits until they are gone; says whether they are.
pub(crate) fn end_all_in(directory: &Path) -> bool {
    let deadline = Instant::now() + END_TIMEOUT;
    loop {
        let running = working_in(directory);
        if running.is_empty() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        for id in running {
            // One that has ended meanwhile is as good.
            let _ = signal(id, Signal::SIGKILL);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A process and all that it started, their children included. Empty for one that is gone.
pub(crate) fn with_descendants(process_id: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent_of(id)?))).collect();
    let mut found: Vec<u32> = parents.iter().filter(|(id, _)| *id == process_id).map(|(id, _)| *id).collect();
    let mut looked_at = 0;
    while let Some(parent) = found.get(looked_at).copied() {
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(id, _)| *id));
        looked_at += 1;
    }
    found
}

/// The parent of a process that has not ended.
fn parent_of(process_id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.next()?.parse().ok() }
}

/// Waits until a process has ended; whether somebody has asked for its exit code does not matter.
///
/// # Errors
/// When it does not end in time.
pub(crate) fn wait_until_gone(process_id: u32) -> anyhow::Result<()> {
    let deadline = Instant::now() + END_TIMEOUT;
    while parent_of(process_id).is_some() {
        anyhow::ensure!(Instant::now() < deadline, "process {process_id} still runs after {} s", END_TIMEOUT.as_secs());
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Sends a signal.
pub(crate) fn signal(process_id: u32, signal: Signal) -> io::Result<()> {
    let id = i32::try_from(process_id).map_err(io::Error::other)?;
    kill(Pid::from_raw(id), signal).map_err(io::Error::from)
}

/// What a process takes, its share of what it shares with others counted.
///
/// # Errors
/// When the process is gone, or is not this user's.
pub(crate) fn shared_memory(process_id: u32) -> anyhow::Result<SharedMemory> {
    let path = format!("/proc/{process_id}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let kib = |name| kib_of(&text, name);
    Ok(SharedMemory {
        total_kib: kib("Pss:").with_context(|| format!("{path} has no PSS"))?,
        anonymous_kib: kib("Pss_Anon:").unwrap_or_default(),
        files_kib: kib("Pss_File:").unwrap_or_default(),
        shared_kib: kib("Pss_Shmem:").unwrap_or_default(),
    })
}

/// What processes take together, in MiB.
///
/// # Errors
/// When one of them is gone, or is not this user's.
pub(crate) fn total_pss_mib(ids: &[u32]) -> anyhow::Result<f64> {
    let mut kib = 0;
    for id in ids {
        kib += shared_memory(*id)?.total_kib;
    }
    Ok(crate::experiments::mib(kib))
}

/// Processor time of the whole machine so far, in the kernel's ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineTicks {
    /// All of it.
    pub(crate) all: u64,
    /// What nobody wanted.
    pub(crate) idle: u64,
    /// What other machines on the same host had.
    pub(crate) stolen: u64,
}

impl MachineTicks {
    /// Up to now; `None` where the kernel does not say.
    pub(crate) fn now() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// From the first line of proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; what follows is in these.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let fields = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
        let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).take(8).collect();
        let [_, _, _, idle, waiting, _, _, stolen] = ticks[..] else { return None };
        let sum = |ticks: &[u64]| ticks.iter().fold(0, |sum: u64, ticks| sum.saturating_add(*ticks));
        Some(Self { all: sum(&ticks), idle: sum(&[idle, waiting]), stolen })
    }

    /// What was neither idle nor stolen.
    fn busy(self) -> u64 {
        self.all.saturating_sub(self.idle).saturating_sub(self.stolen)
    }

    /// Seconds of processor that were used since `before`.
    pub(crate) fn busy_seconds_since(self, before: Self) -> f64 {
        seconds(self.busy().saturating_sub(before.busy()))
    }

    /// The share of the machine that was busy since `before`.
    #[expect(clippy::cast_precision_loss, reason = "ticks of an hour")]
    pub(crate) fn busy_share_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1);
        self.busy().saturating_sub(before.busy()) as f64 / all as f64
    }
}

/// The memory of a process that is in RAM, in KiB.
///
/// # Errors
/// When the process is gone.
pub(crate) fn resident_kib(process_id: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process_id}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    kib_of(&text, "VmRSS:").with_context(|| format!("{path} has no VmRSS"))
}

/// Memory that the host still has for programs, in KiB.
pub(crate) fn available_kib() -> Option<u64> {
    kib_of(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// Memory of the host, in KiB.
pub(crate) fn total_kib() -> Option<u64> {
    kib_of(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// The number in a line like `Pss:   12 kB`.
fn kib_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Seconds of processor that a process has used in its life; 0 for one that is gone.
pub(crate) fn processor_seconds(process_id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    seconds(ticks_of(&stat, 2))
}

#[expect(clippy::cast_precision_loss, reason = "ticks of a short life")]
fn seconds(ticks: u64) -> f64 {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    ticks as f64 / per_second as f64
}

/// The first times in a line of proc_pid_stat(5): user, system, and both again of all children that were waited for. The
/// line's second field is in brackets and may hold any character.
pub(crate) fn ticks_of(stat: &str, times: usize) -> u64 {
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(times);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// The TCP port of the loopback address that a process listens on; `None` where there is none.
pub(crate) fn listening_port(process_id: u32) -> Option<u16> {
    let table = fs::read_to_string(format!("/proc/{process_id}/net/tcp")).ok()?;
    let descriptors = fs::read_dir(format!("/proc/{process_id}/fd")).ok()?.flatten();
    let sockets: Vec<String> = descriptors
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok()?.to_str().map(str::to_owned))
        .collect();
    listening(&table).find_map(|(port, inode)| sockets.contains(&format!("socket:[{inode}]")).then_some(port))
}

/// Ports and inodes of the listening sockets in a table of proc_net_tcp(5).
fn listening(table: &str) -> impl Iterator<Item = (u16, &str)> {
    table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.split_once(':')?;
        let is_listening = *fields.get(3)? == "0A";
        is_listening.then_some((u16::from_str_radix(port, 16).ok()?, *fields.get(9)?))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_kernels_lines_are_understood() {
        assert_eq!(kib_of("Rss: 9 kB\nPss:     1234 kB\nPss_Anon: 3 kB\n", "Pss:"), Some(1234));
        assert_eq!(kib_of("Rss: 9 kB\n", "Pss:"), None);
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 20 3 5 1 20 0 1";
        assert_eq!((ticks_of(stat, 2), ticks_of(stat, 4), ticks_of("", 2)), (23, 29, 0));
    }

    #[test]
    fn busy_is_what_is_neither_idle_nor_stolen() {
        let before = MachineTicks::of("cpu  100 0 100 800 0 0 0 50 0 0\n").unwrap();
        let after = MachineTicks::of("cpu  150 0 110 830 10 0 0 90 0 0\n").unwrap();
        assert!((after.busy_share_since(before) - 60.0 / 140.0).abs() < 1e-9);
        assert!(after.busy_seconds_since(before) > 0.0);
        assert!(MachineTicks::of("cpu  1 2").is_none());
    }

    #[test]
    fn of_a_table_of_sockets_only_those_that_listen_count() {
        let table = "  sl  local_address rem_address   st tx rx tr tm retr uid timeout inode\n   0: 0100007F:1F90 00000000:0000 \
                     0A 0:0 0:0 0 0 0 4711 1\n   1: 0100007F:1F91 0100007F:1F90 01 0:0 0:0 0 0 0 4712 1\n";
        assert_eq!(listening(table).collect::<Vec<_>>(), [(8080, "4711")]);
    }

    #[test]
    fn a_socket_of_this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        // Other tests of this process do not listen.
        assert_eq!(listening_port(std::process::id()), Some(listener.local_addr().unwrap().port()));
    }

    #[test]
    fn this_process_has_memory_and_no_such_process_has_none() {
        assert!(shared_memory(std::process::id()).unwrap().total_kib > 100);
        assert!(resident_kib(std::process::id()).unwrap() > 100);
        assert!(shared_memory(u32::MAX).is_err());
    }

    #[test]
    fn a_process_is_found_by_its_folder_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").current_dir(folder.path()).spawn().unwrap();
        assert_eq!(working_in(folder.path()), [child.id()]);
        let reaper = std::thread::spawn(move || child.wait().unwrap());
        assert!(end_all_in(folder.path()));
        assert!(!reaper.join().unwrap().success());
        assert!(working_in(&folder.path().join("missing")).is_empty());
    }

    #[test]
    fn what_a_process_started_belongs_to_it_until_it_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (own, its) = (with_descendants(std::process::id()), with_descendants(child.id()));
        assert!(own.starts_with(&[std::process::id()]) && own.contains(&child.id()));
        assert_eq!(its, [child.id()]);
        child.kill().unwrap();
        wait_until_gone(child.id()).unwrap();
        assert!(with_descendants(child.id()).is_empty(), "though nobody has asked for its exit code");
        child.wait().unwrap();
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,200}") {
            let _ = (MachineTicks::of(&text), kib_of(&text, "Pss:"), ticks_of(&text, 4), listening(&text).count());
        }
    }
}
