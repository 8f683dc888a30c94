//! The phases of a start, measured one after the other: what the history then says.

use std::time::{Duration, Instant};

use skerry_api::console::Milestones;
use skerry_vmm::StartTimings;

use crate::boot_phases::BootPhases;
use crate::live_vm::Phases;

/// Times of phases, one after the other.
pub(super) struct Stopwatch {
    last: Instant,
    /// What it has measured.
    pub(super) laps: Phases,
}

impl Stopwatch {
    /// Begins now.
    pub(super) fn start() -> Self {
        Self { last: Instant::now(), laps: Phases::new() }
    }

    /// Goes on from a guest that has said that it is ready, with the boot's own phases.
    pub(super) fn after_boot(start: StartTimings, guest: &Milestones) -> Self {
        let ready_us = start.ready_us.unwrap_or(start.machine_built_us);
        let phases = BootPhases::new(start, guest, ready_us);
        let named = phases.named().into_iter().filter(|(_, took)| *took > 0);
        Self { last: Instant::now(), laps: named.map(|(name, took)| (name.to_owned(), took)).collect() }
    }

    /// Goes on from a guest that has just been restored.
    pub(super) fn after_restore(start: &StartTimings) -> Self {
        let restored_us = start.restored_us.unwrap_or(start.machine_built_us);
        let laps = [
            ("spawn", start.spawned_us),
            ("QEMU start", start.machine_built_us.saturating_sub(start.spawned_us)),
            ("state", restored_us.saturating_sub(start.machine_built_us)),
        ];
        Self { last: Instant::now(), laps: laps.map(|(name, took)| (name.to_owned(), took)).into() }
    }

    /// Ends a phase.
    pub(super) fn lap(&mut self, name: &str) {
        let now = Instant::now();
        self.laps.push((name.to_owned(), microseconds(now - self.last)));
        self.last = now;
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
