//! Rows to put into a store.

use skerry_store::{HistoryRow, IdempotencyRow, Inserted, NewRuntime, Store};

pub(crate) fn new(name: &str) -> NewRuntime {
    NewRuntime {
        owner: "admin".to_owned(),
        name: name.to_owned(),
        flavour: "minimal".to_owned(),
        state: "PENDING".to_owned(),
        document: format!(r#"{{"NAME":"{name}"}}"#),
        created_ms: 1_900_000_000_000,
    }
}

pub(crate) fn happened(at_ms: u64) -> HistoryRow {
    HistoryRow { at_ms, entry: format!(r#"{{"at":{at_ms}}}"#) }
}

pub(crate) fn key(user: &str, key: &str, at_ms: u64) -> IdempotencyRow {
    IdempotencyRow { user: user.to_owned(), key: key.to_owned(), fingerprint: format!("print of {key}"), at_ms }
}

/// Creates a runtime and returns its id.
pub(crate) async fn create(store: &Store, name: &str) -> u64 {
    match store.insert(&new(name), None, &happened(1)).await.unwrap() {
        Inserted::Fresh(id) => id,
        repeated => panic!("{repeated:?}"),
    }
}
