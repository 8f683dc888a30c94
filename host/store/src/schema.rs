//! The schema and its migrations, forward only. To change the schema, add a file to `migrations/` and a line to
//! [`MIGRATIONS`]; a released file never changes (`tests/migrations.rs` keeps each released schema).

use sqlx::{AnyConnection, Connection};

use crate::error::StoreError;

/// Each brings the schema from its index to the next.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_runtimes.sql")];

/// Brings the database to the newest schema, in one transaction.
pub(crate) async fn migrate(
    connection: &mut AnyConnection,
    begin: &'static str,
    shown: &str,
) -> Result<(), StoreError> {
    let driver = |error| StoreError::from_driver(shown, error);
    let mut transaction = connection.begin_with(begin).await.map_err(driver)?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *transaction)
        .await
        .map_err(driver)?;
    let found: Option<i64> = sqlx::query_scalar("SELECT version FROM schema_version")
        .fetch_optional(&mut *transaction)
        .await
        .map_err(driver)?;
    let done = usize::try_from(found.unwrap_or(0)).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        let location = shown.to_owned();
        return Err(StoreError::NewerSchema { location, found: done as u64, known: MIGRATIONS.len() as u64 });
    }
    if done == MIGRATIONS.len() {
        return Ok(());
    }
    for migration in &MIGRATIONS[done..] {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(driver)?;
    }
    let record = match found {
        None => "INSERT INTO schema_version (version) VALUES ($1)",
        Some(_) => "UPDATE schema_version SET version = $1",
    };
    sqlx::query(record).bind(MIGRATIONS.len() as i64).execute(&mut *transaction).await.map_err(driver)?;
    transaction.commit().await.map_err(driver)
}
