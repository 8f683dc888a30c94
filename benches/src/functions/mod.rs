//! How fast functions run: ten kernels in each flavour and language, beside the same kernels on the host.
//!
//! 1. **The real thing.** Each flavour's image is booted in a microVM and called over HTTP. The time is the guest's own, from
//!    its metrics, so that neither network nor JSON is in it.
//! 2. **Its peers in the same run**: gcc -O2 for C, WebAssembly and native functions, CPython for Python, on the host, with
//!    the same sources. They are measured in turns with the guest.
//! 3. **Right or nothing.** A result that differs from the peer's is a failure, not a figure.
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
use skerry_image::{Builder, Flavour};
use skerry_vmm::Qemu;
use skerry_vmm::accelerator::{Proof, resolve};
use tempfile::TempDir;

use crate::bench::{Told, target_dir};
use crate::machine::Facts;
use guest::{Guest, Language};
use kernels::{KERNELS, Kernel};
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
    let builder = Builder::new(source_root.to_owned(), &target_dir()?);
    let qemu = Qemu::find(None)?;
    let kernels: Vec<&Kernel> = KERNELS.iter().filter(|kernel| arguments.wants(kernel.name)).collect();
    let peers = Peers::prepare(folder.path(), &kernels)?;
    let mut table = Table::new(&kernels, arguments.rounds);
    for note in &peers.missing {
        table.note(note.clone());
    }
    for flavour in arguments.flavours() {
        let image = builder.build(flavour, &mut Told)?;
        let proof = Proof {
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            image_id: image.id.clone(),
            memory_mib: MEMORY_MIB,
            state_dir: folder.path().to_owned(),
            cache_file: Some(folder.path().join("accelerator.json")),
        };
        let accelerator = resolve(arguments.accelerator, &qemu, &proof)?.accelerator;
        if table.is_empty() {
            let facts = Facts::gather(source_root, Path::new("skerry"), &qemu, &accelerator.to_string(), &image);
            println!("{}", facts.line());
            table.facts = facts.all().clone();
        }
        table.small.push(small::measure(&qemu, &image, accelerator, folder.path(), flavour)?);
        let guest = Guest::boot(&qemu, &image, accelerator, folder.path(), MEMORY_MIB)?;
        for language in guest.languages() {
            let column = column(&guest, language, flavour, &kernels, &peers, arguments.rounds);
            println!("{}", column.render(&kernels));
            table.columns.push(column);
        }
        guest.stop()?;
    }
    println!("{}", table.render());
    if let Some(path) = &arguments.json {
        let text = table.to_json().to_string() + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(table.is_right())
}

/// All kernels in one language of one flavour.
fn column(
    guest: &Guest,
    language: Language,
    flavour: Flavour,
    kernels: &[&Kernel],
    peers: &Peers,
    rounds: u32,
) -> Column {
    let cell = |kernel: &&Kernel| {
        eprintln!("{}: {} {}", flavour.name(), language.name(), kernel.name);
        match compare(guest, language, kernel, peers, rounds) {
            Ok(cell) => cell,
            Err(error) => Cell::Failed(format!("{error:#}")),
        }
    };
    Column { flavour: flavour.name(), language: language.name(), cells: kernels.iter().map(cell).collect() }
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
