//! What the store promises.

use skerry_store::*;

#[tokio::test]
async fn smoke() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%?.db");
    let store = Store::open(path.to_str().unwrap()).await.unwrap();
    let new = NewRuntime {
        owner: "o".into(),
        name: "n".into(),
        flavour: "f".into(),
        state: "PENDING".into(),
        document: "{}".into(),
        created_ms: 5_000_000_000,
    };
    let first = HistoryRow { at_ms: 1, entry: "{}".into() };
    let key = IdempotencyRow { user: "u".into(), key: "k".into(), fingerprint: "p".into(), at_ms: 3 };
    assert_eq!(store.insert(&new, Some(&key), &first).await.unwrap(), Inserted::Fresh(1));
    assert_eq!(
        store.insert(&new, Some(&key), &first).await.unwrap(),
        Inserted::Repeated { id: 1, fingerprint: "p".into() }
    );
    let mut record = store.load().await.unwrap().remove(0);
    assert_eq!(record.created_ms, 5_000_000_000);
    record.version += 1;
    record.vm = Some("{}".into());
    store.save(&record, &[first.clone()]).await.unwrap();
    assert!(matches!(store.save(&record, &[]).await, Err(StoreError::Conflict { .. })));
    assert_eq!(store.load().await.unwrap(), [record]);
    assert_eq!(store.history(1).await.unwrap().len(), 2);
    store.add_task(1, "t", "v", 1).await.unwrap();
    assert_eq!(store.finish_tasks_of(1, "v", "<{uuid}>").await.unwrap(), 1);
    assert_eq!(store.task(1, "t").await.unwrap().unwrap().answer.unwrap(), "<t>");
    store.check().await.unwrap();
    store.set_setting("a", "b").await.unwrap();
    assert_eq!(store.setting("a").await.unwrap().unwrap(), "b");
    store.delete(1).await.unwrap();
    assert_eq!(store.load().await.unwrap(), []);
    store.expire(10, 1, 1).await.unwrap();
    assert!(matches!(Store::open(path.to_str().unwrap()).await, Err(StoreError::InUse { .. })));
}
