//! SIGINT, SIGTERM and SIGHUP: noted, and passed on to whatever blocks the command right now.
//!
//! The command itself then sees its blocking call end, cleans up as for any failure, and asks [`Interrupt::signal`] why.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context;
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit_code::ExitCode;
use crate::failure::Failure;

type Action = Box<dyn Fn() + Send>;

/// The process's watch for signals. Clones are the same watch.
#[derive(Clone)]
pub struct Interrupt {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    signal: Option<Signal>,
    action: Option<Action>,
}

impl Interrupt {
    /// Begins to watch. The signals are caught, not blocked: a blocked signal would stay blocked in every child process,
    /// and a compiler or a package manager would then not hear Ctrl-C either. (A handler does not survive exec.)
    ///
    /// # Errors
    /// When the kernel refuses the handlers or the thread.
    pub fn watch() -> anyhow::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot catch SIGINT, SIGTERM and SIGHUP")?;
        let interrupt = Self { state: Arc::default() };
        let watched = interrupt.clone();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for number in signals.forever() {
                    // It is one of the three.
                    if let Ok(signal) = Signal::try_from(number) {
                        watched.deliver(signal);
                    }
                }
            })
            .context("cannot start the thread that waits for signals")?;
        Ok(interrupt)
    }

    /// The first signal that arrived, if any did.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        self.state().signal
    }

    /// The exit code that the first signal asks for, if any arrived.
    #[must_use]
    pub fn exit_code(&self) -> Option<ExitCode> {
        self.signal().map(ExitCode::for_signal)
    }

    /// Fails once a signal has arrived: for the places between two steps.
    ///
    /// # Errors
    /// Names the signal.
    pub fn check(&self) -> Result<(), Failure> {
        match self.signal() {
            Some(signal) => Err(Failure::new(format!("ended by {signal}"))),
            None => Ok(()),
        }
    }

    /// Runs `blocking`, which `unblock` makes return early: it is called, on another thread, for each signal that arrives
    /// meanwhile, and at once when one has arrived before.
    pub fn during<T>(&self, unblock: impl Fn() + Send + 'static, blocking: impl FnOnce() -> T) -> T {
        {
            let mut state = self.state();
            if state.signal.is_some() {
                unblock();
            }
            state.action = Some(Box::new(unblock));
        }
        let result = blocking();
        self.state().action = None;
        result
    }

    fn deliver(&self, signal: Signal) {
        let mut state = self.state();
        state.signal.get_or_insert(signal);
        if let Some(action) = &state.action {
            action();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn unwatched() -> Interrupt {
        Interrupt { state: Arc::default() }
    }

    #[test]
    fn a_signal_ends_what_blocks() {
        let interrupt = unwatched();
        let (unblock, blocked) = mpsc::channel();
        let sender = interrupt.clone();
        let from_outside = thread::spawn(move || sender.deliver(Signal::SIGTERM));
        let got = interrupt.during(
            move || {
                let _ = unblock.send(());
            },
            || blocked.recv(),
        );
        assert_eq!(got, Ok(()));
        from_outside.join().unwrap();
        assert_eq!(interrupt.exit_code(), Some(ExitCode::Terminated));
    }

    #[test]
    fn a_child_process_hears_the_signals_that_we_watch() {
        let _watch = Interrupt::watch().unwrap();
        let output = std::process::Command::new("cat").arg("/proc/self/status").output().unwrap();
        let status = String::from_utf8(output.stdout).unwrap();
        for field in ["SigBlk", "SigIgn"] {
            let mask = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t")).unwrap();
            let mask = u64::from_str_radix(mask, 16).unwrap();
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                assert_eq!(mask >> (signal - 1) & 1, 0, "{field} has signal {signal}");
            }
        }
    }

    #[test]
    fn an_earlier_signal_lets_nothing_block() {
        let interrupt = unwatched();
        interrupt.deliver(Signal::SIGINT);
        interrupt.deliver(Signal::SIGTERM);
        let (unblock, blocked) = mpsc::channel();
        let got = interrupt.during(
            move || {
                let _ = unblock.send(());
            },
            || blocked.recv(),
        );
        assert_eq!(got, Ok(()));
        assert_eq!(interrupt.exit_code(), Some(ExitCode::Interrupted), "the first signal counts");
    }
}
