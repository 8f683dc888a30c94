//! Small functions in the place of calls: a call costs more than what such a function does.

use super::function::{Emitter, Home};
use crate::ir::{Body, Expression, FunctionId, Kind, Place, Statement};

/// Most parts of an expression that takes the place of a call.
const MOST_PARTS: u32 = 40;
/// Most parts that take the place of calls within one function, all together.
const MOST_PARTS_IN_ALL: u32 = 800;
/// How deep such an expression may be.
const MOST_DEPTH: u32 = 12;
/// How deep they may stand within each other, so that one that calls itself comes to an end.
const MOST_NESTED: u32 = 3;

/// What has been put in the place of calls so far.
#[derive(Default)]
pub(super) struct Inlined {
    nested: u32,
    parts: u32,
}

impl Emitter<'_> {
    /// Writes the function itself in the place of a call, if it is small: nothing but an expression of its parameters.
    pub(super) fn inline(&mut self, function: FunctionId, arguments: &[Expression]) -> bool {
        let Some(Body::Defined(callee)) = self.program.functions.get(function.0 as usize) else { return false };
        let [Statement::Return(Some(value))] = callee.body.as_slice() else { return false };
        let mut left = MOST_PARTS;
        if self.inlined.nested >= MOST_NESTED
            || self.inlined.parts >= MOST_PARTS_IN_ALL
            || callee.locals.len() != arguments.len()
            || callee.locals.iter().any(|local| local.in_memory || local.ty.is_record())
            || !is_within(value, MOST_DEPTH, &mut left)
        {
            return false;
        }
        arguments.iter().for_each(|argument| self.value(argument));
        let types = callee.locals.iter().map(|local| local.ty.value_type());
        let locals: Vec<_> = types.map(|ty| (ty, self.acquire(ty))).collect();
        for (_, local) in locals.iter().rev() {
            self.sink().local_set(*local);
        }
        let homes = locals.iter().map(|(_, local)| Home::Local(*local)).collect();
        let homes = std::mem::replace(&mut self.homes, homes);
        self.inlined.nested += 1;
        self.inlined.parts += MOST_PARTS - left;
        self.value(value);
        self.inlined.nested -= 1;
        self.homes = homes;
        for (ty, local) in locals {
            self.release(ty, local);
        }
        true
    }
}

/// Whether an expression is so small that it may be written twice.
pub(super) fn is_small(expression: &Expression) -> bool {
    is_within(expression, MOST_DEPTH, &mut { MOST_PARTS / 4 })
}

/// Whether an expression has no more parts than are left, which are counted down, and is no deeper than this.
fn is_within(expression: &Expression, depth: u32, left: &mut u32) -> bool {
    if *left == 0 || depth == 0 {
        return false;
    }
    *left -= 1;
    let mut is_part_small = |part: &Expression| is_within(part, depth - 1, left);
    match &expression.kind {
        Kind::Integer(_) | Kind::Floating(_) | Kind::Old(_) => true,
        Kind::Read(place) | Kind::Address(place) => match &**place {
            Place::Local(_) => true,
            Place::Memory(pointer) => is_part_small(pointer),
        },
        Kind::Unary(_, operand) | Kind::Convert(operand) => is_part_small(operand),
        Kind::Binary(_, first, second) | Kind::And(first, second) | Kind::Or(first, second) => {
            is_part_small(first) && is_part_small(second)
        }
        Kind::Conditional(first, second, third) => [first, second, third].into_iter().all(|part| is_part_small(part)),
        Kind::Call(_, parts) | Kind::MathCall(_, parts) | Kind::Native(_, parts) => parts.iter().all(is_part_small),
        _ => false,
    }
}
