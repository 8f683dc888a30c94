//! The `skerry` command line: arguments in, one file per verb, results out.
//!
//! - [`arguments`]: the clap tree, with the values' own parsers beside it ([`memory_size`]).
//! - [`commands`]: a verb each, thin over the crates beneath `host/`.
//! - [`printer`]: the only thing that writes: results to stdout, all else to stderr.
//! - [`exit_code`]: every exit code there is.
//!
//! It owns no knowledge of images (skerry-image), of VMMs (skerry-vmm) or of the wire types (skerry-api).
#![forbid(unsafe_code)]

pub mod arguments;
pub mod c_function;
pub mod commands;
pub mod engine_client;
pub mod example;
pub mod exit_code;
pub mod faas_client;
pub mod failure;
pub mod images;
pub mod interrupt;
pub mod machine;
pub mod memory_size;
pub mod places;
pub mod prerequisites;
pub mod printer;
pub mod progress;
pub mod python_function;
pub mod statistics;
pub mod table;
pub mod wasm_function;

use std::ffi::OsString;

use clap::Parser;

use crate::arguments::{Arguments, Command, LogFormat};
use crate::exit_code::ExitCode;
use crate::printer::Printer;

/// Runs the command line and says how it went. `arguments` begins with the program's name, as the system gives it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors: clap writes them to stdout, and usage errors to stderr. Nothing is left to
            // do when neither stream takes it.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
        }
    };
    let printer = Printer::new(&arguments.global);
    match dispatch(&arguments.command, arguments.global.log_format, &printer) {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit_code
        }
    }
}

fn dispatch(command: &Command, log_format: LogFormat, printer: &Printer) -> Result<ExitCode, failure::Failure> {
    match command {
        Command::Provision(arguments) => commands::provision::run(arguments, printer),
        Command::Call(arguments) => commands::call::run(arguments, printer),
        Command::Engine(arguments) => commands::engine::run(arguments, log_format, printer),
        Command::Runtime(command) => commands::runtime::run(command, printer),
        Command::Image(command) => commands::image::run(command, printer),
        Command::Doctor(arguments) => commands::doctor::run(arguments, printer),
        Command::Bench(command) => commands::bench::run(command, printer),
        Command::Completion(arguments) => commands::completion::run(arguments, printer),
    }
}
