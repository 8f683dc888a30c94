//! The routers, built from the list of operations, and what surrounds them: errors as JSON, panics caught, request ids.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use futures_util::FutureExt as _;
use http::header::{ALLOW, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode, Uri};

use crate::error::ApiError;
use crate::operations::Operation;
use crate::provisioner::Provisioner;
use crate::request::quoted;
use crate::request_id::with_request_id;
use crate::unread::discard_unread;
use crate::{runtimes, server};

/// The routes that need credentials. They take the caller from an `Identity` among the request's extensions, which a layer
/// put around this router has to put there; without one they answer 401.
pub fn protected(provisioner: Arc<dyn Provisioner>) -> Router {
    router(provisioner, false)
}

/// The routes that answer without credentials.
pub fn open(provisioner: Arc<dyn Provisioner>) -> Router {
    router(provisioner, true)
}

/// What goes around everything that an engine serves, once: JSON bodies for unknown paths and for panics, no guessing of
/// content types by browsers, unread bodies read before an answer (see `unread.rs`), and [`with_request_id`]. None of the
/// routers may have a fallback of its own.
pub fn finish(all: Router) -> Router {
    all.fallback(unknown_path)
        .layer(from_fn(catch_panics))
        .layer(from_fn(discard_unread))
        .layer(from_fn(with_request_id))
}

fn router(provisioner: Arc<dyn Provisioner>, open: bool) -> Router {
    let mut router = Router::new();
    let mut done: Vec<&str> = Vec::new();
    for operation in Operation::ALL.into_iter().filter(|operation| operation.is_open() == open) {
        let (_, path) = operation.method_and_path();
        if !done.contains(&path) {
            done.push(path);
            router = router.route(path, methods(path));
        }
    }
    router.with_state(provisioner)
}

/// All verbs of one path; OPTIONS says which they are, and so does the refusal of any other.
fn methods(path: &'static str) -> MethodRouter<Arc<dyn Provisioner>> {
    let here = Operation::ALL.into_iter().filter(|operation| operation.method_and_path().1 == path);
    let mut allow: Vec<&'static str> = Vec::new();
    let mut methods = MethodRouter::new();
    for operation in here {
        methods = methods.merge(handler(operation));
        match operation.method_and_path().0 {
            Method::GET => allow.extend(["GET", "HEAD"]),
            Method::POST => allow.push("POST"),
            Method::PUT => allow.push("PUT"),
            _ => allow.push("DELETE"),
        }
    }
    allow.push("OPTIONS");
    let allow: Arc<str> = allow.join(", ").into();
    methods.fallback(move |method: Method| {
        let allow = Arc::clone(&allow);
        async move { other_method(&method, &allow) }
    })
}

fn other_method(method: &Method, allow: &str) -> Response {
    match HeaderValue::from_str(allow) {
        Ok(value) if method == Method::OPTIONS => (StatusCode::NO_CONTENT, [(ALLOW, value)]).into_response(),
        _ => ApiError::MethodNotAllowed { method: quoted(method.as_str()), allow: allow.to_owned() }.into_response(),
    }
}

fn handler(operation: Operation) -> MethodRouter<Arc<dyn Provisioner>> {
    match operation {
        Operation::ListRuntimes => on(MethodFilter::GET, runtimes::list),
        Operation::CreateRuntime => on(MethodFilter::POST, runtimes::create),
        Operation::GetRuntime => on(MethodFilter::GET, runtimes::read),
        Operation::ChangeRuntime => on(MethodFilter::PUT, runtimes::change),
        Operation::DeleteRuntime => on(MethodFilter::DELETE, runtimes::delete),
        Operation::GetHistory => on(MethodFilter::GET, runtimes::history),
        Operation::GetLog => on(MethodFilter::GET, runtimes::log),
        Operation::GetSchema => on(MethodFilter::GET, server::schema),
        Operation::GetOpenApi => on(MethodFilter::GET, server::openapi),
        Operation::GetDocs => on(MethodFilter::GET, server::docs),
        Operation::GetHealth => on(MethodFilter::GET, server::health),
        Operation::GetReadiness => on(MethodFilter::GET, server::ready),
        Operation::GetVersion | Operation::GetServerVersion => on(MethodFilter::GET, server::version),
        Operation::GetServerConfig => on(MethodFilter::GET, server::config),
        Operation::GetMetrics => on(MethodFilter::GET, server::metrics),
    }
}

async fn unknown_path(uri: Uri) -> ApiError {
    ApiError::UnknownPath(quoted(uri.path()))
}

/// A fault of ours ends one request with 500, not its connection without an answer.
async fn catch_panics(request: Request, next: Next) -> Response {
    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            tracing::error!(panic = text, "a request ended in a panic");
            ApiError::Fault.into_response()
        }
    };
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
