//! The comparison: Skerry beside what people would use instead, measured side by side in one run.
//!
//! - [`contender`]: what takes part. - [`record`]: a run's raw data.
//!
//! It knows nothing about the engine's own targets, which `provisioning` measures.

mod contender;
pub mod record;
