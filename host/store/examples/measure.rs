//! Measures a store: one insertion at a time, fifty callers at the same time, loading 1,000 runtimes, opening.
//!
//! `cargo run -p skerry-store --example measure -- LOCATION`; the location must not hold a store yet.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

use std::time::{Duration, Instant};

use skerry_store::{HistoryRow, IdempotencyRow, NewRuntime, Store};

/// Callers at the same time, and creations by each.
const CALLERS: u32 = 50;
const EACH: u32 = 40;

#[tokio::main]
async fn main() {
    let location = std::env::args().nth(1).unwrap_or_else(|| panic!("give a location"));
    let store = Store::open(&location).await.unwrap();
    assert!(store.load().await.unwrap().is_empty(), "{location} holds a store already");

    let mut alone: Vec<Duration> = Vec::new();
    for number in 0..500 {
        alone.push(create(&store, &format!("alone-{number}")).await);
    }
    report("one insertion, one caller", alone);

    let begun = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in 0..EACH {
                    times.push(create(&store, &format!("{caller}-{number}")).await);
                }
                times
            })
        })
        .collect();
    let mut together = Vec::new();
    for caller in callers {
        together.extend(caller.await.unwrap());
    }
    let rate = f64::from(CALLERS * EACH) / begun.elapsed().as_secs_f64();
    report("one insertion, fifty callers", together);
    println!("creations, fifty callers: {rate:.0}/s");

    for id in 1001..=500 + u64::from(CALLERS * EACH) {
        store.delete(id).await.unwrap();
    }
    let mut loads = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(store.load().await.unwrap().len(), 1000);
        loads.push(begun.elapsed());
    }
    report("load of 1,000", loads);

    drop(store);
    // The claim ends a moment after the last clone.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    let store = Store::open(&location).await.unwrap();
    store.load().await.unwrap();
    println!("open and load of 1,000: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
}

async fn create(store: &Store, name: &str) -> Duration {
    let new = NewRuntime {
        owner: "admin".to_owned(),
        name: name.to_owned(),
        flavour: "minimal".to_owned(),
        state: "PENDING".to_owned(),
        document: format!(r#"{{"NAME":"{name}","PADDING":"{}"}}"#, "x".repeat(700)),
        created_ms: 1,
    };
    let first = HistoryRow { at_ms: 1, entry: r#"{"to":"PENDING"}"#.to_owned() };
    let (user, key) = ("admin".to_owned(), name.to_owned());
    let key = IdempotencyRow { user, key, fingerprint: "0123456789abcdef".to_owned(), at_ms: 1 };
    let begun = Instant::now();
    store.insert(&new, Some(&key), &first).await.unwrap();
    begun.elapsed()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let milliseconds = |part: f64| times[(times.len() as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("{what}: median {:.2} ms, 99 % within {:.2} ms", milliseconds(0.5), milliseconds(0.99));
}
