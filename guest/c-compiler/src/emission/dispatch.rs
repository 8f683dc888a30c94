//! Statements that jumps enter: see [`Dispatch`].
//!
//! ```text
//! loop                        only if something jumps backwards
//!   block … block             one for each segment, so that leaving the n-th leads to the n-th segment
//!     br_table                only if backward jumps lead to more than the first segment
//!   end first segment
//!   end second segment …
//! ```
//! A jump forwards leaves the block of its segment; one backwards sets the state and goes to the loop.

use super::function::Emitter;
use crate::ir::{Dispatch, LabelId, Statement};
use wasm_encoder::ValType;

/// A dispatch around the present place.
pub(super) struct OpenDispatch {
    labels: Vec<(LabelId, usize)>,
    /// The segment that is being written.
    present: usize,
    /// By segment; of the present one and those before, the block is closed.
    blocks: Vec<u32>,
    /// The loop, and the segments that backward jumps lead to.
    back: Option<(u32, Vec<usize>)>,
    /// The local with the number of the segment to go on with, counted in `back`.
    state: Option<u32>,
}

impl Emitter<'_> {
    pub(super) fn dispatch(&mut self, dispatch: &Dispatch) {
        let segments = &dispatch.segments;
        let labels: Vec<(LabelId, usize)> = segments
            .iter()
            .enumerate()
            .flat_map(|(index, segment)| segment.labels.iter().map(move |label| (*label, index)))
            .collect();
        let mut backward = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            find_backward(&segment.statements, &labels, index, &mut backward);
        }
        backward.sort_unstable();
        backward.dedup();
        let needs_table = backward.iter().any(|segment| *segment > 0);
        if needs_table && backward.first() != Some(&0) {
            // State 0 is the beginning.
            backward.insert(0, 0);
        }
        let state = needs_table.then(|| self.acquire(ValType::I32));
        if let Some(state) = state {
            self.sink().i32_const(0).local_set(state);
        }
        let has_loop = !backward.is_empty();
        let back = has_loop.then(|| (self.open_loop(), backward.clone()));
        let mut blocks = vec![0; segments.len()];
        for (index, block) in blocks.iter_mut().enumerate().rev() {
            // Nothing jumps forwards to the first segment.
            if index > 0 || needs_table {
                *block = self.open_block();
            }
        }
        if let Some(state) = state {
            let depth = self.depth;
            let distance = |segment: &usize| blocks.get(*segment).map_or(0, |block| depth - block);
            let table: Vec<u32> = backward.iter().map(distance).collect();
            self.sink().local_get(state).br_table(table, 0);
        }
        self.dispatches.push(OpenDispatch { labels, present: 0, blocks, back, state });
        for (index, segment) in segments.iter().enumerate() {
            if index > 0 || needs_table {
                self.close();
            }
            if let Some(open) = self.dispatches.last_mut() {
                open.present = index;
            }
            self.statements(&segment.statements);
        }
        self.dispatches.pop();
        if has_loop {
            self.close();
        }
        if let Some(state) = state {
            self.release(ValType::I32, state);
        }
    }

    pub(super) fn goto(&mut self, label: LabelId) {
        let found = self.dispatches.iter().rev().find_map(|open| {
            let (_, segment) = open.labels.iter().find(|(known, _)| *known == label)?;
            Some((open, *segment))
        });
        let Some((open, segment)) = found else { return };
        if segment > open.present {
            let block = open.blocks.get(segment).copied().unwrap_or_default();
            self.branch(block);
            return;
        }
        let Some((loop_label, targets)) = &open.back else { return };
        let (loop_label, state) = (*loop_label, open.state);
        let number = targets.iter().position(|target| *target == segment).unwrap_or_default();
        if let Some(state) = state {
            self.sink().i32_const(number as i32).local_set(state);
        }
        self.branch(loop_label);
    }
}

/// Collects the segments that statements of a segment jump back to, itself included.
fn find_backward(statements: &[Statement], labels: &[(LabelId, usize)], present: usize, found: &mut Vec<usize>) {
    for statement in statements {
        match statement {
            Statement::Goto(label) => {
                let target = labels.iter().find(|(known, _)| known == label);
                found.extend(target.map(|(_, segment)| *segment).filter(|segment| *segment <= present));
            }
            Statement::If(_, first, second) => {
                find_backward(first, labels, present, found);
                find_backward(second, labels, present, found);
            }
            Statement::Loop(repeat) => find_backward(&repeat.body, labels, present, found),
            Statement::Switch(switch) => {
                switch.segments.iter().for_each(|segment| find_backward(segment, labels, present, found));
            }
            Statement::Dispatch(inner) => {
                let segments = inner.segments.iter();
                segments.for_each(|segment| find_backward(&segment.statements, labels, present, found));
            }
            _ => {}
        }
    }
}
