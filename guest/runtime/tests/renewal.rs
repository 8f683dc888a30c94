//! Identity, activity, and the host's renewal of a restored machine, seen from outside.

mod common;

use common::{ASYNC, Answer, Runtime, add, encode, endless};
use serde_json::{Value, json};

const ACTIVITY: &str = "/v1/skerry/activity";
const RENEW: &str = "/v1/skerry/renew";
const INSTANCE: &str = "0188a6e2-1111-4222-8333-444455556666";

fn renewal(instance: &str) -> String {
    json!({"instance": instance, "unix_time_us": 1_750_000_000_000_000_u64, "entropy": encode([7; 32])}).to_string()
}

fn instance_of(runtime: &Runtime) -> Value {
    runtime.get("/").json()["instance"].clone()
}

#[track_caller]
fn has_routes(index: &Answer, renewal: bool) {
    let index = index.json();
    let has = |route: &str| index["routes"].as_array().is_some_and(|routes| routes.contains(&route.into()));
    assert!(has("GET /v1/skerry/activity"), "{index}");
    assert_eq!(has("POST /v1/skerry/renew"), renewal, "{index}");
}

#[test]
fn each_runtime_draws_an_identity_of_its_own_and_keeps_it() {
    let (one, other) = (Runtime::start(&[]), Runtime::start(&[]));
    let instance = instance_of(&one);
    assert_eq!(instance.as_str().unwrap().len(), 36);
    assert_eq!(instance_of(&one), instance);
    assert_ne!(instance_of(&other), instance);
    // Between two moments of the test's own clock, so that no time is asserted on but the order.
    let milliseconds = || std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    let before = milliseconds();
    let told = one.get("/").json()["unix_time_ms"].as_u64().unwrap();
    assert!((before..=milliseconds()).contains(&told));
}

#[test]
fn without_the_option_there_is_no_renewal_whatever_the_method() {
    for words in [&[][..], &["renewal=off"]] {
        let runtime = Runtime::start(words);
        let instance = instance_of(&runtime);
        runtime.post(RENEW, &renewal(INSTANCE)).is_error(404, "no such path");
        runtime.get(RENEW).is_error(404, "no such path");
        assert_eq!(instance_of(&runtime), instance);
        has_routes(&runtime.get("/"), false);
    }
}

#[test]
fn a_renewal_gives_the_runtime_its_identity_and_may_be_repeated() {
    let runtime = Runtime::start(&["renewal=on"]);
    has_routes(&runtime.get("/"), true);
    for instance in [INSTANCE, "00000000-0000-4000-8000-000000000000"] {
        let answer = runtime.post(RENEW, &renewal(&instance.to_uppercase()));
        assert_eq!((answer.status, &answer.json()["instance"]), (200, &instance.into()));
        assert!(answer.json()["unix_time_us"].is_u64());
        assert_eq!(instance_of(&runtime), instance);
    }
    runtime.get(RENEW).is_error(405, "POST");
    runtime.serves_the_next_client();
}

#[test]
fn a_renewal_closes_every_connection_but_the_one_that_asks() {
    let runtime = Runtime::start(&["renewal=on"]);
    let (mut idle, mut waiting, mut asking) = (runtime.connect(), runtime.connect(), runtime.connect());
    idle.get("/healthz");
    assert_eq!(idle.answer().status, 200);
    waiting.post("/v1/faas/execute-sync", &endless());
    while runtime.get(ACTIVITY).json()["calls_in_progress"] != 1 {
        std::thread::yield_now();
    }
    asking.post(RENEW, &renewal(INSTANCE));
    assert_eq!(asking.answer().json()["instance"], INSTANCE);
    idle.is_closed();
    waiting.is_closed();
    asking.get(ACTIVITY);
    let activity = asking.answer().json();
    assert_eq!(activity["connections"], 1);
    // The call belongs to a client who may ask for nothing any more, but it was not stopped.
    assert_eq!(activity["calls_in_progress"], 1);
}

#[test]
fn a_renewal_behind_other_requests_of_its_connection_is_answered_in_order() {
    let runtime = Runtime::start(&["renewal=on"]);
    let mut client = runtime.connect();
    client.post("/v1/faas/execute-sync", &add(20, 22));
    client.post(RENEW, &renewal(INSTANCE));
    client.post(RENEW, &renewal(INSTANCE));
    client.get("/");
    assert_eq!(client.answer().json()["res"], encode("42"));
    for _ in 0..3 {
        assert_eq!(client.answer().json()["instance"], INSTANCE);
    }
}

#[test]
fn a_task_goes_on_through_a_renewal_and_its_deadline_stands() {
    let runtime = Runtime::start(&["renewal=on", "call-time-limit-ms=300"]);
    let task = runtime.post(ASYNC, &endless()).json()["faas_uuid"].as_str().unwrap().to_owned();
    assert_eq!(runtime.post(RENEW, &renewal(INSTANCE)).status, 200);
    let status = runtime.finished(&task);
    assert_eq!(status["state"], "FAILED");
    assert!(status["res"]["err"].as_str().unwrap().contains("300 ms"), "{status}");
}

#[test]
fn a_bad_renewal_is_refused_and_changes_nothing() {
    let runtime = Runtime::start(&["renewal=on"]);
    let mut other = runtime.connect();
    other.get("/");
    let instance = other.answer().json()["instance"].clone();
    for (field, value, message) in [
        ("instance", json!("nobody"), "UUID"),
        ("unix_time_us", json!(1_750_000_000), "microseconds"),
        ("entropy", json!(encode([7; 31])), "32 to 256"),
        ("entropy", json!("%"), "base64"),
        ("entropy", json!(7), "JSON object"),
        ("more", json!(1), "nothing else"),
    ] {
        let mut body: Value = serde_json::from_str(&renewal(INSTANCE)).unwrap();
        body[field] = value;
        runtime.post(RENEW, &body.to_string()).is_error(400, message);
    }
    runtime.post(RENEW, "").is_error(400, "JSON object");
    runtime.post(RENEW, &" ".repeat(100_000)).is_error(400, "longer");
    other.get("/");
    assert_eq!(other.answer().json()["instance"], instance);
}

#[test]
fn the_activity_tells_calls_tasks_and_connections() {
    let runtime = Runtime::start(&["call-time-limit-ms=60000"]);
    let activity = runtime.get(ACTIVITY);
    let expected = json!({"calls_in_progress": 0, "tasks_running": 0, "tasks_finished": 0, "connections": 1});
    assert_eq!((activity.status, activity.json()), (200, expected));
    let finished = runtime.post(ASYNC, &add(1, 2)).json()["faas_uuid"].as_str().unwrap().to_owned();
    runtime.finished(&finished);
    runtime.post(ASYNC, &endless());
    let activity = runtime.get(ACTIVITY).json();
    assert_eq!((&activity["calls_in_progress"], &activity["tasks_running"]), (&1.into(), &1.into()));
    assert_eq!(activity["tasks_finished"], 1);
    runtime.post(ACTIVITY, "").is_error(405, "GET, HEAD");
}
