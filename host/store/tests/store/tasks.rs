//! Promises about asynchronous tasks and settings.

use skerry_store::StoreError;

use crate::support::Place;
use crate::support::rows::create;

pub(crate) async fn the_first_answer_wins(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    store.add_task(1, "t", "vm-1", 7).await.unwrap();
    store.add_task(1, "t", "vm-2", 8).await.unwrap();
    let task = store.task(1, "t").await.unwrap().unwrap();
    assert_eq!((task.vm_id.as_str(), task.at_ms, task.answer), ("vm-1", 7, None));
    store.finish_task(1, "t", "first").await.unwrap();
    store.finish_task(1, "t", "second").await.unwrap();
    assert_eq!(store.finish_tasks_of(1, "vm-1", "third").await.unwrap(), 0);
    assert_eq!(store.task(1, "t").await.unwrap().unwrap().answer.as_deref(), Some("first"));
    assert!(matches!(store.finish_task(1, "u", "x").await, Err(StoreError::TaskNotFound { runtime: 1, .. })));
    assert!(matches!(store.finish_task(2, "t", "x").await, Err(StoreError::TaskNotFound { runtime: 2, .. })));
    assert!(matches!(store.add_task(2, "t", "vm", 1).await, Err(StoreError::NotFound { id: 2 })));
    assert_eq!(store.task(1, "u").await.unwrap(), None);
}

pub(crate) async fn a_dead_vms_open_tasks_all_get_their_answer(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    create(&store, "b").await;
    for (runtime, task, vm) in [(1, "t1", "dead"), (1, "t2", "dead"), (1, "t3", "alive"), (2, "t4", "dead")] {
        store.add_task(runtime, task, vm, 1).await.unwrap();
    }
    store.finish_task(1, "t1", "done").await.unwrap();
    let names = |rows: Vec<skerry_store::TaskRow>| rows.into_iter().map(|row| row.task).collect::<Vec<_>>();
    assert_eq!(names(store.open_tasks(1, None).await.unwrap()), ["t2", "t3"]);
    assert_eq!(names(store.open_tasks(1, Some("dead")).await.unwrap()), ["t2"]);
    assert_eq!(store.finish_tasks_of(1, "dead", "{uuid} and {uuid} failed").await.unwrap(), 1);
    let answer = |row: Option<skerry_store::TaskRow>| row.unwrap().answer;
    assert_eq!(answer(store.task(1, "t1").await.unwrap()).as_deref(), Some("done"));
    assert_eq!(answer(store.task(1, "t2").await.unwrap()).as_deref(), Some("t2 and t2 failed"));
    assert_eq!(answer(store.task(1, "t3").await.unwrap()), None);
    assert_eq!(answer(store.task(2, "t4").await.unwrap()), None);
    assert_eq!(store.open_tasks(1, Some("dead")).await.unwrap(), []);
}

pub(crate) async fn answered_tasks_expire_and_open_ones_stay(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    for (task, at_ms) in [("old", 10), ("young", 50), ("open", 10)] {
        store.add_task(1, task, "vm", at_ms).await.unwrap();
    }
    store.finish_task(1, "old", "x").await.unwrap();
    store.finish_task(1, "young", "x").await.unwrap();
    store.expire(100, 50, 0).await.unwrap();
    assert_eq!(store.task(1, "old").await.unwrap(), None);
    assert!(store.task(1, "young").await.unwrap().is_some());
    assert!(store.task(1, "open").await.unwrap().is_some());
}

pub(crate) async fn a_setting_is_what_was_set_last(place: &Place<'_>) {
    let store = place.open().await;
    assert_eq!(store.setting("engine").await.unwrap(), None);
    store.set_setting("engine", "a").await.unwrap();
    store.set_setting("engine", "").await.unwrap();
    store.set_setting("other", "c").await.unwrap();
    assert_eq!(store.setting("engine").await.unwrap().as_deref(), Some(""));
    store.check().await.unwrap();
    store.check().await.unwrap();
}
