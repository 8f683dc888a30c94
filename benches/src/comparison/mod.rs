//! The comparison: Skerry beside what people would use instead, measured side by side in one run.
//!
//! - [`contender`]: what takes part. - `experiments`: what is measured of each. - [`record`]: a run's raw data.
//!
//! It knows nothing about the engine's own targets, which `provisioning` measures.

mod arguments;
mod asking;
mod contender;
mod experiments;
mod host;
mod interruption;
mod plan;
pub mod record;
mod workload;
mod wrk;
