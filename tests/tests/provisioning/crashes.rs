//! Engines that are killed at any instant: nothing accepted is lost, nothing is left over.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;
use skerry_tests::engine::{EnginePlaces, RunningEngine};
use skerry_tests::faas;
use skerry_tests::process::{names_in, signal, wait_for};

/// Rounds of the test that kills at random points; `SKERRY_KILL_ROUNDS` asks for more.
const KILL_ROUNDS: u32 = 20;

#[test]
fn a_killed_engine_finds_its_machine_and_the_guests_accepted_work_again() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let port = engine.address.port();
    let id = engine.create_running();
    let (runtime, machine) = (engine.get(id), engine.machine_of(id));
    let done = engine.start_task(id, &faas::sum("3", "4.5"));
    engine.kill();

    let engine = places.start_on(port);
    assert_eq!(engine.get_in(id, "RUNNING")["FAAS"]["ENDPOINT"], runtime["FAAS"]["ENDPOINT"]);
    assert_eq!(engine.get(id)["FAAS"]["VM_ID"], runtime["FAAS"]["VM_ID"]);
    assert_eq!(engine.machine_of(id), machine, "the same process");
    assert_eq!(engine.finished_task(id, &done)["state"], "READY", "the guest had accepted it");
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
}

#[test]
fn a_machine_that_dies_together_with_its_engine_is_replaced() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create_running();
    let task = engine.start_task(id, &faas::endless());
    engine.kill();
    places.end_machines();

    let engine = places.start();
    engine.get_in(id, "RUNNING");
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
    let status = engine.task(id, &task);
    assert_eq!(status["state"], "FAILED", "{status}");
}

#[test]
fn every_creation_that_was_accepted_while_the_engine_was_killed_is_there() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal"}}}).to_string();
    let request = engine.request("POST", "/serverless-runtimes", &[], &body);
    let mut clients: Vec<TcpStream> =
        (0..50).map(|_| TcpStream::connect(engine.address).expect("it listens")).collect();
    for client in &mut clients {
        client.write_all(request.as_bytes()).expect("it reads");
    }
    // Some are answered, some accepted, some not even read.
    std::thread::sleep(Duration::from_millis(15));
    engine.kill();
    let accepted: BTreeSet<u64> = clients.iter().filter_map(accepted_id).collect();

    let engine = places.start();
    let all = listed(&engine);
    assert!(accepted.is_subset(&all), "accepted {accepted:?}, there are {all:?}");
    for id in &all {
        engine.get_in(*id, "RUNNING");
        assert_eq!(faas::result(&engine.call(*id, &faas::sum("1", "2"))), "3");
    }
    for id in all {
        engine.delete(id);
    }
    nothing_is_left(&places, engine);
}

#[test]
fn an_engine_that_is_killed_again_and_again_loses_and_leaks_nothing() {
    let rounds = std::env::var("SKERRY_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(KILL_ROUNDS);
    let places = EnginePlaces::new(&["--pool", "minimal=1"]);
    let mut expected = BTreeSet::new();
    let mut engine = places.start();
    for round in 0..rounds {
        let begun = Instant::now();
        // A creation, a sleep, a change and a deletion are under way when the engine is killed, at another point each round.
        let new = engine.create(json!({}), json!({"IDLE_TIMEOUT": 1 + round % 2}));
        expected.insert(new);
        let known: Vec<u64> = expected.iter().copied().collect();
        let path = |id: u64| format!("/serverless-runtimes/{id}");
        if let Some(id) = known.first().filter(|id| **id != new) {
            let more =
                json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "MEMORY": 64 + round}}}).to_string();
            let answer = engine.ask("PUT", &path(*id), &[], &more);
            assert!([200, 423].contains(&answer.status), "{}", answer.body);
        }
        if known.len() > 4 {
            let answer = engine.ask("DELETE", &path(known[1]), &[], "");
            assert!([204, 423].contains(&answer.status), "{}", answer.body);
            if answer.status == 204 {
                expected.remove(&known[1]);
            }
        }
        // Prime steps of the round's number: no two rounds are killed at the same point.
        let point = Duration::from_micros(u64::from(round * 7919 % 211) * 1000);
        std::thread::sleep(point.saturating_sub(begun.elapsed()));
        engine.kill();
        engine = places.start();
        assert_eq!(listed(&engine), expected, "round {round}");
    }
    for id in &expected {
        engine.get_in(*id, "RUNNING");
        assert_eq!(faas::result(&engine.call(*id, &faas::sum("1", "2"))), "3", "runtime {id}");
        engine.delete(*id);
    }
    nothing_is_left(&places, engine);
}

#[test]
fn an_engine_that_is_killed_at_a_transition_goes_on_from_before_or_after_it() {
    // The log line is written just before the store gets the change.
    let mut waiting = Vec::new();
    for event in ["created", "started", "updated", "replaced", "retired", "slept", "woke", "vm-ended", "adopted"] {
        let places = EnginePlaces::new(&["--pool", "minimal=0", "--spares", "0"]);
        let mut engine = places.start();
        let id = if event == "created" || event == "started" {
            engine.create(json!({}), json!({}))
        } else {
            let id = engine
                .create(json!({}), json!({"IDLE_TIMEOUT": if event == "slept" || event == "woke" { 1 } else { 0 }}));
            engine.get_in(id, "RUNNING");
            id
        };
        match event {
            "updated" | "replaced" | "retired" => {
                let more = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "MEMORY": 80}}}).to_string();
                let answer = engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &more);
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
            "woke" => {
                wait_for("the sleep", || (engine.get(id)["SKERRY"]["SLEEPING"] == true).then_some(()));
                let request = engine.request("GET", &format!("/r/{id}/healthz"), &[], "");
                let mut client = TcpStream::connect(engine.address).expect("it listens");
                client.write_all(request.as_bytes()).expect("it reads");
                // A client that went away would no longer want it to wake.
                waiting.push(client);
            }
            "vm-ended" => signal(engine.machine_of(id), Signal::SIGKILL),
            "adopted" => {
                engine.kill();
                engine = places.start();
            }
            _ => {}
        }
        wait_for(event, || places.log().contains(&format!("\"message\":\"{event}\"")).then_some(()));
        engine.kill();

        let engine = places.start();
        assert_eq!(listed(&engine), BTreeSet::from([id]), "killed at {event}");
        engine.get_in(id, "RUNNING");
        assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3", "killed at {event}");
        wait_for("one machine and no other", || (places.machines().len() == 1).then_some(()));
        engine.delete(id);
        nothing_is_left(&places, engine);
    }
}

#[test]
fn tasks_of_a_replaced_machine_survive_the_engine() {
    // Without snapshots, for whose making machines of their own run.
    let arguments = ["--pool", "minimal=0", "--snapshots=false", "--boot-option", "call-time-limit-ms=4000"];
    let places = EnginePlaces::new(&arguments);
    let engine = places.start();
    let id = engine.create_running();
    let task = engine.start_task(id, &faas::endless());
    let more = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "MEMORY": 80}}}).to_string();
    assert_eq!(engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &more).status, 200);
    engine.get_in(id, "RUNNING");
    assert_eq!(places.machines().len(), 2, "the old machine still runs the task");
    engine.kill();

    let engine = places.start();
    engine.get_in(id, "RUNNING");
    let status = engine.finished_task(id, &task);
    assert!(status["res"]["err"].as_str().unwrap().contains("longer than 4 s"), "its own end: {status}");
    wait_for("the old machine's end", || (places.machines().len() == 1).then_some(()));
}

#[test]
fn a_full_disk_refuses_changes_while_machines_serve_on_and_heals() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can make a small disk to fill");
        return;
    }
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--snapshots=false"]);
    let disk = SmallDisk::mount(&places.data_dir());
    let engine = places.start();
    let id = engine.create_running();
    let filler = places.data_dir().join("filler");
    let mut file = std::fs::File::create(&filler).expect("a file");
    while file.write_all(&[7; 4096]).is_ok() {}
    drop(file);
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal"}}}).to_string();
    let refused = wait_for("a refusal", || {
        let answer = engine.ask("POST", "/serverless-runtimes", &[], &body);
        (answer.status != 201).then_some(answer)
    });
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.body.contains("disk") || refused.body.contains("space"), "{}", refused.body);
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
    std::fs::remove_file(&filler).expect("it is removed");
    wait_for("the healed disk", || {
        (engine.ask("POST", "/serverless-runtimes", &[], &body).status == 201).then_some(())
    });
    drop(engine);
    places.end_machines();
    drop(disk);
}

/// A file system in memory with room for a store and little more; unmounted when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(path: &std::path::Path) -> Self {
        std::fs::create_dir_all(path).expect("a directory");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs"])
            .arg(path)
            .status();
        assert!(mounted.expect("mount runs").success());
        Self(path.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whatever still holds a file there gives it up with its end.
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The id in the answer that a killed engine may still have sent.
fn accepted_id(client: &TcpStream) -> Option<u64> {
    use std::io::Read;
    let mut text = String::new();
    // A reset after the answer is as good as an end.
    let _ = (&mut &*client).take(64 * 1024).read_to_string(&mut text);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    head.starts_with("HTTP/1.1 201").then(|| body["SERVERLESS_RUNTIME"]["ID"].as_u64())?
}

fn listed(engine: &RunningEngine<'_>) -> BTreeSet<u64> {
    let page = engine.ask("GET", "/serverless-runtimes?limit=1000", &[], "").json();
    let runtimes = page["SERVERLESS_RUNTIMES"].as_array().expect("a list").clone();
    runtimes.iter().filter_map(|body| body["SERVERLESS_RUNTIME"]["ID"].as_u64()).collect()
}

/// After the last runtime's deletion and an orderly stop: no process, no directory, no saved state, no control group.
fn nothing_is_left(places: &EnginePlaces, engine: RunningEngine<'_>) {
    assert_eq!(engine.stop(), Some(0));
    wait_for("the machines' end", || places.machines().is_empty().then_some(()));
    for folder in names_in(&places.state_dir()) {
        wait_for("the directories' removal", || names_in(&places.state_dir().join(&folder)).is_empty().then_some(()));
    }
    let sleeping = names_in(&places.data_dir().join("sleeping"));
    assert!(sleeping.is_empty(), "{sleeping:?}");
    let groups = places.control_groups();
    assert!(groups.is_empty(), "{groups:?}");
}
