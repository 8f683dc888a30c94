//! Declarators: what the stars, brackets and parentheses around a name make of a type (C11 6.7.6).

use super::{Analysis, Symbol};
use crate::diagnostics::Reported;
use crate::types::{FunctionType, MAX_OBJECT_BYTES, MAX_TYPE_DEPTH, Qualified, Type};
use lang_c::ast::{
    ArrayDeclarator, ArraySize, Declarator, DeclaratorKind, DerivedDeclarator, Ellipsis, Extension, FunctionDeclarator,
    Identifier, ParameterDeclaration, PointerQualifier, TypeQualifier,
};
use lang_c::span::{Node, Span};
use std::rc::Rc;

/// C11 5.2.4.1 asks for 127.
const MAX_PARAMETERS: usize = 127;

/// A declared name, and what it is declared as.
pub(super) struct Declared {
    pub(super) name: Option<Node<Identifier>>,
    pub(super) qualified: Qualified,
    /// Of a function: its parameters with their names.
    pub(super) parameters: Option<Vec<Parameter>>,
    /// Of a function: its declarator has `()`, which says nothing about parameters.
    pub(super) is_open: bool,
    /// Attributes that follow the name.
    pub(super) extensions: Vec<Node<Extension>>,
}

#[derive(Clone)]
pub(super) struct Parameter {
    pub(super) name: Option<Node<Identifier>>,
    pub(super) qualified: Qualified,
    pub(super) span: Span,
}

impl Analysis<'_> {
    /// What the declarator makes of the base type.
    pub(super) fn declarator(&mut self, base: Qualified, node: &Node<Declarator>) -> Result<Declared, Reported> {
        self.deeper(node.span, |this| {
            let is_open = ends_open(&node.node.derived);
            let (qualified, parameters) = this.derive(base, &node.node.derived)?;
            let mut declared = match &node.node.kind.node {
                DeclaratorKind::Abstract => {
                    Declared { name: None, qualified, parameters, is_open, extensions: Vec::new() }
                }
                DeclaratorKind::Identifier(name) => {
                    Declared { name: Some(name.clone()), qualified, parameters, is_open, extensions: Vec::new() }
                }
                DeclaratorKind::Declarator(inner) => {
                    let declared = this.declarator(qualified, inner)?;
                    // Parentheses around the name alone change nothing.
                    let is_plain = inner.node.derived.is_empty() && declared.parameters.is_none();
                    let is_open = if is_plain { is_open } else { declared.is_open };
                    let parameters = if is_plain { parameters } else { declared.parameters };
                    Declared { parameters, is_open, ..declared }
                }
            };
            declared.extensions.extend(node.node.extensions.iter().cloned());
            Ok(declared)
        })
    }

    /// Pointers stand first and apply first; of arrays and parameter lists the last applies first. Also returns the
    /// parameters of the list that applies last, if it makes a function.
    fn derive(
        &mut self,
        base: Qualified,
        derived: &[Node<DerivedDeclarator>],
    ) -> Result<(Qualified, Option<Vec<Parameter>>), Reported> {
        let mut qualified = base;
        let mut outermost_parameters = None;
        let pointers = derived.iter().take_while(|part| matches!(part.node, DerivedDeclarator::Pointer(_))).count();
        let (pointers, suffixes) = derived.split_at(pointers);
        for pointer in pointers {
            let DerivedDeclarator::Pointer(qualifiers) = &pointer.node else { continue };
            let is_const = self.pointer_is_const(qualifiers)?;
            qualified = Qualified { ty: Type::pointer_to(qualified), is_const };
            self.check_depth(&qualified.ty, pointer.span)?;
        }
        for suffix in suffixes.iter().rev() {
            match &suffix.node {
                DerivedDeclarator::Array(array) => {
                    qualified = self.array(qualified, array)?;
                    outermost_parameters = None;
                }
                DerivedDeclarator::Function(function) => {
                    let (parameters, is_variadic) = self.parameter_list(function)?;
                    qualified = self.function_of(qualified, &parameters, is_variadic, suffix.span)?;
                    outermost_parameters = Some(parameters);
                }
                DerivedDeclarator::KRFunction(names) => {
                    if let Some(name) = names.first() {
                        return self.refuse(name.span, "parameters without types are not supported");
                    }
                    qualified = self.function_of(qualified, &[], false, suffix.span)?;
                    outermost_parameters = Some(Vec::new());
                }
                DerivedDeclarator::Block(_) => return self.unsupported(suffix.span, "blocks"),
                DerivedDeclarator::Pointer(_) => return self.refuse(suffix.span, "this declarator is malformed"),
            }
        }
        Ok((qualified, outermost_parameters))
    }

    pub(super) fn check_depth(&mut self, ty: &Type, span: Span) -> Result<(), Reported> {
        if ty.depth() > MAX_TYPE_DEPTH {
            return self.refuse(span, "the type is nested too deeply");
        }
        Ok(())
    }

    fn pointer_is_const(&mut self, qualifiers: &[Node<PointerQualifier>]) -> Result<bool, Reported> {
        let mut is_const = false;
        for qualifier in qualifiers {
            match &qualifier.node {
                PointerQualifier::TypeQualifier(qualifier) => match qualifier.node {
                    TypeQualifier::Const => is_const = true,
                    TypeQualifier::Restrict | TypeQualifier::Volatile => {}
                    _ => return self.unsupported(qualifier.span, "qualifiers of this kind"),
                },
                PointerQualifier::Extension(_) => return self.unsupported(qualifier.span, "attributes"),
            }
        }
        Ok(is_const)
    }

    fn array(&mut self, element: Qualified, array: &Node<ArrayDeclarator>) -> Result<Qualified, Reported> {
        if !element.ty.is_complete() {
            let message = match &element.ty {
                Type::Void => "arrays of void do not exist".to_owned(),
                Type::Function(_) => "arrays of functions do not exist".to_owned(),
                Type::Array(..) => "only the first length of an array may be left out".to_owned(),
                ty => format!("the elements have the incomplete type '{}'", ty.name()),
            };
            return self.refuse(array.span, message);
        }
        let size = match &array.node.size {
            ArraySize::Unknown => {
                let is_const = element.is_const;
                let ty = Type::Array(Rc::new(element), 0);
                self.check_depth(&ty, array.span)?;
                return Ok(Qualified { ty, is_const });
            }
            ArraySize::VariableUnknown => return self.unsupported(array.span, "variable-length arrays"),
            ArraySize::VariableExpression(size) => size,
            ArraySize::StaticExpression(size) => {
                return self.refuse(size.span, "'static' in brackets is for parameters only");
            }
        };
        let value = self.value(size)?;
        let count = match super::fold::integer_value(&value) {
            Some(count) if value.ty.is_integer() => count,
            _ if value.ty.is_integer() => return self.unsupported(size.span, "variable-length arrays"),
            _ => return self.refuse(size.span, "an array's length must be an integer"),
        };
        self.array_of(element, count, size.span)
    }

    /// An array type, if it is not too large. The array is `const` if its elements are.
    pub(super) fn array_of(&mut self, element: Qualified, count: i64, span: Span) -> Result<Qualified, Reported> {
        let bytes = u64::from(element.ty.size_bytes());
        let Some(count) = u32::try_from(count).ok().filter(|count| *count > 0) else {
            let message = if count > 0 { "the array is too large" } else { "an array's length must be positive" };
            return self.refuse(span, message);
        };
        if bytes * u64::from(count) > MAX_OBJECT_BYTES {
            return self.refuse(span, "the array is too large");
        }
        let is_const = element.is_const;
        let ty = Type::Array(Rc::new(element), count);
        self.check_depth(&ty, span)?;
        Ok(Qualified { ty, is_const })
    }

    /// The type of a function.
    fn function_of(
        &mut self,
        result: Qualified,
        parameters: &[Parameter],
        is_variadic: bool,
        span: Span,
    ) -> Result<Qualified, Reported> {
        match result.ty {
            Type::Array(..) => return self.refuse(span, "functions that return arrays do not exist"),
            Type::Function(_) => return self.refuse(span, "functions that return functions do not exist"),
            _ => {}
        }
        let parameters = parameters.iter().map(|parameter| parameter.qualified.ty.clone()).collect();
        let ty = Type::Function(Rc::new(FunctionType { result: result.ty, parameters, is_variadic }));
        self.check_depth(&ty, span)?;
        Ok(Qualified::plain(ty))
    }

    /// The parameters, and whether variable arguments follow them.
    fn parameter_list(&mut self, node: &Node<FunctionDeclarator>) -> Result<(Vec<Parameter>, bool), Reported> {
        if node.node.parameters.len() > MAX_PARAMETERS {
            return self.refuse(node.span, "the function has too many parameters");
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        // Parameters see those before them: `void f(int n, double a[n])`.
        self.scopes.enter();
        let result_of_parameters = self.parameters(&node.node.parameters, &mut parameters);
        self.scopes.leave();
        result_of_parameters?;
        Ok((parameters, node.node.ellipsis == Ellipsis::Some))
    }

    fn parameters(
        &mut self,
        nodes: &[Node<ParameterDeclaration>],
        parameters: &mut Vec<Parameter>,
    ) -> Result<(), Reported> {
        for (index, node) in nodes.iter().enumerate() {
            let parameter = self.parameter(node)?;
            if parameter.qualified.ty == Type::Void {
                if nodes.len() == 1 && parameter.name.is_none() {
                    return Ok(());
                }
                return self.refuse(node.span, "a parameter cannot be void");
            }
            if let Some(name) = &parameter.name {
                if self.scopes.find_here(&name.node.name).is_some() {
                    return self.refuse(name.span, format!("parameter '{}' is there twice", name.node.name));
                }
                let symbol = Symbol::Local(crate::ir::LocalId(index as u32), parameter.qualified.clone());
                self.scopes.insert(&name.node.name, symbol);
            }
            parameters.push(parameter);
        }
        Ok(())
    }

    /// Arrays and functions become pointers (C11 6.7.6.3 §7); the outermost length does not matter.
    fn parameter(&mut self, node: &Node<ParameterDeclaration>) -> Result<Parameter, Reported> {
        self.attributes(&node.node.extensions)?;
        let storage_is_register = node.node.specifiers.iter().all(|specifier| {
            use lang_c::ast::{DeclarationSpecifier, StorageClassSpecifier};
            match &specifier.node {
                DeclarationSpecifier::StorageClass(class) => class.node == StorageClassSpecifier::Register,
                DeclarationSpecifier::Function(_) | DeclarationSpecifier::Alignment(_) => false,
                _ => true,
            }
        });
        if !storage_is_register {
            return self.refuse(node.span, "a parameter has no storage class but 'register'");
        }
        let types: Vec<_> = node
            .node
            .specifiers
            .iter()
            .filter(|specifier| !matches!(specifier.node, lang_c::ast::DeclarationSpecifier::StorageClass(_)))
            .cloned()
            .collect();
        let base = self.specifiers(&types, node.span, false)?.base;
        let (name, qualified) = match &node.node.declarator {
            None => (None, base),
            Some(declarator) => {
                let declared = self.declarator(base, &without_first_length(declarator))?;
                (declared.name, declared.qualified)
            }
        };
        let qualified = adjusted(qualified);
        self.check_depth(&qualified.ty, node.span)?;
        Ok(Parameter { name, qualified, span: node.span })
    }

    /// Checks that objects of this type can be.
    pub(super) fn complete(&mut self, ty: &Type, span: Span) -> Result<(), Reported> {
        if ty.is_complete() {
            return Ok(());
        }
        let message = match ty {
            Type::Array(..) => "an array needs a length here".to_owned(),
            Type::Function(_) => "a function is no object".to_owned(),
            ty => format!("'{}' is an incomplete type", ty.name()),
        };
        self.refuse(span, message)
    }
}

/// Whether what applies last is `()`.
fn ends_open(derived: &[Node<DerivedDeclarator>]) -> bool {
    let suffix = derived.iter().find(|part| !matches!(part.node, DerivedDeclarator::Pointer(_)));
    matches!(suffix, Some(Node { node: DerivedDeclarator::KRFunction(names), .. }) if names.is_empty())
}

/// The type of a parameter that is declared with this type.
fn adjusted(qualified: Qualified) -> Qualified {
    match qualified.ty {
        Type::Array(element, _) => Qualified::plain(Type::Pointer(element)),
        Type::Function(_) => Qualified::plain(Type::pointer_to(qualified)),
        _ => qualified,
    }
}

/// The declarator of an array parameter with its first length left out, since that length is not evaluated.
fn without_first_length(declarator: &Node<Declarator>) -> Node<Declarator> {
    let mut changed = declarator.clone();
    if let DeclaratorKind::Declarator(inner) = &mut changed.node.kind.node
        && changed.node.derived.is_empty()
    {
        **inner = without_first_length(inner);
        return changed;
    }
    let is_simple = !matches!(changed.node.kind.node, DeclaratorKind::Declarator(_));
    let first = changed.node.derived.iter_mut().find(|part| !matches!(part.node, DerivedDeclarator::Pointer(_)));
    if let Some(Node { node: DerivedDeclarator::Array(array), .. }) = first.filter(|_| is_simple) {
        array.node.size = ArraySize::Unknown;
    }
    changed
}
