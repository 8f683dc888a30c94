//! What was acknowledged is there, however the engine ends.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use skerry_store::{Inserted, Store};

use crate::support::cluster::Cluster;
use crate::support::rows::{happened, key, new};
use crate::support::{Place, block_on};

/// Where a child of these tests finds the store, and which round it is in.
const LOCATION: &str = "SKERRY_STORE_TEST_LOCATION";
const ROUND: &str = "SKERRY_STORE_TEST_ROUND";

/// What begins a line in which the child says that something is done. The test harness prints lines, too.
const DONE: &str = "done:";

#[test]
fn a_killed_engine_loses_nothing_that_was_acknowledged_on_a_file() {
    let place = Place::file();
    kill_engines(&place, 20);
}

#[test]
fn a_killed_engine_loses_nothing_that_was_acknowledged_on_a_server() {
    let name = "a_killed_engine_loses_nothing_that_was_acknowledged_on_a_server";
    let Some(cluster) = Cluster::start_or_skip(name) else { return };
    let place = block_on(Place::server(&cluster));
    kill_engines(&place, 10);
}

#[test]
fn a_crashed_server_loses_nothing_that_was_acknowledged() {
    let Some(mut cluster) = Cluster::start_with("a_crashed_server_loses_nothing_that_was_acknowledged", &[]) else {
        return;
    };
    let url = cluster.url("postgres");
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut engine = Engine::start(&url, round);
        engine.listen_until_busy();
        cluster.crash();
        cluster.start();
        acknowledged.extend(engine.kill());
        verify(&url, &acknowledged);
    }
}

/// Kills an engine at a random moment, again and again, and looks each time for all that it had acknowledged.
fn kill_engines(place: &Place<'_>, rounds: u32) {
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let mut engine = Engine::start(&place.location(), round);
        engine.listen_until_busy();
        // Up to 40 ms later, in steps that are no multiple of anything the store does.
        std::thread::sleep(Duration::from_micros(u64::from(round * 7_919 % 40_000)));
        let before = acknowledged.len();
        acknowledged.extend(engine.kill());
        assert!(acknowledged.len() > before, "round {round} acknowledged nothing");
        verify(&place.location(), &acknowledged);
    }
}

/// A child that writes as fast as it can.
struct Engine {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    done: Vec<String>,
}

impl Engine {
    fn start(location: &str, round: u32) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::child_that_writes", "--ignored", "--nocapture"])
            .env(LOCATION, location)
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, done: Vec::new() }
    }

    fn listen_until_busy(&mut self) {
        while self.done.len() < 20 {
            assert!(self.listen(), "the child ended early, having done {:?}", self.done);
        }
    }

    /// Takes one line; false at the end.
    fn listen(&mut self) -> bool {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).unwrap();
        // The last line may be cut off: then it was not said.
        if let Some(rest) = line.strip_prefix(DONE)
            && let Some(what) = rest.strip_suffix('\n')
        {
            self.done.push(what.to_owned());
        }
        length > 0
    }

    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.listen() {}
        std::mem::take(&mut self.done)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds in the store everything that was acknowledged, and nothing half done.
fn verify(location: &str, acknowledged: &[String]) {
    block_on(async {
        let store = Store::open(location).await.unwrap();
        let records = store.load().await.unwrap();
        let find = |id: u64| records.iter().find(|record| record.id == id);
        for line in acknowledged {
            let words: Vec<&str> = line.split(' ').collect();
            let id: u64 = words[1].parse().unwrap();
            match words[0] {
                "created" => assert!(find(id).is_some(), "{line}"),
                "saved" => assert!(find(id).is_some_and(|record| record.version >= 2), "{line}"),
                "asked" => assert!(store.task(id, "t").await.unwrap().is_some(), "{line}"),
                "answered" => assert!(store.task(id, "t").await.unwrap().unwrap().answer.is_some(), "{line}"),
                "set" => assert!(store.setting(words[2]).await.unwrap().is_some(), "{line}"),
                other => panic!("{other}"),
            }
        }
        for (position, record) in records.iter().enumerate() {
            assert_eq!(
                record.id,
                position as u64 + 1,
                "ids have no gaps, since nothing failed and nothing was deleted"
            );
            let history = store.history(record.id).await.unwrap();
            assert_eq!(history.len() as u64, record.version, "each version came with its history");
            let repeated = store.insert(&new("again"), Some(&key("ann", &record.name, 1)), &happened(1)).await.unwrap();
            assert!(matches!(repeated, Inserted::Repeated { id, .. } if id == record.id), "{repeated:?}");
        }
    });
}

#[test]
#[ignore = "run by the other tests here, which kill it"]
fn child_that_writes() {
    let location = std::env::var(LOCATION).unwrap();
    let round = std::env::var(ROUND).unwrap();
    block_on(async {
        let store = Store::open(&location).await.unwrap();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (store, prefix) = (store.clone(), format!("{round}-{writer}"));
                tokio::spawn(async move { write_for_ever(&store, &prefix).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

async fn write_for_ever(store: &Store, prefix: &str) {
    for number in 0_u64.. {
        let name = format!("{prefix}-{number}");
        let Ok(Inserted::Fresh(id)) = store.insert(&new(&name), Some(&key("ann", &name, 1)), &happened(1)).await else {
            return;
        };
        say(&format!("created {id}"));
        let record = skerry_store::RuntimeRecord {
            id,
            owner: "admin".to_owned(),
            name: name.clone(),
            flavour: "minimal".to_owned(),
            state: "RUNNING".to_owned(),
            version: 2,
            document: "{}".to_owned(),
            vm: None,
            created_ms: 1,
            updated_ms: 2,
        };
        if store.save(&record, &[happened(2)]).await.is_err() {
            return;
        }
        say(&format!("saved {id}"));
        if store.add_task(id, "t", "vm", 1).await.is_err() {
            return;
        }
        say(&format!("asked {id}"));
        if store.finish_task(id, "t", "answer").await.is_err() {
            return;
        }
        say(&format!("answered {id}"));
        if store.set_setting(&name, "value").await.is_err() {
            return;
        }
        say(&format!("set {id} {name}"));
    }
}

/// In one write, so that lines of several tasks do not mix.
fn say(what: &str) {
    let line = format!("{DONE}{what}\n");
    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
        std::process::exit(1);
    }
}
