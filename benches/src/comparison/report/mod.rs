//! A run for people: the summary in the terminal, the table of all samples, the page.
//!
//! - [`experiments`]: what each experiment is, in words. - [`overview`]: its most important figures, a row per contender. - [`summary`], [`csv`]: the outputs. - [`threats`]: what to hold against the figures.
//!
//! A record in which experiments are missing gives outputs that say so, never an error.

mod csv;
mod experiments;
mod overview;
mod summary;
mod threats;

pub use csv::csv;
pub use summary::summary;
