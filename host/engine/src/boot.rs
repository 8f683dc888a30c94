//! The cold boot, for whoever boots: the engine's runtimes and snapshots, `skerry provision`, `skerry bench`.

use std::time::Duration;

use skerry_api::console::ReadyLine;
use skerry_vmm::{Backend, MicroVm, NotReady, ProcessHandle, StartError, StopError, VmSpec};

/// A machine whose guest has said that it is ready.
pub struct ReadyMachine {
    /// The machine.
    pub vm: Box<dyn MicroVm>,
    /// What the guest said.
    pub ready: ReadyLine,
}

/// Why there is no such machine.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The VMM did not start it.
    #[error(transparent)]
    NotStarted(StartError),
    /// Its guest did not get ready; it was ended.
    #[error(transparent)]
    NotReady(NotReady),
    /// Its guest did not get ready, and something of it is left.
    #[error("{reason}; and {source}")]
    LeftBehind {
        /// Why it is not ready.
        reason: NotReady,
        /// Why it is not gone.
        source: StopError,
    },
}

/// Starts a machine and waits until its guest is ready, for `timeout` at most. `started` gets the VMM's process as soon as
/// there is one, to end this wait by its end. Blocks.
///
/// # Errors
/// [`BootError`].
pub fn boot(
    backend: &impl Backend,
    spec: &VmSpec,
    timeout: Duration,
    started: impl FnOnce(&ProcessHandle),
) -> Result<ReadyMachine, BootError> {
    let mut vm = backend.start(spec).map_err(BootError::NotStarted)?;
    started(&vm.process());
    match vm.wait_until_ready(timeout) {
        Ok(ready) => Ok(ReadyMachine { vm, ready }),
        Err(reason) => match vm.stop() {
            Ok(()) => Err(BootError::NotReady(reason)),
            Err(source) => Err(BootError::LeftBehind { reason, source }),
        },
    }
}
