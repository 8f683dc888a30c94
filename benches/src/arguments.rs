//! The benchmark's command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use skerry_vmm::AcceleratorChoice;

/// Measures the provisioning engine against its targets.
///
/// Starts the engine's release binary with places of its own, and microVMs beside it to compare with. Wants a machine on
/// which nothing else runs. The tables go to stdout, everything else to stderr.
#[derive(Clone, Debug, Parser)]
#[command(name = "provisioning")]
pub struct Arguments {
    /// What to measure; everything where nothing is named
    #[arg(value_enum, value_name = "WHAT")]
    pub what: Vec<Experiment>,
    /// Also write everything, with all samples, to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What executes guests: `tcg`, `kvm`, or `auto` for KVM where it works
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub accelerator: AcceleratorChoice,
    /// A stored image to boot as it is; otherwise the minimal one is brought up to date
    #[arg(long, value_name = "ID", env = "SKERRY_IMAGE")]
    pub image: Option<String>,
    /// A `skerry` binary to measure; otherwise the release binary is brought up to date
    #[arg(long, value_name = "FILE")]
    pub skerry: Option<PathBuf>,
    /// `start`: starts by each path
    #[arg(long, value_name = "COUNT", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
    /// `gateway`: requests of each kind on each way
    #[arg(long, value_name = "COUNT", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub requests: u32,
    /// `load`: how long
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// `load`: clients at once
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub connections: u32,
    /// `load`: runtimes that they share
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runtimes: u32,
    /// `density`: runtimes at once
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub count: u32,
    /// `restart`: runtimes in the store
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub stored: u32,
    /// `restart`: starts of the engine
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub restarts: u32,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// From a POST to a runtime that answers, by each start path, beside the bare boot
    Start,
    /// What the gateway adds to a call
    Gateway,
    /// Many clients for a while
    Load,
    /// Many runtimes at once
    Density,
    /// The engine's own start with many stored runtimes
    Restart,
}

impl Arguments {
    /// What to measure, each thing once, in the order in which it is done.
    #[must_use]
    pub fn experiments(&self) -> Vec<Experiment> {
        let all = Experiment::value_variants().iter().copied();
        all.filter(|experiment| self.what.is_empty() || self.what.contains(experiment)).collect()
    }
}

impl Experiment {
    /// Its name on the command line and in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Gateway => "gateway",
            Self::Load => "load",
            Self::Density => "density",
            Self::Restart => "restart",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiments(words: &[&str]) -> Vec<Experiment> {
        Arguments::try_parse_from([&["provisioning"], words].concat()).unwrap().experiments()
    }

    #[test]
    fn nothing_named_means_everything_and_a_name_given_twice_means_once() {
        assert_eq!(experiments(&[]).len(), Experiment::value_variants().len());
        assert_eq!(experiments(&["restart", "start", "restart"]), [Experiment::Start, Experiment::Restart]);
    }

    #[test]
    fn each_experiment_is_named_by_its_own_name() {
        for experiment in Experiment::value_variants() {
            assert_eq!(experiments(&[experiment.name()]), [*experiment]);
        }
    }

    #[test]
    fn numbers_without_bounds_are_refused() {
        for words in [["--runs", "0"], ["--connections", "100000"], ["--count", "-1"], ["--seconds", "x"]] {
            assert!(Arguments::try_parse_from([&["provisioning"][..], &words].concat()).is_err(), "{words:?}");
        }
    }
}
