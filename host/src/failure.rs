//! A command's failure: the chain of causes, a hint at what to do, the exit code.

use std::fmt::Display;

use crate::exit_code::ExitCode;

/// Why a command failed. `?` makes one of every error; [`OrHint::or_hint`] adds what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// What failed, and why: outermost first.
    pub error: anyhow::Error,
    /// What the user can do now.
    pub hint: Option<String>,
    /// How the process ends.
    pub exit_code: ExitCode,
}

impl Failure {
    /// A failure with a message of its own.
    #[must_use]
    pub fn new(message: impl Display) -> Self {
        Self { error: anyhow::anyhow!("{message}"), hint: None, exit_code: ExitCode::Failure }
    }

    /// A command line that parses and still makes no sense.
    #[must_use]
    pub fn usage(message: impl Display) -> Self {
        Self { exit_code: ExitCode::Usage, ..Self::new(message) }
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: error.into(), hint: None, exit_code: ExitCode::Failure }
    }
}

/// Adds a hint to whatever a result's error is.
pub trait OrHint<T> {
    /// Turns the error into a [`Failure`] with this hint.
    ///
    /// # Errors
    /// The result's own error.
    fn or_hint(self, hint: impl Display) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> OrHint<T> for Result<T, E> {
    fn or_hint(self, hint: impl Display) -> Result<T, Failure> {
        self.map_err(|error| error.into().hint(hint))
    }
}
