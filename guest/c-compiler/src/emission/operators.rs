//! The instructions of operators, by the type that they work in.

use super::function::Emitter;
use crate::ir::{Binary, Native, Unary};
use crate::signature::ScalarType;
use crate::types::Type;
use wasm_encoder::{InstructionSink, ValType};

impl Emitter<'_> {
    /// Combines the two values on the stack, both of this type.
    pub(super) fn binary(&mut self, operator: Binary, ty: &Type) {
        let signed = ty.is_signed();
        let mut sink = self.sink();
        match ty.value_type() {
            ValType::I64 => integer_64(&mut sink, operator, signed),
            ValType::F32 => float_32(&mut sink, operator),
            ValType::F64 => float_64(&mut sink, operator),
            _ => integer_32(&mut sink, operator, signed),
        }
    }

    /// Replaces the value on the stack, of this type.
    pub(super) fn unary(&mut self, operator: Unary, ty: &Type) {
        match operator {
            Unary::Negate => self.negate(ty),
            Unary::Complement if ty.value_type() == ValType::I64 => {
                self.sink().i64_const(-1).i64_xor();
            }
            Unary::Complement => {
                self.sink().i32_const(-1).i32_xor();
            }
            Unary::Not => self.not(ty),
            Unary::Absolute => self.absolute(ty),
            Unary::LeadingZeros | Unary::TrailingZeros | Unary::PopulationCount => self.count_bits(operator, ty),
            Unary::IsNan | Unary::IsInfinite | Unary::IsFinite | Unary::SignBit => self.classify(operator, ty),
        }
    }

    fn negate(&mut self, ty: &Type) {
        let mut sink = self.sink();
        match ty.value_type() {
            ValType::F32 => sink.f32_neg(),
            ValType::F64 => sink.f64_neg(),
            ValType::I64 => sink.i64_const(-1).i64_mul(),
            _ => sink.i32_const(-1).i32_mul(),
        };
    }

    fn not(&mut self, ty: &Type) {
        let mut sink = self.sink();
        match ty.value_type() {
            ValType::F32 => sink.f32_const(0.0.into()).f32_eq(),
            ValType::F64 => sink.f64_const(0.0.into()).f64_eq(),
            ValType::I64 => sink.i64_eqz(),
            _ => sink.i32_eqz(),
        };
    }

    /// |x| = (x xor s) - s, where s is x shifted right until only its sign is left.
    fn absolute(&mut self, ty: &Type) {
        let value_type = ty.value_type();
        let value = self.acquire(value_type);
        let sign = self.acquire(value_type);
        let mut sink = self.sink();
        if value_type == ValType::I64 {
            sink.local_tee(value).i64_const(63).i64_shr_s().local_tee(sign);
            sink.local_get(value).i64_xor().local_get(sign).i64_sub();
        } else {
            sink.local_tee(value).i32_const(31).i32_shr_s().local_tee(sign);
            sink.local_get(value).i32_xor().local_get(sign).i32_sub();
        }
        self.release(value_type, value);
        self.release(value_type, sign);
    }

    fn count_bits(&mut self, operator: Unary, ty: &Type) {
        let wide = ty.value_type() == ValType::I64;
        let mut sink = self.sink();
        match (operator, wide) {
            (Unary::LeadingZeros, true) => sink.i64_clz(),
            (Unary::LeadingZeros, false) => sink.i32_clz(),
            (Unary::TrailingZeros, true) => sink.i64_ctz(),
            (Unary::TrailingZeros, false) => sink.i32_ctz(),
            (_, true) => sink.i64_popcnt(),
            (_, false) => sink.i32_popcnt(),
        };
        if wide {
            self.sink().i32_wrap_i64();
        }
    }

    fn classify(&mut self, operator: Unary, ty: &Type) {
        if ty.value_type() == ValType::F32 {
            self.sink().f64_promote_f32();
        }
        match operator {
            Unary::IsNan => {
                let value = self.acquire(ValType::F64);
                self.sink().local_tee(value).local_get(value).f64_ne();
                self.release(ValType::F64, value);
            }
            Unary::IsInfinite => {
                self.sink().f64_abs().f64_const(f64::INFINITY.into()).f64_eq();
            }
            Unary::IsFinite => {
                self.sink().f64_abs().f64_const(f64::INFINITY.into()).f64_lt();
            }
            _ => {
                self.sink().i64_reinterpret_f64().i64_const(0).i64_lt_s();
            }
        }
    }

    /// Applies a function that is an instruction to the operands on the stack.
    pub(super) fn native(&mut self, native: Native, ty: &Type) {
        let single = *ty == Type::Scalar(ScalarType::Float);
        let mut sink = self.sink();
        match (native, single) {
            (Native::SquareRoot, true) => sink.f32_sqrt(),
            (Native::SquareRoot, false) => sink.f64_sqrt(),
            (Native::Absolute, true) => sink.f32_abs(),
            (Native::Absolute, false) => sink.f64_abs(),
            (Native::Floor, true) => sink.f32_floor(),
            (Native::Floor, false) => sink.f64_floor(),
            (Native::Ceiling, true) => sink.f32_ceil(),
            (Native::Ceiling, false) => sink.f64_ceil(),
            (Native::Truncate, true) => sink.f32_trunc(),
            (Native::Truncate, false) => sink.f64_trunc(),
            (Native::Nearest, true) => sink.f32_nearest(),
            (Native::Nearest, false) => sink.f64_nearest(),
            (Native::CopySign, true) => sink.f32_copysign(),
            (Native::CopySign, false) => sink.f64_copysign(),
            (Native::MemoryCopy, _) => sink.memory_copy(0, 0),
            (Native::MemoryFill, _) => sink.memory_fill(0),
        };
    }
}

fn integer_32(sink: &mut InstructionSink<'_>, operator: Binary, signed: bool) {
    match (operator, signed) {
        (Binary::Add, _) => sink.i32_add(),
        (Binary::Subtract, _) => sink.i32_sub(),
        (Binary::Multiply, _) => sink.i32_mul(),
        (Binary::Divide, true) => sink.i32_div_s(),
        (Binary::Divide, false) => sink.i32_div_u(),
        (Binary::Remainder, true) => sink.i32_rem_s(),
        (Binary::Remainder, false) => sink.i32_rem_u(),
        (Binary::ShiftLeft, _) => sink.i32_shl(),
        (Binary::ShiftRight, true) => sink.i32_shr_s(),
        (Binary::ShiftRight, false) => sink.i32_shr_u(),
        (Binary::And, _) => sink.i32_and(),
        (Binary::Or, _) => sink.i32_or(),
        (Binary::Xor, _) => sink.i32_xor(),
        (Binary::Less, true) => sink.i32_lt_s(),
        (Binary::Less, false) => sink.i32_lt_u(),
        (Binary::LessOrEqual, true) => sink.i32_le_s(),
        (Binary::LessOrEqual, false) => sink.i32_le_u(),
        (Binary::Greater, true) => sink.i32_gt_s(),
        (Binary::Greater, false) => sink.i32_gt_u(),
        (Binary::GreaterOrEqual, true) => sink.i32_ge_s(),
        (Binary::GreaterOrEqual, false) => sink.i32_ge_u(),
        (Binary::Equal, _) => sink.i32_eq(),
        (Binary::NotEqual, _) => sink.i32_ne(),
    };
}

fn integer_64(sink: &mut InstructionSink<'_>, operator: Binary, signed: bool) {
    match (operator, signed) {
        (Binary::Add, _) => sink.i64_add(),
        (Binary::Subtract, _) => sink.i64_sub(),
        (Binary::Multiply, _) => sink.i64_mul(),
        (Binary::Divide, true) => sink.i64_div_s(),
        (Binary::Divide, false) => sink.i64_div_u(),
        (Binary::Remainder, true) => sink.i64_rem_s(),
        (Binary::Remainder, false) => sink.i64_rem_u(),
        (Binary::ShiftLeft, _) => sink.i64_shl(),
        (Binary::ShiftRight, true) => sink.i64_shr_s(),
        (Binary::ShiftRight, false) => sink.i64_shr_u(),
        (Binary::And, _) => sink.i64_and(),
        (Binary::Or, _) => sink.i64_or(),
        (Binary::Xor, _) => sink.i64_xor(),
        (Binary::Less, true) => sink.i64_lt_s(),
        (Binary::Less, false) => sink.i64_lt_u(),
        (Binary::LessOrEqual, true) => sink.i64_le_s(),
        (Binary::LessOrEqual, false) => sink.i64_le_u(),
        (Binary::Greater, true) => sink.i64_gt_s(),
        (Binary::Greater, false) => sink.i64_gt_u(),
        (Binary::GreaterOrEqual, true) => sink.i64_ge_s(),
        (Binary::GreaterOrEqual, false) => sink.i64_ge_u(),
        (Binary::Equal, _) => sink.i64_eq(),
        (Binary::NotEqual, _) => sink.i64_ne(),
    };
}

/// Analysis lets only arithmetic and comparisons through for floating types.
fn float_32(sink: &mut InstructionSink<'_>, operator: Binary) {
    match operator {
        Binary::Subtract => sink.f32_sub(),
        Binary::Multiply => sink.f32_mul(),
        Binary::Divide => sink.f32_div(),
        Binary::Less => sink.f32_lt(),
        Binary::LessOrEqual => sink.f32_le(),
        Binary::Greater => sink.f32_gt(),
        Binary::GreaterOrEqual => sink.f32_ge(),
        Binary::Equal => sink.f32_eq(),
        Binary::NotEqual => sink.f32_ne(),
        _ => sink.f32_add(),
    };
}

fn float_64(sink: &mut InstructionSink<'_>, operator: Binary) {
    match operator {
        Binary::Subtract => sink.f64_sub(),
        Binary::Multiply => sink.f64_mul(),
        Binary::Divide => sink.f64_div(),
        Binary::Less => sink.f64_lt(),
        Binary::LessOrEqual => sink.f64_le(),
        Binary::Greater => sink.f64_gt(),
        Binary::GreaterOrEqual => sink.f64_ge(),
        Binary::Equal => sink.f64_eq(),
        Binary::NotEqual => sink.f64_ne(),
        _ => sink.f64_add(),
    };
}
