//! Why a machine did not start, and whether another try can help.

use skerry_api::boot::GuestExit;
use skerry_vmm::{ExitCause, NotReady, StartError, VmExit};

use crate::boot::BootError;
use crate::live_vm::chain;

/// No machine could be started.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct StartFailure {
    /// Why, with causes and the end of the serial log.
    pub reason: String,
    /// Whether trying again cannot help: the request asks for what does not work.
    pub is_final: bool,
}

impl StartFailure {
    /// One that another try may not meet.
    pub(crate) fn passing(reason: String) -> Self {
        Self { reason, is_final: false }
    }
}

pub(crate) fn start_failure(error: &StartError) -> StartFailure {
    let is_final = match error {
        StartError::Spec(_) => true,
        StartError::Ended(exit) => is_hopeless(exit),
        _ => false,
    };
    StartFailure { reason: chain(error), is_final }
}

pub(crate) fn boot_failure(error: &BootError) -> StartFailure {
    match error {
        BootError::NotStarted(error) => start_failure(error),
        BootError::NotReady(reason) | BootError::LeftBehind { reason, .. } => {
            let is_final = matches!(reason, NotReady::Ended(exit) if is_hopeless(exit));
            StartFailure { reason: chain(error), is_final }
        }
    }
}

/// Whether a guest that ended so will always end so.
fn is_hopeless(exit: &VmExit) -> bool {
    matches!(exit.cause, ExitCause::Guest(GuestExit::TooLittleMemory | GuestExit::BadImage | GuestExit::RuntimeRefused))
}
