//! `cargo run --release -p skerry-benches --bin functions`: measures how fast functions run in each flavour and language.

use std::process::ExitCode;

use clap::Parser;
use skerry_benches::FunctionArguments;

fn main() -> ExitCode {
    skerry_benches::run_functions(&FunctionArguments::parse())
}
