//! Builds Serverless Runtime images from source, and keeps them.
//!
//! An image is two files: the loader (which a VMM starts) and the unikernel (which the loader boots). [`Builder`] makes
//! them: it finds the compiler ([`toolchain`]), takes the Hermit kernel's source from the registry by cargo's own means and
//! prepares it ([`kernel_source`]), builds kernel, guest and loader, and puts the result into the [`Store`] under a hash of
//! all that went in. Nothing is built whose inputs have not changed.
//!
//! It prints nothing: progress goes to a [`Progress`] that the caller gives. Running images is `skerry-vmm`'s part.
#![forbid(unsafe_code)]

mod builder;
mod command;
mod fingerprint;
mod fixed_paths;
mod flavour;
mod functions;
mod kernel_dependencies;
mod kernel_edits;
mod kernel_network;
mod kernel_processors;
pub mod kernel_source;
mod link;
pub mod prepared_crates;
mod progress;
mod python_edits;
mod python_size_edits;
mod python_threads;
mod size;
mod store;
pub mod toolchain;
mod wasmi_edits;

pub use builder::{BuildError, Builder};
pub use command::CommandError;
pub use flavour::{Flavour, UnknownFlavour};
pub use functions::FunctionsError;
pub use progress::{Progress, Silent, Step};
pub use store::{Image, Store, StoreError};
