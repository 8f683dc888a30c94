//! Listeners: the sockets that take new connections, and the connections that wait to be accepted. A file of our own.
//!
//! A socket of smoltcp takes one connection, so a listener needs one for each client that may come before the application gets
//! its turn; whoever finds none is refused. Sockets are large. So there are few of them as long as nobody comes, and after each
//! single packet there is a new one in the place of any that was taken, up to the listener's limit.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Waker;

use hermit_sync::InterruptTicketMutex;
use smoltcp::iface::{PollIngressSingleResult, PollResult};
use smoltcp::socket::tcp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;

use super::network::{Handle, NetworkInterface};
use crate::io;
use crate::mm::ALLOCATOR;

/// Most connections of a listener that wait to be accepted or to be complete, whatever the application asks for. As many as
/// the runtime serves at once.
const MAX_WAITING: usize = 64;
/// Sockets of a listener for the next clients to come.
const SPARE: usize = 2;
/// With less free memory than this, clients are refused rather than given buffers that others need.
const MEMORY_RESERVE_BYTES: usize = 1 << 20;
/// A peer that acknowledges nothing for this long is gone; longer than it takes until a silent one is asked.
const PEER_TIMEOUT: Duration = Duration::from_secs(35);

/// Which listener; not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenerId(usize);

struct Listener {
	id: ListenerId,
	port: u16,
	most_waiting: usize,
	/// In the order of their making: those that wait for a client, and those that have one.
	handles: Vec<Handle>,
	/// Whom to tell of the next connection.
	waker: Option<Waker>,
}

/// Taken after the network interface's lock.
static LISTENERS: InterruptTicketMutex<Vec<Listener>> = InterruptTicketMutex::new(Vec::new());

/// Receives what the device has, and sends what there is to send.
pub(super) fn poll(nic: &mut NetworkInterface<'_>, timestamp: Instant) -> PollResult {
	let mut result = PollResult::None;
	loop {
		match nic.iface.poll_ingress_single(timestamp, &mut nic.device, &mut nic.sockets) {
			PollIngressSingleResult::None => break,
			PollIngressSingleResult::PacketProcessed => {}
			PollIngressSingleResult::SocketStateChanged => {
				result = PollResult::SocketStateChanged;
				tend_all(nic);
			}
		}
	}
	if nic.iface.poll_egress(timestamp, &mut nic.device, &mut nic.sockets) == PollResult::SocketStateChanged {
		result = PollResult::SocketStateChanged;
		tend_all(nic);
	}
	result
}

/// Makes a socket a listener on `port`.
pub(crate) fn open(nic: &mut NetworkInterface<'_>, first: Handle, port: u16, backlog: usize) -> ListenerId {
	static NEXT: AtomicUsize = AtomicUsize::new(0);

	let id = ListenerId(NEXT.fetch_add(1, Ordering::Relaxed));
	let most_waiting = backlog.clamp(1, MAX_WAITING);
	let mut listener = Listener { id, port, most_waiting, handles: vec![first], waker: None };
	listener.tend(nic);
	LISTENERS.lock().push(listener);
	id
}

/// Ends a listener, and the connections that wait there.
pub(crate) fn close(nic: &mut NetworkInterface<'_>, id: ListenerId) {
	let mut listeners = LISTENERS.lock();
	if let Some(index) = listeners.iter().position(|listener| listener.id == id) {
		let listener = listeners.swap_remove(index);
		listener.handles.iter().for_each(|handle| nic.destroy_socket(*handle));
	}
}

/// Takes the connection that has waited for longest, or has the waker told of the next.
pub(crate) fn take(
	nic: &mut NetworkInterface<'_>,
	id: ListenerId,
	waker: &Waker,
) -> io::Result<Option<(Handle, IpEndpoint)>> {
	with_listener(id, |listener| {
		let Some((index, endpoint)) = listener.complete(nic) else {
			listener.wait(nic, waker);
			return None;
		};
		let handle = listener.handles.remove(index);
		listener.tend(nic);
		Some((handle, endpoint))
	})
}

/// Whether a connection waits; if none does, the waker is told of the next.
pub(crate) fn is_ready(nic: &mut NetworkInterface<'_>, id: ListenerId, waker: &Waker) -> io::Result<bool> {
	with_listener(id, |listener| {
		let is_ready = listener.complete(nic).is_some();
		if !is_ready {
			listener.wait(nic, waker);
		}
		is_ready
	})
}

fn with_listener<R>(id: ListenerId, f: impl FnOnce(&mut Listener) -> R) -> io::Result<R> {
	let mut listeners = LISTENERS.lock();
	let listener = listeners.iter_mut().find(|listener| listener.id == id);
	listener.map(f).ok_or(io::Error::EINVAL)
}

fn tend_all(nic: &mut NetworkInterface<'_>) {
	for listener in LISTENERS.lock().iter_mut() {
		listener.tend(nic);
	}
}

impl Listener {
	/// The first connection that is complete, and from whom.
	fn complete(&self, nic: &mut NetworkInterface<'_>) -> Option<(usize, IpEndpoint)> {
		self.handles.iter().enumerate().find_map(|(index, handle)| {
			let socket = nic.get_mut_socket::<tcp::Socket<'_>>(*handle);
			let endpoint = socket.remote_endpoint().filter(|_| socket.may_send());
			endpoint.map(|endpoint| (index, endpoint))
		})
	}

	fn wait(&mut self, nic: &mut NetworkInterface<'_>, waker: &Waker) {
		for handle in &self.handles {
			nic.get_mut_socket::<tcp::Socket<'_>>(*handle).register_recv_waker(waker);
		}
		self.waker = Some(waker.clone());
	}

	/// Sees to it that there are sockets for the next clients, and no more than that.
	fn tend(&mut self, nic: &mut NetworkInterface<'_>) {
		let mut listening = 0;
		let (port, waker) = (self.port, self.waker.as_ref());
		self.handles.retain(|handle| {
			let socket = nic.get_mut_socket::<tcp::Socket<'_>>(*handle);
			let is_waiting_for_client = socket.is_listening() || !socket.is_open();
			if is_waiting_for_client && listening == SPARE {
				nic.destroy_socket(*handle);
				return false;
			}
			if is_waiting_for_client {
				listening += 1;
				listen(socket, port, waker);
			}
			true
		});
		while listening < SPARE && self.handles.len() < self.most_waiting + SPARE {
			let has_memory = ALLOCATOR.available_bytes() > MEMORY_RESERVE_BYTES;
			let Some(handle) = has_memory.then(|| nic.create_tcp_handle().ok()).flatten() else {
				return;
			};
			listen(nic.get_mut_socket::<tcp::Socket<'_>>(handle), port, waker);
			self.handles.push(handle);
			listening += 1;
		}
	}
}

/// Has a socket wait for a client, when it is new or its last one was gone before it was accepted.
fn listen(socket: &mut tcp::Socket<'_>, port: u16, waker: Option<&Waker>) {
	if !socket.is_open() {
		socket.set_nagle_enabled(false);
		socket.set_timeout(Some(PEER_TIMEOUT));
		// It cannot fail: the socket is closed, and a listener's port is not 0.
		let _ = socket.listen(port);
		// Listening forgets whom to tell.
		if let Some(waker) = waker {
			socket.register_recv_waker(waker);
		}
	}
}
