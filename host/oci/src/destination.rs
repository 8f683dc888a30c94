//! Where an image can be written to.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::pack::PackedImage;
use crate::tag::Tag;
use crate::{archive, layout};

/// Why an image was not written. Nothing that was there is changed then.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file or folder could not be read or written.
    #[error("cannot {verb} {path}", path = path.display())]
    Io {
        /// What was to be done with it.
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else is there.
    #[error(
        "{path} is there and is no OCI image layout ({problem}); name a new folder, an empty one or a layout, or a file that \
         ends in .tar", path = path.display()
    )]
    NoLayout {
        /// What is there.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Something else is there.
    #[error("{path} is there and is no OCI archive ({problem}), so it is not replaced", path = path.display())]
    NoArchive {
        /// What is there.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The index could not be written as JSON.
    #[error("cannot write the layout's index as JSON")]
    Json(#[from] serde_json::Error),
}

impl WriteError {
    /// Says what was to be done with which file.
    pub(crate) fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { verb, path, source }
    }
}

/// A place for images, by its name: what ends in `.tar` is one file, everything else a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An OCI image layout. Images that are in it already stay; one of the same tag is replaced.
    Folder(PathBuf),
    /// An OCI archive: a layout as one file, with this one image. An archive that is there is replaced.
    Archive(PathBuf),
}

impl Destination {
    /// Writes the image, whole or not at all.
    ///
    /// # Errors
    /// When something else is there, or the file system does not take it; nothing is changed then.
    pub fn write(&self, image: &PackedImage, tag: &Tag) -> Result<(), WriteError> {
        match self {
            Self::Folder(path) => layout::write(path, image, tag),
            Self::Archive(path) => archive::write(path, image, tag),
        }
    }

    /// Whether an image could go there, as far as can be told without writing: for whoever first has to build one.
    ///
    /// # Errors
    /// When something else is there.
    pub fn check(&self) -> Result<(), WriteError> {
        match self {
            Self::Folder(path) => layout::check(path),
            Self::Archive(path) => archive::check(path),
        }
    }

    /// What names the image there, as skopeo, podman and buildah have it: `oci:DIRECTORY:TAG`, `oci-archive:FILE:TAG`.
    #[must_use]
    pub fn reference(&self, tag: &Tag) -> String {
        format!("{self}:{tag}")
    }
}

impl FromStr for Destination {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = PathBuf::from(text);
        let is_archive = path.extension().is_some_and(|extension| extension == "tar");
        Ok(if is_archive { Self::Archive(path) } else { Self::Folder(path) })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(formatter, "oci:{}", path.display()),
            Self::Archive(path) => write!(formatter, "oci-archive:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_kind_of_place_it_is() {
        let tag: Tag = "1.0".parse().unwrap();
        for (text, reference) in
            [("out", "oci:out:1.0"), ("out.tar", "oci-archive:out.tar:1.0"), ("a.tar/b", "oci:a.tar/b:1.0")]
        {
            assert_eq!(text.parse::<Destination>().unwrap().reference(&tag), reference);
        }
    }
}
