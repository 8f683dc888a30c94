//! Runs Python functions: RustPython, its standard library frozen, and a fresh interpreter for each call.
//!
//! What the crate owns: compiling a function's source ([`compile`]), the thread that interprets ([`Interpreters`]), the
//! way of values in and out, tracebacks, the limits of a call, and which modules a function may import. What it does not:
//! HTTP, tasks, the cache of compiled functions, the codecs (`skerry-pickle`).
//!
//! Each call gets an interpreter of its own, made ahead while nobody waits: its own modules, builtins and `sys`. So nothing
//! that a function changes is seen by the next one. Types of the interpreter itself cannot be changed by a function.
// A unikernel's std needs an unstable compiler anyway.
#![cfg_attr(target_os = "hermit", feature(alloc_error_hook))]

mod call;
mod compile;
mod from_python;
mod interpreters;
mod memory;
mod module;
mod time_values;
mod to_python;
mod traceback;

pub use call::{Call, Failure, FailureKind, Finished, ResultForm};
pub use compile::{Function, compile};
pub use interpreters::Interpreters;
pub use memory::CountingAllocator;

/// Fills a slice with cryptographically secure random bytes, or fails because the machine has none.
pub type RandomSource = fn(&mut [u8]) -> std::io::Result<()>;
