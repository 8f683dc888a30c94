//! The memory that a thread's interpreter lives in: blocks of its own, apart from the program's, so that all of it can be set
//! back ([`crate::rollback`]) or given up at once.
//!
//! Whether an allocation is the interpreter's is decided by the thread and the moment ([`inside`]), where a block is to be
//! freed by its address. What it does not know: limits (`memory.rs`).

use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};

/// Blocks that an arena consists of, at most. They grow with the arena, so that this suffices for any memory.
const MOST_BLOCKS: usize = 128;
/// The least block, in bytes.
const LEAST_BLOCK_BYTES: usize = 1024 * 1024;
/// The largest block that is asked for ahead of need, in bytes.
const MOST_AHEAD_BYTES: usize = 32 * 1024 * 1024;
const BLOCK_ALIGNMENT: usize = 4096;

/// A block of the system's allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) start: usize,
    pub(crate) bytes: usize,
}

impl Block {
    const NONE: Self = Self { start: 0, bytes: 0 };
}

/// The blocks of an arena: in the order of their addresses, and how many there are.
#[derive(Clone, Copy)]
struct Blocks {
    sorted: [Block; MOST_BLOCKS],
    count: usize,
}

impl Blocks {
    fn as_slice(&self) -> &[Block] {
        &self.sorted[..self.count]
    }

    fn contains(&self, address: usize) -> bool {
        let next = self.as_slice().partition_point(|block| block.start <= address);
        next.checked_sub(1).is_some_and(|at| address - self.sorted[at].start < self.sorted[at].bytes)
    }

    /// The caller has seen that there is room.
    fn insert(&mut self, block: Block) {
        let at = self.as_slice().partition_point(|other| other.start < block.start);
        self.sorted.copy_within(at..self.count, at + 1);
        self.sorted[at] = block;
        self.count += 1;
    }

    fn remove(&mut self, start: usize) -> Option<Block> {
        let at = self.as_slice().iter().position(|block| block.start == start)?;
        let block = self.sorted[at];
        self.sorted.copy_within(at + 1..self.count, at);
        self.count -= 1;
        Some(block)
    }
}

thread_local! {
    // In the thread's own storage, and without destructors: a rollback sets them back by setting that back.
    static HEAP: UnsafeCell<Dlmalloc<ThisThread>> = const { UnsafeCell::new(Dlmalloc::new_with_allocator(ThisThread)) };
    static BLOCKS: UnsafeCell<Blocks> =
        const { UnsafeCell::new(Blocks { sorted: [Block::NONE; MOST_BLOCKS], count: 0 }) };
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Where the heap of this thread takes its blocks from.
struct ThisThread;

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, BLOCK_ALIGNMENT).ok()
}

/// The sizes to try for a block that has to hold `bytes`, the best first.
fn sizes(bytes: usize, arena_bytes: usize) -> impl Iterator<Item = usize> {
    let least = bytes.next_multiple_of(BLOCK_ALIGNMENT);
    let ahead = (arena_bytes / 4).clamp(LEAST_BLOCK_BYTES, MOST_AHEAD_BYTES).next_multiple_of(BLOCK_ALIGNMENT);
    std::iter::successors(Some(ahead), |size| Some(size / 2))
        .take_while(move |size| *size > least && *size >= BLOCK_ALIGNMENT)
        .map(|size| size.next_multiple_of(BLOCK_ALIGNMENT))
        .chain(std::iter::once(least))
}

// SAFETY: what it hands out is a block of the system's allocator that nobody else uses.
unsafe impl Allocator for ThisThread {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        const NOTHING: (*mut u8, usize, u32) = (std::ptr::null_mut(), 0, 0);
        with_blocks(|blocks| {
            if blocks.count == MOST_BLOCKS {
                return NOTHING;
            }
            let arena_bytes = blocks.as_slice().iter().map(|block| block.bytes).sum();
            for bytes in sizes(size, arena_bytes) {
                let Some(layout) = layout(bytes) else { return NOTHING };
                // SAFETY: the size is not zero.
                let start = unsafe { System.alloc(layout) };
                if !start.is_null() {
                    blocks.insert(Block { start: start.expose_provenance(), bytes });
                    return (start, bytes, 0);
                }
            }
            NOTHING
        })
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        std::ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        // A block stays until the call has ended: then it goes without being looked into.
        false
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        BLOCK_ALIGNMENT
    }
}

fn with_blocks<T>(body: impl FnOnce(&mut Blocks) -> T) -> T {
    // SAFETY: of this thread, and no body calls this function again: the system's allocator knows nothing of arenas.
    BLOCKS.with(|blocks| body(unsafe { &mut *blocks.get() }))
}

fn with_heap<T>(body: impl FnOnce(&mut Dlmalloc<ThisThread>) -> T) -> T {
    // SAFETY: of this thread, and no body calls this function again: the heap calls nothing but `ThisThread`.
    HEAP.with(|heap| body(unsafe { &mut *heap.get() }))
}

/// Runs `body`, whose allocations are the interpreter's.
pub(crate) fn inside<T>(body: impl FnOnce() -> T) -> T {
    switched(true, body)
}

/// Runs `body`, whose allocations are the program's: for what outlives the call.
pub(crate) fn outside<T>(body: impl FnOnce() -> T) -> T {
    switched(false, body)
}

fn switched<T>(inside: bool, body: impl FnOnce() -> T) -> T {
    let before = INSIDE.replace(inside);
    let result = body();
    INSIDE.set(before);
    result
}

/// What is allocated from now on is the program's: after a call that was abandoned.
pub(crate) fn leave() {
    INSIDE.set(false);
}

/// Whether this thread allocates for its interpreter.
pub(crate) fn is_inside() -> bool {
    INSIDE.get()
}

/// Whether an address is of this thread's arena.
pub(crate) fn owns(pointer: *const u8) -> bool {
    with_blocks(|blocks| blocks.count != 0 && blocks.contains(pointer.addr()))
}

/// As [`GlobalAlloc::alloc`], in this thread's arena.
///
/// # Safety
///
/// The size is not zero.
pub(crate) unsafe fn allocate(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    with_heap(|heap| unsafe { heap.malloc(layout.size(), layout.align()) })
}

/// As [`GlobalAlloc::alloc_zeroed`].
///
/// # Safety
///
/// The size is not zero.
pub(crate) unsafe fn allocate_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    with_heap(|heap| unsafe { heap.calloc(layout.size(), layout.align()) })
}

/// As [`GlobalAlloc::dealloc`].
///
/// # Safety
///
/// This thread's arena owns the pointer, which was allocated with this layout.
pub(crate) unsafe fn free(pointer: *mut u8, layout: Layout) {
    // SAFETY: the caller's promise.
    with_heap(|heap| unsafe { heap.free(pointer, layout.size(), layout.align()) });
}

/// As [`GlobalAlloc::realloc`].
///
/// # Safety
///
/// This thread's arena owns the pointer, which was allocated with this layout; the new size is not zero.
pub(crate) unsafe fn reallocate(pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    with_heap(|heap| unsafe { heap.realloc(pointer, layout.size(), layout.align(), new_size) })
}

/// The arena's blocks now. Not allocated in the arena.
pub(crate) fn blocks() -> Vec<Block> {
    outside(|| with_blocks(|blocks| blocks.as_slice().to_vec()))
}

/// Gives back all blocks but those of `kept`. The heap knows of them still: it must be set back at once.
///
/// # Safety
///
/// Nothing in these blocks is used any more, the heap included.
pub(crate) unsafe fn release_all_but(kept: &[Block]) {
    loop {
        let surplus = with_blocks(|blocks| {
            let block = blocks.as_slice().iter().copied().find(|block| !kept.contains(block))?;
            blocks.remove(block.start)
        });
        let Some(block) = surplus else { return };
        if let Some(layout) = layout(block.bytes) {
            // SAFETY: allocated by `ThisThread::alloc` with this layout; unused by the caller's promise.
            unsafe { System.dealloc(std::ptr::with_exposed_provenance_mut(block.start), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_any_of_their_addresses() {
        let mut blocks = Blocks { sorted: [Block::NONE; MOST_BLOCKS], count: 0 };
        for start in [300, 100, 200] {
            blocks.insert(Block { start, bytes: 50 });
        }
        let found: Vec<usize> = (0..400).step_by(25).filter(|address| blocks.contains(*address)).collect();
        assert_eq!(found, [100, 125, 200, 225, 300, 325]);
        assert_eq!(blocks.remove(200), Some(Block { start: 200, bytes: 50 }));
        assert!(!blocks.contains(200) && blocks.contains(300) && blocks.contains(149));
        assert_eq!(blocks.remove(200), None);
    }

    #[test]
    fn a_block_is_larger_the_larger_the_arena_and_never_smaller_than_asked() {
        assert_eq!(sizes(100, 0).next(), Some(LEAST_BLOCK_BYTES));
        assert_eq!(sizes(100, 64 * 1024 * 1024).next(), Some(16 * 1024 * 1024));
        assert_eq!(sizes(100, usize::MAX).next(), Some(MOST_AHEAD_BYTES));
        assert_eq!(sizes(5_000_000, 0).collect::<Vec<_>>(), [5_001_216]);
        assert!(sizes(100, 0).all(|size| size >= 100 && size % BLOCK_ALIGNMENT == 0));
        assert_eq!(sizes(100, 0).last(), Some(BLOCK_ALIGNMENT));
    }
}
