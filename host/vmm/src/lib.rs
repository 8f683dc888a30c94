//! Starts, watches and stops microVMs.
//!
//! - [`VmSpec`]: what to run. [`Backend`] starts it, [`MicroVm`] is the running machine.
//! - [`Qemu`]: the backend that exists, QEMU's machine type `microvm`.
//! - [`accelerator`]: which of KVM and TCG really runs our image here, proven once and remembered.
//! - [`VmExit`]: why a machine is no more, in words for a user.
//!
//! The crate knows neither images (it gets two files) nor HTTP (it hands out an address). It uses threads and blocking
//! calls only, and trusts nothing that comes out of a guest.
#![deny(unsafe_code)]

pub mod accelerator;
mod backend;
mod clock;
mod directory;
mod exit;
mod launch;
mod limits;
mod process;
mod qemu;
mod running;
mod saved;
mod serial;
mod socket;
mod spec;
mod timings;

pub use accelerator::{Accelerator, AcceleratorChoice};
pub use backend::{
    Backend, GuestAddress, MicroVm, NotReady, ResumeError, SaveError, SaveReport, StartError, StopError, WaitError,
};
pub use exit::{ExitCause, VmExit};
pub use process::ProcessHandle;
pub use qemu::{AdoptError, FindError, Qemu, QemuVersion};
pub use running::{RunningMachine, end_machine, remove_dead_directories, running_machines};
pub use spec::{Lifetime, Network, ResourceLimits, SpecError, VmSpec};
pub use timings::StartTimings;
