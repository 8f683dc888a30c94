//! Functions from request to outcome, through the crate's public face.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, fail a test by panicking")]

mod buffers;
#[cfg(feature = "c")]
mod c;
#[cfg(feature = "c")]
mod c_library;
mod failures;
mod hostile_modules;
mod imports;
mod native;
mod refusals;
mod sharing;
mod support;
mod toolchains;
mod wasi;
mod wasm;
