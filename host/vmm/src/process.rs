//! The VMM's process: handles on it that any thread can wait with, or end it by.
//!
//! A handle is a pidfd, so it never means another process that got the same id later.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A handle on a VMM's process. Clones mean the same process.
#[derive(Clone, Debug)]
pub struct ProcessHandle {
    id: u32,
    pidfd: Arc<OwnedFd>,
}

impl ProcessHandle {
    /// Opens a handle on a child of this process that nobody has waited for yet.
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
