//! What the engine itself asks of a guest, over the same connections as the gateway: health, renewal, activity, answers of
//! tasks, metrics. A guest's answers are hostile input: bounded in size and time.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use skerry_api::faas::{ACTIVITY_PATH, ActivityAnswer, RENEW_PATH, RenewAnswer, RenewRequest};
use skerry_gateway::Connector;
use tokio::task::AbortHandle;

/// Most bytes of an answer. Metrics have some 10 KiB, a task's answer at most what a guest's body limit lets through.
const MOST_ANSWER_BYTES: usize = 24 * 1024 * 1024;
/// A guest that has just been restored takes tens of milliseconds for its first answer, by which its clock then is late; it
/// is told again, until its clock is off by less than this.
const MOST_CLOCK_ERROR_US: u64 = 3000;
/// Most times that it is told; on a host that is busy every answer is late.
const MOST_RENEWALS: usize = 4;
/// Connections that a guest is warmed up with, and requests on each.
const WARM_UP_CONNECTIONS: usize = 4;
const WARM_UP_REQUESTS: usize = 3;
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

/// Gives a guest fresh random bytes, the right time and its identity (a UUID). It also proves that it serves: nobody else
/// may ask a guest anything before.
///
/// # Errors
/// See [`GuestError`]; such a guest must not be used.
pub(crate) async fn renew(connector: &dyn Connector, instance: &str, timeout: Duration) -> Result<(), GuestError> {
    let renewed = async {
        let mut conversation = Conversation::begin(connector, RENEW_PATH).await?;
        for _ in 0..MOST_RENEWALS {
            let (sent_us, body) = renewal(instance)?;
            let answer = conversation.ask(Method::POST, RENEW_PATH, body).await?;
            if clock_error_us(sent_us, unix_time_us(), &answer)? <= MOST_CLOCK_ERROR_US {
                break;
            }
        }
        Ok(())
    };
    within(RENEW_PATH, timeout, renewed).await
}

/// How far the guest's clock is off, as seen in the middle between question and answer.
fn clock_error_us(sent_us: u64, received_us: u64, answer: &[u8]) -> Result<u64, GuestError> {
    let answer: RenewAnswer =
        serde_json::from_slice(answer).map_err(|error| GuestError::Body(RENEW_PATH.to_owned(), error.to_string()))?;
    Ok(answer.unix_time_us.abs_diff(sent_us / 2 + received_us / 2))
}

fn unix_time_us() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX)
}

/// The time that it tells, and the request.
fn renewal(instance: &str) -> Result<(u64, Bytes), GuestError> {
    let mut entropy = [0; ENTROPY_BYTES];
    getrandom::fill(&mut entropy).map_err(|error| GuestError::Entropy(error.to_string()))?;
    let unix_time_us = unix_time_us();
    let request = RenewRequest { instance: instance.to_owned(), unix_time_us, entropy: STANDARD.encode(entropy) };
    let body =
        serde_json::to_vec(&request).map_err(|error| GuestError::Body(RENEW_PATH.to_owned(), error.to_string()))?;
    Ok((unix_time_us, body.into()))
}

/// Lets a guest answer before anybody waits for it: what a processor (or QEMU's translator) does for the first time takes
/// tens of milliseconds, and a pooled guest has the time.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn warm_up(connector: &dyn Connector, timeout: Duration) -> Result<(), GuestError> {
    for _ in 0..WARM_UP_CONNECTIONS {
        let asked = async {
            let mut conversation = Conversation::begin(connector, "/healthz").await?;
            for _ in 0..WARM_UP_REQUESTS {
                conversation.ask(Method::GET, "/healthz", Bytes::new()).await?;
            }
            Ok(())
        };
        within("/healthz", timeout, asked).await?;
    }
    Ok(())
}

/// Asks what it is doing.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn activity(connector: &dyn Connector, timeout: Duration) -> Result<ActivityAnswer, GuestError> {
    let body = get(connector, ACTIVITY_PATH, timeout).await?;
    serde_json::from_slice(&body).map_err(|error| GuestError::Body(ACTIVITY_PATH.to_owned(), error.to_string()))
}

/// Asks for a task's status: the whole answer as text.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn task_status(
    connector: &dyn Connector,
    task: &str,
    timeout: Duration,
) -> Result<String, GuestError> {
    let path = format!("/v1/faas/{task}/status");
    text(&path, get(connector, &path, timeout).await?)
}

/// Asks for its metrics, in Prometheus' text format.
///
/// # Errors
/// See [`GuestError`].
pub(crate) async fn metrics(connector: &dyn Connector, timeout: Duration) -> Result<String, GuestError> {
    text("/metrics", get(connector, "/metrics", timeout).await?)
}

fn text(path: &str, body: Bytes) -> Result<String, GuestError> {
    String::from_utf8(body.into()).map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))
}

/// One GET over a connection of its own; the body of a 200.
async fn get(connector: &dyn Connector, path: &str, timeout: Duration) -> Result<Bytes, GuestError> {
    let asked = async { Conversation::begin(connector, path).await?.ask(Method::GET, path, Bytes::new()).await };
    within(path, timeout, asked).await
}

async fn within<T>(
    path: &str,
    timeout: Duration,
    asked: impl Future<Output = Result<T, GuestError>>,
) -> Result<T, GuestError> {
    let timed_out = |_| GuestError::TimedOut { path: path.to_owned(), timeout };
    tokio::time::timeout(timeout, asked).await.map_err(timed_out)?
}

/// A connection to a guest with requests one after the other; it ends with this.
struct Conversation {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Conversation {
    /// Connects; `path` is what it is for, in messages.
    async fn begin(connector: &dyn Connector, path: &str) -> Result<Self, GuestError> {
        let stream = connector.connect().await.map_err(GuestError::Connect)?;
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| GuestError::Http(path.to_owned(), error))?;
        Ok(Self { sender, driver: tokio::spawn(connection).abort_handle() })
    }

    /// The body of the answer, if that is a 200.
    async fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, GuestError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::HOST, "guest")
            // As the gateway's own requests have them, so that a guest that was warmed up knows the way.
            .header(http::header::ACCEPT, "*/*")
            .header(http::header::USER_AGENT, "skerry-engine")
            .header(http::header::VIA, "1.1 skerry")
            .header(skerry_gateway::REQUEST_ID, "engine")
            .body(Full::new(body))
            .map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))?;
        let not_http = |error| GuestError::Http(path.to_owned(), error);
        self.sender.ready().await.map_err(not_http)?;
        let answer = self.sender.send_request(request).await.map_err(not_http)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| GuestError::Body(path.to_owned(), error.to_string()))?.to_bytes();
        if status == StatusCode::OK {
            return Ok(body);
        }
        let body = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        Err(GuestError::Status { path: path.to_owned(), status, body })
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
