//! The pure logic of Skerry's loader, apart from the bare metal so that it is tested on any machine.
//!
//! - [`start_info`]: what a VMM hands over by the PVH boot protocol.
//! - [`image`]: a Hermit image (ELF) checked and copied to its place.
//! - [`placement`]: where in memory the image goes, or why it does not fit.
//! - [`device_tree`]: the device tree that tells the kernel its memory and boot arguments.
//! - [`boot_arguments`]: what the loader itself reads from, and adds to, the kernel's command line.
//!
//! Nothing here touches hardware or trusts its input: a damaged image or start info is an error with a reason.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bytes;

pub mod boot_arguments;
pub mod device_tree;
pub mod image;
pub mod placement;
pub mod start_info;
