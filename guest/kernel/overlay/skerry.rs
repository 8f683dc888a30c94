//! What the runtime asks of the kernel beyond the system calls that the standard library uses. A file of our own.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::arch::kernel::processor::get_timer_ticks;
use crate::mm::ALLOCATOR;

static NETWORK_START_US: AtomicU64 = AtomicU64::new(0);

/// Notes that the network is about to be brought up.
pub(crate) fn note_network_start() {
	NETWORK_START_US.store(get_timer_ticks(), Ordering::Relaxed);
}

/// When the kernel began to bring the network up, in microseconds of the time-stamp counter.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_network_start_us() -> u64 {
	NETWORK_START_US.load(Ordering::Relaxed)
}

/// The time now, in microseconds of the time-stamp counter.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_now_us() -> u64 {
	get_timer_ticks()
}

/// Bytes of the heap that nothing uses.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_heap_free_bytes() -> u64 {
	ALLOCATOR.available_bytes() as u64
}
