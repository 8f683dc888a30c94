//! Open connections: moves bytes between the stack's sockets and the streams' pipes, and sees each connection to its end.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use tokio::time::Instant;

use crate::pipe::{self, End, Pipe, State};
use crate::windows::Windows;

/// The window that is offered to the guest, which itself sends from a buffer of 16 KiB.
const RECEIVE_BYTES: usize = 32 * 1024;
/// What is sent or waits for its acknowledgement; the guest's window is 16 KiB.
const SEND_BYTES: usize = 32 * 1024;
/// How long a guest may be silent before its kernel is asked whether it is there; longer than the 10 s after which the guest
/// asks us, so that it is one of both who asks.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A guest whose kernel answers nothing for this long is gone; as long as guests take for us.
const SILENCE: Duration = Duration::from_secs(35);
/// A guest whose kernel answers but that takes none of our data for this long has stopped reading.
const STALL: Duration = Duration::from_secs(60);
/// How long a dropped stream may take to hand over what was written.
const LINGER: Duration = Duration::from_secs(2);

/// A socket that is set up for the cable.
pub(crate) fn new_socket() -> tcp::Socket<'static> {
    let mut socket =
        tcp::Socket::new(tcp::SocketBuffer::new(vec![0; RECEIVE_BYTES]), tcp::SocketBuffer::new(vec![0; SEND_BYTES]));
    socket.set_nagle_enabled(false);
    socket.set_keep_alive(Some(smoltcp::time::Duration::from_millis(KEEP_ALIVE.as_millis() as u64)));
    socket.set_timeout(Some(smoltcp::time::Duration::from_millis(SILENCE.as_millis() as u64)));
    socket
}

/// What may have closed a socket that is found closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Frames came in.
    Frames,
    /// Timers ran.
    Timers,
}

/// A connection that is open, or on its way to its end.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: SocketHandle,
    /// Ours.
    pub(crate) port: u16,
    pipe: Arc<Pipe>,
    /// We have ended our side.
    is_closing: bool,
    /// Bytes given to the stack so far.
    sent_bytes: u64,
    /// Those of them that the guest had acknowledged when it last was looked at.
    acknowledged_bytes: u64,
    /// When the guest last took some of our data, or there was none to take.
    took_data_at: Instant,
    /// When what a dropped stream has written is given up.
    cut_off_at: Option<Instant>,
}

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Goes on; look again at this time at the latest, if any.
    Lives(Option<Instant>),
    /// Its socket can be removed once what it has to send is sent.
    Over,
}

impl Connection {
    pub(crate) fn new(socket: SocketHandle, port: u16, pipe: Arc<Pipe>, now: Instant) -> Self {
        Self {
            socket,
            port,
            pipe,
            is_closing: false,
            sent_bytes: 0,
            acknowledged_bytes: 0,
            took_data_at: now,
            cut_off_at: None,
        }
    }

    /// Moves what can be moved, and finds out whether the connection has come to an end.
    pub(crate) fn settle(
        &mut self,
        socket: &mut tcp::Socket<'_>,
        windows: &Windows,
        cause: Cause,
        now: Instant,
    ) -> Standing {
        let mut state = self.pipe.lock();
        let mut wakers: [Option<Waker>; 2] = [None, None];
        if move_inbound(&mut state, socket) {
            wakers[0] = state.reader.take();
        }
        let moved = move_outbound(&mut state, socket, windows.room(self.port, self.sent_bytes));
        self.sent_bytes += moved as u64;
        if moved > 0 {
            wakers[1] = state.writer.take();
        }
        let left = state.outbound.len();
        let nothing_left = left == 0;
        let (is_dropped, is_shut_down) = (state.is_dropped, state.is_shut_down);
        let has_finished = state.inbound_end == Some(End::Finished);
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);

        if is_shut_down && nothing_left && !self.is_closing {
            self.is_closing = true;
            socket.close();
        }
        if socket.state() == tcp::State::Closed || socket.state() == tcp::State::TimeWait {
            // The end of a connection that both sides have ended is no failure.
            let in_order = socket.state() == tcp::State::TimeWait || self.is_closing && has_finished;
            let end = match cause {
                _ if in_order => End::Finished,
                Cause::Frames => End::Reset,
                Cause::Timers => End::Silent,
            };
            self.pipe.end(end);
            return Standing::Over;
        }
        if is_dropped {
            return self.see_off(socket, nothing_left, has_finished, now);
        }
        self.watch(socket, left, now)
    }

    /// Ends the connection of a dropped stream as soon as what it wrote is delivered.
    fn see_off(
        &mut self,
        socket: &mut tcp::Socket<'_>,
        nothing_left: bool,
        has_finished: bool,
        now: Instant,
    ) -> Standing {
        let cut_off_at = *self.cut_off_at.get_or_insert(now + LINGER);
        let delivered = nothing_left && socket.send_queue() == 0;
        if now >= cut_off_at || delivered && !has_finished {
            socket.abort();
            return Standing::Over;
        }
        if nothing_left && has_finished && !self.is_closing {
            self.is_closing = true;
            socket.close();
        }
        Standing::Lives(Some(cut_off_at))
    }

    /// Gives up a guest that takes no data although it is there.
    fn watch(&mut self, socket: &mut tcp::Socket<'_>, left: usize, now: Instant) -> Standing {
        let unacknowledged = socket.send_queue();
        let acknowledged_bytes = self.sent_bytes - unacknowledged as u64;
        let waiting = unacknowledged + left;
        if waiting == 0 || acknowledged_bytes > self.acknowledged_bytes {
            self.took_data_at = now;
        }
        self.acknowledged_bytes = acknowledged_bytes;
        if waiting == 0 {
            return Standing::Lives(None);
        }
        let gives_up_at = self.took_data_at + STALL;
        if now < gives_up_at {
            return Standing::Lives(Some(gives_up_at));
        }
        self.pipe.end(End::Stalled);
        socket.abort();
        Standing::Over
    }
}

impl Drop for Connection {
    /// Whatever ends the link's task, no stream waits for it forever.
    fn drop(&mut self) {
        self.pipe.end(End::LinkGone);
    }
}

/// From the socket to the stream; whether the stream has something to read now.
fn move_inbound(state: &mut State, socket: &mut tcp::Socket<'_>) -> bool {
    let mut has_news = false;
    while socket.can_recv() && (state.inbound_room() > 0 || state.is_dropped) {
        let room = if state.is_dropped { usize::MAX } else { state.inbound_room() };
        let is_dropped = state.is_dropped;
        let moved = socket.recv(|bytes| {
            let len = bytes.len().min(room);
            if !is_dropped {
                state.inbound.extend(&bytes[..len]);
            }
            (len, len)
        });
        match moved {
            Ok(len) if len > 0 => has_news = true,
            _ => break,
        }
    }
    // The guest's last byte is read, and it has said that it is its last.
    let is_over = matches!(
        socket.state(),
        tcp::State::CloseWait | tcp::State::LastAck | tcp::State::Closing | tcp::State::TimeWait
    );
    if is_over && !socket.can_recv() && state.inbound_end.is_none() {
        state.inbound_end = Some(End::Finished);
        has_news = true;
    }
    has_news
}

/// From the stream to the socket, no more than there is room for; how much that was.
fn move_outbound(state: &mut State, socket: &mut tcp::Socket<'_>, room: usize) -> usize {
    let mut moved = 0;
    while !state.outbound.is_empty() && moved < room && socket.can_send() {
        let (front, _) = state.outbound.as_slices();
        match socket.send_slice(&front[..front.len().min(room - moved)]) {
            Ok(sent) if sent > 0 => {
                pipe::consume(&mut state.outbound, sent);
                moved += sent;
            }
            _ => break,
        }
    }
    moved
}
