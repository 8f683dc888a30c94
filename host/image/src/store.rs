//! The image store: a folder per image, named by the hash of its inputs.
//!
//! ```text
//! <root>/<id>/loader       the loader, as a VMM starts it
//! <root>/<id>/unikernel    the unikernel, as the loader boots it
//! <root>/<id>/image.json   what is known about them
//! ```
//! An image appears whole or not at all: it is put together in a folder beside and moved to its place.

use crate::flavour::Flavour;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const DESCRIPTION_FILE: &str = "image.json";
/// How many hexadecimal digits of the hash name an image.
const ID_DIGITS: usize = 16;

/// Why the store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder of the store could not be read or written.
    #[error("{path} of the image store could not be read or written", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No image answers to the name.
    #[error("there is no image {0:?}; `skerry image ls` lists those that are there, `skerry image build` makes one")]
    NotFound(String),
    /// More than one image answers to the name.
    #[error("{name:?} is the beginning of several images' identities: {ids}", ids = ids.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Whose beginning it is.
        ids: Vec<String>,
    },
}

/// What `image.json` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Description {
    flavour: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    functions: Option<String>,
    created_unix_s: u64,
    compiler: String,
    parts: BTreeMap<String, u64>,
}

/// A stored image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The hash of all its inputs, shortened.
    pub id: String,
    /// What it is made with.
    pub flavour: Flavour,
    /// The crate of native functions in it, with its version.
    pub functions: Option<String>,
    /// The loader's file.
    pub loader: PathBuf,
    /// The unikernel's file.
    pub unikernel: PathBuf,
    /// Bytes of the loader.
    pub loader_bytes: u64,
    /// Bytes of the unikernel.
    pub unikernel_bytes: u64,
    /// When it was built, in seconds since 1970.
    pub created_unix_s: u64,
    /// What the compiler that built it says of its version.
    pub compiler: String,
    parts: BTreeMap<String, u64>,
}

impl Image {
    /// Bytes of both files.
    #[must_use]
    pub const fn size_bytes(&self) -> u64 {
        self.loader_bytes + self.unikernel_bytes
    }

    /// What the bytes are spent on, largest part first: loader, kernel, std, runtime, executors, other.
    #[must_use]
    pub fn size_by_part(&self) -> Vec<(String, u64)> {
        let mut parts: Vec<_> = self.parts.iter().map(|(name, bytes)| (name.clone(), *bytes)).collect();
        parts.push(("loader".to_owned(), self.loader_bytes));
        parts.sort_by(|(first_name, first), (second_name, second)| second.cmp(first).then(first_name.cmp(second_name)));
        parts
    }
}

/// What a build hands over to the store.
pub(crate) struct NewImage<'a> {
    pub(crate) fingerprint: &'a str,
    pub(crate) flavour: Flavour,
    pub(crate) functions: Option<String>,
    pub(crate) loader: &'a Path,
    pub(crate) unikernel: &'a Path,
    pub(crate) compiler: &'a str,
    pub(crate) parts: BTreeMap<String, u64>,
    pub(crate) created_unix_s: u64,
}

/// The store itself.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The store in a folder, which need not exist yet.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All images, newest first. Folders that hold no whole image are passed over.
    ///
    /// # Errors
    /// When the store's folder is there but cannot be read.
    pub fn list(&self) -> Result<Vec<Image>, StoreError> {
        let entries = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::Io { path: self.root.clone(), source }),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut images: Vec<Image> = names.filter_map(|id| self.open(&id).ok()).collect();
        images.sort_by(|first, second| (second.created_unix_s, &second.id).cmp(&(first.created_unix_s, &first.id)));
        Ok(images)
    }

    /// The image of which `name` is the beginning of the identity, or the newest of the flavour of that name; not one
    /// with native functions, which is nobody's but who asks for it.
    ///
    /// # Errors
    /// When there is none, or several, or the store cannot be read.
    pub fn find(&self, name: &str) -> Result<Image, StoreError> {
        let mut images = self.list()?;
        if let Some(newest) = images.iter().position(|image| image.flavour.name() == name && image.functions.is_none())
        {
            return Ok(images.swap_remove(newest));
        }
        images.retain(|image| !name.is_empty() && image.id.starts_with(name));
        match images.len() {
            0 => Err(StoreError::NotFound(name.to_owned())),
            1 => Ok(images.swap_remove(0)),
            _ => Err(StoreError::Ambiguous {
                name: name.to_owned(),
                ids: images.into_iter().map(|image| image.id).collect(),
            }),
        }
    }

    /// The image that a build with this fingerprint made, if there is one.
    pub(crate) fn by_fingerprint(&self, fingerprint: &str) -> Option<Image> {
        self.open(identity(fingerprint)).ok()
    }

    /// Stores an image.
    pub(crate) fn add(&self, new: NewImage<'_>) -> Result<Image, StoreError> {
        let id = identity(new.fingerprint);
        let place = self.root.join(id);
        let beside = self.root.join(format!(".new-{id}-{}", std::process::id()));
        let in_store = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { path, source }
        };
        std::fs::create_dir_all(&beside).map_err(in_store(&beside))?;
        let description = Description {
            flavour: new.flavour.name().to_owned(),
            functions: new.functions,
            created_unix_s: new.created_unix_s,
            compiler: new.compiler.to_owned(),
            parts: new.parts,
        };
        let filled = serde_json::to_vec_pretty(&description)
            .map_err(io::Error::other)
            .and_then(|json| std::fs::write(beside.join(DESCRIPTION_FILE), json))
            .and_then(|()| std::fs::copy(new.loader, beside.join("loader")))
            .and_then(|_| std::fs::copy(new.unikernel, beside.join("unikernel")));
        let moved = filled.and_then(|_| {
            if place.exists() {
                std::fs::remove_dir_all(&place)?;
            }
            std::fs::rename(&beside, &place)
        });
        if let Err(source) = moved {
            // What is left beside the place is no image, and the next build's own folder has another name.
            let _ = std::fs::remove_dir_all(&beside);
            return Err(StoreError::Io { path: place, source });
        }
        self.open(id).map_err(in_store(&place))
    }

    fn open(&self, id: &str) -> io::Result<Image> {
        let folder = self.root.join(id);
        if id.starts_with('.') {
            return Err(io::ErrorKind::NotFound.into());
        }
        let description: Description = serde_json::from_slice(&std::fs::read(folder.join(DESCRIPTION_FILE))?)?;
        let flavour = description.flavour.parse().map_err(io::Error::other)?;
        let (loader, unikernel) = (folder.join("loader"), folder.join("unikernel"));
        Ok(Image {
            id: id.to_owned(),
            flavour,
            functions: description.functions,
            loader_bytes: std::fs::metadata(&loader)?.len(),
            unikernel_bytes: std::fs::metadata(&unikernel)?.len(),
            loader,
            unikernel,
            created_unix_s: description.created_unix_s,
            compiler: description.compiler,
            parts: description.parts,
        })
    }
}

fn identity(fingerprint: &str) -> &str {
    fingerprint.get(..ID_DIGITS).unwrap_or(fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(store: &Store, folder: &Path, fingerprint: &str, created_unix_s: u64) -> Image {
        let file = folder.join("file");
        std::fs::write(&file, "12345").unwrap();
        let new = NewImage {
            fingerprint,
            flavour: Flavour::Minimal,
            functions: fingerprint.starts_with('f').then(|| "mine 1.0.0".to_owned()),
            loader: &file,
            unikernel: &file,
            compiler: "rustc",
            parts: [("kernel".to_owned(), 4), ("std".to_owned(), 1)].into(),
            created_unix_s,
        };
        store.add(new).unwrap()
    }

    #[test]
    fn images_are_found_by_flavour_and_by_the_beginning_of_their_identity() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("images"));
        assert!(store.list().unwrap().is_empty());
        add(&store, folder.path(), "aa11", 1);
        add(&store, folder.path(), "ab22", 2);
        add(&store, folder.path(), "f033", 3);
        assert_eq!(store.find("f0").unwrap().functions.as_deref(), Some("mine 1.0.0"));
        assert_eq!(store.find("minimal").unwrap().id, "ab22", "one with native functions is for who asks for it");
        assert_eq!(store.find("aa").unwrap().id, "aa11");
        assert!(matches!(store.find("a"), Err(StoreError::Ambiguous { ids, .. }) if ids.len() == 2));
        assert!(matches!(store.find("c"), Err(StoreError::NotFound(_))));
        assert!(matches!(store.find(""), Err(StoreError::NotFound(_))));
    }

    #[test]
    fn sizes_are_told_by_part_largest_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("images"));
        let image = add(&store, folder.path(), "aa11", 1);
        assert_eq!(image.size_bytes(), 10);
        let names: Vec<_> = image.size_by_part().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["loader", "kernel", "std"]);
    }

    #[test]
    fn a_damaged_image_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("images"));
        add(&store, folder.path(), "aa11", 1);
        std::fs::write(store.root().join("aa11/image.json"), "{").unwrap();
        assert!(store.list().unwrap().is_empty());
        assert!(store.by_fingerprint("aa11").is_none());
    }
}
