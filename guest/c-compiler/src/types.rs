//! C's types, and the conversions between them that the standard prescribes (C11 6.3).

use crate::signature::ScalarType;
use std::rc::Rc;
use wasm_encoder::ValType;

/// Largest object, and most static data in all; the limit on a call's memory is not much larger.
pub(crate) const MAX_OBJECT_BYTES: u64 = 8 * 1024 * 1024;
/// Pointers to pointers, arrays of arrays and so on: this deep. Bounds recursion over types.
pub(crate) const MAX_TYPE_DEPTH: u32 = 16;

/// Size of a pointer: an address in the 32-bit linear memory.
pub(crate) const POINTER_BYTES: u32 = 4;

/// An object type, or `void`.
#[derive(Clone, PartialEq)]
pub(crate) enum Type {
    Void,
    Scalar(ScalarType),
    Pointer(Rc<Qualified>),
    /// Elements and their number.
    Array(Rc<Qualified>, u32),
}

/// A type with its `const`.
#[derive(Clone, PartialEq)]
pub(crate) struct Qualified {
    pub(crate) ty: Type,
    pub(crate) is_const: bool,
}

impl Qualified {
    pub(crate) fn plain(ty: Type) -> Self {
        Self { ty, is_const: false }
    }
}

pub(crate) const INT: Type = Type::Scalar(ScalarType::Int);
pub(crate) const SIZE_T: Type = Type::Scalar(ScalarType::UnsignedLong);
pub(crate) const PTRDIFF_T: Type = Type::Scalar(ScalarType::Long);

impl Type {
    pub(crate) fn pointer_to(target: Qualified) -> Self {
        Self::Pointer(Rc::new(target))
    }

    /// Size in bytes; 0 for `void`, which has none.
    pub(crate) fn size_bytes(&self) -> u32 {
        match self {
            Self::Void => 0,
            Self::Scalar(scalar) => scalar.size_bytes(),
            Self::Pointer(_) => POINTER_BYTES,
            Self::Array(element, count) => element.ty.size_bytes() * count,
        }
    }

    pub(crate) fn alignment_bytes(&self) -> u32 {
        match self {
            Self::Void => 1,
            Self::Scalar(scalar) => scalar.size_bytes(),
            Self::Pointer(_) => POINTER_BYTES,
            Self::Array(element, _) => element.ty.alignment_bytes(),
        }
    }

    pub(crate) fn depth(&self) -> u32 {
        match self {
            Self::Void | Self::Scalar(_) => 0,
            Self::Pointer(target) | Self::Array(target, _) => 1 + target.ty.depth(),
        }
    }

    pub(crate) fn is_pointer(&self) -> bool {
        matches!(self, Self::Pointer(_))
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if !scalar.is_float())
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.is_float())
    }

    /// Whether numbers of this type, or addresses, compare and divide as signed ones.
    pub(crate) fn is_signed(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.is_signed())
    }

    /// The WebAssembly type of values of this type; arrays and `void` have no values, and addresses stand for them.
    pub(crate) fn value_type(&self) -> ValType {
        match self {
            Self::Scalar(ScalarType::Float) => ValType::F32,
            Self::Scalar(ScalarType::Double) => ValType::F64,
            Self::Scalar(scalar) if scalar.size_bytes() == 8 => ValType::I64,
            _ => ValType::I32,
        }
    }

    /// The same type, `const` of what is pointed to left aside: what makes pointers compatible.
    pub(crate) fn same_unqualified(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pointer(left), Self::Pointer(right)) => left.ty.same_unqualified(&right.ty),
            (Self::Array(left, length), Self::Array(right, other_length)) => {
                length == other_length && left.ty.same_unqualified(&right.ty)
            }
            (left, right) => left == right,
        }
    }

    /// The type's name, for messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Void => "void".to_owned(),
            Self::Scalar(scalar) => scalar.name().to_owned(),
            Self::Pointer(target) => match &target.ty {
                Self::Array(..) => "pointer to array".to_owned(),
                ty => {
                    let constant = if target.is_const { "const " } else { "" };
                    [constant, &ty.name(), "*"].concat()
                }
            },
            Self::Array(element, count) => format!("array of {count} {}", element.ty.name()),
        }
    }
}

/// Integer promotion (C11 6.3.1.1 §2); floating types stay.
pub(crate) fn promoted(scalar: ScalarType) -> ScalarType {
    if !scalar.is_float() && scalar.size_bytes() < 4 { ScalarType::Int } else { scalar }
}

/// The usual arithmetic conversions (C11 6.3.1.8).
pub(crate) fn common(left: ScalarType, right: ScalarType) -> ScalarType {
    for float in [ScalarType::Double, ScalarType::Float] {
        if left == float || right == float {
            return float;
        }
    }
    let (left, right) = (promoted(left), promoted(right));
    if left.is_signed() == right.is_signed() {
        return if rank(left) >= rank(right) { left } else { right };
    }
    let (signed, unsigned) = if left.is_signed() { (left, right) } else { (right, left) };
    if rank(unsigned) >= rank(signed) {
        unsigned
    } else if signed.size_bytes() > unsigned.size_bytes() {
        signed
    } else {
        unsigned_of(signed)
    }
}

/// Conversion rank (C11 6.3.1.1 §1) of a promoted integer type.
fn rank(scalar: ScalarType) -> u8 {
    match scalar {
        ScalarType::LongLong | ScalarType::UnsignedLongLong => 3,
        ScalarType::Long | ScalarType::UnsignedLong => 2,
        _ => 1,
    }
}

fn unsigned_of(signed: ScalarType) -> ScalarType {
    match signed {
        ScalarType::LongLong => ScalarType::UnsignedLongLong,
        ScalarType::Long => ScalarType::UnsignedLong,
        _ => ScalarType::UnsignedInt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_arithmetic_conversions_follow_rank_and_sign() {
        use ScalarType::*;
        for (left, right, expected) in [
            (Char, Char, Int),
            (UnsignedShort, Short, Int),
            (Bool, UnsignedChar, Int),
            (UnsignedInt, Int, UnsignedInt),
            (UnsignedInt, Long, Long),
            (UnsignedLong, LongLong, UnsignedLongLong),
            (Long, LongLong, LongLong),
            (UnsignedLong, Int, UnsignedLong),
            (Float, UnsignedLongLong, Float),
            (Float, Double, Double),
        ] {
            assert!(common(left, right) == expected && common(right, left) == expected);
        }
    }
}
