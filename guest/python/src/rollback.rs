//! Setting a thread's interpreter back to what it was, byte by byte: its arena and the thread's own storage.
//!
//! That is what makes calls strangers to each other. A fresh interpreter for each call costs milliseconds and never gives back
//! all that it took; copying some megabytes costs less, and nothing that a call did can be left: not a changed module, not a
//! counter in native code, not a leaked object.
//!
//! It is sound because of what the interpreter is built as, without its feature `threading`: its objects are reference-counted
//! without atomics, so none of them can be in a static that other threads see, unless a crate vouches for it; those few are
//! moved into the thread's storage (`host/image/src/python_edits.rs`).

use crate::arena::{self, Block};
use crate::thread_storage;
use std::collections::TryReserveError;

/// What a thread's interpreter was at a moment.
pub(crate) struct Snapshot {
    arena: Vec<Copy>,
    blocks: Vec<Block>,
    storage: Copy,
}

/// Bytes, and where they belong.
struct Copy {
    block: Block,
    bytes: Vec<u8>,
}

impl Copy {
    fn of(block: Block) -> Result<Self, TryReserveError> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(block.bytes)?;
        // SAFETY: room for so many bytes was made; the block is this thread's, and nobody writes there now.
        unsafe {
            let from = std::ptr::with_exposed_provenance::<u8>(block.start);
            std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), block.bytes);
            bytes.set_len(block.bytes);
        }
        Ok(Self { block, bytes })
    }
}

impl Snapshot {
    /// Takes one of this thread, whose interpreter does nothing at the moment.
    ///
    /// # Errors
    ///
    /// When there is no memory for the copy.
    pub(crate) fn take() -> Result<Self, TryReserveError> {
        arena::outside(|| {
            let blocks = arena::blocks();
            let arena = blocks.iter().map(|block| Copy::of(*block)).collect::<Result<_, _>>()?;
            Ok(Self { arena, blocks, storage: Copy::of(thread_storage::block())? })
        })
    }

    /// Sets the thread back. Returns as if nothing had been done since [`take`](Self::take), but for what is not the
    /// interpreter's.
    ///
    /// # Safety
    ///
    /// Called on the same thread, outside of the arena; no reference into the arena made since `take` is used afterwards, and
    /// no block of a snapshot before has been given back.
    // Not inlined: nothing of the thread's storage may be kept in a register across it.
    #[inline(never)]
    pub(crate) unsafe fn restore(&self) {
        // SAFETY: the heap is set back by what follows.
        unsafe { arena::release_all_but(&self.blocks) };
        for copy in self.arena.iter().chain([&self.storage]) {
            let to = std::ptr::with_exposed_provenance_mut::<u8>(copy.block.start);
            // SAFETY: the block is this thread's, and still there.
            unsafe { std::ptr::copy_nonoverlapping(copy.bytes.as_ptr(), to, copy.bytes.len()) };
        }
        std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    }
}
