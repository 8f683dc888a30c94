//! What the runtime asks of the kernel beyond the system calls that the standard library uses. A file of our own.

use core::slice;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::arch::kernel::processor::get_timer_ticks;
use crate::arch::kernel::systemtime;
use crate::entropy;
use crate::errno::{EINVAL, ENOSYS};
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

/// Makes this machine one of its own after a restore: nothing random is shared with other clones from here on, and the clock
/// of the day says what it has to if it is `unix_time_us` now.
///
/// The entropy goes into the random generator, beside a new answer of the processor, and from there into whatever else has a
/// state of its own: the network interface (initial sequence numbers), the next port for a connection of ours, and the
/// generator behind `rand`. What is left is the keys of the standard library's hash tables, one pair for each thread that
/// has made one. The runtime's event loop makes none, and its other threads start with the first call, so a machine that is
/// saved as soon as it is ready has none at all. One that is saved later shares them with its clones: they stay
/// unknown to clients, and serve against chosen collisions only, never as an identity or a secret.
///
/// # The clocks
///
/// Both clocks count the time-stamp counter. QEMU saves it with the machine and goes on from there, under TCG (whose counter is
/// the host's, less an offset that is part of the state) as under KVM (which writes the saved value back). So a restored
/// machine takes up where it was: the monotonic clock knows nothing of the time in between, no timer or deadline jumps, and
/// the clock of the day is late by exactly that time until it is set here. The counter's frequency was handed over at boot
/// and is part of the state: a snapshot is good only where the counter is as fast as it was (`-freq` says how fast,
/// in whole MHz).
///
/// Returns 0; `-EINVAL` without entropy, with nothing changed; `-ENOSYS` when the processor has no entropy of its own, with
/// the clock unchanged.
///
/// # Safety
///
/// `given` points to `given_bytes` bytes that can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sys_skerry_renew(given: *const u8, given_bytes: usize, unix_time_us: u64) -> i32 {
	if given.is_null() || given_bytes == 0 {
		return -EINVAL;
	}
	// What follows takes milliseconds where the code has to be translated first.
	let entered_us = get_timer_ticks();
	// SAFETY: the caller says so.
	let given = unsafe { slice::from_raw_parts(given, given_bytes) };
	let mut seeds = [0; 14];
	if !entropy::renew(given) || entropy::read(&mut seeds, entropy::Flags::empty()) < 0 {
		return -ENOSYS;
	}
	let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = seeds;
	crate::executor::interface_renewal::renew_interface(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
	crate::fd::socket::tcp::renew_ephemeral_ports(u16::from_ne_bytes([i, j]));
	crate::syscalls::sys_srand(u32::from_ne_bytes([k, l, m, n]));
	systemtime::set_now_micros(unix_time_us.wrapping_add(get_timer_ticks() - entered_us));
	0
}
