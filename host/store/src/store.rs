//! The public face: checks what is to be stored, queues writes, runs reads.

use std::sync::Arc;

use sqlx::AnyPool;

use crate::database::Database;
use crate::error::StoreError;
use crate::limits::{key, number, text};
use crate::location::Location;
use crate::operations::{Operation, Outcome};
use crate::queries;
use crate::records::{HistoryRow, IdempotencyRow, Inserted, NewRuntime, RuntimeRecord, TaskRow};
use crate::writer::Writer;

/// What the engine remembers. Clones share one store.
///
/// A write has happened, durably, when its method returns `Ok`. A write whose future is dropped may still happen.
/// After an error whose cause is gone (room on the disk, a lock, a server) the same store works again.
#[derive(Clone, Debug)]
pub struct Store {
    database: Arc<Database>,
    writer: Writer,
    readers: AnyPool,
}

impl Store {
    /// Opens `sqlite:///PATH`, a plain path, or `postgres://…` / `postgresql://…`, makes the file (for its user only)
    /// if there is none, and brings the schema up to date.
    ///
    /// Takes an exclusive claim, which ends with the last clone or with the process. On PostgreSQL it is a session's
    /// advisory lock, so the URL must lead to the server itself, not to a pooler that shares sessions.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another engine has claimed it, [`StoreError::NewerSchema`] if a newer version wrote
    /// it, [`StoreError::Location`] and [`StoreError::File`] if there can be no store, and whatever a database says.
    pub async fn open(location: &str) -> Result<Self, StoreError> {
        let database = Arc::new(Database::open(&Location::parse(location)?).await?);
        let mut connection = database.writer().await?;
        database.verify(&mut connection).await?;
        let readers = database.readers();
        let writer = Writer::start(Arc::clone(&database), connection);
        Ok(Self { database, writer, readers })
    }

    /// All runtimes, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load(&self) -> Result<Vec<RuntimeRecord>, StoreError> {
        self.read(queries::runtimes(&self.readers)).await
    }

    /// Creates a runtime with its first history row, unless the idempotency key was used before.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn insert(
        &self,
        new: &NewRuntime,
        idempotency: Option<&IdempotencyRow>,
        first: &HistoryRow,
    ) -> Result<Inserted, StoreError> {
        for (what, value) in [
            ("owner", &new.owner),
            ("name", &new.name),
            ("flavour", &new.flavour),
            ("state", &new.state),
            ("document", &new.document),
        ] {
            text(what, value)?;
        }
        number("creation time", new.created_ms)?;
        check_history(std::slice::from_ref(first))?;
        if let Some(row) = idempotency {
            key("user", &row.user)?;
            key("idempotency key", &row.key)?;
            text("fingerprint", &row.fingerprint)?;
            number("time of the idempotency key", row.at_ms)?;
        }
        let (new, idempotency, first) = (new.clone(), idempotency.cloned(), first.clone());
        match self.writer.write(Operation::Insert { new, idempotency, first }).await? {
            Outcome::Inserted(inserted) => Ok(inserted),
            Outcome::Done | Outcome::Count(_) => Err(StoreError::Closed),
        }
    }

    /// Replaces a runtime and adds to its history.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] unless its version is the stored one plus 1, [`StoreError::NotFound`],
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn save(&self, record: &RuntimeRecord, history: &[HistoryRow]) -> Result<(), StoreError> {
        for (what, value) in [
            ("owner", &record.owner),
            ("name", &record.name),
            ("flavour", &record.flavour),
            ("state", &record.state),
            ("document", &record.document),
        ] {
            text(what, value)?;
        }
        if let Some(vm) = &record.vm {
            text("VM", vm)?;
        }
        number("version", record.version)?;
        number("creation time", record.created_ms)?;
        number("time of the update", record.updated_ms)?;
        check_history(history)?;
        self.write(Operation::Save { record: record.clone(), history: history.to_vec() }).await
    }

    /// What an earlier creation with this idempotency key made: always [`Inserted::Repeated`]. The runtime may have been
    /// deleted since.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn created_under(&self, user: &str, request_key: &str) -> Result<Option<Inserted>, StoreError> {
        key("user", user)?;
        key("idempotency key", request_key)?;
        self.read(queries::created_under(&self.readers, user, request_key)).await
    }

    /// Deletes a runtime with its history and tasks. Its idempotency key stays until it expires.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], and those of the database.
    pub async fn delete(&self, id: u64) -> Result<(), StoreError> {
        self.write(Operation::Delete { id }).await
    }

    /// The newest [`MAX_HISTORY_ROWS`](crate::MAX_HISTORY_ROWS) of a runtime, in the order in which they were
    /// written. Empty for an unknown one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn history(&self, id: u64) -> Result<Vec<HistoryRow>, StoreError> {
        self.read(queries::history(&self.readers, id)).await
    }

    /// Notes that a VM accepted a task. A task that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown runtime, [`StoreError::Unstorable`], and those of the database.
    pub async fn add_task(&self, runtime: u64, task: &str, vm_id: &str, at_ms: u64) -> Result<(), StoreError> {
        key("task", task)?;
        key("VM id", vm_id)?;
        number("time of the task", at_ms)?;
        let (task, vm_id) = (task.to_owned(), vm_id.to_owned());
        self.write(Operation::AddTask { runtime, task, vm_id, at_ms }).await
    }

    /// One task of a runtime.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn task(&self, runtime: u64, task: &str) -> Result<Option<TaskRow>, StoreError> {
        key("task", task)?;
        self.read(queries::one_task(&self.readers, runtime, task)).await
    }

    /// The tasks of a runtime (or of one of its VMs) without an answer, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn open_tasks(&self, runtime: u64, vm_id: Option<&str>) -> Result<Vec<TaskRow>, StoreError> {
        if let Some(vm_id) = vm_id {
            key("VM id", vm_id)?;
        }
        self.read(queries::open_tasks(&self.readers, runtime, vm_id)).await
    }

    /// Gives a task its answer. If it has one, that one stays.
    ///
    /// # Errors
    /// [`StoreError::TaskNotFound`], [`StoreError::Unstorable`], and those of the database.
    pub async fn finish_task(&self, runtime: u64, task: &str, answer: &str) -> Result<(), StoreError> {
        key("task", task)?;
        text("answer", answer)?;
        let (task, answer) = (task.to_owned(), answer.to_owned());
        self.write(Operation::FinishTask { runtime, task, answer }).await
    }

    /// Gives all open tasks of a VM that died their answer, in which `{uuid}` stands for the task. Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn finish_tasks_of(&self, runtime: u64, vm_id: &str, answer_for: &str) -> Result<u64, StoreError> {
        key("VM id", vm_id)?;
        // Not the general limit: each placeholder grows to a key's length.
        key("answer", answer_for)?;
        let (vm_id, answer) = (vm_id.to_owned(), answer_for.to_owned());
        self.count(Operation::FinishTasksOf { runtime, vm_id, answer }).await
    }

    /// Forgets answered tasks and idempotency keys that are older than they are kept. Open tasks stay.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn expire(&self, now_ms: u64, keep_tasks_ms: u64, keep_keys_ms: u64) -> Result<(), StoreError> {
        let tasks_before_ms = now_ms.saturating_sub(keep_tasks_ms);
        let keys_before_ms = now_ms.saturating_sub(keep_keys_ms);
        self.write(Operation::Expire { tasks_before_ms, keys_before_ms }).await
    }

    /// The value of a setting.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        key("setting's name", name)?;
        self.read(queries::setting(&self.readers, name)).await
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`], and those of the database.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        key("setting's name", name)?;
        text("setting", value)?;
        self.write(Operation::SetSetting { name: name.to_owned(), value: value.to_owned() }).await
    }

    /// Whether the store can write and read, by doing both.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn check(&self) -> Result<(), StoreError> {
        let written = self.count(Operation::Check).await?;
        let read = self.read(queries::checked(&self.readers)).await?;
        if read >= written {
            return Ok(());
        }
        let what = format!("read {read} after {written} was written");
        Err(self.database.failure(sqlx::Error::Decode(what.into())))
    }

    async fn write(&self, operation: Operation) -> Result<(), StoreError> {
        self.writer.write(operation).await.map(drop)
    }

    async fn count(&self, operation: Operation) -> Result<u64, StoreError> {
        match self.writer.write(operation).await? {
            Outcome::Count(count) => Ok(count),
            Outcome::Done | Outcome::Inserted(_) => Err(StoreError::Closed),
        }
    }

    async fn read<Value>(&self, query: impl Future<Output = Result<Value, sqlx::Error>>) -> Result<Value, StoreError> {
        let result = match self.database.patience() {
            None => query.await,
            Some(patience) => tokio::time::timeout(patience, query).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)),
        };
        result.map_err(|error| self.database.failure(error))
    }
}

fn check_history(rows: &[HistoryRow]) -> Result<(), StoreError> {
    for row in rows {
        text("history entry", &row.entry)?;
        number("time of a history entry", row.at_ms)?;
    }
    Ok(())
}
