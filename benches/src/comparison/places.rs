//! Where a run finds and puts things.

use std::path::PathBuf;

/// Where a run finds and puts things.
#[derive(Clone, Debug)]
pub struct Places {
    /// The source tree: what is built for contenders comes from it.
    pub source_root: PathBuf,
    /// Where cargo builds to, and what contenders are set up from is kept.
    pub target_dir: PathBuf,
    /// The `skerry` that is measured: a release binary, or `None` to have one built.
    pub skerry: Option<PathBuf>,
}
