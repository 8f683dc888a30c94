//! Each contender once, to see that it works here: start, first answers, memory, end.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::Parser;
use serde_json::{Value, json};

use super::{Setup, all};
use crate::bench::target_dir;
use crate::comparison::arguments::ComparisonArguments;
use crate::comparison::asking;
use crate::comparison::contender::Contender;
use crate::comparison::interruption::Interruption;
use crate::comparison::places::Places;
use crate::comparison::workload::Call;
use crate::processes;

/// Starts each contender once, asks it for a sum in each of its languages, ends it, and says how it was.
///
/// One line of JSON for each goes to stdout, those that cannot be set up here included. What it tells of times is one
/// sample: `skerry bench all` measures.
#[derive(Debug, Parser)]
#[command(name = "contenders")]
pub struct TrialArguments {
    /// A `skerry` binary; otherwise the release binary is brought up to date
    #[arg(long, value_name = "FILE", env = "SKERRY_BINARY")]
    skerry: Option<std::path::PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArguments,
}

/// Tries all that are asked for, and says whether all that could be set up work.
#[must_use]
pub fn run(arguments: &TrialArguments) -> ExitCode {
    match try_all(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("contenders: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn try_all(arguments: &TrialArguments) -> anyhow::Result<bool> {
    let interruption = Interruption::watch()?;
    let source_root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("there is no source tree")?.to_owned();
    let places = Places { source_root, target_dir: target_dir()?, skerry: arguments.skerry.clone() };
    let tell = |text: &str| eprintln!("{text}");
    let setup = Setup::prepare(&arguments.comparison, &places, &tell)?;
    let (contenders, missing) = all(&setup, &arguments.comparison, &tell);
    for missing in &missing {
        println!("{}", json!({"contender": missing.what, "missing": missing.why}));
    }
    let mut all_work = true;
    for contender in &contenders {
        if interruption.has_come() {
            return Ok(false);
        }
        tell(&format!("trying {}", contender.name()));
        match try_one(contender, &interruption) {
            Ok(line) => println!("{line}"),
            Err(error) => {
                all_work = false;
                println!("{}", json!({"contender": contender.name(), "failure": format!("{error:#}")}));
            }
        }
    }
    Ok(all_work)
}

fn try_one(contender: &Arc<dyn Contender>, interruption: &Interruption) -> anyhow::Result<Value> {
    contender.settle()?;
    let started = asking::start(contender.as_ref(), interruption)?;
    let first_answer_ms = ms(started.first_answer);
    let mut results = serde_json::Map::new();
    // Nobody has WebAssembly at hand to send.
    for language in contender.profile().languages.iter().filter(|language| **language != "WASM") {
        let begun = std::time::Instant::now();
        started.asking.ask(&Call::sum(language))?;
        results.insert(format!("first_sum_{}_ms", language.to_lowercase()), ms(begun.elapsed()).into());
    }
    let mut instance = started.instance;
    let phases = instance.phases()?;
    let own = instance.processes();
    ensure!(own.contains(&instance.subject()), "{} is not among its processes {own:?}", instance.subject());
    let [pss_mib, shared_pss_mib] =
        [processes::total_pss_mib(&own)?, processes::total_pss_mib(&contender.shared_processes())?].map(hundredths);
    instance.stop()?;
    let left: Vec<u32> = own.iter().copied().filter(|id| !processes::with_descendants(*id).is_empty()).collect();
    ensure!(left.is_empty(), "processes are left of it: {left:?}");
    contender.settle()?;
    let profile = contender.profile();
    let artefact = &profile.artefact;
    let mut line = json!({
        "contender": profile.name,
        "title": profile.title,
        "description": profile.description,
        "first_answer_ms": first_answer_ms,
        "pss_mib": pss_mib,
        "shared_pss_mib": shared_pss_mib,
        "processes": own.len(),
        "phases": phases.iter().map(|phase| json!([phase.name, phase.ms])).collect::<Vec<_>>(),
        "artefact": {
            "kind": artefact.kind,
            "bytes": artefact.bytes,
            "compressed_bytes": artefact.compressed_bytes,
            "files": artefact.files,
            "components": artefact.components,
            "code_bytes": artefact.code_bytes,
        },
    });
    if let Some(object) = line.as_object_mut() {
        object.extend(results);
    }
    Ok(line)
}

fn ms(duration: std::time::Duration) -> f64 {
    hundredths(duration.as_secs_f64() * 1e3)
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
