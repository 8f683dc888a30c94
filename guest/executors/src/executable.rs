//! What the languages have in common: a function that was made ready once, a call of it that is ready to run, and what
//! surrounds a call while it runs.
//!
//! Each kind of executable (WebAssembly on the interpreter, …) implements [`Executable`] and [`BoundCall`]; cache, limits
//! and outcome know only these. Trait objects rather than an enumeration, because a flavour has only some of the kinds.

use crate::failures::duration_text;
use crate::parameter::Parameter;
use crate::sandbox::{Log, MemoryPool};
use crate::{Failure, FailureKind, Limits, RandomSource, RequestError, Success};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A function that is ready to be called, as often as wanted and by several threads at once.
pub(crate) trait Executable: Send + Sync {
    /// The memory that it takes, in bytes, estimated; for the cache's bound.
    fn size_bytes(&self) -> usize;

    /// Fits a request's parameters to the function.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unusable`] if they do not fit.
    fn bind(self: Arc<Self>, parameters: Parameters<'_>) -> Result<Box<dyn BoundCall>, RequestError>;
}

/// A function with its parameters.
pub(crate) trait BoundCall: Send {
    /// Runs the call to its end or to a limit. Must look at [`CallContext::check`] every few milliseconds, and must not
    /// leave anything behind for the next call.
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure>;
}

/// A request's parameters.
pub(crate) struct Parameters<'a> {
    /// As they are, without their base64.
    #[cfg_attr(
        not(feature = "python"),
        expect(dead_code, reason = "only languages with parameters of their own form read them")
    )]
    pub(crate) raw: &'a [Vec<u8>],
    /// Read as typed parameters; empty for a language whose parameters have another form.
    pub(crate) typed: Vec<Parameter>,
}

/// What surrounds a call while it runs.
pub(crate) struct CallContext<'a> {
    /// The runtime's limits, lowered as the request wants it.
    pub(crate) limits: &'a Limits,
    /// Memory that all running calls share.
    pub(crate) pool: &'a Arc<MemoryPool>,
    pub(crate) random: RandomSource,
    pub(crate) stop: &'a StopFlag,
    /// `None`: further away than the clock reaches.
    pub(crate) deadline: Option<Instant>,
    /// What the function logs.
    pub(crate) log: Log,
}

impl CallContext<'_> {
    /// Fails once the call was abandoned or its time is over.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.stop.is_set() {
            return Err(Failure::new(FailureKind::Stopped, "the call was abandoned"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let reason = format!("the call ran longer than {}", duration_text(self.limits.time));
            return Err(Failure::new(FailureKind::Time, reason));
        }
        Ok(())
    }
}

/// Abandons a call from any thread. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Abandons the call, which then ends within milliseconds.
    pub fn set(&self) {
        // Relaxed: the flag carries no data along.
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the call was abandoned.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
