//! Machines that run, whoever started them: found by what the kernel says, not by what somebody wrote down.
//!
//! A VMM works in its machine's directory and keeps it open. So a process of our user that does both, with a directory of a
//! machine below the state directory, is that machine's VMM; a process id in a file could be another process's by now.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};

use crate::ProcessHandle;
use crate::directory;
use crate::process::poll_until;

/// How long a process that is killed may take to be gone. It takes some 10 ms.
const KILL_TIME_LIMIT: Duration = Duration::from_secs(10);

/// A machine that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningMachine {
    /// Its own directory, as [`crate::MicroVm::directory`] said it.
    pub directory: PathBuf,
    /// The process of its VMM.
    pub process_id: u32,
}

/// The machines below `state_dir` that run, by this process or another of the same user. One that has just been started and
/// one that is about to end are among them. A `state_dir` that is not there has none.
///
/// # Errors
/// When the kernel does not say which processes there are.
pub fn running_machines(state_dir: &Path) -> io::Result<Vec<RunningMachine>> {
    let state_dir = match state_dir.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        resolved => resolved?,
    };
    let own_user = nix::unistd::geteuid().as_raw();
    let mut machines = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // A process may end while it is looked at, which makes it none.
        let Ok(entry) = entry else { continue };
        let Some(process_id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if !entry.metadata().is_ok_and(|metadata| metadata.uid() == own_user) {
            continue;
        }
        let Ok(directory) = fs::read_link(entry.path().join("cwd")) else { continue };
        let machine = RunningMachine { directory, process_id };
        if machine.directory.parent() == Some(&state_dir) && machine.is_there() {
            machines.push(machine);
        }
    }
    machines.sort_by(|one, other| one.directory.cmp(&other.directory));
    Ok(machines)
}

/// Ends a machine, whoever started it, and removes its directory. Fine when it has ended already.
///
/// # Errors
/// When the process cannot be ended or the directory not be removed.
pub fn end_machine(machine: &RunningMachine) -> io::Result<()> {
    if let Some(process) = machine.open()? {
        process.kill()?;
        let mut fds = [PollFd::new(std::os::fd::AsFd::as_fd(&process), PollFlags::POLLIN)];
        if !poll_until(&mut fds, Instant::now() + KILL_TIME_LIMIT)? {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "a VMM that was killed does not end"));
        }
        // Should it be a child of ours, nobody else would collect it.
        process.collect()?;
    }
    directory::remove(&machine.directory)
}

/// Removes the directories below `state_dir` whose machines have ended and that no host process looks after, and says which.
///
/// # Errors
/// When `state_dir` cannot be read or locked.
pub fn remove_dead_directories(state_dir: &Path) -> io::Result<Vec<PathBuf>> {
    directory::remove_dead(state_dir)
}

impl RunningMachine {
    /// A handle on its process; `None` when that has ended.
    pub(crate) fn open(&self) -> io::Result<Option<ProcessHandle>> {
        let process = match ProcessHandle::open(self.process_id) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(None),
            opened => opened?,
        };
        // Looked at while the handle is held: were the id another process's by now, that one would not work there.
        Ok(self.is_there().then_some(process))
    }

    /// Whether the process is the VMM of the machine in the directory.
    fn is_there(&self) -> bool {
        let process = PathBuf::from(format!("/proc/{}", self.process_id));
        let works_there = fs::read_link(process.join("cwd")).is_ok_and(|place| place == self.directory);
        let Some(descriptors) = works_there.then(|| fs::read_dir(process.join("fd")).ok()).flatten() else {
            return false;
        };
        // A shell may work there too, but does not keep it open.
        directory::is_machines(&self.directory)
            && descriptors.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|place| place == self.directory))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process that works in `directory`, and keeps it open if `keeps`.
    fn process_in(directory: &Path, keeps: bool) -> Child {
        let open = File::open(directory).unwrap();
        let mut command = Command::new("/bin/sh");
        let stdin = if keeps { Stdio::from(open.try_clone().unwrap()) } else { Stdio::null() };
        command.args(["-c", "echo; exec sleep 600"]).current_dir(directory).stdin(stdin).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Once it has written something it works there.
        io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        assert!(open.as_raw_fd() > 2);
        child
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn only_a_process_that_works_in_a_machines_directory_and_keeps_it_open_is_a_machine() {
        let state = tempfile::tempdir().unwrap();
        let (own, other) = (state.path().join("vm-a-1-0"), state.path().join("other"));
        fs::create_dir(&own).unwrap();
        fs::create_dir(&other).unwrap();
        let children = [process_in(&own, true), process_in(&own, false), process_in(&other, true)];
        let machine = RunningMachine { directory: own.canonicalize().unwrap(), process_id: children[0].id() };
        assert_eq!(running_machines(state.path()).unwrap(), std::slice::from_ref(&machine));
        assert!(machine.open().unwrap().is_some());
        for child in &children[1..] {
            let stranger = RunningMachine { process_id: child.id(), ..machine.clone() };
            assert!(stranger.open().unwrap().is_none());
        }
        children.into_iter().for_each(end);
        assert!(running_machines(state.path()).unwrap().is_empty());
        assert!(running_machines(&state.path().join("missing")).unwrap().is_empty());
    }

    #[test]
    fn a_process_that_only_has_the_machines_former_id_is_left_alone() {
        let state = tempfile::tempdir().unwrap();
        let own = state.path().join("vm-a-1-0");
        fs::create_dir(&own).unwrap();
        let mut stranger = Command::new("/bin/sleep").arg("600").spawn().unwrap();
        end_machine(&RunningMachine { directory: own.clone(), process_id: stranger.id() }).unwrap();
        assert!(!own.exists());
        assert_eq!(stranger.try_wait().unwrap(), None);
        end(stranger);
    }
}
