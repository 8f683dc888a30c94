//! Starts, watches and stops microVMs
#![forbid(unsafe_code)]
