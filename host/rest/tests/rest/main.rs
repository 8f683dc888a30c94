//! The REST API over real connections, with a provisioner in memory behind it.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod bodies;
mod conditions;
mod document;
mod lifecycle;
mod memory;
mod service;
