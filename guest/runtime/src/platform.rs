//! What the machine below tells the runtime: memory, and the times of the boot. Reads nothing itself.

use skerry_api::console::Milestones;

/// The machine that the runtime runs on, as its `main` knows it.
#[derive(Clone, Copy)]
pub struct Platform {
    /// Memory of the machine in bytes; 0 where that cannot be told.
    pub memory_total_bytes: u64,
    /// Memory that nothing uses at the moment of the call, in bytes.
    pub memory_free_bytes: fn() -> u64,
    /// Microseconds since the machine was created; the clock of [`Platform::milestones`] and of the log.
    pub now_us: fn() -> u64,
    /// The boot's phases so far. The runtime fills in `ready`, unless `runtime_start` is 0: then no clock is known.
    pub milestones: Milestones,
}
