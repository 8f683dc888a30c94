//! The comparison: Skerry beside what people would use instead, measured side by side in one run.
//!
//! - [`contender`]: what takes part. - [`contenders`]: who does. - `experiments`: what is measured of each. - [`record`]: a run's
//!   raw data.
//! - [`targets`]: what Skerry promises. - [`report`]: a run for people. - [`changes`]: two runs side by side.
//! - [`statistics`], [`figure`], `text_table`: what those are made with.
//!
//! It knows nothing about the engine's own targets, which `provisioning` measures.

mod arguments;
mod asking;
pub mod changes;
mod conduct;
mod contender;
pub(crate) mod contenders;
mod experiments;
pub mod figure;
mod host;
mod interruption;
mod places;
mod plan;
pub mod record;
pub mod report;
#[cfg(test)]
mod samples;
pub mod statistics;
pub mod targets;
mod text_table;
mod workload;
mod wrk;

pub use arguments::ComparisonArguments;
pub use conduct::{Ended, Report, compare};
pub use places::Places;
