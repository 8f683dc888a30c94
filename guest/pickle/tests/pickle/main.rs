//! The codec against real CPython, against hostile bytes, and against its own rules.

mod cpython;
mod description;
mod json;
mod random_data;
mod refusals;
mod robustness;
