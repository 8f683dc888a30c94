//! End to end: the image is built from source, booted by our loader in real microVMs, and used as its users do.
//!
//! One program, so that the image is built once and the number of machines at a time is bounded. A test that cannot run
//! on this machine says `skipped:` and why.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod bad_input;
mod boot;
mod c_corpus;
mod cli;
mod concurrency;
mod faas;
mod functions_that_fail;
mod hostile_peer;
mod jit;
mod machine;
mod metrics;
mod native;
mod processors;
mod python;
