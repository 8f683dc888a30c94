//! The request's id in the engine's log. A test program of its own, because what is logged is decided for a whole process.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What is logged while each of the paths is asked for with its id, at this level.
///
/// One at a time: what a subscriber leaves out is remembered for all threads.
fn logged(level: tracing::Level, asked: &'static [(&str, &str)]) -> String {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).with_max_level(level).finish();
    // Of this thread, in which the server runs too.
    let _guard = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let warns = get(async || tracing::warn!("from a handler"));
        let panics = get(async || {
            if true {
                panic!("from a panic")
            }
        });
        let all = skerry_rest::finish(Router::new().route("/warns", warns).route("/panics", panics));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, all).await });
        let client = tokio::task::spawn_blocking(move || {
            for (path, id) in asked {
                let request = ureq::get(format!("http://{address}{path}")).header("x-request-id", *id);
                request.config().http_status_as_error(false).build().call().unwrap();
            }
        });
        client.await.unwrap();
        server.abort();
    });
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_line_of_a_request_has_its_id_whatever_the_filter_leaves_out() {
    let text = logged(tracing::Level::WARN, &[("/warns", "first"), ("/panics", "second")]);
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> =
        lines.iter().map(|line| (line["fields"]["message"].as_str(), line["span"]["id"].as_str())).collect();
    assert_eq!(seen, [(Some("from a handler"), Some("first")), (Some("a request ended in a panic"), Some("second"))]);
    assert_eq!(lines[1]["fields"]["panic"], "from a panic");
    assert_eq!(lines[1]["span"]["path"], "/panics");
}

#[test]
fn each_answer_is_a_line_for_those_who_debug() {
    let text = logged(tracing::Level::DEBUG, &[("/nothing", "third")]);
    let line = text.lines().find(|line| line.contains("answered")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["fields"]["status"], &line["span"]["id"]), (&404.into(), &"third".into()));
}
