//! Promises about callers at the same time.

use skerry_store::{Inserted, StoreError};

use crate::support::Place;
use crate::support::rows::{create, happened, key, new};

pub(crate) async fn many_at_once_each_get_their_own_id(place: &Place<'_>) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { create(&store, &number.to_string()).await })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=200).collect::<Vec<u64>>());
    assert_eq!(store.load().await.unwrap().len(), 200);
}

pub(crate) async fn of_many_saves_of_one_version_one_wins(place: &Place<'_>) {
    let store = place.open().await;
    create(&store, "a").await;
    let mut record = store.load().await.unwrap().remove(0);
    record.version = 2;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (store, mut record) = (store.clone(), record.clone());
            record.name = format!("writer {number}");
            tokio::spawn(async move { store.save(&record, &[happened(number)]).await.map(|()| number) })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(number) => winners.push(number),
            Err(error) => assert!(matches!(error, StoreError::Conflict { stored: 2, given: 2, .. }), "{error}"),
        }
    }
    let [winner] = winners[..] else { panic!("{winners:?} won") };
    assert_eq!(store.load().await.unwrap()[0].name, format!("writer {winner}"));
    assert_eq!(store.history(1).await.unwrap(), [happened(1), happened(winner)]);
}

pub(crate) async fn of_many_insertions_with_one_key_one_is_fresh(place: &Place<'_>) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.insert(&new("a"), Some(&key("ann", "k", 1)), &happened(1)).await.unwrap() })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        match task.await.unwrap() {
            Inserted::Fresh(id) => fresh += id,
            Inserted::Repeated { id, .. } => assert_eq!(id, 1),
        }
    }
    assert_eq!(fresh, 1);
    assert_eq!(store.load().await.unwrap().len(), 1);
}

pub(crate) async fn one_bad_write_does_not_fail_those_beside_it(place: &Place<'_>) {
    let store = place.open().await;
    place
        .sql(match place {
            Place::File(_) => {
                "CREATE TRIGGER poison BEFORE INSERT ON setting WHEN NEW.name = 'poison' \
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            }
            Place::Server(..) => "ALTER TABLE setting ADD CHECK (name <> 'poison')",
        })
        .await;
    // Many times, so that in most rounds the bad one shares its batch with others.
    for round in 1..=20 {
        let (runtime, first) = (new("a"), happened(1));
        let (good_1, bad, good_2, good_3) = tokio::join!(
            store.insert(&runtime, None, &first),
            store.set_setting("poison", "x"),
            store.set_setting("good", "x"),
            store.insert(&runtime, None, &first),
        );
        let error = bad.unwrap_err();
        assert!(matches!(error, StoreError::Database { .. }), "{error}");
        good_2.unwrap();
        let (Inserted::Fresh(one), Inserted::Fresh(two)) = (good_1.unwrap(), good_3.unwrap()) else { panic!() };
        assert_ne!(one, two);
        assert_eq!(store.load().await.unwrap().len(), 2 * round);
    }
    assert_eq!(store.setting("poison").await.unwrap(), None);
}

pub(crate) async fn a_caller_that_stops_waiting_harms_nobody(place: &Place<'_>) {
    let store = place.open().await;
    for number in 0..50 {
        let waiting = store.clone();
        let task = tokio::spawn(async move { create(&waiting, "given up").await });
        if number % 2 == 0 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
    }
    let id = create(&store, "last").await;
    let records = store.load().await.unwrap();
    assert_eq!(records.last().unwrap().id, id);
    for record in &records {
        assert_eq!(store.history(record.id).await.unwrap().len(), 1, "a creation is whole or absent");
    }
}
