//! What the engine itself asks of a guest, over the same connections as the gateway: health, renewal, activity, answers of
//! tasks, metrics. A guest's answers are hostile input: bounded in size and time.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use skerry_gateway::Connector;

/// Most bytes of an answer. Metrics have some 10 KiB, a task's answer at most what a guest's body limit lets through.
const MOST_ANSWER_BYTES: usize = 24 * 1024 * 1024;
/// Fresh random bytes that a renewed guest is given.
const ENTROPY_BYTES: usize = 64;

/// Why a guest gave no use of an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GuestError {
    /// No connection.
    #[error("the guest does not take connections")]
    Connect(#[source] io::Error),
    /// The connection broke, or what came is not HTTP.
    #[error("the guest's answer to {0} is no HTTP answer")]
    Http(String, #[source] hyper::Error),
    /// Nothing in time.
    #[error("the guest did not answer {path} within {} ms", timeout.as_millis())]
    TimedOut {
        /// What was asked for.
        path: String,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// Another status than the one that is right.
    #[error("the guest answered {path} with {status}: {body}")]
    Status {
        /// What was asked for.
        path: String,
        /// What came.
        status: StatusCode,
        /// The beginning of the body.
        body: String,
    },
    /// The body is too long or not what it should be.
    #[error("the guest's answer to {0} cannot be read: {1}")]
    Body(String, String),
    /// This host has no random bytes.
    #[error("the host has no random bytes: {0}")]
    Entropy(String),
}

/// What a guest is doing (`GET /v1/skerry/activity`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Activity {
    /// Calls that wait or run, of both kinds.
    pub calls_in_progress: u64,
    /// Asynchronous tasks that are not done.
    pub tasks_running: u64,
    /// Asynchronous tasks whose answers it keeps.
    pub tasks_finished: u64,
}

/// Body of `POST /v1/skerry/renew`.
#[derive(Serialize)]
struct Renewal<'a> {
    instance: &'a str,
    unix_time_us: u64,
    entropy: String,
}

/// Asks whether it serves.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn check_health(connector: &dyn Connector, timeout: Duration) -> Result<(), GuestError> {
    ask(connector, Method::GET, "/healthz", Bytes::new(), timeout).await.map(drop)
}

/// Gives a restored guest fresh random bytes, the right time and its identity (a UUID). It also proves that it serves.
///
/// # Errors
/// See [`GuestError`]; such a guest must not be used.
pub(crate) async fn renew(connector: &dyn Connector, instance: &str, timeout: Duration) -> Result<(), GuestError> {
    let mut entropy = [0; ENTROPY_BYTES];
    getrandom::fill(&mut entropy).map_err(|error| GuestError::Entropy(error.to_string()))?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let unix_time_us = u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX);
    let renewal = Renewal { instance, unix_time_us, entropy: STANDARD.encode(entropy) };
    let body = serde_json::to_vec(&renewal).map_err(|error| GuestError::Entropy(error.to_string()))?;
    ask(connector, Method::POST, "/v1/skerry/renew", body.into(), timeout).await.map(drop)
}

/// Asks what it is doing.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn activity(connector: &dyn Connector, timeout: Duration) -> Result<Activity, GuestError> {
    let path = "/v1/skerry/activity";
    let body = ask(connector, Method::GET, path, Bytes::new(), timeout).await?;
    serde_json::from_slice(&body).map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))
}

/// Asks for a task's status: the whole answer as text.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn task_status(connector: &dyn Connector, task: &str, timeout: Duration) -> Result<String, GuestError> {
    let path = format!("/v1/faas/{task}/status");
    text(&path, ask(connector, Method::GET, &path, Bytes::new(), timeout).await?)
}

/// Asks for its metrics, in Prometheus' text format.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn metrics(connector: &dyn Connector, timeout: Duration) -> Result<String, GuestError> {
    text("/metrics", ask(connector, Method::GET, "/metrics", Bytes::new(), timeout).await?)
}

fn text(path: &str, body: Bytes) -> Result<String, GuestError> {
    String::from_utf8(body.into()).map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))
}

/// One request over a connection of its own; the body of a 200.
async fn ask(
    connector: &dyn Connector,
    method: Method,
    path: &str,
    body: Bytes,
    timeout: Duration,
) -> Result<Bytes, GuestError> {
    let asked = exchange(connector, method, path, body);
    match tokio::time::timeout(timeout, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(GuestError::TimedOut { path: path.to_owned(), timeout }),
    }
}

async fn exchange(
    connector: &dyn Connector,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Bytes, GuestError> {
    let not_http = |error| GuestError::Http(path.to_owned(), error);
    let stream = connector.connect().await.map_err(GuestError::Connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(not_http)?;
    let driver = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::HOST, "guest")
        .header(http::header::CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(not_http);
    let answer = match answer {
        Ok(answer) => {
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES).collect().await;
            body.map(|body| (status, body.to_bytes())).map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))
        }
        Err(error) => Err(error),
    };
    driver.abort();
    let (status, body) = answer?;
    if status == StatusCode::OK {
        return Ok(body);
    }
    let body = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
    Err(GuestError::Status { path: path.to_owned(), status, body })
}
