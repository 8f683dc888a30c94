//! Micro-benchmarks of what every call or start goes through, without machines and networks:
//! `cargo bench -p skerry-benches`.
//!
//! They are for seeing whether a change of these paths made them slower, on Linux; what a call takes as a whole, the
//! comparison measures.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::BodyExt;
use skerry_api::faas::{ExecuteAnswer, ExecuteRequest};
use skerry_api::provisioning::StartPath;
use skerry_gateway::identity::Users;
use skerry_gateway::{Connector, GatewaySettings, GuestIo, Hooks, RouteOptions, Routes, TaskRecord};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tower::ServiceExt;

const SUM_C: &str = "void sum(float a, float b, float *c) { *c = a + b; }";
const CALL: &str = r#"{"lang":"C","fc":"dm9pZCBzdW0oZmxvYXQgYSwgZmxvYXQgYiwgZmxvYXQgKmMpIHsgKmMgPSBhICsgYjsgfQ==","params":["eyJ0eXBlIjoiZmxvYXQiLCJ2YXJfbmFtZSI6ImEiLCJ2YWx1ZSI6Ik13PT0iLCJtb2RlIjoiSU4ifQ==","eyJ0eXBlIjoiZmxvYXQiLCJ2YXJfbmFtZSI6ImIiLCJ2YWx1ZSI6Ik5DNDEiLCJtb2RlIjoiSU4ifQ=="]}"#;

/// The guest's server reads a request, head and body, that has arrived in one piece.
fn http_parse(criterion: &mut Criterion) {
    // The entry that fuzzing uses reads a request again and again in pieces, unless it holds this word.
    let note = "X-Note: unexpected";
    let head = format!("POST /v1/faas/execute-sync HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: */*\r\n{note}\r\n");
    let request = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{CALL}", CALL.len());
    let mut group = criterion.benchmark_group("guest");
    group.throughput(Throughput::Bytes(request.len() as u64));
    group.bench_function("http parse", |bencher| {
        bencher.iter(|| skerry_runtime::fuzzing::read_requests(black_box(request.as_bytes())));
    });
    group.finish();
}

/// A call and its answer, from and to JSON.
fn json(criterion: &mut Criterion) {
    let answer = ExecuteAnswer {
        result: Some("Ny41".to_owned()),
        ret_code: 0,
        res: Some("Ny41".to_owned()),
        err: None,
        outs: Vec::new(),
        logs: None,
    };
    let mut group = criterion.benchmark_group("api");
    group.bench_function("call from json", |bencher| {
        bencher.iter(|| serde_json::from_str::<ExecuteRequest>(black_box(CALL)).expect("the call is one"));
    });
    group.bench_function("answer to json", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&answer)).expect("an answer can be written"));
    });
    group.finish();
}

/// C source to WebAssembly: a line, and a kernel of the comparison.
fn c_compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("c compile");
    for (name, source) in [("sum", SUM_C), ("sha256", include_str!("../kernels/sha256.c"))] {
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| skerry_c_compiler::compile(black_box(source)).expect("it compiles"));
        });
    }
    group.finish();
}

/// The gateway finds the runtime of a request, admits it, takes it to a guest in the same process and brings the answer.
fn gateway(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let routes = Routes::new(GatewaySettings::default(), Arc::new(NoHooks));
    // Some neighbours, as on a host with many runtimes.
    for id in 1..=100 {
        routes.add(id, RouteOptions { public: true, owner: "anna".into(), concurrency: 4, queue: 16 });
        let _inside = runtime.enter();
        routes.up(id, "vm", Arc::new(GuestInside), StartPath::Pool);
    }
    let app = skerry_gateway::router(routes, Users::new(Vec::new()).expect("nobody is a user list, too"));
    let mut group = criterion.benchmark_group("gateway");
    for (name, path) in [("proxied", "/r/50/healthz"), ("unknown runtime", "/r/5000/healthz")] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let request =
                        Request::get(path).header("host", "127.0.0.1:2719").body(Body::empty()).expect("a request");
                    let answer = app.clone().oneshot(request).await.expect("the gateway always answers");
                    let status = answer.status();
                    let body = answer.into_body().collect().await.expect("the body is whole").to_bytes();
                    assert_eq!(status == 200, name == "proxied", "{body:?}");
                    body
                })
            });
        });
    }
    group.finish();
}

struct NoHooks;

impl Hooks for NoHooks {
    fn wake(&self, _: u64) {}

    fn task_accepted<'a>(&'a self, _: u64, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn task<'a>(&'a self, _: u64, _: &'a str) -> BoxFuture<'a, Result<Option<TaskRecord>, String>> {
        Box::pin(async { Ok(None) })
    }

    fn task_finished<'a>(&'a self, _: u64, _: &'a str, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

/// A guest that answers all requests alike, at the other end of a pipe.
struct GuestInside;

impl Connector for GuestInside {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn GuestIo>>> {
        Box::pin(async {
            let (ours, theirs) = tokio::io::duplex(16 * 1024);
            tokio::spawn(answer_all(theirs));
            Ok(Box::new(ours) as Box<dyn GuestIo>)
        })
    }
}

async fn answer_all(mut stream: DuplexStream) -> io::Result<()> {
    let mut request = [0; 4096];
    // A small request arrives whole, because it was written whole.
    while stream.read(&mut request).await? > 0 {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?;
    }
    Ok(())
}

criterion_group!(benches, http_parse, json, c_compile, gateway);
criterion_main!(benches);
