//! The real Serverless Runtime behind the gateway.

use std::thread::JoinHandle;

use serde_json::{Value, json};
use skerry_api::provisioning::StartPath;
use skerry_gateway::{GatewaySettings, TcpConnector};
use skerry_runtime::{Options, Platform, Server, StopHandle};

use crate::service::{Service, options};

/// `add(a, b)` in WebAssembly: the module of the README.
const ADD: &str = "AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA3J1bgAACgkBBwAgACABags=";

/// A function that never ends: `(func (export "run") (loop (br 0)))`.
const FOREVER: &str = "AGFzbQEAAAABBAFgAAADAgEABwcBA3J1bgAACgkBBwADQAwACws=";

/// A running runtime; stops when it is dropped.
pub(crate) struct Runtime {
    stop: StopHandle,
    thread: Option<JoinHandle<()>>,
    pub(crate) connector: TcpConnector,
}

impl Runtime {
    pub(crate) fn start(words: &[&str]) -> Self {
        let words = words.iter().chain(&["port=0"]).map(ToString::to_string);
        let platform =
            Platform { memory_total_bytes: 0, memory_free_bytes: || 0, now_us: || 0, milestones: Default::default() };
        let server = Server::bind(Options::parse(words).unwrap(), platform).unwrap();
        let connector = TcpConnector(server.local_addr());
        let stop = server.stop_handle();
        let thread = std::thread::spawn(move || server.run().unwrap());
        Self { stop, thread: Some(thread), connector }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// A gateway with this runtime behind it, as `vm-1` of runtime 1.
pub(crate) async fn service(runtime: &Runtime) -> Service {
    let service = Service::start(GatewaySettings::default()).await;
    service.routes.add(1, options());
    service.routes.up(1, "vm-1", std::sync::Arc::new(runtime.connector), StartPath::Cold);
    service
}

fn int(name: &str, value: i32) -> String {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let value = encode(&value.to_string());
    encode(&json!({"type": "int", "var_name": name, "value": value, "mode": "IN"}).to_string())
}

/// The request to add two numbers.
pub(crate) fn add(left: i32, right: i32) -> String {
    json!({"lang": "WASM", "fc": ADD, "params": [int("a", left), int("b", right)]}).to_string()
}

/// The request for a function that never ends.
pub(crate) fn forever() -> String {
    json!({"lang": "WASM", "fc": FOREVER, "params": []}).to_string()
}

#[tokio::test]
async fn a_call_gives_its_result_through_the_gateway() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let mut client = service.connect().await;
    for number in 0..10 {
        let answer = client.post("/r/1/v1/faas/execute-sync", &add(number, 4)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let value: Value = answer.json();
        assert_eq!(value["ret_code"], 0);
        assert_eq!(answer.fields["x-skerry-start"], if number == 0 { "cold" } else { "warm" });
    }
    assert_eq!(client.get("/r/1/healthz").await.status, 200);
    assert_eq!(client.post("/r/1/v1/faas/execute-sync", "{").await.status, 400);
    assert_eq!(client.get("/r/1/nothing").await.status, 404);
}

#[tokio::test]
async fn a_body_that_is_too_large_for_the_guest_gets_the_guests_answer() {
    let runtime = Runtime::start(&["body-limit-bytes=4096"]);
    let service = service(&runtime).await;
    for length in [5_000, 500_000, 5_000_000] {
        let answer = service.connect().await.post("/r/1/v1/faas/execute-sync", &"x".repeat(length)).await;
        assert_eq!(answer.status, 413, "{length}: {answer:?}");
        assert!(answer.json()["message"].as_str().unwrap().contains("4096"));
    }
    assert_eq!(service.connect().await.post("/r/1/v1/faas/execute-sync", &add(1, 2)).await.status, 200);
}

#[tokio::test]
async fn a_client_that_goes_stops_its_function() {
    let runtime = Runtime::start(&["workers=1"]);
    let service = service(&runtime).await;
    let mut client = service.connect().await;
    client.send_post("/r/1/v1/faas/execute-sync", &forever()).await;
    crate::service::until(|| service.routes.in_flight(1) == 1).await;
    drop(client);
    // The only runner is free again, long before the function's limit of a minute.
    let answer = service.connect().await.post("/r/1/v1/faas/execute-sync", &add(1, 2)).await;
    assert_eq!(answer.json()["ret_code"], 0);
}
