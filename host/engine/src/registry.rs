//! All runtimes as they are shown: what reads need, without asking the tasks that own them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use skerry_api::provisioning::RuntimeState;
use skerry_gateway::Connector;
use skerry_rest::{Filter, Listing, Versioned};
use tokio::sync::mpsc;

use crate::supervisor::Event;

/// One runtime: how it is shown, and the way to the task that owns it.
pub struct Shared {
    /// Its number.
    pub id: u64,
    /// Who made it.
    pub owner: Arc<str>,
    /// Its flavour's own name.
    pub flavour: String,
    /// The way to its supervisor.
    pub events: mpsc::Sender<Event>,
    view: RwLock<Versioned>,
    /// The way to the guest of the machine that serves, for metrics.
    connector: RwLock<Option<Arc<dyn Connector>>>,
}

/// All runtimes by id.
#[derive(Default)]
pub struct Registry {
    runtimes: RwLock<BTreeMap<u64, Arc<Shared>>>,
}

impl Shared {
    /// A runtime that is shown like this.
    #[must_use]
    pub fn new(id: u64, owner: Arc<str>, flavour: String, events: mpsc::Sender<Event>, view: Versioned) -> Self {
        Self { id, owner, flavour, events, view: RwLock::new(view), connector: RwLock::default() }
    }

    /// How it is shown now.
    #[must_use]
    pub fn view(&self) -> Versioned {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows it like this from now on.
    pub fn publish(&self, view: Versioned) {
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
    }

    /// The way to its guest, if a machine serves.
    #[must_use]
    pub fn connector(&self) -> Option<Arc<dyn Connector>> {
        self.connector.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Which machine serves from now on.
    pub fn set_connector(&self, connector: Option<Arc<dyn Connector>>) {
        *self.connector.write().unwrap_or_else(PoisonError::into_inner) = connector;
    }

    /// Its state, without copying the rest.
    #[must_use]
    pub fn state(&self) -> RuntimeState {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        view.runtime.faas.state.unwrap_or(RuntimeState::Pending)
    }

    fn fits(&self, filter: &Filter, flavour: Option<&str>) -> bool {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        filter.state.is_none_or(|state| view.runtime.faas.state == Some(state))
            && flavour.is_none_or(|flavour| self.flavour == flavour)
            && filter.name.as_ref().is_none_or(|name| view.runtime.name.as_ref() == Some(name))
    }
}

impl Registry {
    /// Adds a runtime.
    pub fn add(&self, runtime: Arc<Shared>) {
        self.runtimes.write().unwrap_or_else(PoisonError::into_inner).insert(runtime.id, runtime);
    }

    /// Removes a runtime.
    pub fn remove(&self, id: u64) {
        self.runtimes.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// One runtime.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Arc<Shared>> {
        self.runtimes.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// All of them, by rising id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Shared>> {
        self.runtimes.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Those that fit, a page of them. `flavour` is the filter's, its aliases resolved.
    #[must_use]
    pub fn list(&self, filter: &Filter, flavour: Option<&str>) -> Listing {
        let fitting: Vec<_> = self.all().into_iter().filter(|runtime| runtime.fits(filter, flavour)).collect();
        let total = fitting.len() as u64;
        let mut rest = fitting.iter().filter(|runtime| filter.after.is_none_or(|after| runtime.id > after));
        let page: Vec<_> = rest.by_ref().take(filter.limit).collect();
        let next = rest.next().and(page.last()).map(|last| last.id);
        Listing { runtimes: page.iter().map(|runtime| runtime.view().runtime).collect(), total, next }
    }
}

#[cfg(test)]
mod tests {
    use skerry_api::provisioning::ServerlessRuntime;

    use super::*;

    fn registry() -> Registry {
        let registry = Registry::default();
        for id in 1..=5 {
            let (events, _) = mpsc::channel(1);
            let mut runtime =
                ServerlessRuntime { id: Some(id), name: Some(format!("n{}", id % 2)), ..Default::default() };
            runtime.faas.state = Some(if id == 3 { RuntimeState::Error } else { RuntimeState::Running });
            let view = Versioned { runtime, version: 1 };
            registry.add(Arc::new(Shared::new(id, "a".into(), "minimal".to_owned(), events, view)));
        }
        registry
    }

    fn ids(listing: &Listing) -> Vec<u64> {
        listing.runtimes.iter().filter_map(|runtime| runtime.id).collect()
    }

    #[test]
    fn pages_follow_each_other_without_gap_and_end() {
        let registry = registry();
        let first = registry.list(&Filter { limit: 2, ..Filter::default() }, None);
        assert_eq!((ids(&first), first.total, first.next), (vec![1, 2], 5, Some(2)));
        let last = registry.list(&Filter { limit: 3, after: Some(2), ..Filter::default() }, None);
        assert_eq!((ids(&last), last.total, last.next), (vec![3, 4, 5], 5, None));
        assert!(ids(&registry.list(&Filter { limit: 3, after: Some(5), ..Filter::default() }, None)).is_empty());
    }

    #[test]
    fn filters_are_all_to_be_met() {
        let registry = registry();
        let odd = Filter { name: Some("n1".to_owned()), limit: 9, ..Filter::default() };
        assert_eq!(ids(&registry.list(&odd, Some("minimal"))), [1, 3, 5]);
        assert!(ids(&registry.list(&odd, Some("python"))).is_empty());
        let failed = Filter { state: Some(RuntimeState::Error), ..odd };
        assert_eq!(ids(&registry.list(&failed, None)), [3]);
    }
}
