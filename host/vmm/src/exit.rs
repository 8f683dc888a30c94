//! Why a microVM is no more: exit statuses, signals and the VMM's own failures, in words for a user.

use std::fmt;

use skerry_api::boot::GuestExit;

/// How a microVM ended, with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmExit {
    /// What ended it.
    pub cause: ExitCause,
    /// The last lines of the guest's serial console, control characters replaced; empty when it wrote nothing.
    pub serial_tail: String,
}

/// What ended a microVM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitCause {
    /// The guest ended itself, with a code of Skerry's own.
    Guest(GuestExit),
    /// The guest ended itself with a code (0 to 127) that Skerry does not use.
    GuestCode(u8),
    /// The guest asked for a reset or a power-off, or the monitor for an end.
    Reset,
    /// The VMM failed, and says why.
    Vmm {
        /// Its exit status.
        status: i32,
        /// What it wrote to its standard error.
        message: String,
    },
    /// The accelerator failed inside the machine (a KVM that opens and does not work), which can never go on.
    Accelerator(String),
    /// A signal ended the VMM: SIGKILL by [`crate::ProcessHandle::kill`], the kernel's out-of-memory killer, a crash.
    Signal(i32),
}

impl fmt::Display for VmExit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.cause)?;
        if !self.serial_tail.is_empty() {
            write!(formatter, "; its serial console ends with\n{}", self.serial_tail)?;
        }
        Ok(())
    }
}

impl fmt::Display for ExitCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guest(exit) => write!(formatter, "{} (exit code {})", exit.explanation(), *exit as u8),
            Self::GuestCode(code) => {
                write!(formatter, "the guest ended with exit code {code}, which Skerry does not use")
            }
            Self::Reset => formatter.write_str("the guest reset or switched off its machine"),
            Self::Vmm { status, message } if message.is_empty() => {
                write!(formatter, "the VMM failed with exit status {status} and no message")
            }
            Self::Vmm { status, message } => write!(formatter, "the VMM failed with exit status {status}: {message}"),
            Self::Accelerator(reason) => write!(formatter, "the accelerator failed inside the machine: {reason}"),
            Self::Signal(number) => write!(formatter, "{} ended the VMM", signal_name(*number)),
        }
    }
}

fn signal_name(number: i32) -> String {
    nix::sys::signal::Signal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}
