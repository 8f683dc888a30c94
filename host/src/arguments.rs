//! The clap tree: every verb and flag, and the help that teaches them.
//!
//! Each flag can also be set by an environment variable: `SKERRY_` and the flag's name in capitals.

mod bench;
mod engine;
mod image;
mod runtime;

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use skerry_image::Flavour;
use skerry_vmm::AcceleratorChoice;

use crate::memory_size::MemorySize;
pub use bench::{BenchBootArguments, BenchCommand, BenchCompareArguments, BenchRequestsArguments};
pub use engine::{EngineArguments, EngineCommand};
pub use image::{ImageBuildArguments, ImageCommand, ImageInspectArguments, ImageListArguments};
pub use runtime::{
    ClientArguments, Restart, RuntimeCallArguments, RuntimeCommand, RuntimeCreateArguments, RuntimeGetArguments,
    RuntimeListArguments, RuntimeLogsArguments, RuntimeOptionArguments, RuntimeRemoveArguments, RuntimeUpdateArguments,
};

/// What stands below the list of commands in `skerry --help`.
pub const AFTER_HELP: &str = "\
Examples:
  skerry doctor                       what this machine has, and what it lacks
  skerry provision                    build the runtime, boot it, run a function; Ctrl-C stops it
  skerry provision --once --json      the same for a script: one JSON object, then exit
  skerry call --endpoint http://127.0.0.1:34567 --lang C --file sum.c --fn sum a=3 b=4.5
  skerry engine                       the provisioning engine: runtimes by REST, many at once
  skerry runtime create               a runtime of the engine; then `skerry runtime call 1 …`

Results go to stdout, everything else to stderr. NO_COLOR switches colours off.

Exit codes:
  0    done, and the answer was right where there was one to judge
  1    failed; stderr says why
  2    wrong usage; nothing was done
  129  ended by SIGHUP, everything cleaned up
  130  ended by SIGINT (Ctrl-C), everything cleaned up
  143  ended by SIGTERM, everything cleaned up";

/// Functions on unikernels: each runtime is a small virtual machine that boots in milliseconds.
#[derive(Debug, Parser)]
#[command(name = "skerry", version, after_help = AFTER_HELP, propagate_version = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// Flags that every verb takes.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every verb takes.
#[derive(Args, Clone, Debug)]
pub struct GlobalArguments {
    /// Form of the messages on stderr; json is one object a line
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Global options",
        env = "SKERRY_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
    /// Only results and errors: no messages, no progress
    #[arg(short, long, global = true, help_heading = "Global options", env = "SKERRY_QUIET", value_parser = BoolishValueParser::new())]
    pub quiet: bool,
    /// No progress bar and no line per step
    #[arg(long, global = true, help_heading = "Global options", env = "SKERRY_NO_PROGRESS", value_parser = BoolishValueParser::new())]
    pub no_progress: bool,
}

/// Form of the messages on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Form of a result on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Columns for people.
    Table,
    /// One JSON value on one line.
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build a runtime, boot it in a microVM, run a function on it, keep it up until Ctrl-C
    Provision(ProvisionArguments),
    /// Offload a function to a running runtime and print its result
    Call(CallArguments),
    /// Run the provisioning engine: a service that creates, keeps and deletes runtimes over REST
    Engine(Box<EngineArguments>),
    /// Create, list, change, call and delete runtimes of a provisioning engine
    #[command(subcommand)]
    Runtime(RuntimeCommand),
    /// Build, list and look into runtime images
    #[command(subcommand)]
    Image(ImageCommand),
    /// List what Skerry needs: what for, found where, which version, and how to get what is missing
    Doctor(DoctorArguments),
    /// Measure booting and requests on this machine; compare two runs of the comparison
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example, for bash:\n  skerry completion bash > ~/.local/share/bash-completion/completions/skerry"
    )]
    Completion(CompletionArguments),
}

/// Which microVM to start.
#[derive(Args, Clone, Debug)]
pub struct MachineArguments {
    /// Which runtime: minimal runs C and WebAssembly, python also Python
    #[arg(long, default_value = "minimal", env = "SKERRY_FLAVOUR")]
    pub flavour: Flavour,
    /// Boot this image (a flavour, or the beginning of an id) as it is, without building
    #[arg(long, value_name = "IMAGE", env = "SKERRY_IMAGE", conflicts_with = "flavour")]
    pub image: Option<String>,
    /// Virtual processors of the microVM
    #[arg(long, value_name = "COUNT", default_value_t = 1, env = "SKERRY_CPU",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(skerry_vmm::VmSpec::MOST_CPUS)))]
    pub cpu: u32,
    /// Memory of the microVM: MiB, or with a unit (64Mi, 1Gi)
    #[arg(short, long, value_name = "SIZE", default_value = "160Mi", env = "SKERRY_MEMORY")]
    pub memory: MemorySize,
    /// What executes the guest: auto proves once whether KVM runs the image here, else takes tcg
    #[arg(long, value_name = "auto|kvm|tcg", default_value = "auto", env = "SKERRY_ACCELERATOR")]
    pub accelerator: AcceleratorChoice,
    /// Option for the guest, may be repeated: log=debug, call-time-limit-ms=1000, …
    #[arg(long = "boot-option", value_name = "NAME=VALUE", env = "SKERRY_BOOT_OPTION", value_delimiter = ',',
          value_parser = parse_boot_option)]
    pub boot_options: Vec<(String, String)>,
    /// Places on this machine.
    #[command(flatten, next_help_heading = "Places")]
    pub places: PlaceArguments,
}

/// Where sources are and where state goes.
#[derive(Args, Clone, Debug)]
pub struct PlaceArguments {
    /// Skerry's source tree [default: the one around the current directory, else the one this binary was built from]
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_SOURCE")]
    pub source: Option<PathBuf>,
    /// Where running microVMs keep their logs and sockets [default: /run/skerry, or below XDG_RUNTIME_DIR]
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

/// `skerry provision`.
#[derive(Args, Debug)]
#[command(after_help = PROVISION_AFTER_HELP)]
pub struct ProvisionArguments {
    /// The machine.
    #[command(flatten)]
    pub machine: MachineArguments,
    /// Stop after the first answer; exit with 0 only if it was right
    #[arg(long, env = "SKERRY_ONCE", value_parser = BoolishValueParser::new())]
    pub once: bool,
    /// Print one JSON object instead of text
    #[arg(long, env = "SKERRY_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
    /// Also say where the boot's time went, and which phase is the biggest
    #[arg(long, env = "SKERRY_TIMINGS", value_parser = BoolishValueParser::new())]
    pub timings: bool,
    /// Do not install missing prerequisites; only say how
    #[arg(long, env = "SKERRY_NO_SETUP", value_parser = BoolishValueParser::new())]
    pub no_setup: bool,
}

/// What stands below the flags in `skerry provision --help`.
pub const PROVISION_AFTER_HELP: &str = "\
Examples:
  skerry provision
  skerry provision --flavour minimal --cpu 1 --memory 64 --timings
  skerry provision --boot-option log=debug --boot-option call-time-limit-ms=1000
  skerry provision --once --json | jq .timings_us

The first run builds the image and takes minutes; later runs reuse it and start at once. Missing prerequisites are
installed by scripts/setup where this user may (root, or sudo without a password).

--json prints exactly one object on stdout, as soon as the first answer is there (nothing when it fails before):
  endpoint           string   URL of the runtime; gone after the exit of --once
  flavour            string
  image              object   id, size_bytes, reused (true when nothing had to be built)
  accelerator        object   name (kvm or tcg), reason
  cpu                number
  memory             object   total_mib, free_bytes (what nothing used when the runtime was ready)
  langs              array    languages that the runtime executes
  process_id         number   of the VMM; null after --once
  function           object   lang, name, arguments, result, expected, correct
  timings_us         object   prerequisites, image, accelerator, boot_to_ready, boot_to_first_answer, first_call, total
  boot_phases_us     object   qemu_start, loader, kernel, network, runtime, first_answer
  biggest_boot_phase string   one of the above";

/// `skerry call`.
#[derive(Args, Debug)]
#[command(after_help = CALL_AFTER_HELP)]
pub struct CallArguments {
    /// URL of the runtime, as provision prints it
    #[arg(short, long, value_name = "URL", env = "SKERRY_ENDPOINT")]
    pub endpoint: String,
    /// The function.
    #[command(flatten)]
    pub function: FunctionArguments,
}

/// A function to run, and its arguments.
#[derive(Args, Debug)]
pub struct FunctionArguments {
    /// Language of the function
    #[arg(short, long, value_enum, ignore_case = true, env = "SKERRY_LANG")]
    pub lang: Language,
    /// File with the function: C or Python source, or a WebAssembly module; - reads stdin. Not for NATIVE
    #[arg(short, long, value_name = "PATH", env = "SKERRY_FILE")]
    pub file: Option<PathBuf>,
    /// The function to run [default: the last one defined for C and PY, `run` or the only export for WASM; required for NATIVE]
    #[arg(long = "fn", value_name = "NAME", env = "SKERRY_FN")]
    pub name: Option<String>,
    /// Run it as a task of the runtime and ask until it is done
    #[arg(long = "async", env = "SKERRY_ASYNC", value_parser = BoolishValueParser::new())]
    pub asynchronous: bool,
    /// Print the runtime's answer as it came: JSON, values in base64
    #[arg(long, env = "SKERRY_RAW", value_parser = BoolishValueParser::new())]
    pub raw: bool,
    /// How long to wait for the answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 90, env = "SKERRY_TIMEOUT",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Longest that the function may run, in milliseconds; a runtime's own limit can only be lowered
    #[arg(long, value_name = "MILLISECONDS", env = "SKERRY_TIMEOUT_MS")]
    pub timeout_ms: Option<u64>,
    /// Most memory that the function may use, in MiB; a runtime's own limit can only be lowered
    #[arg(long, value_name = "MIB", env = "SKERRY_MEMORY_MIB")]
    pub memory_mib: Option<u64>,
    /// Most bytes of result and OUT values together; a runtime's own limit can only be lowered
    #[arg(long, value_name = "BYTES", env = "SKERRY_MAX_OUTPUT_BYTES")]
    pub max_output_bytes: Option<u64>,
    /// Print what the function logged, on stderr
    #[arg(long, env = "SKERRY_LOG", value_parser = BoolishValueParser::new())]
    pub log: bool,
    /// For C name=value; for PY JSON or text in order; for WASM type:value in order; out: and inout: in front of a value say which way it goes; for NATIVE the
    /// values in order
    #[arg(value_name = "ARGUMENT", allow_negative_numbers = true)]
    pub arguments: Vec<String>,
}

const CALL_AFTER_HELP: &str = "\
Examples:
  skerry call --endpoint http://127.0.0.1:34567 --lang C --file sum.c --fn sum a=3 b=4.5
  skerry call --lang WASM --file add.wasm int:3 int:4                (SKERRY_ENDPOINT is set)
  skerry call --lang C --file - x=21 <<< 'int twice(int x) { return 2 * x; }'
  skerry call --lang PY --file mean.py '[1, 2, 3]'                  (a runtime of the flavour python)
  skerry call --lang NATIVE --fn mean '[1,2,6]'
  skerry call --lang C --file sort.c n=3 'a=inout:[3,1,2]'          void sort(int n, int a[])
  skerry call --lang C --file greet.c name=Ada text=out:64          void greet(const char *name, char *text)
  skerry call --lang C --file scale.c 'm=[[1,2],[3,4]]' y=out:2     void scale(double m[2][2], double y[2])
  skerry call --lang WASM --file sum.wasm 'double[]:[1,2.5]' int:2 out:double[2]

C: names and types come from the function's own prototype. The function to run is the last one that the file defines.
  number     a=-3, b=1e-3, flag=true
  text       s=hello for char *; s=out:64 for a text that the function writes, of 64 bytes; s=inout:hello, or
             s=inout:64:hello where it may grow; s=in:out:64 where the text itself begins with out:
  array      a=[1,2,3], m=[[1,2],[3,4]]; y=out:3 for three elements (rows, if it is an array of arrays) that the function
             writes; a=inout:[3,1,2]
  pointer    left out: an OUT parameter, whose value is the result; c=inout:5 passes a value and gives what becomes of it
WASM: type:value in the order of the parameters, out:type and inout:type:value. Types are C's: int, unsigned int, long,
unsigned long, float, double, arrays (int[]:[1,2], out:int[3]), texts (char*:hello, out:char[64]) and bytes. out:char* says
that the function's result is a text. A program (`_start`) also takes stdin:text and env:NAME=value.
PY: each argument is JSON, or else a str. The function to run is the last one that the file defines.
NATIVE: a function that was built into the image, by its name; arguments go to it as they are.

Prints the result on stdout. Exit code 0 when the function ran to its end, 1 when it failed or was refused.";

/// A language that a function can be written in, as the API's `lang` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// C source.
    #[value(name = "C")]
    C,
    /// A WebAssembly module.
    #[value(name = "WASM")]
    Wasm,
    /// Python source.
    #[value(name = "PY", alias = "PYTHON")]
    Python,
    /// A function that was built into the image.
    #[value(name = "NATIVE")]
    Native,
}

/// `skerry doctor`.
#[derive(Args, Debug)]
#[command(after_help = "Exit code 1 when something required is missing.")]
pub struct DoctorArguments {
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// Places on this machine.
    #[command(flatten, next_help_heading = "Places")]
    pub places: PlaceArguments,
}

/// `skerry completion`.
#[derive(Args, Debug)]
pub struct CompletionArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `name=value`. Which names there are is the guest's to say; that none is empty is plain already here.
fn parse_boot_option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a boot option is NAME=VALUE, such as log=debug".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn provision(words: &[&str]) -> Result<ProvisionArguments, clap::Error> {
        let words = ["skerry", "provision"].iter().chain(words);
        match Arguments::try_parse_from(words)?.command {
            Command::Provision(arguments) => Ok(arguments),
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn the_tree_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn provision_has_defaults_for_everything() {
        let arguments = provision(&[]).unwrap();
        assert_eq!(arguments.machine.cpu, 1);
        assert_eq!(arguments.machine.memory, MemorySize::from_mib(160));
        assert_eq!(arguments.machine.accelerator, AcceleratorChoice::Auto);
        assert!(!arguments.once && !arguments.json && !arguments.timings);
    }

    #[test]
    fn provision_takes_what_the_readme_shows() {
        let arguments = provision(&["--flavour", "minimal", "--cpu", "1", "--memory", "64"]).unwrap();
        assert_eq!(arguments.machine.memory, MemorySize::from_mib(64));
        let arguments = provision(&["-m", "1Gi", "--boot-option", "log=debug", "--boot-option", "tasks=4"]).unwrap();
        let options = [("log".to_owned(), "debug".to_owned()), ("tasks".to_owned(), "4".to_owned())];
        assert_eq!(arguments.machine.boot_options, options);
    }

    #[test]
    fn values_that_make_no_sense_are_usage_errors() {
        for words in [
            ["--cpu", "0"],
            ["--cpu", "many"],
            ["--memory", "lots"],
            ["--memory", "0"],
            ["--flavour", "vanilla"],
            ["--accelerator", "hax"],
            ["--boot-option", "log"],
            ["--boot-option", "=debug"],
            ["--boot-option", "log="],
        ] {
            assert_eq!(provision(&words).unwrap_err().kind(), ErrorKind::ValueValidation, "{words:?}");
        }
    }

    #[test]
    fn global_flags_stand_before_and_after_the_verb() {
        for words in [["skerry", "-q", "doctor"], ["skerry", "doctor", "--quiet"]] {
            assert!(Arguments::try_parse_from(words).unwrap().global.quiet);
        }
    }

    #[test]
    fn call_takes_negative_numbers_and_a_language_in_any_case() {
        let words = "skerry call -e http://127.0.0.1:1 --lang wasm --file - int:-3 -4".split(' ');
        let Command::Call(arguments) = Arguments::try_parse_from(words).unwrap().command else { panic!("not call") };
        assert_eq!(arguments.function.lang, Language::Wasm);
        assert_eq!(arguments.function.arguments, ["int:-3", "-4"]);
    }

    #[test]
    fn no_verb_is_a_usage_error() {
        let error = Arguments::try_parse_from(["skerry"]).unwrap_err();
        assert!(error.use_stderr());
    }

    /// Every flag of every verb, global or not, has the environment variable that its name says.
    #[test]
    fn every_flag_has_its_environment_variable() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let Some(long) = argument.get_long() else { continue };
                if ["help", "version"].contains(&long) {
                    continue;
                }
                let expected = format!("SKERRY_{}", long.to_uppercase().replace('-', "_"));
                assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(expected.as_str()), "--{long}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}
