//! Promises about opening, claiming and locks.

use skerry_store::{Inserted, Store, StoreError};

use crate::support::Place;
use crate::support::rows::{create, happened, key, new};

pub(crate) async fn one_engine_at_a_time(place: &Place<'_>) {
    let first = place.open().await;
    let clone = first.clone();
    let error = Store::open(&place.location()).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("in use by another engine"), "{error}");
    drop(first);
    assert!(Store::open(&place.location()).await.is_err(), "a clone still has it");
    clone.check().await.unwrap();
    drop(clone);
    place.open().await.check().await.unwrap();
}

pub(crate) async fn everything_is_there_after_opening_again(place: &Place<'_>) {
    let store = place.open().await;
    store.insert(&new("a"), Some(&key("ann", "k", 1)), &happened(1)).await.unwrap();
    store.add_task(1, "t", "vm", 1).await.unwrap();
    store.set_setting("s", "v").await.unwrap();
    let (runtimes, task) = (store.load().await.unwrap(), store.task(1, "t").await.unwrap());
    drop(store);
    let store = place.open().await;
    assert_eq!(store.load().await.unwrap(), runtimes);
    assert_eq!(store.task(1, "t").await.unwrap(), task);
    assert_eq!(store.history(1).await.unwrap(), [happened(1)]);
    assert_eq!(store.setting("s").await.unwrap().as_deref(), Some("v"));
    let repeated = store.insert(&new("a"), Some(&key("ann", "k", 1)), &happened(1)).await.unwrap();
    assert!(matches!(repeated, Inserted::Repeated { id: 1, .. }));
}

pub(crate) async fn a_newer_schema_is_refused(place: &Place<'_>) {
    drop(place.open().await);
    place.sql("UPDATE schema_version SET version = 1000").await;
    let error = Store::open(&place.location()).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 1000, .. }), "{error}");
    assert!(error.to_string().contains("use the newer version"), "{error}");
}

pub(crate) async fn a_lock_held_by_somebody_else_is_named_and_heals(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    let mut other = place.connection().await;
    let lock = if place.is_file() { "BEGIN EXCLUSIVE" } else { "BEGIN; LOCK TABLE counter" };
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let error = store.insert(&new("b"), None, &happened(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("locked by another process"), "{error}");
    assert_eq!(store.load().await.unwrap().len(), 1, "reads go on");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(create(&store, "b").await, 2);
}
