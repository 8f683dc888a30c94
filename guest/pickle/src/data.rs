//! Objects that refer to one another, within bounds.

use crate::value::Children;
use crate::{PickleError, Value};
use std::ops::Index;

/// Names an object within one [`Data`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u32);

impl Id {
    /// The object's place in [`Data::iter`], from 0: for tables beside the data.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn new(index: usize) -> Self {
        // The memory limit is reached long before; what is beyond names an object that is not there.
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// Bounds of what outside bytes can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory that objects may take, and reading them with it. A pickle of `n` bytes may make objects of more than a
    /// hundred times `n`, like any list of small numbers; it can never make more than this.
    pub memory_bytes: usize,
    /// Levels of containers in containers. Interpreters free and show nested objects recursively.
    pub depth: usize,
}

impl Default for Limits {
    /// 64 MiB, and a depth of 500: about what Python's own `pickle` and `json` take.
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, depth: 500 }
    }
}

/// What an object costs beside its payload, in bytes: itself, twice for the growth of the list of all, and the marks
/// that are made of it in checks.
const OBJECT_BYTES: usize = 2 * size_of::<Value>() + 16;

/// Objects, one of which is the root: what a pickle or a JSON text is of.
///
/// Objects that cannot change once made (`tuple`, `frozenset`, and those of `datetime`) refer only to objects that were
/// added before them. So whoever makes other objects of these goes through [`iter`](Self::iter) twice, without
/// recursion: first makes everything, lists, sets and dicts empty; then fills those.
#[derive(Clone, Debug)]
pub struct Data {
    values: Vec<Value>,
    root: Id,
    limits: Limits,
    left_bytes: usize,
}

impl Data {
    /// No objects yet. The first one that is added is the root unless [`set_root`](Self::set_root) says otherwise.
    pub fn new(limits: Limits) -> Self {
        Self { values: Vec::new(), root: Id(0), limits, left_bytes: limits.memory_bytes }
    }

    /// Adds an object.
    ///
    /// Add a list, set or dict empty first if it may contain itself, and fill it later by [`replace`](Self::replace).
    ///
    /// # Errors
    ///
    /// [`PickleError::Memory`].
    pub fn add(&mut self, value: Value) -> Result<Id, PickleError> {
        self.charge(OBJECT_BYTES.saturating_add(value.payload_bytes()))?;
        let id = Id::new(self.values.len());
        self.values.push(value);
        Ok(id)
    }

    /// Puts another value in an object's place; without effect if there is no such object.
    ///
    /// # Errors
    ///
    /// [`PickleError::Memory`].
    pub fn replace(&mut self, id: Id, value: Value) -> Result<(), PickleError> {
        self.charge(value.payload_bytes())?;
        if let Some(place) = self.values.get_mut(id.index()) {
            *place = value;
        }
        Ok(())
    }

    /// Makes an object the root.
    pub fn set_root(&mut self, root: Id) {
        self.root = root;
    }

    /// The object that all this is about.
    pub fn root(&self) -> Id {
        self.root
    }

    /// All objects, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (Id, &Value)> {
        self.values.iter().enumerate().map(|(index, value)| (Id::new(index), value))
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none, which is no data.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The bounds that hold.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Counts memory that is about to be taken.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), PickleError> {
        let limit_bytes = self.limits.memory_bytes;
        self.left_bytes = self.left_bytes.checked_sub(bytes).ok_or(PickleError::Memory { limit_bytes })?;
        Ok(())
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Value> {
        self.values.get(id.index())
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut Value> {
        self.values.get_mut(id.index())
    }

    pub(crate) fn children(&self, id: Id) -> Children<'_> {
        self.get(id).map_or(Children::None, Value::children)
    }

    /// Keeps only what `is_kept` says, in the same order. What is kept refers to nothing that is not.
    pub(crate) fn compact(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut new_ids = Vec::with_capacity(self.values.len());
        let mut kept = 0;
        for index in 0..self.values.len() {
            new_ids.push(Id::new(kept));
            kept += usize::from(is_kept(index));
        }
        let mut index = 0;
        self.values.retain(|_| {
            index += 1;
            is_kept(index - 1)
        });
        let renew = |id: &mut Id| *id = new_ids.get(id.index()).copied().unwrap_or(*id);
        renew(&mut self.root);
        for value in &mut self.values {
            value.for_each_child(renew);
        }
    }
}

impl Index<Id> for Data {
    type Output = Value;

    /// # Panics
    ///
    /// If the id is one of other data.
    fn index(&self, id: Id) -> &Value {
        &self.values[id.index()]
    }
}
