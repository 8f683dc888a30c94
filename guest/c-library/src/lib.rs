//! The C standard library of offloaded functions, as far as it runs in the host: pure functions on a call's linear
//! memory and on what the library remembers from one call of it to the next.
//!
//! It knows no engine. An engine's glue looks a function up by name ([`function`]), checks its type, and at each call
//! hands over raw values and an [`Environment`]; what a function costs is in [`Library::take_cost`], to be charged as
//! fuel. Data model: that of the compiler (`long` and `size_t` 64 bits, pointers 4 bytes). Texts and numbers are those
//! of glibc in the C locale.
//!
//! Nothing in linear memory is trusted: each access is checked, and the heap's own records are checked before use.
#![forbid(unsafe_code)]

mod allocation;
mod calendar;
mod decimal;
mod environment;
mod error_numbers;
mod floating;
mod format;
mod functions;
mod gamma;
mod general;
mod heap;
mod math;
mod number;
mod random;
mod scan;
mod search;
mod standard_output;
mod string;
mod time;

pub use environment::{Environment, Fault, Library, Output};
pub use functions::{Arguments, Code, FUNCTIONS, Found, Function, function};
