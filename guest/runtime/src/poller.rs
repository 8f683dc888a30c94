//! Waiting for sockets: `poll(2)`, and an `eventfd(2)` by which other threads end the wait.
//!
//! One of the two modules that call the system themselves (see `entropy`); Hermit and Linux differ only in the names.
#![expect(unsafe_code, reason = "system calls")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(target_os = "hermit")]
use hermit_abi as system;
#[cfg(not(target_os = "hermit"))]
use libc as system;

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// Bytes, a connection or an end of file can be read.
    pub(crate) readable: bool,
    /// Bytes can be written.
    pub(crate) writable: bool,
    /// The peer is gone, or the descriptor failed.
    pub(crate) hung_up: bool,
}

/// The descriptors of one wait, in the order in which they were added.
#[derive(Default)]
pub(crate) struct PollSet {
    entries: Vec<system::pollfd>,
}

impl PollSet {
    /// Forgets all descriptors, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds a descriptor; a hang-up is reported whether or not anything is asked for.
    pub(crate) fn add(&mut self, descriptor: RawFd, read: bool, write: bool) {
        let mut events = 0;
        if read {
            events |= system::POLLIN;
        }
        if write {
            events |= system::POLLOUT;
        }
        self.entries.push(system::pollfd { fd: descriptor, events, revents: 0 });
    }

    /// Waits until a descriptor is ready or the time is over; an interrupted wait ends like one that timed out.
    ///
    /// # Errors
    /// The system refuses the wait as such.
    pub(crate) fn wait(&mut self, time_limit: Duration) -> io::Result<()> {
        // Rounded up: a wait that ends just before a deadline would spin until it has passed.
        let milliseconds = time_limit.as_nanos().div_ceil(1_000_000);
        let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        let count = self.entries.len();
        // SAFETY: pointer and count are those of a live vector, exclusively borrowed for the whole call.
        let ready = unsafe { system::poll(self.entries.as_mut_ptr(), count as _, milliseconds) };
        if ready >= 0 {
            return Ok(());
        }
        for entry in &mut self.entries {
            entry.revents = 0;
        }
        let error = error_of(ready as isize);
        if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
    }

    /// What the descriptor added as number `index` was ready for when the last wait ended.
    pub(crate) fn readiness(&self, index: usize) -> Readiness {
        let events = self.entries.get(index).map_or(0, |entry| entry.revents);
        Readiness {
            readable: events & system::POLLIN != 0,
            writable: events & system::POLLOUT != 0,
            hung_up: events & (system::POLLHUP | system::POLLERR | system::POLLNVAL) != 0,
        }
    }
}

/// Ends another thread's wait.
pub(crate) struct Waker {
    event: OwnedFd,
    /// Already woken and not yet acknowledged: spares a system call for each further wake.
    pending: AtomicBool,
}

impl Waker {
    /// # Errors
    /// The system is out of descriptors.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        #[cfg(target_os = "hermit")]
        let descriptor = unsafe { system::eventfd(0, system::EFD_NONBLOCK) };
        // SAFETY: takes no pointers.
        #[cfg(not(target_os = "hermit"))]
        let descriptor = unsafe { system::eventfd(0, system::EFD_NONBLOCK | system::EFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(error_of(descriptor as isize));
        }
        // SAFETY: the descriptor was just made and nobody else has it.
        let event = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Self { event, pending: AtomicBool::new(false) })
    }

    /// The descriptor to wait on for reading.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.event.as_raw_fd()
    }

    /// Ends the wait, or the next one if there is none now.
    pub(crate) fn wake(&self) {
        if self.pending.swap(true, Ordering::AcqRel) {
            return;
        }
        let one = 1_u64.to_ne_bytes();
        // SAFETY: pointer and length are those of a live array. The only possible failure is a full counter, and a
        // counter that is not zero wakes too.
        let _ = unsafe { system::write(self.event.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Takes note of all wakes so far; call it before looking for what they were about.
    pub(crate) fn acknowledge(&self) {
        let mut counter = [0_u8; 8];
        // SAFETY: pointer and length are those of a live, exclusively borrowed array. An empty counter is not an error.
        let _ = unsafe { system::read(self.event.as_raw_fd(), counter.as_mut_ptr().cast(), counter.len()) };
        self.pending.store(false, Ordering::Release);
    }
}

/// Hermit's calls return the negated error number, Linux's set `errno`.
fn error_of(returned: isize) -> io::Error {
    if cfg!(target_os = "hermit") {
        io::Error::from_raw_os_error(i32::try_from(-returned).unwrap_or(i32::MAX))
    } else {
        io::Error::last_os_error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_is_seen_by_the_next_wait_and_gone_after_it_is_acknowledged() {
        let waker = Waker::new().unwrap();
        waker.wake();
        waker.wake();
        let mut set = PollSet::default();
        set.add(waker.descriptor(), true, false);
        set.wait(Duration::from_secs(60)).unwrap();
        assert!(set.readiness(0).readable);
        waker.acknowledge();
        set.wait(Duration::ZERO).unwrap();
        assert!(!set.readiness(0).readable);
        waker.wake();
        set.wait(Duration::from_secs(60)).unwrap();
        assert!(set.readiness(0).readable);
    }

    #[test]
    fn a_descriptor_that_is_not_open_is_reported_as_hung_up() {
        let mut set = PollSet::default();
        set.add(i32::MAX, true, false);
        set.wait(Duration::from_secs(60)).unwrap();
        assert!(set.readiness(0).hung_up);
    }
}
