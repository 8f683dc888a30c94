//! Runs offloaded functions: `WASM` modules, and `C` by way of WebAssembly, both on the wasmi interpreter.
//!
//! What the crate owns: checking a request's code and parameters ([`Executors::prepare`]), running the call inside
//! its limits ([`Executors::run`]), the cache of compiled code, and the text forms of values. What it does not: HTTP,
//! base64 of code and whole parameters, tasks, threads. The caller brings those and calls from as many threads as it
//! likes.
//!
//! A call shares nothing with the next one but the compiled code: each gets a fresh store, instance and linear memory,
//! and whatever way it ends, they are gone afterwards. Nothing a function or a request contains may panic here, since
//! the Serverless Runtime is built with `panic = "abort"`.
//!
//! # Memory
//!
//! The defaults fit a guest of 64 MiB: one call's linear memory may grow to 16 MiB, all running calls' together to
//! 24 MiB, a call's wasm stack to 1 MiB, the code cache holds about 4 MiB (see [`Limits`], [`CacheLimits`]). While a
//! linear memory is being enlarged, old and new copy exist side by side; if the machine has not enough for that, the
//! call fails, not the runtime. The same holds for parameters ([`with_room`]).
#![forbid(unsafe_code)]

mod arguments;
mod assemblyscript;
#[cfg(feature = "c")]
mod c;
mod c_library;
mod cache;
mod call_options;
mod compiled;
mod data_type;
mod executable;
mod executors;
mod failures;
mod host_functions;
mod interpreter;
#[cfg(feature = "jit")]
mod jit;
mod lang;
mod limits;
mod list;
mod memory;
mod native;
mod outcome;
mod parameter;
mod parameter_fields;
#[cfg(feature = "python")]
mod python;
mod request_error;
mod run;
mod sandbox;
mod scalar;
mod sections;
mod wasi;
mod wasm;

pub use cache::CacheStatistics;
pub use call_options::CallOptions;
pub use executable::StopFlag;
pub use executors::{CALL_STACK_BYTES, Executors, PreparedCall, RandomSource};
#[cfg(feature = "jit")]
pub use jit::{Interrupts, use_interrupts};
pub use lang::Lang;
pub use limits::{CacheLimits, Limits};
pub use memory::with_room;
pub use outcome::{Failure, FailureKind, Outcome, Success};
pub use request_error::RequestError;
