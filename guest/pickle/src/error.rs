//! Why data cannot be used. The messages are meant for whoever wrote the function or its call.

use thiserror::Error;

/// What the data may consist of, for messages.
pub(crate) const PLAIN_DATA: &str = "None, bool, int, float, complex, str, bytes, bytearray, list, tuple, set, \
     frozenset, dict, datetime types and Decimal";

/// Why a pickle or JSON text cannot be read, or data not be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PickleError {
    /// The bytes are no pickle, or one that was cut off or changed.
    #[error("the pickle is not valid: {problem} (at byte {offset})")]
    Malformed {
        /// Where in the pickle, counted from 0.
        offset: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A pickle of a version that is not read or written.
    #[error("pickle protocol {protocol} is not supported; use one from 2 to 5")]
    Protocol {
        /// Its number.
        protocol: u8,
    },
    /// A pickle that needs something else than its own bytes.
    #[error("the pickle has {what}, which cannot be used: only plain data is ({PLAIN_DATA})")]
    Elsewhere {
        /// What it refers to.
        what: &'static str,
    },
    /// An object that is not plain data, by the name of its class or of the function that would make it.
    #[error("a pickle of '{name}' cannot be used: only plain data is ({PLAIN_DATA}); send the data that it holds")]
    NotPlainData {
        /// Module and name.
        name: String,
    },
    /// A pickled function or code object.
    #[error(
        "a pickled function ('{name}') is never run: send the function's source as text, as Skerry's Python client does"
    )]
    Code {
        /// Module and name of what would make the function.
        name: String,
    },
    /// A `str` that is not valid Unicode.
    #[error("a str with a lone surrogate cannot be used: it is not valid Unicode; send it as bytes")]
    LoneSurrogate,
    /// A value out of its type's range, or a combination that Python does not have.
    #[error("{problem}")]
    Value {
        /// What is wrong.
        problem: &'static str,
    },
    /// A mutable object as a key or in a set.
    #[error("a {holder} cannot have a {type_name} as {place}: it is mutable, and has no hash value")]
    Unhashable {
        /// `set`, `frozenset` or `dict`.
        holder: &'static str,
        /// `key` or `element`.
        place: &'static str,
        /// The type of what has no hash value.
        type_name: &'static str,
    },
    /// More than one of [`Limits`](crate::Limits) allows.
    #[error("the data needs more than {limit_bytes} bytes of memory")]
    Memory {
        /// The limit.
        limit_bytes: usize,
    },
    /// Containers in containers, more than [`Limits`](crate::Limits) allow.
    #[error("the data is nested more than {limit} levels deep")]
    Depth {
        /// The limit.
        limit: usize,
    },
    /// Data that refers to itself, with more containers than [`Limits`](crate::Limits) allow levels.
    #[error("data that refers to itself can have at most {limit} lists, tuples, sets and dicts")]
    Cyclic {
        /// The limit.
        limit: usize,
    },
    /// Not JSON.
    #[error("not valid JSON: {problem} (line {line}, column {column})")]
    Json {
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A value that JSON has no form for.
    #[error(
        "a {type_name} cannot be written as JSON: convert it, or send the parameters as a pickle, then the result is one"
    )]
    NotJson {
        /// Its type.
        type_name: &'static str,
    },
    /// A key that JSON has no form for.
    #[error(
        "a dict with a key of type {type_name} cannot be written as JSON: convert its keys to str, or send the parameters as a pickle, then the result is one"
    )]
    NotJsonKey {
        /// The key's type.
        type_name: &'static str,
    },
    /// A list or dict that contains itself, or an `int` of too many digits.
    #[error("{what} cannot be written as JSON")]
    JsonForm {
        /// What it is.
        what: &'static str,
    },
    /// What is written would be too large.
    #[error("the result is larger than {limit_bytes} bytes")]
    Output {
        /// The limit.
        limit_bytes: usize,
    },
}
