//! A runtime on the loopback, and a client that sees every byte. Shared by the integration tests.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use skerry_native::Registry;
use skerry_runtime::{Options, Platform, Server, StopHandle};

/// After so long without a byte a test has failed; far beyond anything that it waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running runtime; stops when it is dropped.
pub(crate) struct Runtime {
    address: SocketAddr,
    stop: StopHandle,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Starts one with these options, on a free port.
    pub(crate) fn start(words: &[&str]) -> Self {
        Self::start_with(words, Registry::default())
    }

    /// The same with native functions.
    pub(crate) fn start_with(words: &[&str], natives: Registry) -> Self {
        let words = words.iter().chain(&["port=0"]).map(ToString::to_string);
        let platform =
            Platform { memory_total_bytes: 0, memory_free_bytes: || 0, now_us: || 0, milestones: Default::default() };
        let server = Server::bind_with(Options::parse(words).unwrap(), platform, natives).unwrap();
        let (address, stop) = (server.local_addr(), server.stop_handle());
        let thread = std::thread::spawn(move || server.run().unwrap());
        Self { address, stop, thread: Some(thread) }
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    /// One request on a connection of its own.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        let mut client = self.connect();
        client.get(path);
        client.answer()
    }

    /// One POST on a connection of its own.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let mut client = self.connect();
        client.post(path, body);
        client.answer()
    }

    /// One DELETE on a connection of its own.
    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        let mut client = self.connect();
        client.send(format!("DELETE {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        client.answer()
    }

    /// Waits until so many calls wait or run.
    #[track_caller]
    pub(crate) fn wait_for_calls(&self, count: usize) {
        while self.get("/v1/skerry/activity").json()["calls_in_progress"] != count {
            std::thread::yield_now();
        }
    }

    /// Asks for a task until it has finished.
    #[track_caller]
    pub(crate) fn finished(&self, task: &str) -> Value {
        let mut client = self.connect();
        loop {
            client.get(&format!("/v1/faas/{task}/status"));
            let answer = client.answer();
            assert_eq!(answer.status, 200);
            let status = answer.json();
            if status["state"] != "WORKING" {
                return status;
            }
            std::thread::yield_now();
        }
    }

    /// What is wrong with one client must not concern the next.
    #[track_caller]
    pub(crate) fn serves_the_next_client(&self) {
        assert_eq!(self.get("/healthz").status, 200);
        let answer = self.post(SYNC, &add(20, 22));
        assert_eq!(answer.json()["res"], encode("42"));
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

/// One connection, from the client's side.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Sends bytes as they are. That the runtime may have closed already is not this side's business.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    pub(crate) fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) {
        self.send(format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }

    /// Says that nothing more will be sent.
    pub(crate) fn end(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The next answer.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        self.read_answer(true)
    }

    /// The next answer, which has no content although it says a length.
    #[track_caller]
    pub(crate) fn answer_to_head(&mut self) -> Answer {
        self.read_answer(false)
    }

    /// The connection ends here, without another byte.
    #[track_caller]
    pub(crate) fn is_closed(&mut self) {
        assert_eq!(String::from_utf8_lossy(&self.read), "");
        match self.stream.read(&mut [0; 64]) {
            Ok(0) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            other => panic!("expected the end of the connection, got {other:?}"),
        }
    }

    #[track_caller]
    fn read_answer(&mut self, has_content: bool) -> Answer {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more();
        };
        let head: Vec<u8> = self.read.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status_line = lines.next().unwrap();
        assert!(status_line.starts_with("HTTP/1.1 "), "{status_line}");
        let status = status_line[9..12].parse().unwrap();
        let fields = lines.map(|line| line.split_once(": ").unwrap());
        let fields: BTreeMap<_, _> = fields.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let length: usize = fields.get("content-length").map_or(0, |length| length.parse().unwrap());
        let length = if has_content { length } else { 0 };
        while self.read.len() < length {
            self.read_more();
        }
        Answer { status, fields, body: String::from_utf8(self.read.drain(..length).collect()).unwrap() }
    }

    #[track_caller]
    fn read_more(&mut self) {
        let mut bytes = [0; 16 * 1024];
        let count = self.stream.read(&mut bytes).expect("an answer in time");
        assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&self.read));
        self.read.extend_from_slice(&bytes[..count]);
    }
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// An error with this code, whose message has this in it and whose body has all that an error has.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() {
            return;
        }
        let body = self.json();
        assert!(body["message"].as_str().unwrap().contains(message), "{body}");
        assert_eq!(body["message"], body["detail"]);
        assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{body}");
        assert_eq!(self.field("retry-after").is_some(), matches!(status, 429 | 503));
    }
}

pub(crate) const SYNC: &str = "/v1/faas/execute-sync";
pub(crate) const ASYNC: &str = "/v1/faas/execute-async";

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// A parameter as the API wants it.
pub(crate) fn parameter(type_name: &str, value: &str) -> String {
    encode(json!({"type": type_name, "var_name": "x", "value": encode(value), "mode": "IN"}).to_string())
}

/// A body that calls `run` of a module in the text format.
pub(crate) fn call(module: &str, params: &[String]) -> String {
    json!({"lang": "WASM", "fc": encode(wat::parse_str(module).unwrap()), "params": params}).to_string()
}

pub(crate) fn add(one: i32, other: i32) -> String {
    let module = r#"(module (func (export "run") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;
    call(module, &[parameter("int", &one.to_string()), parameter("int", &other.to_string())])
}

/// A function that does not end.
pub(crate) fn endless() -> String {
    call(r#"(module (func (export "run") (loop (br 0))))"#, &[])
}
