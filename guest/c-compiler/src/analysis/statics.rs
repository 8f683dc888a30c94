//! Addresses and initial values of objects with static storage duration.

use crate::diagnostics::SourceOffset;
use crate::types::MAX_OBJECT_BYTES;
use std::collections::HashMap;

/// Addresses below are never an object's: a null pointer with a small offset points there, never to data.
pub const NULL_ZONE_BYTES: u32 = 1024;

/// So many zeroes are worth a data segment of their own after them.
const ZERO_RUN_BYTES: usize = 32;

/// How far the definition of a variable at file scope has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Definition {
    /// `extern int x;`
    Declared,
    /// `int x;`, which a later initialiser may complete (C11 6.9.2).
    Tentative,
    Initialised,
}

/// A declaration that some definition must complete, if the variable is used.
struct Extern {
    address: u32,
    at: SourceOffset,
    name: String,
    is_used: bool,
}

/// All static objects so far.
pub(super) struct Statics {
    next: u32,
    data: Vec<(u32, Vec<u8>)>,
    definitions: HashMap<u32, Definition>,
    externs: Vec<Extern>,
    /// String literals: equal ones are one object.
    strings: HashMap<Vec<u8>, u32>,
}

impl Statics {
    pub(super) fn new() -> Self {
        Self {
            next: NULL_ZONE_BYTES,
            data: Vec::new(),
            definitions: HashMap::new(),
            externs: Vec::new(),
            strings: HashMap::new(),
        }
    }

    /// The address of a new object; `None` if there is no room left.
    pub(super) fn allocate(&mut self, size_bytes: u32, alignment_bytes: u32) -> Option<u32> {
        let address = self.next.next_multiple_of(alignment_bytes);
        let end = u64::from(address) + u64::from(size_bytes);
        if end > MAX_OBJECT_BYTES {
            return None;
        }
        self.next = end as u32;
        Some(address)
    }

    /// The address of a string literal's bytes, its zero at the end included; `None` if there is no room left.
    pub(super) fn string(&mut self, bytes: &[u8]) -> Option<u32> {
        if let Some(address) = self.strings.get(bytes) {
            return Some(*address);
        }
        let address = self.allocate(bytes.len() as u32, 1)?;
        self.initialise(address, bytes);
        self.strings.insert(bytes.to_owned(), address);
        Some(address)
    }

    /// Sets what an object holds at first. Longer runs of zeroes are left out: memory is zero anyway, and a large array
    /// with few values must not make a large module.
    pub(super) fn initialise(&mut self, address: u32, bytes: &[u8]) {
        let mut start = 0;
        while let Some(skipped) = bytes.get(start..).and_then(|rest| rest.iter().position(|byte| *byte != 0)) {
            let first = start + skipped;
            let rest = &bytes[first..];
            let length = rest.windows(ZERO_RUN_BYTES).position(|run| run.iter().all(|byte| *byte == 0));
            let length = length.unwrap_or(rest.len());
            self.data.push((address + first as u32, rest[..length].to_vec()));
            start = first + length;
        }
    }

    pub(super) fn definition(&self, address: u32) -> Option<Definition> {
        self.definitions.get(&address).copied()
    }

    pub(super) fn define(&mut self, address: u32, definition: Definition) {
        self.definitions.insert(address, definition);
    }

    /// Notes a declaration that some definition must complete.
    pub(super) fn remember_extern(&mut self, address: u32, at: SourceOffset, name: &str) {
        self.externs.push(Extern { address, at, name: name.to_owned(), is_used: false });
    }

    /// Notes that the variable at this address is used.
    pub(super) fn note_use(&mut self, address: u32) {
        for known in self.externs.iter_mut().filter(|known| known.address == address) {
            known.is_used = true;
        }
    }

    /// The `extern` variables that are used and that nothing defines.
    pub(super) fn undefined_externs(&self) -> Vec<(SourceOffset, String)> {
        let is_undefined =
            |known: &&Extern| known.is_used && self.definition(known.address) == Some(Definition::Declared);
        self.externs.iter().filter(is_undefined).map(|known| (known.at, known.name.clone())).collect()
    }

    /// Initial data and the first address after all objects.
    pub(super) fn into_parts(self) -> (Vec<(u32, Vec<u8>)>, u32) {
        (self.data, self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_zeroes_are_left_out_of_the_data() {
        let mut statics = Statics::new();
        let mut bytes = vec![0; 1000];
        bytes[0] = 1;
        bytes[10] = 2;
        bytes[500] = 3;
        statics.initialise(2000, &bytes);
        statics.initialise(5000, &[0; 100]);
        statics.initialise(6000, &[]);
        let (data, _) = statics.into_parts();
        assert_eq!(data, [(2000, vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]), (2500, vec![3])]);
    }
}
