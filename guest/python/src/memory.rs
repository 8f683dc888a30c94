//! How much memory a call may use: counted where it is allocated.
//!
//! The allocator counts what an interpreter allocates in its arena. Beyond the call's limit the call is interrupted, which takes
//! effect at the next instruction or step of an iterator; until then it goes on. Far beyond it allocations are refused, which
//! nearly all of the interpreter's code turns into a `MemoryError`.

use crate::arena;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Refused is what would lead beyond so much of the limit, in percent. A list that doubles its room is there with its old
/// and its new room for a moment: with two thirds of the limit before, and four thirds afterwards.
const HARD_LIMIT_PERCENT: isize = 240;

thread_local! {
    /// What to do when a call exceeds its limit.
    static INTERRUPT: Cell<Option<fn()>> = const { Cell::new(None) };
    static USED: Cell<isize> = const { Cell::new(0) };
    static LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
    static HARD_LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
    static EXCEEDED: Cell<bool> = const { Cell::new(false) };
}

/// The system's allocator, and beside it the arenas of threads that interpret. The program's global allocator where functions
/// are run.
#[derive(Debug)]
pub struct PythonAllocator;

// SAFETY: a block is allocated, moved and freed by one of the two, the arena or the system's allocator: which one, its address
// tells. A request may be refused by a null pointer.
unsafe impl GlobalAlloc for PythonAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !arena::is_inside() {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        }
        // SAFETY: the caller's promise.
        counted(layout.size(), || unsafe { arena::allocate(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !arena::is_inside() {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the caller's promise.
        counted(layout.size(), || unsafe { arena::allocate_zeroed(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if !arena::owns(pointer) {
            // SAFETY: the caller's promise.
            return unsafe { System.dealloc(pointer, layout) };
        }
        shrinks(layout.size());
        // SAFETY: the caller's promise.
        unsafe { arena::free(pointer, layout) };
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !arena::owns(pointer) {
            // SAFETY: the caller's promise.
            return unsafe { System.realloc(pointer, layout, new_size) };
        }
        // Old and new exist side by side for a while.
        // SAFETY: the caller's promise.
        let moved = counted(new_size, || unsafe { arena::reallocate(pointer, layout, new_size) });
        if !moved.is_null() {
            shrinks(layout.size());
        }
        moved
    }
}

/// Allocates so many bytes, if the call may have them. Must not allocate otherwise.
fn counted(bytes: usize, allocate: impl FnOnce() -> *mut u8) -> *mut u8 {
    if !grows(bytes) {
        return std::ptr::null_mut();
    }
    let pointer = allocate();
    if pointer.is_null() {
        shrinks(bytes);
    }
    pointer
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

/// Counts an allocation; `false` refuses it. Must not allocate.
fn grows(bytes: usize) -> bool {
    let used = USED.get().saturating_add(signed(bytes));
    if used > HARD_LIMIT.get() {
        return false;
    }
    if used > LIMIT.get() {
        EXCEEDED.set(true);
        if let Some(interrupt) = INTERRUPT.get() {
            interrupt();
        }
    }
    USED.set(used);
    true
}

fn shrinks(bytes: usize) {
    USED.set(USED.get().saturating_sub(signed(bytes)));
}

/// Calls `interrupt` whenever a call of this thread exceeds its limit; that must not allocate.
pub(crate) fn when_exceeded(interrupt: fn()) {
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
