//! The routes about the engine itself, which need no credentials and tell no secrets.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::openapi;
use crate::page;
use crate::runtimes::Engine;
use crate::schema;

/// Prometheus' text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /healthz`: it lives.
pub(crate) async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /readyz`: it can take work.
pub(crate) async fn ready(State(engine): Engine) -> Result<Json<Value>, ApiError> {
    engine.ready().map_err(ApiError::NotReady)?;
    Ok(Json(json!({"status": "ok"})))
}

/// `GET /version` and `GET /server/version`.
pub(crate) async fn version() -> Json<Value> {
    Json(json!({"name": "skerry", "version": env!("CARGO_PKG_VERSION")}))
}

/// `GET /server/config`.
pub(crate) async fn config(State(engine): Engine) -> Json<Value> {
    Json(engine.config())
}

/// `GET /metrics`.
pub(crate) async fn metrics(State(engine): Engine) -> Response {
    ([(CONTENT_TYPE, METRICS_TYPE)], engine.metrics().await).into_response()
}

/// `GET /serverless-runtimes/schema`.
pub(crate) async fn schema() -> Response {
    ([(CONTENT_TYPE, "application/schema+json")], schema::SCHEMA_TEXT).into_response()
}

/// `GET /openapi.json`.
pub(crate) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}

/// `GET /docs`: one page that asks for nothing else, and may not.
pub(crate) async fn docs() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ];
    (headers, page::html()).into_response()
}
