//! What is wrong with a source, and where: the compiler's only kind of error.
//!
//! Holds no knowledge of C; positions are those of the user's own text, before any macro is expanded.

use std::fmt;

/// Reporting stops here: what follows is mostly a consequence of what came before.
const MAX_DIAGNOSTICS: usize = 20;

/// One error in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line in the user's source, from 1.
    pub line: u32,
    /// Column in the user's source in characters, from 1.
    pub column: u32,
    /// What is wrong, lower-case and without a full stop.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// Why a source does not compile: at least one [`Diagnostic`], in the order of their discovery.
///
/// Displays as one line for each diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileErrors {
    diagnostics: Vec<Diagnostic>,
}

impl CompileErrors {
    /// For an error without a report; there is none such, but a list that is never empty is promised.
    pub(crate) fn unexplained() -> Self {
        let message = "the source does not compile".to_owned();
        Self { diagnostics: vec![Diagnostic { line: 1, column: 1, message }] }
    }

    /// The diagnostics; never empty.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for CompileErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            diagnostic.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for CompileErrors {}

/// The error was written to the [`Reports`]; carries nothing, so that no error is told twice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported;

/// Where an error is, as a byte offset in the user's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceOffset(pub(crate) u32);

/// Collects the errors of one compilation.
pub(crate) struct Reports {
    found: Vec<(SourceOffset, String)>,
}

impl Reports {
    pub(crate) fn new() -> Self {
        Self { found: Vec::new() }
    }

    /// Notes an error, unless there are so many already that one more helps nobody.
    pub(crate) fn report(&mut self, at: SourceOffset, message: impl Into<String>) -> Reported {
        if self.found.len() < MAX_DIAGNOSTICS {
            let message = message.into();
            if !self.found.iter().any(|(place, text)| *place == at && *text == message) {
                self.found.push((at, message));
            }
        }
        Reported
    }

    /// The errors with lines and columns; `None` when there are none.
    pub(crate) fn into_errors(self, source: &str) -> Option<CompileErrors> {
        if self.found.is_empty() {
            return None;
        }
        let diagnostics = self
            .found
            .into_iter()
            .map(|(at, message)| {
                let (line, column) = line_and_column(source, at);
                Diagnostic { line, column, message }
            })
            .collect();
        Some(CompileErrors { diagnostics })
    }
}

/// Line and column, both from 1; an offset past the end means the end.
fn line_and_column(source: &str, at: SourceOffset) -> (u32, u32) {
    let mut line = 1;
    let mut column = 1;
    for (offset, character) in source.char_indices() {
        if offset >= at.0 as usize {
            break;
        }
        if character == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = "ab\nä=c";
        assert_eq!(line_and_column(source, SourceOffset(0)), (1, 1));
        assert_eq!(line_and_column(source, SourceOffset(3)), (2, 1));
        assert_eq!(line_and_column(source, SourceOffset(5)), (2, 2));
        assert_eq!(line_and_column(source, SourceOffset(999)), (2, 4));
    }

    #[test]
    fn errors_display_as_one_line_each_and_the_same_error_once() {
        let mut reports = Reports::new();
        reports.report(SourceOffset(0), "first");
        reports.report(SourceOffset(0), "first");
        reports.report(SourceOffset(1), "second");
        let errors = reports.into_errors("xyz").expect("there are errors");
        assert_eq!(errors.to_string(), "line 1, column 1: first\nline 1, column 2: second");
        assert!(Reports::new().into_errors("xyz").is_none());
    }
}
