//! How much memory a call may use: counted where it is allocated.
//!
//! The allocator counts what the interpreter's thread allocates. Beyond the call's limit the call is interrupted, which takes
//! effect at the next instruction or step of an iterator; until then it goes on. Far beyond it allocations are refused, which
//! nearly all of the interpreter's code turns into a `MemoryError`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Refused is what would lead beyond so much of the limit, in percent. A list that doubles its room is there with its old
/// and its new room for a moment: with two thirds of the limit before, and four thirds afterwards.
const HARD_LIMIT_PERCENT: isize = 240;

thread_local! {
    /// `None`: this thread does not interpret.
    static INTERRUPT: Cell<Option<fn()>> = const { Cell::new(None) };
    static USED: Cell<isize> = const { Cell::new(0) };
    static LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
    static HARD_LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
    static EXCEEDED: Cell<bool> = const { Cell::new(false) };
}

/// The system's allocator, counting for threads that interpret. The program's global allocator where functions are run.
#[derive(Debug)]
pub struct CountingAllocator;

// SAFETY: passes everything on to the system's allocator, but for requests that it refuses by a null pointer.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !grows(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !grows(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrinks(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Old and new exist side by side for a while.
        if !grows(new_size) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        let moved = unsafe { System.realloc(pointer, layout, new_size) };
        shrinks(if moved.is_null() { new_size } else { layout.size() });
        moved
    }
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

/// Counts an allocation; `false` refuses it. Must not allocate.
fn grows(bytes: usize) -> bool {
    let Some(interrupt) = INTERRUPT.get() else { return true };
    let used = USED.get().saturating_add(signed(bytes));
    if used > HARD_LIMIT.get() {
        return false;
    }
    if used > LIMIT.get() {
        EXCEEDED.set(true);
        interrupt();
    }
    USED.set(used);
    true
}

fn shrinks(bytes: usize) {
    if INTERRUPT.get().is_some() {
        USED.set(USED.get().saturating_sub(signed(bytes)));
    }
}

/// Counts for this thread from now on, and calls `interrupt` when a call exceeds its limit; that must not allocate.
pub(crate) fn count_this_thread(interrupt: fn()) {
    INTERRUPT.set(Some(interrupt));
}

/// A call begins, which may use so much more than is used now.
pub(crate) fn begin_call(limit_bytes: usize) {
    EXCEEDED.set(false);
    let limit = signed(limit_bytes);
    LIMIT.set(USED.get().saturating_add(limit));
    HARD_LIMIT.set(USED.get().saturating_add((limit / 100).saturating_mul(HARD_LIMIT_PERCENT)));
}

/// The call has ended; says whether it used too much.
pub(crate) fn end_call() -> bool {
    LIMIT.set(isize::MAX);
    HARD_LIMIT.set(isize::MAX);
    EXCEEDED.replace(false)
}

/// What may still be allocated, in bytes.
pub(crate) fn left_bytes() -> usize {
    usize::try_from(LIMIT.get().saturating_sub(USED.get())).unwrap_or(0)
}
