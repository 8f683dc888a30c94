//! Time slices: while several threads want the processor, none has it for longer than [`SLICE_US`]. A file of our own.
//!
//! The kernel has no tick: a thread goes on until it waits, or until an interrupt happens to come. An interrupt may take the
//! processor away from a thread that holds a spin lock (the interpreter's engine has such locks, and so has the kernel). The
//! next thread that wants the lock spins; and if no interrupt comes, because the event loop itself waits for the processor
//! and the device does not interrupt before it has had it, the machine stands still for good. With slices, whoever spins
//! loses the processor soon, and the holder gets it.
//!
//! While one thread runs alone, and while all sleep, there is still no tick. All of this is called with interrupts off.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::arch::kernel::apic::arm_timer;
use crate::arch::kernel::processor::get_timer_ticks;

/// How long a thread has the processor while others want it. Switching takes microseconds.
const SLICE_US: u64 = 2_000;
const NEVER: u64 = u64::MAX;

/// When the kernel's own timers want the interrupt.
static REQUESTED_US: AtomicU64 = AtomicU64::new(NEVER);
/// When the slice that has begun ends.
static SLICE_END_US: AtomicU64 = AtomicU64::new(NEVER);

/// Takes note of when the kernel's own timers want the interrupt, and tells when it is due. A slice that is over stays due: its
/// interrupt may not have come yet.
pub(crate) fn due(requested_us: Option<u64>) -> Option<u64> {
	REQUESTED_US.store(requested_us.unwrap_or(NEVER), Ordering::Relaxed);
	earliest()
}

fn earliest() -> Option<u64> {
	let due = REQUESTED_US.load(Ordering::Relaxed).min(SLICE_END_US.load(Ordering::Relaxed));
	(due != NEVER).then_some(due)
}

/// The timer has interrupted; [`begin`] follows.
pub(crate) fn end() {
	SLICE_END_US.store(NEVER, Ordering::Relaxed);
}

/// It is settled which thread runs now; `others_wait` for the processor.
pub(crate) fn begin(others_wait: bool) {
	if !others_wait {
		// The timer, if it is set, comes once in vain. To set it anew costs more.
		end();
	} else if SLICE_END_US.load(Ordering::Relaxed) == NEVER {
		SLICE_END_US.store(get_timer_ticks() + SLICE_US, Ordering::Relaxed);
		arm_timer(earliest());
	}
}
