//! The writes, as values that wait for the writer, and their statements. Each decides whether to refuse before it
//! writes anything, because it shares its transaction with others.

use sqlx::{AnyConnection, Row};

use crate::error::StoreError;
use crate::limits::{self, MAX_HISTORY_ROWS};
use crate::records::{HistoryRow, IdempotencyRow, Inserted, NewRuntime, RuntimeRecord};

/// A write, checked: all its numbers and texts fit.
#[derive(Debug)]
pub(crate) enum Operation {
    Insert { new: NewRuntime, idempotency: Option<IdempotencyRow>, first: HistoryRow },
    Save { record: RuntimeRecord, history: Vec<HistoryRow> },
    Delete { id: u64 },
    AddTask { runtime: u64, task: String, vm_id: String, at_ms: u64 },
    FinishTask { runtime: u64, task: String, answer: String },
    FinishTasksOf { runtime: u64, vm_id: String, answer: String },
    Expire { tasks_before_ms: u64, keys_before_ms: u64 },
    SetSetting { name: String, value: String },
    Check,
}

/// What an operation gives back.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    Inserted(Inserted),
    Count(u64),
}

/// Why an operation stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was written; the transaction goes on.
    Refused(StoreError),
    /// The database failed; the transaction is lost.
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

type Applied = Result<Outcome, Failure>;

/// Runs one operation inside the open transaction.
pub(crate) async fn apply(connection: &mut AnyConnection, operation: &Operation) -> Applied {
    match operation {
        Operation::Insert { new, idempotency, first } => insert(connection, new, idempotency.as_ref(), first).await,
        Operation::Save { record, history } => save(connection, record, history).await,
        Operation::Delete { id } => delete(connection, *id).await,
        Operation::AddTask { runtime, task, vm_id, at_ms } => add_task(connection, *runtime, task, vm_id, *at_ms).await,
        Operation::FinishTask { runtime, task, answer } => finish_task(connection, *runtime, task, answer).await,
        Operation::FinishTasksOf { runtime, vm_id, answer } => {
            finish_tasks_of(connection, *runtime, vm_id, answer).await
        }
        Operation::Expire { tasks_before_ms, keys_before_ms } => {
            expire(connection, *tasks_before_ms, *keys_before_ms).await
        }
        Operation::SetSetting { name, value } => set_setting(connection, name, value).await,
        Operation::Check => check(connection).await,
    }
}

async fn insert(
    connection: &mut AnyConnection,
    new: &NewRuntime,
    idempotency: Option<&IdempotencyRow>,
    first: &HistoryRow,
) -> Applied {
    if let Some(row) = idempotency
        && let Some(repeated) = earlier(connection, row).await?
    {
        return Ok(Outcome::Inserted(repeated));
    }
    let id: i64 = sqlx::query_scalar("UPDATE counter SET value = value + 1 WHERE name = 'runtime' RETURNING value")
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO runtime (id, owner, name, flavour, state, version, document, created_ms, updated_ms, \
         history_written) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $7, 1)",
    )
    .bind(id)
    .bind(new.owner.as_str())
    .bind(new.name.as_str())
    .bind(new.flavour.as_str())
    .bind(new.state.as_str())
    .bind(new.document.as_str())
    .bind(limits::bound(new.created_ms))
    .execute(&mut *connection)
    .await?;
    add_history(connection, id, 1, first).await?;
    if let Some(row) = idempotency {
        sqlx::query(
            "INSERT INTO idempotency (user_name, request_key, fingerprint, runtime_id, at_ms) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(row.user.as_str())
        .bind(row.key.as_str())
        .bind(row.fingerprint.as_str())
        .bind(id)
        .bind(limits::bound(row.at_ms))
        .execute(&mut *connection)
        .await?;
    }
    Ok(Outcome::Inserted(Inserted::Fresh(id.unsigned_abs())))
}

/// What an earlier request with the same key created.
async fn earlier(connection: &mut AnyConnection, row: &IdempotencyRow) -> Result<Option<Inserted>, sqlx::Error> {
    sqlx::query("SELECT runtime_id, fingerprint FROM idempotency WHERE user_name = $1 AND request_key = $2")
        .bind(row.user.as_str())
        .bind(row.key.as_str())
        .fetch_optional(connection)
        .await?
        .map(|found| {
            let id: i64 = found.try_get(0)?;
            Ok(Inserted::Repeated { id: id.unsigned_abs(), fingerprint: found.try_get(1)? })
        })
        .transpose()
}

async fn add_history(
    connection: &mut AnyConnection,
    runtime: i64,
    sequence: i64,
    row: &HistoryRow,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO history (runtime_id, sequence, at_ms, entry) VALUES ($1, $2, $3, $4)")
        .bind(runtime)
        .bind(sequence)
        .bind(limits::bound(row.at_ms))
        .bind(row.entry.as_str())
        .execute(connection)
        .await
        .map(drop)
}

async fn save(connection: &mut AnyConnection, record: &RuntimeRecord, history: &[HistoryRow]) -> Applied {
    let id = limits::bound(record.id);
    let newest: Option<i64> = sqlx::query_scalar(
        "UPDATE runtime SET owner = $1, name = $2, flavour = $3, state = $4, version = $5, document = $6, vm = $7, \
         created_ms = $8, updated_ms = $9, history_written = history_written + $10 \
         WHERE id = $11 AND version = $12 RETURNING history_written",
    )
    .bind(record.owner.as_str())
    .bind(record.name.as_str())
    .bind(record.flavour.as_str())
    .bind(record.state.as_str())
    .bind(limits::bound(record.version))
    .bind(record.document.as_str())
    .bind(record.vm.as_deref())
    .bind(limits::bound(record.created_ms))
    .bind(limits::bound(record.updated_ms))
    .bind(history.len() as i64)
    .bind(id)
    .bind(limits::bound(record.version) - 1)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(newest) = newest else { return Err(why_not_saved(connection, record).await?) };
    let oldest_kept = newest - MAX_HISTORY_ROWS as i64 + 1;
    for (row, sequence) in history.iter().rev().zip((oldest_kept..=newest).rev()) {
        add_history(connection, id, sequence, row).await?;
    }
    if !history.is_empty() {
        sqlx::query("DELETE FROM history WHERE runtime_id = $1 AND sequence < $2")
            .bind(id)
            .bind(oldest_kept)
            .execute(connection)
            .await?;
    }
    Ok(Outcome::Done)
}

async fn why_not_saved(connection: &mut AnyConnection, record: &RuntimeRecord) -> Result<Failure, sqlx::Error> {
    let stored: Option<i64> = sqlx::query_scalar("SELECT version FROM runtime WHERE id = $1")
        .bind(limits::bound(record.id))
        .fetch_optional(connection)
        .await?;
    Ok(Failure::Refused(match stored {
        None => StoreError::NotFound { id: record.id },
        Some(stored) => StoreError::Conflict { id: record.id, stored: stored.unsigned_abs(), given: record.version },
    }))
}

async fn delete(connection: &mut AnyConnection, id: u64) -> Applied {
    // Its history and tasks go with it, by their foreign keys.
    let gone = sqlx::query("DELETE FROM runtime WHERE id = $1").bind(limits::bound(id)).execute(connection).await?;
    match gone.rows_affected() {
        0 => Err(Failure::Refused(StoreError::NotFound { id })),
        _ => Ok(Outcome::Done),
    }
}

async fn add_task(connection: &mut AnyConnection, runtime: u64, task: &str, vm_id: &str, at_ms: u64) -> Applied {
    let known: Option<i64> = sqlx::query_scalar("SELECT id FROM runtime WHERE id = $1")
        .bind(limits::bound(runtime))
        .fetch_optional(&mut *connection)
        .await?;
    if known.is_none() {
        return Err(Failure::Refused(StoreError::NotFound { id: runtime }));
    }
    sqlx::query(
        "INSERT INTO task (runtime_id, task, vm_id, at_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (runtime_id, task) DO NOTHING",
    )
    .bind(limits::bound(runtime))
    .bind(task)
    .bind(vm_id)
    .bind(limits::bound(at_ms))
    .execute(connection)
    .await?;
    Ok(Outcome::Done)
}

async fn finish_task(connection: &mut AnyConnection, runtime: u64, task: &str, answer: &str) -> Applied {
    // COALESCE keeps the first answer, and the row count still says whether there is such a task.
    let found = sqlx::query("UPDATE task SET answer = COALESCE(answer, $1) WHERE runtime_id = $2 AND task = $3")
        .bind(answer)
        .bind(limits::bound(runtime))
        .bind(task)
        .execute(connection)
        .await?;
    match found.rows_affected() {
        0 => Err(Failure::Refused(StoreError::TaskNotFound { runtime, task: task.to_owned() })),
        _ => Ok(Outcome::Done),
    }
}

async fn finish_tasks_of(connection: &mut AnyConnection, runtime: u64, vm_id: &str, answer: &str) -> Applied {
    let finished = sqlx::query(
        "UPDATE task SET answer = REPLACE($1, '{uuid}', task) WHERE runtime_id = $2 AND vm_id = $3 AND answer IS NULL",
    )
    .bind(answer)
    .bind(limits::bound(runtime))
    .bind(vm_id)
    .execute(connection)
    .await?;
    Ok(Outcome::Count(finished.rows_affected()))
}

async fn expire(connection: &mut AnyConnection, tasks_before_ms: u64, keys_before_ms: u64) -> Applied {
    sqlx::query("DELETE FROM task WHERE answer IS NOT NULL AND at_ms < $1")
        .bind(limits::bound(tasks_before_ms))
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM idempotency WHERE at_ms < $1")
        .bind(limits::bound(keys_before_ms))
        .execute(connection)
        .await?;
    Ok(Outcome::Done)
}

async fn set_setting(connection: &mut AnyConnection, name: &str, value: &str) -> Applied {
    sqlx::query(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(connection)
    .await?;
    Ok(Outcome::Done)
}

async fn check(connection: &mut AnyConnection) -> Applied {
    let value: i64 = sqlx::query_scalar("UPDATE counter SET value = value + 1 WHERE name = 'check' RETURNING value")
        .fetch_one(connection)
        .await?;
    Ok(Outcome::Count(value.unsigned_abs()))
}
