//! Processes of this machine, as the kernel lists them below `/proc`, and waiting with a bound.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::PATIENCE;

/// Between two looks at something that has no means to tell.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Looks until `look` finds something. For what another process does without telling.
///
/// # Panics
/// When it has found nothing after [`PATIENCE`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(LOOK_AGAIN);
    }
}

/// Whether a process runs. One that has ended and that nobody has waited for does not.
#[must_use]
pub fn is_running(process_id: u32) -> bool {
    // proc_pid_stat(5): the state is the first letter behind the name, which is in brackets and may hold any character.
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !matches!(rest.trim_start().chars().next(), Some('Z' | 'X') | None))
}

/// The processes whose working directory lies in `directory`: a microVM's own directory is its VMM's.
#[must_use]
pub fn working_in(directory: &Path) -> Vec<u32> {
    let directory = directory.canonicalize().expect("the directory is there");
    let entries = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|cwd| cwd.starts_with(&directory)))
        .collect()
}

/// Sends a signal.
///
/// # Panics
/// When there is no such process.
#[track_caller]
pub fn signal(process_id: u32, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(process_id).expect("process ids are small"));
    kill(id, signal).unwrap_or_else(|error| panic!("cannot send {signal} to process {process_id}: {error}"));
}

/// What is in a directory, by name; nothing where there is no such directory.
#[must_use]
pub fn names_in(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
