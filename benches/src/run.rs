//! One run: what is asked for, one after the other; each table as soon as it is there; nothing left behind.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Arguments, Experiment};
use crate::bench::Bench;
use crate::experiments::{density, gateway, load, restart, start};
use crate::machine::Facts;
use crate::quiet::ProcessorTime;
use crate::report::{self, Section};

/// How long blocking calls get to end after a signal. What they started ends with this process at the latest.
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// As a shell has it for a program that a signal ended: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Measures, prints, and says whether all of it could be measured (whether targets are met, the tables say).
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match measure(arguments) {
        Ok(Ended::Complete) => ExitCode::SUCCESS,
        Ok(Ended::WithFailures) => ExitCode::FAILURE,
        Ok(Ended::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            eprintln!("provisioning: {error:#}");
            ExitCode::FAILURE
        }
    }
}

enum Ended {
    Complete,
    WithFailures,
    Interrupted,
}

#[derive(Default)]
struct Results {
    sections: Vec<Section>,
    failures: Vec<String>,
}

fn measure(arguments: &Arguments) -> anyhow::Result<Ended> {
    // Removed last, when everything that wrote into it has ended.
    let folder = TempDir::with_prefix("skerry-benches-").context("cannot make a temporary folder")?;
    let bench = Bench::prepare(arguments, &folder)?;
    let engine = &bench.engine;
    let accelerator = engine.accelerator.to_string();
    let facts = Facts::gather(&engine.source_root, &engine.skerry, &bench.qemu, &accelerator, &bench.image);
    println!("{}", facts.line());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let mut results = Results::default();
    let interrupted = runtime.block_on(async {
        tokio::select! {
            () = all(&bench, &mut results) => Ok(false),
            waited = any_signal() => waited.map(|()| true),
        }
    });
    runtime.shutdown_timeout(END_TIMEOUT);
    if let Some(path) = &arguments.json {
        let text = report::to_json(facts.all(), &results.sections, &results.failures).to_string();
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(match interrupted? {
        true => Ended::Interrupted,
        false if results.failures.is_empty() => Ended::Complete,
        false => Ended::WithFailures,
    })
}

/// Runs the experiments; one that fails does not stop the others.
async fn all(bench: &Bench, results: &mut Results) {
    for experiment in bench.arguments.experiments() {
        eprintln!("{}:", experiment.name());
        let before = ProcessorTime::now();
        let measured = match experiment {
            Experiment::Start => start::measure(bench).await,
            Experiment::Gateway => gateway::measure(bench).await,
            Experiment::Load => load::measure(bench).await,
            Experiment::Density => density::measure(bench).await,
            Experiment::Restart => restart::measure(bench).await,
        };
        match measured {
            Ok(mut section) => {
                if let (Some(now), Some(before)) = (ProcessorTime::now(), before) {
                    section.notes.push(now.others_since(before).note());
                }
                println!("{}", section.render());
                results.sections.push(section);
            }
            Err(error) => {
                let failure = format!("{} failed: {error:#}", experiment.name());
                eprintln!("{failure}");
                results.failures.push(failure);
            }
        }
    }
}

/// Resolves at the first signal that asks this program to end.
async fn any_signal() -> anyhow::Result<()> {
    let watched = |kind| signal(kind).context("cannot watch for signals");
    let (mut interrupt, mut terminate) = (watched(SignalKind::interrupt())?, watched(SignalKind::terminate())?);
    let mut hangup = watched(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    eprintln!("ending what was started");
    Ok(())
}
