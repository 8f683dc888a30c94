//! Variable arguments (C11 7.16): calls that pass them, and the macros of `<stdarg.h>` that read them.
//!
//! The caller writes them to an area in its frame, each to slots of 8 bytes; a `va_list` is the address of the next.

use super::conversion::promote;
use super::place::Object;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, LocalId, Place};
use crate::signature::ScalarType;
use crate::types::{Qualified, SIZE_T, Type};
use lang_c::ast::{CallExpression, Expression as Tree};
use lang_c::span::{Node, Span};
use std::rc::Rc;

impl Analysis<'_> {
    /// Writes the arguments to an area in the frame, each to slots of 8 bytes; is the area's address.
    pub(super) fn variable_arguments(&mut self, nodes: &[Node<Tree>]) -> Result<Expression, Reported> {
        if nodes.is_empty() {
            return Ok(fold::integer(0, super::specifiers::va_list()));
        }
        let level = self.current.open_areas;
        let effects = self.current.effects;
        self.current.open_areas += 1;
        let mut values = Vec::with_capacity(nodes.len());
        let mut outcome = Ok(());
        for node in nodes {
            match self.value(node) {
                Ok(value) if value.ty == Type::Void => {
                    outcome = self.refuse(node.span, "a value is needed here, but the expression is void");
                }
                Ok(value) => values.push(widened(value)),
                Err(reported) => outcome = Err(reported),
            }
        }
        self.current.open_areas = level;
        outcome?;
        let slots: u32 = values.iter().map(|value| value.ty.size_bytes().div_ceil(8)).sum();
        let span = nodes.first().map_or(Span::span(0, 0), |node| node.span);
        let area = self.area(level, slots, span)?;
        let mut parts = Vec::with_capacity(values.len() + 1);
        let mut offset = 0;
        for value in values {
            let ty = value.ty.clone();
            let size_bytes = ty.size_bytes().next_multiple_of(8);
            let pointer = fold::moved(self.local_address(area, &ty), offset);
            parts.push(self.store(Object::at(pointer, Qualified::plain(ty)), value));
            offset += size_bytes;
        }
        if self.current.effects > effects {
            // As with all arguments: see `ordered`.
            parts.reverse();
        }
        let address = self.local_address(area, &Type::Scalar(ScalarType::Char));
        let ty = address.ty.clone();
        parts.push(address);
        Ok(Expression { ty, kind: Kind::Comma(parts) })
    }

    /// The area for calls within that many other calls; calls on one level are never under way together.
    fn area(&mut self, level: usize, slots: u32, span: Span) -> Result<LocalId, Reported> {
        while self.current.areas.len() <= level {
            let local = self.new_local(span, area_type(1))?;
            self.current.areas.push(local);
        }
        let Some(local) = self.current.areas.get(level).copied() else {
            return self.refuse(span, "the source is nested too deeply here");
        };
        if let Some(known) = self.current.locals.get_mut(local.0 as usize)
            && known.ty.size_bytes() < slots * 8
        {
            known.ty = area_type(slots);
        }
        Ok(local)
    }

    /// `va_start`, `va_end` and `va_copy`.
    pub(super) fn call_variable_arguments(
        &mut self,
        node: &Node<CallExpression>,
        name: &str,
    ) -> Result<Expression, Reported> {
        let arguments = node.node.arguments.as_slice();
        let value = match (name, arguments) {
            ("__builtin_va_start", [_, last]) => {
                let Some(area) = self.current.variable_arguments else {
                    return self.refuse(node.span, "va_start is for functions with variable arguments");
                };
                self.unevaluated_type(last)?;
                let ty = super::specifiers::va_list();
                Expression { ty, kind: Kind::Read(Box::new(Place::Local(area))) }
            }
            ("__builtin_va_copy", [_, from]) => {
                let value = self.value(from)?;
                self.convert_implicitly(from.span, value, &super::specifiers::va_list(), "va_copy")?
            }
            ("__builtin_va_end", [list]) => {
                let value = self.value(list)?;
                return Ok(fold::to_void(value));
            }
            _ => return self.refuse(node.span, format!("'{name}' cannot be called like this")),
        };
        let Some(list) = arguments.first() else { return self.refuse(node.span, "a va_list is missing") };
        let object = self.argument_list(list)?;
        self.current.effects += 1;
        let store = self.store(object, value);
        Ok(fold::to_void(store))
    }

    /// A variable of type `va_list`.
    fn argument_list(&mut self, node: &Node<Tree>) -> Result<Object, Reported> {
        let object = self.modifiable(node)?;
        if object.qualified.ty != super::specifiers::va_list() {
            return self.refuse(node.span, format!("a va_list is needed here, not '{}'", object.qualified.ty.name()));
        }
        Ok(object)
    }

    /// `va_arg`: the list moves on, and what it pointed to before is the value.
    pub(super) fn variable_argument(
        &mut self,
        node: &Node<lang_c::ast::VaArgExpression>,
    ) -> Result<Expression, Reported> {
        let list = self.argument_list(&node.node.va_list)?;
        let ty = self.type_name(&node.node.type_name)?;
        self.complete(&ty, node.span)?;
        let is_promoted = match &ty {
            Type::Scalar(scalar) => *scalar != ScalarType::Float && crate::types::promoted(*scalar) == *scalar,
            ty => !matches!(ty, Type::Array(..)),
        };
        if !is_promoted {
            let message = format!("'{}' never comes as a variable argument: it is promoted or decays", ty.name());
            return self.refuse(node.node.type_name.span, message);
        }
        self.current.effects += 1;
        let pointer = super::specifiers::va_list();
        let old = self.new_old_value();
        let before = Expression { ty: pointer.clone(), kind: Kind::Old(old) };
        let value = fold::moved(before, ty.size_bytes().next_multiple_of(8));
        let kind = Kind::Update {
            place: Box::new(list.place),
            old,
            value: Box::new(value),
            result: crate::ir::UpdateResult::Before,
        };
        let target = Qualified::plain(ty);
        let address = Expression { ty: Type::pointer_to(target.clone()), kind };
        Ok(self.read(Object::at(address, target)))
    }
}

fn area_type(slots: u32) -> Type {
    Type::Array(Rc::new(Qualified::plain(SIZE_T)), slots)
}

/// The default argument promotions (C11 6.5.2.2 §6), and integers and pointers as wide as their slot.
fn widened(value: Expression) -> Expression {
    let value = promote(value);
    let wide = match &value.ty {
        Type::Scalar(ScalarType::Float) => Type::Scalar(ScalarType::Double),
        Type::Scalar(ScalarType::Int) => Type::Scalar(ScalarType::Long),
        Type::Scalar(ScalarType::UnsignedInt) | Type::Pointer(_) => SIZE_T,
        _ => return value,
    };
    fold::convert(value, wide)
}
