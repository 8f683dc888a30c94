//! What can go wrong with the store, said so that an administrator knows what to do; and which of it a database's
//! error is. It does not decide whether to try again.

use std::io;
use std::sync::Arc;

/// Why the store could not do what it was asked.
///
/// It can be cloned because writes that share a transaction share its failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The location is no path and no URL that the store knows.
    #[error(
        "cannot use {location:?} as a store: {why}; give a file's path, sqlite:///PATH or postgres://HOST/DATABASE"
    )]
    Location {
        /// The location, without any password.
        location: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another engine has claimed the store.
    #[error("{location} is in use by another engine; stop that one, or give this one a store of its own")]
    InUse {
        /// The store.
        location: String,
    },
    /// The store was written by a newer version of this program.
    #[error(
        "{location} has schema {found}, this version knows up to {known}; use the newer version, or a backup from before it"
    )]
    NewerSchema {
        /// The store.
        location: String,
        /// The schema that it has.
        found: u64,
        /// The newest schema that this program knows.
        known: u64,
    },
    /// There is no space to write.
    #[error("no space left to write {location}; make room on its disk, the store then goes on by itself")]
    DiskFull {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// Some other process keeps the database locked.
    #[error("{location} is locked by another process; end whatever else has it open for writing")]
    Locked {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// The content cannot be read as a database of ours.
    #[error("{location} is not a database or is damaged; restore it from a backup, or move it away to start empty")]
    Corrupt {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// The database may only be read.
    #[error("{location} is read-only; make the file, its folder and its disk (or the server) writable for this user")]
    ReadOnly {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// The server cannot be reached or ended the connection.
    #[error("cannot reach the database at {location}; check that it runs and that host, port and network are right")]
    Unreachable {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// The database or the connection to it failed during a commit: the write may have happened or not.
    #[error("{location} failed during a commit, which may have happened or not; read again before repeating")]
    OutcomeUnknown {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// The server refuses this user, password or database.
    #[error("the database at {location} refuses the connection; check user, password, database name and its rights")]
    Refused {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// A file of the store cannot be made or opened.
    #[error("cannot open {path}; check that its folder exists and that this user may read and write there")]
    File {
        /// The file.
        path: String,
        /// The system's own error.
        source: Arc<io::Error>,
    },
    /// Anything else that a database says.
    #[error("{location} failed to do what it was asked")]
    Database {
        /// The store.
        location: String,
        /// The database's own error.
        source: Arc<sqlx::Error>,
    },
    /// There is no runtime with this id.
    #[error("there is no runtime {id} in the store")]
    NotFound {
        /// The id.
        id: u64,
    },
    /// The runtime has no such task.
    #[error("runtime {runtime} has no task {task:?} in the store")]
    TaskNotFound {
        /// The runtime.
        runtime: u64,
        /// The task.
        task: String,
    },
    /// Somebody else saved the runtime in between, or the caller skipped a version.
    #[error("runtime {id} is stored with version {stored}, so that version {given} cannot follow; read it again first")]
    Conflict {
        /// The runtime.
        id: u64,
        /// Its stored version.
        stored: u64,
        /// The version that was to be saved.
        given: u64,
    },
    /// A value does not fit into the database.
    #[error("cannot store {what}: {why}")]
    Unstorable {
        /// Which value.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The store's writer has ended: the store was closed, or the async runtime that opened it is gone.
    #[error("the store is closed; open it again")]
    Closed,
}

impl StoreError {
    /// Whether one write of several may be to blame, so that the others deserve another try without it.
    pub(crate) fn may_be_one_writes_fault(&self) -> bool {
        matches!(self, Self::Database { .. } | Self::Unstorable { .. })
    }

    /// Whether the connection ended or never was.
    pub(crate) fn is_connection_loss(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// What a driver's error means.
    pub(crate) fn from_driver(location: &str, error: sqlx::Error) -> Self {
        let meaning = meaning(&error);
        let location = location.to_owned();
        let source = Arc::new(error);
        match meaning {
            Meaning::DiskFull => Self::DiskFull { location, source },
            Meaning::Locked => Self::Locked { location, source },
            Meaning::Corrupt => Self::Corrupt { location, source },
            Meaning::ReadOnly => Self::ReadOnly { location, source },
            Meaning::Unreachable => Self::Unreachable { location, source },
            Meaning::Refused => Self::Refused { location, source },
            Meaning::Other => Self::Database { location, source },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    DiskFull,
    Locked,
    Corrupt,
    ReadOnly,
    Unreachable,
    Refused,
    Other,
}

fn meaning(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            match database.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
                Some(_) => sqlite_meaning(&code),
                None => postgres_meaning(&code),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Meaning::Unreachable,
        sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::RowNotFound => Meaning::Corrupt,
        _ => Meaning::Other,
    }
}

/// By result code, <https://www.sqlite.org/rescode.html>. The low byte is the primary code.
fn sqlite_meaning(code: &str) -> Meaning {
    // Extending the shared memory file beside the WAL fails with this one when the disk is full.
    const IOERR_SHMSIZE: u32 = 10 | (19 << 8);
    let Ok(code) = code.parse::<u32>() else { return Meaning::Other };
    match code & 0xff {
        _ if code == IOERR_SHMSIZE => Meaning::DiskFull,
        13 => Meaning::DiskFull,
        5 | 6 => Meaning::Locked,
        11 | 26 => Meaning::Corrupt,
        8 => Meaning::ReadOnly,
        3 | 14 | 23 => Meaning::Refused,
        _ => Meaning::Other,
    }
}

/// By SQLSTATE, <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn postgres_meaning(code: &str) -> Meaning {
    match code {
        "53100" => Meaning::DiskFull,
        "55P03" => Meaning::Locked,
        "25006" => Meaning::ReadOnly,
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" => Meaning::Unreachable,
        "3D000" | "42501" => Meaning::Refused,
        _ if code.starts_with("08") => Meaning::Unreachable,
        _ if code.starts_with("28") => Meaning::Refused,
        _ if code.starts_with("XX00") && code != "XX000" => Meaning::Corrupt,
        _ => Meaning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_sqlite_code_means_what_its_primary_code_means() {
        assert_eq!(sqlite_meaning("261"), Meaning::Locked); // SQLITE_BUSY_RECOVERY
        assert_eq!(sqlite_meaning("1032"), Meaning::ReadOnly); // SQLITE_READONLY_DBMOVED
        assert_eq!(sqlite_meaning("267"), Meaning::Corrupt); // SQLITE_CORRUPT_VTAB
        assert_eq!(sqlite_meaning("778"), Meaning::Other); // SQLITE_IOERR_WRITE
        assert_eq!(sqlite_meaning("4874"), Meaning::DiskFull); // SQLITE_IOERR_SHMSIZE
        assert_eq!(sqlite_meaning("nonsense"), Meaning::Other);
    }

    #[test]
    fn a_sqlstate_means_what_its_class_means() {
        assert_eq!(postgres_meaning("08006"), Meaning::Unreachable);
        assert_eq!(postgres_meaning("28P01"), Meaning::Refused);
        assert_eq!(postgres_meaning("53100"), Meaning::DiskFull);
        assert_eq!(postgres_meaning("XX001"), Meaning::Corrupt);
        assert_eq!(postgres_meaning("XX000"), Meaning::Other);
        assert_eq!(postgres_meaning("42P01"), Meaning::Other);
    }
}
