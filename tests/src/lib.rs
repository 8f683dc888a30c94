//! What the end-to-end tests stand on: the real image, real microVMs, real clients. Nothing here is a stand-in.
//!
//! - [`image`]: the image, built from source once per run.
//! - [`runtime`]: a Serverless Runtime in a microVM of its own, a few at a time.
//! - [`http`]: a client that sends the bytes it is told to and sees every byte of the answer.
//! - [`cable`]: a client at a machine's private link, whose every segment its test decides upon.
//! - [`faas`]: requests in their wire form, and answers taken apart.
//! - [`command`]: the `skerry` binary and `curl`, as a user runs them.
//! - [`engine`]: a provisioning engine, killed and started again.
//! - [`process`]: which processes are there, and waiting with a bound.
//!
//! Helpers fail like tests: by panicking at the caller's line.
#![forbid(unsafe_code)]

pub mod cable;
pub mod command;
pub mod engine;
pub mod faas;
pub mod http;
pub mod image;
pub mod process;
pub mod runtime;

use std::time::Duration;

/// After so long without news a test has failed. Far beyond anything that a test waits for, so that a loaded machine
/// fails none.
pub const PATIENCE: Duration = Duration::from_secs(60);
