//! Asynchronous tasks as the engine remembers them: accepted ones before their client hears of them, answers when somebody
//! has seen them, and a reason for those whose machine is gone.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use skerry_api::faas::{ExecId, ExecuteAnswer, StatusAnswer, TaskState};
use skerry_gateway::{Hooks, TaskRecord};
use tokio::sync::mpsc::error::TrySendError;

use crate::core::{Core, now_ms};
use crate::guest;
use crate::live_vm::{LiveVm, chain};
use crate::supervisor::Event;

/// How long a guest may take to tell of one task.
const STATUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Most of a reason that a task's answer repeats; the runtime's history has all of it.
const MOST_REASON_CHARACTERS: usize = 200;

/// The gateway's way into the engine. It holds the engine weakly: the engine holds the gateway's table.
#[derive(Default)]
pub(crate) struct EngineHooks {
    core: std::sync::OnceLock<Weak<Core>>,
}

impl EngineHooks {
    /// Says which engine it is; once.
    pub(crate) fn attach(&self, core: &Arc<Core>) {
        // A second engine for the same hooks there never is.
        let _ = self.core.set(Arc::downgrade(core));
    }

    fn core(&self) -> Option<Arc<Core>> {
        self.core.get()?.upgrade()
    }
}

impl Hooks for EngineHooks {
    fn wake(&self, id: u64) {
        if let Some(runtime) = self.core().and_then(|core| core.registry.get(id)) {
            // The gateway says it once for each sleep, so it must not be lost where the queue is full; and it must not block.
            if let Err(TrySendError::Full(event)) = runtime.events.try_send(Event::Wake) {
                tokio::spawn(async move { runtime.events.send(event).await });
            }
        }
    }

    fn task_accepted<'a>(&'a self, id: u64, vm_id: &'a str, task: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let core = self.core().ok_or("the engine is stopping")?;
            core.store.add_task(id, task, vm_id, now_ms()).await.map_err(|error| chain(&error))
        })
    }

    fn task<'a>(&'a self, id: u64, task: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>, String>> {
        Box::pin(async move {
            let core = self.core().ok_or("the engine is stopping")?;
            let row = core.store.task(id, task).await.map_err(|error| chain(&error))?;
            Ok(row.map(|row| TaskRecord { vm_id: row.vm_id, answer: row.answer }))
        })
    }

    fn task_finished<'a>(&'a self, id: u64, task: &'a str, answer: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(core) = self.core() else { return };
            if let Err(error) = core.store.finish_task(id, task, answer).await {
                tracing::warn!(runtime = id, task, "a task's answer is not stored: {}", chain(&error));
            }
        })
    }
}

/// Asks a machine for the answers of all its tasks that nobody has seen yet, and stores those that are done.
///
/// # Errors
/// The number of tasks whose answers are not stored, in words.
pub(crate) async fn collect_answers(core: &Core, id: u64, vm: &LiveVm) -> Result<(), String> {
    let open = core.store.open_tasks(id, Some(&vm.id)).await.map_err(|error| chain(&error))?;
    let mut missing = 0;
    for row in open {
        match guest::task_status(vm.connector.as_ref(), &row.task, STATUS_TIMEOUT).await {
            Ok(answer) if is_done(&answer) => {
                core.store.finish_task(id, &row.task, &answer).await.map_err(|error| chain(&error))?;
            }
            Ok(_) => missing += 1,
            // The guest has forgotten it, by age or number: nobody will know more.
            Err(guest::GuestError::Status { status, .. }) if status == http::StatusCode::NOT_FOUND => {
                let answer = failed_answer("the runtime kept the task's result for its time, and nobody asked for it");
                let answer = answer.replace("{uuid}", &row.task);
                core.store.finish_task(id, &row.task, &answer).await.map_err(|error| chain(&error))?;
            }
            Err(_) => missing += 1,
        }
    }
    if missing == 0 { Ok(()) } else { Err(format!("{missing} tasks are not done")) }
}

/// Gives every open task of a machine that is gone its answer: FAILED, with the reason.
pub(crate) async fn fail_tasks(core: &Core, id: u64, vm_id: &str, reason: &str) {
    let answer = failed_answer(&format!("the machine that ran the task is gone: {reason}"));
    match core.store.finish_tasks_of(id, vm_id, &answer).await {
        Ok(0) => {}
        Ok(count) => tracing::warn!(runtime = id, vm = vm_id, count, "tasks failed with their machine"),
        // Their statuses say so all the same, since the machine is not the runtime's any more.
        Err(error) => tracing::warn!(runtime = id, vm = vm_id, "tasks are not marked as failed: {}", chain(&error)),
    }
}

fn is_done(answer: &str) -> bool {
    serde_json::from_str::<StatusAnswer>(answer).is_ok_and(|answer| answer.state != TaskState::Working)
}

/// A status FAILED with `{uuid}` in the place of the task's name.
fn failed_answer(reason: &str) -> String {
    let first_line: String = reason.lines().next().unwrap_or_default().chars().take(MOST_REASON_CHARACTERS).collect();
    let answer = StatusAnswer {
        state: TaskState::Failed,
        status: TaskState::Failed,
        result: None,
        res: Some(ExecuteAnswer {
            result: None,
            ret_code: -1,
            res: None,
            err: Some(first_line),
            outs: Vec::new(),
            logs: None,
        }),
        exec_id: ExecId { faas_task_uuid: "{uuid}".to_owned() },
    };
    serde_json::to_string(&answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_answer_is_a_status_answer_with_the_tasks_name() {
        let text = failed_answer("it burnt\nline 2").replace("{uuid}", "u-1");
        let answer: StatusAnswer = serde_json::from_str(&text).unwrap();
        assert_eq!((answer.state, answer.exec_id.faas_task_uuid.as_str()), (TaskState::Failed, "u-1"));
        assert_eq!(answer.res.unwrap().err.as_deref(), Some("it burnt"));
        assert!(is_done(&text));
        assert!(!is_done("{\"state\":\"WORKING\"}") && !is_done(""));
    }
}
