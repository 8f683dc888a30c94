//! Which ends of tasks the engine was told of lately, so that it is told once, however many clients ask at once; and again
//! if it turns out not to have kept it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are remembered: as many as a guest remembers tasks.
const MOST_REMEMBERED: usize = 256;

/// The ends of one runtime's tasks.
#[derive(Default)]
pub(crate) struct TaskEnds {
    /// The last ones, and whether the telling is over.
    ends: Mutex<VecDeque<(String, bool)>>,
}

impl TaskEnds {
    /// Whether whoever asks is to tell; if so, [`told`](Self::told) must follow.
    pub(crate) fn begin(&self, task: &str) -> bool {
        let mut ends = self.lock();
        if ends.iter().any(|(other, _)| other == task) {
            return false;
        }
        if ends.len() == MOST_REMEMBERED {
            ends.pop_front();
        }
        ends.push_back((task.to_owned(), false));
        true
    }

    /// The engine has been told.
    pub(crate) fn told(&self, task: &str) {
        if let Some((_, is_over)) = self.lock().iter_mut().find(|(other, _)| other == task) {
            *is_over = true;
        }
    }

    /// Whether the engine has been told before now.
    pub(crate) fn was_told(&self, task: &str) -> bool {
        self.lock().iter().any(|(other, is_over)| other == task && *is_over)
    }

    /// The engine was told and does not know: it is to be told again.
    pub(crate) fn was_lost(&self, task: &str) {
        self.lock().retain(|(other, is_over)| other != task || !is_over);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, bool)>> {
        // Nothing in here panics between two steps that belong together.
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_by_one_and_again_only_after_it_was_lost() {
        let ends = TaskEnds::default();
        assert!(ends.begin("a") && ends.begin("b"));
        assert!(!ends.begin("a") && !ends.was_told("a"));
        // Not lost yet: it is still being told.
        ends.was_lost("a");
        assert!(!ends.begin("a"));
        ends.told("a");
        assert!(ends.was_told("a") && !ends.was_told("b") && !ends.begin("a"));
        ends.was_lost("a");
        assert!(ends.begin("a"));
    }

    #[test]
    fn only_the_last_ones_are_remembered() {
        let ends = TaskEnds::default();
        for number in 0..=MOST_REMEMBERED {
            assert!(ends.begin(&number.to_string()));
        }
        assert_eq!(ends.lock().len(), MOST_REMEMBERED);
        assert!(ends.begin("0") && !ends.begin("100"));
    }
}
