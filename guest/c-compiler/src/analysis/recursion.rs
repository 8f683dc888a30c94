//! Whether functions call themselves: only then is it open how much stack they need.

use super::Analysis;
use crate::ir::FunctionId;

/// Stands for all functions that pointers point to.
pub(super) const ANY_OF_TABLE: u32 = u32::MAX;

impl Analysis<'_> {
    /// Remembers that the present function calls another, or itself; `None`: one that a pointer points to.
    pub(super) fn note_call(&mut self, callee: Option<FunctionId>) {
        let call = (self.current.index, callee.map_or(ANY_OF_TABLE, |callee| callee.0));
        if self.current.result.is_some() && self.calls.last() != Some(&call) {
            self.calls.push(call);
        }
    }
}

/// Whether the calls, each from one function's index to another's, form a circle. `table`: what pointers may point to.
pub(super) fn is_recursive(function_count: usize, calls: &[(u32, u32)], table: &[FunctionId]) -> bool {
    // A call through a pointer calls a node that in turn calls all of the table.
    let any = function_count as u32;
    let direct = calls.iter().map(|(caller, callee)| (*caller, if *callee == ANY_OF_TABLE { any } else { *callee }));
    let calls: Vec<(u32, u32)> = direct.chain(table.iter().map(|function| (any, function.0))).collect();
    let function_count = function_count + 1;
    let mut callers = vec![0_u32; function_count];
    let mut callees: Vec<Vec<u32>> = vec![Vec::new(); function_count];
    for (caller, callee) in &calls {
        if let (Some(list), Some(count)) = (callees.get_mut(*caller as usize), callers.get_mut(*callee as usize)) {
            list.push(*callee);
            *count += 1;
        }
    }
    // Takes away every function that none of the rest calls. In a circle, each is called by another of it.
    let mut uncalled: Vec<usize> = (0..function_count).filter(|index| callers.get(*index) == Some(&0)).collect();
    let mut taken = 0;
    while let Some(index) = uncalled.pop() {
        taken += 1;
        for callee in callees.get(index).into_iter().flatten() {
            if let Some(count) = callers.get_mut(*callee as usize) {
                *count -= 1;
                if *count == 0 {
                    uncalled.push(*callee as usize);
                }
            }
        }
    }
    taken < function_count
}

#[cfg(test)]
mod tests {
    use super::{ANY_OF_TABLE, is_recursive};
    use crate::ir::FunctionId;

    #[test]
    fn a_circle_of_calls_is_recursion() {
        assert!(!is_recursive(0, &[], &[]));
        assert!(!is_recursive(3, &[(0, 1), (0, 2), (1, 2), (0, 2)], &[FunctionId(2)]));
        assert!(is_recursive(1, &[(0, 0)], &[]));
        assert!(is_recursive(3, &[(0, 1), (1, 2), (2, 1)], &[]));
    }

    #[test]
    fn a_call_through_a_pointer_may_call_whatever_has_an_address() {
        assert!(!is_recursive(2, &[(0, ANY_OF_TABLE)], &[FunctionId(1)]));
        assert!(is_recursive(2, &[(0, ANY_OF_TABLE), (1, 0)], &[FunctionId(1)]));
        assert!(is_recursive(1, &[(0, ANY_OF_TABLE)], &[FunctionId(0)]));
    }
}
