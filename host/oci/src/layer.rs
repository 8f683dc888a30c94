//! The one layer of an image: a compressed archive of the loader and the unikernel.
//!
//! Everything in it is fixed but the two files: order, owner, permissions, times. Which bytes the compression makes depends
//! on its version, which `Cargo.lock` pins, and not on the processor.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use oci_spec::image::Sha256Digest;

use crate::created::CreationTime;
use crate::pack::sha256;

/// The folder that holds both files, and the loader's name in it. Hermit's own images have the same folder.
pub(crate) const FOLDER: &str = "hermit";
/// The loader's name in it. The unikernel's is its flavour's.
pub(crate) const LOADER: &str = "loader";

/// Everybody may read, enter and start what is in it, for want of a reason to forbid it.
const FOR_ALL: u32 = 0o755;

/// A packed layer.
pub(crate) struct Layer {
    /// The compressed archive.
    pub(crate) blob: Vec<u8>,
    /// The digest of the archive before it was compressed; the image's configuration names it.
    pub(crate) diff_id: Sha256Digest,
    /// Bytes of the archive before it was compressed.
    pub(crate) archive_bytes: u64,
    /// How many files are in it.
    pub(crate) files: usize,
}

/// Packs the two files.
///
/// # Errors
/// When `name` cannot be a file's name in an archive.
pub(crate) fn pack(loader: &[u8], unikernel: &[u8], name: &str, created: CreationTime) -> io::Result<Layer> {
    let mut archive = tar::Builder::new(Vec::with_capacity(loader.len() + unikernel.len() + 8192));
    let mut folder = header(tar::EntryType::Directory, FOR_ALL, 0, created);
    archive.append_data(&mut folder, format!("{FOLDER}/"), io::empty())?;
    let files = [(LOADER, loader), (name, unikernel)];
    for (name, content) in files {
        let mut file = header(tar::EntryType::Regular, FOR_ALL, content.len(), created);
        archive.append_data(&mut file, format!("{FOLDER}/{name}"), content)?;
    }
    let archive = archive.into_inner()?;
    let mut compressed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    compressed.write_all(&archive)?;
    Ok(Layer {
        blob: compressed.finish()?,
        diff_id: sha256(&archive),
        archive_bytes: archive.len() as u64,
        files: files.len(),
    })
}

/// The header of a file or folder of root's.
pub(crate) fn header(kind: tar::EntryType, mode: u32, bytes: usize, created: CreationTime) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(created.unix_s());
    header.set_size(bytes as u64);
    header
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_layer_is_the_folder_and_the_two_files_and_nothing_else() {
        let layer = pack(b"the loader", b"the unikernel", "minimal", "7".parse().unwrap()).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(layer.blob.as_slice()));
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 7));
            assert_eq!((header.mode().unwrap(), header.username().unwrap().unwrap_or_default()), (0o755, ""));
            let path = entry.path().unwrap().display().to_string();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            seen.push((path, content));
        }
        let expected = [("hermit/", ""), ("hermit/loader", "the loader"), ("hermit/minimal", "the unikernel")];
        assert_eq!(seen, expected.map(|(path, content)| (path.to_owned(), content.to_owned())));
        assert_eq!(layer.files, 2);
    }

    #[test]
    fn the_compressions_header_has_no_time_and_no_name() {
        let layer = pack(b"a", b"b", "minimal", "7".parse().unwrap()).unwrap();
        // RFC 1952: magic, method deflate, no flags (no name, no comment), no time.
        assert_eq!(layer.blob[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    }
}
