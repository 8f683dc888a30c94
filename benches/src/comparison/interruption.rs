//! Ctrl-C: noted, and looked at wherever something waits. What was started is then ended by being dropped, as after a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether somebody asked this program to end. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Begins to watch for signals. A second one ends the program at once, by its default action.
    ///
    /// # Errors
    /// When the kernel refuses the handlers.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let interruption = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&interruption.0))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&interruption.0)))
                .context("cannot watch for signals")?;
        }
        Ok(interruption)
    }

    /// Whether a signal has come.
    pub(crate) fn has_come(&self) -> bool {
        self.0.load(Ordering::SeqCst)
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
