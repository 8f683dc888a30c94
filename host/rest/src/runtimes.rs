//! The routes below `/serverless-runtimes` that need credentials: HTTP in, [`Provisioner`] calls, HTTP out.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LINK, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use serde_json::Value;
use sha2::{Digest, Sha256};
use skerry_api::provisioning::{ServerlessRuntime, ServerlessRuntimeBody, ServerlessRuntimePage};

use crate::body;
use crate::error::ApiError;
use crate::provisioner::{Filter, Idempotency, Provisioner, Versioned};
use crate::request::{self, Caller, RuntimeId, Tags};
use crate::schema::Violation;

/// What all handlers share.
pub(crate) type Engine = State<Arc<dyn Provisioner>>;

/// Says that an answer is that of an earlier request under the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// `POST /serverless-runtimes`. A repeated key gets 201 again: to a client that lost the first answer the second is the
/// first, and one that only knows 201 as success goes on working. `Idempotent-Replayed` tells the two apart.
pub(crate) async fn create(
    State(engine): Engine,
    Caller(caller): Caller,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    request::no_parameters(&uri)?;
    let key = request::idempotency_key(&headers)?;
    let (runtime, _) = body::read_runtime("RuntimeCreation", &headers, body).await?;
    let idempotency = key.map(|key| Idempotency { key, fingerprint: fingerprint(&runtime) });
    let created = engine.create(&caller, runtime, idempotency).await?;
    let location = format!("/serverless-runtimes/{}", created.runtime.runtime.id.unwrap_or_default());
    let mut response = (StatusCode::CREATED, shown(created.runtime)).into_response();
    set(&mut response, LOCATION, &location);
    if created.repeated {
        set(&mut response, REPLAYED, "true");
    }
    Ok(response)
}

/// SHA-256 of a creation in one canonical form: members in the types' order, without absent, null and engine-set ones.
fn fingerprint(runtime: &ServerlessRuntime) -> String {
    // Numbers, strings and flags in structs always serialise.
    let canonical = serde_json::to_vec(runtime).unwrap_or_default();
    Sha256::digest(canonical).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `GET /serverless-runtimes/{id}`.
pub(crate) async fn read(
    State(engine): Engine,
    Caller(caller): Caller,
    RuntimeId(id): RuntimeId,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    request::no_parameters(&uri)?;
    let known = request::tags(&headers, &IF_NONE_MATCH, "If-None-Match")?;
    let found = engine.get(&caller, id)?;
    if known.is_some_and(|known| known.has_weak(found.version)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        set(&mut response, ETAG, &tag(found.version));
        return Ok(response);
    }
    Ok(shown(found))
}

/// `PUT /serverless-runtimes/{id}`.
pub(crate) async fn change(
    State(engine): Engine,
    Caller(caller): Caller,
    RuntimeId(id): RuntimeId,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    request::no_parameters(&uri)?;
    let wanted = request::tags(&headers, &IF_MATCH, "If-Match")?;
    let (runtime, sent) = body::read_runtime("RuntimeChange", &headers, body).await?;
    check_same_id(&sent, id)?;
    let if_match = match wanted {
        None => None,
        // `*` asks for no more than that there is one.
        Some(Tags::Any) => engine.get(&caller, id).map(|_| None)?,
        Some(wanted) => Some(matching(&wanted, id, engine.get(&caller, id)?.version)?),
    };
    Ok(shown(engine.update(&caller, id, runtime, if_match).await?))
}

/// A body names no other runtime than its path does.
fn check_same_id(sent: &Value, id: u64) -> Result<(), ApiError> {
    let path = "/SERVERLESS_RUNTIME/ID";
    match sent.pointer(path) {
        None | Some(Value::Null) => Ok(()),
        // Floats that are whole are integers to JSON Schema; none above 2^53 is taken for one.
        Some(given) if given.as_u64() == Some(id) || (given.is_f64() && given.as_f64() == Some(id as f64)) => Ok(()),
        Some(given) => {
            let message = format!("{path} is {given}, must be {id}, as in the path, or absent");
            Err(ApiError::Invalid(Violation { path: path.to_owned(), message }))
        }
    }
}

fn matching(wanted: &Tags, id: u64, version: u64) -> Result<u64, ApiError> {
    if wanted.has_strong(version) { Ok(version) } else { Err(ApiError::PreconditionFailed { id, version }) }
}

/// `DELETE /serverless-runtimes/{id}`. `If-Match` is looked at before; a change in between is not noticed.
pub(crate) async fn delete(
    State(engine): Engine,
    Caller(caller): Caller,
    RuntimeId(id): RuntimeId,
    uri: Uri,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    request::no_parameters(&uri)?;
    if let Some(wanted) = request::tags(&headers, &IF_MATCH, "If-Match")? {
        matching(&wanted, id, engine.get(&caller, id)?.version)?;
    }
    engine.delete(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /serverless-runtimes`.
pub(crate) async fn list(State(engine): Engine, Caller(caller): Caller, uri: Uri) -> Result<Response, ApiError> {
    let filter = request::filter(&uri)?;
    let listing = engine.list(&caller, &filter);
    let page = ServerlessRuntimePage {
        serverless_runtimes: listing
            .runtimes
            .into_iter()
            .map(|serverless_runtime| ServerlessRuntimeBody { serverless_runtime })
            .collect(),
        total: listing.total,
        next: listing.next,
    };
    let mut response = Json(page).into_response();
    set(&mut response, CACHE_CONTROL, "no-cache");
    if let Some(next) = listing.next {
        set(&mut response, LINK, &next_link(&filter, next));
    }
    Ok(response)
}

fn next_link(filter: &Filter, next: u64) -> String {
    let mut link = "</serverless-runtimes?".to_owned();
    let state = filter.state.map(|state| state.name().to_owned());
    for (name, value) in [("state", &state), ("flavour", &filter.flavour), ("name", &filter.name)] {
        if let Some(value) = value {
            let _ = write!(link, "{name}={}&", percent_encoded(value));
        }
    }
    let _ = write!(link, "limit={}&after={next}>; rel=\"next\"", filter.limit);
    link
}

/// Everything but RFC 3986's unreserved characters, percent-encoded.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// `GET /serverless-runtimes/{id}/history`.
pub(crate) async fn history(
    State(engine): Engine,
    Caller(caller): Caller,
    RuntimeId(id): RuntimeId,
    uri: Uri,
) -> Result<Response, ApiError> {
    request::no_parameters(&uri)?;
    let mut response = Json(engine.history(&caller, id).await?).into_response();
    set(&mut response, CACHE_CONTROL, "no-cache");
    Ok(response)
}

/// `GET /serverless-runtimes/{id}/log`: what a guest wrote, so never anything that a browser would interpret.
pub(crate) async fn log(
    State(engine): Engine,
    Caller(caller): Caller,
    RuntimeId(id): RuntimeId,
    uri: Uri,
) -> Result<Response, ApiError> {
    let text = engine.log(&caller, id, request::lines(&uri)?).await?;
    let mut response = text.into_response();
    set(&mut response, CONTENT_TYPE, "text/plain; charset=utf-8");
    set(&mut response, CACHE_CONTROL, "no-cache");
    Ok(response)
}

fn shown(found: Versioned) -> Response {
    let mut response = Json(ServerlessRuntimeBody { serverless_runtime: found.runtime }).into_response();
    set(&mut response, ETAG, &tag(found.version));
    set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Sets a header to a value that is ASCII by the way it was made.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
