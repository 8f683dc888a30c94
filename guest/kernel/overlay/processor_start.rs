//! Where every processor but the first begins. Takes the place of the kernel's `boot.s`, which wants an assembler of its own.
//!
//! A processor that is told to start does so in real mode, at a page below 1 MiB that it is told with it. The code below is
//! copied there, switches to 64-bit mode at once (Intel SDM volume 3, 10.8.5: protection and paging may be switched on
//! together), and goes on at the kernel's entry point. All addresses in it are relative to its beginning.

use core::arch::global_asm;

global_asm!(
	".pushsection .rodata.processor_start, \"a\", @progbits",
	".balign 16",
	".globl processor_start",
	".globl processor_start_end",
	".code16",
	"processor_start:",
	"	cli",
	"	jmp 2f",
	// Filled in by the kernel: where it goes on, the processor's number, the page tables. Their places are fixed.
	"	.balign 8",
	"processor_start_entry:",
	"	.quad 0",
	"processor_start_number:",
	"	.long 0",
	"processor_start_page_tables:",
	"	.long 0",
	"2:",
	"	movl %cr4, %eax",
	"	orl ${pae}, %eax",
	"	movl %eax, %cr4",
	"	movl %cs:(processor_start_page_tables - processor_start), %eax",
	"	movl %eax, %cr3",
	"	movl ${efer}, %ecx",
	"	rdmsr",
	"	orl ${long_mode_and_no_execute}, %eax",
	"	wrmsr",
	"	lgdtl %cs:(processor_start_descriptors - processor_start)",
	"	movl %cr0, %eax",
	"	orl ${paging_and_protection}, %eax",
	"	movl %eax, %cr0",
	"	ljmpl $8, ${page} + (processor_start_64 - processor_start)",
	".code64",
	"processor_start_64:",
	"	movw $16, %ax",
	"	movw %ax, %ss",
	"	movw %ax, %ds",
	"	movw %ax, %es",
	"	xorl %edi, %edi",
	"	movl processor_start_number(%rip), %esi",
	"	jmpq *processor_start_entry(%rip)",
	"	.balign 8",
	"processor_start_table:",
	"	.quad 0",
	// Code, 64 bits; data.
	"	.quad 0x00af9b000000ffff",
	"	.quad 0x00cf93000000ffff",
	"processor_start_descriptors:",
	"	.word processor_start_descriptors - processor_start_table - 1",
	"	.long {page} + (processor_start_table - processor_start)",
	"processor_start_end:",
	".popsection",
	page = const super::apic::SMP_BOOT_CODE_ADDRESS.as_u64(),
	pae = const 1 << 5,
	efer = const 0xc000_0080_u32,
	long_mode_and_no_execute = const (1 << 8) | (1 << 11),
	paging_and_protection = const 0x8000_0001_u32,
	options(att_syntax)
);

unsafe extern "C" {
	static processor_start: u8;
	static processor_start_end: u8;
}

/// The code that is to be copied.
pub(super) fn code() -> &'static [u8] {
	// SAFETY: both symbols are of the section above, the second behind the first, and nothing writes there.
	unsafe {
		let length = (&raw const processor_start_end).offset_from(&raw const processor_start);
		core::slice::from_raw_parts(&raw const processor_start, length as usize)
	}
}
