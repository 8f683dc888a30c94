//! Reading the bodies of requests: bounded in size and time, JSON only, checked against the schema.

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use serde_json::Value;
use skerry_api::provisioning::{ServerlessRuntime, ServerlessRuntimeBody};

use crate::error::ApiError;
use crate::request::quoted;
use crate::{json, schema};

/// The largest body of a request.
const MOST_BODY_BYTES: usize = 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Reads a body that the definition `name` of the schema describes: a runtime without what the engine sets, and the value
/// as it was sent.
pub(crate) async fn read_runtime(
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(ServerlessRuntime, Value), ApiError> {
    check_content_type(headers)?;
    parse_runtime(name, &read(headers, body).await?)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, ApiError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MOST_BODY_BYTES as u64) {
        return Err(ApiError::BodyTooLarge(MOST_BODY_BYTES));
    }
    let too_slow = |_| ApiError::BodyTooSlow(BODY_TIMEOUT.as_secs());
    tokio::time::timeout(BODY_TIMEOUT, collect(body)).await.map_err(too_slow)?
}

async fn collect(mut body: Body) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ApiError::BrokenBody)?.into_data() else { continue };
        if bytes.len() + data.len() > MOST_BODY_BYTES {
            return Err(ApiError::BodyTooLarge(MOST_BODY_BYTES));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// JSON, or nothing said. Forms and plain text, which any web page may make a browser send with the user's credentials,
/// are refused.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(ApiError::NotJson(quoted(&text)))
}

fn parse_runtime(name: &str, bytes: &[u8]) -> Result<(ServerlessRuntime, Value), ApiError> {
    let sent = json::parse(bytes).map_err(|error| malformed(&error))?;
    schema::check(name, &sent)?;
    let mut cleaned = sent.clone();
    schema::clean(name, &mut cleaned);
    // What the schema lets through fits the types: a property test holds that. Still no reason to panic.
    let body: ServerlessRuntimeBody = serde_json::from_value(cleaned).map_err(|error| malformed(&error))?;
    Ok((body.serverless_runtime, sent))
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let reason = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    ApiError::MalformedJson { reason: quoted(reason), line, column }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_error_in_json_is_placed_by_line_and_column() {
        match parse_runtime("RuntimeCreation", b"{\n  \"a\": x}") {
            Err(ApiError::MalformedJson { reason, line: 2, column: 8 }) => assert_eq!(reason, "expected value"),
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse_runtime("RuntimeCreation", &bytes).is_err());
        }
    }
}
