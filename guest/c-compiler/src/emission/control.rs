//! Statements, and the blocks that they become.

use super::function::Emitter;
use super::inlining::is_small;
use crate::ir::{Expression, Loop, Statement, Switch};
use wasm_encoder::{BlockType, ValType};

/// A `switch` becomes a jump table if its constants span at most this many times their number.
const TABLE_SPARSENESS: u64 = 3;

impl Emitter<'_> {
    pub(super) fn open_block(&mut self) -> u32 {
        self.sink().block(BlockType::Empty);
        self.depth += 1;
        self.depth
    }

    pub(super) fn open_loop(&mut self) -> u32 {
        self.sink().loop_(BlockType::Empty);
        self.depth += 1;
        self.depth
    }

    /// Takes the condition from the stack.
    pub(super) fn open_if(&mut self, ty: BlockType) {
        self.sink().if_(ty);
        self.depth += 1;
    }

    pub(super) fn close(&mut self) {
        self.sink().end();
        self.depth -= 1;
    }

    pub(super) fn branch(&mut self, label: u32) {
        let distance = self.depth - label;
        self.sink().br(distance);
    }

    fn branch_if(&mut self, label: u32) {
        let distance = self.depth - label;
        self.sink().br_if(distance);
    }

    pub(super) fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Evaluate(expression) => self.effect(expression),
            Statement::If(condition, then_branch, else_branch) => {
                self.condition(condition);
                self.open_if(BlockType::Empty);
                self.statements(then_branch);
                if !else_branch.is_empty() {
                    self.sink().else_();
                    self.statements(else_branch);
                }
                self.close();
            }
            Statement::Loop(repeat) => self.repeat(repeat),
            Statement::Switch(switch) => self.switch(switch),
            Statement::Break => {
                if let Some(label) = self.break_labels.last().copied() {
                    self.branch(label);
                }
            }
            Statement::Continue => {
                if let Some(label) = self.continue_labels.last().copied() {
                    self.branch(label);
                }
            }
            Statement::Return(value) => {
                if let Some(value) = value {
                    self.value(value);
                }
                self.leave_frame();
                self.sink().return_();
            }
            Statement::Label(_) => {}
            Statement::Goto(label) => self.goto(*label),
            Statement::Dispatch(dispatch) => self.dispatch(dispatch),
        }
    }

    /// `block { loop { block { body } step; } }`, with the test where the loop has it. A small test stands before the loop
    /// and at its end, so that going round takes one jump.
    fn repeat(&mut self, repeat: &Loop) {
        let condition = repeat.condition.as_ref();
        let is_small = condition.is_some_and(is_small);
        let end = self.open_block();
        let before = condition.filter(|_| repeat.tests_first);
        if let Some(condition) = before.filter(|_| is_small) {
            self.leave_unless(condition, end);
        }
        let start = self.open_loop();
        if let Some(condition) = before.filter(|_| !is_small) {
            self.leave_unless(condition, end);
        }
        let next = self.open_block();
        self.break_labels.push(end);
        self.continue_labels.push(next);
        self.statements(&repeat.body);
        self.break_labels.pop();
        self.continue_labels.pop();
        self.close();
        if let Some(step) = &repeat.step {
            self.effect(step);
        }
        match condition.filter(|_| is_small || !repeat.tests_first) {
            Some(condition) => {
                self.condition(condition);
                self.branch_if(start);
            }
            None => self.branch(start),
        }
        self.close();
        self.close();
    }

    fn leave_unless(&mut self, condition: &Expression, label: u32) {
        self.condition(condition);
        self.sink().i32_eqz();
        self.branch_if(label);
    }

    /// One block for each segment, nested, so that leaving the n-th leads to the n-th segment.
    fn switch(&mut self, switch: &Switch) {
        let end = self.open_block();
        let mut labels = vec![0; switch.segments.len()];
        for label in labels.iter_mut().rev() {
            *label = self.open_block();
        }
        let default = switch.default.and_then(|segment| labels.get(segment as usize).copied()).unwrap_or(end);
        self.value(&switch.value);
        if !self.jump_table(switch, &labels, default) {
            self.comparisons(switch, &labels);
            self.branch(default);
        }
        self.break_labels.push(end);
        for segment in &switch.segments {
            self.close();
            self.statements(segment);
        }
        self.break_labels.pop();
        self.close();
    }

    /// Jumps by the value on the stack, if the constants lie close enough together.
    fn jump_table(&mut self, switch: &Switch, labels: &[u32], default: u32) -> bool {
        let constants = switch.cases.iter().map(|(constant, _)| *constant);
        let (Some(lowest), Some(highest)) = (constants.clone().min(), constants.max()) else { return false };
        let count = switch.cases.len() as u64;
        let span = highest.abs_diff(lowest);
        if switch.value.ty.value_type() != ValType::I32 || count < 4 || span >= count * TABLE_SPARSENESS {
            return false;
        }
        let mut table = vec![self.depth - default; span as usize + 1];
        for (constant, segment) in &switch.cases {
            let slot = table.get_mut(constant.abs_diff(lowest) as usize);
            if let (Some(slot), Some(label)) = (slot, labels.get(*segment as usize)) {
                *slot = self.depth - label;
            }
        }
        let otherwise = self.depth - default;
        if lowest != 0 {
            self.sink().i32_const(lowest as i32).i32_sub();
        }
        self.sink().br_table(table, otherwise);
        true
    }

    /// Compares the value on the stack with one constant after the other.
    fn comparisons(&mut self, switch: &Switch, labels: &[u32]) {
        let value_type = switch.value.ty.value_type();
        let scratch = self.acquire(value_type);
        self.sink().local_set(scratch);
        for (constant, segment) in &switch.cases {
            let Some(label) = labels.get(*segment as usize).copied() else { continue };
            if value_type == ValType::I64 {
                self.sink().local_get(scratch).i64_const(*constant).i64_eq();
            } else {
                self.sink().local_get(scratch).i32_const(*constant as i32).i32_eq();
            }
            self.branch_if(label);
        }
        self.release(value_type, scratch);
    }
}
