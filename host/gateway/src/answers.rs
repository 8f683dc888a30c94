//! The answers that are the gateway's own: errors, in the form in which guests give theirs.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use skerry_api::faas::ErrorBody;

use crate::identity::{Unauthenticated, WWW_AUTHENTICATE_VALUE};

/// Media type of everything here.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What the gateway itself has to say instead of a guest's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), header: None }
    }

    /// The same with seconds after which it is worth trying again.
    fn retry_after(mut self, seconds: u32) -> Self {
        self.header = Some((RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unknown_runtime() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no runtime has this id; list them with GET /serverless-runtimes")
    }

    pub(crate) fn removed(reason: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("the runtime is gone: {reason}"))
    }

    pub(crate) fn bad_gateway(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, message)
    }

    /// Worth trying again at once.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message).retry_after(1)
    }

    pub(crate) fn too_many(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message).retry_after(1)
    }

    pub(crate) fn timed_out(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, message)
    }

    pub(crate) fn too_large(most_bytes: u64) -> Self {
        let message = format!("the body is larger than the {most_bytes} bytes that the gateway takes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// The same with this header field instead of another.
    pub(crate) fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn into_response(self) -> Response {
        let body = ErrorBody { error: short(self.status), message: self.message.clone(), detail: self.message };
        // Strings always serialise; an empty body would still have the right status.
        let mut response = Response::new(Body::from(serde_json::to_string(&body).unwrap_or_default()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Unauthenticated> for Refusal {
    fn from(reason: Unauthenticated) -> Self {
        let message = reason.to_string();
        match reason {
            Unauthenticated::Missing | Unauthenticated::Wrong => Self {
                header: Some((WWW_AUTHENTICATE, WWW_AUTHENTICATE_VALUE)),
                ..Self::new(StatusCode::UNAUTHORIZED, message)
            },
            Unauthenticated::Busy => Self::unavailable(message),
        }
    }
}

/// The status in words: `bad gateway`.
fn short(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("error").to_lowercase()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn an_error_has_the_fields_that_a_guest_would_give_it() {
        let response = Refusal::bad_gateway("the guest \"went\" away").into_response();
        assert_eq!(response.status(), 502);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body: ErrorBody = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body.error, "bad gateway");
        assert_eq!(body.message, "the guest \"went\" away");
        assert_eq!(body.detail, body.message);
    }

    #[test]
    fn who_is_to_try_again_is_told_when_and_who_has_no_credentials_how() {
        for refusal in [Refusal::unavailable("x"), Refusal::too_many("x"), Unauthenticated::Busy.into()] {
            assert_eq!(refusal.into_response().headers()[RETRY_AFTER], "1");
        }
        for reason in [Unauthenticated::Missing, Unauthenticated::Wrong] {
            let response = Refusal::from(reason).into_response();
            assert_eq!(response.status(), 401);
            assert_eq!(response.headers()[WWW_AUTHENTICATE], WWW_AUTHENTICATE_VALUE);
        }
    }
}
