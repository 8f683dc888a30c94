//! A run for people: the summary in the terminal, the table of all samples, the page.
//!
//! - [`experiments`]: what each experiment is, in words. - [`overview`]: its most important figures, a row per contender.
//! - [`charts`]: which charts it has, drawn by [`drawing`]. - [`threats`]: what to hold against the figures.
//! - `summary`, `csv`, `page`: the outputs.
//!
//! A record in which experiments are missing gives outputs that say so, never an error.

mod charts;
mod csv;
mod drawing;
mod experiments;
mod overview;
mod page;
mod summary;
mod threats;

pub use csv::csv;
pub use page::html;
pub use summary::summary;
