//! SIGINT, SIGTERM and SIGHUP: noted, and passed on to whatever blocks the command right now.
//!
//! The command itself then sees its blocking call end, cleans up as for any failure, and asks [`Interrupt::signal`] why.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context;
use nix::sys::signal::{SigSet, Signal};

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
    /// Begins to watch. To be called before any other thread exists: each inherits that these signals are blocked, so
    /// that only the watching thread gets them. (Child processes do not: std gives them an empty mask.)
    ///
    /// # Errors
    /// When the kernel refuses the signal mask or the thread.
    pub fn watch() -> anyhow::Result<Self> {
        let mut signals = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            signals.add(signal);
        }
        signals.thread_block().context("cannot block SIGINT, SIGTERM and SIGHUP")?;
        let interrupt = Self { state: Arc::default() };
        let watched = interrupt.clone();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                // Fails only for a set that holds no valid signal.
                while let Ok(signal) = signals.wait() {
                    watched.deliver(signal);
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
