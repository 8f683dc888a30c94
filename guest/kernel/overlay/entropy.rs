//! Cryptographically secure random bytes. Takes the place of the kernel's own.
//!
//! The kernel's own generator forgets its state at every reseed, and cannot be told that the machine was restored from a
//! snapshot. This one mixes (`entropy_pool.rs`), and has [`renew`].

use hermit_sync::InterruptTicketMutex;

use crate::arch::kernel::processor::{get_timer_ticks, seed_entropy};
use crate::entropy_pool::EntropyPool;
use crate::errno::ENOSYS;

/// After so long the processor is asked again: whoever has learnt the state must not know it for ever.
const RESEED_INTERVAL_US: u64 = 1_000_000;
/// Bytes made at once: meanwhile there are no interrupts.
const PIECE_BYTES: usize = 1024;

bitflags! {
	pub struct Flags: u32 {}
}

struct Source {
	pool: EntropyPool,
	reseeded_us: u64,
}

static SOURCE: InterruptTicketMutex<Option<Source>> = InterruptTicketMutex::new(None);

/// Runs `f` on the source, whose pool has had an answer of the processor not long ago, or right now; `None` when the
/// processor has none to give.
fn with_source<R>(ask_now: bool, f: impl FnOnce(&mut EntropyPool) -> R) -> Option<R> {
	let mut guard = SOURCE.lock();
	let now = get_timer_ticks();
	match &mut *guard {
		Some(source) if !ask_now && now.saturating_sub(source.reseeded_us) <= RESEED_INTERVAL_US => {}
		Some(source) => {
			source.pool.mix(&seed_entropy()?);
			source.reseeded_us = now;
		}
		empty => {
			let pool = EntropyPool::new(seed_entropy()?);
			*empty = Some(Source { pool, reseeded_us: now });
		}
	}
	guard.as_mut().map(|source| f(&mut source.pool))
}

/// Fills `buf` with random data, respecting the options in `flags`.
///
/// Returns the number of bytes written or `-ENOSYS` if the system does not support
/// random data generation.
pub fn read(buf: &mut [u8], _flags: Flags) -> isize {
	for piece in buf.chunks_mut(PIECE_BYTES) {
		if with_source(false, |pool| pool.fill(piece)).is_none() {
			return -ENOSYS as isize;
		}
	}
	// Slice lengths are always <= isize::MAX so this return value cannot conflict
	// with error numbers.
	buf.len() as isize
}

/// Mixes what the host hands over, and a new answer of the processor, into the generator. Whether the processor had one.
pub(crate) fn renew(given: &[u8]) -> bool {
	with_source(true, |pool| pool.mix(given)).is_some()
}
