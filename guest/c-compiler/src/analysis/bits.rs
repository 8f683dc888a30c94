//! Bit-fields: reads and writes of some of the bits of a unit (C11 6.7.2.1), in terms of the unit.
//!
//! What is read has its promoted type at once (C11 6.3.1.1 §2): `int` where that holds all values. Fields of more than 32
//! bits have their declared type.

use super::place::Object;
use super::{Analysis, fold};
use crate::ir::{Binary, Expression, Kind, Place};
use crate::record::Bits;
use crate::signature::ScalarType;
use crate::types::{INT, Qualified, Type};

/// The type of a bit-field's value.
pub(super) fn value_type(declared: &Type, bits: Bits) -> Type {
    if bits.width < 32 || (bits.width == 32 && declared.is_signed()) {
        INT
    } else if bits.width == 32 {
        Type::Scalar(ScalarType::UnsignedInt)
    } else {
        declared.clone()
    }
}

/// The unsigned type that the unit is read and written in.
fn unit_type(declared: &Type) -> Type {
    Type::Scalar(match declared.size_bytes() {
        1 => ScalarType::UnsignedChar,
        2 => ScalarType::UnsignedShort,
        4 => ScalarType::UnsignedInt,
        _ => ScalarType::UnsignedLong,
    })
}

/// The type that bits are moved in.
fn work_type(declared: &Type) -> Type {
    Type::Scalar(if declared.size_bytes() == 8 { ScalarType::UnsignedLong } else { ScalarType::UnsignedInt })
}

fn mask(bits: Bits) -> i64 {
    (u64::MAX >> (64 - bits.width)) as i64
}

/// The value that the low bits of `raw` stand for; the others do not matter. `raw` is of the work type.
fn extended(raw: Expression, declared: &Type, bits: Bits) -> Expression {
    let work = work_type(declared);
    let value = if declared.is_signed() {
        let signed = Type::Scalar(if declared.size_bytes() == 8 { ScalarType::Long } else { ScalarType::Int });
        let spare = fold::integer(i64::from(signed.size_bytes() * 8 - bits.width), signed.clone());
        let raised = fold::binary(Binary::ShiftLeft, fold::convert(raw, signed), spare);
        let spare = fold::integer(i64::from(raised.ty.size_bytes() * 8 - bits.width), raised.ty.clone());
        fold::binary(Binary::ShiftRight, raised, spare)
    } else {
        fold::binary(Binary::And, raw, fold::integer(mask(bits), work))
    };
    fold::convert(value, value_type(declared, bits))
}

impl Analysis<'_> {
    pub(super) fn read_bits(&mut self, object: Object, bits: Bits) -> Expression {
        let declared = object.qualified.ty;
        let unit = unit_type(&declared);
        let place = Place::Memory(self.address(object.place, Qualified::plain(unit.clone())));
        let raw = fold::convert(Expression { ty: unit, kind: Kind::Read(Box::new(place)) }, work_type(&declared));
        let shift = fold::integer(i64::from(bits.shift), raw.ty.clone());
        let low = if bits.shift == 0 { raw } else { fold::binary(Binary::ShiftRight, raw, shift) };
        extended(low, &declared, bits)
    }

    /// Stores a value of the declared type in a bit-field whose unit `pointer` points to. Is the value that is there then.
    /// `pointer` must be free of effects: it is evaluated twice.
    pub(super) fn write_bits(
        &mut self,
        pointer: impl Fn() -> Expression,
        declared: &Type,
        bits: Bits,
        value: Expression,
    ) -> Expression {
        let unit = unit_type(declared);
        let work = work_type(declared);
        let place = |mut pointer: Expression| {
            pointer.ty = Type::pointer_to(Qualified::plain(unit.clone()));
            Box::new(Place::Memory(pointer))
        };
        let name = self.new_old_value();
        let new = fold::convert(value, work.clone());
        let named = || Expression { ty: work.clone(), kind: Kind::Old(name) };
        let low = fold::binary(Binary::And, named(), fold::integer(mask(bits), work.clone()));
        let shift = fold::integer(i64::from(bits.shift), work.clone());
        let placed = if bits.shift == 0 { low } else { fold::binary(Binary::ShiftLeft, low, shift) };
        let before = Expression { ty: unit.clone(), kind: Kind::Read(place(pointer())) };
        let others = fold::integer(!(mask(bits) << bits.shift), work.clone());
        let kept = fold::binary(Binary::And, fold::convert(before, work.clone()), others);
        let whole = fold::convert(fold::binary(Binary::Or, kept, placed), unit.clone());
        let store = Expression { ty: unit.clone(), kind: Kind::Assign(place(pointer()), Box::new(whole)) };
        let result = extended(named(), declared, bits);
        let ty = result.ty.clone();
        let then = Expression { ty: ty.clone(), kind: Kind::Comma(vec![store, result]) };
        Expression { ty, kind: Kind::With { firsts: vec![(name, new)], then: Box::new(then) } }
    }

    /// Gives the address of a bit-field's unit a name, so that it can be evaluated more than once.
    pub(super) fn with_unit(
        &mut self,
        object: Object,
        then: impl FnOnce(&mut Self, &dyn Fn() -> Expression) -> Expression,
    ) -> Expression {
        let first = self.address(object.place, object.qualified);
        if let Kind::Integer(address) = first.kind {
            let ty = first.ty;
            return then(self, &|| fold::integer(address, ty.clone()));
        }
        let name = self.new_old_value();
        let ty = first.ty.clone();
        let then = then(self, &|| Expression { ty: ty.clone(), kind: Kind::Old(name) });
        Expression { ty: then.ty.clone(), kind: Kind::With { firsts: vec![(name, first)], then: Box::new(then) } }
    }
}
