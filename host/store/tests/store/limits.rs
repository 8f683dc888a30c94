//! Promises about what fits, and about text that is meant to do harm.

use skerry_store::{MAX_KEY_BYTES, MAX_TEXT_BYTES, StoreError};

use crate::support::Place;
use crate::support::rows::{happened, key, new};

pub(crate) async fn limits_are_the_same_everywhere(place: &Place<'_>) {
    let store = place.open().await;
    let mut biggest = new("a");
    biggest.document = "\u{1F30A}".repeat(MAX_TEXT_BYTES / 4);
    biggest.created_ms = i64::MAX as u64;
    // Unlike letters in a row, these cannot be compressed to fit into an index entry.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + ((state >> 33) % 90) as u8)
    };
    let (user, name): (String, String) =
        ((0..MAX_KEY_BYTES).map(|_| noise()).collect(), (0..MAX_KEY_BYTES).map(|_| noise()).collect());
    store.insert(&biggest, Some(&key(&user, &name, 1)), &happened(1)).await.unwrap();
    store.add_task(1, &name, &user, 1).await.unwrap();
    assert_eq!(store.open_tasks(1, Some(&user)).await.unwrap().len(), 1);
    assert_eq!(store.finish_tasks_of(1, &user, &"{uuid}".repeat(170)).await.unwrap(), 1);
    let stored = store.load().await.unwrap().remove(0);
    assert_eq!((stored.document, stored.created_ms), (biggest.document.clone(), biggest.created_ms));

    let mut bad = new("a");
    bad.document.push_str(&"x".repeat(MAX_TEXT_BYTES));
    assert_unstorable(store.insert(&bad, None, &happened(1)).await, "document");
    assert_unstorable(store.insert(&new("a\0b"), None, &happened(1)).await, "name");
    assert_unstorable(store.insert(&new("a"), None, &happened(u64::MAX)).await, "time of a history entry");
    assert_unstorable(store.insert(&new("a"), Some(&key(&format!("{user}u"), "k", 1)), &happened(1)).await, "user");
    assert_unstorable(store.add_task(1, "a\0b", "vm", 1).await, "task");
    assert_unstorable(store.set_setting(&format!("{name}n"), "v").await, "setting's name");
    let mut record = store.load().await.unwrap().remove(0);
    record.version = u64::MAX;
    assert_unstorable(store.save(&record, &[]).await, "version");
    // Ids beyond the databases' range are only unknown.
    assert!(matches!(store.delete(u64::MAX).await, Err(StoreError::NotFound { id: u64::MAX })));
    assert_eq!(store.history(u64::MAX).await.unwrap(), []);
    assert_eq!(store.load().await.unwrap().len(), 1);
}

pub(crate) async fn hostile_text_is_only_text(place: &Place<'_>) {
    let store = place.open().await;
    let hostile = "'; DROP TABLE runtime; -- $1 ?1 % _ \\ \" \u{202e} \r\n\u{7f} {uuid}";
    store.insert(&new(hostile), Some(&key(hostile, hostile, 1)), &happened(1)).await.unwrap();
    assert_eq!(store.load().await.unwrap()[0].name, hostile);
    store.add_task(1, hostile, hostile, 1).await.unwrap();
    assert_eq!(store.finish_tasks_of(1, hostile, hostile).await.unwrap(), 1);
    let answer = store.task(1, hostile).await.unwrap().unwrap().answer.unwrap();
    assert_eq!(answer, hostile.replace("{uuid}", hostile));
    store.set_setting(hostile, hostile).await.unwrap();
    assert_eq!(store.setting(hostile).await.unwrap().as_deref(), Some(hostile));
}

#[track_caller]
fn assert_unstorable<Value: std::fmt::Debug>(result: Result<Value, StoreError>, expected: &str) {
    match result {
        Err(StoreError::Unstorable { what, .. }) => assert_eq!(what, expected),
        other => panic!("{expected}: {other:?}"),
    }
}
