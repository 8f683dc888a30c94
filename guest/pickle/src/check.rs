//! What must hold for data as a whole: depth, cycles, order, hashability.

use crate::{Data, Id, PickleError, Value};

/// What was found out on the way.
pub(crate) struct Facts {
    /// By index of the object: how often it is referred to from what can be reached from the root, the root once more;
    /// at most 2.
    references: Vec<u8>,
    /// Whether something contains itself.
    pub(crate) is_cyclic: bool,
}

impl Facts {
    pub(crate) fn is_reachable(&self, index: usize) -> bool {
        self.references.get(index).is_some_and(|count| *count > 0)
    }

    /// Whether an object has to be remembered when it is written. Within a cycle a tuple may be begun more than once,
    /// which only ends because whatever is mutable in it is begun once.
    pub(crate) fn is_shared(&self, id: Id) -> bool {
        self.is_cyclic || self.references.get(id.index()).is_some_and(|count| *count > 1)
    }
}

/// Checks whatever can be reached from the root.
///
/// # Errors
///
/// The rule that is broken.
pub(crate) fn check(data: &Data) -> Result<Facts, PickleError> {
    let facts = Walk::new(data).run()?;
    check_values(data, &facts)?;
    Ok(facts)
}

/// Where an object is in a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    /// On the way from the root to where the walk is.
    Open,
    Done,
}

/// A walk through the data in depth, without recursion.
struct Walk<'a> {
    data: &'a Data,
    progress: Vec<Progress>,
    references: Vec<u8>,
    /// Levels of containers from each object downwards. In cycles it is too small, which is why those are bounded by
    /// the number of all containers instead.
    heights: Vec<u32>,
    /// The way from the root, with the next child of each object.
    way: Vec<(Id, usize)>,
    containers: usize,
    is_cyclic: bool,
}

impl<'a> Walk<'a> {
    fn new(data: &'a Data) -> Self {
        let count = data.len();
        Self {
            data,
            progress: vec![Progress::New; count],
            references: vec![0; count],
            heights: vec![0; count],
            way: Vec::new(),
            containers: 0,
            is_cyclic: false,
        }
    }

    fn run(mut self) -> Result<Facts, PickleError> {
        self.enter(self.data.root())?;
        while let Some((id, next)) = self.way.last_mut() {
            let id = *id;
            let child = self.data.children(id).get(*next);
            *next += 1;
            match child {
                Some(child) => self.enter(child)?,
                None => self.leave(id)?,
            }
        }
        let limit = self.data.limits().depth;
        if self.is_cyclic && self.containers > limit {
            return Err(PickleError::Cyclic { limit });
        }
        Ok(Facts { references: self.references, is_cyclic: self.is_cyclic })
    }

    fn enter(&mut self, id: Id) -> Result<(), PickleError> {
        let index = id.index();
        let Some(value) = self.data.get(id) else {
            return Err(PickleError::Value { problem: "a reference to an object that is not there" });
        };
        self.references[index] = (self.references[index] + 1).min(2);
        match self.progress[index] {
            Progress::Done => {
                self.raise_parent(self.heights[index]);
                return Ok(());
            }
            Progress::Open => {
                self.is_cyclic = true;
                return Ok(());
            }
            Progress::New => {}
        }
        let limit = self.data.limits().depth;
        // One more for what is no container and yet refers to something: a time with a time zone.
        if self.way.len() > limit.saturating_add(1) {
            return Err(PickleError::Depth { limit });
        }
        self.containers += usize::from(value.is_container());
        self.progress[index] = Progress::Open;
        self.way.push((id, 0));
        Ok(())
    }

    fn leave(&mut self, id: Id) -> Result<(), PickleError> {
        self.way.pop();
        let index = id.index();
        self.progress[index] = Progress::Done;
        let own = u32::from(self.data.get(id).is_some_and(Value::is_container));
        let height = self.heights[index] + own;
        self.heights[index] = height;
        let limit = self.data.limits().depth;
        if height as usize > limit {
            return Err(PickleError::Depth { limit });
        }
        self.raise_parent(height);
        Ok(())
    }

    /// Counts the levels below a child for the object that the walk is at.
    fn raise_parent(&mut self, height: u32) {
        if let Some((parent, _)) = self.way.last() {
            let parent = &mut self.heights[parent.index()];
            *parent = height.max(*parent);
        }
    }
}

fn check_values(data: &Data, facts: &Facts) -> Result<(), PickleError> {
    let mut is_hashable = vec![false; data.len()];
    for (id, value) in data.iter().filter(|(id, _)| facts.is_reachable(id.index())) {
        value.check()?;
        let children = value.children();
        let ids = || (0..children.len()).filter_map(move |index| children.get(index));
        let is_fixed = !matches!(value, Value::List(_) | Value::Set(_) | Value::Dict(_));
        if is_fixed && ids().any(|child| child >= id) {
            return Err(PickleError::Value { problem: "a tuple, frozenset or time made before what it refers to" });
        }
        is_hashable[id.index()] = match value {
            Value::List(_) | Value::Set(_) | Value::Dict(_) | Value::ByteArray(_) => false,
            Value::Tuple(items) => items.iter().all(|item| is_hashable[item.index()]),
            Value::Time(_) | Value::DateTime(_) => {
                if ids().any(|tz| !matches!(data.get(tz), Some(Value::TimeZone(..)))) {
                    return Err(PickleError::Value { problem: "a time whose time zone is something else" });
                }
                true
            }
            _ => true,
        };
    }
    // What a set or dict holds may have been added later than it.
    for (_, value) in data.iter().filter(|(id, _)| facts.is_reachable(id.index())) {
        let (place, unhashable) = match value {
            Value::Set(items) | Value::FrozenSet(items) => {
                ("element", items.iter().find(|item| !is_hashable[item.index()]))
            }
            Value::Dict(pairs) => ("key", pairs.iter().map(|(key, _)| key).find(|key| !is_hashable[key.index()])),
            _ => continue,
        };
        if let Some(id) = unhashable {
            let type_name = data.get(*id).map_or("", Value::type_name);
            return Err(PickleError::Unhashable { holder: value.type_name(), place, type_name });
        }
    }
    Ok(())
}
