//! Where a boot's time went: the host's and the guest's clocks made into one sequence of phases.

use serde::Serialize;
use skerry_api::console::Milestones;
use skerry_vmm::StartTimings;

/// How long each phase of a boot took, in microseconds, in the order in which they pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BootPhases {
    /// The VMM's own start: exec, building the machine, firmware.
    pub qemu_start: u64,
    /// Our loader.
    pub loader: u64,
    /// The kernel, up to its network.
    pub kernel: u64,
    /// The kernel's network.
    pub network: u64,
    /// The runtime, up to its listener.
    pub runtime: u64,
    /// From the readiness line to the first answer over HTTP.
    pub first_answer: u64,
}

impl BootPhases {
    /// Splits a boot. `start` is the host's clock, `guest` counts from the machine's first instruction, and
    /// `first_answer_us` is when, on the host's clock, the first answer had come.
    ///
    /// The two clocks meet at readiness. A guest can write any milestone, so what cannot be is taken as zero.
    #[must_use]
    pub fn new(start: StartTimings, guest: &Milestones, first_answer_us: u64) -> Self {
        let ready_us = start.ready_us.unwrap_or(start.machine_built_us);
        let machine_start_us = ready_us.checked_sub(guest.ready).unwrap_or(start.machine_built_us);
        Self {
            qemu_start: machine_start_us.saturating_add(guest.loader_start),
            loader: guest.kernel_start.saturating_sub(guest.loader_start),
            kernel: guest.network_start.saturating_sub(guest.kernel_start),
            network: guest.runtime_start.saturating_sub(guest.network_start),
            runtime: guest.ready.saturating_sub(guest.runtime_start),
            first_answer: first_answer_us.saturating_sub(ready_us),
        }
    }

    /// The phases with their names for people, in order.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 6] {
        [
            ("QEMU start", self.qemu_start),
            ("loader", self.loader),
            ("kernel", self.kernel),
            ("network", self.network),
            ("runtime", self.runtime),
            ("first answer", self.first_answer),
        ]
    }

    /// The phase that took longest; the earlier one of equals.
    #[must_use]
    pub fn biggest(&self) -> (&'static str, u64) {
        let mut biggest = ("QEMU start", 0);
        for phase in self.named() {
            if phase.1 > biggest.1 {
                biggest = phase;
            }
        }
        biggest
    }

    /// All phases together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.named().iter().fold(0, |total, (_, phase)| total.saturating_add(*phase))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> StartTimings {
        StartTimings {
            spawned_us: 1_000,
            monitor_ready_us: 18_000,
            machine_built_us: 25_000,
            restored_us: None,
            ready_us: Some(100_000),
        }
    }

    const GUEST: Milestones = Milestones {
        loader_start: 5_000,
        kernel_start: 8_000,
        network_start: 40_000,
        runtime_start: 60_000,
        ready: 74_000,
    };

    #[test]
    fn the_phases_add_up_to_the_first_answer() {
        let phases = BootPhases::new(start(), &GUEST, 104_000);
        assert_eq!(phases.named().map(|(_, time)| time), [31_000, 3_000, 32_000, 20_000, 14_000, 4_000], "{phases:?}");
        assert_eq!(phases.total(), 104_000);
        assert_eq!(phases.biggest(), ("kernel", 32_000));
    }

    #[test]
    fn milestones_that_cannot_be_do_no_harm() {
        let nonsense = Milestones {
            loader_start: u64::MAX,
            kernel_start: 1,
            network_start: u64::MAX,
            runtime_start: 0,
            ready: u64::MAX,
        };
        let phases = BootPhases::new(start(), &nonsense, 50_000);
        assert_eq!((phases.loader, phases.first_answer), (0, 0));
        assert_eq!(phases.total(), u64::MAX);
    }
}
