//! A client of the provisioning engine's REST API, for `skerry runtime`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use skerry_api::provisioning::{HistoryEntry, ServerlessRuntime, ServerlessRuntimeBody, ServerlessRuntimePage};
use ureq::Agent;
use ureq::http::{Request, Response};

use crate::arguments::ClientArguments;
use crate::failure::Failure;

/// The largest answer that is read: a page of a thousand runtimes has some 600 KB.
const MOST_ANSWER_BYTES: u64 = 16 * 1024 * 1024;
/// Longest password that is read from a file.
const MOST_PASSWORD_BYTES: u64 = 4096;
/// How long the engine may take; it waits for no machine.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Variables that hold the password, the first that is set counts.
const PASSWORD_VARIABLES: [&str; 2] = ["SKERRY_PASSWORD", "SKERRY_ADMIN_PASSWORD"];

/// An engine, and who asks it.
#[derive(Debug)]
pub struct EngineClient {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

/// Why the engine did not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineClientError {
    /// Nobody answers.
    #[error("no answer from the engine at {url}")]
    NoAnswer {
        /// The engine.
        url: String,
        /// What went wrong on the way.
        source: Box<ureq::Error>,
    },
    /// It refuses.
    #[error("the engine refuses with {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, and what to do.
        message: String,
    },
    /// It answers, but not what the API promises.
    #[error("{url} does not answer as a provisioning engine: {reason}")]
    NotTheApi {
        /// What was asked.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

/// The body of an error.
#[derive(Deserialize)]
struct ErrorMessage {
    message: String,
}

impl EngineClient {
    /// A client with the credentials that the arguments and the environment give.
    ///
    /// # Errors
    /// When the password's file cannot be read.
    pub fn new(arguments: &ClientArguments) -> Result<Self, Failure> {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("skerry/", env!("CARGO_PKG_VERSION")))
            .build();
        let password = match &arguments.password_file {
            Some(path) => Some(read_password(path)?),
            None => {
                PASSWORD_VARIABLES.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            }
        };
        let authorization = password.map(|password| {
            let credentials = BASE64_STANDARD.encode(format!("{}:{password}", arguments.user));
            format!("Basic {credentials}")
        });
        let url = arguments.engine.trim_end_matches('/').to_owned();
        Ok(Self { agent: config.new_agent(), url, authorization })
    }

    /// The engine's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of `Authorization` for requests to private runtimes.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// Asks for a new runtime.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn create(
        &self,
        runtime: ServerlessRuntime,
        idempotency_key: Option<&str>,
    ) -> Result<ServerlessRuntime, EngineClientError> {
        let mut request = self.request("POST", "/serverless-runtimes");
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        self.body_of(request, Some(runtime))
    }

    /// One runtime.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn get(&self, id: u64) -> Result<ServerlessRuntime, EngineClientError> {
        self.body_of(self.request("GET", &format!("/serverless-runtimes/{id}")), None)
    }

    /// Changes a runtime.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn update(&self, id: u64, runtime: ServerlessRuntime) -> Result<ServerlessRuntime, EngineClientError> {
        self.body_of(self.request("PUT", &format!("/serverless-runtimes/{id}")), Some(runtime))
    }

    /// Deletes a runtime.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn delete(&self, id: u64) -> Result<(), EngineClientError> {
        self.send(self.request("DELETE", &format!("/serverless-runtimes/{id}")), Vec::new()).map(drop)
    }

    /// One page of runtimes; `query` is what stands behind the `?`.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn list(&self, query: &str) -> Result<ServerlessRuntimePage, EngineClientError> {
        self.parse(self.send(self.request("GET", &format!("/serverless-runtimes?{query}")), Vec::new())?)
    }

    /// What happened to a runtime.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn history(&self, id: u64) -> Result<Vec<HistoryEntry>, EngineClientError> {
        self.parse(self.send(self.request("GET", &format!("/serverless-runtimes/{id}/history")), Vec::new())?)
    }

    /// The last lines of a runtime's console.
    ///
    /// # Errors
    /// [`EngineClientError`].
    pub fn log(&self, id: u64, lines: u32) -> Result<String, EngineClientError> {
        self.send(self.request("GET", &format!("/serverless-runtimes/{id}/log?lines={lines}")), Vec::new())
    }

    fn request(&self, method: &str, path: &str) -> ureq::http::request::Builder {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        request.header("Content-Type", "application/json")
    }

    fn body_of(
        &self,
        request: ureq::http::request::Builder,
        runtime: Option<ServerlessRuntime>,
    ) -> Result<ServerlessRuntime, EngineClientError> {
        let body = runtime.map(|serverless_runtime| ServerlessRuntimeBody { serverless_runtime });
        let body = body.and_then(|body| serde_json::to_vec(&body).ok()).unwrap_or_default();
        Ok(self.parse::<ServerlessRuntimeBody>(self.send(request, body)?)?.serverless_runtime)
    }

    fn send(&self, request: ureq::http::request::Builder, body: Vec<u8>) -> Result<String, EngineClientError> {
        let not_the_api = |reason: String| EngineClientError::NotTheApi { url: self.url.clone(), reason };
        let request = request.body(body).map_err(|error| not_the_api(error.to_string()))?;
        let no_answer = |source| EngineClientError::NoAnswer { url: self.url.clone(), source: Box::new(source) };
        let mut response: Response<ureq::Body> = self.agent.run(request).map_err(no_answer)?;
        let text = response.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_string().map_err(no_answer)?;
        let status = response.status();
        if status.is_success() {
            return Ok(text);
        }
        let message = serde_json::from_str::<ErrorMessage>(&text).map_or(text, |error| error.message);
        Err(EngineClientError::Refused { status: status.as_u16(), message })
    }

    fn parse<T: DeserializeOwned>(&self, text: String) -> Result<T, EngineClientError> {
        serde_json::from_str(&text)
            .map_err(|error| EngineClientError::NotTheApi { url: self.url.clone(), reason: error.to_string() })
    }
}

/// A failure with what to do about it, where that is known.
#[must_use]
pub fn advise(error: EngineClientError) -> Failure {
    let hint = match &error {
        EngineClientError::NoAnswer { .. } => Some("is it running? `skerry engine` starts one; --engine names another"),
        EngineClientError::Refused { status: 401, .. } => Some(
            "the password is read from SKERRY_PASSWORD, SKERRY_ADMIN_PASSWORD or --password-file, the user from --user",
        ),
        _ => None,
    };
    let failure = Failure::from(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn read_password(path: &Path) -> Result<String, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("cannot read the password from {}: {error}", path.display()));
    let mut line = String::new();
    BufReader::new(File::open(path).map_err(failed)?.take(MOST_PASSWORD_BYTES)).read_line(&mut line).map_err(failed)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
