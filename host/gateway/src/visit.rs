//! What a request holds on to while it is here, and what is written down when it has gone.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderValue, StatusCode};

use crate::guest::InFlight;
use crate::guest_body::AnswerError;
use crate::lane::Slot;
use crate::metrics::{CLIENT_GONE, Metrics};
use crate::paths::Kind;
use crate::route::{ClientKey, Presence, Route};

/// One request, from its head to the end of its answer. Counted and logged when it is dropped.
pub(crate) struct Visit {
    /// Before the route, which it keeps awake: dropped first.
    _presence: Presence,
    route: Arc<Route>,
    metrics: Metrics,
    kind: Kind,
    request_id: HeaderValue,
    started: Instant,
    /// What the client was told; until then it counts as gone.
    status: StatusCode,
}

impl Visit {
    pub(crate) fn new(
        presence: Presence,
        route: Arc<Route>,
        metrics: Metrics,
        kind: Kind,
        request_id: HeaderValue,
        started: Instant,
    ) -> Self {
        metrics.in_flight.inc();
        Self { _presence: presence, route, metrics, kind, request_id, started, status: CLIENT_GONE }
    }

    /// The client is being told this.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = status;
    }

    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let duration = self.started.elapsed();
        let id = (!self.route.is_removed()).then_some(self.route.id);
        self.metrics.in_flight.dec();
        self.metrics.observe(self.kind, self.status, id, duration);
        tracing::debug!(
            request_id = self.request_id(),
            runtime = self.route.id,
            route = self.kind.name(),
            status = self.status.as_u16(),
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            "request",
        );
    }
}

/// What is held until the end of an answer.
pub(crate) struct Lease {
    visit: Visit,
    in_flight: InFlight,
    _slot: Slot<ClientKey>,
}

impl Lease {
    pub(crate) fn new(visit: Visit, in_flight: InFlight, slot: Slot<ClientKey>) -> Self {
        Self { visit, in_flight, _slot: slot }
    }

    /// The client is being told this.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.visit.answered(status);
    }

    /// The answer ends early.
    pub(crate) fn cut_short(&mut self, error: &AnswerError) {
        self.visit.metrics.cut_short.inc();
        tracing::info!(
            request_id = self.visit.request_id(),
            runtime = self.visit.route.id,
            vm = &*self.in_flight.guest().vm_id,
            error = error as &dyn std::error::Error,
            "answer cut short",
        );
    }
}
