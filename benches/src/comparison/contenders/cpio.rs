//! Archives in the form that the Linux kernel takes as its first file system: cpio, "newc"
//! (Documentation/driver-api/early-userspace/buffer-format.rst). Written here, because it is a header of numbers in front of
//! each file.

use anyhow::ensure;

/// What a name in an archive stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry<'a> {
    /// A folder.
    Folder,
    /// A file that is run.
    Program(&'a [u8]),
    /// Another file.
    File(&'a [u8]),
    /// A device of characters, by its numbers.
    Device(u32, u32),
}

/// The name behind the last one.
const END: &str = "TRAILER!!!";

/// An archive of these, in this order: folders before what is in them.
///
/// # Errors
/// When one of them is larger than the form can say.
pub(super) fn archive(entries: &[(&str, Entry<'_>)]) -> anyhow::Result<Vec<u8>> {
    let mut archive = Vec::new();
    for (number, (name, entry)) in (1..).zip(entries) {
        add(&mut archive, number, name, *entry)?;
    }
    add(&mut archive, 0, END, Entry::File(&[]))?;
    Ok(archive)
}

fn add(archive: &mut Vec<u8>, number: u32, name: &str, entry: Entry<'_>) -> anyhow::Result<()> {
    let (mode, content, device): (u32, &[u8], _) = match entry {
        Entry::Folder => (0o040_755, &[], (0, 0)),
        Entry::Program(content) => (0o100_755, content, (0, 0)),
        Entry::File(content) => (0o100_644, content, (0, 0)),
        Entry::Device(major, minor) => (0o020_600, &[], (major, minor)),
    };
    let length = u32::try_from(content.len());
    ensure!(length.is_ok(), "{name} has {} bytes: more than an archive's header can say", content.len());
    let name_length = u32::try_from(name.len() + 1)?;
    // Number, mode, owner, group, links, time, length, the device it is on, the device it is, length of the name, no checksum.
    let numbers = [number, mode, 0, 0, 1, 0, length?, 0, 0, device.0, device.1, name_length, 0];
    archive.extend(b"070701");
    for number in numbers {
        archive.extend(format!("{number:08x}").bytes());
    }
    archive.extend(name.bytes().chain([0]));
    pad(archive);
    archive.extend(content);
    pad(archive);
    Ok(())
}

fn pad(archive: &mut Vec<u8>) {
    archive.resize(archive.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads an archive again: names, modes and contents.
    fn read(mut archive: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut entries = Vec::new();
        loop {
            assert_eq!(&archive[..6], b"070701");
            let number = |index: usize| {
                let digits = std::str::from_utf8(&archive[6 + 8 * index..14 + 8 * index]).unwrap();
                u32::from_str_radix(digits, 16).unwrap()
            };
            let (mode, length, name_length) = (number(1), number(6) as usize, number(11) as usize);
            let name = String::from_utf8(archive[110..110 + name_length - 1].to_vec()).unwrap();
            let begin = (110 + name_length).next_multiple_of(4);
            if name == END {
                return entries;
            }
            entries.push((name, mode, archive[begin..begin + length].to_vec()));
            archive = &archive[(begin + length).next_multiple_of(4)..];
        }
    }

    #[test]
    fn folders_programs_and_devices_are_told_apart() {
        let archive = archive(&[
            ("dev", Entry::Folder),
            ("dev/console", Entry::Device(5, 1)),
            ("init", Entry::Program(b"program")),
        ]);
        let read: Vec<_> = read(&archive.unwrap()).into_iter().map(|(name, mode, _)| (name, mode)).collect();
        let expected = [("dev", 0o040_755), ("dev/console", 0o020_600), ("init", 0o100_755)];
        assert_eq!(read, expected.map(|(name, mode)| (name.to_owned(), mode)));
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(files in prop::collection::vec(("[a-z/.]{1,20}", prop::collection::vec(any::<u8>(), 0..50)), 0..8)) {
            let entries: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), Entry::File(content))).collect();
            let read: Vec<_> = read(&archive(&entries).unwrap()).into_iter().map(|(name, _, content)| (name, content)).collect();
            prop_assert_eq!(read, files);
        }
    }
}
