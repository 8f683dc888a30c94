//! Waits for a future on behalf of a thread, and sleeps meanwhile. Takes the place of the kernel's own `block_on`.
//!
//! The kernel's own loses wake-ups and time: a packet that arrives between its last look at the device and the moment at which
//! it allows interrupts is noticed with the next one only; a sleep with a timeout never times out (it adds the time of day
//! to the time since boot); and while any TCP timer is due within 10 ms it does not sleep at all, so that on one
//! processor nothing else runs. Here a thread sleeps whenever there is nothing to do, after one more look at the device.

use alloc::sync::Arc;
use core::future::Future;
use core::pin::pin;
use core::sync::atomic::Ordering;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use super::{TaskNotify, network, run};
use crate::arch::core_local::{core_id, core_scheduler};
use crate::arch::kernel::processor::get_timer_ticks;
use crate::drivers::mmio::get_network_driver;
use crate::drivers::net::NetworkDriver;
use crate::io;
use crate::scheduler::PerCoreSchedulerExt;

/// Blocks the current thread until `future` is done.
///
/// # Errors
/// `EAGAIN` when `timeout` is over before: by that, `poll(2)` knows a timeout.
pub(crate) fn block_on<F, T>(future: F, timeout: Option<Duration>) -> io::Result<T>
where
	F: Future<Output = io::Result<T>>,
{
	let mut future = pin!(future);

	// Most calls find what they want at once, and need no waker for it.
	if timeout == Some(Duration::ZERO) {
		run();
	}
	if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
		return result;
	}

	let deadline =
		timeout.map(|timeout| get_timer_ticks().saturating_add(timeout.as_micros().try_into().unwrap_or(u64::MAX)));
	let notify = Arc::new(TaskNotify::new());
	let waker = notify.clone().into();
	let mut context = Context::from_waker(&waker);
	loop {
		// Serves the network among others, and wakes whoever waits for what came in.
		run();
		if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
			return result;
		}
		let left = deadline.map(|deadline| deadline.saturating_sub(get_timer_ticks()));
		if left == Some(0) {
			return Err(io::Error::EAGAIN);
		}
		if notify.futex.load(Ordering::SeqCst) == 0 {
			sleep(&notify, left);
		}
		notify.futex.store(0, Ordering::SeqCst);
	}
}

/// Sleeps until someone notifies, or `timeout_us` is over; not at all when the device has a packet.
fn sleep(notify: &TaskNotify, timeout_us: Option<u64>) {
	// The first processor serves the network. Others leave the device alone: it would not interrupt any more.
	if core_id() != 0 {
		notify.wait(timeout_us);
		return;
	}
	let device = get_network_driver();
	if let Some(device) = device {
		let mut device = device.lock();
		// Only then look: a packet that comes after the look raises an interrupt.
		device.set_polling_mode(false);
		if device.has_packet() {
			device.set_polling_mode(true);
			return;
		}
	}
	let delay = match network::NIC.lock().as_nic_mut() {
		Ok(nic) => nic.poll_delay(network::now()),
		Err(_) => None,
	};
	core_scheduler().add_network_timer(delay.map(|delay| get_timer_ticks() + delay.total_micros()));
	notify.wait(timeout_us);
	if let Some(device) = device {
		device.lock().set_polling_mode(true);
	}
}
