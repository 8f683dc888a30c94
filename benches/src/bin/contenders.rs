//! `cargo run --release -p skerry-benches --bin contenders -- [--contenders NAMES]`: starts each contender once.

use std::process::ExitCode;

use clap::Parser;
use skerry_benches::TrialArguments;

fn main() -> ExitCode {
    skerry_benches::try_contenders(&TrialArguments::parse())
}
