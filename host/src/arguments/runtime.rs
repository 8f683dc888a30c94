//! `skerry runtime …`: a client of the provisioning engine.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand, ValueEnum};

use super::{FunctionArguments, OutputFormat};
use crate::memory_size::MemorySize;

/// `skerry runtime …`.
#[derive(Debug, Subcommand)]
pub enum RuntimeCommand {
    /// Create a runtime and wait until it runs
    #[command(after_help = "Examples:\n  skerry runtime create --flavour minimal\n  \
                            id=$(skerry runtime create -q --name sums --memory 96 --idle-timeout 60)")]
    Create(RuntimeCreateArguments),
    /// List the runtimes
    #[command(after_help = "Examples:\n  skerry runtime ls --state ERROR\n  skerry runtime ls -o json | jq .")]
    Ls(RuntimeListArguments),
    /// Show one runtime, with its history
    Get(RuntimeGetArguments),
    /// Change a runtime: more hardware, another name, other options
    #[command(after_help = "Example:\n  skerry runtime update 7 --memory 128")]
    Update(RuntimeUpdateArguments),
    /// Delete runtimes
    Rm(RuntimeRemoveArguments),
    /// Print the last lines of a runtime's console
    Logs(RuntimeLogsArguments),
    /// Run a function on a runtime and print its result
    #[command(after_help = "Example:\n  skerry runtime call 7 --lang C --file sum.c a=3 b=4.5")]
    Call(RuntimeCallArguments),
}

/// Which engine, and who asks.
#[derive(Args, Clone, Debug)]
pub struct ClientArguments {
    /// The engine's URL
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:2719",
        env = "SKERRY_ENGINE",
        help_heading = "Engine"
    )]
    pub engine: String,
    /// Who asks; the password is read from SKERRY_PASSWORD or SKERRY_ADMIN_PASSWORD
    #[arg(long, value_name = "NAME", default_value = "admin", env = "SKERRY_USER", help_heading = "Engine")]
    pub user: String,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE", env = "SKERRY_PASSWORD_FILE", help_heading = "Engine")]
    pub password_file: Option<PathBuf>,
}

/// How a runtime is kept.
#[derive(Args, Clone, Debug)]
pub struct RuntimeOptionArguments {
    /// Processors
    #[arg(long, value_name = "COUNT", env = "SKERRY_CPU", value_parser = clap::value_parser!(u32).range(1..=255))]
    pub cpu: Option<u32>,
    /// Memory: 64, 64Mi (MiB), 1Gi
    #[arg(short, long, value_name = "SIZE", env = "SKERRY_MEMORY")]
    pub memory: Option<MemorySize>,
    /// What it is called
    #[arg(long, value_name = "NAME", env = "SKERRY_NAME")]
    pub name: Option<String>,
    /// Whether it answers without credentials
    #[arg(long, value_name = "BOOL", env = "SKERRY_PUBLIC", num_args = 0..=1, default_missing_value = "true")]
    pub public: Option<bool>,
    /// What happens when its machine ends by itself
    #[arg(long, value_enum, value_name = "POLICY", env = "SKERRY_RESTART")]
    pub restart: Option<Restart>,
    /// Seconds without a request after which it sleeps; 0 never
    #[arg(long, value_name = "SECONDS", env = "SKERRY_IDLE_TIMEOUT")]
    pub idle_timeout: Option<u32>,
    /// Requests that it serves at once
    #[arg(long, value_name = "COUNT", env = "SKERRY_CONCURRENCY", value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: Option<u32>,
}

/// What happens when a runtime's machine ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Restart {
    /// A new one, however it ended.
    Always,
    /// A new one, unless the guest switched itself off.
    OnFailure,
    /// None.
    Never,
}

/// `skerry runtime create`.
#[derive(Args, Debug)]
pub struct RuntimeCreateArguments {
    /// Which image, by name or alias
    #[arg(long, default_value = "minimal", env = "SKERRY_FLAVOUR")]
    pub flavour: String,
    /// How it is kept.
    #[command(flatten)]
    pub options: RuntimeOptionArguments,
    /// Return as soon as it is accepted, without waiting until it runs
    #[arg(short, long, env = "SKERRY_DETACH", value_parser = BoolishValueParser::new())]
    pub detach: bool,
    /// Seconds to wait until it runs
    #[arg(long, value_name = "SECONDS", default_value_t = 60, env = "SKERRY_TIMEOUT")]
    pub timeout: u64,
    /// A key under which a repetition of this request creates nothing new
    #[arg(long, value_name = "KEY", env = "SKERRY_IDEMPOTENCY_KEY")]
    pub idempotency_key: Option<String>,
    /// Form of the result; with --quiet only the id
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}

/// `skerry runtime ls`.
#[derive(Args, Debug)]
pub struct RuntimeListArguments {
    /// Only those in this state: PENDING, RUNNING, UPDATING, ERROR
    #[arg(long, value_name = "STATE", env = "SKERRY_STATE")]
    pub state: Option<String>,
    /// Only those of this flavour
    #[arg(long, value_name = "FLAVOUR", env = "SKERRY_FLAVOUR")]
    pub flavour: Option<String>,
    /// Only those of this name
    #[arg(long, value_name = "NAME", env = "SKERRY_NAME")]
    pub name: Option<String>,
    /// Form of the result; with --quiet only the ids
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}

/// `skerry runtime get`.
#[derive(Args, Debug)]
pub struct RuntimeGetArguments {
    /// The runtime's id
    #[arg(value_name = "ID")]
    pub id: u64,
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}

/// `skerry runtime update`.
#[derive(Args, Debug)]
pub struct RuntimeUpdateArguments {
    /// The runtime's id
    #[arg(value_name = "ID")]
    pub id: u64,
    /// What is to change.
    #[command(flatten)]
    pub options: RuntimeOptionArguments,
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}

/// `skerry runtime rm`.
#[derive(Args, Debug)]
pub struct RuntimeRemoveArguments {
    /// The runtimes' ids
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<u64>,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}

/// `skerry runtime logs`.
#[derive(Args, Debug)]
pub struct RuntimeLogsArguments {
    /// The runtime's id
    #[arg(value_name = "ID")]
    pub id: u64,
    /// How many lines
    #[arg(short = 'n', long, default_value_t = 100, env = "SKERRY_LINES")]
    pub lines: u32,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}

/// `skerry runtime call`.
#[derive(Args, Debug)]
pub struct RuntimeCallArguments {
    /// The runtime's id
    #[arg(value_name = "ID")]
    pub id: u64,
    /// The function.
    #[command(flatten)]
    pub function: FunctionArguments,
    /// The engine.
    #[command(flatten)]
    pub client: ClientArguments,
}
