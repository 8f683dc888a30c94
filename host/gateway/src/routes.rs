//! Where each runtime's requests go: the table that the engine keeps up to date.
//!
//! It does not start, stop or watch machines; it is told.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::registry::Registry;
use skerry_api::provisioning::StartPath;

use crate::connector::Connector;
use crate::guest::Guest;
use crate::hooks::Hooks;
use crate::metrics::Metrics;
use crate::route::Route;
use crate::settings::GatewaySettings;

/// How a runtime's requests are treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteOptions {
    /// Whether no credentials are asked for.
    pub public: bool,
    /// The user who made the runtime.
    pub owner: Arc<str>,
    /// Synchronous calls that run at once, 1 to what [`GatewaySettings`] leaves of a guest's connections.
    pub concurrency: usize,
    /// Requests that wait while all slots are taken; more get 429.
    pub queue: usize,
}

/// All routes. Cheap to clone; all clones are one table.
#[derive(Clone)]
pub struct Routes {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    table: RwLock<HashMap<u64, Arc<Route>>>,
    pub(crate) settings: GatewaySettings,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) metrics: Metrics,
}

impl fmt::Debug for Routes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Routes").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl Routes {
    /// An empty table. Values of `settings` that do not fit together are moved to where they do.
    #[must_use]
    pub fn new(settings: GatewaySettings, hooks: Arc<dyn Hooks>) -> Self {
        let shared =
            Shared { table: RwLock::default(), settings: settings.bounded(), hooks, metrics: Metrics::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Offers the gateway's metrics (`skerry_gateway_…`, `gateway_…`) in this registry.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.shared.metrics.register(registry);
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &GatewaySettings {
        &self.shared.settings
    }

    /// A runtime that starts: requests wait. One that is there already keeps its targets and gets these options.
    pub fn add(&self, id: u64, options: RouteOptions) {
        let mut table = self.shared.table.write().unwrap_or_else(PoisonError::into_inner);
        match table.entry(id) {
            Entry::Occupied(entry) => entry.get().set_options(options, &self.shared.settings),
            Entry::Vacant(entry) => {
                entry.insert(Arc::new(Route::new(id, options, &self.shared.settings)));
            }
        }
    }

    /// Other options from now on.
    pub fn set_options(&self, id: u64, options: RouteOptions) {
        self.with(id, |route| route.set_options(options, &self.shared.settings));
    }

    /// A runtime that is gone, for good. Whoever waits for it gets 404 with this reason; what is in flight ends with 502.
    pub fn remove(&self, id: u64, reason: &str) {
        let route = self.shared.table.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(route) = route {
            route.remove(reason);
            self.shared.metrics.forget(id);
        }
    }

    /// A VM is being started and there is no target: requests wait for at most [`GatewaySettings::wake_timeout`]. A
    /// target that there was becomes a former one. For a replacement that is being started while the target goes on,
    /// say nothing until it is [`up`](Self::up).
    pub fn starting(&self, id: u64) {
        self.with(id, Route::starting);
    }

    /// There is no VM, and none will be started: requests get 503 with this reason.
    pub fn failed(&self, id: u64, reason: String) {
        self.with(id, |route| route.failed(&reason));
    }

    /// Requests go to this VM from now on, those that wait too. The former target keeps its requests in flight, and
    /// is asked for the statuses of its tasks, until [`forget`](Self::forget).
    pub fn up(&self, id: u64, vm_id: &str, connector: Arc<dyn Connector>, start: StartPath) {
        let idle_timeout = self.shared.settings.idle_timeout;
        self.with(id, |route| route.up(Guest::new(vm_id, connector, start, idle_timeout)));
    }

    /// That VM is gone: its requests in flight end with 502, its tasks have failed. If it was the target, requests wait
    /// for what comes next.
    pub fn forget(&self, id: u64, vm_id: &str) {
        self.with(id, |route| route.forget(vm_id));
    }

    /// Puts a runtime to sleep if nothing is in flight or waits, in one step: whatever request comes next calls
    /// [`Hooks::wake`] and waits. Whether it sleeps now; its VM may be saved or stopped then.
    ///
    /// One that has no target, because it was just [added](Self::add) or is [starting](Self::starting), sleeps at once;
    /// requests that wait for it wake it.
    #[must_use]
    pub fn try_sleep(&self, id: u64) -> bool {
        self.find(id).is_some_and(|route| route.try_sleep())
    }

    /// Waits until nothing is in flight to that VM, for at most `timeout`; whether nothing is. True for a VM that is
    /// not known.
    pub async fn drain(&self, id: u64, vm_id: &str, timeout: Duration) -> bool {
        let Some(guest) = self.find(id).and_then(|route| route.guest(vm_id)) else { return true };
        tokio::time::timeout(timeout, guest.quiet()).await.is_ok()
    }

    /// How long there has been no request; `None` while there is one, and for an unknown runtime.
    #[must_use]
    pub fn idle_for(&self, id: u64) -> Option<Duration> {
        self.find(id)?.idle_for()
    }

    /// Requests that are being answered, without those that [wait](Self::queued).
    #[must_use]
    pub fn in_flight(&self, id: u64) -> usize {
        self.find(id).map_or(0, |route| route.in_flight())
    }

    /// Requests that wait, for a slot or for a runtime that starts or wakes.
    #[must_use]
    pub fn queued(&self, id: u64) -> usize {
        self.find(id).map_or(0, |route| route.queued())
    }

    pub(crate) fn find(&self, id: u64) -> Option<Arc<Route>> {
        self.shared.table.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn with(&self, id: u64, act: impl FnOnce(&Route)) {
        if let Some(route) = self.find(id) {
            act(&route);
        }
    }
}
