//! `skerry bench all`: the comparison with containers and others.

use skerry_benches::comparison::{self, ComparisonArguments, Ended, Places};

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::places;
use crate::printer::Printer;

/// Measures, writes the report, prints its summary.
///
/// # Errors
/// When nothing could be measured, or the report cannot be written.
pub(super) fn run(arguments: &ComparisonArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let source_root = places::source_root(arguments.source.as_deref())?;
    let target_dir = places::target_dir(&source_root);
    // What is measured is a release build: this program, if it is one.
    let skerry = if cfg!(debug_assertions) { None } else { std::env::current_exe().ok() };
    if cfg!(debug_assertions) {
        printer.warning("this is a debug build: a slow client; use scripts/bench, or cargo run --release");
    }
    let ended =
        comparison::compare(arguments, &Places { source_root, target_dir, skerry }, &|text| printer.info(text))?;
    let (report, exit_code) = match ended {
        Ended::Complete(report) => (report, ExitCode::Success),
        Ended::WithFailures(report) => (report, ExitCode::Failure),
        Ended::Interrupted(signal, report) => (report, ExitCode::for_signal(signal)),
    };
    printer.result(&report.summary)?;
    for file in &report.files {
        printer.info(&format!("written: {}", file.display()));
    }
    Ok(exit_code)
}
