//! The image that everything here boots: built from this source tree, once per run, or reused where nothing has changed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use skerry_image::{Builder, Flavour, Image, Progress, Step};

/// Skerry's source tree.
#[must_use]
pub fn source_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies inside the source tree")
}

/// Cargo's target directory, which the test program itself lies in: `<target>/<profile>/deps/<program>`.
#[must_use]
pub fn target_dir() -> PathBuf {
    let program = std::env::current_exe().expect("the test program knows where it is");
    program.ancestors().nth(3).expect("cargo puts test programs three levels deep").to_owned()
}

/// The minimal flavour's image. The first caller builds it, which takes minutes where sources have changed; builds of
/// several processes wait for each other. `SKERRY_IMAGE` names a stored image to test as it is, as `skerry` has it.
pub fn minimal() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| obtain(Flavour::Minimal, "SKERRY_IMAGE"))
}

/// The image of the flavour with Python, as [`minimal`] has its own; `SKERRY_PYTHON_IMAGE` names a stored one.
pub fn python() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| obtain(Flavour::Python, "SKERRY_PYTHON_IMAGE"))
}

/// The image of the flavour `jit`, as [`minimal`] has its own; `SKERRY_JIT_IMAGE` names a stored one.
pub fn jit() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| obtain(Flavour::Jit, "SKERRY_JIT_IMAGE"))
}

fn obtain(flavour: Flavour, variable: &str) -> Image {
    let builder = Builder::new(source_root().to_owned(), &target_dir());
    let found = match std::env::var(variable) {
        Ok(name) => builder.store().find(&name).map_err(|error| chain(&error)),
        Err(_) => builder.build(flavour, &mut Told).map_err(|error| chain(&error)),
    };
    found.unwrap_or_else(|error| panic!("there is no image to test: {error}"))
}

/// The minimal flavour's image with the native functions of the crate in a folder.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn with_functions(folder: &Path) -> Image {
    try_with_functions(folder).unwrap_or_else(|error| panic!("there is no image to test: {error}"))
}

/// The same, or why there is none.
///
/// # Errors
/// The build's error and its causes.
pub fn try_with_functions(folder: &Path) -> Result<Image, String> {
    let builder = Builder::new(source_root().to_owned(), &target_dir()).with_functions(Some(folder.to_owned()));
    builder.build(Flavour::Minimal, &mut Told).map_err(|error| chain(&error))
}

/// Says on stderr which step takes so long.
struct Told;

impl Progress for Told {
    fn started(&mut self, step: Step, _total: usize) {
        if step != Step::Toolchain {
            eprintln!("image: {}", step.name());
        }
    }

    fn finished(&mut self, step: Step, took: Duration, reused: bool) {
        if !reused && step != Step::Toolchain {
            eprintln!("image: {} took {} s", step.name(), took.as_secs());
        }
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
