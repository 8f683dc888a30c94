//! Where one run's instances have their files, and whose they are: what a killed run has left behind, the next one finds by
//! its name and removes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context;

use crate::processes;

/// What the names of all runs, containers and machines begin with.
pub(super) const PREFIX: &str = "skerry-bench-";
/// The field of proc_pid_stat(5) that says when a process began, counted from behind the name in brackets.
const START_FIELD: usize = 19;

/// The folder of this run. Dropped, it is removed, with whatever processes still work in it.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    run: String,
    next: AtomicU32,
}

impl RunFolder {
    /// Makes it below `parent`, and removes the processes and folders of runs that are dead.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn new(parent: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        for dead in dead_runs(parent) {
            remove(&parent.join(dead));
        }
        let id = std::process::id();
        let started = started(id).context("cannot read /proc: what tells runs apart is there")?;
        let run = format!("{PREFIX}{id}-{started}");
        let path = parent.join(&run);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
        Ok(Self { path, run, next: AtomicU32::new(0) })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A name that nothing else has, of this run or another.
    pub(super) fn new_name(&self) -> String {
        format!("{}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A folder for one instance, with the instance's name.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn new_folder(&self) -> anyhow::Result<(String, PathBuf)> {
        let name = self.new_name();
        let folder = self.path.join(&name);
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok((name, folder))
    }
}

/// The end of an instance's log, for a message.
pub(super) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(1000)..]).trim().to_owned();
    if text.is_empty() { "it said nothing".to_owned() } else { format!("it said: {text}") }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Whether a name is that of something whose run is over.
pub(super) fn is_left_over(name: &str) -> bool {
    owner(name).is_some_and(|(process_id, start)| started(process_id) != Some(start))
}

/// The process that a name tells, and when that began.
fn owner(name: &str) -> Option<(u32, u64)> {
    let mut numbers = name.strip_prefix(PREFIX)?.split('-');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// When a process began, in ticks since the machine's start: with its number this tells it from all others.
fn started(process_id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(START_FIELD)?.parse().ok()
}

fn dead_runs(parent: &Path) -> Vec<String> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_left_over(name)).collect()
}

fn remove(folder: &Path) {
    if !processes::end_all_in(folder) {
        eprintln!("processes that work in {} cannot be ended", folder.display());
    }
    if let Err(error) = fs::remove_dir_all(folder) {
        eprintln!("cannot remove {}: {error}", folder.display());
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn names_of_a_run_that_lives_are_different_and_not_left_over() {
        let parent = tempfile::tempdir().unwrap();
        let run = RunFolder::new(parent.path()).unwrap();
        let (first, second) = (run.new_name(), run.new_name());
        assert_ne!(first, second);
        assert!(first.starts_with(PREFIX) && !is_left_over(&first));
    }

    #[test]
    fn what_a_dead_run_has_left_is_removed_by_the_next_and_nothing_else_is() {
        let parent = tempfile::tempdir().unwrap();
        let dead = parent.path().join(format!("{PREFIX}{}-1", std::process::id()));
        let other = parent.path().join("kernel");
        fs::create_dir(&dead).unwrap();
        fs::create_dir(&other).unwrap();
        let mut sleeping = Command::new("sleep").arg("60").current_dir(&dead).spawn().unwrap();
        let waiting = std::thread::spawn(move || sleeping.wait().unwrap());
        let run = RunFolder::new(parent.path()).unwrap();
        assert!(!waiting.join().unwrap().success(), "it was ended");
        assert!(!dead.exists() && other.exists());
        let path = run.path().to_owned();
        drop(run);
        assert!(!path.exists());
    }

    #[test]
    fn of_a_log_the_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(tail(&log), "it said nothing");
        fs::write(&log, "x".repeat(5000) + "the end\n").unwrap();
        assert!(tail(&log).ends_with("the end") && tail(&log).len() < 1100);
    }

    #[test]
    fn names_of_others_are_never_left_over() {
        for name in ["", "web", "skerry-bench-", "skerry-bench-x-1", "skerry-bench-1"] {
            assert!(!is_left_over(name), "{name}");
        }
    }
}
