//! Functions (C11 6.9.1): prototypes, definitions, and the face of the one to run.

use super::declarator::Parameter;
use super::scope::Symbol;
use super::specifiers::{Storage, va_list};
use super::statics::Statics;
use super::{Analysis, FunctionState, builtins, jumps, recursion};
use crate::diagnostics::{Reported, SourceOffset};
use crate::ir::{Body, Expression, Function, FunctionId, Kind, LocalId, Place, Program};
use crate::signature::{FunctionParameter, ParameterType, ScalarType, Signature};
use crate::types::{FunctionType, Qualified, Type};
use lang_c::ast::{FunctionDefinition, Identifier, Statement as StatementTree};
use lang_c::span::Node;
use std::rc::Rc;

/// Most functions of one source.
const MAX_FUNCTIONS: usize = 2000;

/// A function that is declared, and its body once it is defined.
pub(super) struct FunctionEntry {
    pub(super) name: String,
    pub(super) face: Rc<FunctionType>,
    /// Nothing says yet what parameters it has.
    is_open: bool,
    /// The first use, to report one of a function that is never defined.
    pub(super) used_at: Option<SourceOffset>,
    defined_at: Option<SourceOffset>,
    parameter_names: Vec<String>,
    body: Option<Function>,
}

impl Analysis<'_> {
    /// Declares a function, or checks that it is declared already as the same. `is_open`: its parameters are left open, by
    /// `()`; a later declaration gives them (C11 6.7.6.3 §14).
    pub(super) fn prototype(
        &mut self,
        name: &Node<Identifier>,
        face: Rc<FunctionType>,
        is_open: bool,
    ) -> Result<FunctionId, Reported> {
        let text = &name.node.name;
        let existing = self.scopes.find_here(text).or_else(|| self.scopes.find_in_file(text)).cloned();
        match existing {
            Some(Symbol::Function(id)) => {
                let same = self.functions.get_mut(id.0 as usize).is_some_and(|known| known.agrees(face, is_open));
                if same {
                    // Declared in a block, it hides an outer name.
                    self.scopes.insert(text, Symbol::Function(id));
                    return Ok(id);
                }
                return self.refuse(name.span, format!("function '{text}' is declared already with other types"));
            }
            Some(Symbol::Poisoned) => return Err(Reported),
            Some(_) => return self.refuse(name.span, format!("'{text}' is defined already")),
            None => {}
        }
        if self.functions.len() >= MAX_FUNCTIONS {
            return self.refuse(name.span, "the source has too many functions");
        }
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(FunctionEntry {
            name: text.clone(),
            face,
            is_open,
            used_at: None,
            defined_at: None,
            parameter_names: Vec::new(),
            body: None,
        });
        self.scopes.insert_in_file(text, Symbol::Function(id));
        self.scopes.insert(text, Symbol::Function(id));
        Ok(id)
    }

    pub(super) fn function_definition(&mut self, node: &Node<FunctionDefinition>) -> Result<(), Reported> {
        let definition = &node.node;
        if let Some(declaration) = definition.declarations.first() {
            return self.unsupported(declaration.span, "parameter declarations after the parameter list");
        }
        let outcome = self.defined_function(node);
        if outcome.is_err() {
            self.poison(&definition.declarator);
        }
        outcome
    }

    fn defined_function(&mut self, node: &Node<FunctionDefinition>) -> Result<(), Reported> {
        let definition = &node.node;
        let specifiers = self.specifiers(&definition.specifiers, node.span, false)?;
        if !matches!(specifiers.storage, Storage::Unspecified | Storage::Static | Storage::Extern) {
            return self.refuse(node.span, "a function is no typedef");
        }
        let declared = self.declarator(specifiers.base, &definition.declarator)?;
        let (Some(name), Type::Function(face), Some(parameters)) =
            (declared.name, declared.qualified.ty, declared.parameters)
        else {
            return self.refuse(definition.declarator.span, "this is no declarator of a function");
        };
        self.attributes(&declared.extensions)?;
        let id = self.prototype(&name, Rc::clone(&face), false)?;
        let at = self.origin(name.span);
        let Some(entry) = self.functions.get_mut(id.0 as usize) else { return Ok(()) };
        if entry.defined_at.is_some() {
            return self.refuse(name.span, format!("function '{}' is defined already", name.node.name));
        }
        entry.defined_at = Some(at);
        self.last_defined = Some(id);
        entry.parameter_names = parameters
            .iter()
            .map(|parameter| parameter.name.as_ref().map_or_else(String::new, |name| name.node.name.clone()))
            .collect();
        let body = self.function_body(id, &face, &parameters, &definition.statement)?;
        if let Some(entry) = self.functions.get_mut(id.0 as usize) {
            entry.body = Some(body);
        }
        Ok(())
    }

    fn function_body(
        &mut self,
        id: FunctionId,
        face: &Rc<FunctionType>,
        parameters: &[Parameter],
        statement: &Node<StatementTree>,
    ) -> Result<Function, Reported> {
        let result = Some(face.result.clone());
        self.current = FunctionState { result, index: id.0, ..FunctionState::default() };
        self.scopes.enter();
        let walked = self.walk_body(face, parameters, statement);
        self.scopes.leave();
        let state = std::mem::take(&mut self.current);
        let body = walked?;
        let parameter_count = face.lowered().0.len() as u32;
        Ok(Function { face: Rc::clone(face), parameter_count, locals: state.locals, body })
    }

    fn walk_body(
        &mut self,
        face: &FunctionType,
        parameters: &[Parameter],
        statement: &Node<StatementTree>,
    ) -> Result<Vec<crate::ir::Statement>, Reported> {
        if face.result.is_record() {
            self.complete(&face.result, statement.span)?;
            self.new_local(statement.span, Type::pointer_to(Qualified::plain(face.result.clone())))?;
        } else if !matches!(face.result, Type::Void) {
            self.complete(&face.result, statement.span)?;
        }
        for parameter in parameters {
            self.complete(&parameter.qualified.ty, parameter.span)?;
            let local = self.new_local(parameter.span, parameter.qualified.ty.clone())?;
            let Some(name) = &parameter.name else { continue };
            self.scopes.insert(&name.node.name, Symbol::Local(local, parameter.qualified.clone()));
        }
        if face.is_variadic {
            self.current.variable_arguments = Some(self.new_local(statement.span, va_list())?);
        }
        let StatementTree::Compound(items) = &statement.node else {
            return self.refuse(statement.span, "a function needs a body in braces");
        };
        let mut body = Vec::new();
        // Parameters and the outermost block share one scope (C11 6.2.1 §4).
        let outcome = self.block_items(items, &mut body);
        self.check_labels().and(outcome)?;
        Ok(match self.current.labels.count {
            0 => body,
            count => jumps::resolve(body, count),
        })
    }

    /// Copies what a function returns to where its caller wants it.
    pub(super) fn write_result(&mut self, ty: Type, value: Expression) -> Expression {
        let pointer = Type::pointer_to(Qualified::plain(ty.clone()));
        let pointer = Expression { ty: pointer, kind: Kind::Read(Box::new(Place::Local(LocalId(0)))) };
        Expression { ty, kind: Kind::Assign(Box::new(Place::Memory(pointer)), Box::new(value)) }
    }

    /// Checks what only the end of the source shows, and picks the function to run.
    pub(super) fn finish(&mut self) -> Result<(Program, Signature), Reported> {
        let mut missing = self.statics.undefined_externs();
        for (_, name) in &mut missing {
            *name = format!("variable '{name}' is declared extern, but never defined");
        }
        missing.extend(self.functions.iter().filter_map(FunctionEntry::unusable));
        for (at, message) in &missing {
            self.reports.report(*at, message.as_str());
        }
        if !missing.is_empty() {
            return Err(Reported);
        }
        let last = self.last_defined.and_then(|id| Some((id, self.functions.get(id.0 as usize)?)));
        let Some((run, entry)) = last else {
            return Err(self.reports.report(SourceOffset(0), "the source defines no function to run"));
        };
        let signature = match signature(entry) {
            Ok(signature) => signature,
            Err(message) => return Err(self.reports.report(entry.defined_at.unwrap_or(SourceOffset(0)), message)),
        };
        let (data, static_end) = std::mem::replace(&mut self.statics, Statics::new()).into_parts();
        let is_recursive = recursion::is_recursive(self.functions.len(), &self.calls, &self.table);
        let functions = std::mem::take(&mut self.functions).into_iter().map(FunctionEntry::into_body).collect();
        let mut math_imports = std::mem::take(&mut self.math_imports);
        math_imports.sort_unstable();
        math_imports.dedup();
        let table = std::mem::take(&mut self.table);
        let calls_pointers = self.calls.iter().any(|(_, callee)| *callee == recursion::ANY_OF_TABLE);
        Ok((Program { functions, run, math_imports, table, calls_pointers, is_recursive, data, static_end }, signature))
    }
}

impl FunctionEntry {
    /// Whether another declaration agrees with those before; it may give the parameters that they left open.
    fn agrees(&mut self, face: Rc<FunctionType>, is_open: bool) -> bool {
        if self.face == face {
            self.is_open &= is_open;
            return true;
        }
        if self.face.result != face.result {
            return false;
        }
        if self.is_open && self.used_at.is_none() {
            self.face = face;
            self.is_open = is_open;
            return true;
        }
        is_open
    }

    /// Why the function cannot be used as it is, and where it is.
    fn unusable(&self) -> Option<(SourceOffset, String)> {
        let at = self.used_at.filter(|_| self.defined_at.is_none())?;
        let name = &self.name;
        if builtins::import_module(name).is_none() {
            return Some((at, format!("function '{name}' is declared, but never defined")));
        }
        let is_of_library = builtins::is_of_library(name, &self.face.lowered());
        (!is_of_library).then(|| (at, format!("function '{name}' is declared with other types than the C library's")))
    }

    pub(super) fn is_defined(&self) -> bool {
        self.defined_at.is_some()
    }

    fn into_body(self) -> Body {
        match (self.body, self.used_at, builtins::import_module(&self.name)) {
            (Some(function), ..) => Body::Defined(function),
            (None, Some(_), Some(module)) => Body::Imported { module, name: self.name, face: self.face },
            _ => Body::Missing,
        }
    }
}

/// The face of the function to run, if its types can be passed from outside.
fn signature(entry: &FunctionEntry) -> Result<Signature, String> {
    let mut parameters = Vec::with_capacity(entry.face.parameters.len());
    if entry.face.is_variadic {
        return Err(format!("the function to run, '{}', cannot have variable arguments", entry.name));
    }
    for (ty, name) in entry.face.parameters.iter().zip(&entry.parameter_names) {
        let mut inner = Vec::new();
        let mut is_const = false;
        let ty = match ty {
            Type::Scalar(scalar) => ParameterType::Scalar(*scalar),
            Type::Pointer(target) => {
                let mut target = target;
                while let Type::Array(element, length) = &target.ty {
                    inner.push(*length);
                    target = element;
                }
                is_const = target.is_const;
                match target.ty {
                    Type::Scalar(element) => ParameterType::Pointer { element },
                    _ => return Err(unpassable(entry, name, ty)),
                }
            }
            ty => return Err(unpassable(entry, name, ty)),
        };
        parameters.push(FunctionParameter { name: name.clone(), ty, inner, is_const });
    }
    let mut returns_text = false;
    let result = match &entry.face.result {
        Type::Void => None,
        Type::Scalar(scalar) => Some(*scalar),
        Type::Pointer(target) if is_character(&target.ty) => {
            returns_text = true;
            None
        }
        ty => {
            let advice = "return a number or a text (char *), or write through pointers that are parameters";
            return Err(format!("the function to run, '{}', cannot return '{}': {advice}", entry.name, ty.name()));
        }
    };
    Ok(Signature { name: entry.name.clone(), parameters, result, returns_text })
}

fn is_character(ty: &Type) -> bool {
    matches!(ty, Type::Scalar(ScalarType::Char | ScalarType::SignedChar | ScalarType::UnsignedChar))
}

fn unpassable(entry: &FunctionEntry, parameter: &str, ty: &Type) -> String {
    let name = &entry.name;
    let target = match ty {
        Type::Pointer(target) => &target.ty,
        ty => ty,
    };
    let advice = match target {
        Type::Void => "declare it as a pointer to what it points to",
        Type::Pointer(_) => "only one pointer deep can be passed: an array of numbers, or a text (char *)",
        Type::Function(_) => "call the function by its name",
        _ => "pass its members as parameters of their own, and build it in the function",
    };
    format!("parameter '{parameter}' of the function to run, '{name}', cannot be '{}': {advice}", ty.name())
}
