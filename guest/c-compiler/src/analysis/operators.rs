//! Unary, infix and assignment operators (C11 6.5.2.4 to 6.5.16), pointer arithmetic included.

use super::conversion::{is_null_constant, pointees_agree, promote, usual};
use super::place::Object;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Binary, Expression, Kind, Unary, UpdateResult};
use crate::record::Bits;
use crate::types::{INT, PTRDIFF_T, Type};
use lang_c::ast::{
    BinaryOperator, BinaryOperatorExpression, Expression as Tree, UnaryOperator, UnaryOperatorExpression,
};
use lang_c::span::{Node, Span};

/// Most operators in one chain `a + b + …`: the tree that the parser makes of it is as deep.
const MAX_CHAIN: usize = 1500;

/// The operation of an infix operator that evaluates both operands.
pub(super) fn infix(operator: &BinaryOperator) -> Option<Binary> {
    Some(match operator {
        BinaryOperator::Multiply => Binary::Multiply,
        BinaryOperator::Divide => Binary::Divide,
        BinaryOperator::Modulo => Binary::Remainder,
        BinaryOperator::Plus => Binary::Add,
        BinaryOperator::Minus => Binary::Subtract,
        BinaryOperator::ShiftLeft => Binary::ShiftLeft,
        BinaryOperator::ShiftRight => Binary::ShiftRight,
        BinaryOperator::Less => Binary::Less,
        BinaryOperator::Greater => Binary::Greater,
        BinaryOperator::LessOrEqual => Binary::LessOrEqual,
        BinaryOperator::GreaterOrEqual => Binary::GreaterOrEqual,
        BinaryOperator::Equals => Binary::Equal,
        BinaryOperator::NotEquals => Binary::NotEqual,
        BinaryOperator::BitwiseAnd => Binary::And,
        BinaryOperator::BitwiseXor => Binary::Xor,
        BinaryOperator::BitwiseOr => Binary::Or,
        _ => return None,
    })
}

/// The operation of a compound assignment.
fn compound(operator: &BinaryOperator) -> Option<Binary> {
    Some(match operator {
        BinaryOperator::AssignMultiply => Binary::Multiply,
        BinaryOperator::AssignDivide => Binary::Divide,
        BinaryOperator::AssignModulo => Binary::Remainder,
        BinaryOperator::AssignPlus => Binary::Add,
        BinaryOperator::AssignMinus => Binary::Subtract,
        BinaryOperator::AssignShiftLeft => Binary::ShiftLeft,
        BinaryOperator::AssignShiftRight => Binary::ShiftRight,
        BinaryOperator::AssignBitwiseAnd => Binary::And,
        BinaryOperator::AssignBitwiseXor => Binary::Xor,
        BinaryOperator::AssignBitwiseOr => Binary::Or,
        _ => return None,
    })
}

impl Analysis<'_> {
    /// A chain of infix operators, walked along its left side without recursion.
    pub(super) fn infix_chain(&mut self, node: &Node<Tree>) -> Result<Expression, Reported> {
        let mut chain: Vec<(&Node<BinaryOperatorExpression>, Binary)> = Vec::new();
        let mut leftmost = node;
        while let Tree::BinaryOperator(operation) = &leftmost.node
            && let Some(operator) = infix(&operation.node.operator.node)
        {
            if chain.len() >= MAX_CHAIN {
                return self.refuse(node.span, "the expression has too many operators");
            }
            chain.push((operation, operator));
            leftmost = &operation.node.lhs;
        }
        let mut left = self.value(leftmost);
        while let Some((operation, operator)) = chain.pop() {
            // The right side's errors are told even if the left has some.
            let right = self.value(&operation.node.rhs);
            left = match (left, right) {
                (Ok(left), Ok(right)) => self.operation(operation.span, operator, left, right),
                _ => Err(Reported),
            };
        }
        left
    }

    /// Applies an operator to two values, as C's types prescribe.
    fn operation(
        &mut self,
        span: Span,
        operator: Binary,
        left: Expression,
        right: Expression,
    ) -> Result<Expression, Reported> {
        let has_pointer = left.ty.is_pointer() || right.ty.is_pointer();
        match operator {
            Binary::Add if left.ty.is_pointer() => self.pointer_sum(span, left, right, false),
            Binary::Add if right.ty.is_pointer() => self.pointer_sum(span, right, left, false),
            Binary::Subtract if left.ty.is_pointer() && right.ty.is_pointer() => {
                self.pointer_difference(span, left, right)
            }
            Binary::Subtract if left.ty.is_pointer() => self.pointer_sum(span, left, right, true),
            Binary::Equal | Binary::NotEqual if has_pointer => self.pointer_comparison(span, operator, left, right),
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual if has_pointer => {
                self.pointer_comparison(span, operator, left, right)
            }
            Binary::ShiftLeft | Binary::ShiftRight => {
                self.integer_type(span, &left)?;
                self.integer_type(span, &right)?;
                // The type is that of the left operand alone (C11 6.5.7 §3).
                let left = promote(left);
                let right = fold::convert(promote(right), left.ty.clone());
                Ok(fold::binary(operator, left, right))
            }
            Binary::Remainder | Binary::And | Binary::Or | Binary::Xor => {
                self.integer_type(span, &left)?;
                self.integer_type(span, &right)?;
                let (left, right) = usual(left, right);
                Ok(fold::binary(operator, left, right))
            }
            _ => {
                self.arithmetic(span, &left)?;
                self.arithmetic(span, &right)?;
                let (left, right) = usual(left, right);
                Ok(fold::binary(operator, left, right))
            }
        }
    }

    /// A pointer moved by a number of elements.
    pub(super) fn pointer_sum(
        &mut self,
        span: Span,
        pointer: Expression,
        count: Expression,
        backwards: bool,
    ) -> Result<Expression, Reported> {
        self.integer_type(span, &count)?;
        let Type::Pointer(target) = &pointer.ty else {
            return self.refuse(span, "a pointer is needed here");
        };
        if !target.ty.is_complete() {
            let message = match &target.ty {
                Type::Void => "a pointer to void cannot be moved: cast it first".to_owned(),
                ty => format!("a pointer to '{}' cannot be moved: its size is not known", ty.name()),
            };
            return self.refuse(span, message);
        }
        let size = i64::from(target.ty.size_bytes());
        // Addresses have 32 bits, so the number of elements is cut to 32 bits too.
        let count = fold::convert(count, pointer.ty.clone());
        let bytes = if size == 1 {
            count
        } else {
            fold::binary(Binary::Multiply, count, fold::integer(size, pointer.ty.clone()))
        };
        let operator = if backwards { Binary::Subtract } else { Binary::Add };
        Ok(fold::binary(operator, pointer, bytes))
    }

    fn pointer_difference(&mut self, span: Span, left: Expression, right: Expression) -> Result<Expression, Reported> {
        let size = match (&left.ty, &right.ty) {
            (Type::Pointer(a), Type::Pointer(b)) if a.ty.is_complete() && a.ty.same_unqualified(&b.ty) => {
                i64::from(a.ty.size_bytes())
            }
            _ => return self.refuse(span, "these pointers do not point to the same type"),
        };
        let bytes = fold::convert(fold::binary(Binary::Subtract, left, right), INT);
        let bytes = fold::convert(bytes, PTRDIFF_T);
        Ok(fold::binary(Binary::Divide, bytes, fold::integer(size, PTRDIFF_T)))
    }

    fn pointer_comparison(
        &mut self,
        span: Span,
        operator: Binary,
        left: Expression,
        right: Expression,
    ) -> Result<Expression, Reported> {
        let is_equality = matches!(operator, Binary::Equal | Binary::NotEqual);
        let fits = match (&left.ty, &right.ty) {
            (Type::Pointer(a), Type::Pointer(b)) => pointees_agree(a, b),
            (Type::Pointer(_), _) => is_equality && is_null_constant(&right),
            _ => is_equality && is_null_constant(&left),
        };
        if !fits {
            let message = format!("'{}' and '{}' cannot be compared", left.ty.name(), right.ty.name());
            return self.refuse(span, message);
        }
        let ty = if left.ty.is_pointer() { left.ty.clone() } else { right.ty.clone() };
        Ok(fold::binary(operator, fold::convert(left, ty.clone()), fold::convert(right, ty)))
    }

    pub(super) fn unary(
        &mut self,
        whole: &Node<Tree>,
        node: &Node<UnaryOperatorExpression>,
    ) -> Result<Expression, Reported> {
        let operand = &node.node.operand;
        match node.node.operator.node {
            UnaryOperator::PostIncrement => self.step(node, Binary::Add, UpdateResult::Before),
            UnaryOperator::PostDecrement => self.step(node, Binary::Subtract, UpdateResult::Before),
            UnaryOperator::PreIncrement => self.step(node, Binary::Add, UpdateResult::After),
            UnaryOperator::PreDecrement => self.step(node, Binary::Subtract, UpdateResult::After),
            UnaryOperator::Address => self.address_of(operand),
            UnaryOperator::Indirection => {
                let object = self.object(whole)?;
                Ok(self.read(object))
            }
            UnaryOperator::Plus => Ok(promote(self.scalar_of(operand)?.0)),
            UnaryOperator::Minus => Ok(fold::unary(Unary::Negate, promote(self.scalar_of(operand)?.0))),
            UnaryOperator::Complement => {
                let value = self.value(operand)?;
                self.integer_type(operand.span, &value)?;
                Ok(fold::unary(Unary::Complement, promote(value)))
            }
            UnaryOperator::Negate => {
                let value = self.value(operand)?;
                let value = self.condition_value(operand.span, value)?;
                Ok(fold::unary(Unary::Not, value))
            }
        }
    }

    /// `++` and `--`.
    fn step(
        &mut self,
        node: &Node<UnaryOperatorExpression>,
        operator: Binary,
        result: UpdateResult,
    ) -> Result<Expression, Reported> {
        let one = fold::integer(1, INT);
        self.update(node.span, &node.node.operand, operator, one, result)
    }

    pub(super) fn assignment(&mut self, node: &Node<BinaryOperatorExpression>) -> Result<Expression, Reported> {
        if let Some(operator) = compound(&node.node.operator.node) {
            return self.compound_assignment(node, operator);
        }
        let object = self.modifiable(&node.node.lhs);
        let value = self.value(&node.node.rhs);
        let (object, value) = (object?, value?);
        let value = self.convert_implicitly(node.node.rhs.span, value, &object.qualified.ty, "assignment")?;
        self.current.effects += 1;
        Ok(self.store(object, value))
    }

    /// Stores a value of the object's type; is the value that is there then.
    pub(super) fn store(&mut self, object: Object, value: Expression) -> Expression {
        if let Some(bits) = object.bits {
            let declared = object.qualified.ty.clone();
            return self.with_unit(object, |this, pointer| this.write_bits(pointer, &declared, bits, value));
        }
        let ty = object.qualified.ty;
        Expression { ty, kind: Kind::Assign(Box::new(object.place), Box::new(value)) }
    }

    /// The right side comes first if it may change the left: C leaves the order open, gcc and clang agree on this one.
    fn compound_assignment(
        &mut self,
        node: &Node<BinaryOperatorExpression>,
        operator: Binary,
    ) -> Result<Expression, Reported> {
        let effects_before = self.current.effects;
        let right = self.value(&node.node.rhs)?;
        let target = &node.node.lhs;
        if self.current.effects == effects_before || matches!(right.ty, Type::Void) {
            return self.update(node.span, target, operator, right, UpdateResult::After);
        }
        let name = self.new_old_value();
        let named = Expression { ty: right.ty.clone(), kind: Kind::Old(name) };
        let update = self.update(node.span, target, operator, named, UpdateResult::After)?;
        let ty = update.ty.clone();
        Ok(Expression { ty, kind: Kind::With { firsts: vec![(name, right)], then: Box::new(update) } })
    }

    /// Replaces what is in a place by the result of an operation on it (C11 6.5.16.2).
    fn update(
        &mut self,
        span: Span,
        target: &Node<Tree>,
        operator: Binary,
        right: Expression,
        result: UpdateResult,
    ) -> Result<Expression, Reported> {
        let object = self.modifiable(target)?;
        self.current.effects += 1;
        if let Some(bits) = object.bits {
            return self.update_bits(span, object, bits, operator, right, result);
        }
        let ty = object.qualified.ty;
        let old = self.new_old_value();
        let before = Expression { ty: ty.clone(), kind: Kind::Old(old) };
        let after = self.operation(span, operator, before, right)?;
        let value = self.convert_implicitly(span, after, &ty, "assignment")?;
        let place = Box::new(object.place);
        Ok(Expression { ty, kind: Kind::Update { place, old, value: Box::new(value), result } })
    }

    fn update_bits(
        &mut self,
        span: Span,
        object: Object,
        bits: Bits,
        operator: Binary,
        right: Expression,
        result: UpdateResult,
    ) -> Result<Expression, Reported> {
        let declared = object.qualified.clone();
        let name = self.new_old_value();
        let mut outcome = Ok(());
        let update = self.with_unit(object, |this, pointer| {
            let before = this.read_bits(Object::at(pointer(), declared.clone()), bits);
            let ty = before.ty.clone();
            let old = Expression { ty: ty.clone(), kind: Kind::Old(name) };
            let after = this
                .operation(span, operator, old, right)
                .and_then(|after| this.convert_implicitly(span, after, &declared.ty, "assignment"));
            let value = after.unwrap_or_else(|reported| {
                outcome = Err(reported);
                fold::integer(0, declared.ty.clone())
            });
            let write = this.write_bits(pointer, &declared.ty, bits, value);
            let then = match result {
                UpdateResult::After => write,
                UpdateResult::Before => {
                    let old = Expression { ty: ty.clone(), kind: Kind::Old(name) };
                    Expression { ty: ty.clone(), kind: Kind::Comma(vec![write, old]) }
                }
            };
            Expression { ty, kind: Kind::With { firsts: vec![(name, before)], then: Box::new(then) } }
        });
        outcome.map(|()| update)
    }
}
