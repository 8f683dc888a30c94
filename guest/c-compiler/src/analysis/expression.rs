//! Expressions as values (C11 6.5), one arm for each of the parser's forms.

use super::builtins;
use super::conversion::{is_null_constant, pointees_agree, usual};
use super::place::Object;
use super::scope::Symbol;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind};
use crate::literal;
use crate::signature::ScalarType;
use crate::types::{INT, Qualified, SIZE_T, Type};
use lang_c::ast::{
    BinaryOperator, BinaryOperatorExpression, CastExpression, ConditionalExpression, Constant, Expression as Tree,
    GenericAssociation, GenericSelection, Identifier,
};
use lang_c::span::{Node, Span};

impl Analysis<'_> {
    /// The value of an expression; `void` is a type that it may have.
    pub(super) fn value(&mut self, node: &Node<Tree>) -> Result<Expression, Reported> {
        self.deeper(node.span, |this| match &node.node {
            Tree::Identifier(name) => this.identifier(name),
            Tree::Constant(constant) => this.constant(constant),
            Tree::StringLiteral(_) => this.read_place(node),
            Tree::Call(call) => this.call(call),
            Tree::SizeOfTy(operand) => {
                let ty = this.type_name(&operand.node.0)?;
                this.size_of(node.span, &ty)
            }
            Tree::SizeOfVal(operand) => {
                let ty = this.unevaluated_type(&operand.node.0)?.ty;
                this.size_of(node.span, &ty)
            }
            Tree::AlignOf(operand) => {
                let ty = this.type_name(&operand.node.0)?;
                this.complete_element(&ty, node.span)?;
                Ok(fold::integer(i64::from(ty.alignment_bytes()), SIZE_T))
            }
            Tree::UnaryOperator(operation) => this.unary(node, operation),
            Tree::Cast(cast) => this.cast_expression(cast),
            Tree::BinaryOperator(operation) => match operation.node.operator.node {
                BinaryOperator::Index => this.read_place(node),
                BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr => this.logical(operation),
                _ if super::operators::infix(&operation.node.operator.node).is_some() => this.infix_chain(node),
                _ => this.assignment(operation),
            },
            Tree::Conditional(conditional) => this.conditional(conditional),
            Tree::Comma(expressions) => this.comma(node.span, expressions),
            Tree::GenericSelection(selection) => {
                let chosen = this.generic_selection(selection)?;
                this.value(chosen)
            }
            Tree::Member(_) | Tree::CompoundLiteral(_) => this.read_place(node),
            Tree::OffsetOf(operand) => this.offset_of(operand),
            Tree::VaArg(operand) => this.variable_argument(operand),
            Tree::Statement(block) => this.statement_expression(block),
        })
    }

    fn read_place(&mut self, node: &Node<Tree>) -> Result<Expression, Reported> {
        let object = self.object(node)?;
        if let Type::Record(record) = &object.qualified.ty
            && !record.is_complete()
        {
            return self.refuse(node.span, format!("'{}' is an incomplete type", record.name()));
        }
        Ok(self.read(object))
    }

    fn identifier(&mut self, name: &Node<Identifier>) -> Result<Expression, Reported> {
        let text = &name.node.name;
        match self.scopes.find(text).cloned() {
            Some(Symbol::Enumerator(value, scalar)) => Ok(fold::integer(value, Type::Scalar(scalar))),
            Some(Symbol::Poisoned) => Err(Reported),
            Some(Symbol::Local(local, qualified)) => Ok(self.read(Object::local(local, qualified))),
            Some(Symbol::Static(address, qualified)) => {
                self.statics.note_use(address);
                Ok(self.read(Object::fixed(address, qualified)))
            }
            Some(Symbol::Function(function)) => {
                let object = self.function_object(name.span, function)?;
                Ok(self.read(object))
            }
            Some(Symbol::Typedef(_)) => self.refuse(name.span, format!("'{text}' is a type, not a value")),
            None => match self.function_name(text, name.span)? {
                Some(object) => Ok(self.read(object)),
                None => {
                    let refusal = self.refuse(name.span, builtins::missing(text, ""));
                    // One report is enough.
                    self.scopes.insert_in_function(text, Symbol::Poisoned);
                    refusal
                }
            },
        }
    }

    fn constant(&mut self, node: &Node<Constant>) -> Result<Expression, Reported> {
        let text = self.text.token_at(node.span.start);
        let outcome = match &node.node {
            Constant::Integer(_) => {
                literal::integer(text).map(|(value, ty)| fold::integer(value as i64, Type::Scalar(ty)))
            }
            Constant::Float(_) => literal::floating(text).map(|(value, ty)| fold::floating(value, ty)),
            Constant::Character(text) => literal::character(text.trim()).map(|value| fold::integer(value, INT)),
        };
        match outcome {
            Ok(constant) => Ok(constant),
            Err(message) => self.refuse(node.span, message),
        }
    }

    /// The type of an expression that is not evaluated and does not decay (C11 6.5.3.4 §2).
    pub(super) fn unevaluated_type(&mut self, node: &Node<Tree>) -> Result<Qualified, Reported> {
        let addressed: Vec<bool> = self.current.locals.iter().map(|local| local.in_memory).collect();
        let ty = match self.object_if_any(node)? {
            Some(object) if object.bits.is_some() => return self.refuse(node.span, "a bit-field has no size"),
            Some(object) => object.qualified,
            None => Qualified::plain(self.value(node)?.ty),
        };
        // Nothing of it is executed, so no address was taken either.
        for (local, in_memory) in self.current.locals.iter_mut().zip(addressed) {
            local.in_memory = in_memory;
        }
        Ok(ty)
    }

    fn size_of(&mut self, span: Span, ty: &Type) -> Result<Expression, Reported> {
        match ty {
            Type::Void => return self.refuse(span, "void has no size"),
            Type::Function(_) => return self.refuse(span, "a function has no size"),
            ty => self.complete(ty, span)?,
        }
        Ok(fold::integer(i64::from(ty.size_bytes()), SIZE_T))
    }

    /// Checks that a type, or what an array of it consists of, has an alignment.
    fn complete_element(&mut self, ty: &Type, span: Span) -> Result<(), Reported> {
        match ty {
            Type::Array(element, _) => self.complete_element(&element.ty, span),
            ty => self.complete(ty, span),
        }
    }

    /// `_Generic` (C11 6.5.1.1): the value's type decides, and only the chosen expression is evaluated.
    pub(super) fn generic_selection<'n>(
        &mut self,
        node: &'n Node<GenericSelection>,
    ) -> Result<&'n Node<Tree>, Reported> {
        let effects = self.current.effects;
        let wanted = self.value(&node.node.expression)?.ty;
        self.current.effects = effects;
        let mut chosen = None;
        let mut default = None;
        for association in &node.node.associations {
            match &association.node {
                GenericAssociation::Default(expression) if default.is_none() => default = Some(expression),
                GenericAssociation::Default(_) => return self.refuse(association.span, "default is there twice"),
                GenericAssociation::Type(association) => {
                    let name = &association.node.type_name;
                    let qualified = self.qualified_type_name(name)?;
                    if !qualified.is_const && qualified.ty == wanted {
                        if chosen.is_some() {
                            return self.refuse(name.span, "this type is there twice");
                        }
                        chosen = Some(&association.node.expression);
                    }
                }
            }
        }
        match chosen.or(default) {
            Some(expression) => Ok(expression),
            None => self.refuse(node.span, format!("no choice is for '{}', and there is no default", wanted.name())),
        }
    }

    fn cast_expression(&mut self, node: &Node<CastExpression>) -> Result<Expression, Reported> {
        let target = self.type_name(&node.node.type_name)?;
        let value = self.value(&node.node.expression)?;
        match target {
            Type::Void => Ok(Expression { ty: Type::Void, kind: Kind::Convert(Box::new(value)) }),
            target => self.cast(node.span, value, target),
        }
    }

    fn logical(&mut self, node: &Node<BinaryOperatorExpression>) -> Result<Expression, Reported> {
        let left = self.value(&node.node.lhs)?;
        let left = self.condition_value(node.node.lhs.span, left)?;
        let right = self.value(&node.node.rhs)?;
        let right = self.condition_value(node.node.rhs.span, right)?;
        Ok(fold::logical(node.node.operator.node == BinaryOperator::LogicalAnd, left, right))
    }

    fn conditional(&mut self, node: &Node<ConditionalExpression>) -> Result<Expression, Reported> {
        let condition = self.value(&node.node.condition)?;
        let condition = self.condition_value(node.node.condition.span, condition)?;
        let first = self.value(&node.node.then_expression)?;
        let second = self.value(&node.node.else_expression)?;
        let (first, second) = match (&first.ty, &second.ty) {
            (Type::Scalar(_), Type::Scalar(_)) => usual(first, second),
            (Type::Void, Type::Void) => (first, second),
            (Type::Record(left), Type::Record(right)) if left == right => (first, second),
            (Type::Pointer(_), _) | (_, Type::Pointer(_)) => self.pointer_branches(node.span, first, second)?,
            (left, right) => {
                let message = format!("'{}' and '{}' have no common type", left.name(), right.name());
                return self.refuse(node.span, message);
            }
        };
        Ok(fold::conditional(condition, first, second))
    }

    /// The composite type of two pointers, or of one and a null pointer constant (C11 6.5.15 §6).
    fn pointer_branches(
        &mut self,
        span: Span,
        first: Expression,
        second: Expression,
    ) -> Result<(Expression, Expression), Reported> {
        let ty = match (&first.ty, &second.ty) {
            (Type::Pointer(_), _) if is_null_constant(&second) => first.ty.clone(),
            (_, Type::Pointer(_)) if is_null_constant(&first) => second.ty.clone(),
            (Type::Pointer(left), Type::Pointer(right)) if pointees_agree(left, right) => {
                let is_const = left.is_const || right.is_const;
                let ty = if right.ty == Type::Void { Type::Void } else { left.ty.clone() };
                Type::pointer_to(Qualified { ty, is_const })
            }
            (left, right) => {
                let message = format!("'{}' and '{}' have no common type", left.name(), right.name());
                return self.refuse(span, message);
            }
        };
        Ok((fold::convert(first, ty.clone()), fold::convert(second, ty)))
    }

    fn comma(&mut self, span: Span, nodes: &[Node<Tree>]) -> Result<Expression, Reported> {
        let mut parts = Vec::with_capacity(nodes.len());
        for node in nodes {
            parts.push(self.value(node)?);
        }
        match parts.last().map(|last| last.ty.clone()) {
            Some(ty) => Ok(Expression { ty, kind: Kind::Comma(parts) }),
            None => self.refuse(span, "an expression is missing here"),
        }
    }

    /// A number, or an error: where `void` and pointers are none.
    pub(super) fn scalar_of(&mut self, node: &Node<Tree>) -> Result<(Expression, ScalarType), Reported> {
        let value = self.value(node)?;
        let scalar = self.arithmetic(node.span, &value)?;
        Ok((value, scalar))
    }
}
