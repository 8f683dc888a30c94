//! Runtime images for the verbs: prerequisites first, then skerry-image's builder with our progress and our signals.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use skerry_image::{Builder, Flavour, Image, Progress as BuildProgress, Step, Store};
use skerry_vmm::Qemu;

use crate::arguments::MachineArguments;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::places;
use crate::prerequisites::{self, Prerequisite};
use crate::printer::Printer;
use crate::progress::Progress;

/// An image, and whether anything had to be built for it.
#[derive(Clone, Debug)]
pub struct Built {
    /// The image.
    pub image: Image,
    /// Whether it was there already.
    pub reused: bool,
}

/// Makes sure that everything in `needed` is there: installs what is missing where this user may and `no_setup` does not
/// forbid it. `look` looks (again).
///
/// # Errors
/// When something required is still missing, with the line to run as the hint.
pub fn require(
    mut look: impl FnMut() -> Vec<Prerequisite>,
    source_root: &Path,
    no_setup: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    let missing = blocking(look());
    if missing.is_empty() {
        return Ok(());
    }
    if no_setup {
        return Err(prerequisites::explain(&missing).hint("run scripts/setup, or leave --no-setup out"));
    }
    prerequisites::install_missing(source_root, &missing, printer)?;
    let missing = blocking(look());
    if missing.is_empty() { Ok(()) } else { Err(prerequisites::explain(&missing)) }
}

/// Checks what running needs, and what building needs too where nothing was built yet. Where an image is, finding QEMU is
/// enough: looking at all the rest would take longer than the boot, and the builder says itself what it lacks.
///
/// # Errors
/// As [`require`].
pub fn require_for_machine(
    machine: &MachineArguments,
    source_root: &Path,
    no_setup: bool,
    printer: &Printer,
) -> Result<Qemu, Failure> {
    let is_first = machine.image.is_none() && newest(source_root, machine.flavour).is_none();
    let mut qemu = Qemu::find(None);
    if !is_first && qemu.is_ok() {
        return Ok(qemu?);
    }
    let look = || {
        if qemu.is_err() {
            qemu = Qemu::find(None);
        }
        let mut items = prerequisites::to_run(&qemu);
        if is_first {
            items.extend(prerequisites::to_build());
        }
        items
    };
    require(look, source_root, no_setup, printer)?;
    Ok(qemu?)
}

fn blocking(all: Vec<Prerequisite>) -> Vec<Prerequisite> {
    all.into_iter().filter(Prerequisite::blocks).collect()
}

/// The flavour's newest image, if one was ever built. It may be older than its sources.
#[must_use]
pub fn newest(source_root: &Path, flavour: Flavour) -> Option<Image> {
    store(source_root).find(flavour.name()).ok()
}

/// The images that were built from a source tree.
#[must_use]
pub fn store(source_root: &Path) -> Store {
    builder(source_root).store().clone()
}

fn builder(source_root: &Path) -> Builder {
    Builder::new(source_root.to_owned(), &places::target_dir(source_root))
}

/// The image that a machine is to boot: the one named, as it is, else the flavour's, built if anything has changed.
///
/// # Errors
/// When there is none of that name, or the build fails or is ended.
pub fn obtain(
    source_root: &Path,
    machine: &MachineArguments,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<Built, Failure> {
    match &machine.image {
        Some(name) => Ok(Built { image: store(source_root).find(name)?, reused: true }),
        None => build(source_root, machine.flavour, None, interrupt, progress),
    }
}

/// Builds the flavour's image, with a crate of native functions if there is one, or finds it built. A signal ends the build and the compilers with it.
///
/// # Errors
/// When the build fails or is ended.
pub fn build(
    source_root: &Path,
    flavour: Flavour,
    functions: Option<&Path>,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<Built, Failure> {
    let builder = builder(source_root).with_functions(functions.map(Path::to_owned));
    let cancelled = builder.cancellation();
    let mut steps = Steps { progress, announced: false, built: false };
    let image =
        interrupt.during(move || cancelled.store(true, Ordering::Relaxed), || builder.build(flavour, &mut steps))?;
    Ok(Built { image, reused: !steps.built })
}

/// Shows a build's steps in a command's progress.
struct Steps<'a> {
    progress: &'a mut Progress,
    announced: bool,
    built: bool,
}

impl BuildProgress for Steps<'_> {
    fn started(&mut self, step: Step, total: usize) {
        if !self.announced {
            self.progress.add(total);
            self.announced = true;
        }
        self.progress.start(step.name());
    }

    fn line(&mut self, text: &str) {
        self.progress.detail(text);
    }

    fn finished(&mut self, step: Step, _took: Duration, reused: bool) {
        if reused {
            self.progress.pass();
        } else {
            // Looking for the compiler is done each time, and builds nothing.
            self.built |= step != Step::Toolchain;
            self.progress.finish("done");
        }
    }
}
