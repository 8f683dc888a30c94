//! Connections on their way to being open: each tries until the guest answers or the caller's time is over.
//!
//! A guest that was woken from a saved state may still hold connections of its past. A new one that happens to have the
//! numbers of an old one gets no proper answer; so an attempt without an answer is given up soon, and the next one has
//! another port. The same helps when the guest lost the first packet.

use std::sync::Arc;
use std::time::Duration;

use smoltcp::iface::{Interface, SocketHandle, SocketSet};
use smoltcp::socket::tcp;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::addresses::GUEST_ADDRESS;
use crate::connections::{self, Connection};
use crate::pipe::Pipe;
use crate::{GuestStream, LinkError};

/// How long the first attempt waits for an answer, which takes less than a millisecond from a guest that is not busy.
/// Doubled with each further one.
const FIRST_ATTEMPT: Duration = Duration::from_millis(250);
/// Longest that an attempt waits.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(2);
/// Ports below are left to services, by custom (RFC 6335 has a smaller range; nobody else is on this cable).
const FIRST_LOCAL_PORT: u16 = 1024;

/// What a caller asks for.
#[derive(Debug)]
pub(crate) struct OpenRequest {
    pub(crate) port: u16,
    pub(crate) timeout: Duration,
    pub(crate) reply: oneshot::Sender<Result<GuestStream, LinkError>>,
}

/// A request with the socket that currently tries it.
#[derive(Debug)]
pub(crate) struct Opening {
    request: OpenRequest,
    socket: SocketHandle,
    attempt: Duration,
    attempt_ends_at: Instant,
    gives_up_at: Instant,
}

/// How an opening stands.
pub(crate) enum Progress {
    /// Look again at this time.
    Waits(Opening, Instant),
    /// There is a connection.
    Open(Connection),
    /// The caller has been told why not, or does not wait any more.
    Over,
}

impl Opening {
    /// Begins to open a connection.
    pub(crate) fn begin(
        request: OpenRequest,
        interface: &mut Interface,
        sockets: &mut SocketSet<'_>,
        now: Instant,
    ) -> Option<Self> {
        let socket = match start_attempt(request.port, interface, sockets) {
            Ok(socket) => socket,
            Err(error) => {
                // The caller may have gone meanwhile.
                let _ = request.reply.send(Err(error));
                return None;
            }
        };
        // A caller whose time is longer than the clock's waits for a day; it has a timer of its own.
        let gives_up_at = now.checked_add(request.timeout).unwrap_or(now + Duration::from_secs(24 * 60 * 60));
        Some(Self { request, socket, attempt: FIRST_ATTEMPT, attempt_ends_at: now + FIRST_ATTEMPT, gives_up_at })
    }

    /// Looks at how the attempt stands.
    pub(crate) fn look(
        mut self,
        interface: &mut Interface,
        sockets: &mut SocketSet<'_>,
        doorbell: &Arc<Notify>,
        now: Instant,
    ) -> Progress {
        let socket = sockets.get_mut::<tcp::Socket<'_>>(self.socket);
        if socket.may_send() {
            return self.open(doorbell, now);
        }
        let error = if !socket.is_open() {
            LinkError::Refused { port: self.request.port }
        } else if now >= self.gives_up_at {
            LinkError::NoAnswer { port: self.request.port, timeout_ms: self.request.timeout.as_millis() }
        } else if !self.request.reply.is_closed() && now < self.attempt_ends_at {
            let look_again_at = self.attempt_ends_at.min(self.gives_up_at);
            return Progress::Waits(self, look_again_at);
        } else {
            // An answer that still comes finds no socket, and is told so by a reset.
            sockets.remove(self.socket);
            if self.request.reply.is_closed() {
                return Progress::Over;
            }
            self.attempt = (self.attempt * 2).min(LONGEST_ATTEMPT);
            self.attempt_ends_at = now + self.attempt;
            match start_attempt(self.request.port, interface, sockets) {
                Ok(socket) => self.socket = socket,
                Err(error) => {
                    let _ = self.request.reply.send(Err(error));
                    return Progress::Over;
                }
            }
            let look_again_at = self.attempt_ends_at.min(self.gives_up_at);
            return Progress::Waits(self, look_again_at);
        };
        sockets.remove(self.socket);
        let _ = self.request.reply.send(Err(error));
        Progress::Over
    }

    fn open(self, doorbell: &Arc<Notify>, now: Instant) -> Progress {
        let pipe = Arc::new(Pipe::new(doorbell.clone()));
        // If the caller does not wait any more, the stream is dropped here, and that closes the connection.
        let _ = self.request.reply.send(Ok(GuestStream::new(pipe.clone())));
        Progress::Open(Connection::new(self.socket, pipe, now))
    }
}

fn start_attempt(port: u16, interface: &mut Interface, sockets: &mut SocketSet<'_>) -> Result<SocketHandle, LinkError> {
    let local_port = loop {
        let random = getrandom::u32().map_err(|source| LinkError::Random { source })?;
        // The upper half is dropped: 16 bits are a port.
        let candidate = random as u16;
        let is_taken = |candidate| {
            sockets.iter().any(|(_, smoltcp::socket::Socket::Tcp(socket))| {
                socket.local_endpoint().is_some_and(|local| local.port == candidate)
            })
        };
        if candidate >= FIRST_LOCAL_PORT && !is_taken(candidate) {
            break candidate;
        }
    };
    let mut socket = connections::new_socket();
    if socket.connect(interface.context(), (GUEST_ADDRESS, port), local_port).is_err() {
        // Port 0: no guest listens there.
        return Err(LinkError::Refused { port });
    }
    Ok(sockets.add(socket))
}
