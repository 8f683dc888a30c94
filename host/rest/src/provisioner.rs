//! What the REST API asks of the engine behind it: one trait, in terms of validated values, without HTTP.

use futures_util::future::BoxFuture;
use skerry_api::provisioning::{HistoryEntry, RuntimeState, ServerlessRuntime};
use skerry_gateway::Identity;

/// The engine as the REST API sees it. Nothing here waits for a VM.
pub trait Provisioner: Send + Sync + 'static {
    /// Accepts a new runtime (state PENDING), or finds the one that the same key made before.
    ///
    /// # Errors
    /// [`Refusal`]; nothing was stored then.
    fn create<'a>(
        &'a self,
        caller: &'a Identity,
        runtime: ServerlessRuntime,
        idempotency: Option<Idempotency>,
    ) -> BoxFuture<'a, Result<Created, Refusal>>;

    /// One runtime.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    fn get(&self, caller: &Identity, id: u64) -> Result<Versioned, Refusal>;

    /// The runtimes that fit, by rising id, and how many fit in all.
    fn list(&self, caller: &Identity, filter: &Filter) -> Listing;

    /// Changes a runtime. `if_match`: only if it still has this version.
    ///
    /// # Errors
    /// [`Refusal`]; nothing was changed then.
    fn update<'a>(
        &'a self,
        caller: &'a Identity,
        id: u64,
        runtime: ServerlessRuntime,
        if_match: Option<u64>,
    ) -> BoxFuture<'a, Result<Versioned, Refusal>>;

    /// Deletes a runtime; its VM ends afterwards.
    ///
    /// # Errors
    /// [`Refusal`].
    fn delete<'a>(&'a self, caller: &'a Identity, id: u64) -> BoxFuture<'a, Result<(), Refusal>>;

    /// What happened to a runtime, oldest first.
    ///
    /// # Errors
    /// [`Refusal`].
    fn history<'a>(&'a self, caller: &'a Identity, id: u64) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Refusal>>;

    /// The last lines of the runtime's serial log.
    ///
    /// # Errors
    /// [`Refusal`].
    fn log<'a>(&'a self, caller: &'a Identity, id: u64, lines: usize) -> BoxFuture<'a, Result<String, Refusal>>;

    /// The settings in force, without secrets.
    fn config(&self) -> serde_json::Value;

    /// The engine's and its guests' metrics in Prometheus' text format.
    fn metrics(&self) -> BoxFuture<'_, String>;

    /// Whether it can take work; else why not.
    ///
    /// # Errors
    /// The reason.
    fn ready(&self) -> Result<(), String>;
}

/// A runtime with the number that rises with each change of it (its ETag).
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned {
    /// The runtime.
    pub runtime: ServerlessRuntime,
    /// Rises with each change.
    pub version: u64,
}

/// What became of a creation.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// The runtime as it is now.
    pub runtime: Versioned,
    /// Whether an earlier request with the same key made it.
    pub repeated: bool,
}

/// A client's key for a creation, and what tells whether a second request under it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The header's value.
    pub key: String,
    /// SHA-256 of the request's canonical body, in hexadecimal.
    pub fingerprint: String,
}

/// Which runtimes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<RuntimeState>,
    /// Only those of this flavour (or an alias of it).
    pub flavour: Option<String>,
    /// Only those of exactly this name.
    pub name: Option<String>,
    /// Only ids above this one.
    pub after: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

/// Runtimes that fit a [`Filter`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// One page of them.
    pub runtimes: Vec<ServerlessRuntime>,
    /// How many fit in all, whatever `after` and `limit` say.
    pub total: u64,
    /// The id to go on after; `None` on the last page.
    pub next: Option<u64>,
}

/// Why the engine does not do what it was asked. The routes alone make HTTP of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 404.
    #[error("there is no runtime {0}")]
    NotFound(u64),
    /// 403.
    #[error("{0}")]
    Forbidden(String),
    /// 423: it is on its way to another state, or (RUNNING) from sleep to work.
    #[error("runtime {id} is {}; ask again when it is not", if *state == RuntimeState::Running { "waking" } else { state.name() })]
    Transient {
        /// The runtime.
        id: u64,
        /// The state that it is in.
        state: RuntimeState,
    },
    /// 422: well formed, and cannot be (flavour unknown, less memory than before, …).
    #[error("{0}")]
    Unprocessable(String),
    /// 422: the key was used for another request before.
    #[error("the Idempotency-Key `{0}` was used for another request before; take a new one")]
    KeyReused(String),
    /// 412: it was changed meanwhile.
    #[error("runtime {id} is at version {version} now; read it again")]
    VersionMismatch {
        /// The runtime.
        id: u64,
        /// Its version now.
        version: u64,
    },
    /// 507: the host has no room, with the numbers.
    #[error("{0}")]
    NoRoom(String),
    /// 503: the store does not work, with the reason.
    #[error("{0}")]
    Unavailable(String),
    /// 503: the engine is on its way out.
    #[error("the engine is stopping; ask again")]
    Stopping,
}
