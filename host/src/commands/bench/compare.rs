//! `skerry bench compare`: what has changed between two runs of the comparison.

use std::path::Path;

use skerry_benches::comparison::changes;
use skerry_benches::comparison::record::Record;

use crate::arguments::{BenchCompareArguments, OutputFormat};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::printer::Printer;

/// Compares two files. What the figures say decides on no exit code.
///
/// # Errors
/// When one of them is no run's raw data: wrong usage.
pub(super) fn run(arguments: &BenchCompareArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let changes = changes::compare(&read(&arguments.before)?, &read(&arguments.after)?);
    match arguments.output {
        OutputFormat::Json => printer.json_result(&changes)?,
        OutputFormat::Table => printer.result(&changes.to_string())?,
    }
    Ok(ExitCode::Success)
}

fn read(path: &Path) -> Result<Record, Failure> {
    Record::read(path).map_err(|error| Failure {
        error,
        hint: Some("give two JSON files that a run of the comparison wrote".to_owned()),
        exit_code: ExitCode::Usage,
    })
}
