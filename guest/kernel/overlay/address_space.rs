//! Address space for functions' linear memories: reserved, backed by pages of the heap as a memory grows, given back as a
//! whole. A file of our own.
//!
//! What is reserved and not backed faults (`faults.rs`), so that machine code need not compare each address with the
//! memory's size. A memory's pages are the heap's, mapped a second time. Reservations are whole GiB, so that no page table
//! but those of the two highest levels, which stay, belongs to two of them.

use x86_64::instructions::tlb;
use x86_64::registers::control::Cr3;
use x86_64::structures::paging::page_table::PageTableEntry;
use x86_64::structures::paging::{PageTable, PageTableFlags};

use crate::arch::mm::{paging, physicalmem, virtualmem};
use crate::errno::{EINVAL, ENOMEM};
use crate::mm::VirtAddr;
use crate::page_protection::{PAGE_BYTES, TABLES};

/// What an entry of the second highest level covers.
const GRAIN_BYTES: u64 = 1 << 30;
/// The level above that of the pages of 4 KiB is 1.
const GRAIN_LEVEL: u32 = 2;

/// Reserves whole GiB of addresses at which nothing is. Null without any left.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_reserve(bytes: usize) -> *mut u8 {
	if bytes == 0 || bytes as u64 % GRAIN_BYTES != 0 {
		return core::ptr::null_mut();
	}
	virtualmem::allocate_aligned(bytes, GRAIN_BYTES as usize).map_or(core::ptr::null_mut(), |start| start.as_mut_ptr())
}

/// Puts pages of the heap at reserved addresses, to be read and written there.
///
/// Returns 0; `-EINVAL` for what is not whole pages, or pages that are not mapped; `-ENOMEM` without memory for a page
/// table. After an error some pages may be there; what is reserved can still be released.
///
/// # Safety
///
/// The addresses are reserved, and nothing is there yet. The pages stay the caller's until the addresses are released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sys_skerry_back(start: *mut u8, pages: *const u8, bytes: usize) -> i32 {
	let (start, pages, bytes) = (start as u64, pages as u64, bytes as u64);
	if start % PAGE_BYTES != 0 || pages % PAGE_BYTES != 0 || bytes % PAGE_BYTES != 0 {
		return -EINVAL;
	}
	let _changing = TABLES.lock();
	for offset in (0..bytes).step_by(PAGE_BYTES as usize) {
		let Some(frame) = paging::virtual_to_physical(VirtAddr::new(pages + offset)) else { return -EINVAL };
		let Some(entry) = entry_of(start + offset, 0) else { return -ENOMEM };
		let flags = PageTableFlags::PRESENT | PageTableFlags::WRITABLE | PageTableFlags::NO_EXECUTE;
		entry.set_addr(x86_64::PhysAddr::new(frame.as_u64()), flags);
	}
	0
}

/// Gives reserved addresses back, whatever is there. The pages are the caller's alone again.
///
/// A processor may remember pages of addresses that it has used itself, and only those: a thread stays on its processor,
/// so the one on which this is called has to forget them, and the others have nothing to.
///
/// # Safety
///
/// The addresses come from one `sys_skerry_reserve`, and nobody uses them any more; only this thread has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sys_skerry_release(start: *mut u8, bytes: usize) {
	{
		let _changing = TABLES.lock();
		for grain in (start as u64..start as u64 + bytes as u64).step_by(GRAIN_BYTES as usize) {
			let Some(entry) = entry_of(grain, GRAIN_LEVEL).filter(|entry| !entry.is_unused()) else { continue };
			let upper = entry.addr();
			entry.set_unused();
			tlb::flush_all();
			for lower in table_at(upper).iter().filter(|entry| !entry.is_unused()) {
				physicalmem::deallocate(lower.addr().into(), PAGE_BYTES as usize);
			}
			physicalmem::deallocate(upper.into(), PAGE_BYTES as usize);
		}
	}
	virtualmem::deallocate(VirtAddr::new(start as u64), bytes);
}

/// The entry of an address in the table of a level, with the tables above made as needed; `None` without memory for one.
fn entry_of(address: u64, level: u32) -> Option<&'static mut PageTableEntry> {
	let mut table = Cr3::read().0.start_address();
	for above in (level..4).rev() {
		let index = (address >> (12 + 9 * above)) as usize % 512;
		let entry = &mut table_at(table)[index];
		if above == level {
			return Some(entry);
		}
		if entry.is_unused() {
			let frame = physicalmem::allocate(PAGE_BYTES as usize).ok()?;
			table_at(frame.into()).zero();
			// What is forbidden is so by the lowest entries.
			entry.set_addr(frame.into(), PageTableFlags::PRESENT | PageTableFlags::WRITABLE);
		}
		table = entry.addr();
	}
	None
}

fn table_at(address: x86_64::PhysAddr) -> &'static mut PageTable {
	// SAFETY: physical memory is mapped to its own addresses, and the callers name page tables, under the lock.
	unsafe { &mut *(address.as_u64() as *mut PageTable) }
}
