//! Places for a store: a file in a folder of its own, or a database in a PostgreSQL cluster of the test's own.
#![allow(dead_code, reason = "each test program uses its part of this")]

pub(crate) mod cluster;
pub(crate) mod rows;

use cluster::Cluster;
use skerry_store::Store;
use sqlx::Connection;
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Somewhere that a store can be, empty at first.
pub(crate) enum Place<'cluster> {
    /// A file.
    File(tempfile::TempDir),
    /// A database of a cluster.
    Server(&'cluster Cluster, String),
}

impl Place<'_> {
    /// An SQLite file that does not exist yet.
    pub(crate) fn file() -> Place<'static> {
        Place::File(tempfile::tempdir().unwrap())
    }

    /// A new database.
    pub(crate) async fn server(cluster: &Cluster) -> Place<'_> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("place_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        run_sql(&cluster.url("postgres"), &format!("CREATE DATABASE {name}")).await;
        Place::Server(cluster, name)
    }

    /// What `Store::open` takes.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::File(_) => self.path().to_str().unwrap().to_owned(),
            Self::Server(cluster, name) => cluster.url(name),
        }
    }

    /// The file; only for a place that is one.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(folder) => folder.path().join("engine.db"),
            Self::Server(..) => panic!("a server has no path"),
        }
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.location()).await.unwrap()
    }

    /// Runs statements past the store.
    pub(crate) async fn sql(&self, statements: &str) {
        run_sql(&self.url(), statements).await;
    }

    /// A connection past the store.
    pub(crate) async fn connection(&self) -> sqlx::AnyConnection {
        sqlx::any::install_default_drivers();
        sqlx::AnyConnection::connect(&self.url()).await.unwrap()
    }

    fn url(&self) -> String {
        match self {
            Self::File(_) => format!("sqlite://{}?mode=rwc", self.path().display()),
            Self::Server(cluster, name) => cluster.url(name),
        }
    }
}

async fn run_sql(url: &str, statements: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A runtime as the engine's is: several threads.
pub(crate) fn block_on<Value>(future: impl Future<Output = Value>) -> Value {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// An error with its causes, as a user would see it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {}", chain(source)),
    }
}

pub(crate) fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .any(|line| line.strip_prefix("Uid:").is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0")))
}
