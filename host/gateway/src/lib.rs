//! The only thing that listens: identity, routes to guests, proxy.
#![forbid(unsafe_code)]

pub mod identity;
pub mod routes;

pub use identity::{Identity, Unauthenticated, User, Users};
