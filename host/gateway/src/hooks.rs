//! What the gateway asks of the engine while requests pass by.

use futures_util::future::BoxFuture;

/// What is known about an asynchronous task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRecord {
    /// The VM that accepted it.
    pub vm_id: String,
    /// The whole `StatusAnswer` in JSON, once the task has ended.
    pub answer: Option<String>,
}

/// The engine, as the gateway needs it.
///
/// Nothing here is called with a lock of the gateway held. The gateway sees `task_accepted` and `task_finished` through to
/// their end, even when the client has gone.
pub trait Hooks: Send + Sync + 'static {
    /// A request waits for runtime `id`, which sleeps. Must not block. Called once for each sleep, and again by the next
    /// request after one that waited in vain. What follows is
    /// [`Routes::up`](crate::Routes::up), [`Routes::failed`](crate::Routes::failed) or
    /// [`Routes::remove`](crate::Routes::remove).
    fn wake(&self, id: u64);

    /// VM `vm_id` has accepted `task`. The client hears of the task once this has ended well, so it must be on disk by
    /// then; an error becomes 503 with this text.
    fn task_accepted<'a>(&'a self, id: u64, vm_id: &'a str, task: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// What is known about `task` of runtime `id`; an error becomes 503 with this text.
    fn task<'a>(&'a self, id: u64, task: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>, String>>;

    /// A status passed by that is the task's last; `answer` is the whole `StatusAnswer` in JSON.
    fn task_finished<'a>(&'a self, id: u64, task: &'a str, answer: &'a str) -> BoxFuture<'a, ()>;
}
