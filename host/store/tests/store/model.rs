//! Random operations give what a plain model in memory gives.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use skerry_store::{
    HistoryRow, IdempotencyRow, Inserted, MAX_HISTORY_ROWS, NewRuntime, RuntimeRecord, Store, StoreError, TaskRow,
};

use crate::support::cluster::Cluster;
use crate::support::{Place, block_on};

#[test]
fn a_file_behaves_as_the_model() {
    compare(60, Place::file);
}

#[test]
fn a_server_behaves_as_the_model() {
    let Some(cluster) = Cluster::start_or_skip("a_server_behaves_as_the_model") else { return };
    compare(12, || block_on(Place::server(&cluster)));
}

fn compare<'cluster>(cases: u32, place: impl Fn() -> Place<'cluster>) {
    let operations = prop::collection::vec(operation(), 1..80);
    let result = TestRunner::new(ProptestConfig::with_cases(cases)).run(&operations, |operations| {
        let place = place();
        block_on(async {
            let mut store = place.open().await;
            let mut model = Model::default();
            for operation in &operations {
                if matches!(operation, Operation::OpenAgain) {
                    drop(store);
                    store = place.open().await;
                    continue;
                }
                prop_assert_eq!(model.apply(operation), apply(&store, operation).await, "{:?}", operation);
            }
            prop_assert_eq!(model.everything(), everything(&store).await);
            Ok(())
        })
    });
    result.unwrap();
}

#[derive(Clone, Debug)]
enum Operation {
    Insert(NewRuntime, Option<IdempotencyRow>),
    /// The step is what is added to the stored version: 1 is right.
    Save(u64, u64, RuntimeRecord, Vec<HistoryRow>),
    Delete(u64),
    AddTask(u64, String, String, u64),
    FinishTask(u64, String, String),
    FinishTasksOf(u64, String, String),
    OpenTasks(u64, Option<String>),
    Expire(u64, u64, u64),
    Set(String, String),
    Check,
    OpenAgain,
}

/// Few values, so that operations meet.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]", 1 => "[^\0]{0,6}"]
}

fn id() -> impl Strategy<Value = u64> {
    prop_oneof![20 => 1..6_u64, 1 => any::<u64>()]
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![10 => 0..100_u64, 1 => 0..=i64::MAX as u64]
}

fn history() -> impl Strategy<Value = Vec<HistoryRow>> {
    let row = || (time(), word()).prop_map(|(at_ms, entry)| HistoryRow { at_ms, entry });
    prop_oneof![20 => prop::collection::vec(row(), 0..4), 1 => prop::collection::vec(row(), 90..230)]
}

fn new_runtime() -> impl Strategy<Value = NewRuntime> {
    (word(), word(), word(), word(), word(), time()).prop_map(|(owner, name, flavour, state, document, created_ms)| {
        NewRuntime { owner, name, flavour, state, document, created_ms }
    })
}

fn record() -> impl Strategy<Value = RuntimeRecord> {
    (new_runtime(), prop::option::of(word()), time()).prop_map(|(new, vm, updated_ms)| RuntimeRecord {
        vm,
        updated_ms,
        ..fresh(0, &new)
    })
}

fn idempotency() -> impl Strategy<Value = Option<IdempotencyRow>> {
    prop::option::of((word(), word(), word(), time()).prop_map(|(user, key, fingerprint, at_ms)| IdempotencyRow {
        user,
        key,
        fingerprint,
        at_ms,
    }))
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (new_runtime(), idempotency()).prop_map(|(new, key)| Operation::Insert(new, key)),
        6 => (id(), prop_oneof![8 => Just(1), 1 => 0..4_u64], record(), history())
            .prop_map(|(id, step, record, history)| Operation::Save(id, step, record, history)),
        2 => id().prop_map(Operation::Delete),
        5 => (id(), word(), word(), time()).prop_map(|(id, task, vm, at)| Operation::AddTask(id, task, vm, at)),
        3 => (id(), word(), word()).prop_map(|(id, task, answer)| Operation::FinishTask(id, task, answer)),
        2 => (id(), word(), prop_oneof![word(), Just("<{uuid}{uuid}>".to_owned())])
            .prop_map(|(id, vm, answer)| Operation::FinishTasksOf(id, vm, answer)),
        2 => (id(), prop::option::of(word())).prop_map(|(id, vm)| Operation::OpenTasks(id, vm)),
        1 => (time(), time(), time()).prop_map(|(now, tasks, keys)| Operation::Expire(now, tasks, keys)),
        1 => (word(), word()).prop_map(|(name, value)| Operation::Set(name, value)),
        1 => Just(Operation::Check),
        1 => Just(Operation::OpenAgain),
    ]
}

/// What an operation gave, comparable.
#[derive(Debug, PartialEq)]
enum Given {
    Nothing,
    Inserted(Inserted),
    Count(u64),
    Tasks(Vec<TaskRow>),
    NotFound,
    TaskNotFound,
    Conflict(u64, u64),
    Other(String),
}

impl From<StoreError> for Given {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NotFound,
            StoreError::TaskNotFound { .. } => Self::TaskNotFound,
            StoreError::Conflict { stored, given, .. } => Self::Conflict(stored, given),
            other => Self::Other(format!("{other:?}")),
        }
    }
}

async fn apply(store: &Store, operation: &Operation) -> Given {
    let done = match operation {
        Operation::Insert(new, key) => {
            return store.insert(new, key.as_ref(), &first(new)).await.map_or_else(Given::from, Given::Inserted);
        }
        Operation::Save(id, step, record, history) => {
            let stored = store.load().await.unwrap().into_iter().find(|stored| stored.id == *id);
            let version = stored.map_or(0, |stored| stored.version) + step;
            store.save(&RuntimeRecord { id: *id, version, ..record.clone() }, history).await
        }
        Operation::Delete(id) => store.delete(*id).await,
        Operation::AddTask(id, task, vm, at_ms) => store.add_task(*id, task, vm, *at_ms).await,
        Operation::FinishTask(id, task, answer) => store.finish_task(*id, task, answer).await,
        Operation::FinishTasksOf(id, vm, answer) => {
            return store.finish_tasks_of(*id, vm, answer).await.map_or_else(Given::from, Given::Count);
        }
        Operation::OpenTasks(id, vm) => {
            let mut tasks = store.open_tasks(*id, vm.as_deref()).await.unwrap();
            // Equal times are ordered by name, which databases do each in their own way.
            tasks.sort_by(|one, other| (one.at_ms, &one.task).cmp(&(other.at_ms, &other.task)));
            return Given::Tasks(tasks);
        }
        Operation::Expire(now, tasks, keys) => store.expire(*now, *tasks, *keys).await,
        Operation::Set(name, value) => store.set_setting(name, value).await,
        Operation::Check => store.check().await,
        Operation::OpenAgain => Ok(()),
    };
    done.map_or_else(Given::from, |()| Given::Nothing)
}

/// All runtimes with their histories and open tasks.
async fn everything(store: &Store) -> Vec<(RuntimeRecord, Vec<HistoryRow>)> {
    let mut all = Vec::new();
    for record in store.load().await.unwrap() {
        let history = store.history(record.id).await.unwrap();
        all.push((record, history));
    }
    all
}

fn first(new: &NewRuntime) -> HistoryRow {
    HistoryRow { at_ms: new.created_ms, entry: new.state.clone() }
}

fn fresh(id: u64, new: &NewRuntime) -> RuntimeRecord {
    RuntimeRecord {
        id,
        owner: new.owner.clone(),
        name: new.name.clone(),
        flavour: new.flavour.clone(),
        state: new.state.clone(),
        version: 1,
        document: new.document.clone(),
        vm: None,
        created_ms: new.created_ms,
        updated_ms: new.created_ms,
    }
}

#[derive(Default)]
struct Model {
    last_id: u64,
    runtimes: BTreeMap<u64, (RuntimeRecord, Vec<HistoryRow>)>,
    tasks: BTreeMap<(u64, String), TaskRow>,
    keys: BTreeMap<(String, String), (u64, IdempotencyRow)>,
}

impl Model {
    fn everything(&self) -> Vec<(RuntimeRecord, Vec<HistoryRow>)> {
        self.runtimes.values().cloned().collect()
    }

    fn apply(&mut self, operation: &Operation) -> Given {
        match operation {
            Operation::Insert(new, key) => self.insert(new, key.as_ref()),
            Operation::Save(id, step, record, history) => self.save(*id, *step, record, history),
            Operation::Delete(id) => match self.runtimes.remove(id) {
                None => Given::NotFound,
                Some(_) => {
                    self.tasks.retain(|(runtime, _), _| runtime != id);
                    Given::Nothing
                }
            },
            Operation::AddTask(id, task, vm, at_ms) => {
                if !self.runtimes.contains_key(id) {
                    return Given::NotFound;
                }
                let row = TaskRow { task: task.clone(), vm_id: vm.clone(), answer: None, at_ms: *at_ms };
                self.tasks.entry((*id, task.clone())).or_insert(row);
                Given::Nothing
            }
            Operation::FinishTask(id, task, answer) => match self.tasks.get_mut(&(*id, task.clone())) {
                None => Given::TaskNotFound,
                Some(row) => {
                    row.answer.get_or_insert(answer.clone());
                    Given::Nothing
                }
            },
            Operation::FinishTasksOf(id, vm, answer) => {
                let open = self
                    .tasks
                    .iter_mut()
                    .filter(|((runtime, _), row)| runtime == id && row.vm_id == *vm && row.answer.is_none());
                Given::Count(open.map(|(_, row)| row.answer = Some(answer.replace("{uuid}", &row.task))).count() as u64)
            }
            Operation::OpenTasks(id, vm) => {
                let mut open: Vec<TaskRow> = self
                    .tasks
                    .iter()
                    .filter(|((runtime, _), row)| runtime == id && row.answer.is_none())
                    .map(|(_, row)| row.clone())
                    .filter(|row| vm.as_ref().is_none_or(|vm| row.vm_id == *vm))
                    .collect();
                open.sort_by(|one, other| (one.at_ms, &one.task).cmp(&(other.at_ms, &other.task)));
                Given::Tasks(open)
            }
            Operation::Expire(now, tasks, keys) => {
                self.tasks.retain(|_, row| row.answer.is_none() || row.at_ms >= now.saturating_sub(*tasks));
                self.keys.retain(|_, (_, row)| row.at_ms >= now.saturating_sub(*keys));
                Given::Nothing
            }
            Operation::Set(..) | Operation::Check | Operation::OpenAgain => Given::Nothing,
        }
    }

    fn insert(&mut self, new: &NewRuntime, key: Option<&IdempotencyRow>) -> Given {
        let name = key.map(|row| (row.user.clone(), row.key.clone()));
        if let Some((id, row)) = name.as_ref().and_then(|name| self.keys.get(name)) {
            return Given::Inserted(Inserted::Repeated { id: *id, fingerprint: row.fingerprint.clone() });
        }
        self.last_id += 1;
        self.runtimes.insert(self.last_id, (fresh(self.last_id, new), vec![first(new)]));
        if let (Some(name), Some(row)) = (name, key) {
            self.keys.insert(name, (self.last_id, row.clone()));
        }
        Given::Inserted(Inserted::Fresh(self.last_id))
    }

    fn save(&mut self, id: u64, step: u64, record: &RuntimeRecord, history: &[HistoryRow]) -> Given {
        let Some((stored, rows)) = self.runtimes.get_mut(&id) else { return Given::NotFound };
        let version = stored.version + step;
        if step != 1 {
            return Given::Conflict(stored.version, version);
        }
        *stored = RuntimeRecord { id, version, ..record.clone() };
        rows.extend_from_slice(history);
        rows.drain(..rows.len().saturating_sub(MAX_HISTORY_ROWS as usize));
        Given::Nothing
    }
}
