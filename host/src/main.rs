//! The `skerry` command line.
#![forbid(unsafe_code)]

fn main() {}
