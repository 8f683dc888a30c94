//! The QEMU backend: machine type `microvm`.
//!
//! [`discover`] finds the program and what it can do.

mod discover;

pub use discover::{FindError, Qemu, QemuVersion};
