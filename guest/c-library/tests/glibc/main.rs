//! The library compared with the system's C library, which has to be glibc.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, fail a test by panicking")]
#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]

mod numbers;
mod printing;
mod scanning;
mod support;
mod texts;
mod times;
