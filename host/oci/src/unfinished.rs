//! Files and folders that are removed again unless what they belong to is finished.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What has been made so far. Dropped before [`Unfinished::keep`], it takes all of it away again, last first.
#[derive(Debug, Default)]
pub(crate) struct Unfinished {
    made: Vec<Made>,
}

#[derive(Debug)]
enum Made {
    File(PathBuf),
    Folder(PathBuf),
}

impl Unfinished {
    /// Makes a folder that is not there yet.
    pub(crate) fn folder(&mut self, path: &Path) -> io::Result<()> {
        DirBuilder::new().create(path)?;
        self.made.push(Made::Folder(path.to_owned()));
        Ok(())
    }

    /// Makes a file that is not there yet.
    pub(crate) fn file(&mut self, path: &Path) -> io::Result<File> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
        self.made.push(Made::File(path.to_owned()));
        Ok(file)
    }

    /// Gives a file all of its content at once: under another name first, and only a whole file gets its own.
    pub(crate) fn whole_file(&mut self, path: &Path, content: &[u8]) -> io::Result<()> {
        let beside = beside(path);
        let mut file = self.file(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        let is_new = !path.exists();
        fs::rename(&beside, path)?;
        self.made.pop();
        if is_new {
            self.made.push(Made::File(path.to_owned()));
        }
        Ok(())
    }

    /// It is finished: everything stays.
    pub(crate) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for made in self.made.drain(..).rev() {
            // What failed is told already; that something is left of it is not worse.
            let _ = match made {
                Made::File(path) => fs::remove_file(path),
                Made::Folder(path) => fs::remove_dir(path),
            };
        }
    }
}

/// A hidden name in the same folder that only this process uses.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_taken_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "old").unwrap();
        let mut unfinished = Unfinished::default();
        unfinished.folder(&folder.path().join("new")).unwrap();
        unfinished.whole_file(&folder.path().join("new/file"), b"content").unwrap();
        unfinished.whole_file(&folder.path().join("old"), b"content").unwrap();
        drop(unfinished);
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["old"]);
    }

    #[test]
    fn what_is_kept_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut unfinished = Unfinished::default();
        unfinished.whole_file(&path, b"content").unwrap();
        unfinished.keep();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
