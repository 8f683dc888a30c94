//! Every error that a client of the REST API can get, and the one place where it becomes HTTP.
//!
//! The body is `{"error","message"}`, with `path` where a member of the request's body is at fault.

use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::provisioner::Refusal;
use crate::schema::Violation;

/// Seconds after which a client that met a transient state should ask again: a start takes well under one.
const RETRY_TRANSIENT_S: u32 = 1;
/// Seconds after which a client should ask again when the store fails or the engine stops: about a restart's time.
const RETRY_UNAVAILABLE_S: u32 = 5;
/// Seconds after which a client should ask again when the host is full: others have to delete theirs first.
const RETRY_NO_ROOM_S: u32 = 30;

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// 404.
    #[error("there is nothing at {0}; GET /openapi.json or /docs lists what there is")]
    UnknownPath(String),
    /// 404: what stands in an id's place is none.
    #[error("there is no runtime {0}; ids are whole numbers from 1")]
    MalformedId(String),
    /// 405.
    #[error("{method} is not possible here; use one of {allow}")]
    MethodNotAllowed { method: String, allow: String },
    /// 401: no middleware decided whose request it is.
    #[error("no credentials; send HTTP Basic")]
    Unauthenticated,
    /// 408.
    #[error("the body did not arrive within {0} s; send it faster or in one piece")]
    BodyTooSlow(u64),
    /// 413.
    #[error("the body is larger than {0} bytes; send a smaller one")]
    BodyTooLarge(usize),
    /// 415.
    #[error("the Content-Type is {0}; send JSON with `Content-Type: application/json`")]
    NotJson(String),
    /// 400: the connection broke or its framing is wrong.
    #[error("the body cannot be read; send it again")]
    BrokenBody,
    /// 400.
    #[error("the body is no JSON: {reason} at line {line} column {column}; correct it there")]
    MalformedJson { reason: String, line: usize, column: usize },
    /// 400.
    #[error("{}", .0.message)]
    Invalid(Violation),
    /// 400.
    #[error("the header {name} {problem}")]
    Header { name: &'static str, problem: &'static str },
    /// 400.
    #[error("{0}")]
    Query(String),
    /// 412: it was changed meanwhile, or the condition cannot hold.
    #[error("runtime {id} is at version {version} now; read it again")]
    PreconditionFailed { id: u64, version: u64 },
    /// 503.
    #[error("{0}")]
    NotReady(String),
    /// 500.
    #[error("the engine has a fault; its log has more under this X-Request-Id")]
    Fault,
    /// What the engine says.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPath(_) | Self::MalformedId(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::BodyTooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokenBody | Self::MalformedJson { .. } | Self::Invalid(_) | Self::Header { .. } | Self::Query(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::PreconditionFailed { .. } => StatusCode::PRECONDITION_FAILED,
            Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(refusal) => status_of(refusal),
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        match self {
            Self::MethodNotAllowed { allow, .. } => set(ALLOW, allow),
            Self::Unauthenticated => set(WWW_AUTHENTICATE, "Basic realm=\"skerry\", charset=\"UTF-8\""),
            Self::PreconditionFailed { version, .. } | Self::Refused(Refusal::VersionMismatch { version, .. }) => {
                set(ETAG, &format!("\"{version}\""));
            }
            Self::NotReady(_) => set(RETRY_AFTER, &RETRY_UNAVAILABLE_S.to_string()),
            Self::Refused(refusal) => {
                if let Some(seconds) = retry_after_s(refusal) {
                    set(RETRY_AFTER, &seconds.to_string());
                }
            }
            _ => {}
        }
        headers
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
        Refusal::Transient { .. } => StatusCode::LOCKED,
        Refusal::Unprocessable(_) | Refusal::KeyReused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::VersionMismatch { .. } => StatusCode::PRECONDITION_FAILED,
        Refusal::NoRoom(_) => StatusCode::INSUFFICIENT_STORAGE,
        Refusal::Unavailable(_) | Refusal::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn retry_after_s(refusal: &Refusal) -> Option<u32> {
    match refusal {
        Refusal::Transient { .. } => Some(RETRY_TRANSIENT_S),
        Refusal::NoRoom(_) => Some(RETRY_NO_ROOM_S),
        Refusal::Unavailable(_) | Refusal::Stopping => Some(RETRY_UNAVAILABLE_S),
        Refusal::NotFound(_)
        | Refusal::Forbidden(_)
        | Refusal::Unprocessable(_)
        | Refusal::KeyReused(_)
        | Refusal::VersionMismatch { .. } => None,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let path = match &self {
            Self::Invalid(violation) => Some(violation.path.as_str()),
            _ => None,
        };
        let error = status.canonical_reason().unwrap_or("error").to_ascii_lowercase();
        let body = ErrorBody { error, message: self.to_string(), path };
        // Three strings always serialise.
        let text = serde_json::to_string(&body).unwrap_or_default();
        (status, self.headers(), [(CONTENT_TYPE, "application/json")], text).into_response()
    }
}
