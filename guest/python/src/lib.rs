//! Runs Python functions: RustPython, its standard library frozen, and a warm interpreter that each call finds as new.
//!
//! What the crate owns: compiling a function's source ([`compile`]), the threads that interpret ([`Interpreters`]), the
//! way of values in and out, tracebacks, the limits of a call, and which modules a function may import. What it does not:
//! HTTP, tasks, the cache of compiled functions, the codecs (`skerry-pickle`).
//!
//! An interpreter lives in an arena of its own. When a call has ended, arena and thread-local storage are set back, byte by
//! byte, to what they were before it. So nothing that a function did is seen by the next one, and nothing is ever leaked.
// A unikernel's std needs an unstable compiler anyway.
#![feature(alloc_error_hook)]

mod arena;
mod call;
mod compile;
mod escape;
mod from_python;
mod interpreter;
mod interpreters;
mod memory;
mod module;
mod rollback;
mod thread_storage;
mod time_values;
mod to_python;
mod traceback;
mod worker;

pub use call::{Call, Failure, FailureKind, Finished, ResultForm};
pub use compile::{Function, compile};
pub use interpreters::Interpreters;
pub use memory::PythonAllocator;

/// Fills a slice with cryptographically secure random bytes, or fails because the machine has none.
pub type RandomSource = fn(&mut [u8]) -> std::io::Result<()>;
