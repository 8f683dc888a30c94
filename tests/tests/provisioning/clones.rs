//! Two machines restored from one snapshot share nothing that must not be shared.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use skerry_tests::engine::{EnginePlaces, RunningEngine};
use skerry_tests::faas;
use skerry_tests::process::wait_for;

/// How far a guest's clock may be off the host's.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(1);

fn clone(engine: &RunningEngine<'_>) -> u64 {
    let id = engine.create_running();
    assert_eq!(engine.get(id)["SKERRY"]["START"], "snapshot", "{}", engine.get(id));
    id
}

/// Sixteen random bytes, as the guest's generator gives them to a function.
fn random_bytes(engine: &RunningEngine<'_>, id: u64) -> String {
    let module = r#"(module (import "skerry" "random" (func $random (param i32 i32))) (memory (export "memory") 1)
        (func (export "run") (param $out i32) (call $random (local.get $out) (i32.const 16))))"#;
    faas::result(&engine.call(id, &faas::wasm(module, &[faas::output("uint8_t[16]", "bytes")])))
}

fn unix_time(engine: &RunningEngine<'_>, id: u64) -> Duration {
    let module = r#"(module (import "skerry" "unix_time_ms" (func $now (result i64))) (func (export "run") (result i64) (call $now)))"#;
    Duration::from_millis(faas::result(&engine.call(id, &faas::wasm(module, &[]))).parse().expect("milliseconds"))
}

#[test]
fn clones_of_one_snapshot_differ_in_randomness_and_names_and_tell_the_right_time() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    engine.create_running();
    wait_for("the snapshot", || places.log().contains("snapshot made").then_some(()));
    // The snapshot's own time is then wrong by more than the tolerance.
    std::thread::sleep(2 * CLOCK_TOLERANCE);
    let clones = [clone(&engine), clone(&engine)];
    let random = clones.map(|id| [random_bytes(&engine, id), random_bytes(&engine, id)]);
    let tasks = clones.map(|id| engine.start_task(id, &faas::sum("1", "2")));
    let instances: [Value; 2] =
        clones.map(|id| engine.ask("GET", &format!("/r/{id}/"), &[], "").json()["instance"].clone());
    let mut all: Vec<&String> = random.iter().flatten().collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4, "{random:?}");
    assert_ne!(tasks[0], tasks[1]);
    assert_ne!(instances[0], instances[1]);
    for id in clones {
        let (before, told) = (SystemTime::now().duration_since(UNIX_EPOCH).unwrap(), unix_time(&engine, id));
        let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert!(told + CLOCK_TOLERANCE > before && told < after + CLOCK_TOLERANCE, "{before:?} {told:?} {after:?}");
    }
}

#[test]
fn a_damaged_snapshot_is_followed_by_a_cold_boot_and_a_new_snapshot() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    engine.create_running();
    wait_for("the snapshot", || places.log().contains("snapshot made").then_some(()));
    assert_eq!(engine.stop(), Some(0));
    let folder = places.data_dir().join("snapshots");
    for snapshot in std::fs::read_dir(&folder).unwrap().flatten() {
        for file in std::fs::read_dir(snapshot.path()).unwrap().flatten() {
            if file.file_name() != "snapshot.json" {
                std::fs::write(file.path(), "garbage").unwrap();
            }
        }
    }
    let engine = places.start();
    let id = engine.create_running();
    assert_eq!(engine.get(id)["SKERRY"]["START"], "cold");
    assert!(places.log().contains("damaged"), "{}", places.log());
    wait_for("another snapshot", || (places.log().matches("snapshot made").count() == 2).then_some(()));
    clone(&engine);
}
