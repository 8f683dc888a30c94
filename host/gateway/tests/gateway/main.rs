//! The gateway between raw clients and guests: real sockets on both sides, guests that misbehave in every way, and the
//! real Serverless Runtime.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod bodies;
mod client;
mod guests;
mod hostile_guests;
mod identity;
mod passing_on;
mod runtime;
mod service;
mod serving;
mod sleeping;
mod tasks;
mod turns;
