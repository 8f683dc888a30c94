//! What the provisioning engine remembers: its runtimes, their history, the asynchronous tasks they accepted, the
//! idempotency keys of creations, and a few settings. In an SQLite file by default, in PostgreSQL by URL.
//!
//! 1. **Documents are opaque.** The store keeps them, it never looks inside; states and JSON are the engine's.
//! 2. **One engine per store.** [`Store::open`] takes an exclusive claim that the system gives up with the process.
//! 3. **Acknowledged means on disk.** Writes that wait at the same time share one transaction and one sync
//!    (`writer.rs`), so that this costs little; a write goes on even if its caller stops waiting.
//! 4. **The same SQL on both databases.** What differs (opening, claiming, classifying errors) is in `database.rs`,
//!    `sqlite_file.rs` and `error.rs`.
#![forbid(unsafe_code)]

mod database;
mod error;
mod limits;
mod location;
mod operations;
mod queries;
mod records;
mod schema;
mod sqlite_file;
mod store;
mod writer;

pub use error::StoreError;
pub use limits::{MAX_HISTORY_ROWS, MAX_KEY_BYTES, MAX_TEXT_BYTES};
pub use records::{HistoryRow, IdempotencyRow, Inserted, NewRuntime, RuntimeRecord, TaskRow};
pub use store::Store;
