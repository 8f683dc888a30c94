//! Runs offloaded functions: WebAssembly, and C by way of WebAssembly
#![forbid(unsafe_code)]
