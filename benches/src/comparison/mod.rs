//! The comparison: Skerry beside what people would use instead, measured side by side in one run.
//!
//! - [`contender`]: what takes part. - [`contenders`]: who does. - `experiments`: what is measured of each. - [`record`]: a run's
//!   raw data.
//!
//! It knows nothing about the engine's own targets, which `provisioning` measures.

mod arguments;
mod asking;
mod contender;
pub(crate) mod contenders;
mod experiments;
mod host;
mod interruption;
mod places;
mod plan;
pub mod record;
pub use places::Places;
mod workload;
mod wrk;
