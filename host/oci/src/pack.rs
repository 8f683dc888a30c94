//! Puts an image together, in memory: a few megabytes, and nothing is on disk before all of it is known.

use std::io;
use std::path::{Path, PathBuf};

use oci_spec::OciSpecError;
use oci_spec::image::{Descriptor, MediaType, Sha256Digest};
use sha2::{Digest as _, Sha256};

use crate::created::CreationTime;
use crate::metadata::{self, Unikernel};
use crate::{json, layer};

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// One of the two files could not be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The layer could not be packed.
    #[error("cannot pack the layer of {flavour:?}")]
    Layer {
        /// The flavour, whose name is a file's there.
        flavour: String,
        /// Why.
        source: io::Error,
    },
    /// The documents about it could not be made.
    #[error("cannot make the image's manifest")]
    Manifest(#[from] OciSpecError),
    /// The documents about it could not be written as JSON.
    #[error("cannot write the image's documents as JSON")]
    Json(#[from] serde_json::Error),
}

/// An image in memory.
#[derive(Clone, Debug)]
pub struct PackedImage {
    /// Layer, configuration and manifest, in the order in which they can be written: each after all that it names.
    pub(crate) blobs: Vec<Blob>,
    /// What names the manifest.
    pub(crate) manifest: Descriptor,
    sizes: Sizes,
}

/// Content with its digest.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    /// The digest, in hexadecimal: its file's name in a layout.
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// How large an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of the layer as it is stored and sent.
    pub layer_compressed_bytes: u64,
    /// Bytes of the layer before it was compressed.
    pub layer_bytes: u64,
    /// Bytes of all that is stored and sent: layer, configuration and manifest.
    pub image_bytes: u64,
    /// How many files the layer holds, folders not counted.
    pub files: usize,
}

impl PackedImage {
    /// The digest of the manifest, `sha256:…`: what identifies the image.
    #[must_use]
    pub fn digest(&self) -> String {
        self.manifest.digest().to_string()
    }

    /// How large it is.
    #[must_use]
    pub const fn sizes(&self) -> Sizes {
        self.sizes
    }
}

/// Makes an image of a loader and a unikernel.
///
/// # Errors
/// When a file cannot be read, or the flavour's name cannot be a file's.
pub fn pack(unikernel: &Unikernel, created: CreationTime) -> Result<PackedImage, PackError> {
    let (loader, image) = (read(&unikernel.loader)?, read(&unikernel.unikernel)?);
    let layer = layer::pack(&loader, &image, &unikernel.flavour, created)
        .map_err(|source| PackError::Layer { flavour: unikernel.flavour.clone(), source })?;
    let configuration = json::canonical(&metadata::configuration(unikernel, &layer, created))?;
    let (layer_bytes, files) = (layer.archive_bytes, layer.files);
    let (layer, layer_descriptor) = blob(MediaType::ImageLayerGzip, layer.blob);
    let (configuration, configuration_descriptor) = blob(MediaType::ImageConfig, configuration);
    let manifest = metadata::manifest(unikernel, configuration_descriptor, layer_descriptor, created)?;
    let (manifest, manifest_descriptor) = blob(MediaType::ImageManifest, json::canonical(&manifest)?);
    let layer_compressed_bytes = layer.content.len() as u64;
    let blobs = vec![layer, configuration, manifest];
    let image_bytes = blobs.iter().map(|blob| blob.content.len() as u64).sum();
    let sizes = Sizes { layer_compressed_bytes, layer_bytes, image_bytes, files };
    Ok(PackedImage { blobs, manifest: manifest_descriptor, sizes })
}

/// The digest of some content.
pub(crate) fn sha256(content: &[u8]) -> Sha256Digest {
    let text =
        Sha256::digest(content).iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    // 64 hexadecimal digits are what it takes.
    text.parse().unwrap_or_else(|_| unreachable!("{text} is a digest"))
}

fn blob(kind: MediaType, content: Vec<u8>) -> (Blob, Descriptor) {
    let digest = sha256(&content);
    let name = digest.digest().to_owned();
    let descriptor = Descriptor::new(kind, content.len() as u64, digest);
    (Blob { name, content }, descriptor)
}

fn read(path: &Path) -> Result<Vec<u8>, PackError> {
    std::fs::read(path).map_err(|source| PackError::Read { path: path.to_owned(), source })
}
