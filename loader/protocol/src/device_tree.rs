//! The device tree that the kernel reads: its memory and its boot arguments.
//!
//! Source: Devicetree Specification 0.4, `/memory` (3.4) and `/chosen` (3.6). Kernel 0.11 looks at nothing else on x86-64.

use crate::start_info::MemoryRange;
use alloc::format;
use alloc::vec::Vec;
use vm_fdt::{Error, FdtWriter};

/// Writes the device tree.
///
/// # Errors
/// When the boot arguments hold a NUL byte, which a device tree string cannot.
pub fn build(memory: &[MemoryRange], boot_arguments: &str) -> Result<Vec<u8>, Error> {
    let mut tree = FdtWriter::new()?;
    let root = tree.begin_node("")?;
    // The kernel asks for these two by name and takes their absence for a damaged tree.
    tree.property_string("compatible", "skerry,microvm")?;
    tree.property_string("model", "skerry,microvm")?;
    tree.property_u32("#address-cells", 2)?;
    tree.property_u32("#size-cells", 2)?;
    for range in memory {
        let node = tree.begin_node(&format!("memory@{:x}", range.start))?;
        tree.property_string("device_type", "memory")?;
        tree.property_array_u64("reg", &[range.start, range.len_bytes()])?;
        tree.end_node(node)?;
    }
    let chosen = tree.begin_node("chosen")?;
    tree.property_string("bootargs", boot_arguments)?;
    tree.end_node(chosen)?;
    tree.end_node(root)?;
    tree.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_holds_the_memory_and_the_arguments() {
        let tree = build(&[MemoryRange { start: 0x10_0000, end: 0x400_0000 }], "-freq 2000 -- log=debug").unwrap();
        assert_eq!(tree[..4], [0xd0, 0x0d, 0xfe, 0xed]);
        let holds = |needle: &[u8]| tree.windows(needle.len()).any(|window| window == needle);
        assert!(holds(b"memory@100000\0"));
        assert!(holds(b"-freq 2000 -- log=debug\0"));
        assert!(holds(&0x3f0_0000_u64.to_be_bytes()));
    }

    #[test]
    fn arguments_with_a_nul_byte_are_refused() {
        assert!(build(&[], "a\0b").is_err());
    }
}
