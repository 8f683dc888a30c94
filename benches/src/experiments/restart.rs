//! An engine's own start with many stored runtimes, beside one with none, in turns.
//!
//! The runtimes sleep (nine of ten) or are in ERROR: those that need no machine. How long adoptions take is another
//! question, and they go on beside the serving.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use serde_json::json;
use skerry_store::{HistoryRow, Inserted, NewRuntime, RuntimeRecord, Store};

use super::milliseconds;
use crate::bench::{Bench, MEMORY_MIB};
use crate::client::Client;
use crate::engine::{Engine, EnginePlaces};
use crate::quiet::Quiet;
use crate::report::{Row, Section};
use crate::runtimes;

/// Milliseconds that an engine may take until it serves.
const TARGET_MS: f64 = 100.0;
/// One of so many is in ERROR.
const FAILED_EVERY: u32 = 10;
/// Writes to the store at the same time; they share its transactions.
const WRITES_AT_ONCE: usize = 100;

/// Starts with one store.
struct Starts {
    places: EnginePlaces,
    stored: u32,
    measured: Vec<Start>,
}

/// One start, in milliseconds.
struct Start {
    listed_ms: f64,
    serving_ms: f64,
    own_ms: f64,
    first_list_ms: f64,
    second_list_ms: f64,
}

/// Measures.
///
/// # Errors
/// When the store is not filled or the engine does not start.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let mut full = Starts::new(bench, "restart-full", bench.arguments.stored)?;
    let mut empty = Starts::new(bench, "restart-empty", 0)?;
    fill(&full.places, full.stored).await?;
    eprintln!("  {} runtimes stored", full.stored);
    // The first start makes folders and the administrator's hash.
    full.start(bench).await?;
    empty.start(bench).await?;
    let mut quiet = Quiet::default();
    for restart in 0..bench.arguments.restarts {
        let in_order = if restart % 2 == 0 { [&mut full, &mut empty] } else { [&mut empty, &mut full] };
        for starts in in_order {
            let start = quiet.measure(async || starts.start(bench).await).await?;
            starts.measured.push(start);
        }
        eprintln!("  start {} of {}", restart + 1, bench.arguments.restarts);
    }
    let mut rows = full.rows();
    rows.extend(empty.rows());
    let how =
        "the engine's process asked for, to its saying that it serves and to the first 200 of /serverless-runtimes"
            .to_owned();
    let password = "the first list of a client includes the check of its password; the second one does not".to_owned();
    let notes = vec![quiet.note(), password];
    Ok(Section { name: "restart", how, rows, notes })
}

impl Starts {
    fn new(bench: &Bench, name: &str, stored: u32) -> anyhow::Result<Self> {
        Ok(Self { places: EnginePlaces::new(&bench.engine, name)?, stored, measured: Vec::new() })
    }

    async fn start(&self, bench: &Bench) -> anyhow::Result<Start> {
        let engine = Engine::start(&bench.engine, &self.places, &["--pool", "minimal=0"]).await?;
        let asked = Instant::now();
        let mut client = Client::connect(engine.address).await?;
        let list = client.get("/serverless-runtimes").await?.expect(200)?;
        let (listed, first_list) = (engine.begun.elapsed(), asked.elapsed());
        let total = runtimes::total(&list.json()?)?;
        ensure!(total == u64::from(self.stored), "{total} runtimes are there, not {}", self.stored);
        let again = Instant::now();
        client.get("/serverless-runtimes").await?.expect(200)?;
        let start = Start {
            listed_ms: milliseconds(listed),
            serving_ms: milliseconds(engine.until_serving),
            own_ms: milliseconds(Duration::from_millis(engine.own_start_ms)),
            first_list_ms: milliseconds(first_list),
            second_list_ms: milliseconds(again.elapsed()),
        };
        ensure!(engine.machines().is_empty(), "machines were started: the stored runtimes do not sleep");
        drop(client);
        // Its end blocks.
        tokio::task::spawn_blocking(move || drop(engine)).await.context("the end was cut off")?;
        Ok(start)
    }

    fn rows(&self) -> Vec<Row> {
        let stored = self.stored;
        let all = |what: &str, part: fn(&Start) -> f64| Row::new(what, "ms", self.measured.iter().map(part).collect());
        let listed = all(&format!("{stored} stored: process to first 200 of the list"), |start| start.listed_ms);
        vec![
            if stored > 0 { listed.at_most(TARGET_MS) } else { listed },
            all("  process to `the engine serves`", |start| start.serving_ms),
            all("    the engine's own part, as it says", |start| start.own_ms),
            all("  connection and first list", |start| start.first_list_ms),
            all("  second list", |start| start.second_list_ms),
        ]
    }
}

/// Puts runtimes that need no machine into a store, as an engine would have left them.
async fn fill(places: &EnginePlaces, count: u32) -> anyhow::Result<()> {
    let path = places.database();
    let store = Store::open(&path.display().to_string()).await.context("cannot make the store")?;
    let numbers: Vec<u32> = (0..count).collect();
    for some in numbers.chunks(WRITES_AT_ONCE) {
        let stored = some.iter().map(|number| store_one(&store, *number));
        for stored in futures_util::future::join_all(stored).await {
            stored.context("cannot fill the store")?;
        }
    }
    Ok(())
}

async fn store_one(store: &Store, number: u32) -> anyhow::Result<()> {
    let is_failed = number.is_multiple_of(FAILED_EVERY);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = u64::try_from(since_1970.as_millis())?;
    let name = format!("stored-{number}");
    let document = json!({
        "NAME": name,
        "FAAS": {"CPU": 1, "MEMORY": MEMORY_MIB, "FLAVOUR": "minimal"},
        "SKERRY": {"PUBLIC": false, "RESTART": "on-failure", "IDLE_TIMEOUT": 60, "CONCURRENCY": 8},
    });
    let new = NewRuntime {
        owner: "admin".to_owned(),
        name: name.clone(),
        flavour: "minimal".to_owned(),
        state: "PENDING".to_owned(),
        document: document.to_string(),
        created_ms: now_ms,
    };
    let Inserted::Fresh(id) = store.insert(&new, None, &entry(now_ms, "created", "PENDING")).await? else {
        anyhow::bail!("the store says that a runtime without a key is a repetition");
    };
    let (state, event) = if is_failed { ("ERROR", "failed") } else { ("RUNNING", "slept") };
    let vm = if is_failed {
        json!({"error": "given up", "restarts": 3})
    } else {
        json!({"current": {"id": format!("00000000-0000-4000-8000-{number:012}"), "start": "cold"}, "restarts": 0})
    };
    let record = RuntimeRecord {
        id,
        owner: new.owner,
        name,
        flavour: new.flavour,
        state: state.to_owned(),
        version: 2,
        document: new.document,
        vm: Some(vm.to_string()),
        created_ms: now_ms,
        updated_ms: now_ms,
    };
    store.save(&record, &[entry(now_ms, event, state)]).await?;
    Ok(())
}

fn entry(at_ms: u64, event: &str, state: &str) -> HistoryRow {
    HistoryRow { at_ms, entry: json!({"at_ms": at_ms, "event": event, "state": state}).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_stored_runtimes_are_such_as_need_no_machine() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("engine.db").display().to_string()).await.unwrap();
        for number in 0..20 {
            store_one(&store, number).await.unwrap();
        }
        let records = store.load().await.unwrap();
        assert_eq!(records.iter().filter(|record| record.state == "ERROR").count(), 2);
        for record in records {
            let vm: serde_json::Value = serde_json::from_str(record.vm.as_deref().unwrap()).unwrap();
            assert_eq!(record.state == "RUNNING", vm["current"]["id"].is_string());
            assert!(vm["current"]["directory"].is_null());
        }
    }
}
