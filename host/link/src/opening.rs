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
use crate::windows::Windows;
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

/// A request with what is currently being tried.
#[derive(Debug)]
pub(crate) struct Opening {
    request: OpenRequest,
    attempt: Attempt,
    patience: Duration,
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

/// What an opening needs of its link.
pub(crate) struct Ends<'a> {
    pub(crate) interface: &'a mut Interface,
    pub(crate) sockets: &'a mut SocketSet<'static>,
    pub(crate) windows: &'a mut Windows,
    pub(crate) doorbell: &'a Arc<Notify>,
}

/// One try: a socket and our port.
#[derive(Debug)]
struct Attempt {
    socket: SocketHandle,
    local_port: u16,
}

impl Opening {
    /// Begins to open a connection.
    pub(crate) fn begin(request: OpenRequest, ends: &mut Ends<'_>, now: Instant) -> Option<Self> {
        let attempt = match Attempt::start(request.port, ends) {
            Ok(attempt) => attempt,
            Err(error) => {
                // The caller may have gone meanwhile.
                let _ = request.reply.send(Err(error));
                return None;
            }
        };
        // A caller whose time is longer than the clock's waits for a day; it has a timer of its own.
        let gives_up_at = now.checked_add(request.timeout).unwrap_or(now + Duration::from_secs(24 * 60 * 60));
        Some(Self { request, attempt, patience: FIRST_ATTEMPT, attempt_ends_at: now + FIRST_ATTEMPT, gives_up_at })
    }

    /// Looks at how the attempt stands.
    pub(crate) fn look(mut self, ends: &mut Ends<'_>, now: Instant) -> Progress {
        let socket = ends.sockets.get::<tcp::Socket<'_>>(self.attempt.socket);
        let port = self.request.port;
        if socket.may_send() {
            return self.open(ends.doorbell, now);
        }
        if !socket.is_open() {
            return self.give_up(ends, LinkError::Refused { port });
        }
        if self.request.reply.is_closed() || now >= self.gives_up_at {
            let timeout_ms = self.request.timeout.as_millis();
            return self.give_up(ends, LinkError::NoAnswer { port, timeout_ms });
        }
        if now >= self.attempt_ends_at {
            // An answer that still comes finds no socket, and is told so by a reset.
            self.attempt.end(ends);
            match Attempt::start(port, ends) {
                Ok(attempt) => self.attempt = attempt,
                Err(error) => {
                    let _ = self.request.reply.send(Err(error));
                    return Progress::Over;
                }
            }
            self.patience = (self.patience * 2).min(LONGEST_ATTEMPT);
            self.attempt_ends_at = now + self.patience;
        }
        let look_again_at = self.attempt_ends_at.min(self.gives_up_at);
        Progress::Waits(self, look_again_at)
    }

    fn open(self, doorbell: &Arc<Notify>, now: Instant) -> Progress {
        let pipe = Arc::new(Pipe::new(doorbell.clone()));
        // If the caller does not wait any more, the stream is dropped here, and that closes the connection.
        let _ = self.request.reply.send(Ok(GuestStream::new(pipe.clone())));
        Progress::Open(Connection::new(self.attempt.socket, self.attempt.local_port, pipe, now))
    }

    fn give_up(self, ends: &mut Ends<'_>, error: LinkError) -> Progress {
        self.attempt.end(ends);
        // The caller may have gone meanwhile.
        let _ = self.request.reply.send(Err(error));
        Progress::Over
    }
}

impl Attempt {
    fn start(port: u16, ends: &mut Ends<'_>) -> Result<Self, LinkError> {
        let mut socket = connections::new_socket();
        let local_port = loop {
            // The upper half is dropped: 16 bits are a port.
            let candidate = getrandom::u32().map_err(|source| LinkError::Random { source })? as u16;
            if candidate >= FIRST_LOCAL_PORT && ends.windows.add(candidate) {
                break candidate;
            }
        };
        if socket.connect(ends.interface.context(), (GUEST_ADDRESS, port), local_port).is_err() {
            // Port 0: no guest listens there.
            ends.windows.remove(local_port);
            return Err(LinkError::Refused { port });
        }
        Ok(Self { socket: ends.sockets.add(socket), local_port })
    }

    fn end(&self, ends: &mut Ends<'_>) {
        ends.sockets.remove(self.socket);
        ends.windows.remove(self.local_port);
    }
}
