//! The pure logic of the loader: PVH start info, memory planning, device tree
#![forbid(unsafe_code)]
