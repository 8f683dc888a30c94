//! `skerry bench …`: the benchmarks' flags.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use skerry_benches::comparison::ComparisonArguments;

use super::{MachineArguments, OutputFormat};

/// `skerry bench …`.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Cold boots: from the VMM's exec to the first 200 from /healthz, phase by phase
    #[command(after_help = "Example:\n  skerry bench boot --runs 50 --memory 64")]
    Boot(BenchBootArguments),
    /// Small requests, one after the other, over one kept-alive connection
    #[command(after_help = "Example:\n  skerry bench requests --requests 5000")]
    Requests(BenchRequestsArguments),
    /// Skerry beside containers, a Linux microVM and a bare process, in one run, with a report to show
    #[command(after_help = ALL_AFTER_HELP)]
    All(ComparisonArguments),
    /// What has changed between two runs of the comparison with containers, beyond noise
    #[command(after_help = COMPARE_AFTER_HELP)]
    Compare(BenchCompareArguments),
}

const ALL_AFTER_HELP: &str = "\
Examples:
  scripts/bench                                  installs what is missing, then measures everything: three quarters of an hour
  skerry bench all --quick --out /tmp/quick      whether all of it works: minutes
  skerry bench all --only cold_start,size --contenders 'skerry-*,runc'

Starts and asks real contenders, all on the loopback network: Skerry by each start path, runc and podman with the same runtime
built for Linux, runc with a Python service of the same API, a Linux microVM, a bare process. Containers need root. Whoever
cannot be set up here is named in the report, with what to install. Wants a machine on which nothing else runs.

Writes report.html (one file, works offline), results.json (every sample; for `skerry bench compare`) and results.csv. Exit
code 1 when an answer was wrong or Skerry itself failed; what the figures say decides on no exit code.";

/// `skerry bench boot`.
#[derive(Args, Debug)]
pub struct BenchBootArguments {
    /// How many microVMs to boot, one after the other
    #[arg(long, default_value_t = 20, env = "SKERRY_RUNS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: u32,
    /// Print one JSON object instead of a table
    #[arg(long, env = "SKERRY_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
    /// The machine.
    #[command(flatten)]
    pub machine: MachineArguments,
}

/// `skerry bench requests`.
#[derive(Args, Debug)]
pub struct BenchRequestsArguments {
    /// How many requests to send
    #[arg(long, default_value_t = 5000, env = "SKERRY_REQUESTS", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub requests: u32,
    /// Path to ask for
    #[arg(long, default_value = "/healthz", env = "SKERRY_PATH", value_parser = parse_path)]
    pub path: String,
    /// Measure this runtime instead of booting one
    #[arg(long, value_name = "URL", env = "SKERRY_ENDPOINT")]
    pub endpoint: Option<String>,
    /// Print one JSON object instead of a table
    #[arg(long, env = "SKERRY_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
    /// The machine.
    #[command(flatten)]
    pub machine: MachineArguments,
}

/// `skerry bench compare`.
#[derive(Args, Debug)]
pub struct BenchCompareArguments {
    /// The raw data of the earlier run: the JSON file beside its report
    #[arg(value_name = "BEFORE.json")]
    pub before: PathBuf,
    /// That of the later run
    #[arg(value_name = "AFTER.json")]
    pub after: PathBuf,
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
}

const COMPARE_AFTER_HELP: &str = "\
Examples:
  skerry bench compare before.json after.json
  skerry bench compare before.json after.json -o json | jq '.changes[] | select(.improved == false)'

A figure counts as changed when its median moved by at least 5 % and a Mann-Whitney test of both runs' samples, adjusted
for the number of figures looked at, leaves less than 5 % to chance. Sizes and counts are exact and count as changed when
they differ. Figures with fewer than four samples a run cannot be judged, and are only counted.

The biggest change stands first. A comparison across machines, accelerators or a quick run is made all the same, with a
warning above it: the difference may come from that alone.

-o json prints one object: before, after (started, revision), warnings, changes, only_before, only_after. Each change has
  experiment, contender, metric, parameters, unit
  before, after   count, median, interval {low, high} (95 %, bootstrap; null for fewer than 5 samples), p95, min, max
  ratio           value (after/before), interval; null where before is 0
  chance          of such a difference by chance, adjusted; null for exact figures and for too few samples
  verdict         faster, slower, smaller, larger, within-noise, too-few-samples
  improved        true, false; null where nothing changed or no direction is good

Exit code 0 whatever the figures say; 2 when a file is no run's raw data.";

/// A request's path: what would break out of the request line is refused.
fn parse_path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("a path begins with / and has no blanks".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_path_cannot_hold_another_request() {
        assert!(parse_path("/metrics").is_ok());
        assert!(parse_path("/ HTTP/1.1\r\nX: y").is_err());
        assert!(parse_path("healthz").is_err());
    }
}
