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
    /// Not known: this process adopted the machine, and a process's status goes to the one that started it.
    Unknown {
        /// What the VMM wrote to its standard error, if anything.
        message: String,
    },
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
            Self::Unknown { message } if message.is_empty() => {
                formatter.write_str("it ended; how is not known, since another process had started it")
            }
            Self::Unknown { message } => write!(formatter, "it ended, and the VMM said: {message}"),
            Self::Signal(number) => write!(formatter, "{} ended the VMM", signal_name(*number)),
        }
    }
}

fn signal_name(number: i32) -> String {
    nix::sys::signal::Signal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_with_its_code_and_the_last_words() {
        let exit = VmExit { cause: ExitCause::Guest(GuestExit::TooLittleMemory), serial_tail: "a\nb".to_owned() };
        assert_eq!(
            exit.to_string(),
            "the machine has too little memory for the image (exit code 17); its serial console ends with\na\nb"
        );
    }

    #[test]
    fn signals_are_called_by_their_names_where_they_have_one() {
        assert_eq!(ExitCause::Signal(9).to_string(), "SIGKILL ended the VMM");
        assert_eq!(ExitCause::Signal(64).to_string(), "signal 64 ended the VMM");
    }

    #[test]
    fn a_vmm_without_a_message_is_said_to_have_none() {
        let silent = ExitCause::Vmm { status: 2, message: String::new() };
        assert_eq!(silent.to_string(), "the VMM failed with exit status 2 and no message");
    }
}
