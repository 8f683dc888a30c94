//! Time slices: while several threads want a processor, none has it for longer than [`SLICE_US`]. A file of our own.
//!
//! The kernel has no tick: a thread goes on until it waits, or until an interrupt happens to come. An interrupt may take the
//! processor away from a thread that holds a spin lock (the interpreter's engine has such locks, and so has the kernel). The
//! next thread that wants the lock spins; and if no interrupt comes, because the event loop itself waits for the processor
//! and the device does not interrupt before it has had it, the machine stands still for good. With slices, whoever spins
//! loses the processor soon, and the holder gets it.
//!
//! While one thread runs alone, and while all sleep, there is still no tick. All of this is called with interrupts off, and
//! each processor touches only what is its own.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::arch::core_local::core_id;
use crate::arch::kernel::apic::arm_timer;
use crate::arch::kernel::processor::get_timer_ticks;

/// Most processors that are started; more stay off.
pub(crate) const MOST_PROCESSORS: usize = 32;
/// How long a thread has the processor while others want it. Switching takes microseconds.
const SLICE_US: u64 = 2_000;
const NEVER: u64 = u64::MAX;

/// What one processor's timer is set by.
struct Times {
	/// When the kernel's own timers want the interrupt.
	requested_us: AtomicU64,
	/// When the slice that has begun ends.
	slice_end_us: AtomicU64,
}

static TIMES: [Times; MOST_PROCESSORS] =
	[const { Times { requested_us: AtomicU64::new(NEVER), slice_end_us: AtomicU64::new(NEVER) } }; MOST_PROCESSORS];

impl Times {
	fn of_this_processor() -> &'static Self {
		&TIMES[core_id() as usize % MOST_PROCESSORS]
	}

	fn earliest(&self) -> Option<u64> {
		let due = self.requested_us.load(Ordering::Relaxed).min(self.slice_end_us.load(Ordering::Relaxed));
		(due != NEVER).then_some(due)
	}
}

/// Takes note of when the kernel's own timers want the interrupt, and tells when it is due. A slice that is over stays due: its
/// interrupt may not have come yet.
pub(crate) fn due(requested_us: Option<u64>) -> Option<u64> {
	let times = Times::of_this_processor();
	times.requested_us.store(requested_us.unwrap_or(NEVER), Ordering::Relaxed);
	times.earliest()
}

/// The timer has interrupted; [`begin`] follows.
pub(crate) fn end() {
	Times::of_this_processor().slice_end_us.store(NEVER, Ordering::Relaxed);
}

/// It is settled which thread runs now; `others_wait` for the processor.
pub(crate) fn begin(others_wait: bool) {
	let times = Times::of_this_processor();
	if !others_wait {
		// The timer, if it is set, comes once in vain. To set it anew costs more.
		end();
	} else if times.slice_end_us.load(Ordering::Relaxed) == NEVER {
		times.slice_end_us.store(get_timer_ticks() + SLICE_US, Ordering::Relaxed);
		arm_timer(times.earliest());
	}
}
