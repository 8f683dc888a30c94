//! Machines that are restored in advance: taken, missed, killed, given up, and never left behind.

use nix::sys::signal::Signal;
use serde_json::json;
use skerry_tests::engine::{EnginePlaces, RunningEngine};
use skerry_tests::faas;
use skerry_tests::process::{is_running, signal, wait_for};

fn metric(engine: &RunningEngine<'_>, name: &str) -> u64 {
    let page = engine.ask("GET", "/metrics", &[], "").body;
    let value = page.lines().find_map(|line| line.strip_prefix(name));
    value.map_or(0, |value| value.trim().parse().expect("a number"))
}

fn wait_for_spares(engine: &RunningEngine<'_>, count: u64) {
    let has_them = || (metric(engine, "skerry_spare_machines{flavour=\"minimal\"}") == count).then_some(());
    wait_for("the spare machines", has_them);
}

/// The names of the phases of the runtime's last start.
fn phases(engine: &RunningEngine<'_>, id: u64) -> Vec<String> {
    let history = engine.ask("GET", &format!("/serverless-runtimes/{id}/history"), &[], "").json();
    let start = history.as_array().expect("a list").last().expect("a start").clone();
    let phases = start["phases_us"].as_array().expect("phases").iter();
    phases.map(|phase| phase[0].as_str().expect("a name").to_owned()).collect()
}

/// An engine whose first runtime runs, with a spare machine beside it; the runtime, and the process of the spare machine.
fn with_a_spare(places: &EnginePlaces) -> (RunningEngine<'_>, u64, u32) {
    let engine = places.start();
    let first = engine.create_running();
    wait_for_spares(&engine, 1);
    let own = engine.machine_of(first);
    let spare = wait_for("the machine of the snapshot to go", || match places.machines().as_slice() {
        [one, other] => Some(if *one == own { *other } else { *one }),
        _ => None,
    });
    (engine, first, spare)
}

#[test]
fn a_start_by_snapshot_takes_the_spare_machine_and_another_one_follows() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let (engine, _, spare) = with_a_spare(&places);
    let id = engine.create_running();
    assert_eq!(engine.machine_of(id), spare);
    assert_eq!(
        (engine.get(id)["SKERRY"]["START"].as_str(), phases(&engine, id)),
        (Some("snapshot"), vec!["spare".into(), "renew".into()])
    );
    assert_eq!(faas::result(&engine.call(id, &faas::sum("3", "4.5"))), "7.5");
    assert_eq!(metric(&engine, "skerry_spare_takes_total{outcome=\"hit\"}"), 1);
    wait_for_spares(&engine, 1);
    assert_eq!(places.machines().len(), 3);
}

#[test]
fn a_spare_machine_that_was_killed_hurts_nobody() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let (engine, _, spare) = with_a_spare(&places);
    signal(spare, Signal::SIGKILL);
    wait_for("its end", || (!is_running(spare)).then_some(()));
    let id = engine.create_running();
    assert_eq!(engine.get(id)["SKERRY"]["START"], "snapshot");
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
    assert_eq!(metric(&engine, "skerry_spare_takes_total{outcome=\"miss\"}"), 1);
    // The second where the start took it before the kernel had told of the end of its last thread.
    let news = ["a spare machine ended by itself", "a spare machine does not start"];
    wait_for("the news of its end", || news.iter().any(|news| places.log().contains(news)).then_some(()));
    wait_for_spares(&engine, 1);
}

#[test]
fn a_start_of_another_size_takes_no_spare_machine_and_gets_one_of_its_own() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let (engine, _, spare) = with_a_spare(&places);
    let larger = engine.create(json!({"MEMORY": 80}), json!({}));
    engine.get_in(larger, "RUNNING");
    assert_ne!(engine.machine_of(larger), spare);
    assert_eq!(engine.get(larger)["SKERRY"]["START"], "cold");
    wait_for_spares(&engine, 2);
    let larger = engine.create(json!({"MEMORY": 80}), json!({}));
    engine.get_in(larger, "RUNNING");
    assert_eq!(phases(&engine, larger), ["spare", "renew"]);
    assert!(places.machines().contains(&spare));
}

#[test]
fn an_engine_that_is_stopped_or_killed_leaves_no_spare_machine() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let (engine, first, spare) = with_a_spare(&places);
    let own = engine.machine_of(first);
    engine.kill();
    assert!(is_running(spare), "nobody has ended it yet");

    let engine = places.start();
    engine.get_in(first, "RUNNING");
    wait_for("its end", || (places.machines() == [own]).then_some(()));
    engine.create_running();
    wait_for_spares(&engine, 1);
    assert_eq!(engine.stop(), Some(0));
    assert_eq!(places.machines().len(), 2, "those of the two runtimes");
}

#[test]
fn a_runtime_that_needs_the_room_gets_it() {
    let host_mib = {
        let text = std::fs::read_to_string("/proc/meminfo").expect("the kernel's table");
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).expect("a total");
        line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") / 1024
    };
    let reserve = (host_mib - 2 * (64 + 40)).to_string();
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--reserve-mib", &reserve]);
    let (engine, _, spare) = with_a_spare(&places);
    let taken = metric(&engine, "skerry_memory_given_bytes");
    assert!(taken > 104 << 20, "it is counted: {taken}");
    let second = engine.create_running();
    assert_eq!(metric(&engine, "skerry_memory_given_bytes"), 208 << 20);
    assert!(!is_running(spare));
    engine.delete(second);
    wait_for_spares(&engine, 1);
}
