//! End-to-end tests: real images, real microVMs, real clients
#![forbid(unsafe_code)]
