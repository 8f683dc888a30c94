//! Serverless Runtimes as OCI images, as container engines and registries take them.
//!
//! [`pack`] makes an image of two files, the loader and the unikernel, in memory: FROM scratch, one layer with both below
//! `/hermit` and nothing else. [`Destination::write`] puts it under a [`Tag`] into an OCI image layout, a folder or one
//! file. No daemon, no root, and bit for bit the same image each time: no clock, no names or paths of the machine.
//!
//! - [`tag`](Tag), [`created`](CreationTime): what users may say of an image.
//! - `layer`: the two files as a layer. `metadata`: what is said about them. `json`: how that becomes bytes.
//! - `layout`, `archive`: the two places that an image can go to.
//!
//! It builds no unikernels (`skerry-image` does), talks to no registry (`skopeo` does), and does not run images: an OCI
//! runtime would be a module of its own beside these.
#![forbid(unsafe_code)]

mod archive;
mod created;
mod destination;
mod json;
mod layer;
mod layout;
mod metadata;
mod pack;
mod tag;
mod unfinished;

pub use created::{CreationTime, InvalidCreationTime, SOURCE_DATE_EPOCH_VARIABLE};
pub use destination::{Destination, WriteError};
pub use metadata::{GUEST_PORT, Unikernel};
pub use pack::{PackError, PackedImage, Sizes, pack};
pub use tag::{InvalidTag, Tag};
