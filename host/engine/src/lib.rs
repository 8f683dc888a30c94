//! The provisioning engine: state machine, start paths, admission, recovery.
#![forbid(unsafe_code)]
