//! Event counters behind file descriptors, as of Linux's `eventfd(2)`. Takes the place of the kernel's own.
//!
//! The kernel's own remembers one more waker at each look of a waiting `poll(2)`, and forgets them only one at each write:
//! an event loop's memory grows with every round. Here a waker is remembered once, and all are woken at once.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future;
use core::mem::MaybeUninit;
use core::task::{Poll, Waker};

use async_trait::async_trait;
use hermit_sync::InterruptTicketMutex;

use crate::fd::{EventFlags, ObjectInterface, PollEvent};
use crate::io;

const READABLE: PollEvent = PollEvent::POLLIN.union(PollEvent::POLLRDNORM);
const WRITABLE: PollEvent = PollEvent::POLLOUT.union(PollEvent::POLLWRNORM);
/// The counter's largest value.
const MAX_COUNTER: u64 = u64::MAX - 1;
const COUNTER_BYTES: usize = size_of::<u64>();

#[derive(Debug)]
struct State {
	counter: u64,
	waiting: Vec<Waker>,
}

impl State {
	fn wait(&mut self, waker: &Waker) {
		if !self.waiting.iter().any(|waiting| waiting.will_wake(waker)) {
			// A waker of a wait that is over does no harm, but is not to pile up.
			self.waiting.truncate(7);
			self.waiting.push(waker.clone());
		}
	}

	fn set(&mut self, counter: u64) {
		self.counter = counter;
		self.waiting.drain(..).for_each(Waker::wake);
	}
}

/// A counter that can be waited for.
#[derive(Debug)]
pub(crate) struct EventFd {
	state: InterruptTicketMutex<State>,
	flags: EventFlags,
}

impl EventFd {
	pub fn new(initval: u64, flags: EventFlags) -> Self {
		let state = State { counter: initval, waiting: Vec::new() };
		Self { state: InterruptTicketMutex::new(state), flags }
	}

	/// `attempt` gives `None` for "not now".
	async fn perform<R>(&self, mut attempt: impl FnMut(&mut State) -> Option<R>) -> io::Result<R> {
		future::poll_fn(|cx| {
			let mut state = self.state.lock();
			match attempt(&mut state) {
				Some(result) => Poll::Ready(Ok(result)),
				None if self.flags.contains(EventFlags::EFD_NONBLOCK) => Poll::Ready(Err(io::Error::EAGAIN)),
				None => {
					state.wait(cx.waker());
					Poll::Pending
				}
			}
		})
		.await
	}
}

#[async_trait]
impl ObjectInterface for EventFd {
	async fn read(&self, buffer: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
		let buffer = buffer.get_mut(..COUNTER_BYTES).ok_or(io::Error::EINVAL)?;
		let is_semaphore = self.flags.contains(EventFlags::EFD_SEMAPHORE);
		let taken = self
			.perform(|state| {
				let taken = if is_semaphore { state.counter.min(1) } else { state.counter };
				(taken > 0).then(|| {
					state.set(state.counter - taken);
					taken
				})
			})
			.await?;
		buffer.write_copy_of_slice(&taken.to_ne_bytes());
		Ok(COUNTER_BYTES)
	}

	async fn write(&self, buffer: &[u8]) -> io::Result<usize> {
		let added = buffer.first_chunk().ok_or(io::Error::EINVAL)?;
		let added = u64::from_ne_bytes(*added);
		self.perform(|state| {
			let counter = state.counter.checked_add(added).filter(|counter| *counter <= MAX_COUNTER)?;
			state.set(counter);
			Some(COUNTER_BYTES)
		})
		.await
	}

	async fn poll(&self, event: PollEvent) -> io::Result<PollEvent> {
		future::poll_fn(|cx| {
			let mut state = self.state.lock();
			let mut ready = PollEvent::empty();
			ready.set(READABLE, state.counter > 0);
			ready.set(WRITABLE, state.counter < MAX_COUNTER);
			let ready = ready & event;
			if ready.is_empty() {
				state.wait(cx.waker());
				Poll::Pending
			} else {
				Poll::Ready(Ok(ready))
			}
		})
		.await
	}
}
