//! Declarations of variables, types and prototypes (C11 6.7), at file scope and in blocks.

use super::Analysis;
use super::declarator::Declared;
use super::scope::Symbol;
use super::specifiers::{Specifiers, Storage};
use super::statics::{Definition, NULL_ZONE_BYTES};
use crate::diagnostics::Reported;
use crate::ir::Statement;
use crate::types::{Qualified, Type};
use lang_c::ast::{
    ArraySize, Declaration, Declarator, DeclaratorKind, DerivedDeclarator, ExternalDeclaration, Identifier,
    InitDeclarator, Initializer,
};
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
        let alone = node.node.declarators.is_empty();
        let specifiers = match self.specifiers(&node.node.specifiers, node.span, alone) {
            Ok(specifiers) => specifiers,
            Err(reported) => {
                node.node.declarators.iter().for_each(|item| self.poison(&item.node.declarator));
                return Err(reported);
            }
        };
        // An error in one declarator does not hide those of the next.
        let mut result = Ok(());
        for item in &node.node.declarators {
            let outcome = self.init_declarator(&specifiers, item, output);
            if outcome.is_err() {
                self.poison(&item.node.declarator);
            }
            result = result.and(outcome);
        }
        result
    }

    /// What a wrong declaration declares is known, so that its uses are not errors too.
    pub(super) fn poison(&mut self, declarator: &Node<Declarator>) {
        match &declarator.node.kind.node {
            DeclaratorKind::Abstract => {}
            DeclaratorKind::Declarator(inner) => self.poison(inner),
            DeclaratorKind::Identifier(name) => {
                if self.scopes.find_here(&name.node.name).is_none() {
                    self.scopes.insert(&name.node.name, Symbol::Poisoned);
                }
            }
        }
    }

    fn init_declarator(
        &mut self,
        specifiers: &Specifiers,
        item: &Node<InitDeclarator>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let declared = self.declarator(specifiers.base.clone(), &item.node.declarator)?;
        let Some(name) = declared.name.clone() else {
            return self.refuse(item.span, "a declaration needs a name");
        };
        self.declare(specifiers, declared, &name, item, output)
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
        let mut attributes = specifiers.attributes;
        attributes.add(self.attributes(&declared.extensions)?);
        let qualified = declared.qualified;
        if specifiers.storage == Storage::Typedef {
            if initializer.is_some() {
                return self.refuse(item.span, "a typedef has no initialiser");
            }
            if !attributes.is_empty() {
                return self.unsupported(item.span, "alignments of type names");
            }
            return self.define_type(name, qualified);
        }
        if let Type::Function(face) = qualified.ty {
            if initializer.is_some() {
                return self.refuse(item.span, "a function has no initialiser");
            }
            return self.prototype(name, face, declared.is_open).map(|_| ());
        }
        if specifiers.of_function {
            return self.refuse(name.span, "'inline' is for functions only");
        }
        let is_static = self.scopes.is_file_scope() || specifiers.storage != Storage::Unspecified;
        let alignment_bytes = attributes.alignment_bytes;
        if is_static {
            self.static_variable(specifiers.storage, qualified, alignment_bytes, name, initializer)
        } else {
            self.local_variable(qualified, alignment_bytes, name, initializer, output)
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
        qualified: Qualified,
        name: &Node<Identifier>,
        initializer: Option<&Node<Initializer>>,
    ) -> Result<Qualified, Reported> {
        let qualified = match (&qualified.ty, initializer) {
            (Type::Array(element, 0), Some(initializer)) => {
                // Its name is in scope in its own initialiser already (C11 6.2.1 §7), if not its length.
                self.scopes.enter();
                self.scopes.insert(&name.node.name, Symbol::Static(NULL_ZONE_BYTES, qualified.clone()));
                let count = self.initializer_length(element, initializer);
                self.scopes.leave();
                self.array_of((**element).clone(), count?, name.span)?
            }
            (Type::Array(_, 0), None) => {
                return self.refuse(name.span, "an array needs a length or an initialiser");
            }
            _ => qualified,
        };
        match &qualified.ty {
            Type::Void => self.refuse(name.span, format!("variable '{}' cannot be void", name.node.name)),
            ty if !ty.is_complete() => {
                let message = format!("variable '{}' has the incomplete type '{}'", name.node.name, ty.name());
                self.refuse(name.span, message)
            }
            _ => Ok(qualified),
        }
    }

    fn local_variable(
        &mut self,
        declared: Qualified,
        alignment_bytes: u32,
        name: &Node<Identifier>,
        initializer: Option<&Node<Initializer>>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        if self.scopes.find_here(&name.node.name).is_some() {
            return self.refuse(name.span, format!("'{}' is defined already", name.node.name));
        }
        let qualified = self.variable_type(declared, name, initializer)?;
        let local = self.new_local(name.span, qualified.ty.clone())?;
        if let Some(known) = self.current.locals.get_mut(local.0 as usize) {
            known.alignment_bytes = known.alignment_bytes.max(alignment_bytes);
            if alignment_bytes > 1 {
                known.in_memory = true;
            }
        }
        // The name is in scope in its own initialiser already (C11 6.2.1 §7).
        self.scopes.insert(&name.node.name, Symbol::Local(local, qualified.clone()));
        let Some(initializer) = initializer else { return Ok(()) };
        let mut effects = Vec::new();
        self.initialise_local(local, &qualified.ty, initializer, &mut effects)?;
        output.extend(effects.into_iter().map(Statement::Evaluate));
        Ok(())
    }

    fn static_variable(
        &mut self,
        storage: Storage,
        declared: Qualified,
        alignment_bytes: u32,
        name: &Node<Identifier>,
        initializer: Option<&Node<Initializer>>,
    ) -> Result<(), Reported> {
        let in_block = !self.scopes.is_file_scope();
        if in_block && storage == Storage::Extern && initializer.is_some() {
            return self.refuse(name.span, "an extern variable in a block has no initialiser");
        }
        let shares_file_name = !in_block || storage == Storage::Extern;
        let here = self.scopes.find_here(&name.node.name);
        let is_same_extern = storage == Storage::Extern && matches!(here, Some(Symbol::Static(..)));
        if in_block && here.is_some() && !is_same_extern {
            return self.refuse(name.span, format!("'{}' is defined already", name.node.name));
        }
        let existing = if shares_file_name { self.scopes.find_in_file(&name.node.name).cloned() } else { None };
        let qualified = match (&existing, &declared.ty) {
            // A later declaration may leave out the length that is known already.
            (Some(Symbol::Static(_, known)), Type::Array(element, 0))
                if initializer.is_none() && matches!(&known.ty, Type::Array(known, _) if known == element) =>
            {
                known.clone()
            }
            (None, Type::Array(element, 0)) if shares_file_name && initializer.is_none() => {
                self.completed_array(element, name)?
            }
            _ => self.variable_type(declared, name, initializer)?,
        };
        let address = match existing {
            Some(Symbol::Static(address, declared)) if declared == qualified => address,
            Some(_) => {
                return self.refuse(name.span, format!("'{}' is declared already as something else", name.node.name));
            }
            None => self.allocate(name.span, &qualified.ty, alignment_bytes)?,
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

    /// The type of an array whose length a later declaration gives (C11 6.9.2); without one it has a single element.
    fn completed_array(&mut self, element: &Qualified, name: &Node<Identifier>) -> Result<Qualified, Reported> {
        let declarations = self.file.iter().filter_map(|external| match &external.node {
            ExternalDeclaration::Declaration(declaration) => Some(&declaration.node.declarators),
            _ => None,
        });
        for item in declarations.flatten() {
            let declarator = &item.node.declarator.node;
            if !matches!(&declarator.kind.node, DeclaratorKind::Identifier(known) if known.node.name == name.node.name)
            {
                continue;
            }
            let suffix = declarator.derived.iter().find(|part| !matches!(part.node, DerivedDeclarator::Pointer(_)));
            let Some(Node { node: DerivedDeclarator::Array(array), .. }) = suffix else { continue };
            let count = match (&array.node.size, &item.node.initializer) {
                (ArraySize::VariableExpression(size), _) => self.integer_constant(size)?.0,
                (ArraySize::Unknown, Some(initializer)) => self.initializer_length(element, initializer)?,
                _ => continue,
            };
            return self.array_of(element.clone(), count, name.span);
        }
        self.array_of(element.clone(), 1, name.span)
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

    pub(super) fn allocate(&mut self, span: Span, ty: &Type, alignment_bytes: u32) -> Result<u32, Reported> {
        let alignment_bytes = alignment_bytes.max(ty.alignment_bytes());
        match self.statics.allocate(ty.size_bytes(), alignment_bytes) {
            Some(address) => Ok(address),
            None => self.refuse(span, "the static variables are too large in all"),
        }
    }
}
