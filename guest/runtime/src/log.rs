//! The log: one JSON object a line on the standard output, which is the serial console in a microVM.
//!
//! Never holds a function's source, parameters or results; of what a function logs, what `function_log` lets through.

use std::fmt::{self, Write as _};
use std::io::Write as _;

/// How much a line matters; the boot option `log` names the least that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The runtime cannot do what it is for.
    Error,
    /// Something is wrong and the runtime goes on.
    Warn,
    /// Rare and worth knowing: start, failed functions.
    Info,
    /// Each request.
    Debug,
}

impl Level {
    /// All levels, most severe first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// The name in the option and in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// One line in the making.
pub(crate) struct Line(String);

impl Line {
    fn begin(ts_us: u64, level: Level) -> Self {
        let mut text = String::with_capacity(128);
        let _ = write!(text, "{{\"ts_us\":{ts_us},\"level\":\"{}\"", level.name());
        Self(text)
    }

    /// Adds a field whose value is text.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.0, ",\"{name}\":\"{}\"", Escaped(value));
        self
    }

    /// Adds a field whose value is a number.
    pub(crate) fn number(mut self, name: &str, value: u64) -> Self {
        let _ = write!(self.0, ",\"{name}\":{value}");
        self
    }

    fn end(mut self) -> String {
        self.0.push_str("}\n");
        self.0
    }
}

/// Writes lines of at least a certain level.
#[derive(Clone, Copy)]
pub(crate) struct Log {
    level: Level,
    now_us: fn() -> u64,
}

impl Log {
    pub(crate) fn new(level: Level, now_us: fn() -> u64) -> Self {
        Self { level, now_us }
    }

    /// Writes a line about `event`; `fields` is called only when the level is written at all.
    /// How many bytes that were.
    pub(crate) fn write(&self, level: Level, event: &str, fields: impl FnOnce(Line) -> Line) -> usize {
        if !self.writes(level) {
            return 0;
        }
        let line = fields(Line::begin((self.now_us)(), level).text("event", event)).end();
        emit(&line);
        line.len()
    }

    /// Whether lines of this level are written.
    pub(crate) fn writes(&self, level: Level) -> bool {
        level <= self.level
    }

    /// Writes a line whose fields are those of a JSON object, whatever the level: the host waits for it.
    pub(crate) fn write_object(&self, level: Level, object: &str) {
        let fields = object.trim_start_matches('{');
        let begin = Line::begin((self.now_us)(), level).0;
        emit(&format!("{begin},{fields}\n"));
    }
}

/// A console that is gone must not take the runtime with it.
fn emit(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes());
    let _ = out.flush();
}

/// Text as it stands between the quotes of a JSON string.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' => formatter.write_str("\\\"")?,
                '\\' => formatter.write_str("\\\\")?,
                '\n' => formatter.write_str("\\n")?,
                // Those of Unicode's second block too: terminals take them for the beginning of a command.
                control if control.is_control() => write!(formatter, "\\u{:04x}", u32::from(control))?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_whatever_its_text_holds() {
        let line = Line::begin(7, Level::Warn).text("event", "a\"b\\\n\u{1}\u{9b}é").number("count", 3).end();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["event"], "a\"b\\\n\u{1}\u{9b}é");
        assert_eq!((&value["ts_us"], &value["level"], &value["count"]), (&7.into(), &"warn".into(), &3.into()));
        assert_eq!(line.chars().filter(|character| character.is_control()).collect::<String>(), "\n");
    }
}
