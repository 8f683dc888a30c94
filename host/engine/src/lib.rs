//! The provisioning engine: hands out Serverless Runtimes and never loses one.
//!
//! 1. What clients were promised stands in the store before they hear of it; what runs is asked of the kernel. An engine that
//!    is killed at any instant finds its way back from these two ([`recovery`]).
//! 2. Each runtime has one owner, a task with a queue of events (`supervisor`), and one explicit state ([`lifecycle`]).
//! 3. No request waits for a machine but those that are sent to it, and these wait in the gateway for a bounded time.
//! 4. Machines outlive the engine. Only what is nobody's is ended.
//!
//! HTTP is elsewhere: skerry-rest has the provisioning API, skerry-gateway the way to guests. So are machines (skerry-vmm)
//! and rows (skerry-store).
#![forbid(unsafe_code)]

mod administrator;
mod boot;
mod boot_phases;
pub mod capacity;
mod core;
mod endings;
mod engine;
mod guest;
mod guest_metrics;
pub mod lifecycle;
mod live_vm;
mod machines;
mod metrics;
mod pool;
mod provisioner;
pub mod recovery;
mod registry;
mod runtime_document;
pub mod settings;
mod snapshots;
mod start_failure;
mod supervisor;
mod tasks;

pub use administrator::{ADMINISTRATOR, PASSWORD_VARIABLE};
pub use boot::{BootError, ReadyMachine, boot};
pub use boot_phases::BootPhases;
pub use engine::{Engine, EngineError, EngineSetup};
pub use machines::{FlavourImage, VMM_OVERHEAD_MIB};
pub use skerry_gateway::hash_password;
