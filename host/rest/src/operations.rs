//! The list of everything the API can do. Router and OpenAPI document are both made from it, so that neither can have
//! what the other lacks.

use http::Method;

/// One verb on one path.
///
/// To add one: a variant here, its place in [`Operation::ALL`] and `method_and_path`, its handler in `routes.rs`, its words
/// in `description.rs`. The compiler asks for all but the second, a test of
/// `openapi.rs` for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    ListRuntimes,
    CreateRuntime,
    GetRuntime,
    ChangeRuntime,
    DeleteRuntime,
    GetHistory,
    GetLog,
    GetSchema,
    GetOpenApi,
    GetDocs,
    GetHealth,
    GetReadiness,
    GetVersion,
    GetServerVersion,
    GetServerConfig,
    GetMetrics,
}

impl Operation {
    /// All of them, in the order of the documentation.
    pub(crate) const ALL: [Self; 16] = [
        Self::ListRuntimes,
        Self::CreateRuntime,
        Self::GetRuntime,
        Self::ChangeRuntime,
        Self::DeleteRuntime,
        Self::GetHistory,
        Self::GetLog,
        Self::GetSchema,
        Self::GetOpenApi,
        Self::GetDocs,
        Self::GetHealth,
        Self::GetReadiness,
        Self::GetVersion,
        Self::GetServerVersion,
        Self::GetServerConfig,
        Self::GetMetrics,
    ];

    /// Where it is, in the notation that axum and OpenAPI share.
    pub(crate) const fn method_and_path(self) -> (Method, &'static str) {
        match self {
            Self::ListRuntimes => (Method::GET, "/serverless-runtimes"),
            Self::CreateRuntime => (Method::POST, "/serverless-runtimes"),
            Self::GetRuntime => (Method::GET, "/serverless-runtimes/{id}"),
            Self::ChangeRuntime => (Method::PUT, "/serverless-runtimes/{id}"),
            Self::DeleteRuntime => (Method::DELETE, "/serverless-runtimes/{id}"),
            Self::GetHistory => (Method::GET, "/serverless-runtimes/{id}/history"),
            Self::GetLog => (Method::GET, "/serverless-runtimes/{id}/log"),
            Self::GetSchema => (Method::GET, "/serverless-runtimes/schema"),
            Self::GetOpenApi => (Method::GET, "/openapi.json"),
            Self::GetDocs => (Method::GET, "/docs"),
            Self::GetHealth => (Method::GET, "/healthz"),
            Self::GetReadiness => (Method::GET, "/readyz"),
            Self::GetVersion => (Method::GET, "/version"),
            Self::GetServerVersion => (Method::GET, "/server/version"),
            Self::GetServerConfig => (Method::GET, "/server/config"),
            Self::GetMetrics => (Method::GET, "/metrics"),
        }
    }

    /// Whether it answers without credentials.
    pub(crate) const fn is_open(self) -> bool {
        match self {
            Self::ListRuntimes
            | Self::CreateRuntime
            | Self::GetRuntime
            | Self::ChangeRuntime
            | Self::DeleteRuntime
            | Self::GetHistory
            | Self::GetLog => false,
            Self::GetSchema
            | Self::GetOpenApi
            | Self::GetDocs
            | Self::GetHealth
            | Self::GetReadiness
            | Self::GetVersion
            | Self::GetServerVersion
            | Self::GetServerConfig
            | Self::GetMetrics => true,
        }
    }
}
