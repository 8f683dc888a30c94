//! The one thing that writes: results to stdout, messages and progress to stderr.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use serde_json::json;

use crate::arguments::{GlobalArguments, LogFormat};
use crate::failure::Failure;
use crate::progress::Progress;

/// Where everything that a command says goes through.
#[derive(Clone, Debug)]
pub struct Printer {
    quiet: bool,
    format: LogFormat,
    /// Whether progress is shown at all; how, the terminal decides.
    progress: bool,
    colour: bool,
    /// Bars at the bottom of the terminal; messages are printed above them.
    bars: MultiProgress,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Info,
    Warning,
    Error,
}

impl Printer {
    /// A printer as the global flags, the terminal and `NO_COLOR` (<https://no-color.org>) want it.
    #[must_use]
    pub fn new(arguments: &GlobalArguments) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            quiet: arguments.quiet,
            format: arguments.log_format,
            progress: !arguments.no_progress && !arguments.quiet,
            colour: io::stderr().is_terminal() && !no_colour,
            bars: MultiProgress::new(),
        }
    }

    /// Whether only results and errors are wanted.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether stderr shows colours.
    #[must_use]
    pub fn has_colours(&self) -> bool {
        self.colour
    }

    /// Writes a result to stdout, as it is.
    ///
    /// # Errors
    /// When stdout does not take it: a full disk, a closed pipe.
    pub fn result(&self, text: &str) -> io::Result<()> {
        self.bars.suspend(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        })
    }

    /// Writes a value to stdout as JSON and a line feed: on one line, so that other programs can read line by line.
    ///
    /// # Errors
    /// As [`Printer::result`].
    pub fn json_result(&self, value: &impl serde::Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string(value)?;
        text.push('\n');
        self.result(&text)
    }

    /// Tells the user something that is no result. Silent with `--quiet`.
    pub fn info(&self, message: &str) {
        if !self.quiet {
            self.message(Level::Info, message, None);
        }
    }

    /// Warns the user. Silent with `--quiet`.
    pub fn warning(&self, message: &str) {
        if !self.quiet {
            self.message(Level::Warning, message, None);
        }
    }

    /// Says why the command failed: the chain of causes, then the hint.
    pub fn failure(&self, failure: &Failure) {
        self.message(Level::Error, &chain(&failure.error), failure.hint.as_deref());
    }

    /// Progress of `total` steps.
    #[must_use]
    pub fn progress(&self, total: usize) -> Progress {
        let bar = self.progress && self.format == LogFormat::Text && io::stderr().is_terminal();
        Progress::new(self.clone(), self.bars.clone(), total, bar)
    }

    /// Says that a step of the progress is done. Silent with `--quiet` and `--no-progress`.
    pub(crate) fn step(&self, name: &str, detail: &str, took_us: u64) {
        if !self.progress {
            return;
        }
        let line = match self.format {
            LogFormat::Text => {
                let took = crate::table::duration(std::time::Duration::from_micros(took_us));
                format!("  {name:<27} {detail} ({took})")
            }
            LogFormat::Json => {
                json!({"level": "info", "step": name, "message": detail, "took_us": took_us}).to_string()
            }
        };
        self.stderr_line(&line);
    }

    fn message(&self, level: Level, message: &str, hint: Option<&str>) {
        let text = match self.format {
            LogFormat::Text => self.text_message(level, message, hint),
            LogFormat::Json => json_message(level, message, hint),
        };
        self.stderr_line(&text);
    }

    fn text_message(&self, level: Level, message: &str, hint: Option<&str>) -> String {
        let label = match level {
            Level::Info => String::new(),
            Level::Warning => self.paint("33", "warning: "),
            Level::Error => self.paint("31", "error: "),
        };
        let hint = hint.map_or_else(String::new, |hint| format!("\n{}{hint}", self.paint("36", "hint: ")));
        format!("{label}{message}{hint}")
    }

    /// Colours by their SGR number (ECMA-48), where the terminal is one and `NO_COLOR` does not forbid them.
    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn stderr_line(&self, line: &str) {
        self.bars.suspend(|| {
            // There is nobody left to tell when stderr is closed.
            let _ = writeln!(io::stderr().lock(), "{line}");
        });
    }
}

/// An error and its causes: the first on its own line, each cause below it.
#[must_use]
pub fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        text.push_str("\n  caused by: ");
        text.push_str(&cause.to_string());
    }
    text
}

fn json_message(level: Level, message: &str, hint: Option<&str>) -> String {
    let level = match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut object = json!({"level": level, "message": message});
    if let Some(hint) = hint {
        object["hint"] = json!(hint);
    }
    object.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Printer {
        Printer { quiet: false, format: LogFormat::Text, progress: true, colour: false, bars: MultiProgress::new() }
    }

    #[test]
    fn an_error_shows_its_causes_then_the_hint() {
        let error = anyhow::anyhow!("no such file").context("cannot read sum.c");
        let text = plain().text_message(Level::Error, &chain(&error), Some("give the path of a C file"));
        assert_eq!(text, "error: cannot read sum.c\n  caused by: no such file\nhint: give the path of a C file");
    }

    #[test]
    fn without_a_terminal_there_are_no_colours() {
        assert!(!plain().text_message(Level::Warning, "slow", None).contains('\u{1b}'));
        let coloured = Printer { colour: true, ..plain() };
        assert!(coloured.text_message(Level::Warning, "slow", None).contains('\u{1b}'));
    }

    #[test]
    fn json_messages_are_one_object_a_line() {
        assert_eq!(
            json_message(Level::Error, "two\nlines", Some("try again")),
            r#"{"hint":"try again","level":"error","message":"two\nlines"}"#
        );
    }
}
