//! How a call ended, in terms that a user of the function can act on.

use std::time::Duration;

/// What came of one call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The values, or why there are none.
    pub result: Result<Success, Failure>,
    /// What the function logged, each piece on lines of its own.
    pub log: String,
    /// From the start of the call to its end, without compiling.
    pub duration: Duration,
}

/// The values of a call that ran to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    /// The result, as text (`7.5`) where the language is not one with a form of its own: the last `OUT` parameter's value, or the return value where nothing is `OUT`.
    pub result: Option<Vec<u8>>,
    /// All `OUT` parameters, name and value, in the order of the parameters.
    pub outs: Vec<(String, Vec<u8>)>,
}

/// Why a call did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the user to act on: `integer division by zero`, `the call ran longer than 60 s`.
    pub reason: String,
    /// Which kind of reason it is.
    pub kind: FailureKind,
}

impl Failure {
    /// A failure of this kind, for this reason.
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), kind }
    }
}

/// Kinds of failure, few and fixed, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The function did what WebAssembly stops: division by zero, access out of bounds, `unreachable`, …
    Trap,
    /// The time limit passed.
    Time,
    /// The fuel limit was used up.
    Fuel,
    /// The memory limit was exceeded, or the machine's memory ran out.
    Memory,
    /// Calls nested too deeply.
    Stack,
    /// Result or `OUT` values larger than the call may have.
    Output,
    /// The function itself said that it failed: an exception, an error that it returned.
    Exception,
    /// The caller abandoned the call.
    Stopped,
}

impl FailureKind {
    /// All kinds, for a metric that lists each.
    pub const ALL: [Self; 8] =
        [Self::Trap, Self::Time, Self::Fuel, Self::Memory, Self::Stack, Self::Output, Self::Exception, Self::Stopped];

    /// The kind's name as a metric label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Time => "time",
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Output => "output",
            Self::Exception => "exception",
            Self::Stopped => "stopped",
        }
    }
}
