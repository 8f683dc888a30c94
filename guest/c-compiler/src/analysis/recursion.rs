//! Whether functions call themselves: only then is it open how much stack they need.

use super::Analysis;
use crate::ir::FunctionId;

impl Analysis<'_> {
    /// Remembers that the present function calls another, or itself.
    pub(super) fn note_call(&mut self, callee: FunctionId) {
        let call = (self.current.index, callee.0);
        if self.current.result.is_some() && self.calls.last() != Some(&call) {
            self.calls.push(call);
        }
    }
}

/// Whether the calls, each from one function's index to another's, form a circle.
pub(super) fn is_recursive(function_count: usize, calls: &[(u32, u32)]) -> bool {
    let mut callers = vec![0_u32; function_count];
    let mut callees: Vec<Vec<u32>> = vec![Vec::new(); function_count];
    for (caller, callee) in calls {
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
    use super::is_recursive;

    #[test]
    fn a_circle_of_calls_is_recursion() {
        assert!(!is_recursive(0, &[]));
        assert!(!is_recursive(3, &[(0, 1), (0, 2), (1, 2), (0, 2)]));
        assert!(is_recursive(1, &[(0, 0)]));
        assert!(is_recursive(3, &[(0, 1), (1, 2), (2, 1)]));
    }
}
