//! Which types convert to which, implicitly and by a cast (C11 6.3, 6.5.4, 6.5.16.1).

use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind};
use crate::signature::ScalarType;
use crate::types::{Qualified, Type, common, promoted};
use lang_c::span::Span;

/// An integer constant 0, or one cast to `void *` (C11 6.3.2.3 §3).
pub(super) fn is_null_constant(expression: &Expression) -> bool {
    let fits = match &expression.ty {
        Type::Pointer(target) => target.ty == Type::Void,
        ty => ty.is_integer(),
    };
    fits && matches!(expression.kind, Kind::Integer(0))
}

impl Analysis<'_> {
    /// Converts as assignment, argument passing, initialisation and `return` do. `what` says which, for the message.
    pub(super) fn convert_implicitly(
        &mut self,
        span: Span,
        value: Expression,
        target: &Type,
        what: &str,
    ) -> Result<Expression, Reported> {
        let fits = match (&value.ty, target) {
            (Type::Scalar(_), Type::Scalar(_)) => true,
            (Type::Pointer(_), Type::Scalar(ScalarType::Bool)) => true,
            (Type::Record(from), Type::Record(to)) => from == to,
            (_, Type::Pointer(_)) if is_null_constant(&value) => true,
            (Type::Pointer(from), Type::Pointer(to)) => {
                if from.is_const && !to.is_const {
                    let message = format!("{what} discards 'const' of '{}'", value.ty.name());
                    return self.refuse(span, message);
                }
                pointees_agree(from, to)
            }
            _ => false,
        };
        if value.ty == Type::Void {
            return self.refuse(span, "a value is needed here, but the expression is void");
        }
        if !fits {
            let message = format!("{what} from '{}' to '{}' needs a cast", value.ty.name(), target.name());
            return self.refuse(span, message);
        }
        Ok(fold::convert(value, target.clone()))
    }

    /// Converts as a cast to a type other than `void` does.
    pub(super) fn cast(&mut self, span: Span, value: Expression, target: Type) -> Result<Expression, Reported> {
        let fits = match (&value.ty, &target) {
            (Type::Scalar(_), Type::Scalar(_)) | (Type::Pointer(_), Type::Pointer(_)) => true,
            (Type::Pointer(_), Type::Scalar(scalar)) | (Type::Scalar(scalar), Type::Pointer(_)) => !scalar.is_float(),
            _ => false,
        };
        if !fits {
            let message = format!("a cast from '{}' to '{}' is not possible", value.ty.name(), target.name());
            return self.refuse(span, message);
        }
        Ok(fold::convert(value, target))
    }

    /// The arithmetic type of an operand.
    pub(super) fn arithmetic(&mut self, span: Span, value: &Expression) -> Result<ScalarType, Reported> {
        match &value.ty {
            Type::Scalar(scalar) => Ok(*scalar),
            ty => {
                let message = format!("a number is needed here, not '{}'", ty.name());
                self.refuse(span, message)
            }
        }
    }

    /// The integer type of an operand.
    pub(super) fn integer_type(&mut self, span: Span, value: &Expression) -> Result<ScalarType, Reported> {
        match self.arithmetic(span, value)? {
            scalar if scalar.is_float() => {
                self.refuse(span, format!("an integer is needed here, not '{}'", scalar.name()))
            }
            scalar => Ok(scalar),
        }
    }

    /// A number or a pointer: what can be compared with 0.
    pub(super) fn condition_value(&mut self, span: Span, value: Expression) -> Result<Expression, Reported> {
        match &value.ty {
            Type::Scalar(_) | Type::Pointer(_) => Ok(value),
            ty => {
                let message = format!("a condition cannot be of type '{}'", ty.name());
                self.refuse(span, message)
            }
        }
    }
}

/// Compatible, or one of the two is `void` (C11 6.5.16.1 §1).
pub(super) fn pointees_agree(left: &Qualified, right: &Qualified) -> bool {
    let deeper_const_agrees = match (&left.ty, &right.ty) {
        // `const` below the first level does not convert (C11 6.5.16.1, 6.7.6.1).
        (Type::Pointer(left), Type::Pointer(right)) => left == right,
        _ => true,
    };
    left.ty == Type::Void || right.ty == Type::Void || (deeper_const_agrees && left.ty.same_unqualified(&right.ty))
}

/// Converts both to their common type.
pub(super) fn usual(left: Expression, right: Expression) -> (Expression, Expression) {
    match (&left.ty, &right.ty) {
        (Type::Scalar(a), Type::Scalar(b)) => {
            let ty = common(*a, *b);
            (fold::convert(left, Type::Scalar(ty)), fold::convert(right, Type::Scalar(ty)))
        }
        _ => (left, right),
    }
}

/// Applies the integer promotions.
pub(super) fn promote(value: Expression) -> Expression {
    match value.ty {
        Type::Scalar(scalar) => fold::convert(value, Type::Scalar(promoted(scalar))),
        _ => value,
    }
}
