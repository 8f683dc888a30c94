//! Every exit code of `skerry`, and nothing else.

use nix::sys::signal::Signal;

/// How the process ends, as its parent sees it. `skerry --help` documents the same list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// It was done, and the answer was right where there was one to judge.
    Success = 0,
    /// It failed; stderr says why.
    Failure = 1,
    /// The command line makes no sense; nothing was done.
    Usage = 2,
    /// SIGHUP ended it (128 + 1): the terminal went away. Everything was cleaned up.
    HungUp = 129,
    /// SIGINT ended it (128 + 2): Ctrl-C. Everything was cleaned up.
    Interrupted = 130,
    /// SIGTERM ended it (128 + 15). Everything was cleaned up.
    Terminated = 143,
}

impl ExitCode {
    /// All exit codes, for whoever has to list them.
    pub const ALL: [Self; 6] =
        [Self::Success, Self::Failure, Self::Usage, Self::HungUp, Self::Interrupted, Self::Terminated];

    /// The code as the system takes it.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The code for a process that one of the signals we listen to asked to end.
    #[must_use]
    pub const fn for_signal(signal: Signal) -> Self {
        match signal {
            Signal::SIGHUP => Self::HungUp,
            Signal::SIGTERM => Self::Terminated,
            _ => Self::Interrupted,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(exit_code: ExitCode) -> Self {
        Self::from(exit_code.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_ends_with_128_and_its_number() {
        for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
            assert_eq!(i32::from(ExitCode::for_signal(signal).code()), 128 + signal as i32);
        }
    }

    #[test]
    fn every_exit_code_stands_in_the_help() {
        for exit_code in ExitCode::ALL {
            let line = format!("\n  {:<4} ", exit_code.code());
            assert!(crate::arguments::AFTER_HELP.contains(&line), "{exit_code:?} is not in the help");
        }
    }
}
