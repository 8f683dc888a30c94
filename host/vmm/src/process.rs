//! The VMM's process: handles on it that any thread can wait with, or end it by.
//!
//! A handle is a pidfd, so it never means another process that got the same id later.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};

/// A handle on a VMM's process. Clones mean the same process.
#[derive(Clone, Debug)]
pub struct ProcessHandle {
    id: u32,
    pidfd: Arc<OwnedFd>,
}

/// How a process ended, as far as the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessEnd {
    /// It was a child of ours, and this is its status.
    Status(ExitStatus),
    /// It was not, so its status went to another process.
    Unknown,
}

impl ProcessHandle {
    /// Opens a handle on the process that has this id now: a child of this process that nobody has waited for yet, or one
    /// that the caller then makes sure of.
    pub(crate) fn open(id: u32) -> io::Result<Self> {
        let raw_id = libc::pid_t::try_from(id).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        // SAFETY: pidfd_open takes two integers and touches no memory of ours.
        #[allow(unsafe_code)]
        let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, raw_id, 0) })?;
        // SAFETY: the kernel just made this descriptor for us; nothing else owns it.
        #[allow(unsafe_code, clippy::cast_possible_truncation)]
        let pidfd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        Ok(Self { id, pidfd: Arc::new(pidfd) })
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Blocks until the process has ended. Its status is for [`crate::MicroVm::wait`] to say.
    pub fn wait_for_end(&self) {
        let mut fds = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        // A poll of one valid descriptor fails only by interruption.
        while poll(&mut fds, PollTimeout::NONE) == Err(Errno::EINTR) {}
    }

    /// Ends the process with SIGKILL; fine when it has ended already.
    ///
    /// # Errors
    /// When the kernel forbids it.
    pub fn kill(&self) -> io::Result<()> {
        let no_info: *const libc::siginfo_t = std::ptr::null();
        // SAFETY: the descriptor is a pidfd that we own, and a null siginfo is allowed (pidfd_send_signal(2)).
        #[allow(unsafe_code)]
        let sent =
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.pidfd.as_raw_fd(), libc::SIGKILL, no_info, 0) };
        match Errno::result(sent) {
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// How the process ended, without waiting; `None` while it runs. Collects it if it is a child of ours, so that only the
    /// first answer after the end has its status.
    pub(crate) fn collect(&self) -> io::Result<Option<ProcessEnd>> {
        match waitid(Id::PIDFd(self.as_fd()), WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG) {
            Ok(WaitStatus::StillAlive) => Ok(None),
            Ok(WaitStatus::Exited(_, code)) => Ok(Some(ProcessEnd::Status(ExitStatus::from_raw((code & 0xff) << 8)))),
            Ok(WaitStatus::Signaled(_, signal, _)) => Ok(Some(ProcessEnd::Status(ExitStatus::from_raw(signal as i32)))),
            Ok(other) => {
                Err(io::Error::other(format!("the kernel says {other:?} of a process that should have ended")))
            }
            Err(Errno::ECHILD) => {
                let ended = poll_until(&mut [PollFd::new(self.as_fd(), PollFlags::POLLIN)], Instant::now())?;
                Ok(ended.then_some(ProcessEnd::Unknown))
            }
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for ProcessHandle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// Polls until one of `fds` has something or `deadline` has passed; false when it has passed.
pub(crate) fn poll_until(fds: &mut [PollFd<'_>], deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that the last fraction of a millisecond is slept through rather than spun through.
        let left_ms = i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        match poll(fds, PollTimeout::try_from(left_ms).unwrap_or(PollTimeout::MAX)) {
            Ok(0) if Instant::now() >= deadline => return Ok(false),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(errno) => return Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    #[expect(clippy::zombie_processes, reason = "collecting it is what is tested")]
    fn a_child_says_how_it_ended_once() {
        let child = Command::new("/bin/sh").args(["-c", "exit 3"]).spawn().unwrap();
        let process = ProcessHandle::open(child.id()).unwrap();
        process.wait_for_end();
        assert_eq!(process.collect().unwrap(), Some(ProcessEnd::Status(ExitStatus::from_raw(3 << 8))));
        assert_eq!(process.collect().unwrap(), Some(ProcessEnd::Unknown));
    }

    #[test]
    #[expect(clippy::zombie_processes, reason = "collecting it is what is tested")]
    fn a_child_that_is_killed_is_known_by_its_signal_and_one_that_runs_has_not_ended() {
        let child = Command::new("/bin/sleep").arg("600").spawn().unwrap();
        let process = ProcessHandle::open(child.id()).unwrap();
        assert_eq!(process.collect().unwrap(), None);
        process.kill().unwrap();
        process.wait_for_end();
        assert_eq!(process.collect().unwrap(), Some(ProcessEnd::Status(ExitStatus::from_raw(9))));
        process.kill().unwrap();
    }

    #[test]
    fn the_end_of_a_process_that_is_no_child_is_seen_without_its_status() {
        // The shell ends at once, and its child is then nobody's here.
        let output = Command::new("/bin/sh").args(["-c", "sleep 600 >/dev/null 2>&1 & echo $!"]).output().unwrap();
        let id = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        let process = ProcessHandle::open(id).unwrap();
        assert_eq!(process.collect().unwrap(), None);
        process.kill().unwrap();
        process.wait_for_end();
        assert_eq!(process.collect().unwrap(), Some(ProcessEnd::Unknown));
    }
}
