//! Ctrl-C: noted, and looked at wherever something waits. What was started is then ended by being dropped, as after a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether somebody asked this program to end. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interruption {
    has_come: Arc<AtomicBool>,
    /// The last signal's number; 0: none.
    signal: Arc<AtomicUsize>,
}

impl Interruption {
    /// Begins to watch for signals. A second one ends the program at once, by its default action.
    ///
    /// # Errors
    /// When the kernel refuses the handlers.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let interruption = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).context("a signal has a number")?;
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&interruption.has_come))
                .and_then(|_| signal_hook::flag::register_usize(signal, Arc::clone(&interruption.signal), number))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&interruption.has_come)))
                .context("cannot watch for signals")?;
        }
        Ok(interruption)
    }

    /// Whether a signal has come.
    pub(crate) fn has_come(&self) -> bool {
        self.has_come.load(Ordering::SeqCst)
    }

    /// The signal that has come.
    pub(crate) fn signal(&self) -> Option<Signal> {
        let number = i32::try_from(self.signal.load(Ordering::SeqCst)).ok()?;
        Signal::try_from(number).ok()
    }

    /// For the places between two steps.
    ///
    /// # Errors
    /// When a signal has come.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.has_come() {
            bail!("interrupted");
        }
        Ok(())
    }
}
