//! Opening connections, each database in its own way: one that writes and holds the claim, and a few that read.
//! Statements are elsewhere.

use std::future::Future;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions};

use crate::error::StoreError;
use crate::location::{self, Location};
use crate::schema;
use crate::sqlite_file::ClaimedFile;

/// Reads that run at the same time. They are short: on two cores more would only wait for each other.
const READERS: u32 = 4;

/// How long to wait for a connection before saying that there is none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a claim is tried for. An engine that was killed a moment ago keeps its claim until the system (or the
/// server) has noticed; a living one keeps it for good.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(2);
const CLAIM_INTERVAL: Duration = Duration::from_millis(25);

/// WAL lets readers go on while the writer writes. FULL syncs the WAL at each commit: with NORMAL a power failure
/// could take back a creation that was acknowledged, and its id would be given away twice. Shared commits make it
/// affordable. The size limit gives disk space back after a burst.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";

/// A row lock that is held longer by somebody else is an error, as SQLite's is. A connection whose other end has gone
/// is noticed within half a minute on both sides, so that a dead engine's claim ends.
const POSTGRES_WRITER: &str = "SET client_min_messages = warning; SET lock_timeout = '5s'; SET synchronous_commit = on; SET tcp_keepalives_idle = 10; \
     SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";
const POSTGRES_READER: &str = "SET default_transaction_read_only = on";

/// The first half of the advisory lock's key, "skry" in ASCII; the second is the schema's name, hashed.
const POSTGRES_CLAIM: i32 = 0x736b_7279;

/// A claimed database, from which connections can be made.
#[derive(Debug)]
pub(crate) struct Database {
    kind: Kind,
    options: AnyConnectOptions,
    shown: String,
}

#[derive(Debug)]
enum Kind {
    /// The claim is held beside the connections.
    Sqlite { _claim: ClaimedFile },
    /// The claim is held by the writing connection, and lost with it.
    Postgres,
}

impl Database {
    /// Makes the file if need be, and claims it.
    pub(crate) async fn open(location: &Location) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let shown = location.shown();
        let (kind, options) = match location {
            Location::Server { options, .. } => (Kind::Postgres, options.clone()),
            Location::File(path) => {
                let claim = until_claimed(&shown, || async { ClaimedFile::claim(path) }).await?;
                let options = location::file_options(&claim.path)?;
                (Kind::Sqlite { _claim: claim }, options)
            }
        };
        // Statements are no news, and their text would drown the log.
        Ok(Self { kind, options: options.disable_statement_logging(), shown })
    }

    /// The location for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// What opens a transaction that is going to write.
    pub(crate) fn begin(&self) -> &'static str {
        match self.kind {
            // A transaction that starts reading and then writes could find the lock taken, and would have to be redone.
            Kind::Sqlite { .. } => "BEGIN IMMEDIATE",
            Kind::Postgres => "BEGIN",
        }
    }

    /// How long one transaction or read may take before its connection counts as lost. A local file has no such end: what
    /// hangs there is the disk, and giving up would change nothing.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match self.kind {
            Kind::Sqlite { .. } => None,
            Kind::Postgres => Some(Duration::from_secs(30)),
        }
    }

    /// Whether a connection can be used on after an error. SQLite ends a transaction by itself at some errors and not
    /// at others; a new connection, which costs a file's opening, is sure to have none.
    pub(crate) fn survives_errors(&self) -> bool {
        matches!(self.kind, Kind::Postgres)
    }

    /// Connects for writing, takes the claim where the connection holds it, and brings the schema up to date.
    pub(crate) async fn writer(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = self.connect().await?;
        match self.kind {
            Kind::Sqlite { .. } => self.run(&mut connection, SQLITE_WRITER).await?,
            Kind::Postgres => {
                self.run(&mut connection, POSTGRES_WRITER).await?;
                self.claim_server(&mut connection).await?;
            }
        }
        schema::migrate(&mut connection, self.begin(), &self.shown).await?;
        Ok(connection)
    }

    /// Looks for damage that would otherwise be found only when the damaged page is needed.
    pub(crate) async fn verify(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if matches!(self.kind, Kind::Postgres) {
            return Ok(());
        }
        let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(connection)
            .await
            .map_err(|error| self.failure(error))?;
        if verdict == "ok" {
            return Ok(());
        }
        Err(StoreError::Corrupt {
            location: self.shown.clone(),
            source: std::sync::Arc::new(sqlx::Error::Decode(verdict.into())),
        })
    }

    /// Connections for reading, made when first needed.
    pub(crate) fn readers(&self) -> AnyPool {
        let setup = match self.kind {
            Kind::Sqlite { .. } => SQLITE_READER,
            Kind::Postgres => POSTGRES_READER,
        };
        AnyPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(CONNECT_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move { sqlx::raw_sql(setup).execute(connection).await.map(drop) })
            })
            .connect_lazy_with(self.options.clone())
    }

    /// What a driver's error means for this database.
    pub(crate) fn failure(&self, error: sqlx::Error) -> StoreError {
        StoreError::from_driver(&self.shown, error)
    }

    async fn connect(&self) -> Result<AnyConnection, StoreError> {
        match tokio::time::timeout(CONNECT_TIMEOUT, self.options.connect()).await {
            Ok(connected) => connected.map_err(|error| self.failure(error)),
            Err(_) => Err(self.failure(sqlx::Error::PoolTimedOut)),
        }
    }

    async fn run(&self, connection: &mut AnyConnection, statements: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(statements).execute(connection).await.map(drop).map_err(|error| self.failure(error))
    }

    async fn claim_server(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let deadline = tokio::time::Instant::now() + CLAIM_TIMEOUT;
        loop {
            let claimed: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, hashtext(current_schema()))")
                .bind(POSTGRES_CLAIM)
                .fetch_one(&mut *connection)
                .await
                .map_err(|error| self.failure(error))?;
            if claimed {
                return Ok(());
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(StoreError::InUse { location: self.shown.clone() });
            }
            tokio::time::sleep(CLAIM_INTERVAL).await;
        }
    }
}

/// Tries until there is a claim, an error, or no time left.
async fn until_claimed<Claim, Trial>(shown: &str, attempt: impl Fn() -> Trial) -> Result<Claim, StoreError>
where
    Trial: Future<Output = Result<Option<Claim>, StoreError>>,
{
    let deadline = tokio::time::Instant::now() + CLAIM_TIMEOUT;
    loop {
        if let Some(claim) = attempt().await? {
            return Ok(claim);
        }
        if tokio::time::Instant::now() >= deadline {
            return Err(StoreError::InUse { location: shown.to_owned() });
        }
        tokio::time::sleep(CLAIM_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No killed process can tell a missing sync, only a power failure could: so the settings themselves are tested.
    #[tokio::test]
    async fn a_files_writer_syncs_each_commit_and_its_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("engine.db"));
        let database = Database::open(&location).await.unwrap();
        let mut writer = database.writer().await.unwrap();
        for (pragma, expected) in [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA busy_timeout", 5000)]
        {
            let value: i64 = sqlx::query_scalar(pragma).fetch_one(&mut writer).await.unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut writer).await.unwrap();
        assert_eq!(mode, "wal");
        let readers = database.readers();
        let written = sqlx::query("DELETE FROM counter").execute(&readers).await;
        assert!(written.is_err(), "{written:?}");
        readers.close().await;
    }
}
