//! Where a thread's own variables are: the program's part of the thread-local storage.
//!
//! "ELF Handling For Thread-Local Storage", section 3.4.6 (x86-64): the program's block ends at the thread pointer, which is
//! itself found at `fs:0`. How large it is, the program's own headers say (segment `PT_TLS`).

use crate::arena::Block;

/// The file's header, in memory: only fields that are needed (ELF-64 Object File Format, figure 2).
#[repr(C)]
struct FileHeader {
    before: [u8; 32],
    program_headers_offset: u64,
    between: [u8; 14],
    program_header_bytes: u16,
    program_headers: u16,
}

/// A program header (figure 6).
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    virtual_address: u64,
    physical_address: u64,
    file_bytes: u64,
    memory_bytes: u64,
    alignment: u64,
}

const THREAD_LOCAL_STORAGE: u32 = 7;

unsafe extern "C" {
    /// Defined by the linker: the program's first byte.
    static __ehdr_start: FileHeader;
}

/// The block of the thread that calls. Empty if the program has no thread-local variables.
pub(crate) fn block() -> Block {
    let bytes = storage_bytes();
    let pointer: usize;
    // SAFETY: reads the thread pointer where the ABI has it.
    unsafe {
        core::arch::asm!("mov {}, fs:[0]", out(reg) pointer, options(nostack, preserves_flags, readonly));
    }
    Block { start: pointer - bytes, bytes }
}

fn storage_bytes() -> usize {
    let header = &raw const __ehdr_start;
    // SAFETY: the linker put header and program headers there, and they are loaded with the program.
    unsafe {
        let offset = usize::try_from((*header).program_headers_offset).unwrap_or(0);
        let table = header.cast::<u8>().add(offset);
        for index in 0..usize::from((*header).program_headers) {
            let entry = &*table.add(index * usize::from((*header).program_header_bytes)).cast::<ProgramHeader>();
            if entry.kind == THREAD_LOCAL_STORAGE {
                let bytes = entry.memory_bytes.next_multiple_of(entry.alignment.max(1));
                return usize::try_from(bytes).unwrap_or(0);
            }
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static FIRST: Cell<u64> = const { Cell::new(1) };
        static ZERO: Cell<u64> = const { Cell::new(0) };
    }

    #[test]
    fn the_block_holds_the_variables_of_the_thread_that_asks() {
        let look = || {
            let block = block();
            for address in [FIRST.with(|cell| cell.as_ptr().addr()), ZERO.with(|cell| cell.as_ptr().addr())] {
                assert!((block.start..block.start + block.bytes).contains(&address), "{address:x} in {block:x?}");
            }
            block.start
        };
        let here = look();
        let there = std::thread::spawn(look).join().unwrap();
        assert_ne!(here, there);
    }
}
