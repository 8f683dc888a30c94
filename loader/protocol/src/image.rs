//! A Hermit image: an x86-64 ELF file, checked before a byte of it is used, then copied to its place.
//!
//! Source: System V ABI (ELF-64). Images are static executables, linked for [`IMAGE_ADDRESS`], the one place where an image
//! ever goes: code that need not care where it lies is longer, and its relocations take space and time. Everything else is
//! refused.

use crate::bytes::{u16_at, u32_at, u64_at};
use crate::placement::IMAGE_ADDRESS;

const HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;

const TYPE_EXECUTABLE: u16 = 2;
const MACHINE_X86_64: u16 = 62;

const SEGMENT_LOAD: u32 = 1;
const SEGMENT_DYNAMIC: u32 = 2;
const SEGMENT_THREAD_LOCAL: u32 = 7;

/// The largest span in memory that an image may have. Real ones take a few MiB; this bounds what a damaged one asks for.
const MAX_MEMORY_BYTES: u64 = 1 << 30;

/// Why an image cannot be booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// The file is no ELF file.
    NotElf,
    /// It is one for another machine, word size or byte order.
    WrongMachine,
    /// It is linked for no certain place, or for another one.
    WrongPlace,
    /// Something lies outside the file.
    Truncated,
    /// Segments overlap memory limits, are out of order, or there is none.
    BadSegments,
    /// The entry point lies outside the image.
    BadEntry,
    /// The image wants a dynamic linker.
    DynamicallyLinked,
}

impl ImageError {
    /// The reason, for the serial console.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotElf => "the image is not an ELF file",
            Self::WrongMachine => "the image is not a 64-bit little-endian x86-64 ELF file",
            Self::WrongPlace => "the image is not linked for the address 0x400000",
            Self::Truncated => "the image is truncated",
            Self::BadSegments => "the image's segments are damaged",
            Self::BadEntry => "the image's entry point lies outside of it",
            Self::DynamicallyLinked => "the image wants a dynamic linker",
        }
    }
}

/// One program header, its address relative to the image's start.
#[derive(Clone, Copy, Debug)]
struct Segment {
    kind: u32,
    file_offset: usize,
    address: u64,
    file_bytes: u64,
    memory_bytes: u64,
    align: u64,
}

/// The image's template for thread-local storage, as the kernel wants to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadLocal {
    /// Where the template lies, relative to the image's start.
    pub offset: u64,
    /// How many bytes of it are in the file.
    pub file_bytes: u64,
    /// How many bytes each thread needs.
    pub memory_bytes: u64,
    /// Its alignment.
    pub align: u64,
}

/// A checked image, ready to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    file: &'a [u8],
    program_headers: &'a [u8],
    entry: u64,
    memory_bytes: u64,
    thread_local: Option<ThreadLocal>,
}

impl<'a> Image<'a> {
    /// Checks an ELF file.
    ///
    /// # Errors
    /// When the file is no image that [`Image::load`] can load.
    pub fn parse(file: &'a [u8]) -> Result<Self, ImageError> {
        let program_headers = check_header(file)?;
        let entry = u64_at(file, 24).ok_or(ImageError::Truncated)?.wrapping_sub(IMAGE_ADDRESS);
        let mut image = Self { file, program_headers, entry, memory_bytes: 0, thread_local: None };
        image.memory_bytes = image.check_segments()?;
        if entry >= image.memory_bytes {
            return Err(ImageError::BadEntry);
        }
        image.thread_local = image.find_thread_local()?;
        Ok(image)
    }

    /// How many bytes of memory the image takes when it is loaded.
    #[must_use]
    pub const fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// The entry point, relative to the image's start.
    #[must_use]
    pub const fn entry_offset(&self) -> u64 {
        self.entry
    }

    /// The template of thread-local storage, if the image has one.
    #[must_use]
    pub const fn thread_local(&self) -> Option<ThreadLocal> {
        self.thread_local
    }

    /// Copies the segments to `memory`, the image's place, and clears what the file does not hold.
    ///
    /// # Errors
    /// When `memory` is not exactly as long as the image is.
    pub fn load(&self, memory: &mut [u8]) -> Result<(), ImageError> {
        if memory.len() as u64 != self.memory_bytes {
            return Err(ImageError::BadSegments);
        }
        let mut filled = 0;
        for segment in self.segments().filter(|segment| segment.kind == SEGMENT_LOAD) {
            let bytes = slice(self.file, segment.file_offset, segment.file_bytes)?;
            let start = to_usize(segment.address)?;
            let end = start.checked_add(bytes.len()).ok_or(ImageError::BadSegments)?;
            memory.get_mut(filled..start).ok_or(ImageError::BadSegments)?.fill(0);
            memory.get_mut(start..end).ok_or(ImageError::BadSegments)?.copy_from_slice(bytes);
            filled = end;
        }
        memory.get_mut(filled..).ok_or(ImageError::BadSegments)?.fill(0);
        Ok(())
    }

    fn segments(&self) -> impl Iterator<Item = Segment> + use<'a> {
        self.program_headers.chunks_exact(PROGRAM_HEADER_BYTES).filter_map(parse_segment)
    }

    /// Checks that the loadable segments lie in the file and one behind the other in memory, the first at the image's
    /// start; returns the span.
    fn check_segments(&self) -> Result<u64, ImageError> {
        let mut end = 0_u64;
        let mut loadable = false;
        for segment in self.segments() {
            slice(self.file, segment.file_offset, segment.file_bytes)?;
            match segment.kind {
                SEGMENT_LOAD if !loadable && segment.address != 0 => return Err(ImageError::WrongPlace),
                SEGMENT_LOAD => {}
                SEGMENT_DYNAMIC => return Err(ImageError::DynamicallyLinked),
                _ => continue,
            }
            let segment_end = segment.address.checked_add(segment.memory_bytes).ok_or(ImageError::BadSegments)?;
            if segment.address < end || segment.file_bytes > segment.memory_bytes || segment_end > MAX_MEMORY_BYTES {
                return Err(ImageError::BadSegments);
            }
            end = segment_end;
            loadable = true;
        }
        if loadable { Ok(end) } else { Err(ImageError::BadSegments) }
    }

    fn find_thread_local(&self) -> Result<Option<ThreadLocal>, ImageError> {
        let Some(segment) = self.segments().find(|segment| segment.kind == SEGMENT_THREAD_LOCAL) else {
            return Ok(None);
        };
        let end = segment.address.checked_add(segment.file_bytes).ok_or(ImageError::BadSegments)?;
        if end > self.memory_bytes || segment.file_bytes > segment.memory_bytes {
            return Err(ImageError::BadSegments);
        }
        Ok(Some(ThreadLocal {
            offset: segment.address,
            file_bytes: segment.file_bytes,
            memory_bytes: segment.memory_bytes,
            align: segment.align,
        }))
    }
}

/// Checks the file header; returns the bytes of the program headers.
fn check_header(file: &[u8]) -> Result<&[u8], ImageError> {
    if file.get(..4) != Some(b"\x7fELF") {
        return Err(ImageError::NotElf);
    }
    if file.len() < HEADER_BYTES {
        return Err(ImageError::Truncated);
    }
    let is_64_bit_little_endian = file.get(4..6) == Some(&[2, 1]);
    if !is_64_bit_little_endian || u16_at(file, 18) != Some(MACHINE_X86_64) {
        return Err(ImageError::WrongMachine);
    }
    if u16_at(file, 16) != Some(TYPE_EXECUTABLE) {
        return Err(ImageError::WrongPlace);
    }
    if u16_at(file, 54) != Some(PROGRAM_HEADER_BYTES as u16) {
        return Err(ImageError::BadSegments);
    }
    let offset = to_usize(u64_at(file, 32).ok_or(ImageError::Truncated)?)?;
    let count = u64::from(u16_at(file, 56).ok_or(ImageError::Truncated)?);
    slice(file, offset, count * PROGRAM_HEADER_BYTES as u64)
}

fn parse_segment(header: &[u8]) -> Option<Segment> {
    Some(Segment {
        kind: u32_at(header, 0)?,
        file_offset: usize::try_from(u64_at(header, 8)?).ok()?,
        address: u64_at(header, 16)?.wrapping_sub(IMAGE_ADDRESS),
        file_bytes: u64_at(header, 32)?,
        memory_bytes: u64_at(header, 40)?,
        align: u64_at(header, 48)?,
    })
}

fn slice(file: &[u8], offset: usize, len: u64) -> Result<&[u8], ImageError> {
    let end = offset.checked_add(to_usize(len)?).ok_or(ImageError::Truncated)?;
    file.get(offset..end).ok_or(ImageError::Truncated)
}

fn to_usize(value: u64) -> Result<usize, ImageError> {
    usize::try_from(value).map_err(|_| ImageError::Truncated)
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
