//! Runs a build's tools: output to a log file, lines to the progress, and an end when the build is cancelled.

use crate::progress::Progress;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How often a running tool's cancellation is looked at.
const CANCEL_POLL: Duration = Duration::from_millis(50);
/// How many lines of a failed tool's output the error carries.
const SHOWN_LINES: usize = 40;

/// Why a tool did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not be started.
    #[error("{program} could not be started")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It ended with a failure.
    #[error("{program} failed ({status}):\n{output}\nthe whole log: {log}", log = log.display())]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said about it.
        output: String,
        /// Where all that it said is.
        log: PathBuf,
    },
    /// Its log or output could not be written or read.
    #[error("the log {log} of {program} could not be written", log = log.display())]
    Log {
        /// The program.
        program: String,
        /// The log file.
        log: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Runs a tool to its end.
///
/// Its standard error goes to `log` and, line by line, to `progress`. The tool is a process group of its own, so that a
/// cancellation reaches the compilers that it started too. `program` names it to users, who know nothing of a shell in
/// between.
///
/// # Errors
/// When it cannot be started, fails, or `cancelled` becomes true.
pub(crate) fn run(
    program: &Path,
    command: &mut Command,
    log: &Path,
    cancelled: &AtomicBool,
    progress: &mut dyn Progress,
) -> Result<(), CommandError> {
    let program = program.display().to_string();
    let log_error = |source| CommandError::Log { program: program.clone(), log: log.to_owned(), source };
    let mut log_file = File::create(log).map_err(log_error)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|source| CommandError::Start { program: program.clone(), source })?;
    let lines = read_lines(&mut child);
    let mut output = Vec::new();
    loop {
        match lines.recv_timeout(CANCEL_POLL) {
            Ok(line) => {
                if let Err(source) = writeln!(log_file, "{line}") {
                    stop(&mut child);
                    return Err(log_error(source));
                }
                progress.line(line.trim());
                output.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if cancelled.load(Ordering::Relaxed) {
            stop(&mut child);
            return Err(CommandError::Cancelled);
        }
    }
    let status = child.wait().map_err(log_error)?;
    if status.success() {
        return Ok(());
    }
    Err(CommandError::Failed { program, status, output: worth_showing(&output), log: log.to_owned() })
}

/// Runs a tool whose standard output is its result.
///
/// # Errors
/// When it cannot be started or fails; its standard error is then in the error and in `log`.
pub(crate) fn output(command: &mut Command, log: &Path) -> Result<Vec<u8>, CommandError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| CommandError::Start { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    std::fs::write(log, &output.stderr).map_err(|source| CommandError::Log {
        program: program.clone(),
        log: log.to_owned(),
        source,
    })?;
    let lines: Vec<String> = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
    Err(CommandError::Failed { program, status: output.status, output: worth_showing(&lines), log: log.to_owned() })
}

fn read_lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

fn stop(child: &mut Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        // It may have ended by itself already; then there is nothing to stop.
        let _ = killpg(Pid::from_raw(group), Signal::SIGTERM);
    }
    // What remains of it is its exit status, which nobody wants any more.
    let _ = child.wait();
}

/// Of a failed tool's output: from its first error on, or else its end.
fn worth_showing(lines: &[String]) -> String {
    let first_error = lines.iter().position(|line| line.starts_with("error"));
    let start = first_error.unwrap_or(lines.len().saturating_sub(SHOWN_LINES));
    let end = lines.len().min(start + SHOWN_LINES);
    lines.get(start..end).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_shows_the_error_and_names_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = shell("echo noise >&2; echo 'error[E1]: no' >&2; echo '  here' >&2; exit 3");
        let error = run(Path::new("tool"), &mut command, &log, &AtomicBool::new(false), &mut Silent).unwrap_err();
        let CommandError::Failed { output, log: named, .. } = error else { panic!("{error}") };
        assert_eq!(output, "error[E1]: no\n  here");
        assert_eq!(std::fs::read_to_string(named).unwrap(), "noise\nerror[E1]: no\n  here\n");
    }

    #[test]
    fn a_cancelled_tool_ends_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let cancelled = AtomicBool::new(true);
        let mut command = shell("sleep 600 & echo $! >&2; wait");
        let error =
            run(Path::new("tool"), &mut command, &folder.path().join("log"), &cancelled, &mut Silent).unwrap_err();
        assert!(matches!(error, CommandError::Cancelled));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (program, log) = (Path::new("/nonexistent/cargo"), folder.path().join("log"));
        let error = run(program, &mut Command::new(program), &log, &AtomicBool::new(false), &mut Silent).unwrap_err();
        assert_eq!(error.to_string(), "/nonexistent/cargo could not be started");
    }
}
