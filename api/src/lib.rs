//! Wire types of Skerry: what guest, host and clients say to each other, and nothing else.
//!
//! - [`faas`]: the Serverless Runtime's REST API (requests, answers, error body).
//! - [`console`]: the JSON lines that a guest writes to its serial console, the readiness line among them.
//! - [`provisioning`]: the provisioning engine's REST API.
//! - [`boot`]: the boot options that a host hands to a guest, and the exit codes that come back.
//!
//! The crate is `no_std` with `alloc`, so that every side can use it. It holds no logic beyond (de)serialisation:
//! validation that needs base64 or a language's rules lives with the runtime.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod boot;
pub mod console;
pub mod faas;
pub mod provisioning;
