//! Runs the guest's cargo on the guest's workspace, with a flavour's prepared crates: how tests of guest crates that need
//! them are run on Linux.
//!
//! `cargo run -p skerry-image --example guest_cargo -- python test -p skerry-python`

use skerry_image::{Builder, Flavour};
use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let mut arguments = std::env::args().skip(1);
    let usage = || anyhow::anyhow!("usage: guest_cargo FLAVOUR VERB ARGUMENTS…");
    let flavour: Flavour = arguments.next().ok_or_else(usage)?.parse()?;
    let verb = arguments.next().ok_or_else(usage)?;
    let target_dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let (toolchain, patches) = Builder::new(root.clone(), &target_dir).patches(flavour)?;
    let mut cargo = Command::new(&toolchain.compiler.cargo);
    cargo.env("RUSTC", &toolchain.compiler.rustc.path).env("RUSTC_BOOTSTRAP", "1");
    for variable in ["RUSTUP_TOOLCHAIN", "CARGO", "CARGO_MANIFEST_DIR"] {
        cargo.env_remove(variable);
    }
    cargo.arg(verb).args(["--locked", "--manifest-path"]).arg(root.join("guest/unikernel/Cargo.toml"));
    cargo.arg("--target-dir").arg(target_dir.join("skerry/build/guest-target"));
    patches.apply(&mut cargo);
    let status = cargo.args(arguments).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
