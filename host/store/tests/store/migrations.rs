//! Each released schema, with rows in it, becomes today's and keeps its rows. When a schema is released, its
//! migrations are frozen below, and rows for it are written once and never changed.

use skerry_store::{HistoryRow, Inserted, RuntimeRecord, TaskRow};

use crate::support::cluster::Cluster;
use crate::support::rows::{happened, key, new};
use crate::support::{Place, block_on};

/// Schema 1 as it was released: structure and rows. Kept apart from the migrations, so that a change of a released
/// migration is found.
const SCHEMA_1: &str = include_str!("fixtures/schema_1.sql");

#[test]
fn schema_1_on_a_file_keeps_its_rows() {
    block_on(from_schema_1(&Place::file()));
}

#[test]
fn schema_1_on_a_server_keeps_its_rows() {
    let Some(cluster) = Cluster::start_or_skip("schema_1_on_a_server_keeps_its_rows") else { return };
    block_on(async { from_schema_1(&Place::server(&cluster).await).await });
}

async fn from_schema_1(place: &Place<'_>) {
    place.sql(SCHEMA_1).await;
    let store = place.open().await;
    let running = RuntimeRecord {
        id: 2,
        owner: "ann".to_owned(),
        name: "sensor".to_owned(),
        flavour: "minimal".to_owned(),
        state: "RUNNING".to_owned(),
        version: 3,
        document: r#"{"NAME":"sensor"}"#.to_owned(),
        vm: Some(r#"{"pid":4711}"#.to_owned()),
        created_ms: 1_900_000_000_000,
        updated_ms: 1_900_000_000_500,
    };
    assert_eq!(store.load().await.unwrap(), std::slice::from_ref(&running));
    let entry = |at_ms, entry: &str| HistoryRow { at_ms, entry: entry.to_owned() };
    let history = [entry(1_900_000_000_000, r#"{"to":"PENDING"}"#), entry(1_900_000_000_500, r#"{"to":"RUNNING"}"#)];
    assert_eq!(store.history(2).await.unwrap(), history);
    let task = |task: &str, answer: Option<&str>, at_ms| TaskRow {
        task: task.to_owned(),
        vm_id: "vm-7".to_owned(),
        answer: answer.map(str::to_owned),
        at_ms,
    };
    let answered = task("5a1e", Some(r#"{"state":"READY"}"#), 1_900_000_000_600);
    assert_eq!(store.task(2, "5a1e").await.unwrap(), Some(answered));
    assert_eq!(store.open_tasks(2, None).await.unwrap(), [task("6b2f", None, 1_900_000_000_700)]);
    assert_eq!(store.setting("engine_id").await.unwrap().as_deref(), Some("e-1"));

    // And it goes on from there.
    let repeated = store.insert(&new("a"), Some(&key("ann", "first", 1)), &happened(1)).await.unwrap();
    assert_eq!(repeated, Inserted::Repeated { id: 1, fingerprint: "f-1".to_owned() });
    assert_eq!(store.insert(&new("a"), None, &happened(1)).await.unwrap(), Inserted::Fresh(3));
    store.save(&RuntimeRecord { version: 4, ..running }, &[happened(9)]).await.unwrap();
    assert_eq!(store.history(2).await.unwrap().len(), 3);
    store.check().await.unwrap();
    drop(store);
    assert_eq!(place.open().await.load().await.unwrap().len(), 2, "opening again migrates nothing");
}
