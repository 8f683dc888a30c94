//! Promises about runtimes, their keys and their history.

use skerry_store::{HistoryRow, Inserted, MAX_HISTORY_ROWS, StoreError};

use crate::support::Place;
use crate::support::rows::{create, happened, key, new};

pub(crate) async fn ids_count_from_1_and_are_never_reused(place: &Place<'_>) {
    let store = place.open().await;
    assert_eq!((create(&store, "a").await, create(&store, "b").await), (1, 2));
    store.delete(2).await.unwrap();
    assert_eq!(create(&store, "c").await, 3);
    store.delete(1).await.unwrap();
    store.delete(3).await.unwrap();
    drop(store);
    let store = place.open().await;
    assert_eq!(create(&store, "d").await, 4);
}

pub(crate) async fn a_repeated_key_gives_the_first_runtime_and_writes_nothing(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "other").await;
    let first = store.insert(&new("a"), Some(&key("ann", "k", 5)), &happened(5)).await.unwrap();
    assert_eq!(first, Inserted::Fresh(2));
    let mut again = key("ann", "k", 6);
    again.fingerprint = "another request".to_owned();
    let repeated = store.insert(&new("b"), Some(&again), &happened(6)).await.unwrap();
    assert_eq!(repeated, Inserted::Repeated { id: 2, fingerprint: "print of k".to_owned() });
    assert_eq!(store.created_under("ann", "k").await.unwrap(), Some(repeated));
    assert_eq!(store.created_under("bob", "k").await.unwrap(), None);
    assert_eq!(store.load().await.unwrap().len(), 2);
    assert_eq!(store.history(2).await.unwrap(), [happened(5)]);
    let other_user = store.insert(&new("c"), Some(&key("bob", "k", 7)), &happened(7)).await.unwrap();
    assert_eq!(other_user, Inserted::Fresh(3), "a key is one user's own");
}

pub(crate) async fn a_key_outlives_its_runtime_until_it_expires(place: &Place<'_>) {
    let store = place.open().await;
    let row = key("ann", "k", 1_000);
    store.insert(&new("a"), Some(&row), &happened(1)).await.unwrap();
    store.delete(1).await.unwrap();
    store.expire(1_500, 0, 500).await.unwrap();
    let repeated = store.insert(&new("a"), Some(&row), &happened(1)).await.unwrap();
    assert!(matches!(repeated, Inserted::Repeated { id: 1, .. }), "exactly as old as it is kept: {repeated:?}");
    store.expire(1_501, 0, 500).await.unwrap();
    assert_eq!(store.insert(&new("a"), Some(&row), &happened(1)).await.unwrap(), Inserted::Fresh(2));
    store.expire(0, u64::MAX, u64::MAX).await.unwrap();
    assert!(matches!(store.insert(&new("a"), Some(&row), &happened(1)).await.unwrap(), Inserted::Repeated { .. }));
}

pub(crate) async fn what_is_saved_is_loaded_in_order_of_ids(place: &Place<'_>) {
    let store = place.open().await;
    for name in ["a", "b", "c"] {
        create(&store, name).await;
    }
    let mut records = store.load().await.unwrap();
    assert_eq!(records.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3]);
    let fresh = &records[1];
    assert_eq!((fresh.version, &fresh.vm, fresh.updated_ms), (1, &None, fresh.created_ms));
    assert_eq!((fresh.name.as_str(), fresh.document.as_str()), ("b", r#"{"NAME":"b"}"#));
    let changed = &mut records[0];
    changed.version = 2;
    changed.owner = "somebody".to_owned();
    changed.name = "renamed".to_owned();
    changed.flavour = "python".to_owned();
    changed.state = "RUNNING".to_owned();
    changed.document = "{}".to_owned();
    changed.vm = Some(r#"{"pid":1}"#.to_owned());
    changed.updated_ms += 1;
    store.save(changed, &[]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), records);
    records[0].version = 3;
    records[0].vm = None;
    store.save(&records[0], &[]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), records);
}

pub(crate) async fn a_save_needs_the_next_version_or_changes_nothing(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    let stored = store.load().await.unwrap();
    for version in [0, 1, 3, i64::MAX as u64] {
        let mut record = stored[0].clone();
        record.version = version;
        record.name = "changed".to_owned();
        let error = store.save(&record, &[happened(2)]).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict { id: 1, stored: 1, given } if given == version), "{error}");
    }
    let mut unknown = stored[0].clone();
    (unknown.id, unknown.version) = (9, 2);
    let error = store.save(&unknown, &[happened(2)]).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { id: 9 }), "{error}");
    assert!(matches!(store.delete(9).await, Err(StoreError::NotFound { id: 9 })));
    assert_eq!(store.load().await.unwrap(), stored);
    assert_eq!(store.history(1).await.unwrap(), [happened(1)]);
}

pub(crate) async fn history_keeps_the_newest_rows_in_the_order_of_writing(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    create(&store, "b").await;
    let mut record = store.load().await.unwrap().remove(0);
    // Times that go back, as a clock does, do not change the order.
    let rows: Vec<HistoryRow> = (0..150).map(|number| happened(1_000 - number)).collect();
    record.version = 2;
    store.save(&record, &rows).await.unwrap();
    assert_eq!(store.history(1).await.unwrap().len(), 151);
    record.version = 3;
    store.save(&record, &rows).await.unwrap();
    let kept = store.history(1).await.unwrap();
    assert_eq!(kept.len() as u64, MAX_HISTORY_ROWS);
    assert_eq!(kept[50..], rows);
    assert_eq!(kept[..50], rows[100..]);
    let many: Vec<HistoryRow> = (0..MAX_HISTORY_ROWS + 7).map(happened).collect();
    record.version = 4;
    store.save(&record, &many).await.unwrap();
    assert_eq!(store.history(1).await.unwrap(), many[7..]);
    assert_eq!(store.history(2).await.unwrap(), [happened(1)], "the other runtime's");
    assert_eq!(store.history(9).await.unwrap(), []);
}

pub(crate) async fn a_deleted_runtime_takes_history_and_tasks_with_it(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    create(&store, "b").await;
    for id in [1, 2] {
        store.add_task(id, "t", "vm", 1).await.unwrap();
    }
    store.delete(1).await.unwrap();
    assert_eq!(store.history(1).await.unwrap(), []);
    assert_eq!(store.task(1, "t").await.unwrap(), None);
    assert!(store.task(2, "t").await.unwrap().is_some());
    assert_eq!(store.history(2).await.unwrap().len(), 1);
}
