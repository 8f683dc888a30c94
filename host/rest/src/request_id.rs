//! `X-Request-Id`: taken from the client or made, given back, and in every log line of the request.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;

use crate::request::quoted;

/// The header's name.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a client, in bytes.
const MOST_ID_BYTES: usize = 128;

/// Middleware for everything that an engine serves (`axum::middleware::from_fn`): the request's `X-Request-Id` where it is
/// well formed (1 to 128 of letters, digits, `.`, `_`, `-`), else one made here. It stands in the request's headers for
/// whoever comes next, in the answer's, and in a span around all that happens in between.
pub async fn with_request_id(mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers().get_all(REQUEST_ID).iter());
    // At the level of errors, because a filter that leaves out the span would leave the id out of the lines that it keeps.
    let span = tracing::error_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method = %quoted(request.method().as_str()),
        path = %quoted(request.uri().path()),
    );
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The one id that a client gave, or a new one.
fn request_id<'a>(mut given: impl Iterator<Item = &'a HeaderValue>) -> HeaderValue {
    match (given.next(), given.next()) {
        (Some(id), None) if is_well_formed(id.as_bytes()) => id.clone(),
        _ => {
            let id = uuid::Uuid::new_v4().to_string();
            HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"))
        }
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    (1..=MOST_ID_BYTES).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> HeaderValue {
        HeaderValue::from_str(text).unwrap()
    }

    #[test]
    fn a_well_formed_id_is_kept() {
        for id in ["a", "A.b_c-9", &"x".repeat(128)] {
            assert_eq!(request_id([value(id)].iter()), value(id));
        }
    }

    #[test]
    fn any_other_is_replaced() {
        let unfit = ["", "a b", "a\"", "ä", "a;b", &"x".repeat(129)];
        for id in unfit {
            let made = request_id([HeaderValue::from_bytes(id.as_bytes()).unwrap()].iter());
            assert_ne!(made.as_bytes(), id.as_bytes());
            assert!(is_well_formed(made.as_bytes()), "{made:?}");
        }
        assert_ne!(request_id([value("a"), value("b")].iter()), value("a"), "two are as good as none");
        assert_ne!(request_id([].iter()), request_id([].iter()));
    }
}
