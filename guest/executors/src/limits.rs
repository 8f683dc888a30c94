//! What a call may use, and how much compiled code is kept. Enforcement is elsewhere: `run` (time, fuel, result), `sandbox`
//! (memory, log), `compiled` (stack), `sections` (size of code), `cache`.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What a function may use, in one call unless said otherwise.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Wall-clock time from start to end.
    pub time: Duration,
    /// Linear memory and tables, in bytes.
    pub memory_bytes: usize,
    /// Linear memory and tables of all calls that run at the same time, in bytes. A call that would exceed it fails.
    pub memory_all_calls_bytes: usize,
    /// Interpreter fuel, about one unit per instruction; `None`: as much as `time` allows.
    pub fuel: Option<u64>,
    /// Log output, in bytes; what exceeds it is cut off, and the call goes on.
    pub log_bytes: usize,
    /// Names and values of all `OUT` parameters as text, in bytes.
    pub result_bytes: usize,
    /// Nested function calls.
    pub stack_depth: usize,
    /// Locals and operands of all nested function calls, in bytes.
    pub stack_bytes: usize,
    /// Source text or module, in bytes. Compiled code takes several times as much.
    pub code_bytes: usize,
}

impl Limits {
    /// The memory of a call where nobody says otherwise. Python's objects are large, and so are the machines it runs on.
    pub const USUAL_MEMORY_BYTES: usize = if cfg!(feature = "python") { 32 * MIB } else { 16 * MIB };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            memory_bytes: Self::USUAL_MEMORY_BYTES,
            memory_all_calls_bytes: 24 * MIB,
            fuel: None,
            log_bytes: 64 * KIB,
            result_bytes: MIB,
            stack_depth: 16_384,
            stack_bytes: MIB,
            code_bytes: MIB,
        }
    }
}

/// How much compiled code is kept for the next call of the same function.
#[derive(Clone, Debug)]
pub struct CacheLimits {
    /// Number of functions; 0 keeps none.
    pub entries: usize,
    /// Code and what was compiled from it, in bytes (estimated).
    pub bytes: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { entries: 64, bytes: 4 * MIB }
    }
}
