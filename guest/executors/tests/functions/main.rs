//! Functions from request to outcome, through the crate's public face.

mod support;
mod wasm;
