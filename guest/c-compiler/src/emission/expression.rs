//! Expressions: for their value, for their truth, or for their effect alone.

use super::function::{Emitter, Home, OldSource};
use crate::ir::{Binary, Expression, Kind, OldValue, Place, Unary, UpdateResult};
use crate::types::Type;
use wasm_encoder::{BlockType, ValType};

impl Emitter<'_> {
    /// Puts the value of an expression on the stack; nothing if it is `void`.
    ///
    /// A chain of operators is walked along its left side without recursion, as analysis built it.
    pub(super) fn value(&mut self, expression: &Expression) {
        let mut chain = Vec::new();
        let mut leftmost = expression;
        while let Kind::Binary(_, left, _) | Kind::Convert(left) = &leftmost.kind {
            chain.push(leftmost);
            leftmost = left;
        }
        self.operand(leftmost);
        while let Some(link) = chain.pop() {
            match &link.kind {
                Kind::Binary(operator, left, right) => {
                    self.value(right);
                    self.binary(*operator, &left.ty);
                }
                Kind::Convert(operand) => self.convert(&operand.ty, &link.ty),
                _ => {}
            }
        }
    }

    fn operand(&mut self, expression: &Expression) {
        let ty = &expression.ty;
        match &expression.kind {
            Kind::Integer(bits) => self.integer(*bits, ty),
            Kind::Floating(value) if ty.value_type() == ValType::F32 => {
                self.sink().f32_const((*value as f32).into());
            }
            Kind::Floating(value) => {
                self.sink().f64_const((*value).into());
            }
            Kind::Read(place) => self.read(place, ty),
            Kind::Address(place) => self.place_address(place),
            Kind::Assign(place, value) => self.assign(place, value, true),
            Kind::Update { place, old, value, result } => self.update(place, *old, value, Some(*result)),
            Kind::With { firsts, then } => self.with(firsts, |this| this.value(then)),
            Kind::Old(old) => self.old(*old, ty),
            Kind::Unary(operator, operand) => {
                self.value(operand);
                self.unary(*operator, &operand.ty);
            }
            Kind::Conditional(condition, first, second) => {
                self.condition(condition);
                self.open_if(block_type(ty));
                self.value(first);
                self.sink().else_();
                self.value(second);
                self.close();
            }
            Kind::And(left, right) => self.logical(true, left, right),
            Kind::Or(left, right) => self.logical(false, left, right),
            Kind::Statements(statements, value) => {
                self.statements(statements);
                self.value(value);
            }
            Kind::Comma(parts) => {
                if let Some((last, others)) = parts.split_last() {
                    others.iter().for_each(|part| self.effect(part));
                    self.value(last);
                }
            }
            Kind::Call(..) | Kind::CallPointer(..) | Kind::MathCall(..) | Kind::Native(..) => self.any_call(expression),
            Kind::Clear { local, size_bytes } => self.clear(*local, *size_bytes),
            Kind::CopyFromStatic { local, address, size_bytes } => {
                self.copy_from_static(*local, *address, *size_bytes);
            }
            Kind::Binary(..) | Kind::Convert(_) => self.value(expression),
        }
    }

    fn any_call(&mut self, expression: &Expression) {
        match &expression.kind {
            Kind::Call(function, arguments) if self.inline(*function, arguments) => {}
            Kind::Call(function, arguments) => {
                let index = self.layout.indices.get(function.0 as usize).copied().flatten().unwrap_or_default();
                self.call(index, arguments);
            }
            Kind::CallPointer(pointer, face, arguments) => {
                arguments.iter().for_each(|argument| self.value(argument));
                self.value(pointer);
                let (parameters, result) = face.lowered();
                let ty = self.layout.types.borrow_mut().index(parameters, result);
                self.sink().call_indirect(0, ty);
            }
            Kind::MathCall(import, arguments) => {
                let index = self.program.math_imports.iter().position(|used| used == import).unwrap_or_default();
                self.call(index as u32, arguments);
            }
            Kind::Native(native, arguments) => {
                arguments.iter().for_each(|argument| self.value(argument));
                self.native(*native, &expression.ty);
            }
            _ => {}
        }
    }

    fn integer(&mut self, bits: i64, ty: &Type) {
        if ty.value_type() == ValType::I64 {
            self.sink().i64_const(bits);
        } else {
            self.sink().i32_const(bits as i32);
        }
    }

    /// The zero of a type.
    pub(super) fn zero(&mut self, ty: &Type) {
        match ty.value_type() {
            ValType::F32 => {
                self.sink().f32_const(0.0.into());
            }
            ValType::F64 => {
                self.sink().f64_const(0.0.into());
            }
            _ => self.integer(0, ty),
        }
    }

    fn call(&mut self, index: u32, arguments: &[Expression]) {
        for argument in arguments {
            self.value(argument);
        }
        self.sink().call(index);
    }

    fn read(&mut self, place: &Place, ty: &Type) {
        if let Some(local) = self.register(place) {
            self.sink().local_get(local);
            return;
        }
        if ty.is_record() {
            self.place_address(place);
            return;
        }
        let offset = self.place_base(place);
        self.load(ty, offset);
    }

    /// Copies a record; right too if the two overlap.
    fn assign_record(&mut self, place: &Place, value: &Expression, wanted: bool) {
        let size_bytes = value.ty.size_bytes();
        self.place_address(place);
        let kept = wanted.then(|| self.acquire(ValType::I32));
        if let Some(kept) = kept {
            self.sink().local_tee(kept);
        }
        self.value(value);
        self.copy(size_bytes);
        if let Some(kept) = kept {
            self.sink().local_get(kept);
            self.release(ValType::I32, kept);
        }
    }

    /// Puts the address of a place in memory on the stack.
    fn place_address(&mut self, place: &Place) {
        match place {
            Place::Local(local) => self.local_address(*local),
            Place::Memory(pointer) => self.value(pointer),
        }
    }

    /// The WebAssembly local that a place is, if it is one.
    fn register(&self, place: &Place) -> Option<u32> {
        match place {
            Place::Local(local) => match self.home(*local) {
                Home::Local(index) => Some(index),
                Home::Frame(_) | Home::Parameter(_) => None,
            },
            Place::Memory(_) => None,
        }
    }

    fn assign(&mut self, place: &Place, value: &Expression, wanted: bool) {
        if value.ty.is_record() {
            self.assign_record(place, value, wanted);
            return;
        }
        if let Some(local) = self.register(place) {
            self.value(value);
            if wanted {
                self.sink().local_tee(local);
            } else {
                self.sink().local_set(local);
            }
            return;
        }
        let offset = self.place_base(place);
        self.value(value);
        self.store_and_keep(&value.ty, offset, wanted);
    }

    /// Stores the value on the stack, and keeps it there if it is wanted.
    fn store_and_keep(&mut self, ty: &Type, offset: u32, wanted: bool) {
        if !wanted {
            self.store(ty, offset);
            return;
        }
        let kept = self.acquire(ty.value_type());
        self.sink().local_tee(kept);
        self.store(ty, offset);
        self.sink().local_get(kept);
        self.release(ty.value_type(), kept);
    }

    fn update(&mut self, place: &Place, old: OldValue, value: &Expression, wanted: Option<UpdateResult>) {
        if let Some(local) = self.register(place) {
            if wanted == Some(UpdateResult::Before) {
                self.sink().local_get(local);
            }
            self.with_old(old, OldSource::Local(local), 0, value);
            if wanted == Some(UpdateResult::After) {
                self.sink().local_tee(local);
            } else {
                self.sink().local_set(local);
            }
            return;
        }
        let ty = &value.ty;
        let (source, offset, scratch) = self.address_source(place);
        if wanted == Some(UpdateResult::Before) {
            let before = self.acquire(ty.value_type());
            self.put_address(source);
            self.load(ty, offset);
            self.sink().local_set(before);
            self.put_address(source);
            self.with_old(old, OldSource::Local(before), 0, value);
            self.store(ty, offset);
            self.sink().local_get(before);
            self.release(ty.value_type(), before);
        } else {
            self.put_address(source);
            self.with_old(old, OldSource::Memory(source), offset, value);
            self.store_and_keep(ty, offset, wanted.is_some());
        }
        if let Some(scratch) = scratch {
            self.release(ValType::I32, scratch);
        }
    }

    /// Computes the firsts, and lets `then` read them.
    fn with(&mut self, firsts: &[(OldValue, Expression)], then: impl FnOnce(&mut Self)) {
        let mut locals = Vec::with_capacity(firsts.len());
        for (name, first) in firsts {
            let value_type = first.ty.value_type();
            self.value(first);
            let local = self.acquire(value_type);
            self.sink().local_set(local);
            self.old_values.push((*name, OldSource::Local(local), 0));
            locals.push((value_type, local));
        }
        then(self);
        self.old_values.truncate(self.old_values.len() - firsts.len());
        for (value_type, local) in locals {
            self.release(value_type, local);
        }
    }

    fn with_old(&mut self, old: OldValue, source: OldSource, offset: u32, value: &Expression) {
        self.old_values.push((old, source, offset));
        self.value(value);
        self.old_values.pop();
    }

    fn old(&mut self, wanted: OldValue, ty: &Type) {
        let found = self.old_values.iter().rev().find(|(old, ..)| *old == wanted).copied();
        match found {
            Some((_, OldSource::Memory(source), offset)) => {
                self.put_address(source);
                self.load(ty, offset);
            }
            Some((_, OldSource::Local(local), _)) => {
                self.sink().local_get(local);
            }
            None => self.zero(ty),
        }
    }

    /// Puts something on the stack that is not 0 exactly if the expression is true.
    pub(super) fn condition(&mut self, expression: &Expression) {
        self.value(expression);
        match expression.ty.value_type() {
            ValType::I64 => {
                self.sink().i64_const(0).i64_ne();
            }
            ValType::F32 => {
                self.sink().f32_const(0.0.into()).f32_ne();
            }
            ValType::F64 => {
                self.sink().f64_const(0.0.into()).f64_ne();
            }
            _ => {}
        }
    }

    /// Puts 1 on the stack if the expression is true, else 0.
    fn truth(&mut self, expression: &Expression) {
        self.condition(expression);
        if expression.ty.value_type() == ValType::I32 && !is_zero_or_one(expression) {
            self.sink().i32_const(0).i32_ne();
        }
    }

    fn logical(&mut self, is_and: bool, left: &Expression, right: &Expression) {
        self.condition(left);
        self.open_if(BlockType::Result(ValType::I32));
        if is_and {
            self.truth(right);
            self.sink().else_().i32_const(0);
        } else {
            self.sink().i32_const(1).else_();
            self.truth(right);
        }
        self.close();
    }

    /// Evaluates an expression for its effect alone.
    pub(super) fn effect(&mut self, expression: &Expression) {
        match &expression.kind {
            Kind::Assign(place, value) => self.assign(place, value, false),
            Kind::Update { place, old, value, .. } => self.update(place, *old, value, None),
            Kind::With { firsts, then } => self.with(firsts, |this| this.effect(then)),
            _ if is_idle(expression, IDLE_DEPTH) => {}
            Kind::Convert(operand) => self.effect(operand),
            Kind::Statements(statements, value) => {
                self.statements(statements);
                self.effect(value);
            }
            Kind::Comma(parts) => parts.iter().for_each(|part| self.effect(part)),
            Kind::Conditional(condition, first, second) => {
                self.condition(condition);
                self.open_if(BlockType::Empty);
                self.effect(first);
                self.sink().else_();
                self.effect(second);
                self.close();
            }
            _ => {
                self.value(expression);
                if expression.ty != Type::Void {
                    self.sink().drop();
                }
            }
        }
    }
}

/// How deep an expression is looked into for effects.
const IDLE_DEPTH: u32 = 8;

/// Whether evaluating the expression does nothing.
fn is_idle(expression: &Expression, depth: u32) -> bool {
    let inner = |operand: &Expression| depth > 0 && is_idle(operand, depth - 1);
    match &expression.kind {
        Kind::Integer(_) | Kind::Floating(_) | Kind::Old(_) => true,
        Kind::Read(place) | Kind::Address(place) => matches!(**place, Place::Local(_)),
        Kind::Unary(_, operand) | Kind::Convert(operand) => inner(operand),
        Kind::Binary(Binary::Divide | Binary::Remainder, ..) => false,
        Kind::Binary(_, left, right) => inner(left) && inner(right),
        _ => false,
    }
}

fn block_type(ty: &Type) -> BlockType {
    if *ty == Type::Void { BlockType::Empty } else { BlockType::Result(ty.value_type()) }
}

fn is_zero_or_one(expression: &Expression) -> bool {
    match &expression.kind {
        Kind::And(..) | Kind::Or(..) | Kind::Unary(Unary::Not, _) => true,
        Kind::Integer(bits) => matches!(bits, 0 | 1),
        Kind::Binary(operator, ..) => matches!(
            operator,
            Binary::Less
                | Binary::LessOrEqual
                | Binary::Greater
                | Binary::GreaterOrEqual
                | Binary::Equal
                | Binary::NotEqual
        ),
        _ => expression.ty == Type::Scalar(crate::signature::ScalarType::Bool),
    }
}
