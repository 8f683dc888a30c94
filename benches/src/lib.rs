//! Measures the provisioning engine against its targets: the release binary, real microVMs, real connections.
//!
//! 1. **The real thing.** Each experiment starts `skerry engine` as an administrator would and asks it over HTTP. What it
//!    is compared with (a bare boot, a guest asked directly) is measured in the same run, in turns.
//! 2. **Nothing stays.** Whatever was started is ended by its process id, also after a failure or a signal, and all files
//!    are in one temporary folder.
//! 3. **Everything has a bound**, in time and in number.
//!
//! It judges nothing but the targets, and keeps every sample for whoever wants to know more. `docs/benchmarks.md` says how
//! to read the figures.
#![forbid(unsafe_code)]

mod arguments;
mod bare;
mod bench;
mod client;
pub mod comparison;
mod engine;
mod engine_log;
mod experiments;
mod faas;
mod functions;
mod machine;
mod processes;
mod quiet;
mod report;
mod run;
mod runtimes;
mod statistics;

pub use arguments::{Arguments, Experiment};
pub use comparison::contenders::trial::{TrialArguments, run as try_contenders};
pub use functions::{FunctionArguments, run as run_functions};
pub use run::run;
