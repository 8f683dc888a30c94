//! The `skerry` binary: hands the arguments to the library and its exit code to the system.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    skerry_cli::run(std::env::args_os()).into()
}
