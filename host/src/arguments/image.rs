//! `skerry image …`: the verbs and their flags.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use skerry_image::Flavour;
use skerry_oci::{Destination, Tag};

use super::OutputFormat;

/// What stands below the flags in `skerry image build --help`.
const BUILD_AFTER_HELP: &str = "\
Examples:
  skerry image build --flavour minimal
  skerry image build --functions examples/native-functions
  skerry image build --oci images.oci                          then: skopeo copy oci:images.oci:minimal docker://…
  skerry image build --flavour python --oci python.tar --tag 0.1.0

--oci makes the folder, or adds to the layout that is there, in which an image of the same tag is replaced; a file is
replaced if it is such an archive. Anything else that is there stays, and is an error. The image is the same, bit by bit,
each time: it says that it was made in 1970, or when SOURCE_DATE_EPOCH says.";

/// `skerry image …`.
#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Build a runtime image, or find that it is built already
    #[command(after_help = BUILD_AFTER_HELP)]
    Build(ImageBuildArguments),
    /// List the images that were built
    Ls(ImageListArguments),
    /// Show one image: identity, files, size by part
    #[command(after_help = "Examples:\n  skerry image inspect minimal\n  skerry image inspect 3f9a -o json")]
    Inspect(ImageInspectArguments),
}

/// `skerry image build`.
#[derive(Args, Debug)]
pub struct ImageBuildArguments {
    /// Which runtime to build
    #[arg(long, default_value = "minimal", env = "SKERRY_FLAVOUR")]
    pub flavour: Flavour,
    /// Put the native functions of the crate in this folder into the image
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_FUNCTIONS")]
    pub functions: Option<PathBuf>,
    /// Also write it as an OCI image: into this folder, an OCI image layout, or into a file that ends in .tar
    #[arg(long, value_name = "DIR|FILE.tar", env = "SKERRY_OCI")]
    pub oci: Option<Destination>,
    /// Tag of the OCI image [default: the flavour's name]
    #[arg(long, requires = "oci", env = "SKERRY_TAG")]
    pub tag: Option<Tag>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// Do not install missing prerequisites; only say how
    #[arg(long, env = "SKERRY_NO_SETUP", value_parser = BoolishValueParser::new())]
    pub no_setup: bool,
    /// Skerry's source tree [default: the one around the current directory, else the one this binary was built from]
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_SOURCE")]
    pub source: Option<PathBuf>,
}

/// `skerry image ls`.
#[derive(Args, Debug)]
pub struct ImageListArguments {
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// Skerry's source tree, whose images are meant
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_SOURCE")]
    pub source: Option<PathBuf>,
}

/// `skerry image inspect`.
#[derive(Args, Debug)]
pub struct ImageInspectArguments {
    /// A flavour (its newest image), or the beginning of an image's id
    #[arg(value_name = "IMAGE", default_value = "minimal")]
    pub image: String,
    /// Form of the result
    #[arg(short, long, value_enum, default_value = "table", env = "SKERRY_OUTPUT")]
    pub output: OutputFormat,
    /// Skerry's source tree, whose images are meant
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_SOURCE")]
    pub source: Option<PathBuf>,
}
