//! `cargo run --release -p skerry-benches --bin provisioning -- [WHAT…]`: measures the provisioning engine.

use std::process::ExitCode;

use clap::Parser;
use skerry_benches::Arguments;

fn main() -> ExitCode {
    skerry_benches::run(&Arguments::parse())
}
