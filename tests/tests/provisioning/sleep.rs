//! Runtimes that nobody uses sleep, and wake for the next request.

use serde_json::json;
use skerry_tests::engine::{EnginePlaces, RunningEngine};
use skerry_tests::faas;
use skerry_tests::process::{names_in, wait_for};

fn wait_until_asleep(engine: &RunningEngine<'_>, id: u64) {
    wait_for("the runtime to sleep", || (engine.get(id)["SKERRY"]["SLEEPING"] == true).then_some(()));
}

#[test]
fn an_idle_runtime_sleeps_without_a_machine_and_the_next_request_wakes_it() {
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--snapshots=false"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"IDLE_TIMEOUT": 1}));
    engine.get_in(id, "RUNNING");
    let task = engine.start_task(id, &faas::sum("3", "4.5"));
    wait_until_asleep(&engine, id);
    wait_for("the machine's end", || places.machines().is_empty().then_some(()));
    let runtime = engine.get(id);
    assert_eq!((&runtime["FAAS"]["STATE"], &runtime["SKERRY"]["SLEEPING"]), (&json!("RUNNING"), &json!(true)));
    assert_eq!(engine.task(id, &task)["state"], "READY", "its answer was stored before it slept");
    assert!(places.machines().is_empty(), "a stored answer wakes nobody");

    let vm = runtime["FAAS"]["VM_ID"].clone();
    let woken = engine.call(id, &faas::sum("1", "2"));
    assert_eq!((faas::result(&woken).as_str(), woken.field("x-skerry-start")), ("3", Some("snapshot")));
    assert_eq!(engine.get(id)["FAAS"]["VM_ID"], vm, "the machine that slept goes on");
    assert_eq!(engine.events(id), ["created", "started", "slept", "woke"]);
    assert!(
        names_in(&places.data_dir().join("sleeping")).is_empty() || {
            wait_for("the saved state's removal", || {
                names_in(&places.data_dir().join("sleeping")).is_empty().then_some(())
            });
            true
        }
    );
}

#[test]
fn a_task_keeps_its_runtime_awake() {
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--boot-option", "call-time-limit-ms=4000"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"IDLE_TIMEOUT": 1}));
    engine.get_in(id, "RUNNING");
    let task = engine.start_task(id, &faas::endless());
    wait_until_asleep(&engine, id);
    // It slept only after the task had ended by its own limit.
    let status = engine.task(id, &task);
    assert_eq!(status["state"], "FAILED");
    assert!(status["res"]["err"].as_str().unwrap().contains("longer than 4 s"), "{status}");
}

#[test]
fn a_sleeping_runtime_survives_its_engine() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"IDLE_TIMEOUT": 1}));
    engine.get_in(id, "RUNNING");
    wait_until_asleep(&engine, id);
    engine.kill();
    let engine = places.start();
    assert_eq!(engine.get(id)["SKERRY"]["SLEEPING"], true);
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
}

#[test]
fn a_runtime_whose_saved_state_is_damaged_starts_anew_and_says_so() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"IDLE_TIMEOUT": 1}));
    engine.get_in(id, "RUNNING");
    wait_until_asleep(&engine, id);
    let sleeping = places.data_dir().join("sleeping");
    for folder in names_in(&sleeping) {
        for file in names_in(&sleeping.join(&folder)) {
            std::fs::write(sleeping.join(&folder).join(file), "garbage").unwrap();
        }
    }
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
    let history = engine.ask("GET", &format!("/serverless-runtimes/{id}/history"), &[], "").body;
    assert!(history.contains("did not wake"), "{history}");
}
