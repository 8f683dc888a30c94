//! The device tree that the kernel reads: its memory and its boot arguments.
//!
//! Source: Devicetree Specification 0.4, the flattened format (5) with `/memory` (3.4) and `/chosen` (3.6). Kernel 0.11 looks
//! at nothing else on x86-64. Written here in a few lines, because every function that runs at boot is translated first
//! where the processor is emulated: a general writer took a tenth of the time until the kernel's first instruction.

use crate::start_info::MemoryRange;
use alloc::vec::Vec;

const MAGIC: u32 = 0xd00d_feed;
const VERSION: u32 = 17;
const LAST_COMPATIBLE_VERSION: u32 = 16;
const HEADER_BYTES: usize = 40;
/// The memory reservation block: nothing but its end, two zero words of 8 bytes.
const RESERVATION_BYTES: usize = 16;

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const END: u32 = 9;

/// The names of all properties that occur, as the strings block holds them.
const STRINGS: &[u8] = b"compatible\0model\0#address-cells\0#size-cells\0device_type\0reg\0bootargs\0";

/// A property's name, by its place in [`STRINGS`].
#[derive(Clone, Copy)]
#[repr(u32)]
enum Name {
    Compatible = 0,
    Model = 11,
    AddressCells = 17,
    SizeCells = 32,
    DeviceType = 44,
    Registers = 56,
    BootArguments = 60,
}

/// What goes into the structure block.
struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, word: u32) {
        self.0.extend_from_slice(&word.to_be_bytes());
    }

    /// Bytes, filled up to a multiple of 4.
    fn padded(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.0.extend_from_slice(part);
        }
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn begin(&mut self, name: &[u8]) {
        self.word(BEGIN_NODE);
        self.padded(&[name, b"\0"]);
    }

    fn property(&mut self, name: Name, parts: &[&[u8]]) {
        self.word(PROPERTY);
        self.word(parts.iter().map(|part| part.len() as u32).sum());
        self.word(name as u32);
        self.padded(parts);
    }
}

/// Writes the device tree; `None` when the boot arguments hold a NUL byte, which a device tree string cannot.
#[must_use]
pub fn build(memory: &[MemoryRange], boot_arguments: &str) -> Option<Vec<u8>> {
    if boot_arguments.as_bytes().contains(&0) {
        return None;
    }
    let structure_start = HEADER_BYTES + RESERVATION_BYTES;
    let mut tree = Writer(Vec::with_capacity(1024 + boot_arguments.len()));
    tree.0.resize(structure_start, 0);
    tree.begin(b"");
    // The kernel asks for these two by name and takes their absence for a damaged tree.
    tree.property(Name::Compatible, &[b"skerry,microvm\0"]);
    tree.property(Name::Model, &[b"skerry,microvm\0"]);
    tree.property(Name::AddressCells, &[&2_u32.to_be_bytes()]);
    tree.property(Name::SizeCells, &[&2_u32.to_be_bytes()]);
    for range in memory {
        tree.begin(&memory_node_name(range.start));
        tree.property(Name::DeviceType, &[b"memory\0"]);
        tree.property(Name::Registers, &[&range.start.to_be_bytes(), &range.len_bytes().to_be_bytes()]);
        tree.word(END_NODE);
    }
    tree.begin(b"chosen");
    tree.property(Name::BootArguments, &[boot_arguments.as_bytes(), b"\0"]);
    tree.word(END_NODE);
    tree.word(END_NODE);
    tree.word(END);
    let strings_start = tree.0.len();
    tree.padded(&[STRINGS]);
    let header = [
        MAGIC,
        tree.0.len() as u32,
        structure_start as u32,
        strings_start as u32,
        HEADER_BYTES as u32,
        VERSION,
        LAST_COMPATIBLE_VERSION,
        0,
        STRINGS.len() as u32,
        (strings_start - structure_start) as u32,
    ];
    for (place, word) in tree.0.chunks_exact_mut(4).zip(header) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    Some(tree.0)
}

/// `memory@` and the address in hexadecimal, without leading zeroes.
fn memory_node_name(address: u64) -> Vec<u8> {
    let mut name = Vec::from(b"memory@");
    let digits = (u64::BITS - address.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        let value = (address >> (digit * 4)) as u8 & 0xf;
        name.push(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use fdt::Fdt;
    use proptest::prelude::*;

    #[test]
    fn every_name_stands_where_its_number_says() {
        let names = [
            (Name::Compatible, "compatible"),
            (Name::Model, "model"),
            (Name::AddressCells, "#address-cells"),
            (Name::SizeCells, "#size-cells"),
            (Name::DeviceType, "device_type"),
            (Name::Registers, "reg"),
            (Name::BootArguments, "bootargs"),
        ];
        for (name, text) in names {
            let rest = &STRINGS[name as usize..];
            assert_eq!(&rest[..text.len() + 1], [text.as_bytes(), b"\0"].concat());
        }
    }

    #[test]
    fn arguments_with_a_nul_byte_are_refused() {
        assert_eq!(build(&[], "a\0b"), None);
    }

    proptest! {
        #[test]
        fn the_kernels_own_parser_reads_what_was_written(
            starts in proptest::collection::vec(0_u64..1 << 40, 0..4),
            len in 1_u64..1 << 36,
            arguments in "[ -~]{0,300}",
        ) {
            let memory: Vec<_> = starts.iter().map(|start| MemoryRange { start: *start, end: start + len }).collect();
            let tree = build(&memory, &arguments).unwrap();
            let parsed = Fdt::new(&tree).unwrap();
            assert_eq!(parsed.root().compatible().first(), "skerry,microvm");
            assert_eq!(parsed.root().model(), "skerry,microvm");
            assert_eq!(parsed.chosen().bootargs().map(String::from), Some(arguments));
            let nodes = parsed.find_all_nodes("/memory");
            let found: Vec<_> = nodes.map(|node| node.reg().unwrap().next().unwrap()).collect();
            assert_eq!(found.len(), memory.len());
            for (found, range) in found.iter().zip(&memory) {
                assert_eq!(found.starting_address as u64, range.start);
                assert_eq!(found.size, Some(len as usize));
            }
        }
    }
}
