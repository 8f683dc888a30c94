//! A runtime from its creation to its deletion.

use nix::sys::signal::Signal;
use serde_json::json;
use skerry_tests::engine::EnginePlaces;
use skerry_tests::faas;
use skerry_tests::http::Connection;
use skerry_tests::process::{is_running, names_in, signal, wait_for};

#[test]
fn a_created_runtime_runs_functions_and_is_deleted_without_a_trace() {
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--spares", "0"]);
    let engine = places.start();
    let body = json!({"SERVERLESS_RUNTIME": {"NAME": "sums", "FAAS": {"FLAVOUR": "Nature"}}});
    let created = engine.ask("POST", "/serverless-runtimes", &[], &body.to_string());
    assert_eq!(created.status, 201, "{}", created.body);
    let runtime = &created.json()["SERVERLESS_RUNTIME"];
    assert_eq!(runtime["FAAS"]["STATE"], "PENDING");
    let id = runtime["ID"].as_u64().unwrap();

    let runtime = engine.get_in(id, "RUNNING");
    assert_eq!(runtime["NAME"], "sums");
    assert_eq!(runtime["FAAS"]["ENDPOINT"], format!("http://{}/r/{id}", engine.address));
    assert_eq!(faas::result(&engine.call(id, &faas::sum("3", "4.5"))), "7.5");
    let machine = engine.machine_of(id);
    let is_limited = !places.log().contains("machines are not held to limits");
    assert_eq!(!places.control_groups().is_empty(), is_limited);

    engine.delete(id);
    assert_eq!(engine.ask("GET", &format!("/serverless-runtimes/{id}"), &[], "").status, 404);
    assert_eq!(engine.call(id, &faas::sum("1", "2")).status, 404);
    wait_for("the machine's end", || (!is_running(machine)).then_some(()));
    wait_for("the pool and snapshot machines' end", || places.machines().is_empty().then_some(()));
    assert_eq!(engine.stop(), Some(0));
    assert!(places.control_groups().is_empty());
    for folder in names_in(&places.state_dir()) {
        let left = names_in(&places.state_dir().join(&folder));
        assert!(left.is_empty(), "{left:?} is left in {folder}");
    }
}

#[test]
fn the_pool_gives_machines_away_and_is_refilled() {
    let places = EnginePlaces::new(&["--pool", "minimal=1"]);
    let engine = places.start();
    let mut machines = Vec::new();
    for _ in 0..2 {
        wait_for("a machine in the pool", || {
            engine
                .ask("GET", "/metrics", &[], "")
                .body
                .contains("skerry_pool_machines{flavour=\"minimal\"} 1")
                .then_some(())
        });
        let id = engine.create_running();
        assert_eq!(engine.get(id)["SKERRY"]["START"], "pool");
        let first = engine.call(id, &faas::sum("1", "2"));
        assert_eq!((faas::result(&first).as_str(), first.field("x-skerry-start")), ("3", Some("pool")));
        assert_eq!(engine.call(id, &faas::sum("1", "2")).field("x-skerry-start"), Some("warm"));
        machines.push(engine.machine_of(id));
    }
    assert_ne!(machines[0], machines[1]);
}

#[test]
fn only_who_has_the_password_gets_in_unless_the_runtime_is_public() {
    let places = EnginePlaces::new(&[]);
    let engine = places.start();
    let private = engine.create_running();
    let public = engine.create(json!({}), json!({"PUBLIC": true}));
    engine.get_in(public, "RUNNING");
    let without = |path: &str| Connection::open(engine.address).get(path);
    for path in [
        "/serverless-runtimes",
        &format!("/serverless-runtimes/{private}"),
        &format!("/r/{private}/healthz"),
        "/r/999/healthz",
    ] {
        let answer = without(path);
        assert_eq!(answer.status, 401, "{path}: {}", answer.body);
        assert!(answer.field("www-authenticate").is_some_and(|value| value.starts_with("Basic ")), "{path}");
    }
    for path in
        [format!("/r/{public}/healthz"), "/healthz".to_owned(), "/openapi.json".to_owned(), "/server/config".to_owned()]
    {
        assert_eq!(without(&path).status, 200, "{path}");
    }
    assert_eq!(engine.ask("GET", &format!("/r/{private}/healthz"), &[], "").status, 200);
}

#[test]
fn machines_go_on_after_an_orderly_stop_and_are_taken_over() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create_running();
    let machine = engine.machine_of(id);
    assert_eq!(engine.stop(), Some(0));
    assert_eq!(places.machines(), [machine], "its machine and no other goes on");
    assert!(places.log().contains("machines that go on without the engine: 1"), "{}", places.log());

    let engine = places.start();
    engine.get_in(id, "RUNNING");
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
    assert_eq!(engine.machine_of(id), machine);
}

#[test]
fn an_engine_that_is_stopped_while_it_fills_its_pool_leaves_no_machine() {
    for pause_ms in [0, 20, 60, 120] {
        let places = EnginePlaces::new(&["--pool", "minimal=2"]);
        let engine = places.start();
        std::thread::sleep(std::time::Duration::from_millis(pause_ms));
        assert_eq!(engine.stop(), Some(0));
        assert!(places.machines().is_empty(), "stopped after {pause_ms} ms");
    }
}

#[test]
fn where_machines_are_not_kept_none_is_left_and_the_runtimes_come_back() {
    let places = EnginePlaces::new(&["--keep-machines=false"]);
    let engine = places.start();
    let id = engine.create_running();
    assert_eq!(engine.stop(), Some(0));
    assert!(places.machines().is_empty());
    assert!(places.log().contains("no machine is left running"));

    let engine = places.start();
    engine.get_in(id, "RUNNING");
    assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
}

#[test]
fn a_stop_lets_a_call_in_progress_end() {
    let places = EnginePlaces::new(&["--boot-option", "call-time-limit-ms=1500"]);
    let engine = places.start();
    let id = engine.create_running();
    let mut connection = Connection::open(engine.address);
    connection.send(engine.request("POST", &format!("/r/{id}/v1/faas/execute-sync"), &[], &faas::endless()));
    wait_for("the call", || {
        engine.ask("GET", &format!("/r/{id}/v1/skerry/activity"), &[], "");
        engine
            .ask("GET", "/metrics", &[], "")
            .body
            .contains(&format!("skerry_calls_in_progress{{runtime=\"{id}\"}} 1"))
            .then_some(())
    });
    signal(engine.process_id(), Signal::SIGTERM);
    assert!(faas::failure(&connection.answer()).contains("longer than"), "the call's own end, not the engine's");
    assert_eq!(engine.stop_waited(), Some(0));
}

#[test]
fn a_runtime_answers_at_an_address_of_its_own() {
    let places = EnginePlaces::new(&["--runtime-addresses"]);
    let engine = places.start();
    let id = engine.create(json!({}), json!({"PUBLIC": true}));
    let address = engine.get_in(id, "RUNNING")["SKERRY"]["ADDRESS"].as_str().unwrap().to_owned();
    let address = address.strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(faas::result(&Connection::open(address).post("/v1/faas/execute-sync", &faas::sum("1", "2"))), "3");
    engine.delete(id);
    wait_for("the address's end", || std::net::TcpStream::connect(address).is_err().then_some(()));
}
