//! An OCI archive: an image layout as one uncompressed tar file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::created::CreationTime;
use crate::destination::WriteError;
use crate::layer::header;
use crate::layout;
use crate::pack::PackedImage;
use crate::tag::Tag;
use crate::unfinished::Unfinished;

/// The file that tells a layout from other archives.
const LAYOUT_FILE: &str = "oci-layout";
/// The most that is read of it: it is some thirty bytes.
const MOST_LAYOUT_BYTES: u64 = 4096;

/// Writes an archive with this image alone.
///
/// # Errors
/// When something else is there, or the file system does not take it; nothing is changed then.
pub(crate) fn write(file: &Path, image: &PackedImage, tag: &Tag) -> Result<(), WriteError> {
    check(file)?;
    let documents = layout::documents(image, tag)?;
    let archive = pack(image, &documents).map_err(WriteError::io("pack", file))?;
    let mut unfinished = Unfinished::default();
    unfinished.whole_file(file, &archive).map_err(WriteError::io("write", file))?;
    unfinished.keep();
    Ok(())
}

/// Whether an archive could be written there.
///
/// # Errors
/// When something else is there.
pub(crate) fn check(file: &Path) -> Result<(), WriteError> {
    match problem_of(file) {
        Ok(None) => Ok(()),
        Ok(Some(problem)) => Err(WriteError::NoArchive { path: file.to_owned(), problem }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(WriteError::io("read", file)(error)),
    }
}

fn pack(image: &PackedImage, documents: &[(&str, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let blobs: Vec<_> = image.blobs.iter().map(|blob| (layout::blob_path(&blob.name), &blob.content)).collect();
    let documents = documents.iter().map(|(name, content)| (name.to_string(), content));
    // What is inside has a time of its own, and this wrapping never gets to a registry.
    let time = CreationTime::default();
    for folder in layout::folders() {
        let mut header = header(tar::EntryType::Directory, 0o755, 0, time);
        archive.append_data(&mut header, format!("{folder}/"), io::empty())?;
    }
    for (path, content) in blobs.into_iter().chain(documents) {
        let mut header = header(tar::EntryType::Regular, 0o644, content.len(), time);
        archive.append_data(&mut header, path, content.as_slice())?;
    }
    archive.into_inner()
}

/// Why what is there is no OCI archive, and so not to be replaced.
fn problem_of(file: &Path) -> io::Result<Option<String>> {
    if !fs::metadata(file)?.is_file() {
        return Ok(Some("it is no file".to_owned()));
    }
    let mut archive = tar::Archive::new(File::open(file)?);
    for entry in archive.entries_with_seek()? {
        let Ok(entry) = entry else { break };
        if entry.path().is_ok_and(|path| path == Path::new(LAYOUT_FILE)) {
            let mut content = Vec::new();
            entry.take(MOST_LAYOUT_BYTES).read_to_end(&mut content)?;
            return Ok(layout::problem_of_layout_file(&content));
        }
    }
    Ok(Some(format!("there is no {LAYOUT_FILE} in it")))
}
