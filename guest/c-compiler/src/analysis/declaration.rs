//! Declarations of variables, types and prototypes (C11 6.7), at file scope and in blocks.

use super::Analysis;
use super::declarator::{Declared, Shape};
use super::scope::Symbol;
use super::specifiers::{Specifiers, Storage};
use super::statics::Definition;
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, Place, Statement};
use crate::types::{Qualified, Type};
use lang_c::ast::{Declaration, Identifier, InitDeclarator, Initializer};
use lang_c::span::{Node, Span};

impl Analysis<'_> {
    pub(super) fn file_declaration(&mut self, node: &Node<Declaration>) -> Result<(), Reported> {
        let mut statements = Vec::new();
        self.declaration(node, &mut statements)
    }

    /// Declares everything in the declaration; what is to be done at run time goes to `output`.
    pub(super) fn declaration(
        &mut self,
        node: &Node<Declaration>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let specifiers = self.specifiers(&node.node.specifiers, node.span)?;
        for item in &node.node.declarators {
            let declared = self.declarator(specifiers.base.clone(), &item.node.declarator)?;
            let Some(name) = declared.name.clone() else {
                return self.refuse(item.span, "a declaration needs a name");
            };
            self.declare(&specifiers, declared, &name, item, output)?;
        }
        Ok(())
    }

    fn declare(
        &mut self,
        specifiers: &Specifiers,
        declared: Declared,
        name: &Node<Identifier>,
        item: &Node<InitDeclarator>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let initializer = item.node.initializer.as_ref();
        if let Shape::Function(face) = declared.shape {
            if initializer.is_some() || specifiers.storage == Storage::Typedef {
                return self.unsupported(item.span, "types and initialisers of functions");
            }
            return self.prototype(name, face).map(|_| ());
        }
        if specifiers.of_function {
            return self.refuse(name.span, "'inline' is for functions only");
        }
        if specifiers.storage == Storage::Typedef {
            if initializer.is_some() {
                return self.refuse(item.span, "a typedef has no initialiser");
            }
            let qualified = self.object_type(declared, item.span)?;
            return self.define_type(name, qualified);
        }
        let is_static = self.scopes.is_file_scope() || specifiers.storage != Storage::Unspecified;
        if is_static {
            self.static_variable(specifiers.storage, declared.shape, name, initializer)
        } else {
            self.local_variable(declared.shape, name, initializer, output)
        }
    }

    fn define_type(&mut self, name: &Node<Identifier>, qualified: Qualified) -> Result<(), Reported> {
        match self.scopes.find_here(&name.node.name) {
            None => {}
            Some(Symbol::Typedef(existing)) if *existing == qualified => {}
            Some(_) => return self.refuse(name.span, format!("'{}' is defined already", name.node.name)),
        }
        self.scopes.insert(&name.node.name, Symbol::Typedef(qualified));
        Ok(())
    }

    /// The complete type of a variable; of an open array, its initialiser says the length.
    fn variable_type(
        &mut self,
        shape: Shape,
        name: &Node<Identifier>,
        initializer: Option<&Node<Initializer>>,
    ) -> Result<Qualified, Reported> {
        let qualified = match (shape, initializer) {
            (Shape::Object(qualified), _) => qualified,
            (Shape::OpenArray(element), Some(initializer)) => {
                let count = self.initializer_length(&element, initializer)?;
                self.array_of(element, count, name.span)?
            }
            (Shape::OpenArray(_), None) => return self.refuse(name.span, "an array needs a length or an initialiser"),
            (Shape::Function(_), _) => return self.unsupported(name.span, "variables of function type"),
        };
        if qualified.ty == Type::Void {
            return self.refuse(name.span, format!("variable '{}' cannot be void", name.node.name));
        }
        Ok(qualified)
    }

    fn local_variable(
        &mut self,
        shape: Shape,
        name: &Node<Identifier>,
        initializer: Option<&Node<Initializer>>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        if self.scopes.find_here(&name.node.name).is_some() {
            return self.refuse(name.span, format!("'{}' is defined already", name.node.name));
        }
        let qualified = self.variable_type(shape, name, initializer)?;
        let local = self.new_local(name.span, qualified.ty.clone())?;
        // The name is in scope in its own initialiser already (C11 6.2.1 §7).
        self.scopes.insert(&name.node.name, Symbol::Local(local, qualified.clone()));
        match (initializer, &qualified.ty) {
            (None, _) => Ok(()),
            (Some(initializer), Type::Array(..)) => {
                self.initialise_local_array(local, &qualified.ty, initializer, output)
            }
            (Some(initializer), ty) => {
                let value = self.scalar_initializer(initializer, ty)?;
                let kind = Kind::Assign(Box::new(Place::Local(local)), Box::new(value));
                output.push(Statement::Evaluate(Expression { ty: ty.clone(), kind }));
                Ok(())
            }
        }
    }

    fn static_variable(
        &mut self,
        storage: Storage,
        shape: Shape,
        name: &Node<Identifier>,
        initializer: Option<&Node<Initializer>>,
    ) -> Result<(), Reported> {
        let in_block = !self.scopes.is_file_scope();
        if in_block && storage == Storage::Extern && initializer.is_some() {
            return self.refuse(name.span, "an extern variable in a block has no initialiser");
        }
        let shares_file_name = !in_block || storage == Storage::Extern;
        if in_block && self.scopes.find_here(&name.node.name).is_some() {
            return self.refuse(name.span, format!("'{}' is defined already", name.node.name));
        }
        let existing = if shares_file_name { self.scopes.find_in_file(&name.node.name).cloned() } else { None };
        let qualified = self.variable_type(shape, name, initializer)?;
        let address = match existing {
            Some(Symbol::Static(address, declared)) if declared == qualified => address,
            Some(_) => {
                return self.refuse(name.span, format!("'{}' is declared already as something else", name.node.name));
            }
            None => self.allocate(name.span, &qualified.ty)?,
        };
        let definition = match (initializer, storage) {
            (Some(_), _) => Definition::Initialised,
            (None, Storage::Extern) => Definition::Declared,
            (None, _) => Definition::Tentative,
        };
        self.note_definition(address, definition, name)?;
        let symbol = Symbol::Static(address, qualified.clone());
        if shares_file_name {
            self.scopes.insert_in_file(&name.node.name, symbol.clone());
        }
        self.scopes.insert(&name.node.name, symbol);
        match initializer {
            None => Ok(()),
            Some(initializer) => {
                let bytes = self.static_initializer(&qualified.ty, initializer)?;
                self.statics.initialise(address, &bytes);
                Ok(())
            }
        }
    }

    fn note_definition(
        &mut self,
        address: u32,
        definition: Definition,
        name: &Node<Identifier>,
    ) -> Result<(), Reported> {
        match (self.statics.definition(address), definition) {
            (Some(Definition::Initialised), Definition::Initialised) => {
                self.refuse(name.span, format!("'{}' is defined already", name.node.name))
            }
            (Some(Definition::Initialised), _) | (Some(Definition::Tentative), Definition::Declared) => Ok(()),
            _ => {
                self.statics.define(address, definition);
                if definition == Definition::Declared {
                    let at = self.origin(name.span);
                    self.statics.remember_extern(address, at, &name.node.name);
                }
                Ok(())
            }
        }
    }

    pub(super) fn allocate(&mut self, span: Span, ty: &Type) -> Result<u32, Reported> {
        match self.statics.allocate(ty) {
            Some(address) => Ok(address),
            None => self.refuse(span, "the static variables are too large in all"),
        }
    }
}
