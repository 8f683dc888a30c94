//! Builds a flavour's image as `skerry image build` does, without compiling the rest of the host: for work on guest code.
//!
//! `cargo run -p skerry-image --example build -- python`

use skerry_image::{Builder, Flavour, Silent};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let flavour: Flavour = std::env::args().nth(1).unwrap_or_default().parse()?;
    let target_dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let image = Builder::new(root, &target_dir).build(flavour, &mut Silent)?;
    println!("loader {}\nunikernel {}", image.loader.display(), image.unikernel.display());
    Ok(())
}
