//! Declarators: what the stars, brackets and parentheses around a name make of a type (C11 6.7.6).

use super::{Analysis, Symbol};
use crate::diagnostics::Reported;
use crate::types::{MAX_OBJECT_BYTES, MAX_TYPE_DEPTH, Qualified, Type};
use lang_c::ast::{
    ArrayDeclarator, ArraySize, Declarator, DeclaratorKind, DerivedDeclarator, Ellipsis, FunctionDeclarator,
    Identifier, ParameterDeclaration, PointerQualifier, TypeQualifier,
};
use lang_c::span::{Node, Span};
use std::rc::Rc;

/// C11 5.2.4.1 asks for 127.
const MAX_PARAMETERS: usize = 127;

/// A declared name, and what it is declared as.
pub(super) struct Declared {
    pub(super) name: Option<Node<Identifier>>,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Object(Qualified),
    /// An array whose length its initialiser gives: the element.
    OpenArray(Qualified),
    Function(FunctionFace),
}

/// A function's type, and its parameters' names.
#[derive(Clone)]
pub(super) struct FunctionFace {
    pub(super) result: Type,
    pub(super) parameters: Vec<Parameter>,
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
            if !node.node.extensions.is_empty() {
                return this.unsupported(node.span, "attributes");
            }
            let shape = this.derive(base, &node.node.derived)?;
            match &node.node.kind.node {
                DeclaratorKind::Abstract => Ok(Declared { name: None, shape }),
                DeclaratorKind::Identifier(name) => Ok(Declared { name: Some(name.clone()), shape }),
                DeclaratorKind::Declarator(inner) => match shape {
                    Shape::Object(qualified) => this.declarator(qualified, inner),
                    shape if inner.node.derived.is_empty() => {
                        let inner = this.declarator(Qualified::plain(Type::Void), inner)?;
                        Ok(Declared { name: inner.name, shape })
                    }
                    Shape::Function(_) => this.unsupported(inner.span, "pointers to functions"),
                    Shape::OpenArray(_) => this.refuse(inner.span, "an array needs a length here"),
                },
            }
        })
    }

    /// Pointers stand first and apply first; of arrays and parameter lists the last applies first.
    fn derive(&mut self, base: Qualified, derived: &[Node<DerivedDeclarator>]) -> Result<Shape, Reported> {
        let mut qualified = base;
        let pointers = derived.iter().take_while(|part| matches!(part.node, DerivedDeclarator::Pointer(_))).count();
        let (pointers, suffixes) = derived.split_at(pointers);
        for pointer in pointers {
            let DerivedDeclarator::Pointer(qualifiers) = &pointer.node else { continue };
            let is_const = self.pointer_is_const(qualifiers)?;
            qualified = Qualified { ty: Type::pointer_to(qualified), is_const };
            self.check_depth(&qualified.ty, pointer.span)?;
        }
        for (index, suffix) in suffixes.iter().enumerate().rev() {
            let outermost = index == 0;
            match &suffix.node {
                DerivedDeclarator::Array(array) => match self.array(qualified, array, outermost)? {
                    Shape::Object(made) => qualified = made,
                    shape => return Ok(shape),
                },
                DerivedDeclarator::Function(function) if outermost => {
                    return self.function_face(qualified, function).map(Shape::Function);
                }
                DerivedDeclarator::KRFunction(names) if outermost => {
                    if let Some(name) = names.first() {
                        return self.refuse(name.span, "parameters without types are not supported");
                    }
                    self.check_result(&qualified, suffix.span)?;
                    return Ok(Shape::Function(FunctionFace { result: qualified.ty, parameters: Vec::new() }));
                }
                DerivedDeclarator::Block(_) => return self.unsupported(suffix.span, "blocks"),
                _ => {
                    return self
                        .refuse(suffix.span, "functions that return functions, and arrays of them, do not exist");
                }
            }
        }
        Ok(Shape::Object(qualified))
    }

    fn check_depth(&mut self, ty: &Type, span: Span) -> Result<(), Reported> {
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

    fn array(&mut self, element: Qualified, array: &Node<ArrayDeclarator>, outermost: bool) -> Result<Shape, Reported> {
        if element.ty == Type::Void {
            return self.refuse(array.span, "arrays of void do not exist");
        }
        let size = match &array.node.size {
            ArraySize::Unknown if outermost => return Ok(Shape::OpenArray(element)),
            ArraySize::Unknown => return self.refuse(array.span, "only the first length of an array may be left out"),
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
        self.array_of(element, count, size.span).map(Shape::Object)
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

    fn check_result(&mut self, result: &Qualified, span: Span) -> Result<(), Reported> {
        match result.ty {
            Type::Array(..) => self.refuse(span, "functions that return arrays do not exist"),
            _ => Ok(()),
        }
    }

    fn function_face(&mut self, result: Qualified, node: &Node<FunctionDeclarator>) -> Result<FunctionFace, Reported> {
        self.check_result(&result, node.span)?;
        if node.node.ellipsis == Ellipsis::Some {
            return self.unsupported(node.span, "functions with variable arguments");
        }
        if node.node.parameters.len() > MAX_PARAMETERS {
            return self.refuse(node.span, "the function has too many parameters");
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        // Parameters see those before them: `void f(int n, double a[n])`.
        self.scopes.enter();
        let result_of_parameters = self.parameters(&node.node.parameters, &mut parameters);
        self.scopes.leave();
        result_of_parameters?;
        Ok(FunctionFace { result: result.ty, parameters })
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

    /// Arrays become pointers (C11 6.7.6.3 §7); the outermost length does not matter.
    fn parameter(&mut self, node: &Node<ParameterDeclaration>) -> Result<Parameter, Reported> {
        if !node.node.extensions.is_empty() {
            return self.unsupported(node.span, "attributes");
        }
        let storage_is_register = node.node.specifiers.iter().all(|specifier| {
            use lang_c::ast::{DeclarationSpecifier, StorageClassSpecifier};
            match &specifier.node {
                DeclarationSpecifier::StorageClass(class) => class.node == StorageClassSpecifier::Register,
                DeclarationSpecifier::Function(_) => false,
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
        let base = self.specifiers(&types, node.span)?.base;
        let Some(declarator) = &node.node.declarator else {
            return Ok(Parameter { name: None, qualified: decayed(base), span: node.span });
        };
        let declared = self.declarator(base, &without_first_length(declarator))?;
        let qualified = match declared.shape {
            Shape::Object(qualified) => decayed(qualified),
            Shape::OpenArray(element) => Qualified::plain(Type::pointer_to(element)),
            Shape::Function(_) => return self.unsupported(node.span, "pointers to functions"),
        };
        self.check_depth(&qualified.ty, node.span)?;
        Ok(Parameter { name: declared.name, qualified, span: node.span })
    }

    /// The object type of a declaration that cannot be completed by an initialiser, and is no function.
    pub(super) fn object_type(&mut self, declared: Declared, span: Span) -> Result<Qualified, Reported> {
        match declared.shape {
            Shape::Object(qualified) => Ok(qualified),
            Shape::OpenArray(_) => self.refuse(span, "an array needs a length here"),
            Shape::Function(_) => self.unsupported(span, "pointers to functions"),
        }
    }
}

fn decayed(qualified: Qualified) -> Qualified {
    match qualified.ty {
        Type::Array(element, _) => Qualified::plain(Type::Pointer(element)),
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
