//! Memory that devices read and write: whole pages, physically contiguous. Takes the place of the kernel's own.
//!
//! All physical memory is mapped to itself from early on, so a page's physical address is a pointer to it. The kernel's own
//! allocator maps every page anew, and unmaps it when it is freed: two address translations to flush for each packet, which
//! costs more than the packet.

use core::alloc::{AllocError, Allocator, Layout};
use core::ptr::{self, NonNull};

use align_address::Align;
use memory_addresses::PhysAddr;

use crate::arch::mm::paging::{BasePageSize, PageSize};
use crate::arch::mm::physicalmem;

/// An [`Allocator`] for memory that is shared with devices.
pub struct DeviceAlloc;

fn page_bytes(layout: Layout) -> usize {
	layout.size().align_up(BasePageSize::SIZE as usize)
}

// SAFETY: pages come from the list of free physical memory, belong to the caller until they are freed, and are mapped to
// themselves, readable and writable, for as long as the kernel runs.
unsafe impl Allocator for DeviceAlloc {
	fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
		if layout.align() > BasePageSize::SIZE as usize {
			return Err(AllocError);
		}
		let len = page_bytes(layout);
		let address = physicalmem::allocate(len).map_err(|_| AllocError)?;
		let pointer = ptr::with_exposed_provenance_mut::<u8>(address.as_usize());
		NonNull::new(ptr::slice_from_raw_parts_mut(pointer, len)).ok_or(AllocError)
	}

	unsafe fn deallocate(&self, pointer: NonNull<u8>, layout: Layout) {
		let address = pointer.as_ptr().expose_provenance() as u64;
		physicalmem::deallocate(PhysAddr::new(address), page_bytes(layout));
	}
}
