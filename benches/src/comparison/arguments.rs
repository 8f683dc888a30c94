//! The command line of the comparison.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use skerry_vmm::AcceleratorChoice;

use super::experiments::Experiment;
use super::plan::Plan;

/// `skerry bench all`.
#[derive(Args, Clone, Debug)]
pub struct ComparisonArguments {
    /// Few samples and small crowds: to see that all of it works and answers rightly, in minutes
    #[arg(long, env = "SKERRY_QUICK", value_parser = BoolishValueParser::new())]
    pub quick: bool,
    /// Where report.html, results.json and results.csv go; made when missing
    #[arg(long, value_name = "DIRECTORY", default_value = "bench-results", env = "SKERRY_OUT")]
    pub out: PathBuf,
    /// Only these experiments, separated by commas
    #[arg(long, value_enum, value_name = "EXPERIMENT", value_delimiter = ',', env = "SKERRY_ONLY")]
    pub only: Vec<Experiment>,
    /// Only these contenders, separated by commas; a name that ends with * stands for all that begin so
    #[arg(long, value_name = "NAME", value_delimiter = ',', env = "SKERRY_CONTENDERS")]
    pub contenders: Vec<String>,
    /// Starts of each contender in cold_start [default: 30, with --quick 3]
    #[arg(long, value_name = "COUNT", env = "SKERRY_RUNS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: Option<u32>,
    /// Most instances at rest at once in alloc [default: 100, with --quick 3]
    #[arg(long, value_name = "COUNT", env = "SKERRY_INSTANCES", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub instances: Option<u32>,
    /// Starts at once in burst [default: 50, with --quick 4]
    #[arg(long, value_name = "COUNT", env = "SKERRY_BURST", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub burst: Option<u32>,
    /// What executes guests: `kvm`, `tcg`, or `auto` for KVM where it runs our images
    #[arg(long, value_name = "NAME", default_value = "auto", env = "SKERRY_ACCELERATOR")]
    pub accelerator: AcceleratorChoice,
    /// Skerry's source tree [default: the one around the current directory, else the one this binary was built from]
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_SOURCE")]
    pub source: Option<PathBuf>,
}

impl ComparisonArguments {
    /// Whether a contender is asked for.
    pub(crate) fn wants(&self, contender: &str) -> bool {
        let matches = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => contender.starts_with(beginning),
            None => contender == pattern,
        };
        self.contenders.is_empty() || self.contenders.iter().any(matches)
    }

    /// The experiments, each once, in the order in which they are done.
    pub(crate) fn experiments(&self) -> Vec<Experiment> {
        let all = <Experiment as clap::ValueEnum>::value_variants().iter().copied();
        all.filter(|experiment| self.only.is_empty() || self.only.contains(experiment)).collect()
    }

    /// How much of everything.
    pub(crate) fn plan(&self) -> Plan {
        let plan = if self.quick { Plan::quick() } else { Plan::full() };
        let number = |given: Option<u32>, otherwise: usize| given.map_or(otherwise, |given| given as usize);
        let instances = match self.instances {
            None => plan.instances,
            Some(most) => {
                let most = most as usize;
                plan.instances.into_iter().filter(|count| *count < most).chain([most]).collect()
            }
        };
        Plan { runs: number(self.runs, plan.runs), burst: number(self.burst, plan.burst), instances, ..plan }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        arguments: ComparisonArguments,
    }

    fn parse(words: &[&str]) -> ComparisonArguments {
        Command::try_parse_from([&["all"], words].concat()).unwrap().arguments
    }

    #[test]
    fn without_names_everything_takes_part() {
        let arguments = parse(&[]);
        assert!(arguments.wants("runc"));
        assert_eq!(arguments.experiments().len(), 9);
        assert_eq!(arguments.plan(), Plan::full());
    }

    #[test]
    fn names_choose_and_a_star_stands_for_the_rest_of_one() {
        let arguments = parse(&["--contenders", "skerry-*,runc", "--only", "burst,size"]);
        assert!(arguments.wants("runc") && arguments.wants("skerry-pool"));
        assert!(!arguments.wants("runc-fastapi") && !arguments.wants("process"));
        assert_eq!(arguments.experiments(), [Experiment::Size, Experiment::Burst]);
    }

    #[test]
    fn the_most_instances_are_the_last_step() {
        assert_eq!(parse(&["--instances", "30"]).plan().instances, [1, 2, 5, 10, 20, 30]);
        assert_eq!(parse(&["--quick", "--instances", "2"]).plan().instances, [1, 2]);
        assert_eq!(parse(&["--instances", "500"]).plan().instances, [1, 2, 5, 10, 20, 50, 100, 500]);
    }
}
