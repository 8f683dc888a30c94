//! A provisioner in memory, so that the HTTP layer is tested with real answers; it starts no VMs.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use skerry_api::provisioning::{HistoryEntry, RuntimeState, ServerlessRuntime};
use skerry_gateway::Identity;
use skerry_rest::{Created, Filter, Idempotency, Listing, Provisioner, Refusal, Versioned};

/// Flavours that it knows; these names make it refuse in other ways: `full` 507, `broken` 503, `forbidden` 403,
/// `stopping` 503, `panic` a panic.
const FLAVOURS: [&str; 2] = ["minimal", "nature"];

#[derive(Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    runtimes: BTreeMap<u64, Versioned>,
    keys: HashMap<String, (String, u64)>,
    last: u64,
    not_ready: Option<String>,
}

impl Memory {
    /// Puts a runtime into a state, as time would.
    pub(crate) fn move_to(&self, id: u64, state: RuntimeState) {
        let mut all = self.lock();
        let found = all.runtimes.get_mut(&id).unwrap();
        found.runtime.faas.state = Some(state);
        found.runtime.faas.endpoint = Some(format!("http://127.0.0.1:2719/r/{id}"));
        found.runtime.faas.vm_id = Some(format!("vm-{id}"));
        let skerry = found.runtime.skerry.get_or_insert_default();
        (skerry.sleeping, skerry.restarts) = (Some(false), Some(1));
        found.version += 1;
    }

    pub(crate) fn set_not_ready(&self, reason: Option<&str>) {
        self.lock().not_ready = reason.map(str::to_owned);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // One test makes a handler panic on purpose; the map is whole all the same.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn find(&self, id: u64) -> Result<&Versioned, Refusal> {
        self.runtimes.get(&id).ok_or(Refusal::NotFound(id))
    }

    fn settled(&self, id: u64) -> Result<&Versioned, Refusal> {
        let found = self.find(id)?;
        match found.runtime.faas.state {
            Some(state) if state.is_transient() => Err(Refusal::Transient { id, state }),
            _ => Ok(found),
        }
    }

    fn create(&mut self, mut runtime: ServerlessRuntime, key: Option<Idempotency>) -> Result<Created, Refusal> {
        let flavour = runtime.faas.flavour.clone().unwrap();
        match flavour.as_str() {
            "full" => return Err(Refusal::NoRoom("the host has 1 core free, the request asks for 2".to_owned())),
            "broken" => return Err(Refusal::Unavailable("the store is locked; end who holds it".to_owned())),
            "forbidden" => return Err(Refusal::Forbidden("user may not create; ask the administrator".to_owned())),
            "stopping" => return Err(Refusal::Stopping),
            "panic" => panic!("asked to"),
            known if FLAVOURS.contains(&known) => {}
            _ => {
                return Err(Refusal::Unprocessable(format!(
                    "flavour `{flavour}` is unknown; take one of {FLAVOURS:?}"
                )));
            }
        }
        if let Some(key) = &key
            && let Some((fingerprint, id)) = self.keys.get(&key.key)
        {
            return match *fingerprint == key.fingerprint {
                true => Ok(Created { runtime: self.find(*id)?.clone(), repeated: true }),
                false => Err(Refusal::KeyReused(key.key.clone())),
            };
        }
        self.last += 1;
        runtime.id = Some(self.last);
        runtime.service_id = Some(self.last);
        runtime.faas.state = Some(RuntimeState::Pending);
        let created = Versioned { runtime, version: 1 };
        self.runtimes.insert(self.last, created.clone());
        if let Some(key) = key {
            self.keys.insert(key.key, (key.fingerprint, self.last));
        }
        Ok(Created { runtime: created, repeated: false })
    }

    fn update(&mut self, id: u64, mut new: ServerlessRuntime, if_match: Option<u64>) -> Result<Versioned, Refusal> {
        let old = self.settled(id)?.clone();
        if if_match.is_some_and(|version| version != old.version) {
            return Err(Refusal::VersionMismatch { id, version: old.version });
        }
        if new.faas.memory_mb < old.runtime.faas.memory_mb {
            return Err(Refusal::Unprocessable("MEMORY cannot become less".to_owned()));
        }
        (new.id, new.service_id) = (old.runtime.id, old.runtime.service_id);
        new.faas.state = old.runtime.faas.state;
        let changed = Versioned { runtime: new, version: old.version + 1 };
        self.runtimes.insert(id, changed.clone());
        Ok(changed)
    }

    fn list(&self, filter: &Filter) -> Listing {
        let fits = |runtime: &&ServerlessRuntime| {
            filter.state.is_none_or(|state| runtime.faas.state == Some(state))
                && filter.flavour.as_ref().is_none_or(|flavour| runtime.faas.flavour.as_ref() == Some(flavour))
                && filter.name.as_ref().is_none_or(|name| runtime.name.as_ref() == Some(name))
        };
        let all: Vec<_> = self.runtimes.values().map(|found| &found.runtime).filter(fits).collect();
        let rest = all.iter().filter(|runtime| runtime.id > filter.after || filter.after.is_none());
        let page: Vec<ServerlessRuntime> = rest.clone().take(filter.limit).map(|runtime| (*runtime).clone()).collect();
        let next = (rest.count() > page.len()).then(|| page.last().and_then(|runtime| runtime.id)).flatten();
        Listing { total: all.len() as u64, next, runtimes: page }
    }
}

impl Provisioner for Memory {
    fn create<'a>(
        &'a self,
        _caller: &'a Identity,
        runtime: ServerlessRuntime,
        idempotency: Option<Idempotency>,
    ) -> BoxFuture<'a, Result<Created, Refusal>> {
        async move { self.lock().create(runtime, idempotency) }.boxed()
    }

    fn get(&self, _caller: &Identity, id: u64) -> Result<Versioned, Refusal> {
        self.lock().find(id).cloned()
    }

    fn list(&self, _caller: &Identity, filter: &Filter) -> Listing {
        self.lock().list(filter)
    }

    fn update<'a>(
        &'a self,
        _caller: &'a Identity,
        id: u64,
        runtime: ServerlessRuntime,
        if_match: Option<u64>,
    ) -> BoxFuture<'a, Result<Versioned, Refusal>> {
        ready(self.lock().update(id, runtime, if_match)).boxed()
    }

    fn delete<'a>(&'a self, _caller: &'a Identity, id: u64) -> BoxFuture<'a, Result<(), Refusal>> {
        let mut all = self.lock();
        ready(all.settled(id).map(|_| ()).inspect(|()| drop(all.runtimes.remove(&id)))).boxed()
    }

    fn history<'a>(&'a self, _caller: &'a Identity, id: u64) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Refusal>> {
        let entry = |found: &Versioned| HistoryEntry {
            at_ms: 1,
            event: "created".to_owned(),
            state: found.runtime.faas.state.unwrap(),
            vm_id: None,
            start: None,
            phases_us: vec![("boot".to_owned(), 90_000)],
            detail: None,
        };
        ready(self.lock().find(id).map(|found| vec![entry(found)])).boxed()
    }

    fn log<'a>(&'a self, _caller: &'a Identity, id: u64, lines: usize) -> BoxFuture<'a, Result<String, Refusal>> {
        ready(self.lock().find(id).map(|_| "<b>line</b>\n".repeat(lines.min(3)))).boxed()
    }

    fn config(&self) -> serde_json::Value {
        serde_json::json!({"port": 2719})
    }

    fn metrics(&self) -> BoxFuture<'_, String> {
        ready("# EOF\n".to_owned()).boxed()
    }

    fn ready(&self) -> Result<(), String> {
        self.lock().not_ready.clone().map_or(Ok(()), Err)
    }
}
