//! The API behind a real listener, and a real client for it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use serde_json::Value;
use skerry_gateway::Identity;

use crate::memory::Memory;

/// A served API; ends with the test.
pub(crate) struct Service {
    pub(crate) memory: Arc<Memory>,
    pub(crate) address: std::net::SocketAddr,
    agent: ureq::Agent,
    _runtime: tokio::runtime::Runtime,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// Demands a status and, with an error, the error body; gives the answer back.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        if status >= 400 {
            let body = self.json();
            assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{self:?}");
            assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{self:?}");
        }
        self
    }
}

/// Stands for the gateway's layer: whoever sends any `Authorization` is that user.
async fn identify(mut request: Request, next: Next) -> Response {
    if let Some(user) = request.headers().get("authorization").and_then(|value| value.to_str().ok()) {
        let identity = Identity { user: user.into() };
        request.extensions_mut().insert(identity);
    }
    next.run(request).await
}

impl Service {
    pub(crate) fn start() -> Self {
        let memory = Arc::new(Memory::default());
        let protected: Router = skerry_rest::protected(memory.clone()).layer(from_fn(identify));
        let all = skerry_rest::finish(protected.merge(skerry_rest::open(memory.clone())));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, all).await });
        let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
        Self { memory, address, agent: config.build().into(), _runtime: runtime }
    }

    /// One request with credentials and these headers (given ones replace the default ones).
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let absent = |name: &str| !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        if absent("authorization") {
            request = request.header("authorization", "somebody");
        }
        if !body.is_empty() && absent("content-type") {
            request = request.header("content-type", "application/json");
        }
        let sent = match body {
            [] => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(request.body(body).unwrap()),
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        self.demand_documented(method, path, response.status().as_u16());
        let text = response.body_mut().with_config().lossy_utf8(true).read_to_string().unwrap();
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }

    /// Each answer of each test has a code that the OpenAPI document names for it.
    #[track_caller]
    fn demand_documented(&self, method: &str, path: &str, status: u16) {
        let path = path.split('?').next().unwrap();
        let id = path.strip_prefix("/serverless-runtimes/").filter(|rest| !rest.is_empty() && *rest != "schema");
        let template = id.map_or(path.to_owned(), |rest| match rest.split_once('/') {
            Some((_, part)) => format!("/serverless-runtimes/{{id}}/{part}"),
            None => "/serverless-runtimes/{id}".to_owned(),
        });
        let method = if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() };
        let answers = &skerry_rest::openapi_document()["paths"][template][method.as_str()]["responses"];
        assert!(
            answers.is_null() || !answers[status.to_string()].is_null(),
            "{method} {path}: {status} is undocumented"
        );
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, body: &Value) -> Answer {
        self.send("POST", "/serverless-runtimes", &[], body.to_string().as_bytes())
    }

    pub(crate) fn put(&self, id: u64, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send("PUT", &format!("/serverless-runtimes/{id}"), headers, body.to_string().as_bytes())
    }

    /// A runtime that runs.
    #[track_caller]
    pub(crate) fn running(&self) -> u64 {
        let body =
            serde_json::json!({"SERVERLESS_RUNTIME": {"NAME": "one", "FAAS": {"FLAVOUR": "minimal", "MEMORY": 64}}});
        let id = self.post(&body).expect(201).json()["SERVERLESS_RUNTIME"]["ID"].as_u64().unwrap();
        self.memory.move_to(id, skerry_api::provisioning::RuntimeState::Running);
        id
    }
}
