//! Who takes part, a file each: Skerry by its start paths, and what people would use instead. All of it is set up from this
//! repository and the system's packages.
//!
//! 1. **Nobody is required.** What cannot be set up here is named, with what would help.
//! 2. **Nothing stays.** Files, processes and containers are named after the run ([`run_folder`]); they go with it, and those
//!    of a run that was killed with the next one.
//! 3. **All answer on the loopback network**, each on a port of its own.
//!
//! It measures nothing but sizes.

mod artefact;
mod child;
mod container_config;
mod cpio;
mod debian_kernel;
mod direct;
mod fastapi;
mod linux_microvm;
mod linux_program;
mod podman;
mod ports;
mod process;
mod run_folder;
mod runc;
mod seccomp;
mod setup;
mod skerry;
pub(crate) mod trial;

use std::sync::Arc;

use anyhow::{bail, ensure};
use skerry_vmm::Accelerator;

use super::arguments::ComparisonArguments;
use super::contender::Contender;
use super::record::Missing;
pub(crate) use setup::Setup;

/// All that there are, in the order of tables.
pub(crate) const NAMES: [&str; 16] = [
    "skerry-cold",
    "skerry-snapshot",
    "skerry-snapshot-alone",
    "skerry-pool",
    "skerry-tcg-cold",
    "skerry-tcg-snapshot",
    "skerry-tcg-pool",
    "skerry-python-cold",
    "skerry-python-snapshot",
    "skerry-python-pool",
    "skerry-cold-direct",
    "runc",
    "runc-fastapi",
    "podman",
    "linux-microvm",
    "process",
];

/// Sets up all that are wanted; whoever cannot be is missing, with the reason and what would help.
pub(crate) fn all(
    setup: &Setup,
    arguments: &ComparisonArguments,
    tell: &dyn Fn(&str),
) -> (Vec<Arc<dyn Contender>>, Vec<Missing>) {
    let (mut contenders, mut missing) = (Vec::new(), Vec::new());
    // Where everything is emulated, they would be the same once more.
    let is_double = |name: &str| {
        setup.accelerator.accelerator == Accelerator::Tcg
            && skerry::WAYS.iter().any(|way| way.name == name && way.emulated)
    };
    for name in NAMES.into_iter().filter(|name| arguments.wants(name) && !is_double(name)) {
        tell(&format!("preparing {name}"));
        match one(setup, name) {
            Ok(contender) => contenders.push(contender),
            Err(error) => missing.push(Missing { what: name.to_owned(), why: format!("{error:#}") }),
        }
    }
    (contenders, missing)
}

/// What could take part elsewhere, and why not here.
pub(crate) fn absent(setup: &Setup, arguments: &ComparisonArguments) -> Vec<Missing> {
    let mut absent = Vec::new();
    if setup.accelerator.accelerator == Accelerator::Tcg {
        let why = format!("microVMs are emulated in this run: {}", setup.accelerator.reason);
        absent.push(Missing { what: "KVM".to_owned(), why });
    }
    if arguments.wants("skerry-uhyve") {
        let why = "uhyve has networking only for Hermit's kernel 0.13.2 and newer, ours is 0.11: it boots, and cannot be asked";
        absent.push(Missing { what: "skerry-uhyve".to_owned(), why: why.to_owned() });
    }
    absent
}

fn one(setup: &Setup, name: &str) -> anyhow::Result<Arc<dyn Contender>> {
    if let Some(way) = skerry::WAYS.into_iter().find(|way| way.name == name) {
        return Ok(Arc::new(skerry::Skerry::prepare(setup, way)?));
    }
    Ok(match name {
        "skerry-cold-direct" => Arc::new(direct::Direct::prepare(setup)?),
        "runc" => Arc::new(runc::Runc::prepare(setup, setup.linux_program()?)?),
        "runc-fastapi" => Arc::new(fastapi::FastApi::prepare(setup)?),
        "podman" => Arc::new(podman::Podman::prepare(setup, setup.linux_program()?)?),
        "linux-microvm" => Arc::new(linux_microvm::LinuxMicroVm::prepare(setup, setup.linux_program()?)?),
        "process" => Arc::new(process::Process::prepare(setup, setup.linux_program()?)),
        _ => bail!("no contender has this name"),
    })
}

/// Fails without the rights of root, which `what` need.
fn require_root(what: &str) -> anyhow::Result<()> {
    ensure!(nix::unistd::geteuid().is_root(), "{what} need root here: run the benchmark as root, or with sudo");
    Ok(())
}

/// Fails where a program is not on PATH.
fn require_tool(program: &str, package: &str) -> anyhow::Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where Debian has what is for root only.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let is_there = folders.map(|folder| folder.join(program)).any(|path| path.is_file());
    ensure!(is_there, "there is no {program} here: install the package {package} (scripts/setup --benchmarks)");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_skerrys_is_among_the_names_once() {
        for way in skerry::WAYS {
            assert_eq!(NAMES.iter().filter(|name| **name == way.name).count(), 1, "{}", way.name);
        }
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_its_package() {
        assert!(require_tool("sh", "dash").is_ok());
        let error = require_tool("no-such-program", "its-package").unwrap_err().to_string();
        assert!(error.contains("no-such-program") && error.contains("its-package"), "{error}");
    }
}
