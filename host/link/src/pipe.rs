//! What a stream and its link's task share: two bounded buffers, and how each of them ended.
//!
//! Locks are held for a copy at most, and wakers are called with none held.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::sync::Notify;

/// Most bytes of each direction that wait here, beside those in the stack's own buffers.
pub(crate) const PIPE_BYTES: usize = 32 * 1024;
/// A buffer that has grown beyond this gives its memory back when it is empty.
const KEPT_BYTES: usize = 4 * 1024;

/// Why a direction has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The guest has sent its last byte.
    Finished,
    /// The guest has reset the connection.
    Reset,
    /// The guest's kernel answers nothing any more.
    Silent,
    /// The guest is there, but has not taken our data for a long time.
    Stalled,
    /// The link is gone.
    LinkGone,
}

impl End {
    fn error(self) -> io::Error {
        let (kind, message) = match self {
            Self::Finished => (io::ErrorKind::BrokenPipe, "the guest has ended the connection"),
            Self::Reset => (io::ErrorKind::ConnectionReset, "the guest has reset the connection"),
            Self::Silent => (io::ErrorKind::TimedOut, "the guest does not answer any more: it hangs or is stopped"),
            Self::Stalled => (io::ErrorKind::TimedOut, "the guest has stopped reading from the connection"),
            Self::LinkGone => {
                (io::ErrorKind::ConnectionAborted, "the link to the guest is gone: its virtual machine has ended")
            }
        };
        io::Error::new(kind, message)
    }
}

/// Both directions, and what the stream wants.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// From the guest, to be read.
    pub(crate) inbound: VecDeque<u8>,
    /// What comes behind the inbound bytes.
    pub(crate) inbound_end: Option<End>,
    /// Written, to be sent to the guest.
    pub(crate) outbound: VecDeque<u8>,
    /// Why nothing can be written any more.
    pub(crate) outbound_end: Option<End>,
    /// The stream has written its last byte.
    pub(crate) is_shut_down: bool,
    /// The stream is no more.
    pub(crate) is_dropped: bool,
    pub(crate) reader: Option<Waker>,
    pub(crate) writer: Option<Waker>,
}

/// The shared part of one connection.
#[derive(Debug)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    /// Wakes the link's task.
    doorbell: Arc<Notify>,
}

impl Pipe {
    pub(crate) fn new(doorbell: Arc<Notify>) -> Self {
        Self { state: Mutex::default(), doorbell }
    }

    /// No code that could panic runs with the lock held, and the state is whole after each statement.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the link's task look at this connection.
    pub(crate) fn ring(&self) {
        self.doorbell.notify_one();
    }

    /// Ends both directions, and tells whoever waits.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.lock();
        // What ended in order stays so: a guest's answer is not lost because its machine ended after it.
        state.inbound_end.get_or_insert(end);
        state.outbound_end.get_or_insert(end);
        state.outbound = VecDeque::new();
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl State {
    pub(crate) fn outbound_room(&self) -> usize {
        PIPE_BYTES.saturating_sub(self.outbound.len())
    }

    pub(crate) fn inbound_room(&self) -> usize {
        PIPE_BYTES.saturating_sub(self.inbound.len())
    }

    /// What a read of no bytes means: `None` as long as more may come.
    pub(crate) fn end_of_reading(&self) -> Option<io::Result<()>> {
        match self.inbound_end? {
            End::Finished => Some(Ok(())),
            end => Some(Err(end.error())),
        }
    }

    /// Why nothing can be written, if so.
    pub(crate) fn write_error(&self) -> Option<io::Error> {
        if self.is_shut_down {
            return Some(io::Error::new(io::ErrorKind::BrokenPipe, "the connection was shut down for writing"));
        }
        self.outbound_end.map(End::error)
    }
}

/// Takes note that `taken` bytes at the front are used; gives a large buffer's memory back once it is empty.
pub(crate) fn consume(buffer: &mut VecDeque<u8>, taken: usize) {
    buffer.drain(..taken);
    if buffer.is_empty() && buffer.capacity() > KEPT_BYTES {
        *buffer = VecDeque::new();
    }
}
