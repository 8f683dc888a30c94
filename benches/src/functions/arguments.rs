//! The command line of the benchmark of functions.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use skerry_image::{Flavour, UnknownFlavour};
use skerry_vmm::AcceleratorChoice;

/// Measures how fast functions run in each flavour and language, beside gcc -O2 and CPython on the host.
///
/// Builds each flavour's image, boots it and calls ten kernels. Wants a machine on which nothing else runs. The tables go to
/// stdout, everything else to stderr.
#[derive(Clone, Debug, Parser)]
#[command(name = "functions")]
pub struct FunctionArguments {
    /// What to measure: a flavour, or `native` for an image with the kernels as native functions; may be repeated; all where
    /// none is named
    #[arg(long = "flavour", value_name = "NAME")]
    pub flavours: Vec<Subject>,
    /// A kernel to measure; may be repeated; all ten where none is named
    #[arg(long = "kernel", value_name = "NAME")]
    pub kernels: Vec<String>,
    /// Calls of each kernel that count
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// What executes guests: `tcg`, `kvm`, or `auto` for KVM where it works
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub accelerator: AcceleratorChoice,
    /// Also write everything, with all samples, to this file, again after each column
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// An image to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A flavour as users build it.
    Flavour(Flavour),
    /// The flavour `minimal` with the kernels as native functions: in Rust, and in C by gcc.
    Native,
}

impl Subject {
    /// Its name in tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flavour(flavour) => flavour.name(),
            Self::Native => "native",
        }
    }

    /// The flavour that its image is of.
    pub(super) const fn flavour(self) -> Flavour {
        match self {
            Self::Flavour(flavour) => flavour,
            Self::Native => Flavour::Minimal,
        }
    }
}

impl FromStr for Subject {
    type Err = UnknownFlavour;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == Self::Native.name() { Ok(Self::Native) } else { name.parse().map(Self::Flavour) }
    }
}

impl FunctionArguments {
    /// What to measure, each once; what others are compared with comes first.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        let wanted = |subject: &Subject| self.flavours.is_empty() || self.flavours.contains(subject);
        let flavours = Flavour::ALL.into_iter().map(Subject::Flavour);
        std::iter::once(Subject::Native).chain(flavours).filter(wanted).collect()
    }

    /// Whether a kernel is to be measured.
    pub(super) fn wants(&self, kernel: &str) -> bool {
        self.kernels.is_empty() || self.kernels.iter().any(|name| name == kernel)
    }
}
