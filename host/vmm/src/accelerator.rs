//! KVM or TCG: which one really runs our image on this machine.
//!
//! `/dev/kvm` may open and still not run a guest, so `auto` boots the image once under KVM, for two seconds at most, and
//! remembers the answer for this kernel, QEMU, processor and image.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What executes a guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// The processor, through Linux's KVM.
    Kvm,
    /// QEMU's translator: works everywhere, several times slower.
    Tcg,
}

/// What a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceleratorChoice {
    /// KVM where it is proven to run our image, else TCG.
    #[default]
    Auto,
    /// KVM or an error.
    Kvm,
    /// TCG.
    Tcg,
}

/// What the proof needs: an image to boot and places to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The loader to boot.
    pub loader: PathBuf,
    /// The unikernel to boot.
    pub unikernel: PathBuf,
    /// The image's identity (its content hash): another image is proven anew.
    pub image_id: String,
    /// Memory of the machine that is booted for the proof, in MiB.
    pub memory_mib: u32,
    /// Where the machine's directory is made, as in [`crate::VmSpec::state_dir`].
    pub state_dir: PathBuf,
    /// Where the answer is remembered (`~/.cache/skerry/accelerator.json`); `None`: nowhere.
    pub cache_file: Option<PathBuf>,
}

/// The accelerator to use, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What to put into [`crate::VmSpec::accelerator`].
    pub accelerator: Accelerator,
    /// Why, for a user: `KVM booted the image in 31 ms`, `/dev/kvm: permission denied; add yourself to group kvm`.
    pub reason: String,
    /// Whether the answer is an earlier run's.
    pub remembered: bool,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        })
    }
}

/// A word that names no accelerator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no accelerator; use `auto`, `kvm` or `tcg`")]
pub struct UnknownAccelerator(String);

impl FromStr for AcceleratorChoice {
    type Err = UnknownAccelerator;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "auto" => Ok(Self::Auto),
            "kvm" => Ok(Self::Kvm),
            "tcg" => Ok(Self::Tcg),
            _ => Err(UnknownAccelerator(word.to_owned())),
        }
    }
}
