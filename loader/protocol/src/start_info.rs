//! The PVH start info: what a VMM leaves in memory for a guest that it boots by its `XEN_ELFNOTE_PHYS32_ENTRY` note.
//!
//! Source: Xen's `xen/include/public/arch-x86/hvm/start_info.h` (version 1). QEMU, Firecracker and cloud-hypervisor write
//! the same structures. This module only decodes bytes; fetching them from physical memory is the caller's work.

use crate::bytes::{u32_at, u64_at};

/// The first word of a start info.
pub const MAGIC: u32 = 0x336e_c578;
/// Bytes of the start info structure itself, version 1.
pub const START_INFO_BYTES: usize = 56;
/// Bytes of one module list entry.
pub const MODULE_BYTES: usize = 32;
/// Bytes of one memory map entry.
pub const MEMORY_MAP_ENTRY_BYTES: usize = 24;
/// The type of a memory map entry that is ordinary memory (the numbers are those of the e820 map).
const MEMORY_TYPE_RAM: u32 = 1;

/// Why a start info is unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartInfoError {
    /// The bytes end before the structure does.
    Truncated,
    /// The magic word is something else: this is not a PVH boot.
    WrongMagic(u32),
    /// Version 0 has no memory map, which the loader needs.
    NoMemoryMap,
}

impl StartInfoError {
    /// The reason, for the serial console.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Truncated => "the start info ends early",
            Self::WrongMagic(_) => "the start info's magic is wrong (not a PVH boot)",
            Self::NoMemoryMap => "the start info has no memory map (version 0)",
        }
    }
}

/// The decoded start info: physical addresses of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartInfo {
    /// How many modules there are; the first is the unikernel image.
    pub module_count: u32,
    /// Where the module list is.
    pub modules_address: u64,
    /// Where the command line is: bytes up to a NUL; 0 when there is none.
    pub command_line_address: u64,
    /// Where the memory map is.
    pub memory_map_address: u64,
    /// How many entries the memory map has.
    pub memory_map_entries: u32,
}

impl StartInfo {
    /// Decodes the structure.
    ///
    /// # Errors
    /// When the bytes are too few, are no start info, or belong to a version without a memory map.
    pub fn parse(bytes: &[u8]) -> Result<Self, StartInfoError> {
        let word = |offset| u32_at(bytes, offset).ok_or(StartInfoError::Truncated);
        let long = |offset| u64_at(bytes, offset).ok_or(StartInfoError::Truncated);
        let magic = word(0)?;
        if magic != MAGIC {
            return Err(StartInfoError::WrongMagic(magic));
        }
        if word(4)? < 1 {
            return Err(StartInfoError::NoMemoryMap);
        }
        let info = Self {
            module_count: word(12)?,
            modules_address: long(16)?,
            command_line_address: long(24)?,
            memory_map_address: long(40)?,
            memory_map_entries: word(48)?,
        };
        if info.memory_map_address == 0 || info.memory_map_entries == 0 {
            return Err(StartInfoError::NoMemoryMap);
        }
        Ok(info)
    }
}

/// A range of physical memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRange {
    /// First address.
    pub start: u64,
    /// First address behind it.
    pub end: u64,
}

impl MemoryRange {
    /// Whether the two have an address in common.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether all of `other` lies within.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// How many bytes it spans.
    #[must_use]
    pub const fn len_bytes(self) -> u64 {
        self.end - self.start
    }
}

/// Decodes one module list entry: the range that the module's bytes take.
///
/// `None` when the bytes are too few or the range wraps around.
#[must_use]
pub fn parse_module(bytes: &[u8]) -> Option<MemoryRange> {
    range(u64_at(bytes, 0)?, u64_at(bytes, 8)?)
}

/// Decodes a memory map and calls `each` for every range of ordinary memory, in the map's order.
///
/// Entries of other types, empty ones and such as wrap around are passed over.
pub fn for_each_memory_range(bytes: &[u8], mut each: impl FnMut(MemoryRange)) {
    for entry in bytes.chunks_exact(MEMORY_MAP_ENTRY_BYTES) {
        let (Some(start), Some(len), Some(kind)) = (u64_at(entry, 0), u64_at(entry, 8), u32_at(entry, 16)) else {
            continue;
        };
        if kind == MEMORY_TYPE_RAM
            && let Some(memory) = range(start, len)
        {
            each(memory);
        }
    }
}

fn range(start: u64, len: u64) -> Option<MemoryRange> {
    let end = start.checked_add(len)?;
    (len > 0).then_some(MemoryRange { start, end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn start_info(version: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [MAGIC, version, 0, 1] {
            bytes.extend(word.to_le_bytes());
        }
        for long in [0x1000_u64, 0x2000, 0, 0x3000] {
            bytes.extend(long.to_le_bytes());
        }
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes
    }

    fn memory_entry(start: u64, len: u64, kind: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(start.to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes
    }

    #[test]
    fn a_version_1_start_info_is_decoded() {
        let info = StartInfo::parse(&start_info(1)).unwrap();
        assert_eq!(info.module_count, 1);
        assert_eq!(info.modules_address, 0x1000);
        assert_eq!(info.command_line_address, 0x2000);
        assert_eq!(info.memory_map_address, 0x3000);
        assert_eq!(info.memory_map_entries, 2);
    }

    #[test]
    fn what_is_no_usable_start_info_is_refused_with_the_reason() {
        assert_eq!(StartInfo::parse(&start_info(0)), Err(StartInfoError::NoMemoryMap));
        assert_eq!(StartInfo::parse(&[0; 56]), Err(StartInfoError::WrongMagic(0)));
        assert_eq!(StartInfo::parse(&start_info(1)[..50]), Err(StartInfoError::Truncated));
    }

    #[test]
    fn only_ordinary_memory_counts() {
        let mut map = memory_entry(0, 0x9_fc00, 1);
        map.extend(memory_entry(0xf_0000, 0x1_0000, 2));
        map.extend(memory_entry(0x10_0000, 0x400_0000, 1));
        map.extend(memory_entry(u64::MAX, 2, 1));
        map.extend(memory_entry(0x5000, 0, 1));
        let mut ranges = Vec::new();
        for_each_memory_range(&map, |range| ranges.push(range));
        assert_eq!(
            ranges,
            [MemoryRange { start: 0, end: 0x9_fc00 }, MemoryRange { start: 0x10_0000, end: 0x410_0000 }]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoders_fail_otherwise(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = StartInfo::parse(&bytes);
            let _ = parse_module(&bytes);
            for_each_memory_range(&bytes, |range| assert!(range.start < range.end));
        }
    }
}
