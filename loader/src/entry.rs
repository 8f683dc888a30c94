//! From the VMM's hands to Rust: the PVH note, and the way from 32-bit protected mode to 64-bit mode.
//!
//! Source: Xen's `docs/misc/pvh.pandoc` (state at entry: 32-bit, paging off, flat segments, `ebx` = start info).
//! The page tables built here map the first 4 GiB to themselves in 2 MiB pages, which is what the loader needs to reach the
//! module wherever the VMM put it; [`crate::memory`] takes away from them what the kernel wants to map itself.

use core::arch::global_asm;

/// Entries of one page table.
const TABLE_ENTRIES: usize = 512;
/// GiB that the loader maps.
const MAPPED_GIB: usize = 4;
const STACK_BYTES: usize = 64 * 1024;

/// One page table, or several that follow each other.
#[repr(C, align(4096))]
pub(crate) struct PageTables<const N: usize>([[u64; TABLE_ENTRIES]; N]);

/// The page directories of the first 4 GiB: one entry for every 2 MiB.
#[unsafe(no_mangle)]
static mut PAGE_DIRECTORIES: PageTables<MAPPED_GIB> = PageTables([[0; TABLE_ENTRIES]; MAPPED_GIB]);
#[unsafe(no_mangle)]
static mut PAGE_DIRECTORY_POINTERS: PageTables<1> = PageTables([[0; TABLE_ENTRIES]; 1]);
#[unsafe(no_mangle)]
static mut PAGE_MAP_LEVEL_4: PageTables<1> = PageTables([[0; TABLE_ENTRIES]; 1]);

#[repr(C, align(16))]
struct Stack([u8; STACK_BYTES]);
#[unsafe(no_mangle)]
static mut LOADER_STACK: Stack = Stack([0; STACK_BYTES]);

/// All entries of the page directories, as one slice.
///
/// # Safety
/// Only one caller may hold the slice at a time.
pub(crate) unsafe fn page_directory_entries() -> &'static mut [u64] {
    // SAFETY: the tables live as long as the loader does, and the caller promises to be the only one.
    unsafe { (*(&raw mut PAGE_DIRECTORIES)).0.as_flattened_mut() }
}

// XEN_ELFNOTE_PHYS32_ENTRY (18): name "Xen", the physical address of the entry point as 8 bytes.
global_asm!(
    ".pushsection .note.pvh, \"a\", @note",
    ".balign 4",
    ".long 4, 8, 18",
    ".asciz \"Xen\"",
    ".quad {start}",
    ".popsection",
    start = sym pvh_start,
);

unsafe extern "C" {
    fn pvh_start();
}

global_asm!(
    ".pushsection .text.pvh, \"ax\", @progbits",
    ".code32",
    ".global pvh_start",
    "pvh_start:",
    "cli",
    "cld",
    "mov esp, offset LOADER_STACK + {stack_bytes}",
    // The time-stamp counter, kept for the loader's first milestone.
    "rdtsc",
    "mov edi, eax",
    "mov ebp, edx",
    // Page directories: 2 MiB pages, present and writable, each mapped to itself.
    "mov eax, 0x83",
    "mov ecx, offset PAGE_DIRECTORIES",
    "2:",
    "mov [ecx], eax",
    "add ecx, 8",
    "add eax, 0x200000",
    "jnc 2b",
    // Page directory pointers: four page directories.
    "mov eax, offset PAGE_DIRECTORIES + 3",
    "mov ecx, offset PAGE_DIRECTORY_POINTERS",
    "mov edx, {mapped_gib}",
    "3:",
    "mov [ecx], eax",
    "add ecx, 8",
    "add eax, 0x1000",
    "dec edx",
    "jnz 3b",
    "mov eax, offset PAGE_DIRECTORY_POINTERS + 3",
    "mov [PAGE_MAP_LEVEL_4], eax",
    "mov eax, offset PAGE_MAP_LEVEL_4",
    "mov cr3, eax",
    // CR4: physical address extension; SSE, because compiled code may use it.
    "mov eax, cr4",
    "or eax, 0x620",
    "mov cr4, eax",
    // EFER: long mode, no-execute pages.
    "mov ecx, 0xc0000080",
    "rdmsr",
    "or eax, 0x900",
    "wrmsr",
    // CR0: paging, monitor coprocessor, no emulation.
    "mov eax, cr0",
    "and eax, 0xfffffffb",
    "or eax, 0x80000002",
    "mov cr0, eax",
    "lgdt [{descriptor}]",
    "push 0x08",
    "mov eax, offset long_mode_start",
    "push eax",
    "retf",
    ".code64",
    "long_mode_start:",
    "mov eax, 0x10",
    "mov ds, eax",
    "mov es, eax",
    "mov ss, eax",
    "xor eax, eax",
    "mov fs, eax",
    "mov gs, eax",
    "mov esp, offset LOADER_STACK + {stack_bytes}",
    // loader_main(start_info: ebx, counter: ebp:edi)
    "mov esi, edi",
    "shl rbp, 32",
    "or rsi, rbp",
    "mov edi, ebx",
    "xor ebp, ebp",
    "call {main}",
    "ud2",
    ".balign 8",
    "global_descriptors:",
    ".quad 0",
    ".quad 0x00af9b000000ffff",
    ".quad 0x00cf93000000ffff",
    "global_descriptors_end:",
    "global_descriptor_register:",
    ".word global_descriptors_end - global_descriptors - 1",
    ".long global_descriptors",
    ".long 0",
    ".popsection",
    stack_bytes = const STACK_BYTES,
    mapped_gib = const MAPPED_GIB,
    descriptor = sym global_descriptor_register,
    main = sym crate::loader_main,
);

unsafe extern "C" {
    static global_descriptor_register: u8;
}
