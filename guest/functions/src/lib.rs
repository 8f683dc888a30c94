//! No native functions. The image builder puts a user's crate in this one's place.
#![forbid(unsafe_code)]

use skerry_native::Registry;

/// Registers nothing.
pub fn functions(_registry: &mut Registry) {}
