//! What Linux tells the runtime, and how a program on Linux begins and ends.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use skerry_api::console::Milestones;
use skerry_runtime::{Options, Platform, Server};

static STARTED: OnceLock<Instant> = OnceLock::new();

pub(crate) fn main() -> ExitCode {
    STARTED.get_or_init(Instant::now);
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!(
            "The Serverless Runtime of Skerry.\n\nUsage: skerry-runtime [name=value]...\n\nOptions:\n{}",
            Options::help()
        );
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse(words.into_iter()) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("skerry-runtime: {error}");
            return ExitCode::from(2);
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            eprintln!("skerry-runtime: {error}{cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::bind(options, platform())?;
    let handle = server.stop_handle();
    // By hand, because the first process of a container has no default action for these signals.
    ctrlc::set_handler(move || handle.stop())?;
    Ok(server.run()?)
}

fn platform() -> Platform {
    Platform {
        memory_total_bytes: memory("MemTotal:"),
        memory_free_bytes: || memory("MemAvailable:"),
        now_us: || STARTED.get().map_or(0, |started| u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)),
        milestones: Milestones::default(),
    }
}

/// A figure of `/proc/meminfo` (proc(5)) in bytes; 0 where it cannot be told.
fn memory(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim_end().parse().unwrap_or(0);
    kibibytes * 1024
}
