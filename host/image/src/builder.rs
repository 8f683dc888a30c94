//! The build itself: seven steps from source to a stored image.

use crate::command::{self, CommandError};
use crate::fingerprint::Fingerprint;
use crate::fixed_paths::FixedPaths;
use crate::flavour::Flavour;
use crate::functions::{Functions, FunctionsError};
use crate::kernel_source::{self, PrepareError};
use crate::link::{self, LinkError};
use crate::prepared_crates::{self, Patches, PrepareCratesError};
use crate::progress::{Progress, Step};
use crate::size;
use crate::store::{Image, NewImage, Store, StoreError};
use crate::toolchain::{MissingTools, Toolchain};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const BARE_METAL_TARGET: &str = "x86_64-unknown-none";
const HERMIT_TARGET: &str = "x86_64-unknown-hermit";
/// What the kernel is built with: processor, and TCP for the runtime's server. No bus but virtio-mmio; several
/// processors, which cost next to nothing where there is one.
const KERNEL_FEATURES: &str = "fsgsbase,smp,tcp";
/// What else the kernel's build is told, by environment variables.
const KERNEL_SETTINGS: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("HERMIT_LOG_LEVEL_FILTER", "error"),
    ("NO_COLOR", "1"),
];
/// What every compiler is told, beside the linker and the paths to hide.
const COMPILER_FLAGS: [&str; 4] = [
    "-Clinker-flavor=ld.lld",
    // Loader and image have each one place, so no code need be ready for another. That is shorter.
    "-Crelocation-model=static",
    // Where in the source a panic came from, and how types look inside, is a twentieth of the image.
    "-Zlocation-detail=none",
    "-Zfmt-debug=shallow",
];
/// How a unikernel is linked: for where the loader puts it (`IMAGE_ADDRESS` in `skerry-boot-protocol`), and without pages
/// apart for what becomes read-only once a dynamic linker is done.
const IMAGE_LINK_ARGUMENTS: [&str; 2] = ["--image-base=0x400000", "-znorelro"];
/// Source folders that a guest is made of; a change in any of them makes another image.
const GUEST_FOLDERS: [&str; 4] = ["api", "guest", "loader", "host/image/src"];
/// Folders that never matter to an image.
const IGNORED_FOLDERS: [&str; 4] = ["target", "tests", "fuzz", "benches"];

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A tool is missing.
    #[error(transparent)]
    Tools(#[from] MissingTools),
    /// The kernel's source could not be prepared.
    #[error("the kernel's source could not be prepared")]
    Kernel(#[from] PrepareError),
    /// The crate of native functions cannot be used.
    #[error(transparent)]
    Functions(#[from] FunctionsError),
    /// Registry crates could not be prepared.
    #[error("the registry's crates for this flavour could not be prepared")]
    Crates(#[from] PrepareCratesError),
    /// A step's tool failed.
    #[error("could not {step}", step = step.name())]
    Step {
        /// The step.
        step: Step,
        /// What the tool said.
        source: CommandError,
    },
    /// The kernel's library could not be made fit to link with.
    #[error("the kernel's symbols could not be renamed")]
    Link(#[from] LinkError),
    /// The image could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder of the build could not be read or written.
    #[error("{path} could not be read or written", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl BuildError {
    /// Whether the build ended because the caller asked for it.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Step { source: CommandError::Cancelled, .. })
    }
}

/// Builds images from a source tree.
#[derive(Clone, Debug)]
pub struct Builder {
    source_root: PathBuf,
    work: PathBuf,
    store: Store,
    functions: Option<PathBuf>,
    cancelled: Arc<AtomicBool>,
}

impl Builder {
    /// Builds from the source tree at `source_root`, and keeps everything below `target_dir`: prepared sources and
    /// intermediate files in `skerry/build`, logs in `skerry/logs`, images in `skerry/images`.
    #[must_use]
    pub fn new(source_root: PathBuf, target_dir: &Path) -> Self {
        let work = target_dir.join("skerry");
        let store = Store::new(work.join("images"));
        Self { source_root, work, store, functions: None, cancelled: Arc::default() }
    }

    /// The same, with the native functions of the crate in this folder in its images.
    #[must_use]
    pub fn with_functions(self, folder: Option<PathBuf>) -> Self {
        Self { functions: folder, ..self }
    }

    /// Where its images are.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What to tell a cargo of the guest's workspace so that it compiles a flavour's prepared crates, for tests of guest
    /// crates outside an image.
    ///
    /// # Errors
    /// When a tool is missing, cargo cannot fetch, or an edit does not find its place.
    pub fn patches(&self, flavour: Flavour) -> Result<(Toolchain, Patches), BuildError> {
        let toolchain = Toolchain::find()?;
        let _lock = self.lock()?;
        let patches = self.work(&toolchain, flavour, None).patches()?;
        Ok((toolchain, patches))
    }

    /// Setting this to true from another thread ends a build soon, compilers included.
    #[must_use]
    pub fn cancellation(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }

    /// Builds an image, or returns the stored one when nothing has changed.
    ///
    /// Builds that run at once wait for each other.
    ///
    /// # Errors
    /// When a tool is missing or fails, a source is not the expected one, or a file cannot be written.
    pub fn build(&self, flavour: Flavour, progress: &mut dyn Progress) -> Result<Image, BuildError> {
        let mut steps = Steps { progress };
        let toolchain = steps.step(Step::Toolchain, || Ok::<_, BuildError>((Toolchain::find()?, false)))?;
        let functions = self.find_functions(&toolchain)?;
        let fingerprint = self.fingerprint(flavour, functions.as_ref(), &toolchain)?;
        if let Some(image) = self.store.by_fingerprint(&fingerprint) {
            steps.all_reused();
            return Ok(image);
        }
        let _lock = self.lock()?;
        let work = self.work(&toolchain, flavour, functions);
        let fetched = steps.step(Step::FetchKernel, || {
            Ok((kernel_source::fetch(&self.source_root, &toolchain.compiler, &self.log("fetch"))?, false))
        })?;
        let kernel = self.kernel_folder(&toolchain)?;
        let library = kernel.join("libhermit.a");
        steps.step(Step::PrepareKernel, || work.prepare_kernel(&fetched, &kernel, &library))?;
        steps.step_with_progress(Step::BuildKernel, |progress| work.build_kernel(&kernel, &library, progress))?;
        let loader = steps.step_with_progress(Step::BuildLoader, |progress| work.build_loader(progress))?;
        let unikernel =
            steps.step_with_progress(Step::BuildUnikernel, |progress| work.build_unikernel(&library, progress))?;
        steps.step(Step::Store, || work.store(&fingerprint, &loader, &unikernel))
    }

    fn work<'a>(&'a self, toolchain: &'a Toolchain, flavour: Flavour, functions: Option<Functions>) -> Work<'a> {
        Work { builder: self, toolchain, flavour, functions, paths: FixedPaths::new(&self.source_root, &self.work) }
    }

    fn find_functions(&self, toolchain: &Toolchain) -> Result<Option<Functions>, BuildError> {
        let Some(folder) = &self.functions else { return Ok(None) };
        let log = self.log("functions");
        let logs = self.work.join("logs");
        std::fs::create_dir_all(&logs).map_err(io_error(&logs))?;
        Ok(Some(Functions::find(folder, &self.source_root, &toolchain.compiler, &log)?))
    }

    /// The hash of all inputs of an image.
    fn fingerprint(
        &self,
        flavour: Flavour,
        functions: Option<&Functions>,
        toolchain: &Toolchain,
    ) -> Result<String, BuildError> {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add("flavour", flavour.name().as_bytes());
        fingerprint.add("toolchain", toolchain.identity().as_bytes());
        for folder in GUEST_FOLDERS {
            let folder = self.source_root.join(folder);
            let wanted = |path: &Path| !IGNORED_FOLDERS.iter().any(|ignored| path.ends_with(ignored));
            fingerprint.add_folder(&self.source_root, &folder, wanted).map_err(io_error(&folder))?;
        }
        if let Some(functions) = functions {
            functions.add_inputs(&mut fingerprint)?;
        }
        let manifest = self.source_root.join("Cargo.toml");
        fingerprint.add("Cargo.toml", &std::fs::read(&manifest).map_err(io_error(&manifest))?);
        Ok(fingerprint.finish())
    }

    /// Where the kernel of these edits and this toolchain is prepared and built.
    fn kernel_folder(&self, toolchain: &Toolchain) -> Result<PathBuf, BuildError> {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add("toolchain", toolchain.identity().as_bytes());
        fingerprint.add("features", KERNEL_FEATURES.as_bytes());
        for (name, value) in KERNEL_SETTINGS {
            fingerprint.add(name, value.as_bytes());
        }
        fingerprint.add("flags", COMPILER_FLAGS.concat().as_bytes());
        kernel_source::add_inputs(&mut fingerprint, &self.source_root).map_err(io_error(&self.source_root))?;
        Ok(self.work.join("build").join(format!("kernel-{}", &fingerprint.finish()[..16])))
    }

    /// Makes the work folders and keeps other builds out until the returned file is closed.
    fn lock(&self) -> Result<File, BuildError> {
        for folder in ["build", "logs"] {
            let folder = self.work.join(folder);
            std::fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        }
        let path = self.work.join("build/lock");
        let file = File::create(&path).map_err(io_error(&path))?;
        file.lock().map_err(io_error(&path))?;
        Ok(file)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.work.join("logs").join(format!("{name}.log"))
    }
}

/// One build's fixed parts.
struct Work<'a> {
    builder: &'a Builder,
    toolchain: &'a Toolchain,
    flavour: Flavour,
    functions: Option<Functions>,
    paths: FixedPaths,
}

/// A step's result, and whether there was nothing to do.
type Outcome<T> = Result<(T, bool), BuildError>;

impl Work<'_> {
    fn prepare_kernel(&self, fetched: &Path, kernel: &Path, library: &Path) -> Outcome<()> {
        if library.exists() {
            return Ok(((), true));
        }
        kernel_source::prepare(&self.builder.source_root, fetched, &kernel.join("source"))?;
        Ok(((), false))
    }

    fn build_kernel(&self, kernel: &Path, library: &Path, progress: &mut dyn Progress) -> Outcome<()> {
        if library.exists() {
            return Ok(((), true));
        }
        let target_dir = self.builder.work.join("build/kernel-target");
        let mut cargo =
            self.cargo("build", &kernel.join("source/Cargo.toml"), BARE_METAL_TARGET, "core,alloc", &target_dir);
        cargo.args(["--locked", "--lib", "--no-default-features", "--features", KERNEL_FEATURES]);
        cargo.envs(KERNEL_SETTINGS);
        self.compile(Step::BuildKernel, cargo, "kernel", progress)?;
        let built = target_dir.join(BARE_METAL_TARGET).join("release/libhermit.a");
        // Under another name first: a library that is there is a whole one.
        let renamed = library.with_extension("new");
        link::rename_symbols(self.toolchain, &built, &renamed, &self.builder.log("symbols"))?;
        std::fs::rename(&renamed, library).map_err(io_error(library))?;
        Ok(((), false))
    }

    fn build_loader(&self, progress: &mut dyn Progress) -> Outcome<PathBuf> {
        let target_dir = self.builder.work.join("build/loader-target");
        let manifest = self.paths.name(&self.builder.source_root.join("loader/Cargo.toml"));
        let mut cargo = self.cargo("build", &manifest, BARE_METAL_TARGET, "core,alloc", &target_dir);
        cargo.arg("--locked");
        self.compile(Step::BuildLoader, cargo, "loader", progress)?;
        Ok((target_dir.join(BARE_METAL_TARGET).join("release/skerry-loader"), false))
    }

    fn build_unikernel(&self, library: &Path, progress: &mut dyn Progress) -> Outcome<PathBuf> {
        let target_dir = self.builder.work.join("build/unikernel-target");
        // A crate of functions names our crates by the paths where they are, and under two names they would be two crates.
        let name = |path: &Path| if self.functions.is_none() { self.paths.name(path) } else { path.to_owned() };
        let manifest = match &self.functions {
            None => self.builder.source_root.join("guest/unikernel/Cargo.toml"),
            Some(functions) => {
                functions.write_manifest(&self.builder.source_root, &self.builder.work.join("build/functions"))?
            }
        };
        let mut cargo = self.cargo("rustc", &name(&manifest), HERMIT_TARGET, "std,panic_abort", &target_dir);
        if self.functions.is_none() {
            cargo.arg("--locked");
        }
        self.patches()?.apply_named(&mut cargo, name);
        cargo.args(["--features", self.flavour.cargo_features()]);
        // As an argument, not as a library: with link-time optimisation the latter loses the kernel's entry point.
        // And for the program alone: another kernel does not change what it is linked with.
        cargo.arg("--").arg(format!("-Clink-arg={}", library.display()));
        cargo.args(IMAGE_LINK_ARGUMENTS.map(|argument| format!("-Clink-arg={argument}")));
        self.compile(Step::BuildUnikernel, cargo, "unikernel", progress)?;
        Ok((target_dir.join(HERMIT_TARGET).join("release/skerry-unikernel"), false))
    }

    fn patches(&self) -> Result<Patches, PrepareCratesError> {
        let Self { builder, toolchain, flavour, .. } = self;
        let (build, log) = (builder.work.join("build"), builder.log("crates"));
        prepared_crates::prepare(flavour.prepared_crates(), &builder.source_root, &toolchain.compiler, &build, &log)
    }

    fn store(&self, fingerprint: &str, loader: &Path, unikernel: &Path) -> Outcome<Image> {
        let tool = |source| BuildError::Step { step: Step::Store, source };
        let log = self.builder.log("store");
        let stripped = |file: &Path| -> Result<PathBuf, BuildError> {
            let stripped = file.with_extension("stripped");
            let mut objcopy = Command::new(&self.toolchain.objcopy.path);
            objcopy.arg("--strip-all").arg(file).arg(&stripped);
            command::output(&mut objcopy, &log).map_err(tool)?;
            Ok(stripped)
        };
        let (loader, stripped_unikernel) = (stripped(loader)?, stripped(unikernel)?);
        let mut nm = Command::new(&self.toolchain.nm.path);
        nm.args(["--defined-only", "--format=posix"]).arg(unikernel);
        let listing = command::output(&mut nm, &log).map_err(tool)?;
        let bytes = std::fs::metadata(&stripped_unikernel).map_err(io_error(&stripped_unikernel))?.len();
        let image = self.builder.store.add(NewImage {
            fingerprint,
            flavour: self.flavour,
            functions: self.functions.as_ref().map(Functions::title),
            loader: &loader,
            unikernel: &stripped_unikernel,
            compiler: &self.toolchain.compiler.rustc.version,
            parts: size::by_part(&String::from_utf8_lossy(&listing), bytes),
            created_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        })?;
        Ok((image, false))
    }

    /// A cargo that builds a package for a target without a precompiled standard library.
    fn cargo(&self, verb: &str, manifest: &Path, target: &str, library: &str, target_dir: &Path) -> Command {
        let mut cargo = self.paths.command(&self.toolchain.compiler.cargo);
        cargo.args([verb, "--release", "--color=never", "--target", target, "--manifest-path"]);
        cargo.arg(manifest).arg(format!("-Zbuild-std={library}"));
        cargo.arg("-Zbuild-std-features=compiler-builtins-mem").arg("--target-dir").arg(target_dir);
        // The flags for building std are unstable; this lets a stable compiler of the checked release take them.
        cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", &self.toolchain.compiler.rustc.path);
        for variable in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTUP_TOOLCHAIN", "CARGO_BUILD_TARGET", "CARGO"] {
            cargo.env_remove(variable);
        }
        cargo
    }

    fn compile(
        &self,
        step: Step,
        mut cargo: Command,
        log: &str,
        progress: &mut dyn Progress,
    ) -> Result<(), BuildError> {
        let mut rustflags = vec![
            format!("-Clinker={}", self.toolchain.linker.path.display()),
            // Where the sources happen to lie is nobody's business, and must not make two builds differ.
            format!("--remap-path-prefix={}=skerry", self.builder.work.display()),
            format!("--remap-path-prefix={}=skerry", self.builder.source_root.display()),
            format!("--remap-path-prefix={}=std", self.toolchain.compiler.library_source.display()),
        ];
        rustflags.extend(self.paths.remapping());
        if let Some(registry) = cargo_registry() {
            rustflags.push(format!("--remap-path-prefix={}=registry", registry.display()));
        }
        rustflags.extend(COMPILER_FLAGS.map(str::to_owned));
        cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\x1f"));
        command::run(
            &self.toolchain.compiler.cargo,
            &mut cargo,
            &self.builder.log(log),
            &self.builder.cancelled,
            progress,
        )
        .map_err(|source| BuildError::Step { step, source })
    }
}

/// Where cargo keeps its packages' sources.
fn cargo_registry() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    home.map(|home| home.join("registry/src"))
}

/// Tells the progress about each step.
struct Steps<'a> {
    progress: &'a mut dyn Progress,
}

impl Steps<'_> {
    fn step<T>(&mut self, step: Step, work: impl FnOnce() -> Outcome<T>) -> Result<T, BuildError> {
        self.step_with_progress(step, |_| work())
    }

    fn step_with_progress<T>(
        &mut self,
        step: Step,
        work: impl FnOnce(&mut dyn Progress) -> Outcome<T>,
    ) -> Result<T, BuildError> {
        let start = Instant::now();
        self.progress.started(step, Step::ALL.len());
        let (result, reused) = work(self.progress)?;
        self.progress.finished(step, start.elapsed(), reused);
        Ok(result)
    }

    fn all_reused(&mut self) {
        for step in Step::ALL.into_iter().skip(1) {
            self.progress.finished(step, std::time::Duration::ZERO, true);
        }
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> BuildError + use<> {
    let path = path.to_owned();
    move |source| BuildError::Io { path, source }
}
