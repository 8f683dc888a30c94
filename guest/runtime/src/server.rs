//! The event loop: one thread that owns the listener and every connection.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use skerry_native::Registry;

use crate::connection::{Activity, Connection, Fate, TimeLimits};
use crate::http::{BodyBudget, Fault, RequestStream};
use crate::identifiers::Uuid;
use crate::log::{Level, Log};
use crate::options::Options;
use crate::platform::Platform;
use crate::poller::{PollSet, Waker};
use crate::service::{Caller, Service};
use crate::turns::Client;

/// How much is read from a socket at once, in bytes: about what the unikernel's receive buffers hold.
const READ_BYTES: usize = 16 * 1024;
/// Clients that may still be reading their last answer, on top of the connections.
const FAREWELLS: usize = 8;
/// Longest wait when nothing has a deadline.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// How long to leave the listener alone when the system refuses a connection for want of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections accepted before the others get their turn again.
const ACCEPTS_PER_TURN: usize = 16;

/// Why the runtime does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// No random bytes, so no task could be named.
    #[error("cannot read random bytes from the system")]
    Entropy(#[source] io::Error),
    /// No descriptor to wake the event loop with.
    #[error("cannot make an event descriptor")]
    Wake(#[source] io::Error),
    /// The event loop cannot wait for its sockets.
    #[error("cannot wait for sockets")]
    Poll(#[source] io::Error),
    /// The server was told to stop.
    #[error("the server was stopped")]
    Stopped,
}

/// Serves until the machine ends, with these native functions.
///
/// # Errors
/// The runtime cannot start, or cannot go on.
pub fn serve(options: Options, platform: Platform, natives: Registry) -> Result<Infallible, ServeError> {
    Server::bind_with(options, platform, natives)?.run()?;
    Err(ServeError::Stopped)
}

/// Stops a server from another thread.
#[derive(Clone)]
pub struct StopHandle {
    stop: Arc<AtomicBool>,
    waker: Arc<Waker>,
}

impl StopHandle {
    /// Ends [`Server::run`] soon; connections are closed as they are.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// A runtime that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    options: Options,
    log: Log,
    stop: Arc<AtomicBool>,
    waker: Arc<Waker>,
    connections: BTreeMap<Caller, Connection>,
    next_caller: u64,
    budget: Arc<BodyBudget>,
    body_limit_bytes: usize,
    limits: TimeLimits,
    accept_again: Option<Instant>,
    service: Service,
}

impl Server {
    /// Opens the listener and starts the workers.
    ///
    /// # Errors
    /// The address is taken, or the system lacks entropy, descriptors or threads.
    pub fn bind(options: Options, platform: Platform) -> Result<Self, ServeError> {
        Self::bind_with(options, platform, Registry::default())
    }

    /// The same with native functions.
    ///
    /// # Errors
    /// As [`Server::bind`].
    pub fn bind_with(options: Options, platform: Platform, natives: Registry) -> Result<Self, ServeError> {
        let instance = Uuid::random().map_err(ServeError::Entropy)?;
        let listen = |source| ServeError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        // The unikernel's sockets do not tell their own address.
        let address = listener.local_addr().unwrap_or(options.listen);
        let waker = Arc::new(Waker::new().map_err(ServeError::Wake)?);
        let body_limit_bytes = options.body_limit_for(platform.memory_total_bytes);
        let log = Log::new(options.log, platform.now_us);
        let service = Service::new(&options, platform, natives, instance, waker.clone());
        Ok(Self {
            listener,
            address,
            log,
            stop: Arc::default(),
            waker,
            connections: BTreeMap::new(),
            next_caller: 0,
            budget: BodyBudget::new(2 * body_limit_bytes),
            body_limit_bytes,
            limits: TimeLimits { idle: options.idle_time_limit, read: options.read_time_limit },
            accept_again: None,
            service,
            options,
        })
    }

    /// Where the server listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// A handle by which another thread, or a signal, stops the server.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle { stop: self.stop.clone(), waker: self.waker.clone() }
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// The system refuses to wait for the sockets.
    pub fn run(mut self) -> Result<(), ServeError> {
        self.service.announce(self.address.port());
        let mut poll = PollSet::default();
        let mut polled = Vec::new();
        let mut scratch = vec![0; READ_BYTES];
        let mut now = Instant::now();
        loop {
            let wait = self.prepare_wait(&mut poll, &mut polled, now);
            // A short function is over before the wait would begin: on one processor that spares going to sleep and waking.
            if self.service.take_handed_over() {
                std::thread::yield_now();
            }
            poll.wait(wait).map_err(ServeError::Poll)?;
            if self.stop.load(Ordering::Acquire) {
                return Ok(());
            }
            now = Instant::now();
            if poll.readiness(0).readable {
                self.waker.acknowledge();
                self.deliver(now);
            }
            for (index, caller) in polled.iter().enumerate() {
                let ready = poll.readiness(index + 2);
                if ready.readable || ready.writable || ready.hung_up {
                    self.with_connection(*caller, |connection, service, limits| {
                        connection.serve(*caller, ready, &mut scratch, service, now, limits)
                    });
                    self.finish_renewal(now);
                }
            }
            if poll.readiness(1).readable {
                self.accept(now);
            }
        }
    }

    /// Hands out the answers that workers have finished.
    fn deliver(&mut self, now: Instant) {
        for (caller, response) in self.service.take_reports(now) {
            self.with_connection(caller, |connection, service, limits| {
                connection.finish(caller, &response, service, now, limits)
            });
            // Behind the call there may have been a renewal in the same connection.
            self.finish_renewal(now);
        }
    }

    /// After a renewal, closes all connections but the one that asked for it, and answers there. The others belong to the
    /// past of the machine that was saved; nobody is at their far end. Their calls are not stopped.
    fn finish_renewal(&mut self, now: Instant) {
        while let Some((asker, response)) = self.service.take_renewed() {
            for _ in 0..self.options.connections {
                if self.listener.accept().is_err() {
                    break;
                }
            }
            self.connections.retain(|caller, _| *caller == asker);
            self.service.connections = self.connections.len();
            self.with_connection(asker, |connection, service, limits| {
                connection.finish(asker, &response, service, now, limits)
            });
        }
    }

    /// Ends what is over, lists what to wait for, and says how long.
    fn prepare_wait(&mut self, poll: &mut PollSet, polled: &mut Vec<Caller>, now: Instant) -> Duration {
        poll.clear();
        polled.clear();
        if self.accept_again.is_some_and(|again| again <= now) {
            self.accept_again = None;
        }
        poll.add(self.waker.descriptor(), true, false);
        poll.add(self.listener.as_raw_fd(), self.accept_again.is_none(), false);
        let (service, limits) = (&mut self.service, self.limits);
        let mut earliest = self.accept_again.unwrap_or(now + LONGEST_WAIT);
        self.connections.retain(|caller, connection| {
            if connection.deadline().is_some_and(|deadline| deadline <= now)
                && expire(connection, service, now, limits) == Fate::Close
            {
                return false;
            }
            let (read, write) = connection.interest();
            poll.add(connection.descriptor(), read, write);
            polled.push(*caller);
            earliest = connection.deadline().map_or(earliest, |deadline| deadline.min(earliest));
            true
        });
        self.service.connections = self.connections.len();
        earliest.saturating_duration_since(now)
    }

    fn with_connection(&mut self, caller: Caller, act: impl FnOnce(&mut Connection, &mut Service, TimeLimits) -> Fate) {
        if let Some(connection) = self.connections.get_mut(&caller)
            && act(connection, &mut self.service, self.limits) == Fate::Close
        {
            self.connections.remove(&caller);
        }
    }

    /// Takes clients in, a few at a time.
    fn accept(&mut self, now: Instant) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.listener.accept() {
                Ok((stream, address)) => self.admit(stream, client_at(address), now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The client was quicker to leave than we to accept.
                Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted) => {
                }
                Err(error) => {
                    let text = error.to_string();
                    self.log.write(Level::Warn, "accept_failed", |line| line.text("error", &text));
                    self.close_oldest(Activity::Idle);
                    self.accept_again = Some(now + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    /// Gives a client a place: a free one, that of the connection idle for longest, or none (503).
    fn admit(&mut self, stream: TcpStream, peer: Client, now: Instant) {
        if stream.set_nonblocking(true).is_err() {
            return;
        }
        // Answers are written in one piece; waiting to merge them with more only delays them.
        let _ = stream.set_nodelay(true);
        let requests = RequestStream::new(self.body_limit_bytes, self.budget.clone());
        let mut connection = Connection::new(stream, peer, requests, now, self.limits);
        let is_served = |connection: &&Connection| connection.activity() != Activity::Lingering;
        if self.connections.values().filter(is_served).count() >= self.options.connections
            && !self.close_oldest(Activity::Idle)
        {
            let response = self.service.turn_away();
            if connection.refuse(&response, now, self.limits) == Fate::Close {
                return;
            }
        }
        if self.connections.len() >= self.options.connections + FAREWELLS {
            self.close_oldest(Activity::Lingering);
        }
        self.next_caller += 1;
        self.connections.insert(Caller(self.next_caller), connection);
    }

    /// Closes the connection that has been doing this for longest; whether there was one.
    fn close_oldest(&mut self, activity: Activity) -> bool {
        let doing_so = self.connections.iter().filter(|(_, connection)| connection.activity() == activity);
        let oldest = doing_so.min_by_key(|(_, connection)| connection.deadline()).map(|(caller, _)| *caller);
        oldest.and_then(|caller| self.connections.remove(&caller)).is_some()
    }
}

/// The client at this address, whatever its port.
fn client_at(address: SocketAddr) -> Client {
    match address.ip() {
        IpAddr::V4(ip) => Client::named(&ip.octets()),
        IpAddr::V6(ip) => Client::named(&ip.octets()),
    }
}

/// What becomes of a connection whose time is over.
fn expire(connection: &mut Connection, service: &mut Service, now: Instant, limits: TimeLimits) -> Fate {
    match connection.activity() {
        Activity::Receiving => connection.refuse(&service.fault(Fault::TooSlow), now, limits),
        Activity::Idle | Activity::Sending | Activity::Lingering | Activity::Waiting => Fate::Close,
    }
}
