//! What all experiments need, found and built before anything is measured.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use skerry_image::{Builder, Flavour, Image, Progress, Step};
use skerry_vmm::Qemu;
use skerry_vmm::accelerator::{Proof, resolve};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::engine::EngineParts;

/// Memory of each runtime's machine: the engine's default.
pub(crate) const MEMORY_MIB: u32 = 64;

/// What all experiments need.
#[derive(Debug)]
pub(crate) struct Bench {
    /// What is asked for.
    pub(crate) arguments: Arguments,
    /// The binary under test, what executes guests, and where everything is written to.
    pub(crate) engine: EngineParts,
    /// The VMM.
    pub(crate) qemu: Qemu,
    /// What guests boot.
    pub(crate) image: Image,
}

impl Bench {
    /// Brings the binary and the image up to date and decides on the accelerator. Takes minutes the first time.
    ///
    /// # Errors
    /// When something is missing or does not build.
    pub(crate) fn prepare(arguments: &Arguments, folder: &TempDir) -> anyhow::Result<Self> {
        let source_root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("there is no source tree")?.to_owned();
        let target_dir = target_dir()?;
        let skerry = match &arguments.skerry {
            Some(path) => path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?,
            None => build_binary(&source_root, &target_dir)?,
        };
        let image = image(arguments, &source_root, &target_dir)?;
        let qemu = Qemu::find(None)?;
        let folder = folder.path().canonicalize().context("cannot find the temporary folder")?;
        std::fs::create_dir(folder.join("bare")).context("cannot use the temporary folder")?;
        let proof = Proof {
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            image_id: image.id.clone(),
            memory_mib: MEMORY_MIB,
            state_dir: folder.join("bare"),
            cache_file: Some(folder.join("cache/skerry/accelerator.json")),
        };
        let accelerator = resolve(arguments.accelerator, &qemu, &proof)?;
        eprintln!("accelerator {}: {}", accelerator.accelerator, accelerator.reason);
        let engine = EngineParts {
            skerry,
            source_root,
            target_dir,
            accelerator: accelerator.accelerator,
            image_id: image.id.clone(),
            folder,
        };
        Ok(Self { arguments: arguments.clone(), engine, qemu, image })
    }
}

/// Where cargo builds to: the folder that this program is in, `<target>/<profile>`, tells.
///
/// # Errors
/// When the program was put elsewhere.
pub(crate) fn target_dir() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(program.ancestors().nth(2).context("this program is not in a target directory")?.to_owned())
}

/// The release binary, brought up to date by cargo.
///
/// # Errors
/// When it does not build.
pub(crate) fn build_binary(source_root: &Path, target_dir: &Path) -> anyhow::Result<PathBuf> {
    eprintln!("building skerry");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--locked", "--release", "--package", "host", "--bin", "skerry", "--target-dir"])
        .arg(target_dir)
        .current_dir(source_root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo ended with {status}");
    Ok(target_dir.join("release/skerry"))
}

fn image(arguments: &Arguments, source_root: &Path, target_dir: &Path) -> anyhow::Result<Image> {
    let builder = Builder::new(source_root.to_owned(), target_dir);
    match &arguments.image {
        Some(name) => Ok(builder.store().find(name)?),
        None => Ok(builder.build(Flavour::Minimal, &mut Told)?),
    }
}

/// Says on stderr which step takes so long.
pub(crate) struct Told;

impl Progress for Told {
    fn started(&mut self, step: Step, _total: usize) {
        if step != Step::Toolchain {
            eprintln!("image: {}", step.name());
        }
    }

    fn finished(&mut self, _step: Step, _took: Duration, _reused: bool) {}
}
