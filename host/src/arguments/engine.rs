//! `skerry engine …`: the provisioning engine's flags. Its settings have a list of their own, in skerry-engine.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use skerry_engine::settings::SettingsLayer;
use skerry_vmm::AcceleratorChoice;

use super::PlaceArguments;

/// `skerry engine`.
#[derive(Args, Debug)]
#[command(after_help = ENGINE_AFTER_HELP, args_conflicts_with_subcommands = true)]
pub struct EngineArguments {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<EngineCommand>,
    /// Settings file, YAML [default: /etc/skerry/provisioning-engine.conf where there is one]
    #[arg(long, value_name = "FILE", env = "SKERRY_CONFIG")]
    pub config: Option<PathBuf>,
    /// What executes the guests: auto takes KVM only where it is proven to run the image
    #[arg(long, value_name = "ACCELERATOR", default_value = "auto", env = "SKERRY_ACCELERATOR")]
    pub accelerator: AcceleratorChoice,
    /// Boot this image (a flavour, or the beginning of an id) as it is, without building
    #[arg(long, value_name = "IMAGE", env = "SKERRY_IMAGE")]
    pub image: Option<String>,
    /// Do not install missing prerequisites; only say how
    #[arg(long, env = "SKERRY_NO_SETUP", value_parser = clap::builder::BoolishValueParser::new())]
    pub no_setup: bool,
    /// The settings.
    #[command(flatten, next_help_heading = "Settings")]
    pub settings: SettingsLayer,
    /// Places on this machine.
    #[command(flatten, next_help_heading = "Places")]
    pub places: PlaceArguments,
}

/// What `skerry engine` does beside serving.
#[derive(Debug, Subcommand)]
pub enum EngineCommand {
    /// Print a settings file with every key, its meaning and its default
    PrintConfig,
    /// Read a password from stdin and print its hash for the settings' `users`
    HashPassword,
}

const ENGINE_AFTER_HELP: &str = "\
Examples:
  skerry engine                                        defaults: 127.0.0.1:2719, SQLite, one user `admin`
  skerry engine --data-dir ./data --port 2720 --pool minimal=4
  skerry engine print-config > provisioning-engine.conf && skerry engine --config provisioning-engine.conf

Without users in the settings there is one, `admin`: its password is that of SKERRY_ADMIN_PASSWORD or, without it, made at
the first start and printed once. The API is described at /docs.

SIGTERM or Ctrl-C: no new requests, those in progress end (30 s at most), exit code 0. A second one ends at once. Machines
go on without the engine, and the next start takes them over; --keep-machines=false ends them.";
