//! A client of the Serverless Runtime's REST API: sends [`ExecuteRequest`]s, reads the answers.
//!
//! An endpoint is what `skerry provision` prints; what it answers is outside input, so sizes and times are bounded.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use skerry_api::faas::{AsyncAnswer, ErrorBody, ExecuteAnswer, ExecuteRequest, StatusAnswer};
use ureq::Agent;
use ureq::http::Response;

/// The largest answer that is read. A runtime's own limit for a call's memory is 16 MiB, base64 adds a third.
const MOST_ANSWER_BYTES: u64 = 32 * 1024 * 1024;

/// Why a request got no answer that says what we asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is none that a runtime can have.
    #[error("`{0}` is no endpoint; it looks like http://127.0.0.1:34567")]
    Endpoint(String),
    /// Nobody answered, or not in HTTP.
    #[error("no answer from {url}")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// What went wrong on the way.
        source: Box<ureq::Error>,
    },
    /// The runtime refuses the request.
    #[error("the runtime refuses the request with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, and what to do.
        message: String,
    },
    /// It answers, but not what the API promises.
    #[error("{url} answers with something that is not of the FaaS API: {reason}")]
    NotTheApi {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
}

/// An answer, also as the text that came.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The answer's fields.
    pub value: T,
    /// The body as it came.
    pub raw: String,
}

/// A runtime's address and a connection that is kept alive between requests.
#[derive(Debug)]
pub struct FaasClient {
    agent: Agent,
    endpoint: String,
    authorization: Option<String>,
}

impl FaasClient {
    /// A client of the runtime at `endpoint` (`http://host:port`, the scheme may be left out). Connects with the first
    /// request; `timeout` is for each request as a whole.
    ///
    /// # Errors
    /// [`ClientError::Endpoint`].
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Self, ClientError> {
        let endpoint = normalise(endpoint).ok_or_else(|| ClientError::Endpoint(endpoint.to_owned()))?;
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            // A runtime is on this machine or named outright: a proxy for the rest of the world is not on the way.
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("skerry/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.new_agent(), endpoint, authorization: None })
    }

    /// Sends this `Authorization` with each request, for runtimes that are not public.
    #[must_use]
    pub fn with_authorization(self, authorization: Option<&str>) -> Self {
        Self { authorization: authorization.map(str::to_owned), ..self }
    }

    /// The endpoint, with its scheme and without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks `/healthz`, which answers 200 as soon as the runtime serves.
    ///
    /// # Errors
    /// Any other answer, or none.
    pub fn check_health(&self) -> Result<(), ClientError> {
        let url = format!("{}/healthz", self.endpoint);
        let response = self.get(&url);
        self.body(&url, response).map(drop)
    }

    /// Runs a function and waits for its result.
    ///
    /// # Errors
    /// See [`ClientError`]. A function that fails is an answer, not an error.
    pub fn execute_sync(&self, request: &ExecuteRequest) -> Result<Answer<ExecuteAnswer>, ClientError> {
        self.post("/v1/faas/execute-sync", request)
    }

    /// Begins to run a function.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn execute_async(&self, request: &ExecuteRequest) -> Result<Answer<AsyncAnswer>, ClientError> {
        self.post("/v1/faas/execute-async", request)
    }

    /// Asks how far a task is.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn status(&self, task_uuid: &str) -> Result<Answer<StatusAnswer>, ClientError> {
        let url = format!("{}/v1/faas/{task_uuid}/status", self.endpoint);
        let response = self.get(&url);
        let raw = self.body(&url, response)?;
        parse(&url, raw)
    }

    fn get(&self, url: &str) -> Result<Response<ureq::Body>, ureq::Error> {
        let request = self.agent.get(url);
        match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization).call(),
            None => request.call(),
        }
    }

    fn post<T: DeserializeOwned>(&self, path: &str, request: &ExecuteRequest) -> Result<Answer<T>, ClientError> {
        let url = format!("{}{path}", self.endpoint);
        let body = serde_json::to_vec(request)
            .map_err(|error| ClientError::NotTheApi { url: url.clone(), reason: error.to_string() })?;
        let mut request = self.agent.post(&url).header("Content-Type", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.send(body.as_slice());
        let raw = self.body(&url, response)?;
        parse(&url, raw)
    }

    fn body(&self, url: &str, response: Result<Response<ureq::Body>, ureq::Error>) -> Result<String, ClientError> {
        let no_answer = |source| ClientError::NoAnswer { url: url.to_owned(), source: Box::new(source) };
        let mut response = response.map_err(no_answer)?;
        let body = response.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_string().map_err(no_answer)?;
        let status = response.status();
        if status.is_success() { Ok(body) } else { Err(refusal(status.as_u16(), &body)) }
    }
}

/// The text that a base64 field of an answer stands for.
///
/// # Errors
/// [`ClientError::NotTheApi`] when it is not base64 of UTF-8.
pub fn decode_text(endpoint: &str, field: &str) -> Result<String, ClientError> {
    let wrong = |reason: String| ClientError::NotTheApi { url: endpoint.to_owned(), reason };
    let bytes = BASE64_STANDARD.decode(field).map_err(|error| wrong(format!("a value is not base64: {error}")))?;
    String::from_utf8(bytes).map_err(|error| wrong(format!("a value is not text: {error}")))
}

/// `http://host:port`, and the path of a runtime behind an engine's gateway, without a slash at its end; `None` for anything
/// that is more or less than that.
fn normalise(endpoint: &str) -> Option<String> {
    let rest = endpoint.strip_prefix("http://").unwrap_or(endpoint).trim_end_matches('/');
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let plain = !authority.is_empty()
        && !rest.contains("//")
        && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte))
        && !authority.starts_with(':');
    plain.then(|| format!("http://{rest}"))
}

fn refusal(status: u16, body: &str) -> ClientError {
    let message = serde_json::from_str::<ErrorBody>(body)
        .map_or_else(|_| body.chars().take(200).collect(), |error| error.message);
    ClientError::Refused { status, message }
}

fn parse<T: DeserializeOwned>(url: &str, raw: String) -> Result<Answer<T>, ClientError> {
    match serde_json::from_str(&raw) {
        Ok(value) => Ok(Answer { value, raw }),
        Err(error) => Err(ClientError::NotTheApi { url: url.to_owned(), reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_scheme_host_port_and_the_path_behind_a_gateway() {
        assert_eq!(normalise("http://127.0.0.1:34567/").as_deref(), Some("http://127.0.0.1:34567"));
        assert_eq!(normalise("localhost:8000").as_deref(), Some("http://localhost:8000"));
        assert_eq!(normalise("http://[::1]:8000").as_deref(), Some("http://[::1]:8000"));
        assert_eq!(normalise("http://h:1/r/7/").as_deref(), Some("http://h:1/r/7"));
        for wrong in
            ["", "http://", "https://host", "http://host/path?x", "http://host/../x", "http://user@host", "a b", ":80"]
        {
            assert_eq!(normalise(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_refusal_shows_the_runtimes_message() {
        let body = r#"{"error":"bad request","message":"params[0] is not base64","detail":"…"}"#;
        assert_eq!(refusal(400, body).to_string(), "the runtime refuses the request with 400: params[0] is not base64");
        assert_eq!(refusal(502, "gone").to_string(), "the runtime refuses the request with 502: gone");
    }

    #[test]
    fn a_value_that_is_not_base64_of_text_is_an_error() {
        assert_eq!(decode_text("e", "Ny41").unwrap(), "7.5");
        assert!(decode_text("e", "Ny4").is_err());
        assert!(decode_text("e", "/w==").is_err());
    }

    #[test]
    fn nobody_at_the_endpoint_is_an_error_that_names_it() {
        // Port 9 of loopback (discard) is not served by anything that a test machine runs.
        let client = FaasClient::new("127.0.0.1:9", Duration::from_secs(1)).unwrap();
        let error = client.check_health().unwrap_err();
        assert_eq!(error.to_string(), "no answer from http://127.0.0.1:9/healthz");
    }
}
