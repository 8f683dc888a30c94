//! What wasmtime asks of a platform that it does not know: pages for machine code, address space for linear memories, faults,
//! and one pointer for each thread.
//!
//! Its names and their meaning are those of wasmtime's `sys/custom/capi.rs`. All pages come from the heap. The kernel sees
//! to it that those of code are never writable and executable at once (`guest/kernel/overlay/page_protection.rs`). A linear
//! memory has 4 GiB of addresses and more to itself, of which those that it has grown to are backed by pages
//! (`address_space.rs`); an access to others faults, and the fault is wasmtime's to answer (`faults.rs`). Whatever else could
//! be asked here is refused: the engine is configured to do without.

use skerry_runtime::Interrupts;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

const PAGE_BYTES: usize = 4096;
/// What address space is given in.
const GRAIN_BYTES: usize = 1 << 30;
/// Bits of wasmtime's protections.
const READ: u32 = 1;
const WRITE: u32 = 2;
/// Says that something cannot be done; the number means nothing more.
const REFUSED: i32 = -1;

/// See wasmtime's `wasmtime_trap_handler_t`.
type FaultHandler = extern "C" fn(usize, usize, bool, usize);

unsafe extern "C" {
    /// Sets what may be done with pages beside reading them: 0 nothing, 1 writing, 2 executing.
    fn sys_skerry_protect(start: *mut u8, bytes: usize, protection: u32) -> i32;
    /// Reserves addresses, in whole GiB.
    fn sys_skerry_reserve(bytes: usize) -> *mut u8;
    /// Puts pages of the heap at reserved addresses.
    fn sys_skerry_back(start: *mut u8, pages: *const u8, bytes: usize) -> i32;
    /// Gives reserved addresses back.
    fn sys_skerry_release(start: *mut u8, bytes: usize);
    /// Hands faults of machine code to a handler.
    fn sys_skerry_on_fault(handler: FaultHandler) -> i32;
    /// Says that this thread runs machine code, and which fault it has when it is interrupted; a number for it.
    safe fn sys_skerry_begin_call(start: usize, end: usize, place: usize) -> i32;
    /// Interrupts it.
    safe fn sys_skerry_interrupt_call(number: i32);
    /// It has ended.
    safe fn sys_skerry_end_call(number: i32);
}

/// The kernel's value for writing.
const KERNEL_WRITE: u32 = WRITE >> 1;

thread_local! {
    static SLOT: Cell<*mut u8> = const { Cell::new(ptr::null_mut()) };
}

/// The linear memories that there are, by their first address.
static RESERVED: Mutex<BTreeMap<usize, Reservation>> = Mutex::new(BTreeMap::new());

struct Reservation {
    bytes: usize,
    backing: Vec<Pages>,
}

/// Pages of the heap, freed when dropped.
struct Pages {
    address: usize,
    layout: Layout,
}

impl Pages {
    /// Zeroed pages; `None` without memory for them.
    fn new(bytes: usize) -> Option<Self> {
        let layout = Layout::from_size_align(bytes, PAGE_BYTES).ok().filter(|layout| layout.size() > 0)?;
        // SAFETY: the size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        (!start.is_null()).then_some(Self { address: start as usize, layout })
    }

    fn start(&self) -> *mut u8 {
        self.address as *mut u8
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: `new` has allocated them with this layout, and whoever owns them is done with them.
        unsafe { dealloc(self.start(), self.layout) };
    }
}

// Nothing here panics with the lock held.
fn reserved() -> MutexGuard<'static, BTreeMap<usize, Reservation>> {
    RESERVED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Backs a part of a linear memory; `None` if there is no linear memory.
fn back(start: *mut u8, bytes: usize, protection: u32) -> Option<i32> {
    let mut reserved = reserved();
    let (first, reservation) = reserved.range_mut(..=start as usize).next_back()?;
    let offset = start as usize - first;
    if offset >= reservation.bytes {
        return None;
    }
    if protection != READ | WRITE || bytes > reservation.bytes - offset {
        return Some(REFUSED);
    }
    if bytes == 0 {
        return Some(0);
    }
    let Some(pages) = Pages::new(bytes) else { return Some(REFUSED) };
    // SAFETY: the addresses are the caller's, which has not used them yet. The pages are kept for as long as they are.
    let result = unsafe { sys_skerry_back(start, pages.start(), bytes) };
    // Even after an error some may be in use.
    reservation.backing.push(pages);
    Some(result)
}

/// How running calls are interrupted, for the runtime.
pub(crate) const INTERRUPTS: Interrupts = Interrupts {
    begin: |code, trap| u32::try_from(sys_skerry_begin_call(code.start, code.end, trap)).ok(),
    interrupt: |call| sys_skerry_interrupt_call(call.cast_signed()),
    end: |call| sys_skerry_end_call(call.cast_signed()),
};

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

/// Called once, when the first engine is made.
#[unsafe(no_mangle)]
extern "C" fn wasmtime_init_traps(handler: FaultHandler) -> i32 {
    // SAFETY: the handler is wasmtime's, made for this.
    let result = unsafe { sys_skerry_on_fault(handler) };
    // Wasmtime does not look at the result, and machine code whose faults nobody answers must not run.
    assert!(result == 0, "the kernel does not hand faults over (error {result})");
    result
}

/// Pages for machine code, or, without any protection, addresses for a linear memory.
#[unsafe(no_mangle)]
extern "C" fn wasmtime_mmap_new(bytes: usize, protection: u32, start: &mut *mut u8) -> i32 {
    if protection == READ | WRITE {
        let Some(pages) = Pages::new(bytes) else { return REFUSED };
        *start = pages.start();
        // `wasmtime_munmap` frees them.
        std::mem::forget(pages);
        return 0;
    }
    let Some(bytes) = bytes.checked_next_multiple_of(GRAIN_BYTES).filter(|_| protection == 0) else { return REFUSED };
    // SAFETY: a call without conditions.
    let addresses = unsafe { sys_skerry_reserve(bytes) };
    if addresses.is_null() {
        return REFUSED;
    }
    reserved().insert(addresses as usize, Reservation { bytes, backing: Vec::new() });
    *start = addresses;
    0
}

/// # Safety
///
/// `start` came from `wasmtime_mmap_new` with this size, and nobody uses what is there any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmtime_munmap(start: *mut u8, bytes: usize) -> i32 {
    if let Some(reservation) = reserved().remove(&(start as usize)) {
        // SAFETY: the caller gives all of it up; only its own thread has used it. The pages are freed after that.
        unsafe { sys_skerry_release(start, reservation.bytes) };
        return 0;
    }
    let Ok(layout) = Layout::from_size_align(bytes, PAGE_BYTES) else { return REFUSED };
    // SAFETY: the caller gives whole pages up, and before the heap has them again they are as all of the heap is.
    let result = unsafe { sys_skerry_protect(start, bytes, KERNEL_WRITE) };
    if result == 0 {
        drop(Pages { address: start as usize, layout });
    }
    result
}

/// # Safety
///
/// The pages are part of what came from `wasmtime_mmap_new`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmtime_mprotect(start: *mut u8, bytes: usize, protection: u32) -> i32 {
    let bytes = bytes.next_multiple_of(PAGE_BYTES);
    if let Some(result) = back(start, bytes, protection) {
        return result;
    }
    // SAFETY: the pages are the caller's, as it says; their last one is so to its end.
    unsafe { sys_skerry_protect(start, bytes, protection >> 1) }
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
