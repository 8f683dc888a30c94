//! The heap in a call's linear memory: `malloc` and its family.
//!
//! Chunks lie side by side from the heap's start to its top; behind that is memory never used so far. Each begins with
//! 8 bytes: the size of the chunk before it, and its own size with a mark in the low bits. Its payload follows, aligned to
//! 16 bytes. A free chunk has the links of its list where its payload was. Neighbouring free chunks become one, and a
//! free chunk at the top becomes part of what was never used. Lists are by size.
//!
//! A function can overwrite all of this. So every record is checked against its neighbours before it is believed, and
//! every search is bounded: damage ends the call, and does nothing else.

use crate::environment::Fault;

const HEADER_BYTES: u32 = 8;
const ALIGNMENT_BYTES: u32 = 16;
/// Of a size word, what is not size.
const MARK_MASK: u32 = 15;
const USED: u32 = 0b1001;
const FREE: u32 = 0b0110;
/// Sizes below are multiples of 16 with a list each, those above share two lists for each power of two.
const EXACT_LIMIT_BYTES: u32 = 512;
const LISTS: usize = 80;
/// How many chunks of a shared list are looked at before a list of larger ones is used.
const SEARCH_STEPS: usize = 32;
/// More than this is not even tried: the address space has no more than twice as much.
const LARGEST_BYTES: usize = 1 << 31;

pub(crate) struct Heap {
    start: u32,
    top: u32,
    /// Size of the chunk that ends at the top, 0 if there is none.
    last_size: u32,
    heads: [u32; LISTS],
    /// Which lists are not empty.
    filled: u128,
}

/// A chunk that was looked at and found sound.
#[derive(Clone, Copy)]
struct Chunk {
    at: u32,
    size: u32,
    previous_size: u32,
    is_free: bool,
}

impl Default for Heap {
    fn default() -> Self {
        Self { start: 0, top: 0, last_size: 0, heads: [0; LISTS], filled: 0 }
    }
}

fn damaged() -> Fault {
    Fault::Ended("the heap is damaged: the function wrote outside of what malloc gave it")
}

fn not_allocated() -> Fault {
    Fault::Ended("free or realloc of an address that malloc did not give, or that was freed before")
}

fn read(memory: &[u8], at: u32) -> Result<u32, Fault> {
    let bytes = memory.get(at as usize..).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
    Ok(u32::from_le_bytes(*bytes))
}

fn write(memory: &mut [u8], at: u32, value: u32) -> Result<(), Fault> {
    let bytes = memory.get_mut(at as usize..).and_then(<[u8]>::first_chunk_mut).ok_or_else(damaged)?;
    *bytes = value.to_le_bytes();
    Ok(())
}

fn list_of(size: u32) -> usize {
    if size < EXACT_LIMIT_BYTES {
        return (size / ALIGNMENT_BYTES) as usize;
    }
    let power = size.ilog2();
    let upper_half = size >> (power - 1) & 1;
    ((EXACT_LIMIT_BYTES / ALIGNMENT_BYTES + (power - EXACT_LIMIT_BYTES.ilog2()) * 2 + upper_half) as usize)
        .min(LISTS - 1)
}

/// The chunk's size for a payload.
fn chunk_size(bytes: usize) -> u32 {
    (bytes as u32 + HEADER_BYTES).next_multiple_of(ALIGNMENT_BYTES)
}

impl Heap {
    /// Once, before the heap is used.
    pub(crate) fn set_start(&mut self, address: usize) {
        let payload = (address as u32).saturating_add(HEADER_BYTES).next_multiple_of(ALIGNMENT_BYTES);
        self.start = payload - HEADER_BYTES;
        self.top = self.start;
    }

    /// Whether so many bytes can be asked for at all.
    pub(crate) fn is_possible(bytes: usize) -> bool {
        bytes < LARGEST_BYTES
    }

    /// `malloc` (C11 7.22.3.4): the address of at least so many bytes.
    pub(crate) fn allocate(&mut self, memory: &mut [u8], bytes: usize) -> Result<u32, Fault> {
        let size = chunk_size(bytes);
        let chunk = match self.find(memory, size)? {
            Some(chunk) => {
                self.unlink(memory, chunk)?;
                self.mark(memory, chunk.at, chunk.size, chunk.previous_size, USED)?;
                self.cut(memory, Chunk { is_free: false, ..chunk }, size)?;
                chunk.at
            }
            None => self.extend(memory, size)?,
        };
        Ok(chunk + HEADER_BYTES)
    }

    /// `free` (C11 7.22.3.3) of an address that is not null.
    pub(crate) fn release(&mut self, memory: &mut [u8], address: u32) -> Result<(), Fault> {
        let chunk = self.used_chunk(memory, address)?;
        self.release_chunk(memory, chunk)
    }

    /// How many bytes an address that is not null may be used for.
    pub(crate) fn usable_bytes(&self, memory: &[u8], address: u32) -> Result<usize, Fault> {
        Ok((self.used_chunk(memory, address)?.size - HEADER_BYTES) as usize)
    }

    /// Changes the size of what is at an address without moving it; `false` if there is no room for that.
    pub(crate) fn resize(&mut self, memory: &mut [u8], address: u32, bytes: usize) -> Result<bool, Fault> {
        let chunk = self.used_chunk(memory, address)?;
        let size = chunk_size(bytes);
        if size <= chunk.size {
            self.cut(memory, chunk, size)?;
            return Ok(true);
        }
        let end = chunk.at + chunk.size;
        if end == self.top {
            let new_top = chunk.at.checked_add(size).ok_or_else(damaged)?;
            if new_top as usize > memory.len() {
                return Err(Fault::NeedsMemory { end_bytes: new_top as usize });
            }
            self.top = new_top;
            self.last_size = size;
            write(memory, chunk.at + 4, size | USED)?;
            return Ok(true);
        }
        let next = self.chunk(memory, end)?;
        if !next.is_free || chunk.size + next.size < size {
            return Ok(false);
        }
        self.unlink(memory, next)?;
        let whole = Chunk { size: chunk.size + next.size, ..chunk };
        self.mark(memory, whole.at, whole.size, whole.previous_size, USED)?;
        self.cut(memory, whole, size)?;
        Ok(true)
    }

    /// `aligned_alloc` (C11 7.22.3.1) for an alignment that is a power of two above 16.
    pub(crate) fn allocate_aligned(&mut self, memory: &mut [u8], alignment: u32, bytes: usize) -> Result<u32, Fault> {
        let address = self.allocate(memory, bytes + alignment as usize)?;
        let aligned = address.next_multiple_of(alignment);
        let front = aligned - address;
        let chunk = self.used_chunk(memory, address)?;
        if front == 0 {
            self.cut(memory, chunk, chunk_size(bytes))?;
            return Ok(address);
        }
        self.mark(memory, chunk.at, front, chunk.previous_size, USED)?;
        self.mark(memory, chunk.at + front, chunk.size - front, front, USED)?;
        let behind = self.used_chunk(memory, aligned)?;
        self.cut(memory, behind, chunk_size(bytes))?;
        self.release(memory, address)?;
        Ok(aligned)
    }

    /// A new chunk at the top.
    fn extend(&mut self, memory: &mut [u8], size: u32) -> Result<u32, Fault> {
        let at = self.top;
        let end = at.checked_add(size).ok_or(Fault::NeedsMemory { end_bytes: at as usize + size as usize })?;
        if end as usize > memory.len() {
            return Err(Fault::NeedsMemory { end_bytes: end as usize });
        }
        let previous_size = self.last_size;
        self.top = end;
        self.mark(memory, at, size, previous_size, USED)?;
        Ok(at)
    }

    /// A free chunk of at least this size.
    fn find(&self, memory: &[u8], size: u32) -> Result<Option<Chunk>, Fault> {
        let list = list_of(size);
        let mut at = self.heads[list];
        for _ in 0..SEARCH_STEPS {
            if at == 0 {
                break;
            }
            let chunk = self.free_chunk(memory, at)?;
            if chunk.size >= size {
                return Ok(Some(chunk));
            }
            at = read(memory, at + 8)?;
        }
        let larger = self.filled & !((2_u128 << list) - 1);
        if larger == 0 {
            return Ok(None);
        }
        let head = self.heads.get(larger.trailing_zeros() as usize).copied().unwrap_or_default();
        self.free_chunk(memory, head).map(Some)
    }

    /// Gives back what a chunk in use has beyond `size`, if that makes a chunk of its own.
    fn cut(&mut self, memory: &mut [u8], chunk: Chunk, size: u32) -> Result<(), Fault> {
        let rest = chunk.size.saturating_sub(size);
        if rest < 2 * ALIGNMENT_BYTES {
            return Ok(());
        }
        self.mark(memory, chunk.at, size, chunk.previous_size, USED)?;
        self.mark(memory, chunk.at + size, rest, size, USED)?;
        let behind = Chunk { at: chunk.at + size, size: rest, previous_size: size, is_free: false };
        self.release_chunk(memory, behind)
    }

    fn release_chunk(&mut self, memory: &mut [u8], chunk: Chunk) -> Result<(), Fault> {
        let Chunk { mut at, mut size, mut previous_size, .. } = chunk;
        let end = at + size;
        if end < self.top {
            let next = self.chunk(memory, end)?;
            if next.is_free {
                self.unlink(memory, next)?;
                size += next.size;
            }
        }
        if previous_size != 0 {
            let previous_at = at.checked_sub(previous_size).ok_or_else(damaged)?;
            let previous = self.chunk(memory, previous_at)?;
            if previous.is_free {
                self.unlink(memory, previous)?;
                (at, previous_size) = (previous.at, previous.previous_size);
                size += previous.size;
            }
        }
        if at + size == self.top {
            self.top = at;
            self.last_size = previous_size;
            // So that it is not taken for a chunk in use when it is freed again.
            return write(memory, at + 4, 0);
        }
        self.mark(memory, at, size, previous_size, FREE)?;
        self.link(memory, at, size)
    }

    /// Writes a chunk's records, its size in its successor's included.
    fn mark(&mut self, memory: &mut [u8], at: u32, size: u32, previous_size: u32, mark: u32) -> Result<(), Fault> {
        write(memory, at, previous_size)?;
        write(memory, at + 4, size | mark)?;
        match at + size {
            end if end == self.top => self.last_size = size,
            end => write(memory, end, size)?,
        }
        Ok(())
    }

    fn link(&mut self, memory: &mut [u8], at: u32, size: u32) -> Result<(), Fault> {
        let list = list_of(size);
        let next = self.heads[list];
        write(memory, at + 8, next)?;
        write(memory, at + 12, 0)?;
        if next != 0 {
            write(memory, next + 12, at)?;
        }
        self.heads[list] = at;
        self.filled |= 1 << list;
        Ok(())
    }

    fn unlink(&mut self, memory: &mut [u8], chunk: Chunk) -> Result<(), Fault> {
        let list = list_of(chunk.size);
        let (next, previous) = (read(memory, chunk.at + 8)?, read(memory, chunk.at + 12)?);
        if next != 0 {
            let next = self.free_chunk(memory, next)?;
            if read(memory, next.at + 12)? != chunk.at {
                return Err(damaged());
            }
            write(memory, next.at + 12, previous)?;
        }
        if previous != 0 {
            let previous = self.free_chunk(memory, previous)?;
            if read(memory, previous.at + 8)? != chunk.at {
                return Err(damaged());
            }
            return write(memory, previous.at + 8, next);
        }
        if self.heads[list] != chunk.at {
            return Err(damaged());
        }
        self.heads[list] = next;
        if next == 0 {
            self.filled &= !(1 << list);
        }
        Ok(())
    }

    fn used_chunk(&self, memory: &[u8], address: u32) -> Result<Chunk, Fault> {
        let at = address.checked_sub(HEADER_BYTES).ok_or_else(not_allocated)?;
        let chunk = self.chunk(memory, at).map_err(|_| not_allocated())?;
        if chunk.is_free { Err(not_allocated()) } else { Ok(chunk) }
    }

    fn free_chunk(&self, memory: &[u8], at: u32) -> Result<Chunk, Fault> {
        let chunk = self.chunk(memory, at)?;
        if chunk.is_free { Ok(chunk) } else { Err(damaged()) }
    }

    /// The chunk at an address, if what is written there fits its place and its successor.
    fn chunk(&self, memory: &[u8], at: u32) -> Result<Chunk, Fault> {
        if at < self.start || at >= self.top || at % ALIGNMENT_BYTES != HEADER_BYTES {
            return Err(damaged());
        }
        let (previous_size, word) = (read(memory, at)?, read(memory, at + 4)?);
        let (size, mark) = (word & !MARK_MASK, word & MARK_MASK);
        let end = at.checked_add(size).filter(|end| size != 0 && *end <= self.top).ok_or_else(damaged)?;
        let known_size = if end == self.top { self.last_size } else { read(memory, end)? };
        if known_size != size || previous_size > at - self.start || !matches!(mark, USED | FREE) {
            return Err(damaged());
        }
        Ok(Chunk { at, size, previous_size, is_free: mark == FREE })
    }
}

#[cfg(test)]
#[path = "heap_tests.rs"]
mod tests;
