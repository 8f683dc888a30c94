//! The loader's view of physical memory: reading what the VMM left there, a small heap, and the page tables for the kernel.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};
use skerry_boot_protocol::placement::LARGE_PAGE_BYTES;
use skerry_boot_protocol::start_info::MemoryRange;

/// Enough for the command line, its extended copy and the device tree, several times over.
const HEAP_BYTES: usize = 256 * 1024;
/// What the loader maps: an address above cannot be read.
const MAPPED_BYTES: u64 = 4 << 30;

/// Bytes of physical memory.
///
/// Returns `None` when the range is empty of meaning: null, or beyond what is mapped.
///
/// # Safety
/// Nothing may write to the range while the slice lives. (The loader is alone on the machine, so that is the loader itself.)
pub(crate) unsafe fn physical(address: u64, len: u64) -> Option<&'static [u8]> {
    let end = address.checked_add(len)?;
    if address == 0 || end > MAPPED_BYTES {
        return None;
    }
    // SAFETY: the range is mapped to itself; where there is no memory, reads give ones, not faults.
    Some(unsafe { core::slice::from_raw_parts(address as *const u8, len as usize) })
}

/// Bytes of physical memory, to write to.
///
/// # Safety
/// The range must be ordinary memory that nothing else refers to.
pub(crate) unsafe fn physical_mut(range: MemoryRange) -> &'static mut [u8] {
    // SAFETY: as the caller promises; the range is mapped to itself.
    unsafe { core::slice::from_raw_parts_mut(range.start as *mut u8, range.len_bytes() as usize) }
}

/// Takes from the page tables every 2 MiB page that is not ordinary memory.
///
/// The kernel maps the local APIC and device registers itself, in small pages, and fails where a large page is in its way.
///
/// # Safety
/// Afterwards, addresses that are not memory are unmapped; nothing may refer to them.
pub(crate) unsafe fn unmap_all_but(memory: &[MemoryRange]) {
    // SAFETY: the loader has one thread, and nobody else holds the entries.
    let entries = unsafe { crate::entry::page_directory_entries() };
    for (index, entry) in entries.iter_mut().enumerate() {
        let start = index as u64 * LARGE_PAGE_BYTES;
        let page = MemoryRange { start, end: start + LARGE_PAGE_BYTES };
        if !memory.iter().any(|range| range.overlaps(page)) {
            *entry = 0;
        }
    }
}

/// A heap that only grows: the loader runs once, for a moment, and its memory is never missed.
struct Heap {
    memory: UnsafeCell<[u8; HEAP_BYTES]>,
    used: AtomicUsize,
}

// SAFETY: allocations are disjoint parts of the memory, handed out by an atomic counter.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap { memory: UnsafeCell::new([0; HEAP_BYTES]), used: AtomicUsize::new(0) };

// SAFETY: every pointer returned lies within `memory`, is aligned as asked, and is returned once.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.memory.get() as usize;
        let used = self.used.load(Ordering::Relaxed);
        let start = (base + used).next_multiple_of(layout.align());
        let end = start + layout.size();
        if end > base + HEAP_BYTES {
            return core::ptr::null_mut();
        }
        self.used.store(end - base, Ordering::Relaxed);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _pointer: *mut u8, _layout: Layout) {}
}
