//! A TCP connection to the guest, as the rest of the host sees it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::pipe::{self, PIPE_BYTES, Pipe};

/// A TCP connection to the guest.
///
/// Errors by [`io::ErrorKind`]: `ConnectionReset` the guest has reset it, `TimedOut` the guest does not answer or has
/// stopped reading, `ConnectionAborted` the link is gone, `BrokenPipe` written after shutting down.
///
/// Dropping it tells the guest at once that nobody waits for an answer: what was written is still delivered, then the
/// connection is reset, unless the guest has ended its own side. After shutting down, read to the end before dropping.
#[derive(Debug)]
pub struct GuestStream {
    pipe: Arc<Pipe>,
}

impl GuestStream {
    pub(crate) fn new(pipe: Arc<Pipe>) -> Self {
        Self { pipe }
    }

    fn write(&self, context: &Context<'_>, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
        let mut state = self.pipe.lock();
        if let Some(error) = state.write_error() {
            return Poll::Ready(Err(error));
        }
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        let mut written = 0;
        for slice in slices {
            let len = slice.len().min(state.outbound_room());
            state.outbound.extend(&slice[..len]);
            written += len;
        }
        if written == 0 {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let was_empty = state.outbound.len() == written;
        drop(state);
        // Otherwise the task has been told already, or waits for the guest to make room.
        if was_empty {
            self.pipe.ring();
        }
        Poll::Ready(Ok(written))
    }
}

impl AsyncRead for GuestStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.pipe.lock();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if state.inbound.is_empty() {
            if let Some(end) = state.end_of_reading() {
                return Poll::Ready(end);
            }
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let was_full = state.inbound.len() >= PIPE_BYTES;
        let mut taken = 0;
        let (front, back) = state.inbound.as_slices();
        for slice in [front, back] {
            let len = slice.len().min(buffer.remaining());
            buffer.put_slice(&slice[..len]);
            taken += len;
        }
        pipe::consume(&mut state.inbound, taken);
        drop(state);
        // Only then may the stack have more that did not fit.
        if was_full {
            self.pipe.ring();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for GuestStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.write(context, &[buffer])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // More than a few would have to be gathered in memory; the caller comes back for the rest.
        let mut slices: [&[u8]; 16] = [&[]; 16];
        for (slice, buffer) in slices.iter_mut().zip(buffers.iter().filter(|buffer| !buffer.is_empty())) {
            *slice = buffer;
        }
        self.write(context, &slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing to do: what is written is sent without being asked.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends our side once all that was written is sent; the guest's side stays open.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pipe.lock().is_shut_down = true;
        self.pipe.ring();
        Poll::Ready(Ok(()))
    }
}

impl Drop for GuestStream {
    fn drop(&mut self) {
        let mut state = self.pipe.lock();
        state.is_dropped = true;
        state.inbound = Default::default();
        drop(state);
        self.pipe.ring();
    }
}
