//! Functions (C11 6.9.1): prototypes, definitions, and the face of the one to run.

use super::declarator::{FunctionFace, Shape};
use super::scope::Symbol;
use super::specifiers::Storage;
use super::{Analysis, FunctionState, recursion};
use crate::diagnostics::{Reported, SourceOffset};
use crate::ir::{Function, FunctionId, Program};
use crate::signature::{FunctionParameter, ParameterType, Signature};
use crate::types::Type;
use lang_c::ast::{FunctionDefinition, Identifier, Statement as StatementTree};
use lang_c::span::Node;

/// Most functions of one source.
const MAX_FUNCTIONS: usize = 2000;

/// A function that is declared, and its body once it is defined.
pub(super) struct FunctionEntry {
    pub(super) name: String,
    pub(super) parameters: Vec<Type>,
    pub(super) result: Type,
    /// The first call, to report one of a function that is never defined.
    pub(super) called_at: Option<SourceOffset>,
    defined_at: Option<SourceOffset>,
    parameter_names: Vec<String>,
    body: Option<Function>,
}

impl Analysis<'_> {
    /// Declares a function, or checks that it is declared already as the same.
    pub(super) fn prototype(&mut self, name: &Node<Identifier>, face: FunctionFace) -> Result<FunctionId, Reported> {
        let text = &name.node.name;
        let parameters: Vec<Type> = face.parameters.iter().map(|parameter| parameter.qualified.ty.clone()).collect();
        let existing = self.scopes.find_here(text).or_else(|| self.scopes.find_in_file(text)).cloned();
        match existing {
            Some(Symbol::Function(id)) => {
                let same = self
                    .functions
                    .get(id.0 as usize)
                    .is_some_and(|known| known.parameters == parameters && known.result == face.result);
                if same {
                    return Ok(id);
                }
                return self.refuse(name.span, format!("function '{text}' is declared already with other types"));
            }
            Some(_) => return self.refuse(name.span, format!("'{text}' is defined already")),
            None => {}
        }
        if self.functions.len() >= MAX_FUNCTIONS {
            return self.refuse(name.span, "the source has too many functions");
        }
        let id = FunctionId(self.functions.len() as u32);
        self.functions.push(FunctionEntry {
            name: text.clone(),
            parameters,
            result: face.result,
            called_at: None,
            defined_at: None,
            parameter_names: Vec::new(),
            body: None,
        });
        self.scopes.insert_in_file(text, Symbol::Function(id));
        Ok(id)
    }

    pub(super) fn function_definition(&mut self, node: &Node<FunctionDefinition>) -> Result<(), Reported> {
        let definition = &node.node;
        if let Some(declaration) = definition.declarations.first() {
            return self.unsupported(declaration.span, "parameter declarations after the parameter list");
        }
        let specifiers = self.specifiers(&definition.specifiers, node.span)?;
        if !matches!(specifiers.storage, Storage::Unspecified | Storage::Static | Storage::Extern) {
            return self.refuse(node.span, "a function is no typedef");
        }
        let declared = self.declarator(specifiers.base, &definition.declarator)?;
        let (Some(name), Shape::Function(face)) = (declared.name, declared.shape) else {
            return self.refuse(definition.declarator.span, "this is no declarator of a function");
        };
        let id = self.prototype(&name, face.clone())?;
        let at = self.origin(name.span);
        let Some(entry) = self.functions.get_mut(id.0 as usize) else { return Ok(()) };
        if entry.defined_at.is_some() {
            return self.refuse(name.span, format!("function '{}' is defined already", name.node.name));
        }
        entry.defined_at = Some(at);
        self.last_defined = Some(id);
        entry.parameter_names = face
            .parameters
            .iter()
            .map(|parameter| parameter.name.as_ref().map_or_else(String::new, |name| name.node.name.clone()))
            .collect();
        let body = self.function_body(id, &face, &definition.statement)?;
        if let Some(entry) = self.functions.get_mut(id.0 as usize) {
            entry.body = Some(body);
        }
        Ok(())
    }

    fn function_body(
        &mut self,
        id: FunctionId,
        face: &FunctionFace,
        statement: &Node<StatementTree>,
    ) -> Result<Function, Reported> {
        let result = Some(face.result.clone());
        self.current = FunctionState { result, index: id.0, ..FunctionState::default() };
        self.scopes.enter();
        let walked = self.walk_body(face, statement);
        self.scopes.leave();
        let state = std::mem::take(&mut self.current);
        let body = walked?;
        Ok(Function {
            parameter_count: face.parameters.len() as u32,
            result: face.result.clone(),
            locals: state.locals,
            body,
        })
    }

    fn walk_body(
        &mut self,
        face: &FunctionFace,
        statement: &Node<StatementTree>,
    ) -> Result<Vec<crate::ir::Statement>, Reported> {
        for parameter in &face.parameters {
            let local = self.new_local(parameter.span, parameter.qualified.ty.clone())?;
            let Some(name) = &parameter.name else { continue };
            self.scopes.insert(&name.node.name, Symbol::Local(local, parameter.qualified.clone()));
        }
        let StatementTree::Compound(items) = &statement.node else {
            return self.refuse(statement.span, "a function needs a body in braces");
        };
        let mut body = Vec::new();
        // Parameters and the outermost block share one scope (C11 6.2.1 §4).
        self.block_items(items, &mut body)?;
        Ok(body)
    }

    /// Checks what only the end of the source shows, and picks the function to run.
    pub(super) fn finish(self) -> Result<(Program, Signature), Reported> {
        let undefined = self.functions.iter().find_map(|entry| {
            let at = entry.called_at.filter(|_| entry.defined_at.is_none())?;
            Some((at, format!("function '{}' is declared, but never defined", entry.name)))
        });
        let undefined = undefined.or_else(|| {
            let (at, name) = self.statics.undefined_extern()?;
            Some((at, format!("variable '{name}' is declared extern, but never defined")))
        });
        if let Some((at, message)) = undefined {
            return Err(self.reports.report(at, message));
        }
        let last = self.last_defined.and_then(|id| Some((id, self.functions.get(id.0 as usize)?)));
        let Some((run, entry)) = last else {
            return Err(self.reports.report(SourceOffset(0), "the source defines no function to run"));
        };
        let signature = match signature(entry) {
            Ok(signature) => signature,
            Err(message) => return Err(self.reports.report(entry.defined_at.unwrap_or(SourceOffset(0)), message)),
        };
        let (data, static_end) = self.statics.into_parts();
        let is_recursive = recursion::is_recursive(self.functions.len(), &self.calls);
        let functions = self.functions.into_iter().map(|entry| entry.body).collect();
        let mut math_imports = self.math_imports;
        math_imports.sort_unstable();
        math_imports.dedup();
        Ok((Program { functions, run, math_imports, is_recursive, data, static_end }, signature))
    }
}

/// The face of the function to run, if its types can be passed from outside.
fn signature(entry: &FunctionEntry) -> Result<Signature, String> {
    let mut parameters = Vec::with_capacity(entry.parameters.len());
    for (ty, name) in entry.parameters.iter().zip(&entry.parameter_names) {
        let ty = match ty {
            Type::Scalar(scalar) => ParameterType::Scalar(*scalar),
            Type::Pointer(target) => match target.ty {
                Type::Scalar(element) => ParameterType::Pointer { element },
                _ => return Err(unpassable(entry, name, ty)),
            },
            ty => return Err(unpassable(entry, name, ty)),
        };
        parameters.push(FunctionParameter { name: name.clone(), ty });
    }
    let result = match &entry.result {
        Type::Void => None,
        Type::Scalar(scalar) => Some(*scalar),
        ty => return Err(format!("the function to run, '{}', cannot return '{}'", entry.name, ty.name())),
    };
    Ok(Signature { name: entry.name.clone(), parameters, result })
}

fn unpassable(entry: &FunctionEntry, parameter: &str, ty: &Type) -> String {
    let name = &entry.name;
    format!("parameter '{parameter}' of the function to run, '{name}', cannot be '{}'", ty.name())
}
