//! Names for the folders of a build that are the same wherever the folders lie, so that the image is the same, too.
//!
//! Cargo puts the path of each package that lies outside its workspace's own folder into the names of all that the package
//! defines, and names decide the order of code and the numbers of types: two checkouts would make two images, and no option
//! of cargo or the compiler changes that. So cargo gets the folders as open files, which its compilers inherit, and is told
//! to find them where Linux shows a process its open files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a process finds the folder that it got as file 8: what is built.
const WORK: &str = "/proc/self/fd/8";
/// Where it finds file 9: the source tree.
const SOURCE: &str = "/proc/self/fd/9";
/// Opens the two folders and becomes the program. A shell, because a program that is started from here gets no files but
/// its first three.
const SCRIPT: &str = r#"exec 8<"$1" 9<"$2" && shift 2 && exec "$@""#;

/// The two folders of a build.
#[derive(Clone, Debug)]
pub(crate) struct FixedPaths {
    work: PathBuf,
    source_root: PathBuf,
}

impl FixedPaths {
    /// Of a build with these folders.
    pub(crate) fn new(source_root: &Path, work: &Path) -> Self {
        Self { work: work.to_owned(), source_root: source_root.to_owned() }
    }

    /// The fixed name of a path; paths elsewhere keep their own.
    pub(crate) fn name(&self, path: &Path) -> PathBuf {
        // The work folder usually lies in the source tree.
        for (folder, name) in [(&self.work, WORK), (&self.source_root, SOURCE)] {
            if let Ok(rest) = path.strip_prefix(folder) {
                return Path::new(name).join(rest);
            }
        }
        path.to_owned()
    }

    /// A command that starts the program so that it and all that it starts find the folders under their fixed names.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(&self.work).arg(&self.source_root).arg(program);
        command
    }

    /// What the compiler is told so that nothing of an image names the folders.
    pub(crate) fn remapping(&self) -> [String; 2] {
        [WORK, SOURCE].map(|name| format!("--remap-path-prefix={name}=skerry"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_own_programs_find_both_folders() {
        let (source, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(source.path().join("a"), "source ").unwrap();
        std::fs::write(work.path().join("b"), "work").unwrap();
        let paths = FixedPaths::new(source.path(), work.path());
        let (a, b) = (paths.name(&source.path().join("a")), paths.name(&work.path().join("b")));
        let output =
            paths.command(Path::new("env")).args(["sh", "-c", "cat \"$0\" \"$1\""]).arg(a).arg(b).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "source work", "{output:?}");
    }

    #[test]
    fn the_work_folder_may_lie_in_the_source_tree_and_other_paths_keep_their_names() {
        let paths = FixedPaths::new(Path::new("/s"), Path::new("/s/target/skerry"));
        for (path, name) in [
            ("/s/guest/Cargo.toml", "/proc/self/fd/9/guest/Cargo.toml"),
            ("/s/target/skerry/build/x", "/proc/self/fd/8/build/x"),
            ("/srv/x", "/srv/x"),
        ] {
            assert_eq!(paths.name(Path::new(path)), Path::new(name));
        }
    }
}
