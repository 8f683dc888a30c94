//! Conversions between value types (C11 6.3.1).

use super::function::Emitter;
use crate::signature::ScalarType;
use crate::types::Type;
use wasm_encoder::ValType;

impl Emitter<'_> {
    /// Converts the value on the stack.
    pub(super) fn convert(&mut self, from: &Type, to: &Type) {
        match (from, to) {
            (Type::Void, _) => {}
            (_, Type::Void) => {
                self.sink().drop();
            }
            (_, Type::Scalar(ScalarType::Bool)) => self.convert_to_bool(from),
            _ => {
                self.convert_representation(from, to);
                if !from.is_float() || to.is_integer() {
                    self.narrow(from, to);
                }
            }
        }
    }

    fn convert_to_bool(&mut self, from: &Type) {
        match (from, from.value_type()) {
            (Type::Scalar(ScalarType::Bool), _) => {}
            (_, ValType::I64) => {
                self.sink().i64_const(0).i64_ne();
            }
            (_, ValType::F32) => {
                self.sink().f32_const(0.0.into()).f32_ne();
            }
            (_, ValType::F64) => {
                self.sink().f64_const(0.0.into()).f64_ne();
            }
            _ => {
                self.sink().i32_const(0).i32_ne();
            }
        }
    }

    /// From one WebAssembly type to another. Floats saturate: what C leaves undefined must not trap.
    fn convert_representation(&mut self, from: &Type, to: &Type) {
        let from_signed = from.is_signed();
        // Types narrower than int are reached through int, as on x86-64.
        let to_signed = to.is_signed() || to.size_bytes() < 4;
        let mut sink = self.sink();
        match (from.value_type(), to.value_type()) {
            (ValType::I32, ValType::I64) if from_signed => sink.i64_extend_i32_s(),
            (ValType::I32, ValType::I64) => sink.i64_extend_i32_u(),
            (ValType::I64, ValType::I32) => sink.i32_wrap_i64(),
            (ValType::I32, ValType::F32) if from_signed => sink.f32_convert_i32_s(),
            (ValType::I32, ValType::F32) => sink.f32_convert_i32_u(),
            (ValType::I32, ValType::F64) if from_signed => sink.f64_convert_i32_s(),
            (ValType::I32, ValType::F64) => sink.f64_convert_i32_u(),
            (ValType::I64, ValType::F32) if from_signed => sink.f32_convert_i64_s(),
            (ValType::I64, ValType::F32) => sink.f32_convert_i64_u(),
            (ValType::I64, ValType::F64) if from_signed => sink.f64_convert_i64_s(),
            (ValType::I64, ValType::F64) => sink.f64_convert_i64_u(),
            (ValType::F32, ValType::I32) if to_signed => sink.i32_trunc_sat_f32_s(),
            (ValType::F32, ValType::I32) => sink.i32_trunc_sat_f32_u(),
            (ValType::F64, ValType::I32) if to_signed => sink.i32_trunc_sat_f64_s(),
            (ValType::F64, ValType::I32) => sink.i32_trunc_sat_f64_u(),
            (ValType::F32, ValType::I64) if to_signed => sink.i64_trunc_sat_f32_s(),
            (ValType::F32, ValType::I64) => sink.i64_trunc_sat_f32_u(),
            (ValType::F64, ValType::I64) if to_signed => sink.i64_trunc_sat_f64_s(),
            (ValType::F64, ValType::I64) => sink.i64_trunc_sat_f64_u(),
            (ValType::F32, ValType::F64) => sink.f64_promote_f32(),
            (ValType::F64, ValType::F32) => sink.f32_demote_f64(),
            _ => return,
        };
    }

    /// Cuts an `i32` to the range of a type narrower than `int`, unless the source type has no more.
    fn narrow(&mut self, from: &Type, to: &Type) {
        let Type::Scalar(target) = to else { return };
        let fits = matches!(from, Type::Scalar(source) if !source.is_float() && is_within(*source, *target));
        if fits {
            return;
        }
        let mut sink = self.sink();
        match target {
            ScalarType::Char | ScalarType::SignedChar => sink.i32_extend8_s(),
            ScalarType::UnsignedChar => sink.i32_const(0xff).i32_and(),
            ScalarType::Short => sink.i32_extend16_s(),
            ScalarType::UnsignedShort => sink.i32_const(0xffff).i32_and(),
            _ => return,
        };
    }
}

/// Whether every value of the source type is one of the target type.
fn is_within(source: ScalarType, target: ScalarType) -> bool {
    if source == ScalarType::Bool {
        return true;
    }
    match (source.is_signed(), target.is_signed()) {
        (true, false) => false,
        (false, true) => source.size_bytes() < target.size_bytes(),
        _ => source.size_bytes() <= target.size_bytes(),
    }
}
