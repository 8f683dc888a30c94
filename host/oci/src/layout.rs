//! An OCI image layout in a folder.
//!
//! ```text
//! oci-layout            which version of the layout it is
//! index.json            which manifests there are, under which tags
//! blobs/sha256/<hex>    manifests, configurations, layers, by their digests
//! ```
//! A new layout appears whole. In one that is there, the index is replaced last and at once, so that at each instant all
//! that it names is there. What a replaced tag named stays among the blobs, as skopeo leaves it: another may name it too.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use oci_spec::image::{ANNOTATION_REF_NAME, ImageIndex, MediaType, OciLayout, OciLayoutBuilder, SCHEMA_VERSION};

use crate::destination::WriteError;
use crate::json;
use crate::pack::PackedImage;
use crate::tag::Tag;
use crate::unfinished::{Unfinished, beside};

/// The only version that there is.
const LAYOUT_VERSION: &str = "1.0.0";
const LAYOUT_FILE: &str = "oci-layout";
const INDEX_FILE: &str = "index.json";
const BLOB_FOLDERS: [&str; 2] = ["blobs", "blobs/sha256"];

/// Writes an image into a folder under a tag: makes a layout, or adds to the one that is there.
///
/// # Errors
/// When something else is there, or the file system does not take it; nothing is changed then.
pub(crate) fn write(folder: &Path, image: &PackedImage, tag: &Tag) -> Result<(), WriteError> {
    if is_there(folder)? { add(folder, image, tag) } else { create(folder, image, tag) }
}

/// Whether an image could be written into a folder.
///
/// # Errors
/// When something else is there.
pub(crate) fn check(folder: &Path) -> Result<(), WriteError> {
    if is_there(folder)? { read_index(folder).map(drop) } else { Ok(()) }
}

/// Whether the folder is there; what else is there is an error.
fn is_there(folder: &Path) -> Result<bool, WriteError> {
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(_) => Err(WriteError::NoLayout { path: folder.to_owned(), problem: "it is no folder".to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(WriteError::io("look at", folder)(error)),
    }
}

/// The index and the file beside it of a layout that holds this image alone, by their names.
///
/// # Errors
/// When they cannot be JSON, which they can.
pub(crate) fn documents(image: &PackedImage, tag: &Tag) -> Result<[(&'static str, Vec<u8>); 2], WriteError> {
    Ok([(LAYOUT_FILE, layout_document()?), (INDEX_FILE, index_document(ImageIndex::default(), image, tag)?)])
}

/// The path of a blob below a layout's folder.
pub(crate) fn blob_path(name: &str) -> String {
    format!("{}/{name}", BLOB_FOLDERS[1])
}

/// The folders of a layout, each after the one that it is in.
pub(crate) const fn folders() -> [&'static str; 2] {
    BLOB_FOLDERS
}

/// What is wrong with a layout's own file, if anything is.
pub(crate) fn problem_of_layout_file(content: &[u8]) -> Option<String> {
    match serde_json::from_slice::<OciLayout>(content) {
        Ok(layout) if layout.image_layout_version() == LAYOUT_VERSION => None,
        Ok(layout) => Some(format!("its version is {:?}, not {LAYOUT_VERSION:?}", layout.image_layout_version())),
        Err(error) => Some(format!("{LAYOUT_FILE}: {error}")),
    }
}

fn create(folder: &Path, image: &PackedImage, tag: &Tag) -> Result<(), WriteError> {
    let beside = beside(folder);
    let mut unfinished = Unfinished::default();
    unfinished.folder(&beside).map_err(WriteError::io("make", folder))?;
    fill(&beside, ImageIndex::default(), image, tag, &mut unfinished)?;
    fs::rename(&beside, folder).map_err(WriteError::io("make", folder))?;
    unfinished.keep();
    Ok(())
}

fn add(folder: &Path, image: &PackedImage, tag: &Tag) -> Result<(), WriteError> {
    // Who adds at the same time waits here, and then finds this image in the index.
    let lock = File::open(folder).map_err(WriteError::io("open", folder))?;
    lock.lock().map_err(WriteError::io("lock", folder))?;
    let index = read_index(folder)?;
    let mut unfinished = Unfinished::default();
    fill(folder, index, image, tag, &mut unfinished)?;
    unfinished.keep();
    Ok(())
}

/// The index of a layout that is there; an empty folder has an empty one.
fn read_index(folder: &Path) -> Result<ImageIndex, WriteError> {
    let mut entries = fs::read_dir(folder).map_err(WriteError::io("look into", folder))?;
    if entries.next().is_none() {
        return Ok(ImageIndex::default());
    }
    let no_layout = |problem| WriteError::NoLayout { path: folder.to_owned(), problem };
    let read = |name: &str| match fs::read(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(no_layout(format!("there is no {name} in it"))),
        other => other.map_err(WriteError::io("read", &folder.join(name))),
    };
    if let Some(problem) = problem_of_layout_file(&read(LAYOUT_FILE)?) {
        return Err(no_layout(problem));
    }
    let index: ImageIndex = serde_json::from_slice(&read(INDEX_FILE)?)
        .map_err(|error| no_layout(format!("{INDEX_FILE} cannot be understood: {error}")))?;
    if index.schema_version() != SCHEMA_VERSION {
        return Err(no_layout(format!("{INDEX_FILE} is of schema {}, not {SCHEMA_VERSION}", index.schema_version())));
    }
    Ok(index)
}

/// Writes what is missing: folders, blobs, the layout's own file, and at last the index.
fn fill(
    folder: &Path,
    index: ImageIndex,
    image: &PackedImage,
    tag: &Tag,
    unfinished: &mut Unfinished,
) -> Result<(), WriteError> {
    for name in BLOB_FOLDERS {
        let path = folder.join(name);
        if !path.is_dir() {
            unfinished.folder(&path).map_err(WriteError::io("make", &path))?;
        }
    }
    for blob in &image.blobs {
        let path = folder.join(blob_path(&blob.name));
        // One of this name that has other content is damaged.
        if fs::read(&path).is_ok_and(|content| content == blob.content) {
            continue;
        }
        unfinished.whole_file(&path, &blob.content).map_err(WriteError::io("write", &path))?;
    }
    let layout_file = folder.join(LAYOUT_FILE);
    if !layout_file.exists() {
        unfinished.whole_file(&layout_file, &layout_document()?).map_err(WriteError::io("write", &layout_file))?;
    }
    let index_file = folder.join(INDEX_FILE);
    let index = index_document(index, image, tag)?;
    unfinished.whole_file(&index_file, &index).map_err(WriteError::io("write", &index_file))
}

fn layout_document() -> serde_json::Result<Vec<u8>> {
    let layout = OciLayoutBuilder::default().image_layout_version(LAYOUT_VERSION).build();
    json::canonical(&layout.map_err(<serde_json::Error as serde::ser::Error>::custom)?)
}

/// The index with the image under this tag, in the place of the one that had it, if one had.
fn index_document(mut index: ImageIndex, image: &PackedImage, tag: &Tag) -> serde_json::Result<Vec<u8>> {
    let annotations = HashMap::from([(ANNOTATION_REF_NAME.to_owned(), tag.to_string())]);
    let mut entry = image.manifest.clone();
    entry.set_annotations(Some(annotations));
    let has_tag = |annotations: &HashMap<String, String>| {
        annotations.get(ANNOTATION_REF_NAME).is_some_and(|name| name == tag.as_str())
    };
    let mut manifests = index.manifests().clone();
    let place = manifests.iter().position(|manifest| manifest.annotations().as_ref().is_some_and(has_tag));
    manifests.retain(|manifest| !manifest.annotations().as_ref().is_some_and(has_tag));
    manifests.insert(place.unwrap_or(manifests.len()), entry);
    index.set_manifests(manifests).set_media_type(Some(MediaType::ImageIndex));
    json::canonical(&index)
}
