//! One run from setting up to the report. What was measured is written even when something fails or a signal comes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::arguments::ComparisonArguments;
use super::contender::Contender;
use super::contenders::{self, Setup};
use super::experiments::{Course, Findings};
use super::host;
use super::interruption::Interruption;
use super::places::Places;
use super::record::{ContenderRecord, FORMAT, Record};
use super::report;

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// All that could be set up was measured, and every answer was right.
    Complete(Report),
    /// Something failed or answered wrongly: [`Record::failures`] says what.
    WithFailures(Report),
    /// This signal came; what had been measured is in the report.
    Interrupted(Signal, Report),
}

/// What a run leaves.
#[derive(Debug)]
pub struct Report {
    /// The raw data.
    pub record: Record,
    /// For the terminal.
    pub summary: String,
    /// The files that were written: the page, the data as JSON and as CSV.
    pub files: Vec<PathBuf>,
}

/// Measures everything that is asked for, and writes the report.
///
/// `tell` is told what is going on, a line at a time.
///
/// # Errors
/// When nothing can be measured at all, or the report cannot be written. A contender that cannot be set up is named in the
/// report and no error.
pub fn compare(arguments: &ComparisonArguments, places: &Places, tell: &dyn Fn(&str)) -> anyhow::Result<Ended> {
    let interruption = Interruption::watch()?;
    // Made first: minutes of measuring are not for a folder that cannot be written.
    fs::create_dir_all(&arguments.out).with_context(|| format!("cannot make {}", arguments.out.display()))?;
    let folder = TempDir::with_prefix("skerry-bench-").context("cannot make a temporary folder")?;
    let plan = arguments.plan();
    let begun = Instant::now();
    let started = jiff::Timestamp::now();
    let mut machine = host::machine();
    let setup = Setup::prepare(arguments, places, tell)?;
    machine.accelerator = setup.accelerator.accelerator.to_string();
    machine.accelerator_reason.clone_from(&setup.accelerator.reason);
    let (contenders, mut missing) = contenders::all(&setup, arguments, tell);
    missing.extend(contenders::absent(&setup, arguments));
    let mut findings = Findings { missing, ..Findings::default() };
    for experiment in arguments.experiments() {
        if interruption.has_come() {
            break;
        }
        let name = experiment.name();
        let telling = |text: &str| tell(&format!("{name}: {text}"));
        let mut course = Course {
            contenders: &contenders,
            plan: &plan,
            interruption: &interruption,
            folder: folder.path(),
            tell: &telling,
            findings,
        };
        let measured = experiment.measure(&mut course);
        findings = course.findings;
        if let Err(error) = measured
            && !interruption.has_come()
        {
            findings.failures.push(format!("{name}: {error:#}"));
        }
    }
    if interruption.has_come() {
        findings.notes.push("The run was interrupted: what is missing was not measured.".to_owned());
    }
    machine.load_after = host::load();
    let record = Record {
        format: FORMAT,
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seconds: begun.elapsed().as_secs_f64(),
        command: command(),
        quick: arguments.quick,
        machine,
        versions: versions(&setup),
        revision: host::revision(&places.source_root),
        contenders: contenders.iter().map(described).collect(),
        missing: findings.missing,
        series: findings.series,
        failures: findings.failures,
        notes: findings.notes,
    };
    let report = write(record, &arguments.out)?;
    Ok(match (interruption.signal(), report.record.failures.is_empty()) {
        (Some(signal), _) => Ended::Interrupted(signal, report),
        (None, true) => Ended::Complete(report),
        (None, false) => Ended::WithFailures(report),
    })
}

/// The command line of this process, with the program's name alone.
fn command() -> String {
    let arguments = std::env::args().skip(1).map(|argument| match argument.contains([' ', '*']) {
        true => format!("'{argument}'"),
        false => argument,
    });
    std::iter::once("skerry".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn described(contender: &Arc<dyn Contender>) -> ContenderRecord {
    let profile = contender.profile().clone();
    ContenderRecord { name: profile.name.to_owned(), title: profile.title, description: profile.description }
}

/// Writes the three files.
fn write(record: Record, out: &Path) -> anyhow::Result<Report> {
    let json = serde_json::to_string_pretty(&record).context("cannot write the data as JSON")?;
    let texts =
        [("report.html", report::html(&record)), ("results.json", json + "\n"), ("results.csv", report::csv(&record))];
    let mut files = Vec::new();
    for (name, text) in texts {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        files.push(path);
    }
    Ok(Report { summary: report::summary(&record), record, files })
}

/// The versions of what took part, where they can be found out.
fn versions(setup: &Setup) -> BTreeMap<String, String> {
    let programs: [(&str, &[&str]); 8] = [
        ("runc", &["--version"]),
        ("podman", &["--version"]),
        ("conmon", &["--version"]),
        ("wrk", &["--version"]),
        ("strace", &["--version"]),
        ("perf", &["--version"]),
        ("rustc", &["--version"]),
        ("gcc", &["--version"]),
    ];
    let found = programs
        .iter()
        .filter_map(|(program, arguments)| Some(((*program).to_owned(), host::version_of(program, arguments)?)));
    found.chain(setup.versions()).collect()
}
