//! Plain Python data: its values, and how they are pickled and written as JSON.
//!
//! It knows no interpreter. [`Data`] holds values as Python has them: objects that refer to one another, so that a list
//! that stands in two places is one list, and a list may contain itself. [`decode_pickle`] and [`encode_pickle`] speak
//! Python's pickle protocols 2 to 5, [`from_json`] and [`to_json`] what Python's `json` reads and writes.
//!
//! A pickle is a program that can import modules and call what is in them. Here it is read as data only: a few names
//! of the standard library stand for the types that [`Value`] has (`reduce`), any other name is refused, and nothing
//! is ever called or imported.
//!
//! Nothing recurses, so that no input overflows the native stack, and memory is accounted for: see [`Limits`].
#![forbid(unsafe_code)]

mod check;
mod data;
mod decode;
mod encode;
mod error;
mod integer;
mod json_reader;
mod json_writer;
mod opcodes;
mod reduce;
mod time;
mod value;

pub use data::{Data, Id, Limits};
pub use decode::decode_pickle;
pub use encode::{PROTOCOLS, encode_pickle};
pub use error::PickleError;
pub use integer::{BigInteger, DIGITS_LIMIT};
pub use json_reader::from_json;
pub use json_writer::to_json;
pub use time::{Date, DateTime, Time, TimeDelta};
pub use value::{Value, is_decimal};
