//! C's types, and the conversions between them that the standard prescribes (C11 6.3).

use crate::record::Record;
use crate::signature::ScalarType;
use std::rc::Rc;
use wasm_encoder::ValType;

/// Largest object, and most static data in all; the limit on a call's memory is not much larger.
pub(crate) const MAX_OBJECT_BYTES: u64 = 8 * 1024 * 1024;
/// Pointers to pointers, arrays of arrays and so on: this deep. Bounds recursion over types.
pub(crate) const MAX_TYPE_DEPTH: u32 = 16;

/// Size of a pointer: an address in the 32-bit linear memory.
pub(crate) const POINTER_BYTES: u32 = 4;

/// A type of C.
#[derive(Clone, PartialEq)]
pub(crate) enum Type {
    Void,
    Scalar(ScalarType),
    Pointer(Rc<Qualified>),
    /// Elements and their number; 0 while the length is not known.
    Array(Rc<Qualified>, u32),
    /// A struct or union.
    Record(Rc<Record>),
    Function(Rc<FunctionType>),
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

/// What a function takes and returns.
#[derive(Clone, PartialEq)]
pub(crate) struct FunctionType {
    pub(crate) result: Type,
    pub(crate) parameters: Vec<Type>,
    pub(crate) is_variadic: bool,
}

impl FunctionType {
    /// As WebAssembly sees it: a struct is passed as the address of a copy; the address for a struct result comes first,
    /// that of the variable arguments last.
    pub(crate) fn lowered(&self) -> (Vec<ValType>, Option<ValType>) {
        let returns_record = self.result.is_record();
        let mut parameters = Vec::with_capacity(self.parameters.len() + 2);
        parameters.extend(returns_record.then_some(ValType::I32));
        parameters.extend(self.parameters.iter().map(Type::value_type));
        parameters.extend(self.is_variadic.then_some(ValType::I32));
        let result = (self.result != Type::Void && !returns_record).then(|| self.result.value_type());
        (parameters, result)
    }
}

pub(crate) const INT: Type = Type::Scalar(ScalarType::Int);
pub(crate) const SIZE_T: Type = Type::Scalar(ScalarType::UnsignedLong);
pub(crate) const PTRDIFF_T: Type = Type::Scalar(ScalarType::Long);

impl Type {
    pub(crate) fn pointer_to(target: Qualified) -> Self {
        Self::Pointer(Rc::new(target))
    }

    /// Size in bytes; 0 for what has none: `void`, functions, and types that are not complete.
    pub(crate) fn size_bytes(&self) -> u32 {
        match self {
            Self::Void | Self::Function(_) => 0,
            Self::Scalar(scalar) => scalar.size_bytes(),
            Self::Pointer(_) => POINTER_BYTES,
            Self::Array(element, count) => element.ty.size_bytes() * count,
            Self::Record(record) => record.size_bytes(),
        }
    }

    pub(crate) fn alignment_bytes(&self) -> u32 {
        match self {
            Self::Void | Self::Function(_) => 1,
            Self::Scalar(scalar) => scalar.size_bytes(),
            Self::Pointer(_) => POINTER_BYTES,
            Self::Array(element, _) => element.ty.alignment_bytes(),
            Self::Record(record) => record.alignment_bytes(),
        }
    }

    /// How deep the type nests. A struct that is pointed to does not count: it may contain that pointer.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Self::Void | Self::Scalar(_) => 0,
            Self::Pointer(target) if target.ty.is_record() => 1,
            Self::Pointer(target) | Self::Array(target, _) => 1 + target.ty.depth(),
            Self::Record(record) => record.depth(),
            Self::Function(function) => {
                let parameters = function.parameters.iter().map(Self::depth).max().unwrap_or(0);
                1 + parameters.max(function.result.depth())
            }
        }
    }

    /// Whether objects of this type can be: its size is known.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Void | Self::Function(_) => false,
            Self::Scalar(_) | Self::Pointer(_) => true,
            Self::Array(element, count) => *count > 0 && element.ty.is_complete(),
            Self::Record(record) => record.is_complete(),
        }
    }

    pub(crate) fn is_pointer(&self) -> bool {
        matches!(self, Self::Pointer(_))
    }

    pub(crate) fn is_record(&self) -> bool {
        matches!(self, Self::Record(_))
    }

    /// Arrays and records: what consists of other objects, and always lives in memory.
    pub(crate) fn is_aggregate(&self) -> bool {
        matches!(self, Self::Array(..) | Self::Record(_))
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

    /// The WebAssembly type of values of this type. For a record, and for what has no values, an address stands.
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
                (length == other_length || *length == 0 || *other_length == 0) && left.ty.same_unqualified(&right.ty)
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
                Self::Function(_) => "pointer to function".to_owned(),
                ty => {
                    let constant = if target.is_const { "const " } else { "" };
                    [constant, &ty.name(), "*"].concat()
                }
            },
            Self::Array(element, count) => format!("array of {count} {}", element.ty.name()),
            Self::Record(record) => record.name(),
            Self::Function(_) => "function".to_owned(),
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
