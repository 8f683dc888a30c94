//! The verbs, one file each: arguments in, exit code out.

pub mod bench;
pub mod call;
pub mod completion;
pub mod doctor;
pub mod engine;
pub mod image;
pub mod provision;
pub mod runtime;
