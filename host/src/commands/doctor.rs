//! `skerry doctor`: what this machine has of what Skerry needs, whether KVM runs our image among it.

use skerry_image::Flavour;
use skerry_vmm::{Accelerator, AcceleratorChoice, Qemu};

use crate::arguments::{DoctorArguments, OutputFormat};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::images;
use crate::machine;
use crate::memory_size::MemorySize;
use crate::places;
use crate::prerequisites::{self, Prerequisite, QemuFound};
use crate::printer::Printer;
use crate::table::{Align, Table};

/// Memory of the machine that KVM is proven with: what `provision` gives by default.
const PROOF_MEMORY: MemorySize = MemorySize::from_mib(128);

/// How many characters of a version the table shows.
const SHOWN_VERSION: usize = 36;

/// Lists every prerequisite.
///
/// # Errors
/// When stdout does not take the list. That something is missing is no error, but ends with 1.
pub fn run(arguments: &DoctorArguments, printer: &Printer) -> Result<ExitCode, Failure> {
    let qemu = Qemu::find(None);
    let mut all = prerequisites::to_run(&qemu);
    all.extend(prerequisites::to_build());
    all.push(prerequisites::kvm(prove_kvm(arguments, &qemu)));
    all.extend(prerequisites::optional());
    match arguments.output {
        OutputFormat::Table => printer.result(&render(&all))?,
        OutputFormat::Json => printer.json_result(&all)?,
    }
    Ok(if all.iter().any(Prerequisite::blocks) { ExitCode::Failure } else { ExitCode::Success })
}

/// Has skerry-vmm boot the newest image under KVM, or remember that it did; `None` when there is nothing to boot.
fn prove_kvm(arguments: &DoctorArguments, qemu: &QemuFound) -> Option<Result<String, String>> {
    let qemu = qemu.as_ref().ok()?;
    let source_root = places::source_root(arguments.places.source.as_deref()).ok()?;
    let image = images::newest(&source_root, Flavour::default())?;
    let state_dir = arguments.places.state_dir.as_deref();
    let resolved = machine::resolve(AcceleratorChoice::Auto, qemu, &image, PROOF_MEMORY, state_dir);
    Some(match resolved {
        Ok(resolved) if resolved.accelerator == Accelerator::Kvm => Ok(resolved.reason),
        Ok(resolved) => Err(resolved.reason),
        Err(failure) => Err(format!("{:#}", failure.error)),
    })
}

/// The list, and below it what to do about each item that is not as it should be.
fn render(all: &[Prerequisite]) -> String {
    let mut table = Table::new(&[
        ("name", Align::Left),
        ("verdict", Align::Left),
        ("needed for", Align::Left),
        ("found", Align::Left),
        ("version", Align::Left),
    ]);
    for item in all {
        let optional = if item.required { "" } else { " (optional)" };
        table.row([
            item.name.clone(),
            item.verdict.name().to_owned(),
            format!("{}{optional}", item.needed_for),
            item.found.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string()),
            shortened(&item.version),
        ]);
    }
    let fixes: String =
        all.iter().filter_map(|item| item.fix.as_ref().map(|fix| format!("\n{}: {fix}\n", item.name))).collect();
    let install = if all.iter().any(Prerequisite::blocks) { "\nscripts/setup installs what is missing\n" } else { "" };
    format!("{}{fixes}{install}", table.render())
}

/// A version that leaves the table readable; JSON has the whole of it.
fn shortened(version: &str) -> String {
    match version.char_indices().nth(SHOWN_VERSION) {
        Some((end, _)) => format!("{}…", version.get(..end).unwrap_or(version).trim_end()),
        None => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prerequisites::Verdict;

    fn item(name: &str, verdict: Verdict, fix: Option<&str>) -> Prerequisite {
        Prerequisite {
            name: name.to_owned(),
            needed_for: "linking".to_owned(),
            required: true,
            found: (verdict == Verdict::Ok).then(|| "/usr/bin/ld.lld".into()),
            version: String::new(),
            verdict,
            fix: fix.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_there_is_listed_without_advice() {
        assert_eq!(
            render(&[item("ld.lld", Verdict::Ok, None)]),
            "NAME    VERDICT  NEEDED FOR  FOUND            VERSION\n\
             ld.lld  ok       linking     /usr/bin/ld.lld\n"
        );
    }

    #[test]
    fn what_is_missing_is_followed_by_what_to_do() {
        assert_eq!(
            render(&[item("ld.lld", Verdict::Missing, Some("install the package lld"))]),
            "NAME    VERDICT  NEEDED FOR  FOUND  VERSION\n\
             ld.lld  missing  linking     -\n\
             \nld.lld: install the package lld\n\
             \nscripts/setup installs what is missing\n"
        );
    }
}
