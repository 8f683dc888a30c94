//! Where in physical memory the image goes.
//!
//! The kernel (0.11) takes everything above the image's last 2 MiB page as free memory, and nothing below its first. So the
//! loader itself, with its page tables, stack, device tree and boot information, lies below, and the image starts
//! at [`IMAGE_ADDRESS`], as low as the loader lets it.

use crate::start_info::MemoryRange;

/// The size of the pages that map the image.
pub const LARGE_PAGE_BYTES: u64 = 2 << 20;
/// Where the image is loaded: the first large page behind the loader's own, which ends here at the latest.
pub const IMAGE_ADDRESS: u64 = 2 * LARGE_PAGE_BYTES;
/// What kernel and runtime need behind the image to come up at all. Less ends in a panic of the kernel that names no
/// cause, so the loader refuses it with a reason. Measured: with it, on a machine of 34 MiB in all, the runtime comes up and
/// runs a C function.
pub const WORKING_MEMORY_BYTES: u64 = 26 << 20;

/// Why the image does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLittleMemory {
    /// What the machine would need, in bytes.
    pub needed_bytes: u64,
    /// What it has from address 0 on, in bytes.
    pub present_bytes: u64,
}

/// Finds the place of an image of `image_bytes` that now lies at `module`.
///
/// `memory` are the machine's ranges of ordinary memory.
///
/// # Errors
/// When no range can hold the image at [`IMAGE_ADDRESS`] beside its own source and leave the kernel enough to work with.
pub fn place_image(
    image_bytes: u64,
    module: MemoryRange,
    memory: &[MemoryRange],
) -> Result<MemoryRange, TooLittleMemory> {
    let present_bytes = memory.iter().map(|range| range.end).filter(|end| *end <= 1 << 32).max().unwrap_or(0);
    let place = MemoryRange { start: IMAGE_ADDRESS, end: IMAGE_ADDRESS + image_bytes };
    let pages_end = place.end.next_multiple_of(LARGE_PAGE_BYTES);
    let working = MemoryRange { start: place.start, end: pages_end + WORKING_MEMORY_BYTES };
    let fits = memory.iter().any(|range| range.contains(working));
    if fits && !place.overlaps(module) {
        Ok(place)
    } else {
        let needed_bytes = working.end.max(pages_end + module.len_bytes());
        Err(TooLittleMemory { needed_bytes, present_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn memory(size_mib: u64) -> [MemoryRange; 2] {
        [MemoryRange { start: 0, end: 0x9_fc00 }, MemoryRange { start: MIB, end: size_mib * MIB }]
    }

    fn at_the_top(size_mib: u64, bytes: u64) -> MemoryRange {
        MemoryRange { start: size_mib * MIB - bytes, end: size_mib * MIB }
    }

    #[test]
    fn an_image_goes_right_behind_the_loader() {
        let place = place_image(3 * MIB, at_the_top(64, 2 * MIB), &memory(64)).unwrap();
        assert_eq!(place, MemoryRange { start: 4 * MIB, end: 7 * MIB });
    }

    #[test]
    fn too_little_memory_is_said_in_numbers() {
        let error = place_image(3 * MIB, at_the_top(16, 2 * MIB), &memory(16)).unwrap_err();
        assert_eq!(error, TooLittleMemory { needed_bytes: 34 * MIB, present_bytes: 16 * MIB });
    }

    #[test]
    fn an_image_is_never_loaded_over_its_own_source() {
        let source = MemoryRange { start: 5 * MIB, end: 7 * MIB };
        assert!(place_image(3 * MIB, source, &memory(64)).is_err());
    }

    #[test]
    fn memory_above_4_gib_does_not_count_as_low_memory() {
        let memory = [MemoryRange { start: MIB, end: 8 * MIB }, MemoryRange { start: 1 << 32, end: 2 << 32 }];
        let error = place_image(3 * MIB, at_the_top(8, MIB), &memory).unwrap_err();
        assert_eq!(error.present_bytes, 8 * MIB);
    }
}
