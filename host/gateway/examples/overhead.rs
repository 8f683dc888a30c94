//! What the gateway adds to a call: the same requests to the same runtime (its Linux build), straight and through the
//! gateway with credentials, in turns, so that whatever else the machine does meets both.
//!
//! `cargo run --release -p skerry-gateway --example overhead [REQUESTS]`
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made has nothing to say")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use skerry_api::provisioning::StartPath;
use skerry_gateway::{
    GatewaySettings, Hooks, RouteOptions, Routes, TaskRecord, TcpConnector, User, Users, hash_password,
};
use skerry_runtime::{Options, Platform, Server};

/// Requests of one kind that are sent before it is the other way's turn.
const BATCH: usize = 100;

/// Adds two numbers, in WebAssembly.
const ADD: &str = "AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA3J1bgAACgkBBwAgACABags=";

/// Connections at once for the requests per second.
const CONNECTIONS: usize = 8;

/// An engine that nobody asks anything.
struct NoEngine;

impl Hooks for NoEngine {
    fn wake(&self, _: u64) {}

    fn task_accepted<'a>(&'a self, _: u64, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn task<'a>(&'a self, _: u64, _: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>, String>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn task_finished<'a>(&'a self, _: u64, _: &'a str, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn main() {
    let requests = std::env::args().nth(1).map_or(20_000, |text| text.parse().unwrap());
    let runtime = start_runtime();
    let gateway = start_gateway(runtime);
    println!("{requests} requests each way, one kept-alive connection; microseconds");
    println!("{:<24}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "p50", "through", "added", "p99", "through");
    for (name, method, path, body) in [
        ("GET /healthz", "GET", "/healthz", String::new()),
        ("POST execute-sync", "POST", "/v1/faas/execute-sync", call()),
        ("POST 100 KB, refused", "POST", "/v1/faas/execute-sync", "x".repeat(100_000)),
    ] {
        let straight = request(method, path, &body);
        let through = request(method, &format!("/r/1{path}"), &body);
        let (straight, through) = measure((runtime, &straight), (gateway, &through), requests);
        let [p50, through_p50] = [quantile(&straight, 0.5), quantile(&through, 0.5)];
        let [p99, through_p99] = [quantile(&straight, 0.99), quantile(&through, 0.99)];
        let added = through_p50 - p50;
        println!("{name:<24}{p50:>10.1}{through_p50:>10.1}{added:>10.1}{p99:>10.1}{through_p99:>10.1}");
    }
    let straight = throughput(runtime, request("GET", "/healthz", ""), requests);
    let through = throughput(gateway, request("GET", "/r/1/healthz", ""), requests);
    println!("GET /healthz on {CONNECTIONS} connections: {straight:.0}/s straight, {through:.0}/s through the gateway");
}

fn start_runtime() -> SocketAddr {
    let platform =
        Platform { memory_total_bytes: 0, memory_free_bytes: || 0, now_us: || 0, milestones: Default::default() };
    let options = Options::parse(["port=0".to_owned(), "log=error".to_owned()].into_iter()).unwrap();
    let server = Server::bind(options, platform).unwrap();
    let address = server.local_addr();
    std::thread::spawn(move || server.run().unwrap());
    address
}

fn start_gateway(guest: SocketAddr) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let user = User { name: "admin".to_owned(), password_hash: hash_password("secret").unwrap() };
    let users = Users::new(vec![user]).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let routes = Routes::new(GatewaySettings::default(), Arc::new(NoEngine));
            routes.add(1, RouteOptions { public: false, owner: "admin".into(), concurrency: 16, queue: 64 });
            routes.up(1, "vm", Arc::new(TcpConnector(guest)), StartPath::Cold);
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let app = skerry_gateway::router(routes.clone(), users);
            skerry_gateway::serve(listener, app, routes.settings(), std::future::pending()).await;
        });
    });
    address
}

fn call() -> String {
    let int = |name: &str, value: &str| {
        let value = STANDARD.encode(value);
        STANDARD.encode(format!(r#"{{"type":"int","var_name":"{name}","value":"{value}","mode":"IN"}}"#))
    };
    format!(r#"{{"lang":"WASM","fc":"{ADD}","params":["{}","{}"]}}"#, int("a", "3"), int("b", "4"))
}

fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let credentials = STANDARD.encode("admin:secret");
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The durations of so many requests each way, sorted.
fn measure(
    straight: (SocketAddr, &[u8]),
    through: (SocketAddr, &[u8]),
    requests: usize,
) -> (Vec<Duration>, Vec<Duration>) {
    let mut clients = [straight, through].map(|(address, request)| (Client::connect(address), request));
    let mut durations = [Vec::with_capacity(requests), Vec::with_capacity(requests)];
    for batch in 0..=requests / BATCH {
        for ((client, request), durations) in clients.iter_mut().zip(&mut durations) {
            for _ in 0..BATCH {
                let begun = Instant::now();
                client.exchange(request);
                // The first batch warms up.
                if batch > 0 {
                    durations.push(begun.elapsed());
                }
            }
        }
    }
    let [mut straight, mut through] = durations;
    straight.sort();
    through.sort();
    (straight, through)
}

fn throughput(address: SocketAddr, request: Vec<u8>, requests: usize) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = Client::connect(address);
                for _ in 0..requests / CONNECTIONS {
                    client.exchange(&request);
                }
            });
        }
    });
    requests as f64 / begun.elapsed().as_secs_f64()
}

/// In microseconds.
fn quantile(sorted: &[Duration], at: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * at) as usize].as_secs_f64() * 1e6
}

/// A client that does as little as one can.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 64 * 1024] }
    }

    /// Sends a request and reads the whole answer.
    fn exchange(&mut self, request: &[u8]) {
        self.stream.write_all(request).unwrap();
        let mut filled = 0;
        loop {
            let count = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(count > 0, "the connection ended");
            filled += count;
            let head = self.buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n");
            if head.is_some_and(|head| filled >= head + 4 + length(&self.buffer[..head])) {
                return;
            }
        }
    }
}

/// The answer's `Content-Length`.
fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_lowercase();
    head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap()
}
