//! Builds expressions, and computes those of constants at once, exactly as the emitted code would.

use crate::ir::{Binary, Expression, Kind, Unary};
use crate::signature::ScalarType;
use crate::types::{INT, Type};

/// An integer constant; `bits` are cut to the type.
pub(super) fn integer(bits: i64, ty: Type) -> Expression {
    let bits = cut(bits, &ty);
    Expression { ty, kind: Kind::Integer(bits) }
}

pub(super) fn floating(value: f64, scalar: ScalarType) -> Expression {
    // Constants have one NaN: the positive quiet one, which is what gcc's NAN is.
    let value = if value.is_nan() { f64::NAN } else { value };
    let value = if scalar == ScalarType::Float { f64::from(value as f32) } else { value };
    Expression { ty: Type::Scalar(scalar), kind: Kind::Floating(value) }
}

/// Sign- or zero-extends the low bits that the type has.
fn cut(bits: i64, ty: &Type) -> i64 {
    match ty {
        Type::Scalar(ScalarType::Bool) => bits & 1,
        Type::Scalar(ScalarType::Char | ScalarType::SignedChar) => i64::from(bits as i8),
        Type::Scalar(ScalarType::UnsignedChar) => i64::from(bits as u8),
        Type::Scalar(ScalarType::Short) => i64::from(bits as i16),
        Type::Scalar(ScalarType::UnsignedShort) => i64::from(bits as u16),
        Type::Scalar(ScalarType::Int) => i64::from(bits as i32),
        Type::Scalar(ScalarType::UnsignedInt) | Type::Pointer(_) => i64::from(bits as u32),
        _ => bits,
    }
}

/// The value of a constant as an integer, whatever its type.
pub(super) fn integer_value(expression: &Expression) -> Option<i64> {
    match expression.kind {
        Kind::Integer(bits) => Some(bits),
        _ => None,
    }
}

/// Whether an expression is the same whenever it is evaluated.
pub(super) fn is_fixed(expression: &Expression) -> bool {
    match &expression.kind {
        Kind::Integer(_) | Kind::Floating(_) | Kind::Address(_) => true,
        Kind::Convert(operand) => matches!(operand.kind, Kind::Integer(_) | Kind::Floating(_)),
        _ => false,
    }
}

/// Whether a constant counts as true.
pub(super) fn truth(expression: &Expression) -> Option<bool> {
    match expression.kind {
        Kind::Integer(bits) => Some(bits != 0),
        Kind::Floating(value) => Some(value != 0.0),
        _ => None,
    }
}

/// Converts between scalars and pointers; what may be converted is decided elsewhere.
pub(super) fn convert(operand: Expression, ty: Type) -> Expression {
    if operand.ty == ty {
        return operand;
    }
    match (&operand.kind, &ty) {
        (Kind::Integer(bits), Type::Scalar(ScalarType::Bool)) => integer(i64::from(*bits != 0), ty),
        (Kind::Integer(bits), Type::Scalar(ScalarType::Float)) => {
            let value = if is_wide_unsigned(&operand.ty) { *bits as u64 as f32 } else { *bits as f32 };
            floating(f64::from(value), ScalarType::Float)
        }
        (Kind::Integer(bits), Type::Scalar(ScalarType::Double)) => {
            let value = if is_wide_unsigned(&operand.ty) { *bits as u64 as f64 } else { *bits as f64 };
            floating(value, ScalarType::Double)
        }
        (Kind::Integer(bits), Type::Scalar(_) | Type::Pointer(_)) => integer(*bits, ty),
        (Kind::Floating(value), Type::Scalar(scalar)) if scalar.is_float() => floating(*value, *scalar),
        (Kind::Floating(value), Type::Scalar(scalar)) => integer(truncated(*value, *scalar), ty),
        _ => Expression { ty, kind: Kind::Convert(Box::new(operand)) },
    }
}

fn is_wide_unsigned(ty: &Type) -> bool {
    matches!(ty, Type::Scalar(ScalarType::UnsignedLong | ScalarType::UnsignedLongLong))
}

/// Saturates as WebAssembly's `trunc_sat` does; types narrower than `int` are cut from that.
fn truncated(value: f64, scalar: ScalarType) -> i64 {
    match scalar {
        ScalarType::Bool => i64::from(value != 0.0),
        ScalarType::UnsignedInt => i64::from(value as u32),
        ScalarType::Long | ScalarType::LongLong => value as i64,
        ScalarType::UnsignedLong | ScalarType::UnsignedLongLong => value as u64 as i64,
        _ => i64::from(value as i32),
    }
}

/// Operand and result have the same type, except for [`Unary::Not`], which is an `int`.
pub(super) fn unary(operator: Unary, operand: Expression) -> Expression {
    let ty = match operator {
        Unary::LeadingZeros | Unary::TrailingZeros | Unary::PopulationCount => INT,
        Unary::Not | Unary::IsNan | Unary::IsInfinite | Unary::IsFinite | Unary::SignBit => INT,
        Unary::Negate | Unary::Complement | Unary::Absolute => operand.ty.clone(),
    };
    match (operator, &operand.kind, &ty) {
        (Unary::Not, _, _) if let Some(holds) = truth(&operand) => integer(i64::from(!holds), ty),
        (Unary::Negate, Kind::Integer(bits), _) => integer(bits.wrapping_neg(), ty),
        (Unary::Negate, Kind::Floating(value), Type::Scalar(scalar)) => {
            Expression { ty: Type::Scalar(*scalar), kind: Kind::Floating(-value) }
        }
        (Unary::Complement, Kind::Integer(bits), _) => integer(!bits, ty),
        _ => Expression { ty, kind: Kind::Unary(operator, Box::new(operand)) },
    }
}

/// Both operands have the same type, that of the operation. Comparisons are of type `int`.
pub(super) fn binary(operator: Binary, left: Expression, right: Expression) -> Expression {
    let ty = if is_comparison(operator) { INT } else { left.ty.clone() };
    let folded = match (&left.kind, &right.kind) {
        (Kind::Integer(a), Kind::Integer(b)) => {
            integers(operator, *a, *b, &left.ty).map(|bits| integer(bits, ty.clone()))
        }
        (Kind::Floating(a), Kind::Floating(b)) => floats(operator, *a, *b, &left.ty),
        _ => None,
    };
    folded.unwrap_or_else(|| Expression { ty, kind: Kind::Binary(operator, Box::new(left), Box::new(right)) })
}

/// The value dropped.
pub(super) fn to_void(value: Expression) -> Expression {
    Expression { ty: Type::Void, kind: Kind::Convert(Box::new(value)) }
}

/// A pointer moved by a number of bytes, its type left as it is.
pub(super) fn moved(pointer: Expression, bytes: u32) -> Expression {
    if bytes == 0 {
        return pointer;
    }
    let ty = pointer.ty.clone();
    match pointer.kind {
        Kind::Binary(Binary::Add, base, offset) if matches!(offset.kind, Kind::Integer(_)) => {
            let offset = binary(Binary::Add, *offset, integer(i64::from(bytes), ty.clone()));
            Expression { ty, kind: Kind::Binary(Binary::Add, base, Box::new(offset)) }
        }
        kind => {
            let offset = integer(i64::from(bytes), ty.clone());
            binary(Binary::Add, Expression { ty, kind }, offset)
        }
    }
}

fn is_comparison(operator: Binary) -> bool {
    matches!(
        operator,
        Binary::Less
            | Binary::LessOrEqual
            | Binary::Greater
            | Binary::GreaterOrEqual
            | Binary::Equal
            | Binary::NotEqual
    )
}

/// `None` where the emitted code would trap.
fn integers(operator: Binary, a: i64, b: i64, ty: &Type) -> Option<i64> {
    let signed = ty.is_signed();
    let (wide_a, wide_b) = (a as u64, b as u64);
    let less = if signed { a < b } else { wide_a < wide_b };
    let count = (b as u32) & (ty.size_bytes() * 8 - 1);
    Some(match operator {
        Binary::Add => a.wrapping_add(b),
        Binary::Subtract => a.wrapping_sub(b),
        Binary::Multiply => a.wrapping_mul(b),
        Binary::Divide | Binary::Remainder if b == 0 => return None,
        Binary::Divide | Binary::Remainder if signed && b == -1 && a == i64::MIN >> (64 - ty.size_bytes() * 8) => {
            return None;
        }
        Binary::Divide if signed => a / b,
        Binary::Divide => (wide_a / wide_b) as i64,
        Binary::Remainder if signed => a % b,
        Binary::Remainder => (wide_a % wide_b) as i64,
        Binary::ShiftLeft => a << count,
        Binary::ShiftRight if signed => a >> count,
        Binary::ShiftRight => (wide_a >> count) as i64,
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::Less => i64::from(less),
        Binary::GreaterOrEqual => i64::from(!less),
        Binary::Greater => i64::from(!less && a != b),
        Binary::LessOrEqual => i64::from(less || a == b),
        Binary::Equal => i64::from(a == b),
        Binary::NotEqual => i64::from(a != b),
    })
}

fn floats(operator: Binary, a: f64, b: f64, ty: &Type) -> Option<Expression> {
    let Type::Scalar(scalar) = ty else { return None };
    let single = *scalar == ScalarType::Float;
    let (narrow_a, narrow_b) = (a as f32, b as f32);
    let value =
        |double: f64, single_value: f32| Some(floating(if single { f64::from(single_value) } else { double }, *scalar));
    let holds = match operator {
        Binary::Add => return value(a + b, narrow_a + narrow_b),
        Binary::Subtract => return value(a - b, narrow_a - narrow_b),
        Binary::Multiply => return value(a * b, narrow_a * narrow_b),
        Binary::Divide => return value(a / b, narrow_a / narrow_b),
        Binary::Less => a < b,
        Binary::LessOrEqual => a <= b,
        Binary::Greater => a > b,
        Binary::GreaterOrEqual => a >= b,
        Binary::Equal => a == b,
        Binary::NotEqual => a != b,
        _ => return None,
    };
    Some(integer(i64::from(holds), INT))
}

/// `a && b` (`is_and`) or `a || b`, of type `int`.
pub(super) fn logical(is_and: bool, left: Expression, right: Expression) -> Expression {
    match (truth(&left), truth(&right)) {
        // The left alone decides: the right is not evaluated.
        (Some(holds), _) if holds != is_and => integer(i64::from(holds), INT),
        (Some(_), Some(holds)) => integer(i64::from(holds), INT),
        _ => {
            let (left, right) = (Box::new(left), Box::new(right));
            Expression { ty: INT, kind: if is_and { Kind::And(left, right) } else { Kind::Or(left, right) } }
        }
    }
}

/// Both branches have the type of the whole.
pub(super) fn conditional(condition: Expression, first: Expression, second: Expression) -> Expression {
    match truth(&condition) {
        Some(true) => first,
        Some(false) => second,
        None => Expression {
            ty: first.ty.clone(),
            kind: Kind::Conditional(Box::new(condition), Box::new(first), Box::new(second)),
        },
    }
}
