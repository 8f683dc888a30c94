//! Where things are on this machine: the source tree, what is built, what running machines keep, what is remembered.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::failure::Failure;

/// Files that only Skerry's source tree has together.
const MARKS: [&str; 3] = ["loader/Cargo.toml", "guest/runtime/Cargo.toml", "host/image/Cargo.toml"];

/// Skerry's source tree: the one given, else the one around the current directory, else the one that this binary was
/// built from.
///
/// # Errors
/// When there is none, or the one given is none.
pub fn source_root(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        let root = given.canonicalize().with_context(|| format!("cannot find {}", given.display()))?;
        return if is_source_root(&root) {
            Ok(root)
        } else {
            Err(Failure::usage(format!("{} is not Skerry's source tree", root.display())))
        };
    }
    let current = std::env::current_dir().context("cannot tell the current directory")?;
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    current
        .ancestors()
        .chain(built_from)
        .find(|path| is_source_root(path))
        .map(Path::to_owned)
        .ok_or_else(|| Failure::new("Skerry's source tree is not here, and images are built from it"))
        .map_err(|failure| failure.hint("run this inside a clone, or name it with --source"))
}

fn is_source_root(path: &Path) -> bool {
    MARKS.iter().all(|mark| path.join(mark).is_file())
}

/// Where what is built goes: cargo's own target directory.
#[must_use]
pub fn target_dir(source_root: &Path) -> PathBuf {
    // Relative paths in CARGO_TARGET_DIR are relative to the current directory, as cargo has it.
    match std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty()).map(PathBuf::from) {
        Some(path) => std::path::absolute(&path).unwrap_or(path),
        None => source_root.join("target"),
    }
}

/// Where running machines keep their directories: the one given, else `/run/skerry` for root, else `skerry` below
/// `XDG_RUNTIME_DIR`, else a private directory in the system's one for temporary files. It exists afterwards.
///
/// # Errors
/// When none of them can be made.
pub fn state_dir(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        make_private(given).with_context(|| format!("cannot make the state directory {}", given.display()))?;
        return std::path::absolute(given).context("cannot tell the current directory");
    }
    let user = nix::unistd::geteuid();
    let runtime = if user.is_root() {
        Some(PathBuf::from("/run"))
    } else {
        std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute())
    };
    if let Some(path) = runtime.map(|runtime| runtime.join("skerry"))
        && make_private(&path).is_ok()
    {
        return Ok(path);
    }
    let path = std::env::temp_dir().join(format!("skerry-{user}"));
    make_private(&path).with_context(|| format!("cannot make the state directory {}", path.display()))?;
    Ok(path)
}

/// Where the provisioning engine keeps its data unless told otherwise: `/var/lib/skerry` for root, else `skerry` below
/// `XDG_DATA_HOME`, else `~/.local/share/skerry`, else `skerry-data` in the current directory. Not made here.
#[must_use]
pub fn data_dir() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/lib/skerry");
    }
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    data.map_or_else(|| PathBuf::from("skerry-data"), |data| data.join("skerry"))
}

/// The file that remembers which accelerator works; `None` when the user has no home.
#[must_use]
pub fn accelerator_cache() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("skerry/accelerator.json"))
}

/// Makes a directory that only this user can enter. One that another user has put there is refused: what is in it could
/// be changed under us.
fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_dir() && metadata.uid() == nix::unistd::geteuid().as_raw() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is a link or belongs to another user"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_that_this_was_built_from_is_a_source_root() {
        let root = source_root(None).unwrap();
        assert!(is_source_root(&root), "{}", root.display());
    }

    #[test]
    fn another_directory_is_no_source_root() {
        let folder = tempfile::tempdir().unwrap();
        assert!(source_root(Some(folder.path())).is_err());
        assert!(source_root(Some(&folder.path().join("missing"))).is_err());
    }

    #[test]
    fn a_state_dir_is_made_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = state_dir(Some(&folder.path().join("deep/state"))).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_state_dir_behind_a_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(state_dir(Some(&link)).is_err());
    }
}
