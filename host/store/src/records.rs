//! The rows that go in and out of the store. Times are milliseconds since 1970, by the caller's clock.

/// A runtime as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeRecord {
    /// From 1, given by the store, never reused.
    pub id: u64,
    /// The user who created it.
    pub owner: String,
    /// The name that the user gave it; need not be unique.
    pub name: String,
    /// Which image it runs.
    pub flavour: String,
    /// Its state, as the engine names it.
    pub state: String,
    /// 1 after [`insert`](crate::Store::insert); each [`save`](crate::Store::save) must bring the stored one plus 1.
    pub version: u64,
    /// The engine's description of it: JSON, opaque here.
    pub document: String,
    /// What is needed to find its VM again: JSON, opaque here. None while it has no VM.
    pub vm: Option<String>,
    /// When it was created.
    pub created_ms: u64,
    /// When it was last saved, as the caller says.
    pub updated_ms: u64,
}

/// A runtime to be created. It gets an id, version 1, no VM, and `updated_ms` equal to `created_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRuntime {
    /// The user who creates it.
    pub owner: String,
    /// The name that the user gives it.
    pub name: String,
    /// Which image it is to run.
    pub flavour: String,
    /// Its first state.
    pub state: String,
    /// The engine's description of it: JSON, opaque here.
    pub document: String,
    /// When it is created.
    pub created_ms: u64,
}

/// A client's promise that requests with this key are one and the same. Unique per user and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// The user whose key it is.
    pub user: String,
    /// The key, as the client sent it.
    pub key: String,
    /// What tells this request from another one under the same key.
    pub fingerprint: String,
    /// When the request came.
    pub at_ms: u64,
}

/// What became of an [`insert`](crate::Store::insert).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// A new runtime with this id.
    Fresh(u64),
    /// Nothing was written: the key was used before.
    Repeated {
        /// The runtime that was created then; it may have been deleted since.
        id: u64,
        /// The fingerprint of the request that created it.
        fingerprint: String,
    },
}

/// Something that happened to a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// When.
    pub at_ms: u64,
    /// What: JSON, opaque here.
    pub entry: String,
}

/// An asynchronous task that a runtime accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Its UUID, as the guest gave it.
    pub task: String,
    /// The VM that accepted it.
    pub vm_id: String,
    /// The answer, once there is one.
    pub answer: Option<String>,
    /// When it was accepted.
    pub at_ms: u64,
}
