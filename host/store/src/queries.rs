//! The reads, and how rows become records.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Error, Row};

use crate::limits;
use crate::records::{HistoryRow, Inserted, RuntimeRecord, TaskRow};

pub(crate) async fn runtimes(pool: &AnyPool) -> Result<Vec<RuntimeRecord>, Error> {
    let rows = sqlx::query(
        "SELECT id, owner, name, flavour, state, version, document, vm, created_ms, updated_ms FROM runtime ORDER BY id",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(runtime).collect()
}

pub(crate) async fn history(pool: &AnyPool, id: u64) -> Result<Vec<HistoryRow>, Error> {
    let rows = sqlx::query("SELECT at_ms, entry FROM history WHERE runtime_id = $1 ORDER BY sequence")
        .bind(limits::bound(id))
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok(HistoryRow { at_ms: number(row, 0)?, entry: row.try_get(1)? })).collect()
}

pub(crate) async fn created_under(pool: &AnyPool, user: &str, key: &str) -> Result<Option<Inserted>, Error> {
    sqlx::query("SELECT runtime_id, fingerprint FROM idempotency WHERE user_name = $1 AND request_key = $2")
        .bind(user)
        .bind(key)
        .fetch_optional(pool)
        .await?
        .map(|row| Ok(Inserted::Repeated { id: number(&row, 0)?, fingerprint: row.try_get(1)? }))
        .transpose()
}

pub(crate) async fn one_task(pool: &AnyPool, runtime: u64, name: &str) -> Result<Option<TaskRow>, Error> {
    sqlx::query("SELECT task, vm_id, answer, at_ms FROM task WHERE runtime_id = $1 AND task = $2")
        .bind(limits::bound(runtime))
        .bind(name)
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(task)
        .transpose()
}

pub(crate) async fn open_tasks(pool: &AnyPool, runtime: u64, vm_id: Option<&str>) -> Result<Vec<TaskRow>, Error> {
    let of_runtime = sqlx::query(
        "SELECT task, vm_id, answer, at_ms FROM task WHERE runtime_id = $1 AND answer IS NULL ORDER BY at_ms, task",
    );
    let of_vm = sqlx::query(
        "SELECT task, vm_id, answer, at_ms FROM task WHERE runtime_id = $1 AND answer IS NULL AND vm_id = $2 \
         ORDER BY at_ms, task",
    );
    let query = match vm_id {
        None => of_runtime.bind(limits::bound(runtime)),
        Some(vm_id) => of_vm.bind(limits::bound(runtime)).bind(vm_id),
    };
    query.fetch_all(pool).await?.iter().map(task).collect()
}

pub(crate) async fn setting(pool: &AnyPool, name: &str) -> Result<Option<String>, Error> {
    sqlx::query_scalar("SELECT value FROM setting WHERE name = $1").bind(name).fetch_optional(pool).await
}

/// The number that the last readiness check wrote.
pub(crate) async fn checked(pool: &AnyPool) -> Result<u64, Error> {
    let row = sqlx::query("SELECT value FROM counter WHERE name = 'check'").fetch_one(pool).await?;
    number(&row, 0)
}

fn runtime(row: &AnyRow) -> Result<RuntimeRecord, Error> {
    Ok(RuntimeRecord {
        id: number(row, 0)?,
        owner: row.try_get(1)?,
        name: row.try_get(2)?,
        flavour: row.try_get(3)?,
        state: row.try_get(4)?,
        version: number(row, 5)?,
        document: row.try_get(6)?,
        vm: row.try_get(7)?,
        created_ms: number(row, 8)?,
        updated_ms: number(row, 9)?,
    })
}

fn task(row: &AnyRow) -> Result<TaskRow, Error> {
    Ok(TaskRow { task: row.try_get(0)?, vm_id: row.try_get(1)?, answer: row.try_get(2)?, at_ms: number(row, 3)? })
}

/// Numbers are never negative in our tables; one that is was not written by us.
fn number(row: &AnyRow, column: usize) -> Result<u64, Error> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|error| Error::ColumnDecode { index: column.to_string(), source: Box::new(error) })
}
