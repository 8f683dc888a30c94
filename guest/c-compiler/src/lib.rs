//! Compiles the C of an offloaded function to a WebAssembly module
#![forbid(unsafe_code)]
