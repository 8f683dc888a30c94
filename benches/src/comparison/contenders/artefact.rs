//! What has to be shipped, measured: files, their bytes, what a registry would hold of them, and the machine code in them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use object::{Object, ObjectSection, SectionFlags};

use crate::comparison::contender::Artefact;

/// A section of machine code (elf(5)).
const EXECUTED: u64 = object::elf::SHF_EXECINSTR as u64;

/// What the files of a folder are, as one layer of an image.
///
/// # Errors
/// When one of them cannot be read.
pub(super) fn of_tree(kind: &'static str, root: &Path, components: u64) -> anyhow::Result<Artefact> {
    let mut entries = Vec::new();
    list(root, root, &mut entries)?;
    // A registry's layer does not depend on the order in which the disk lists files.
    entries.sort();
    let files = entries.into_iter().map(|name| (root.join(&name), name)).collect::<Vec<_>>();
    measure(kind, &files, components)
}

/// What these files are, as one layer of an image.
///
/// # Errors
/// When one of them cannot be read.
pub(super) fn of_files(kind: &'static str, files: &[&Path], components: u64) -> anyhow::Result<Artefact> {
    let named = files.iter().map(|path| ((*path).to_owned(), PathBuf::from(path.file_name().unwrap_or_default())));
    measure(kind, &named.collect::<Vec<_>>(), components)
}

fn measure(kind: &'static str, files: &[(PathBuf, PathBuf)], components: u64) -> anyhow::Result<Artefact> {
    let mut artefact = Artefact { kind, components, ..Artefact::default() };
    let mut layer = tar::Builder::new(GzEncoder::new(Counter(0), Compression::best()));
    layer.follow_symlinks(false);
    layer.mode(tar::HeaderMode::Deterministic);
    for (path, name) in files {
        let failed = || format!("cannot read {}", path.display());
        let metadata = fs::symlink_metadata(path).with_context(failed)?;
        if metadata.is_file() {
            artefact.files += 1;
            artefact.bytes += metadata.size();
            artefact.code_bytes += code_bytes_of(path).with_context(failed)?;
        } else if metadata.is_symlink() {
            artefact.files += 1;
        }
        layer.append_path_with_name(path, name).with_context(failed)?;
    }
    artefact.compressed_bytes = layer.into_inner()?.finish()?.0;
    Ok(artefact)
}

/// Everything below a folder but sockets and devices, which images do not hold.
fn list(root: &Path, folder: &Path, entries: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let failed = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let kind = entry.file_type().with_context(failed)?;
        let path = entry.path();
        if kind.is_file() || kind.is_symlink() || kind.is_dir() {
            entries.push(path.strip_prefix(root).with_context(failed)?.to_owned());
        }
        if kind.is_dir() {
            list(root, &path, entries)?;
        }
    }
    Ok(())
}

fn code_bytes_of(path: &Path) -> io::Result<u64> {
    let mut magic = [0; 4];
    let mut file = File::open(path)?;
    match io::Read::read_exact(&mut file, &mut magic) {
        Ok(()) if magic == *b"\x7fELF" => Ok(code_bytes(&fs::read(path)?)),
        Ok(()) => Ok(0),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        Err(error) => Err(error),
    }
}

/// Bytes of the sections of an ELF file that are executed; where it has no sections, of its executable segments. What is no
/// ELF has none.
pub(super) fn code_bytes(file: &[u8]) -> u64 {
    let Ok(file) = object::File::parse(file) else { return 0 };
    let is_executed = |flags| matches!(flags, SectionFlags::Elf { sh_flags } if sh_flags & EXECUTED != 0);
    let sections: u64 = file
        .sections()
        .filter(|section| is_executed(section.flags()))
        .fold(0, |sum, section| sum.saturating_add(section.size()));
    if sections > 0 {
        return sections;
    }
    let is_executable =
        |flags| matches!(flags, object::SegmentFlags::Elf { p_flags } if p_flags & object::elf::PF_X != 0);
    let segments =
        object::Object::segments(&file).filter(|segment| is_executable(object::ObjectSegment::flags(segment)));
    segments.fold(0, |sum, segment| sum.saturating_add(object::ObjectSegment::size(&segment)))
}

/// Counts what is written to it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tree_has_the_files_of_all_its_folders_and_is_smaller_compressed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::write(root.path().join("a/b/zeros"), vec![0; 100_000]).unwrap();
        fs::write(root.path().join("text"), "text").unwrap();
        std::os::unix::fs::symlink("text", root.path().join("link")).unwrap();
        let artefact = of_tree("test", root.path(), 2).unwrap();
        assert_eq!((artefact.files, artefact.bytes, artefact.components, artefact.code_bytes), (3, 100_004, 2, 0));
        assert!(artefact.compressed_bytes < 2_000, "{artefact:?}");
        assert_eq!(of_tree("test", root.path(), 2).unwrap(), artefact, "the same each time");
    }

    #[test]
    fn this_program_has_code_and_not_more_than_it_is_large() {
        let program = fs::read(std::env::current_exe().unwrap()).unwrap();
        let code = code_bytes(&program);
        assert!(code > 100_000 && code < program.len() as u64, "{code}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_measured_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            code_bytes(&bytes);
            code_bytes(&[&b"\x7fELF\x02\x01\x01"[..], &bytes].concat());
        }

        #[test]
        fn a_damaged_program_is_measured_without_harm(damage in prop::collection::vec((0..4096_usize, any::<u8>()), 1..20)) {
            let mut program = fs::read("/proc/self/exe").unwrap();
            program.truncate(100_000);
            for (place, byte) in damage {
                program[place] = byte;
            }
            code_bytes(&program);
        }
    }
}
