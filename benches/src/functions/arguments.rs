//! The command line of the benchmark of functions.

use std::path::PathBuf;

use clap::Parser;
use skerry_image::Flavour;
use skerry_vmm::AcceleratorChoice;

/// Measures how fast functions run in each flavour and language, beside gcc -O2 and CPython on the host.
///
/// Builds each flavour's image, boots it and calls ten kernels. Wants a machine on which nothing else runs. The tables go to
/// stdout, everything else to stderr.
#[derive(Clone, Debug, Parser)]
#[command(name = "functions")]
pub struct FunctionArguments {
    /// A flavour to measure; may be repeated; all where none is named
    #[arg(long = "flavour", value_name = "NAME")]
    pub flavours: Vec<Flavour>,
    /// A kernel to measure; may be repeated; all ten where none is named
    #[arg(long = "kernel", value_name = "NAME")]
    pub kernels: Vec<String>,
    /// Calls of each kernel that count
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// What executes guests: `tcg`, `kvm`, or `auto` for KVM where it works
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub accelerator: AcceleratorChoice,
    /// Also write everything, with all samples, to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl FunctionArguments {
    /// The flavours to measure, each once.
    pub(super) fn flavours(&self) -> Vec<Flavour> {
        let wanted = |flavour: &Flavour| self.flavours.is_empty() || self.flavours.contains(flavour);
        Flavour::ALL.into_iter().filter(wanted).collect()
    }

    /// Whether a kernel is to be measured.
    pub(super) fn wants(&self, kernel: &str) -> bool {
        self.kernels.is_empty() || self.kernels.iter().any(|name| name == kernel)
    }
}
