//! What a library function works on: linear memory, what the library remembers, and where output goes.

use crate::heap::Heap;
use crate::random::Random;
use std::time::Instant;

/// Why a library function does not return to its caller.
///
/// Small and without anything to free, because every function hands it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An access outside of linear memory.
    OutOfBounds,
    /// Nothing was done yet: grow linear memory to at least so many bytes, and call the function again.
    NeedsMemory {
        /// The size that linear memory must have, in bytes.
        end_bytes: usize,
    },
    /// The call is over, for this reason.
    Ended(&'static str),
    /// The function called `exit` with this number.
    Exited(i32),
    /// An assertion failed; [`Library::failed_assertion`] says which.
    AssertionFailed,
}

impl Fault {
    /// The reason for the function's user; `library` is what the fault came from.
    pub fn reason(self, library: &Library) -> String {
        match self {
            Self::OutOfBounds => "out-of-bounds memory access".to_owned(),
            Self::NeedsMemory { .. } => "no memory for the call".to_owned(),
            Self::Ended(reason) => reason.to_owned(),
            Self::Exited(number) => ["the function called exit(", &number.to_string(), ")"].concat(),
            Self::AssertionFailed => library.failed_assertion().to_owned(),
        }
    }
}

/// Where `stdout` and `stderr` go.
pub trait Output {
    /// Adds bytes as they are. `false`: the output is full, and takes nothing more.
    fn write(&mut self, bytes: &[u8]) -> bool;
}

/// What a function of the library may touch.
pub struct Environment<'a> {
    /// The call's linear memory.
    pub memory: &'a mut [u8],
    /// What the library remembers.
    pub library: &'a mut Library,
    /// `stdout` and `stderr`.
    pub output: &'a mut dyn Output,
}

/// What the library remembers in one call of an offloaded function.
pub struct Library {
    pub(crate) heap: Heap,
    pub(crate) random: Option<Box<Random>>,
    /// Where `strtok` goes on.
    pub(crate) token: u32,
    /// `errno`, until the function asks for its address.
    pub(crate) error_number: i32,
    /// Addresses of the objects that the library itself has in linear memory, 0 for those not made yet.
    pub(crate) cells: [u32; CELLS],
    /// Where the texts of known error numbers lie, for those that were asked for.
    pub(crate) error_texts: Vec<(i32, u32)>,
    pub(crate) started: Instant,
    cost: u64,
    pub(crate) failed_assertion: String,
}

/// An object of the library's own in linear memory.
#[derive(Clone, Copy)]
pub(crate) enum Cell {
    ErrorNumber,
    ErrorText,
    BrokenDownTime,
    TimeText,
}

const CELLS: usize = 4;
/// Size of each [`Cell`]; the longest is a text of `strerror`.
const CELL_BYTES: usize = 64;

impl Default for Library {
    fn default() -> Self {
        Self {
            heap: Heap::default(),
            random: None,
            token: 0,
            error_number: 0,
            cells: [0; CELLS],
            error_texts: Vec::new(),
            started: Instant::now(),
            cost: 0,
            failed_assertion: String::new(),
        }
    }
}

impl Library {
    /// Says where the heap begins: behind all that lies in linear memory when the function starts.
    pub fn set_heap_start(&mut self, address: usize) {
        self.heap.set_start(address);
    }

    /// The assertion that failed: file, line, function and expression.
    pub fn failed_assertion(&self) -> &str {
        &self.failed_assertion
    }

    /// What the library's work since the last time cost, in interpreter fuel.
    pub fn take_cost(&mut self) -> u64 {
        std::mem::take(&mut self.cost)
    }

    /// What the library's work since [`Library::take_cost`] cost.
    pub fn cost(&self) -> u64 {
        self.cost
    }
}

impl Environment<'_> {
    /// Notes work on so many bytes.
    pub(crate) fn charge(&mut self, bytes: usize) {
        self.library.cost = self.library.cost.saturating_add(4 + bytes as u64 / 8);
    }

    pub(crate) fn bytes(&self, at: usize, length: usize) -> Result<&[u8], Fault> {
        let end = at.checked_add(length).ok_or(Fault::OutOfBounds)?;
        self.memory.get(at..end).ok_or(Fault::OutOfBounds)
    }

    pub(crate) fn bytes_mut(&mut self, at: usize, length: usize) -> Result<&mut [u8], Fault> {
        let end = at.checked_add(length).ok_or(Fault::OutOfBounds)?;
        self.memory.get_mut(at..end).ok_or(Fault::OutOfBounds)
    }

    /// All of memory from an address on.
    pub(crate) fn from(&self, at: usize) -> Result<&[u8], Fault> {
        self.memory.get(at..).ok_or(Fault::OutOfBounds)
    }

    pub(crate) fn byte(&self, at: usize) -> Result<u8, Fault> {
        self.memory.get(at).copied().ok_or(Fault::OutOfBounds)
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), Fault> {
        self.bytes_mut(at, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Copies within memory; the ranges may overlap.
    pub(crate) fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<(), Fault> {
        self.bytes(from, length)?;
        self.bytes(to, length)?;
        self.memory.copy_within(from..from + length, to);
        Ok(())
    }

    pub(crate) fn read_u32(&self, at: usize) -> Result<u32, Fault> {
        self.bytes(at, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(Fault::OutOfBounds)
    }

    pub(crate) fn read_u64(&self, at: usize) -> Result<u64, Fault> {
        self.bytes(at, 8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)).ok_or(Fault::OutOfBounds)
    }

    /// Length of the string at an address, its NUL not counted.
    pub(crate) fn length(&mut self, at: usize) -> Result<usize, Fault> {
        let length = self.length_up_to(at, usize::MAX)?;
        self.charge(length);
        Ok(length)
    }

    /// As [`Environment::length`], but looks at no more than `limit` bytes.
    pub(crate) fn length_up_to(&self, at: usize, limit: usize) -> Result<usize, Fault> {
        let rest = self.from(at)?;
        let seen = &rest[..limit.min(rest.len())];
        match seen.iter().position(|byte| *byte == 0) {
            Some(length) => Ok(length),
            None if seen.len() == limit => Ok(limit),
            None => Err(Fault::OutOfBounds),
        }
    }

    /// The string at an address, without its NUL.
    pub(crate) fn text(&mut self, at: usize) -> Result<&[u8], Fault> {
        let length = self.length(at)?;
        self.bytes(at, length)
    }

    /// The address of an object of the library's own, made when first asked for.
    pub(crate) fn cell(&mut self, cell: Cell) -> Result<usize, Fault> {
        if let Some(address) = self.library.cells.get(cell as usize).copied()
            && address != 0
        {
            return Ok(address as usize);
        }
        let address = self.library.heap.allocate(self.memory, CELL_BYTES)?;
        self.bytes_mut(address as usize, CELL_BYTES)?.fill(0);
        if let Some(known) = self.library.cells.get_mut(cell as usize) {
            *known = address;
        }
        Ok(address as usize)
    }

    /// Sets `errno` (C11 7.5).
    pub(crate) fn set_error_number(&mut self, number: i32) {
        self.library.error_number = number;
        let [address, ..] = self.library.cells;
        if address != 0 {
            // The cell lies where the heap gave it, and memory never shrinks.
            let _ = self.write(address as usize, &number.to_le_bytes());
        }
    }

    /// `errno` as it is now.
    pub(crate) fn error_number(&self) -> i32 {
        let [address, ..] = self.library.cells;
        match address {
            0 => self.library.error_number,
            address => self.read_u32(address as usize).map_or(0, |number| number as i32),
        }
    }
}
