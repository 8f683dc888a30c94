//! What the REST API asks for, done: validation against what there is, and events to the supervisors. Nothing here waits for
//! a machine.

use std::sync::{Arc, PoisonError};

use futures_util::future::BoxFuture;
use prometheus_client::registry::Registry as MetricsRegistry;
use skerry_api::provisioning::{HistoryEntry, RuntimeState, ServerlessRuntime, StartPath};
use skerry_gateway::Identity;
use skerry_rest::{Created, Filter, Idempotency, Listing, Provisioner, Refusal, Versioned};
use skerry_store::{HistoryRow, IdempotencyRow, Inserted, NewRuntime, RuntimeRecord};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, Span};

use crate::core::{Core, now_ms};
use crate::live_vm::chain;
use crate::metrics;
use crate::registry::Shared;
use crate::runtime_document::{Shown, VmDocument, machine_spec, shown, wanted_at_creation};
use crate::supervisor::{Beginning, Event, MOST_EVENTS, Supervisor, own_url, reserve};

/// The engine as the REST API sees it.
pub(crate) struct EngineProvisioner {
    /// The engine.
    pub core: Arc<Core>,
    /// Engine's and gateway's counters.
    pub counters: Arc<MetricsRegistry>,
}

impl EngineProvisioner {
    async fn create_runtime(
        &self,
        caller: &Identity,
        asked: ServerlessRuntime,
        idempotency: Option<Idempotency>,
    ) -> Result<Created, Refusal> {
        let core = &self.core;
        if core.is_stopping() {
            return Err(Refusal::Stopping);
        }
        let asked_flavour = asked.faas.flavour.clone().unwrap_or_default();
        let Some(flavour) = core.flavour(&asked_flavour).map(str::to_owned) else {
            return Err(unknown_flavour(core, &asked_flavour));
        };
        let wanted = wanted_at_creation(asked, &core.defaults(&flavour));
        let spec = machine_spec(&wanted, &flavour);
        if let Some(idempotency) = &idempotency {
            // Asked before room is looked for: the same request may have been accepted when there was some.
            let earlier = core.store.created_under(&caller.user, &idempotency.key).await;
            let earlier = earlier.map_err(|error| Refusal::Unavailable(chain(&error)))?;
            if let Some(Inserted::Repeated { id, fingerprint }) = earlier {
                return self.repeated(id, &fingerprint, idempotency);
            }
        }
        let reservation = reserve(core, &spec).await.map_err(|refusal| Refusal::NoRoom(refusal.to_string()))?;
        let created_ms = now_ms();
        let vm = VmDocument::default();
        let new = NewRuntime {
            owner: caller.user.to_string(),
            name: wanted.name.clone().unwrap_or_default(),
            flavour: flavour.clone(),
            state: RuntimeState::Pending.name().to_owned(),
            document: serde_json::to_string(&wanted).unwrap_or_default(),
            created_ms,
        };
        let row = idempotency.as_ref().map(|idempotency| IdempotencyRow {
            user: caller.user.to_string(),
            key: idempotency.key.clone(),
            fingerprint: idempotency.fingerprint.clone(),
            at_ms: created_ms,
        });
        let inserted = core.store.insert(&new, row.as_ref(), &created_entry(created_ms)).await;
        let id = match inserted.map_err(|error| Refusal::Unavailable(chain(&error)))? {
            Inserted::Fresh(id) => id,
            Inserted::Repeated { id, fingerprint } => {
                let asked = idempotency.unwrap_or(Idempotency { key: String::new(), fingerprint: String::new() });
                return self.repeated(id, &fingerprint, &asked);
            }
        };
        let record = RuntimeRecord {
            id,
            owner: new.owner,
            name: new.name,
            flavour: new.flavour,
            state: new.state,
            version: 1,
            document: new.document,
            vm: None,
            created_ms,
            updated_ms: created_ms,
        };
        tracing::info!(runtime = id, owner = %record.owner, flavour, state = "PENDING", "created");
        let shared = supervise(core, record, wanted, vm, Beginning::Start { reservation: Some(reservation) });
        Ok(Created { runtime: shared.view(), repeated: false })
    }

    fn repeated(&self, id: u64, fingerprint: &str, asked: &Idempotency) -> Result<Created, Refusal> {
        if asked.fingerprint != fingerprint {
            return Err(Refusal::KeyReused(asked.key.clone()));
        }
        let Some(shared) = self.core.registry.get(id) else {
            let key = &asked.key;
            return Err(Refusal::Unprocessable(format!(
                "the Idempotency-Key `{key}` made runtime {id}, which was deleted since; take a new key"
            )));
        };
        Ok(Created { runtime: shared.view(), repeated: true })
    }

    fn find(&self, id: u64) -> Result<Arc<Shared>, Refusal> {
        self.core.registry.get(id).ok_or(Refusal::NotFound(id))
    }

    /// Sends a supervisor an event and waits for its answer.
    async fn ask<T>(&self, id: u64, event: impl FnOnce(oneshot::Sender<T>) -> Event) -> Result<T, Refusal> {
        let shared = self.find(id)?;
        let (answer, answered) = oneshot::channel();
        // A supervisor that is gone means that the runtime was deleted meanwhile, or that the engine ends.
        let gone = || if self.core.is_stopping() { Refusal::Stopping } else { Refusal::NotFound(id) };
        shared.events.send(event(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

impl Provisioner for EngineProvisioner {
    fn create<'a>(
        &'a self,
        caller: &'a Identity,
        runtime: ServerlessRuntime,
        idempotency: Option<Idempotency>,
    ) -> BoxFuture<'a, Result<Created, Refusal>> {
        // On a task of its own: a client that goes away must not leave a row without its supervisor.
        Box::pin(async move {
            let (core, counters) = (Arc::clone(&self.core), Arc::clone(&self.counters));
            let caller = caller.clone();
            let created = tokio::spawn(
                async move { Self { core, counters }.create_runtime(&caller, runtime, idempotency).await }
                    .in_current_span(),
            );
            created.await.unwrap_or_else(|error| Err(Refusal::Unavailable(error.to_string())))
        })
    }

    fn get(&self, _caller: &Identity, id: u64) -> Result<Versioned, Refusal> {
        self.find(id).map(|shared| shared.view())
    }

    fn list(&self, _caller: &Identity, filter: &Filter) -> Listing {
        match filter.flavour.as_deref() {
            None => self.core.registry.list(filter, None),
            Some(name) => match self.core.flavour(name) {
                Some(flavour) => self.core.registry.list(filter, Some(flavour)),
                None => Listing::default(),
            },
        }
    }

    fn update<'a>(
        &'a self,
        _caller: &'a Identity,
        id: u64,
        runtime: ServerlessRuntime,
        if_match: Option<u64>,
    ) -> BoxFuture<'a, Result<Versioned, Refusal>> {
        Box::pin(async move {
            if self.core.is_stopping() {
                return Err(Refusal::Stopping);
            }
            self.ask(id, |answer| Event::Update { asked: Box::new(runtime), if_match, span: Span::current(), answer })
                .await?
        })
    }

    fn delete<'a>(&'a self, _caller: &'a Identity, id: u64) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async move { self.ask(id, |answer| Event::Delete { span: Span::current(), answer }).await? })
    }

    fn history<'a>(&'a self, _caller: &'a Identity, id: u64) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Refusal>> {
        Box::pin(async move {
            self.find(id)?;
            let rows = self.core.store.history(id).await.map_err(|error| Refusal::Unavailable(chain(&error)))?;
            Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.entry).ok()).collect())
        })
    }

    fn log<'a>(&'a self, _caller: &'a Identity, id: u64, lines: usize) -> BoxFuture<'a, Result<String, Refusal>> {
        Box::pin(async move { self.ask(id, |answer| Event::Log { lines, answer }).await })
    }

    fn config(&self) -> serde_json::Value {
        let mut view = self.core.settings.public_view();
        view["flavours"] = self.core.flavour_names().into();
        view
    }

    fn metrics(&self) -> BoxFuture<'_, String> {
        Box::pin(metrics::page(&self.core, &self.counters))
    }

    fn ready(&self) -> Result<(), String> {
        if self.core.is_stopping() {
            return Err("the engine is stopping".to_owned());
        }
        match &*self.core.store_trouble.read().unwrap_or_else(PoisonError::into_inner) {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }
}

/// Starts the task that owns a runtime, and lists the runtime.
pub(crate) fn supervise(
    core: &Arc<Core>,
    record: RuntimeRecord,
    wanted: ServerlessRuntime,
    vm: VmDocument,
    beginning: Beginning,
) -> Arc<Shared> {
    let (id, version) = (record.id, record.version);
    let state = match &beginning {
        Beginning::Start { .. } | Beginning::Adopt { .. } | Beginning::Lost => RuntimeState::Pending,
        Beginning::Asleep => RuntimeState::Running,
        Beginning::Failed => RuntimeState::Error,
    };
    let address = core.address(id).map(own_url);
    let view = shown(&wanted, &Shown { id, state, endpoint: core.endpoint(id), address, vm: &vm });
    let (sender, events) = mpsc::channel(MOST_EVENTS);
    let view = Versioned { runtime: view, version };
    let shared = Arc::new(Shared::new(id, record.owner.as_str().into(), record.flavour.clone(), sender.clone(), view));
    core.registry.add(Arc::clone(&shared));
    let mut supervisor = Supervisor::new(Arc::clone(core), Arc::clone(&shared), sender, record, wanted, vm);
    supervisor.list_route();
    tokio::spawn(supervisor.run(beginning, events));
    shared
}

fn created_entry(at_ms: u64) -> HistoryRow {
    let entry = HistoryEntry {
        at_ms,
        event: "created".to_owned(),
        state: RuntimeState::Pending,
        vm_id: None,
        start: None::<StartPath>,
        phases_us: Vec::new(),
        detail: None,
    };
    HistoryRow { at_ms, entry: serde_json::to_string(&entry).unwrap_or_default() }
}

fn unknown_flavour(core: &Core, asked: &str) -> Refusal {
    let names = core.flavour_names().join(", ");
    if asked.eq_ignore_ascii_case("python") {
        return Refusal::Unprocessable(format!("this version has no Python image yet; FAAS.FLAVOUR is one of {names}"));
    }
    Refusal::Unprocessable(format!("there is no flavour `{asked}`; FAAS.FLAVOUR is one of {names}"))
}
