//! Why a request cannot be run at all. The HTTP edge turns each variant into a status code.

use crate::Lang;
use thiserror::Error;

/// Why [`Executors::prepare`](crate::Executors::prepare) refused a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// A parameter is not correctly formatted (400).
    #[error("{field}: {message}")]
    BadParameter {
        /// The field that is wrong: `params[1].value`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// A limit of the request is none, or above the runtime's own (400).
    #[error("{field} is {given}; this runtime takes 1 to {most}, since a request may only lower a limit")]
    BadLimit {
        /// The request's field.
        field: &'static str,
        /// What was asked for.
        given: u64,
        /// The runtime's own limit.
        most: u64,
    },
    /// The code does not compile, or its signature does not fit the parameters (405).
    #[error("{message}")]
    Unusable {
        /// What is wrong; for C with line and column.
        message: String,
    },
    /// The language is known, but this flavour has no executor for it (405).
    #[error("this flavour does not run {}", .lang.name())]
    LanguageNotHere {
        /// The language that was asked for.
        lang: Lang,
    },
    /// The machine has no memory left to read the parameters into (503).
    #[error("the machine has no memory for the parameters now; try again later")]
    NoMemory,
}

impl RequestError {
    pub(crate) fn bad_parameter(index: usize, field: &str, message: impl Into<String>) -> Self {
        let field = if field.is_empty() { format!("params[{index}]") } else { format!("params[{index}].{field}") };
        Self::BadParameter { field, message: message.into() }
    }

    pub(crate) fn unusable(message: impl Into<String>) -> Self {
        Self::Unusable { message: message.into() }
    }
}
