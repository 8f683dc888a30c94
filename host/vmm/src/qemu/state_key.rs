//! What decides whether a saved state fits a QEMU and a machine, as a text to compare.

use super::Qemu;
use super::arguments::{self, Surroundings};
use super::saving::FileMigration;
use crate::accelerator::processor_model;
use crate::{Accelerator, Network, VmSpec};

impl Qemu {
    /// Everything but the image that decides whether what [`crate::MicroVm::save`] wrote can be restored by this QEMU as
    /// `spec`: its version and package, and all arguments that it is given, hence accelerator, processor, machine, memory,
    /// network and boot options; under KVM the host's processor too, which the guest has seen.
    ///
    /// States with the same key and the same image fit each other. A line per part; to be compared, not to be read.
    #[must_use]
    pub fn saved_state_key(&self, spec: &VmSpec) -> String {
        // A state holds what the guest has seen; what the name, the places and the numbers of descriptors are, it has not.
        let seen = VmSpec { name: "any".to_owned(), ..spec.clone() };
        let surroundings = Surroundings {
            loader: "loader".as_ref(),
            unikernel: "unikernel".as_ref(),
            monitor: 0,
            link: (spec.network == Network::Link).then_some(0),
            // Measured anew by each process, and a guest that goes on has learnt it already: left out.
            tsc_mhz: None,
            sandbox: self.has_sandbox(),
            tcg_rdseed: self.version().tcg_has_rdseed(),
            restores: false,
            memory: None,
        };
        let arguments = arguments::arguments(&seen, &surroundings);
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        let processor = match spec.accelerator {
            Accelerator::Kvm => processor_model(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
            Accelerator::Tcg => String::new(),
        };
        let (version, way) = (self.version(), FileMigration::of(self));
        format!("qemu {version} {way:?}\nprocessor {processor}\narguments {}\n", arguments.join(" "))
    }
}
