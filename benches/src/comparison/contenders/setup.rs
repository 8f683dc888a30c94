//! What all contenders are made with: found and built once, and only as far as somebody who takes part needs it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, ensure};
use skerry_image::{Builder, Flavour, Image};
use skerry_vmm::Qemu;
use skerry_vmm::accelerator::{Proof, Resolved, resolve};
use tokio::runtime::Runtime;

use super::NAMES;
use super::linux_program::LinuxProgram;
use super::run_folder::RunFolder;
use crate::bench::{MEMORY_MIB, Told, build_binary};
use crate::comparison::arguments::ComparisonArguments;
use crate::comparison::places::Places;
use crate::engine::EngineParts;

/// What all contenders are made with. Dropped after them, it leaves nothing behind but what the next run builds on.
pub(crate) struct Setup {
    /// The source tree.
    pub(crate) source_root: PathBuf,
    /// Where cargo builds to.
    pub(crate) target_dir: PathBuf,
    /// Skerry's binary.
    pub(crate) skerry: PathBuf,
    /// The minimal image.
    pub(crate) image: Image,
    /// The VMM.
    pub(crate) qemu: Qemu,
    /// What executes guests, and why.
    pub(crate) accelerator: Resolved,
    /// Runs what is asynchronous.
    pub(super) runtime: Arc<Runtime>,
    /// Where this run's files are.
    pub(super) run: Arc<RunFolder>,
    /// Where is kept what takes long to make.
    pub(super) cache: PathBuf,
    /// Whether nothing may be built that takes minutes, beside what every run needs.
    pub(super) quick: bool,
    linux_program: OnceLock<Result<LinuxProgram, String>>,
}

impl Setup {
    /// Brings the binary and the minimal image up to date and decides on the accelerator. Takes minutes the first time.
    ///
    /// # Errors
    /// When something is missing that every run needs, or does not build, or nobody has a name that is asked for.
    pub(crate) fn prepare(
        arguments: &ComparisonArguments,
        places: &Places,
        tell: &dyn Fn(&str),
    ) -> anyhow::Result<Self> {
        let names = || format!("there are: {}", NAMES.join(", "));
        ensure!(NAMES.iter().any(|name| arguments.wants(name)), "no contender has such a name; {}", names());
        let Places { source_root, target_dir, skerry } = places.clone();
        tell("preparing Skerry");
        let skerry = match &skerry {
            Some(path) => path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?,
            None => build_binary(&source_root, &target_dir)?,
        };
        let builder = Builder::new(source_root.clone(), &target_dir);
        // Tests say which one there is: a build takes minutes.
        let image = match std::env::var("SKERRY_IMAGE") {
            Ok(name) => builder.store().find(&name)?,
            Err(_) => builder.build(Flavour::Minimal, &mut Told)?,
        };
        let qemu = Qemu::find(None)?;
        let cache = target_dir.join("contenders");
        let run = Arc::new(RunFolder::new(&cache.join("run"))?);
        let proof = Proof {
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            image_id: image.id.clone(),
            memory_mib: MEMORY_MIB,
            state_dir: run.path().to_owned(),
            cache_file: Some(cache.join("accelerator.json")),
        };
        let accelerator = resolve(arguments.accelerator, &qemu, &proof)?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
        Ok(Self {
            source_root,
            target_dir,
            skerry,
            image,
            qemu,
            accelerator,
            runtime: Arc::new(runtime),
            run,
            cache,
            quick: arguments.quick,
            linux_program: OnceLock::new(),
        })
    }

    /// The versions of what was found or built, by name.
    pub(crate) fn versions(&self) -> Vec<(String, String)> {
        let versions = [("qemu", self.qemu.version().to_string()), ("skerry image", self.image.id.clone())];
        versions.into_iter().map(|(name, version)| (name.to_owned(), version)).collect()
    }

    /// The folder for files that go with the run.
    pub(crate) fn folder(&self) -> &Path {
        self.run.path()
    }

    /// The image of a flavour.
    ///
    /// # Errors
    /// When it does not build, or must not be built.
    pub(super) fn image(&self, flavour: Flavour) -> anyhow::Result<Image> {
        if flavour == Flavour::Minimal {
            return Ok(self.image.clone());
        }
        let builder = Builder::new(self.source_root.clone(), &self.target_dir);
        if self.quick {
            return builder.store().find(flavour.name()).with_context(|| {
                format!(
                    "a quick run builds no image of the flavour {}: skerry image build --flavour {0}",
                    flavour.name()
                )
            });
        }
        Ok(builder.build(flavour, &mut Told)?)
    }

    /// What an engine needs that boots this image.
    pub(super) fn engine(&self, image: &Image) -> EngineParts {
        EngineParts {
            skerry: self.skerry.clone(),
            source_root: self.source_root.clone(),
            target_dir: self.target_dir.clone(),
            accelerator: self.accelerator.accelerator,
            image_id: image.id.clone(),
            folder: self.run.path().to_owned(),
        }
    }

    /// The same runtime as a Linux program, built when first asked for.
    ///
    /// # Errors
    /// When it does not build.
    pub(super) fn linux_program(&self) -> anyhow::Result<&LinuxProgram> {
        let build = || LinuxProgram::build(&self.source_root, &self.cache).map_err(|error| format!("{error:#}"));
        self.linux_program.get_or_init(build).as_ref().map_err(|error| anyhow::anyhow!(error.clone()))
    }
}
