//! Which name means what, and where (C11 6.2.1, 6.2.3).

use crate::ir::{FunctionId, LocalId};
use crate::record::Record;
use crate::signature::ScalarType;
use crate::types::Qualified;
use std::collections::HashMap;
use std::rc::Rc;

/// What an ordinary identifier stands for.
#[derive(Clone)]
pub(super) enum Symbol {
    Local(LocalId, Qualified),
    /// A variable with static storage at this address.
    Static(u32, Qualified),
    Function(FunctionId),
    Typedef(Qualified),
    /// An enumeration constant: `int` if that holds it.
    Enumerator(i64, ScalarType),
    /// Its declaration is wrong, or missing, and that is reported: its uses are not.
    Poisoned,
}

impl Symbol {
    fn is_poisoned(&self) -> bool {
        matches!(self, Self::Poisoned)
    }
}

/// What a tag stands for.
#[derive(Clone)]
pub(super) enum Tag {
    /// An enumeration, by the integer type that it is compatible with.
    Enumeration(ScalarType),
    Record(Rc<Record>),
}

#[derive(Default)]
struct Scope {
    symbols: HashMap<String, Symbol>,
    tags: HashMap<String, Tag>,
}

/// The scopes that enclose the present place; the first is that of the file.
pub(super) struct Scopes {
    stack: Vec<Scope>,
}

impl Scopes {
    pub(super) fn new() -> Self {
        Self { stack: vec![Scope::default()] }
    }

    pub(super) fn enter(&mut self) {
        self.stack.push(Scope::default());
    }

    pub(super) fn leave(&mut self) {
        if self.stack.len() > 1 {
            self.stack.pop();
        }
    }

    pub(super) fn is_file_scope(&self) -> bool {
        self.stack.len() == 1
    }

    pub(super) fn find(&self, name: &str) -> Option<&Symbol> {
        self.stack.iter().rev().find_map(|scope| scope.symbols.get(name))
    }

    /// What the name means in the innermost scope itself.
    pub(super) fn find_here(&self, name: &str) -> Option<&Symbol> {
        self.stack.last().and_then(|scope| scope.symbols.get(name)).filter(|symbol| !symbol.is_poisoned())
    }

    /// What the name means at file scope.
    pub(super) fn find_in_file(&self, name: &str) -> Option<&Symbol> {
        self.stack.first().and_then(|scope| scope.symbols.get(name)).filter(|symbol| !symbol.is_poisoned())
    }

    pub(super) fn insert(&mut self, name: &str, symbol: Symbol) {
        if let Some(scope) = self.stack.last_mut() {
            scope.symbols.insert(name.to_owned(), symbol);
        }
    }

    /// In the scope of the function's parameters, if this is in a function.
    pub(super) fn insert_in_function(&mut self, name: &str, symbol: Symbol) {
        if let Some(scope) = self.stack.get_mut(1) {
            scope.symbols.insert(name.to_owned(), symbol);
        }
    }

    pub(super) fn insert_in_file(&mut self, name: &str, symbol: Symbol) {
        if let Some(scope) = self.stack.first_mut() {
            scope.symbols.insert(name.to_owned(), symbol);
        }
    }

    pub(super) fn find_tag(&self, name: &str) -> Option<&Tag> {
        self.stack.iter().rev().find_map(|scope| scope.tags.get(name))
    }

    /// What the tag means in the innermost scope itself.
    pub(super) fn find_tag_here(&self, name: &str) -> Option<&Tag> {
        self.stack.last().and_then(|scope| scope.tags.get(name))
    }

    pub(super) fn insert_tag(&mut self, name: &str, tag: Tag) {
        if let Some(scope) = self.stack.last_mut() {
            scope.tags.insert(name.to_owned(), tag);
        }
    }
}
