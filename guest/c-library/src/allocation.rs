//! `malloc` and its family (C11 7.22.3) as functions: sizes, null pointers and `errno`; the work is the heap's.

use crate::environment::{Environment, Fault};
use crate::error_numbers::{EINVAL, ENOMEM};
use crate::functions::Arguments;
use crate::heap::Heap;

/// What an allocation costs beside its bytes.
const COST_BYTES: usize = 64;

/// No memory for that: a null pointer.
fn refuse(environment: &mut Environment<'_>, number: i32) -> Result<u64, Fault> {
    environment.set_error_number(number);
    Ok(0)
}

pub(crate) fn allocate(environment: &mut Environment<'_>, bytes: usize) -> Result<u64, Fault> {
    environment.charge(COST_BYTES);
    if !Heap::is_possible(bytes) {
        return refuse(environment, ENOMEM);
    }
    environment.library.heap.allocate(environment.memory, bytes).map(u64::from)
}

pub(crate) fn malloc(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Result<u64, Fault> {
    allocate(environment, arguments.size(0))
}

pub(crate) fn calloc(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Result<u64, Fault> {
    let Some(bytes) = arguments.size(0).checked_mul(arguments.size(1)) else {
        return refuse(environment, ENOMEM);
    };
    let address = allocate(environment, bytes)?;
    if address != 0 {
        environment.charge(bytes);
        environment.bytes_mut(address as usize, bytes)?.fill(0);
    }
    Ok(address)
}

pub(crate) fn realloc(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Result<u64, Fault> {
    let (address, bytes) = (arguments.address(0), arguments.size(1));
    if address == 0 {
        return allocate(environment, bytes);
    }
    if bytes == 0 {
        return free(environment, arguments);
    }
    if !Heap::is_possible(bytes) {
        return refuse(environment, ENOMEM);
    }
    environment.charge(COST_BYTES);
    let Environment { memory, library, .. } = environment;
    if library.heap.resize(memory, address as u32, bytes)? {
        return Ok(address as u64);
    }
    let kept = library.heap.usable_bytes(memory, address as u32)?.min(bytes);
    let moved = library.heap.allocate(memory, bytes)?;
    environment.charge(kept);
    environment.copy(address, moved as usize, kept)?;
    environment.library.heap.release(environment.memory, address as u32)?;
    Ok(u64::from(moved))
}

pub(crate) fn free(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Result<u64, Fault> {
    environment.charge(COST_BYTES);
    match arguments.address(0) as u32 {
        0 => Ok(0),
        address => environment.library.heap.release(environment.memory, address).map(|()| 0),
    }
}

pub(crate) fn aligned_alloc(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Result<u64, Fault> {
    let (alignment, bytes) = (arguments.size(0), arguments.size(1));
    if !alignment.is_power_of_two() {
        return refuse(environment, EINVAL);
    }
    if alignment <= 16 {
        return allocate(environment, bytes);
    }
    if !Heap::is_possible(bytes.saturating_add(alignment)) {
        return refuse(environment, ENOMEM);
    }
    environment.charge(COST_BYTES);
    environment.library.heap.allocate_aligned(environment.memory, alignment as u32, bytes).map(u64::from)
}
