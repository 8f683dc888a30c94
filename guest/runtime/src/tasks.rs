//! The asynchronous tasks: how far each is, and its answer for as long as it is kept. Bounded in number, time and memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use skerry_api::faas::{ExecuteAnswer, TaskState};

use crate::identifiers::Uuid;

/// How much is remembered, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskLimits {
    /// Most tasks, finished ones included.
    pub(crate) tasks: usize,
    /// How long a finished task is kept.
    pub(crate) retention: Duration,
    /// Most memory of all answers together, in bytes; the oldest go first.
    pub(crate) answers_bytes: usize,
}

/// All tasks that are working, and the latest of those that have finished.
pub(crate) struct TaskTable {
    limits: TaskLimits,
    /// The answer of each task; `None` while it works.
    tasks: BTreeMap<Uuid, Option<ExecuteAnswer>>,
    /// The finished ones, oldest first.
    finished: VecDeque<(Instant, Uuid)>,
    answers_bytes: usize,
}

/// All tasks are working, so none can make room for another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AllWorking;

impl TaskTable {
    pub(crate) fn new(limits: TaskLimits) -> Self {
        Self { limits, tasks: BTreeMap::new(), finished: VecDeque::new(), answers_bytes: 0 }
    }

    /// Takes a new task in; the oldest finished one goes if there is no room.
    pub(crate) fn begin(&mut self, task: Uuid, now: Instant) -> Result<(), AllWorking> {
        self.forget_old(now);
        if self.tasks.len() >= self.limits.tasks && !self.forget_oldest() {
            return Err(AllWorking);
        }
        self.tasks.insert(task, None);
        Ok(())
    }

    /// Forgets a task that was never announced to anybody; one that has an answer stays.
    pub(crate) fn withdraw(&mut self, task: Uuid) {
        if let Some(None) = self.tasks.get(&task) {
            self.tasks.remove(&task);
        }
    }

    /// Keeps a task's answer, unless it has one: what comes of a task that was cancelled does not count.
    pub(crate) fn finish(&mut self, task: Uuid, answer: ExecuteAnswer, now: Instant) {
        let Some(place @ None) = self.tasks.get_mut(&task) else {
            return;
        };
        self.answers_bytes += size_of_answer(&answer);
        *place = Some(answer);
        self.finished.push_back((now, task));
        // The newest answer stays even if it alone is too large: its client has not seen it yet.
        while self.answers_bytes > self.limits.answers_bytes && self.finished.len() > 1 {
            self.forget_oldest();
        }
    }

    /// A task's state and, once there is one, its answer; `None` for a task that is not known or not any more.
    pub(crate) fn status(&mut self, task: Uuid, now: Instant) -> Option<(TaskState, Option<&ExecuteAnswer>)> {
        self.forget_old(now);
        self.tasks.get(&task).map(|answer| match answer {
            None => (TaskState::Working, None),
            Some(answer) if answer.ret_code == 0 => (TaskState::Ready, Some(answer)),
            Some(answer) => (TaskState::Failed, Some(answer)),
        })
    }

    /// How many tasks are working, and how many finished ones are kept.
    pub(crate) fn counts(&mut self, now: Instant) -> (usize, usize) {
        self.forget_old(now);
        (self.tasks.len() - self.finished.len(), self.finished.len())
    }

    fn forget_old(&mut self, now: Instant) {
        let retention = self.limits.retention;
        while self.finished.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= retention) {
            self.forget_oldest();
        }
    }

    /// Forgets the task that finished first; whether there was one.
    fn forget_oldest(&mut self) -> bool {
        let Some((_, task)) = self.finished.pop_front() else {
            return false;
        };
        if let Some(Some(answer)) = self.tasks.remove(&task) {
            self.answers_bytes -= size_of_answer(&answer);
        }
        true
    }
}

/// Roughly what an answer keeps in memory, in bytes.
fn size_of_answer(answer: &ExecuteAnswer) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let outs: usize = answer.outs.iter().map(|out| 64 + out.var_name.len() + out.value.len()).sum();
    let logs: usize = answer.logs.iter().flatten().map(|line| 32 + line.len()).sum();
    128 + logs + text(&answer.result) + text(&answer.res) + text(&answer.err) + outs
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn table(tasks: usize) -> TaskTable {
        TaskTable::new(TaskLimits { tasks, retention: 10 * SECOND, answers_bytes: 1000 })
    }

    fn uuid(number: u8) -> Uuid {
        Uuid::parse(&format!("00000000-0000-4000-8000-0000000000{number:02x}")).unwrap()
    }

    fn answer(ret_code: i32, length: usize) -> ExecuteAnswer {
        ExecuteAnswer { result: Some("x".repeat(length)), ret_code, res: None, err: None, outs: Vec::new(), logs: None }
    }

    fn state(table: &mut TaskTable, number: u8, now: Instant) -> Option<TaskState> {
        table.status(uuid(number), now).map(|(state, _)| state)
    }

    #[test]
    fn a_task_works_until_it_is_ready_or_failed() {
        let (mut table, now) = (table(3), Instant::now());
        table.begin(uuid(1), now).unwrap();
        table.begin(uuid(2), now).unwrap();
        assert_eq!(state(&mut table, 1, now), Some(TaskState::Working));
        table.finish(uuid(1), answer(0, 1), now);
        table.finish(uuid(2), answer(-1, 1), now);
        assert_eq!(table.status(uuid(1), now), Some((TaskState::Ready, Some(&answer(0, 1)))));
        assert_eq!(state(&mut table, 2, now), Some(TaskState::Failed));
        assert_eq!(state(&mut table, 3, now), None);
        assert_eq!(table.counts(now), (0, 2));
    }

    #[test]
    fn the_oldest_finished_task_makes_room_and_a_working_one_never_does() {
        let (mut table, now) = (table(2), Instant::now());
        table.begin(uuid(1), now).unwrap();
        table.begin(uuid(2), now).unwrap();
        assert_eq!(table.begin(uuid(3), now), Err(AllWorking));
        table.finish(uuid(2), answer(0, 1), now);
        table.finish(uuid(1), answer(0, 1), now);
        table.begin(uuid(3), now).unwrap();
        assert_eq!(state(&mut table, 2, now), None);
        assert_eq!(state(&mut table, 1, now), Some(TaskState::Ready));
    }

    #[test]
    fn a_finished_task_is_forgotten_when_its_time_is_over() {
        let (mut table, now) = (table(2), Instant::now());
        table.begin(uuid(1), now).unwrap();
        table.begin(uuid(2), now).unwrap();
        table.finish(uuid(1), answer(0, 1), now);
        assert!(state(&mut table, 1, now + 9 * SECOND).is_some());
        assert_eq!(state(&mut table, 1, now + 10 * SECOND), None);
        assert_eq!(state(&mut table, 2, now + 100 * SECOND), Some(TaskState::Working));
    }

    #[test]
    fn large_answers_push_out_older_ones_but_not_themselves() {
        let (mut table, now) = (table(9), Instant::now());
        for number in 1..=3 {
            table.begin(uuid(number), now).unwrap();
        }
        table.finish(uuid(1), answer(0, 400), now);
        table.finish(uuid(2), answer(0, 600), now);
        assert_eq!(state(&mut table, 1, now), None);
        table.finish(uuid(3), answer(0, 5000), now);
        assert_eq!(state(&mut table, 2, now), None);
        assert_eq!(state(&mut table, 3, now), Some(TaskState::Ready));
    }

    #[test]
    fn the_first_answer_of_a_task_stands() {
        let (mut table, now) = (table(1), Instant::now());
        table.begin(uuid(1), now).unwrap();
        table.finish(uuid(1), answer(-1, 1), now);
        table.finish(uuid(1), answer(0, 1), now);
        table.withdraw(uuid(1));
        assert_eq!(state(&mut table, 1, now), Some(TaskState::Failed));
        assert_eq!(table.counts(now), (0, 1));
    }

    #[test]
    fn a_withdrawn_task_was_never_there_and_its_late_answer_is_dropped() {
        let (mut table, now) = (table(1), Instant::now());
        table.begin(uuid(1), now).unwrap();
        table.withdraw(uuid(1));
        table.finish(uuid(1), answer(0, 1), now);
        assert_eq!(table.counts(now), (0, 0));
        assert_eq!(table.begin(uuid(2), now), Ok(()));
    }
}
