//! What the runtime answers: each route's response, and the calls that workers have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::http::{Fault, Request, Response, reason};
use crate::log::Escaped;
use crate::router::{Refusal, Route};

/// Which connection asked; a number that is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller(pub(crate) u64);

/// A call whose answer will come.
pub(crate) struct Pending {
    stop: Arc<AtomicBool>,
}

impl Pending {
    /// Nobody waits for the answer any more.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// An answer, now or later.
pub(crate) enum Reply {
    Now(Response),
    Later(Pending),
}

/// The runtime's state behind the sockets.
pub(crate) struct Service {}

const INDEX: &str = concat!(
    r#"{"name":"skerry-runtime","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","routes":["GET /","GET /healthz","GET /metrics","POST /v1/faas/execute-sync","POST /v1/faas/execute-async","#,
    r#""GET /v1/faas/{uuid}/status"]}"#
);

impl Service {
    /// Answers a request or hands it to a worker.
    pub(crate) fn handle(&mut self, request: Request, _caller: Caller, _now: Instant) -> Reply {
        Reply::Now(match request.resolution.route {
            Ok(Route::Index) => Response::json(200, INDEX.as_bytes()),
            Ok(Route::Health) => Response::json(200, &br#"{"status":"ok"}"#[..]),
            Ok(_) => refuse(Refusal::UnknownPath),
            Err(refusal) => refuse(refusal),
        })
    }

    /// The answer to bytes that are no request.
    pub(crate) fn fault(&mut self, fault: Fault) -> Response {
        error(fault.status(), &fault.message())
    }

    /// The answer to a client for whom there is no room now.
    pub(crate) fn overloaded(&mut self, message: &str) -> Response {
        error(503, message)
    }
}

/// The answer to a request that leads nowhere.
fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::UnknownPath => error(404, "no such path; GET / lists those that exist"),
        Refusal::WrongMethod(allow) => {
            Response { allow: Some(allow), ..error(405, &format!("the methods of this path are {allow}")) }
        }
        Refusal::MalformedUuid => error(400, "the task's name in the path is not a UUID"),
        Refusal::NoDataService => error(501, "the data service is not part of this runtime"),
    }
}

/// An answer that is an error, as [`skerry_api::faas::ErrorBody`].
fn error(status: u16, message: &str) -> Response {
    let (error, message) = (reason(status), Escaped(message));
    Response::json(status, format!(r#"{{"error":"{error}","message":"{message}","detail":"{message}"}}"#).into_bytes())
}
