//! Addresses and initial values of objects with static storage duration.

use crate::diagnostics::SourceOffset;
use crate::types::{MAX_OBJECT_BYTES, Type};
use std::collections::HashMap;

/// Addresses below are never an object's: a null pointer with a small offset points there, never to data.
pub const NULL_ZONE_BYTES: u32 = 1024;

/// How far the definition of a variable at file scope has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Definition {
    /// `extern int x;`
    Declared,
    /// `int x;`, which a later initialiser may complete (C11 6.9.2).
    Tentative,
    Initialised,
}

/// All static objects so far.
pub(super) struct Statics {
    next: u32,
    data: Vec<(u32, Vec<u8>)>,
    definitions: HashMap<u32, Definition>,
    externs: Vec<(u32, SourceOffset, String)>,
}

impl Statics {
    pub(super) fn new() -> Self {
        Self { next: NULL_ZONE_BYTES, data: Vec::new(), definitions: HashMap::new(), externs: Vec::new() }
    }

    /// The address of a new object; `None` if there is no room left.
    pub(super) fn allocate(&mut self, ty: &Type) -> Option<u32> {
        let address = self.next.next_multiple_of(ty.alignment_bytes());
        let end = u64::from(address) + u64::from(ty.size_bytes());
        if end > MAX_OBJECT_BYTES {
            return None;
        }
        self.next = end as u32;
        Some(address)
    }

    /// Sets what an object holds at first, from an offset in it on. Zeroes at the end need not be kept.
    pub(super) fn initialise(&mut self, address: u32, mut bytes: Vec<u8>) {
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes.truncate(used);
        if !bytes.is_empty() {
            self.data.push((address, bytes));
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
        self.externs.push((address, at, name.to_owned()));
    }

    /// The first `extern` variable that nothing defines.
    pub(super) fn undefined_extern(&self) -> Option<(SourceOffset, &str)> {
        let undefined = |address: u32| self.definition(address) == Some(Definition::Declared);
        self.externs.iter().find(|(address, ..)| undefined(*address)).map(|(_, at, name)| (*at, name.as_str()))
    }

    /// Initial data and the first address after all objects.
    pub(super) fn into_parts(self) -> (Vec<(u32, Vec<u8>)>, u32) {
        (self.data, self.next)
    }
}
