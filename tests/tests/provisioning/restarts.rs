//! Machines that end by themselves.

use nix::sys::signal::Signal;
use serde_json::json;
use skerry_tests::engine::EnginePlaces;
use skerry_tests::faas;
use skerry_tests::process::{signal, wait_for};

#[test]
fn a_machine_that_dies_is_replaced_and_its_tasks_say_why() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create_running();
    let done = engine.start_task(id, &faas::sum("3", "4.5"));
    assert_eq!(engine.finished_task(id, &done)["state"], "READY");
    let endless = engine.start_task(id, &faas::endless());
    let before = engine.get(id)["FAAS"]["VM_ID"].clone();
    signal(engine.machine_of(id), Signal::SIGKILL);

    wait_for("another machine", || {
        let runtime = engine.get(id);
        (runtime["FAAS"]["STATE"] == "RUNNING" && runtime["FAAS"]["VM_ID"] != before).then_some(())
    });
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
    let lost = engine.task(id, &endless);
    assert_eq!(lost["state"], "FAILED");
    assert!(lost["res"]["err"].as_str().unwrap().contains("SIGKILL"), "{lost}");
    assert_eq!(engine.task(id, &done)["state"], "READY", "what somebody has seen stays");
    assert_eq!(engine.get(id)["SKERRY"]["RESTARTS"], 1);
    assert!(engine.events(id).contains(&"vm-ended".to_owned()));
}

#[test]
fn a_policy_of_never_leaves_the_runtime_in_error_with_the_reason() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"RESTART": "never"}));
    engine.get_in(id, "RUNNING");
    signal(engine.machine_of(id), Signal::SIGKILL);
    let runtime = engine.get_in(id, "ERROR");
    assert!(runtime["FAAS"]["ERROR"].as_str().unwrap().contains("SIGKILL"), "{runtime}");
}

#[test]
fn ends_in_a_row_are_given_up_after_the_tries() {
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--spares", "0", "--restart-tries", "1"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"RESTART": "always"}));
    for restarts in 0..2 {
        wait_for("the machine", || {
            let runtime = engine.get(id);
            (runtime["FAAS"]["STATE"] == "RUNNING" && runtime["SKERRY"]["RESTARTS"] == restarts).then_some(())
        });
        signal(engine.machine_of(id), Signal::SIGKILL);
    }
    let runtime = engine.get_in(id, "ERROR");
    assert!(runtime["FAAS"]["ERROR"].as_str().unwrap().contains("given up after 2 tries"), "{runtime}");
    assert!(places.machines().is_empty());
}
