//! TCP sockets behind file descriptors. Takes the place of the kernel's own.
//!
//! What a server that waits with `poll(2)` needs, and the kernel's own sockets do not do:
//! - a listener is ready as soon as any of its pending connections is there, not only the first (`executor/backlog.rs`);
//! - closing returns at once: what is left to send goes out behind the scenes, for a bounded time ([`reap`]);
//! - a client that has finished sending still gets its answer;
//! - buffers are small enough for many connections in a small machine, and answers go out without Nagle's delay.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::future;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU16, Ordering};
use core::task::{Poll, Waker};

use async_trait::async_trait;
use hermit_sync::InterruptTicketMutex;
use smoltcp::socket::tcp;
use smoltcp::time::{Duration, Instant};

use crate::executor::backlog::{self, ListenerId};
use crate::executor::network::{Handle, NIC, NetworkInterface, now};
use crate::fd::{Endpoint, ListenEndpoint, ObjectInterface, PollEvent, SocketOption, StatusFlags};
use crate::io;

/// further receives will be disallowed
pub const SHUT_RD: i32 = 0;
/// further sends will be disallowed
pub const SHUT_WR: i32 = 1;
/// further sends and receives will be disallowed
pub const SHUT_RDWR: i32 = 2;

/// Bytes of each connection's receive buffer, and so of the window that is offered to the peer.
pub(crate) const RECEIVE_BUFFER_BYTES: usize = 16 * 1024;
/// Bytes of each connection's send buffer.
pub(crate) const SEND_BUFFER_BYTES: usize = 16 * 1024;
/// How long a connection may be silent before the peer is asked whether it is still there. Silence alone is no reason to end
/// a connection: a client may wait for its function to end.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long a closed socket may take to hand over what it has left to send.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Most closed sockets that still have something to send; more, and the oldest is cut off.
const MAX_CLOSING: usize = 32;

const READABLE: PollEvent = PollEvent::POLLIN
	.union(PollEvent::POLLRDNORM)
	.union(PollEvent::POLLRDBAND);
const WRITABLE: PollEvent = PollEvent::POLLOUT
	.union(PollEvent::POLLWRNORM)
	.union(PollEvent::POLLWRBAND);

/// Sockets whose file descriptors are closed, in the order of closing, each with the time at which it is cut off.
static CLOSING: InterruptTicketMutex<VecDeque<(Handle, Instant)>> =
	InterruptTicketMutex::new(VecDeque::new());

/// Frees the closed sockets that are done or out of time. Called after each poll of the network.
pub(crate) fn reap(nic: &mut NetworkInterface<'_>, timestamp: Instant) {
	let mut closing = CLOSING.lock();
	if closing.is_empty() {
		return;
	}
	closing.retain(|(handle, deadline)| {
		let socket = nic.get_mut_socket::<tcp::Socket<'_>>(*handle);
		let done = !socket.is_active() || socket.state() == tcp::State::TimeWait;
		if !done && timestamp < *deadline {
			return true;
		}
		// The reset of an aborted socket would only be sent by a further poll; the peer has had its time.
		nic.destroy_socket(*handle);
		false
	});
}

static NEXT_PORT: AtomicU16 = AtomicU16::new(49152);

/// Goes on with another port for the next connection of ours than other clones of this machine do.
pub(crate) fn renew_ephemeral_ports(random: u16) {
	NEXT_PORT.store(random, Ordering::Relaxed);
}

fn ephemeral_port() -> u16 {
	NEXT_PORT.fetch_add(1, Ordering::Relaxed) | 0xc000
}

/// Runs `f` on the network interface.
fn with_nic<R>(f: impl FnOnce(&mut NetworkInterface<'_>) -> R) -> io::Result<R> {
	let mut guard = NIC.lock();
	let nic = guard.as_nic_mut().map_err(|_| io::Error::EIO)?;
	Ok(f(nic))
}

/// Runs `f` on the socket behind a handle.
fn with_socket<R>(handle: Handle, f: impl FnOnce(&mut tcp::Socket<'_>) -> R) -> io::Result<R> {
	with_nic(|nic| f(nic.get_mut_socket::<tcp::Socket<'_>>(handle)))
}

/// What a file descriptor stands for.
#[derive(Debug)]
enum Kind {
	/// A connection, or a socket on its way to becoming one.
	Stream(Handle),
	/// A listener, whose sockets are the backlog's business.
	Listener(ListenerId),
}

#[derive(Debug)]
struct State {
	kind: Kind,
	port: u16,
	is_nonblocking: bool,
}

/// A TCP socket. Locks are taken in the order state, network interface, listeners, closing sockets.
#[derive(Debug)]
pub struct Socket {
	state: InterruptTicketMutex<State>,
	// The application sees the address family that it asked for.
	domain: i32,
}

impl Socket {
	pub fn new(handle: Handle, domain: i32) -> Self {
		Self::with_state(Kind::Stream(handle), 0, false, domain)
	}

	fn with_state(kind: Kind, port: u16, is_nonblocking: bool, domain: i32) -> Self {
		let state = State { kind, port, is_nonblocking };
		Self { state: InterruptTicketMutex::new(state), domain }
	}

	/// The connection's handle, and whether the caller wants to wait.
	fn stream(&self) -> io::Result<(Handle, bool)> {
		let state = self.state.lock();
		match &state.kind {
			Kind::Stream(handle) => Ok((*handle, state.is_nonblocking)),
			Kind::Listener(_) => Err(io::Error::EINVAL),
		}
	}

	/// Takes a connection that is there; `None` when there is none.
	fn take_connection(&self, waker: &Waker) -> io::Result<Option<(Self, Endpoint)>> {
		let state = self.state.lock();
		let Kind::Listener(listener) = state.kind else {
			return Err(io::Error::EINVAL);
		};
		with_nic(|nic| {
			let taken = backlog::take(nic, listener, waker)?;
			Ok(taken.map(|(handle, endpoint)| {
				nic.get_mut_socket::<tcp::Socket<'_>>(handle).set_keep_alive(Some(KEEP_ALIVE));
				let socket = Self::with_state(Kind::Stream(handle), state.port, state.is_nonblocking, self.domain);
				(socket, Endpoint::Ip(endpoint))
			}))
		})?
	}
}

#[async_trait]
impl ObjectInterface for Socket {
	async fn poll(&self, event: PollEvent) -> io::Result<PollEvent> {
		future::poll_fn(|cx| {
			let state = self.state.lock();
			let ready = with_nic(|nic| match &state.kind {
				Kind::Listener(listener) => match backlog::is_ready(nic, *listener, cx.waker()) {
					Ok(true) => event & READABLE,
					_ => PollEvent::empty(),
				},
				Kind::Stream(handle) => {
					let socket = nic.get_mut_socket::<tcp::Socket<'_>>(*handle);
					let ready = stream_events(socket) & (event | PollEvent::POLLHUP);
					if ready.is_empty() && event.intersects(READABLE) {
						socket.register_recv_waker(cx.waker());
					}
					if ready.is_empty() && event.intersects(WRITABLE) {
						socket.register_send_waker(cx.waker());
					}
					ready
				}
			});
			match ready {
				Ok(ready) if ready.is_empty() => Poll::Pending,
				ready => Poll::Ready(ready),
			}
		})
		.await
	}

	async fn read(&self, buffer: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
		let (handle, is_nonblocking) = self.stream()?;
		future::poll_fn(|cx| {
			let outcome = with_socket(handle, |socket| {
				if socket.can_recv() {
					let received = socket.recv(|data| {
						let len = buffer.len().min(data.len());
						buffer[..len].write_copy_of_slice(&data[..len]);
						(len, len)
					});
					return Some(received.map_err(|_| io::Error::ENOTCONN));
				}
				if !socket.may_recv() && !is_connecting(socket) {
					// The peer has sent its last byte, or the connection is over.
					return Some(Ok(0));
				}
				socket.register_recv_waker(cx.waker());
				None
			});
			ready_or_wait(outcome, is_nonblocking)
		})
		.await
	}

	async fn write(&self, buffer: &[u8]) -> io::Result<usize> {
		let (handle, is_nonblocking) = self.stream()?;
		future::poll_fn(|cx| {
			let outcome = with_nic(|nic| {
				let socket = nic.get_mut_socket::<tcp::Socket<'_>>(handle);
				if socket.can_send() {
					let sent = socket.send_slice(buffer).map_err(|_| io::Error::ENOTCONN);
					// Send right now, not when the application happens to wait next.
					nic.poll_common(now());
					return Some(sent);
				}
				if !socket.may_send() && !is_connecting(socket) {
					return Some(Err(io::Error::ENOTCONN));
				}
				socket.register_send_waker(cx.waker());
				None
			});
			ready_or_wait(outcome, is_nonblocking)
		})
		.await
	}

	async fn bind(&self, endpoint: ListenEndpoint) -> io::Result<()> {
		#[allow(irrefutable_let_patterns)]
		let ListenEndpoint::Ip(endpoint) = endpoint else {
			return Err(io::Error::EINVAL);
		};
		self.state.lock().port = endpoint.port;
		Ok(())
	}

	async fn connect(&self, endpoint: Endpoint) -> io::Result<()> {
		#[allow(irrefutable_let_patterns)]
		let Endpoint::Ip(endpoint) = endpoint else {
			return Err(io::Error::EINVAL);
		};
		let (handle, _) = self.stream()?;
		with_nic(|nic| {
			let (socket, context) = nic.get_socket_and_context::<tcp::Socket<'_>>(handle);
			let started = socket.connect(context, endpoint, ephemeral_port());
			started.map_err(|_| io::Error::EIO)
		})??;
		future::poll_fn(|cx| {
			let outcome = with_socket(handle, |socket| {
				if is_connecting(socket) {
					socket.register_send_waker(cx.waker());
					return None;
				}
				Some(if socket.may_send() { Ok(()) } else { Err(io::Error::ENOTCONN) })
			});
			ready_or_wait(outcome, false)
		})
		.await
	}

	async fn listen(&self, backlog: i32) -> io::Result<()> {
		let (first, _) = self.stream()?;
		if backlog <= 0 {
			return Err(io::Error::EINVAL);
		}
		let mut state = self.state.lock();
		let listener = with_nic(|nic| backlog::open(nic, first, state.port, backlog as usize))?;
		state.kind = Kind::Listener(listener);
		Ok(())
	}

	async fn accept(&self) -> io::Result<(Arc<dyn ObjectInterface>, Endpoint)> {
		let is_nonblocking = self.state.lock().is_nonblocking;
		let (socket, endpoint) = future::poll_fn(|cx| {
			let taken = self.take_connection(cx.waker());
			ready_or_wait(Ok(taken.transpose()), is_nonblocking)
		})
		.await?;
		Ok((Arc::new(socket), endpoint))
	}

	async fn getpeername(&self) -> io::Result<Option<Endpoint>> {
		let (handle, _) = self.stream()?;
		with_socket(handle, |socket| socket.remote_endpoint().map(Endpoint::Ip))
	}

	async fn getsockname(&self) -> io::Result<Option<Endpoint>> {
		if let Ok((handle, _)) = self.stream() {
			return with_socket(handle, |socket| socket.local_endpoint().map(Endpoint::Ip));
		}
		let address = smoltcp::wire::Ipv4Address::UNSPECIFIED;
		Ok(Some(Endpoint::Ip((address, self.state.lock().port).into())))
	}

	async fn setsockopt(&self, opt: SocketOption, optval: bool) -> io::Result<()> {
		let SocketOption::TcpNoDelay = opt;
		// A listener has nothing to set: what it accepts sends without delay anyway.
		self.stream()
			.map_or(Ok(()), |(handle, _)| with_socket(handle, |socket| socket.set_nagle_enabled(!optval)))
	}

	async fn getsockopt(&self, opt: SocketOption) -> io::Result<bool> {
		let SocketOption::TcpNoDelay = opt;
		self.stream()
			.map_or(Ok(true), |(handle, _)| with_socket(handle, |socket| !socket.nagle_enabled()))
	}

	async fn shutdown(&self, how: i32) -> io::Result<()> {
		let (handle, _) = self.stream()?;
		match how {
			SHUT_RD => Ok(()),
			SHUT_WR | SHUT_RDWR => with_socket(handle, |socket| socket.close()),
			_ => Err(io::Error::EINVAL),
		}
	}

	async fn status_flags(&self) -> io::Result<StatusFlags> {
		let mut flags = StatusFlags::empty();
		flags.set(StatusFlags::O_NONBLOCK, self.state.lock().is_nonblocking);
		Ok(flags)
	}

	async fn set_status_flags(&self, flags: StatusFlags) -> io::Result<()> {
		self.state.lock().is_nonblocking = flags.contains(StatusFlags::O_NONBLOCK);
		Ok(())
	}

	async fn inet_domain(&self) -> io::Result<i32> {
		Ok(self.domain)
	}
}

/// `None` means "not now": wait, or tell a caller who does not want to wait.
fn ready_or_wait<R>(outcome: io::Result<Option<io::Result<R>>>, is_nonblocking: bool) -> Poll<io::Result<R>> {
	match outcome {
		Ok(Some(result)) => Poll::Ready(result),
		Ok(None) if is_nonblocking => Poll::Ready(Err(io::Error::EAGAIN)),
		Ok(None) => Poll::Pending,
		Err(error) => Poll::Ready(Err(error)),
	}
}

fn is_connecting(socket: &tcp::Socket<'_>) -> bool {
	matches!(socket.state(), tcp::State::SynSent | tcp::State::SynReceived)
}

/// Which events hold of a connection now.
fn stream_events(socket: &tcp::Socket<'_>) -> PollEvent {
	let mut events = PollEvent::empty();
	let over = !is_connecting(socket);
	// The end of the stream can be read, and a failing write can be tried, without waiting.
	if socket.can_recv() || over && !socket.may_recv() {
		events |= READABLE;
	}
	if socket.can_send() || over && !socket.may_send() {
		events |= WRITABLE;
	}
	if matches!(socket.state(), tcp::State::Closed | tcp::State::TimeWait) {
		events |= PollEvent::POLLHUP;
	}
	events
}

impl Drop for Socket {
	fn drop(&mut self) {
		let deadline = now() + CLOSE_TIMEOUT;
		let kind = &self.state.get_mut().kind;
		// Without a network there is nothing to close.
		let _ = with_nic(|nic| match kind {
			Kind::Listener(listener) => backlog::close(nic, *listener),
			Kind::Stream(handle) => close_behind_the_scenes(nic, *handle, deadline),
		});
	}
}

fn close_behind_the_scenes(nic: &mut NetworkInterface<'_>, handle: Handle, deadline: Instant) {
	let socket = nic.get_mut_socket::<tcp::Socket<'_>>(handle);
	if !socket.is_active() {
		nic.destroy_socket(handle);
		return;
	}
	socket.close();
	let mut closing = CLOSING.lock();
	closing.push_back((handle, deadline));
	if closing.len() > MAX_CLOSING
		&& let Some((oldest, _)) = closing.pop_front()
	{
		nic.destroy_socket(oldest);
	}
}
