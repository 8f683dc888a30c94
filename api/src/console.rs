//! The guest's serial console: one JSON object a line.
//!
//! A host reads these lines from a file that a guest can fill with anything, so it treats whatever does not parse as plain
//! text. Only the line with `"event":"ready"` means something to the host: the runtime listens, connect now.

use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The value of `event` in the line that says that the runtime listens.
pub const EVENT_READY: &str = "ready";
/// The value of `event` in the line that says that a host has renewed the machine after a restore.
pub const EVENT_RENEWED: &str = "renewed";

/// The line that a guest writes once, when its listener is open.
///
/// Milestones are microseconds of the guest's own time-stamp counter since the machine was created (both TCG and KVM
/// start it at zero), in the order in which they pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyLine {
    /// Always [`EVENT_READY`].
    pub event: String,
    /// The port that the runtime listens on.
    pub port: u16,
    /// Which executors answer, as `lang` names them, separated by commas: `C,WASM`.
    pub langs: String,
    /// Memory of the machine in bytes.
    pub memory_total_bytes: u64,
    /// Of it, what nothing uses yet, in bytes.
    pub memory_free_bytes: u64,
    /// When each phase of the boot was reached.
    pub milestones_us: Milestones,
}

/// Times since the machine was created, in microseconds; 0 where the platform cannot tell (the plain Linux binary).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestones {
    /// The VMM's firmware handed over to the loader.
    pub loader_start: u64,
    /// The loader entered the kernel.
    pub kernel_start: u64,
    /// The kernel began to bring the network up.
    pub network_start: u64,
    /// The kernel entered the application.
    pub runtime_start: u64,
    /// The runtime listens.
    pub ready: u64,
}
