//! What Skerry needs of this machine: each item with what for, where, which version, and what to do when it is not there.
//!
//! Finding QEMU and the compiler is their crates' part (skerry-vmm, skerry-image); installing is `scripts/setup`'s.

mod setup;

use std::path::{Path, PathBuf};

use serde::Serialize;
use skerry_image::toolchain;
use skerry_vmm::Qemu;

pub use setup::{explain, install_missing};

/// How a prerequisite stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There, and good.
    Ok,
    /// Not there.
    Missing,
    /// There, and older than what works.
    TooOld,
    /// There, and does not work.
    Unusable,
    /// Not looked at, for the reason that stands in `version`.
    NotTried,
}

impl Verdict {
    /// The verdict in a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::TooOld => "too old",
            Self::Unusable => "unusable",
            Self::NotTried => "not tried",
        }
    }
}

/// One thing that Skerry needs, or can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prerequisite {
    /// Its usual name.
    pub name: String,
    /// What it is needed for.
    pub needed_for: String,
    /// Whether nothing works without it.
    pub required: bool,
    /// Where it was found.
    pub found: Option<PathBuf>,
    /// Its version, or what else there is to say of it.
    pub version: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What to do, when there is something to do.
    pub fix: Option<String>,
}

impl Prerequisite {
    /// Whether provisioning cannot work as things are.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.required && !matches!(self.verdict, Verdict::Ok | Verdict::NotTried)
    }

    fn new(name: &str, needed_for: &str, required: bool) -> Self {
        Self {
            name: name.to_owned(),
            needed_for: needed_for.to_owned(),
            required,
            found: None,
            version: String::new(),
            verdict: Verdict::Missing,
            fix: None,
        }
    }

    fn found(mut self, path: PathBuf, version: String) -> Self {
        self.found = Some(path);
        self.version = version;
        self.verdict = Verdict::Ok;
        self
    }

    fn failed(mut self, verdict: Verdict, fix: String) -> Self {
        self.verdict = verdict;
        self.fix = Some(fix);
        self
    }
}

/// QEMU itself, found once for the report and for starting machines.
pub type QemuFound = Result<Qemu, skerry_vmm::FindError>;

/// Everything that running an existing image needs.
#[must_use]
pub fn to_run(qemu: &QemuFound) -> Vec<Prerequisite> {
    let program = Prerequisite::new("qemu-system-x86_64", "running microVMs", true);
    let firmware = Prerequisite::new("qboot.rom", "starting microVMs (part of QEMU)", true);
    match qemu {
        Ok(qemu) => {
            let firmware = match qemu.find_firmware() {
                Some(path) => firmware.found(path.canonicalize().unwrap_or(path), String::new()),
                None => {
                    firmware.failed(Verdict::Missing, "install QEMU's firmware; Fedora: dnf install qboot".to_owned())
                }
            };
            vec![program.found(qemu.program().to_owned(), qemu.version().to_string()), firmware]
        }
        Err(error) => vec![program.failed(verdict(error), error.to_string())],
    }
}

/// Everything that building an image needs.
#[must_use]
pub fn to_build() -> Vec<Prerequisite> {
    toolchain::survey()
        .into_iter()
        .map(|tool| {
            let prerequisite = Prerequisite::new(tool.name, tool.needed_for, true);
            match tool.found {
                Ok(found) => prerequisite.found(found.path, found.version),
                Err(problem) => prerequisite.failed(Verdict::Missing, problem),
            }
        })
        .collect()
}

/// What the tests and the examples use, and nothing depends on.
#[must_use]
pub fn optional() -> Vec<Prerequisite> {
    [("gcc", "tests: our C is compared with it", "gcc"), ("curl", "tests, examples", "curl")]
        .map(|(name, needed_for, package)| {
            let prerequisite = Prerequisite::new(name, needed_for, false);
            match on_path(name) {
                Some(path) => prerequisite.found(path, String::new()),
                None => prerequisite.failed(Verdict::Missing, format!("install the package {package}")),
            }
        })
        .into()
}

/// Whether KVM runs our image, as skerry-vmm's proof said; `None` when there is no image to prove it with.
#[must_use]
pub fn kvm(proof: Option<Result<String, String>>) -> Prerequisite {
    let device = Path::new("/dev/kvm");
    let mut kvm = Prerequisite::new("KVM", "running microVMs faster", false);
    if device.exists() {
        kvm.found = Some(device.to_owned());
    }
    match proof {
        Some(Ok(reason)) => {
            kvm.verdict = Verdict::Ok;
            kvm.version = reason;
        }
        Some(Err(reason)) => {
            kvm.verdict = if kvm.found.is_some() { Verdict::Unusable } else { Verdict::Missing };
            kvm.fix = Some(format!("{reason}; without it QEMU translates (TCG), which works too"));
        }
        None => {
            kvm.verdict = Verdict::NotTried;
            kvm.version = "no image yet; `skerry image build` makes one".to_owned();
        }
    }
    kvm
}

fn verdict(error: &skerry_vmm::FindError) -> Verdict {
    match error {
        skerry_vmm::FindError::Missing => Verdict::Missing,
        skerry_vmm::FindError::TooOld { .. } => Verdict::TooOld,
        skerry_vmm::FindError::Unusable { .. }
        | skerry_vmm::FindError::NotQemu { .. }
        | skerry_vmm::FindError::NoMicrovm { .. } => Verdict::Unusable,
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qemu_that_is_missing_blocks_and_says_how_to_get_it() {
        let items = to_run(&Err(skerry_vmm::FindError::Missing));
        assert!(items[0].blocks());
        assert!(items[0].fix.as_deref().unwrap_or_default().contains("qemu-system-x86"));
    }

    #[test]
    fn kvm_never_blocks() {
        for (proof, verdict) in
            [(None, Verdict::NotTried), (Some(Ok("KVM booted the image in 31 ms".to_owned())), Verdict::Ok)]
        {
            let kvm = kvm(proof);
            assert_eq!((kvm.verdict, kvm.blocks()), (verdict, false));
        }
        let broken = kvm(Some(Err("the guest was not ready within 2 s".to_owned())));
        assert!(!broken.blocks() && broken.fix.is_some() && broken.verdict != Verdict::Ok);
    }

    #[test]
    fn what_is_optional_never_blocks() {
        assert!(optional().iter().all(|prerequisite| !prerequisite.blocks()));
    }
}
