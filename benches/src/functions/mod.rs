//! How fast functions run: ten kernels in each flavour and language, beside the same kernels on the host.
//!
//! 1. **The real thing.** Each flavour's image is booted in a microVM and called over HTTP. The time is the guest's own, from
//!    its metrics, so that neither network nor JSON is in it.
//! 2. **Its peers in the same run**: gcc -O2 for C, WebAssembly and native functions, CPython for Python, on the host, with
//!    the same sources. They are measured in turns with the guest.
//! 3. **Right or nothing.** A result that differs from the peer's is a failure, not a figure.
//!
//! gcc -O2 is there twice: on the host, and compiled into an image as native functions (`benches/kernels`), where an emulator
//! slows it down like everything else.
//!
//! What is missing (a compiler, a flavour) is named in the table.

mod arguments;
mod guest;
mod kernels;
mod peers;
mod small;
mod table;

pub use arguments::FunctionArguments;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use skerry_image::Builder;
use skerry_vmm::Qemu;
use skerry_vmm::accelerator::{Proof, resolve};
use tempfile::TempDir;

use crate::bench::{Told, target_dir};
use crate::machine::Facts;
use arguments::Subject;
use guest::{Guest, Language};
pub(crate) use kernels::{KERNELS, Kernel};
use peers::Peers;
use table::{Cell, Column, Table};

/// Memory of each machine: what the flavour `python` needs, the same for all.
const MEMORY_MIB: u32 = 192;

/// Measures, prints, and says whether all of it could be measured.
#[must_use]
pub fn run(arguments: &FunctionArguments) -> ExitCode {
    match measure(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("functions: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &FunctionArguments) -> anyhow::Result<bool> {
    // Removed last, when everything that wrote into it has ended.
    let folder = TempDir::with_prefix("skerry-functions-").context("cannot make a temporary folder")?;
    let source_root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("there is no source tree")?;
    let qemu = Qemu::find(None)?;
    let kernels: Vec<&Kernel> = KERNELS.iter().filter(|kernel| arguments.wants(kernel.name)).collect();
    let peers = Peers::prepare(folder.path(), &kernels)?;
    let mut run = Run {
        arguments,
        folder: folder.path(),
        source_root,
        qemu,
        table: Table::new(&kernels, arguments.rounds),
        kernels,
        peers,
    };
    for note in run.peers.missing.clone() {
        run.table.note(note);
    }
    let mut is_complete = true;
    for subject in arguments.subjects() {
        // What has been measured is worth keeping, whatever becomes of the rest.
        if let Err(error) = run.subject(subject) {
            is_complete = false;
            eprintln!("{}: {error:#}", subject.name());
            run.table.note(format!("{}: {error:#}", subject.name()));
        }
    }
    println!("{}", run.table.render());
    run.write_json()?;
    Ok(is_complete && run.table.is_right())
}

/// What all measurements share.
struct Run<'a> {
    arguments: &'a FunctionArguments,
    folder: &'a Path,
    source_root: &'a Path,
    qemu: Qemu,
    kernels: Vec<&'static Kernel>,
    peers: Peers,
    table: Table,
}

impl Run<'_> {
    /// Everything about one image.
    fn subject(&mut self, subject: Subject) -> anyhow::Result<()> {
        let functions = (subject == Subject::Native).then(|| self.source_root.join("benches/kernels"));
        let builder = Builder::new(self.source_root.to_owned(), &target_dir()?).with_functions(functions);
        let image = builder.build(subject.flavour(), &mut Told)?;
        let proof = Proof {
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            image_id: image.id.clone(),
            memory_mib: MEMORY_MIB,
            state_dir: self.folder.to_owned(),
            cache_file: Some(self.folder.join("accelerator.json")),
        };
        let accelerator = resolve(self.arguments.accelerator, &self.qemu, &proof)?.accelerator;
        if self.table.facts.is_empty() {
            let facts =
                Facts::gather(self.source_root, Path::new("skerry"), &self.qemu, &accelerator.to_string(), &image);
            println!("{}", facts.line());
            self.table.facts = facts.all().clone();
        }
        if subject != Subject::Native {
            let small = small::measure(&self.qemu, &image, accelerator, self.folder, subject.flavour())?;
            self.table.small.push(small);
        }
        let guest = Guest::boot(&self.qemu, &image, accelerator, self.folder, MEMORY_MIB)?;
        for language in guest.languages() {
            // Native functions are there for themselves; the rest of their image is `minimal`.
            let is_native = matches!(language, Language::Native | Language::Gcc);
            if is_native != (subject == Subject::Native) || (language == Language::Gcc && !self.peers.has_gcc()) {
                continue;
            }
            let column = column(&guest, language, subject, &self.kernels, &self.peers, self.arguments.rounds);
            println!("{}", column.render(&self.kernels));
            self.table.columns.push(column);
            self.write_json()?;
        }
        guest.stop()
    }

    fn write_json(&self) -> anyhow::Result<()> {
        let Some(path) = &self.arguments.json else { return Ok(()) };
        let text = self.table.to_json().to_string() + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// All kernels in one language of one flavour.
fn column(
    guest: &Guest,
    language: Language,
    subject: Subject,
    kernels: &[&Kernel],
    peers: &Peers,
    rounds: u32,
) -> Column {
    let cell = |kernel: &&Kernel| {
        eprintln!("{}: {} {}", subject.name(), language.title(), kernel.name);
        match compare(guest, language, kernel, peers, rounds) {
            Ok(cell) => cell,
            Err(error) => Cell::Failed(format!("{error:#}")),
        }
    };
    Column { flavour: subject.name(), language: language.title(), cells: kernels.iter().map(cell).collect() }
}

/// One kernel in the guest and by its peer on the host, in turns.
fn compare(guest: &Guest, language: Language, kernel: &Kernel, peers: &Peers, rounds: u32) -> anyhow::Result<Cell> {
    let Some(request) = language.request(kernel, peers)? else {
        return Ok(Cell::Missing);
    };
    let peer = |kernel| if language == Language::Python { peers.cpython(kernel) } else { peers.gcc(kernel) };
    let Some(expected) = peer(kernel)? else {
        return Ok(Cell::Missing);
    };
    let (mut here, mut there) = (Vec::new(), vec![expected.ms]);
    // The first call compiles, and is not counted.
    for round in 0..=rounds {
        let measured = guest.call(language, &request)?;
        let difference = (measured.result - expected.result).abs();
        anyhow::ensure!(
            difference <= expected.result.abs() * 1e-9,
            "the result is {}, on the host {}",
            measured.result,
            expected.result
        );
        if round > 0 {
            here.push(measured.ms);
            there.extend(peer(kernel)?.map(|peer| peer.ms));
        }
    }
    Ok(Cell::Measured { guest_ms: here, host_ms: there })
}
