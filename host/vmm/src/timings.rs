//! When the phases of a start were reached, as the host sees them.

/// Microseconds since the backend was asked to start the machine, in the order in which they pass.
///
/// The guest's own milestones ([`skerry_api::console::Milestones`]) count from the moment at which the machine begins to
/// run, which is just before [`StartTimings::machine_built_us`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartTimings {
    /// The VMM's process exists and has begun to execute the VMM.
    pub spawned_us: u64,
    /// The VMM's monitor said hello.
    pub monitor_ready_us: u64,
    /// The VMM answered its first command: the machine is built and runs.
    pub machine_built_us: u64,
    /// The saved state is loaded and the guest goes on; `None` for a machine that booted.
    pub restored_us: Option<u64>,
    /// The host saw the guest's readiness line; `None` before.
    pub ready_us: Option<u64>,
}
