//! `skerry completion`: a completion script for a shell, made from the clap tree.

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionArguments};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::printer::Printer;

/// Prints the script.
///
/// # Errors
/// When stdout does not take it.
pub fn run(arguments: &CompletionArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "skerry", &mut script);
    printer.result(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shells_script_knows_the_verbs() {
        use clap::ValueEnum;
        for &shell in clap_complete::Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "skerry", &mut script);
            let script = String::from_utf8(script).unwrap();
            for verb in ["provision", "call", "image", "doctor", "bench"] {
                assert!(script.contains(verb), "{shell}: {verb}");
            }
        }
    }
}
