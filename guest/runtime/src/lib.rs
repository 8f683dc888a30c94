//! The Serverless Runtime: an HTTP/1.1 server that runs offloaded functions (`/v1/faas/…`).
//!
//! One thread owns every socket, connection, task and counter: it waits in `poll(2)`, reads, parses, answers what it can
//! answer at once, and writes. Functions are checked and run by a small pool of workers, which hand their answers back
//! through a queue. So nothing here needs a lock but that queue, and a status request never waits for a function.
//!
//! The same code is the unikernel's application (`guest/unikernel`) and a plain Linux program (`src/main.rs`); only
//! [`Platform`] and two small modules differ. It does not know any language: that is `skerry-executors`.
#![deny(unsafe_code)]

mod answers;
mod connection;
mod crew;
mod entropy;
mod exposition;
mod function_log;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod http;
mod identifiers;
mod log;
mod metrics;
mod options;
mod platform;
mod poller;
mod renewal;
mod request_body;
mod router;
mod server;
mod service;
mod tasks;
mod turns;
mod workers;

pub use options::{OptionError, Options};
pub use platform::Platform;
pub use server::{ServeError, Server, StopHandle, serve};
#[cfg(feature = "jit")]
pub use skerry_executors::{Interrupts, use_interrupts};
