//! What wasmtime asks of a platform that it does not know: pages for machine code, and one pointer for each thread.
//!
//! Its names and their meaning are those of wasmtime's `sys/custom/capi.rs`. Pages come from the heap. The kernel sees
//! to it that they are never writable and executable at once (`guest/kernel/overlay/page_protection.rs`). Linear
//! memory does not come this way, and whatever else could be asked here is refused: the engine is configured to do
//! without.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::ptr;

const PAGE_BYTES: usize = 4096;
/// Bits of wasmtime's protections.
const READ: u32 = 1;
const WRITE: u32 = 2;
/// Says that something cannot be done; the number means nothing more.
const REFUSED: i32 = -1;

unsafe extern "C" {
    /// Sets what may be done with pages beside reading them: 0 nothing, 1 writing, 2 executing.
    fn sys_skerry_protect(start: *mut u8, bytes: usize, protection: u32) -> i32;
}

/// The kernel's value for writing.
const KERNEL_WRITE: u32 = WRITE >> 1;

thread_local! {
    static SLOT: Cell<*mut u8> = const { Cell::new(ptr::null_mut()) };
}

// The names belong to wasmtime's interface for platforms; nothing else in the image has them.

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_get(_slot: usize) -> *mut u8 {
    SLOT.get()
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_set(_slot: usize, value: *mut u8) {
    SLOT.set(value);
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_page_size() -> usize {
    PAGE_BYTES
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_mmap_new(bytes: usize, protection: u32, pages: &mut *mut u8) -> i32 {
    let Ok(layout) = Layout::from_size_align(bytes, PAGE_BYTES) else { return REFUSED };
    if protection != READ | WRITE || bytes == 0 {
        return REFUSED;
    }
    // SAFETY: the size is not zero.
    let allocated = unsafe { alloc_zeroed(layout) };
    if allocated.is_null() {
        return REFUSED;
    }
    *pages = allocated;
    0
}

/// # Safety
///
/// `pages` came from `wasmtime_mmap_new` with this size, and nobody uses them any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmtime_munmap(pages: *mut u8, bytes: usize) -> i32 {
    let Ok(layout) = Layout::from_size_align(bytes, PAGE_BYTES) else { return REFUSED };
    // SAFETY: the caller gives whole pages up, and before the heap has them again they are as all of the heap is.
    unsafe {
        let result = sys_skerry_protect(pages, bytes, KERNEL_WRITE);
        if result == 0 {
            dealloc(pages, layout);
        }
        result
    }
}

/// # Safety
///
/// The pages are part of what came from `wasmtime_mmap_new`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmtime_mprotect(start: *mut u8, bytes: usize, protection: u32) -> i32 {
    // SAFETY: the pages are the caller's, as it says; their last one is so to its end.
    unsafe { sys_skerry_protect(start, bytes.next_multiple_of(PAGE_BYTES), protection >> 1) }
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_mmap_remap(_start: *mut u8, _bytes: usize, _protection: u32) -> i32 {
    REFUSED
}

/// No image; memory is then initialized by copying.
#[unsafe(no_mangle)]
extern "C" fn wasmtime_memory_image_new(_content: *const u8, _bytes: usize, image: &mut *mut u8) -> i32 {
    *image = ptr::null_mut();
    0
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_memory_image_map_at(_image: *mut u8, _start: *mut u8, _bytes: usize) -> i32 {
    REFUSED
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_memory_image_free(_image: *mut u8) {}
