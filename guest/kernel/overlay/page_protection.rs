//! Protection of single pages of the heap, for machine code that the runtime makes: such pages are never writable and
//! executable at once. A file of our own.
//!
//! The heap is mapped in pages of 2 MiB or 1 GiB. One of these is split where part of it gets a protection of its own, and
//! stays split: a page table of 4 KiB for each 2 MiB that ever held code.

use hermit_sync::InterruptTicketMutex;
use x86_64::instructions::tlb;
use x86_64::registers::control::{Cr2, Cr3};
use x86_64::structures::idt::PageFaultErrorCode;
use x86_64::structures::paging::page_table::PageTableEntry;
use x86_64::structures::paging::{PageTable, PageTableFlags};

use crate::arch::mm::physicalmem;
use crate::errno::{EINVAL, ENOMEM};

pub(crate) const PAGE_BYTES: u64 = 4096;
const ENTRIES: u64 = 512;

/// Pages may be written.
const WRITE: u32 = 1;
/// Pages may be executed.
const EXECUTE: u32 = 2;

/// Held while tables change.
pub(crate) static TABLES: InterruptTicketMutex<()> = InterruptTicketMutex::new(());

/// Sets what may be done with pages beside reading them: nothing (0), [`WRITE`] or [`EXECUTE`].
///
/// Returns 0; `-EINVAL`, with nothing changed, for what is not whole pages or not mapped, and for both at once; `-ENOMEM`
/// without memory for a page table, with nothing changed.
///
/// # Safety
///
/// The pages belong to the caller, and nobody else writes to or executes what they hold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sys_skerry_protect(start: *mut u8, bytes: usize, protection: u32) -> i32 {
	let (start, bytes) = (start as u64, bytes as u64);
	if start % PAGE_BYTES != 0 || bytes % PAGE_BYTES != 0 || protection > EXECUTE {
		return -EINVAL;
	}
	let Some(end) = start.checked_add(bytes).filter(|end| x86_64::VirtAddr::try_new(*end).is_ok()) else {
		return -EINVAL;
	};
	let _changing = TABLES.lock();
	let pages = || (start..end).step_by(PAGE_BYTES as usize);
	// All tables first, so that what fails leaves everything as it was.
	if let Some(error) = pages().find_map(|address| entry_of(address).err()) {
		return error;
	}
	for address in pages() {
		let Ok(entry) = entry_of(address) else { continue };
		let mut flags = entry.flags();
		flags.set(PageTableFlags::WRITABLE, protection == WRITE);
		flags.set(PageTableFlags::NO_EXECUTE, protection != EXECUTE);
		entry.set_flags(flags);
		tlb::flush(x86_64::VirtAddr::new(address));
	}
	#[cfg(feature = "smp")]
	crate::arch::x86_64::kernel::apic::ipi_tlb_flush();
	0
}

/// Whether a page fault happened because this processor remembered what a page's protection was before another processor
/// changed it, and what it wanted to do is allowed now. The other one says so (`ipi_tlb_flush`), but does not wait until
/// everybody has heard it.
pub(crate) fn is_outdated(error: PageFaultErrorCode) -> bool {
	let Ok(address) = Cr2::read() else { return false };
	if !error.contains(PageFaultErrorCode::PROTECTION_VIOLATION) {
		return false;
	}
	let mut table = Cr3::read().0.start_address().as_u64();
	for level in (0..4).rev() {
		// SAFETY: the kernel reaches page tables at their physical addresses, and so far `table` is one. It is only read.
		let tables: &PageTable = unsafe { &*(table as *const PageTable) };
		let entry = &tables[((address.as_u64() >> (12 + 9 * level)) % ENTRIES) as usize];
		let flags = entry.flags();
		if !flags.contains(PageTableFlags::PRESENT) {
			return false;
		}
		if level == 0 {
			let may_write = flags.contains(PageTableFlags::WRITABLE);
			let may_execute = !flags.contains(PageTableFlags::NO_EXECUTE);
			let is_allowed = (may_write || !error.contains(PageFaultErrorCode::CAUSED_BY_WRITE))
				&& (may_execute || !error.contains(PageFaultErrorCode::INSTRUCTION_FETCH));
			if is_allowed {
				tlb::flush(address);
			}
			return is_allowed;
		}
		if flags.contains(PageTableFlags::HUGE_PAGE) {
			return false;
		}
		table = entry.addr().as_u64();
	}
	false
}

/// Makes address 0, and the 4 KiB from there, fault.
pub(crate) fn remove_first_page() -> Result<(), i32> {
	let _changing = TABLES.lock();
	match entry_of(0) {
		Ok(entry) => entry.set_unused(),
		// Nothing is there.
		Err(error) if error == -EINVAL => {}
		Err(error) => return Err(error),
	}
	tlb::flush(x86_64::VirtAddr::new(0));
	#[cfg(feature = "smp")]
	crate::arch::x86_64::kernel::apic::ipi_tlb_flush();
	Ok(())
}

/// The entry that maps the page of 4 KiB at `address`, split off from a larger page if need be.
fn entry_of(address: u64) -> Result<&'static mut PageTableEntry, i32> {
	let mut table = Cr3::read().0.start_address().as_u64();
	for level in (0..4).rev() {
		// SAFETY: the kernel reaches page tables at their physical addresses, and so far `table` is one.
		let tables: &'static mut PageTable = unsafe { &mut *(table as *mut PageTable) };
		let entry = &mut tables[((address >> (12 + 9 * level)) % ENTRIES) as usize];
		if !entry.flags().contains(PageTableFlags::PRESENT) {
			return Err(-EINVAL);
		}
		if level == 0 {
			return Ok(entry);
		}
		if entry.flags().contains(PageTableFlags::HUGE_PAGE) {
			split(entry, level)?;
		}
		table = entry.addr().as_u64();
	}
	Err(-EINVAL)
}

/// Puts a table of 512 smaller pages, mapped as before, in the place of a large page.
fn split(entry: &mut PageTableEntry, level: u32) -> Result<(), i32> {
	let part_bytes = PAGE_BYTES * ENTRIES.pow(level - 1);
	let frame = physicalmem::allocate(PAGE_BYTES as usize).map_err(|_| -ENOMEM)?;
	let mut flags = entry.flags();
	// The bit that marks a large page means something else in an entry of the lowest level.
	flags.set(PageTableFlags::HUGE_PAGE, level > 1);
	let (first, mut address) = (entry.addr(), 0);
	// SAFETY: physical memory is mapped to its own addresses, and this page of it is ours alone.
	let table: &mut PageTable = unsafe { &mut *(frame.as_u64() as *mut PageTable) };
	for part in table.iter_mut() {
		part.set_addr(first + address, flags);
		address += part_bytes;
	}
	// What is forbidden is so by the entries below.
	entry.set_addr(x86_64::PhysAddr::new(frame.as_u64()), PageTableFlags::PRESENT | PageTableFlags::WRITABLE);
	Ok(())
}
