//! The way of a request: who, where, whose turn, there and back.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_LENGTH, EXPECT, HOST, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, StatusCode, Uri, Version};
use hyper::body::Body as _;

use crate::answers::Refusal;
use crate::exchange::{Failure, exchange};
use crate::guest::InFlight;
use crate::guest_body::GuestBody;
use crate::headers::{self, REQUEST_ID};
use crate::identity::{Identity, Users};
use crate::lane::{NoSlot, Slot};
use crate::paths::{self, BadPath, Kind};
use crate::request_body::RequestBody;
use crate::route::{ClientKey, Route};
use crate::routes::{Routes, Shared};
use crate::tasks;
use crate::visit::{Lease, Visit};

/// The routes `/r/{id}` and `/r/{id}/…`, to be merged into the engine's own and served by [`serve`](crate::serve).
pub fn router(routes: Routes, users: Users) -> Router {
    let gateway = Gateway { routes, users };
    Router::new()
        .route("/r/{id}", any(by_path))
        .route("/r/{id}/", any(by_path))
        .route("/r/{id}/{*path}", any(by_path))
        .with_state(gateway)
}

/// All paths of an address of its own lead to the runtime `id`.
pub(crate) fn runtime_router(id: u64, routes: Routes, users: Users) -> Router {
    Router::new().fallback(by_address).with_state((Gateway { routes, users }, id))
}

async fn by_path(State(gateway): State<Gateway>, request: Request) -> Response {
    // The path as it came, not as the router decodes it.
    let uri = request.uri().clone();
    let (id, path) = paths::split(uri.path()).map_or((None, "/"), |(id, path)| (Some(id), path));
    gateway.answer(request, id, path).await
}

async fn by_address(State((gateway, id)): State<(Gateway, u64)>, request: Request) -> Response {
    let uri = request.uri().clone();
    gateway.answer(request, Some(id), uri.path()).await
}

#[derive(Clone)]
struct Gateway {
    routes: Routes,
    users: Users,
}

/// A request that may go to a guest.
pub(crate) struct Passage {
    pub(crate) shared: Arc<Shared>,
    pub(crate) route: Arc<Route>,
    pub(crate) slot: Slot<ClientKey>,
    pub(crate) visit: Visit,
    pub(crate) kind: Kind,
}

impl Gateway {
    /// Answers a request for `path` of the runtime `id`.
    async fn answer(&self, request: Request, id: Option<u64>, path: &str) -> Response {
        let started = Instant::now();
        let request_id = headers::request_id(request.headers());
        // Apart, because a body cannot be shared with another thread and a reference to it not be held for long.
        let (head, body) = request.into_parts();
        let mut body = RequestBody::new(body, most_body(self.routes.settings().most_body_bytes));
        let mut response = match self.admit(&head, &mut body, id, path, &request_id, started).await {
            Ok(passage) => passage.carry(head, body, path, &request_id).await,
            Err(refusal) => refusal.into_response(),
        };
        response.headers_mut().insert(REQUEST_ID, request_id);
        response
    }

    /// Decides whether, and when, a request goes to a guest.
    async fn admit(
        &self,
        head: &Parts,
        body: &mut RequestBody,
        id: Option<u64>,
        path: &str,
        request_id: &HeaderValue,
        started: Instant,
    ) -> Result<Passage, Refusal> {
        let route = id.and_then(|id| self.routes.find(id));
        let identity = self.identify(head, route.as_deref()).await?;
        let route = route.ok_or_else(Refusal::unknown_runtime)?;
        check_request(head, body.size_hint().lower(), path, self.routes.settings().most_body_bytes)?;
        let client = identity.map_or_else(|| ClientKey::Peer(peer(head)), |identity| ClientKey::User(identity.user));
        let shared = Arc::clone(&self.routes.shared);
        let kind = paths::classify(&head.method, path);
        let presence = route.enter()?;
        let mut visit =
            Visit::new(presence, Arc::clone(&route), shared.metrics.clone(), kind, request_id.clone(), started);
        // Whoever expects to be asked for the body is asked when it is wanted.
        let ahead = (!head.headers.contains_key(EXPECT)).then_some(body);
        match slot(&shared, &route, client, kind, ahead).await {
            Ok(slot) => Ok(Passage { shared, route, slot, visit, kind }),
            Err(refusal) => {
                visit.answered(refusal.status());
                Err(refusal)
            }
        }
    }

    /// Who it is, or nobody if that is enough. Nobody learns without credentials which private runtimes there are.
    async fn identify(&self, head: &Parts, route: Option<&Route>) -> Result<Option<Identity>, Refusal> {
        let access = route.map(Route::access);
        if matches!(access, Some((true, _))) {
            return Ok(None);
        }
        let known = head.extensions.get::<Identity>().cloned();
        let identity = match known {
            Some(identity) => identity,
            None => self.users.authenticate(head.headers.get(AUTHORIZATION)).await?,
        };
        match access {
            Some((_, owner)) if !identity.may_use(&owner) => {
                Err(Refusal::new(StatusCode::FORBIDDEN, "the runtime belongs to somebody else"))
            }
            _ => Ok(Some(identity)),
        }
    }
}

/// Waits for the request's turn.
async fn slot(
    shared: &Shared,
    route: &Route,
    client: ClientKey,
    kind: Kind,
    ahead: Option<&mut RequestBody>,
) -> Result<Slot<ClientKey>, Refusal> {
    let lane = if kind.is_long() { &route.calls } else { &route.quick };
    let result = {
        let _queued = Queued::new(shared);
        while_reading(ahead, lane.slot(client, shared.settings.queue_timeout)).await
    };
    result.map_err(|error| match error {
        NoSlot::Full => Refusal::too_many("the runtime is busy and its queue is full; try again later"),
        NoSlot::TimedOut => {
            Refusal::too_many("the runtime is busy and the request waited for too long; try again later")
        }
        NoSlot::Closed(reason) => Refusal::removed(&reason),
    })
}

/// Waits for `work`, and reads a body ahead meanwhile.
async fn while_reading<T>(ahead: Option<&mut RequestBody>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Some(body) = ahead {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = body.read_ahead() => {}
        }
    }
    work.await
}

/// Counts a request in the queue, whichever way it leaves it.
struct Queued<'a>(&'a Shared);

impl<'a> Queued<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.metrics.queued.inc();
        Self(shared)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.metrics.queued.dec();
    }
}

/// Refuses what is never passed on.
fn check_request(head: &Parts, least_bytes: u64, path: &str, most_body_bytes: u64) -> Result<(), Refusal> {
    if matches!(head.method, Method::CONNECT | Method::TRACE) {
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not passed on to runtimes");
        return Err(refusal.with(ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS")));
    }
    let hosts = head.headers.get_all(HOST).iter().count();
    if hosts > 1 || hosts == 0 && head.version == Version::HTTP_11 && head.uri.authority().is_none() {
        return Err(Refusal::bad_request("HTTP/1.1 wants exactly one header field Host"));
    }
    paths::check(path).map_err(|bad| match bad {
        BadPath::Malformed => Refusal::bad_request("the path is malformed, or has `..` in it"),
        BadPath::Reserved => Refusal::new(StatusCode::NOT_FOUND, "no such path; GET / lists what there is"),
    })?;
    let most_bytes = most_body(most_body_bytes);
    if least_bytes > most_bytes {
        return Err(Refusal::too_large(most_bytes));
    }
    Ok(())
}

/// The client's address, if whoever listens told it.
fn peer(head: &Parts) -> Option<IpAddr> {
    head.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

/// 0 stands for no limit.
fn most_body(most_body_bytes: u64) -> u64 {
    if most_body_bytes == 0 { u64::MAX } else { most_body_bytes }
}

impl Passage {
    /// Takes the request to the guest and brings the answer.
    async fn carry(self, head: Parts, body: RequestBody, path: &str, request_id: &HeaderValue) -> Response {
        let result = match self.prepare(head, body, path, request_id) {
            Err(refusal) => Err(refusal),
            Ok(request) => match self.kind {
                Kind::ExecuteAsync => return tasks::submit(self, request).await,
                Kind::Status => return tasks::status(self, request, path).await,
                Kind::Cancel => return tasks::cancel(self, request, path).await,
                _ => self.send(request).await,
            },
        };
        match result {
            Ok((response, in_flight)) => self.relay(response, in_flight),
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// The request as the guest gets it.
    fn prepare(
        &self,
        head: Parts,
        body: RequestBody,
        path: &str,
        request_id: &HeaderValue,
    ) -> Result<http::Request<RequestBody>, Refusal> {
        let peer = peer(&head);
        let target = match head.uri.query() {
            Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
            None => PathAndQuery::try_from(path),
        };
        let target = target.map_err(|_| Refusal::bad_request("the path cannot be passed on"))?;
        let mut headers = head.headers;
        let length = body.size_hint().exact();
        headers::to_guest(&mut headers, request_id, peer, length);
        let mut request = http::Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = Uri::from(target);
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Sends to the present target; to the next one if that was gone before it got a byte.
    pub(crate) async fn send(
        &self,
        mut request: http::Request<RequestBody>,
    ) -> Result<(http::Response<GuestBody>, InFlight), Refusal> {
        let Shared { settings, hooks, metrics, .. } = &*self.shared;
        let deadline = tokio::time::Instant::now() + settings.wake_timeout;
        loop {
            let ahead = Some(request.body_mut());
            let in_flight = while_reading(ahead, self.route.target(&**hooks, metrics, deadline)).await?;
            let is_repeatable = self.kind.is_repeatable(request.method());
            let failure = match exchange(in_flight.guest(), request, is_repeatable, settings, metrics).await {
                Ok(response) => return Ok((response, in_flight)),
                Err(failure) => failure,
            };
            self.report(&in_flight, &failure);
            let Failure::NotSent(whole, reason) = failure else { return Err(failure.refusal(settings)) };
            let guest = Arc::clone(in_flight.guest());
            drop(in_flight);
            if !self.route.moved_on(&guest, settings.notice_timeout).await {
                return Err(Refusal::bad_gateway(reason));
            }
            request = *whole;
        }
    }

    /// Tells the administrator about a guest that fails.
    pub(crate) fn report(&self, in_flight: &InFlight, failure: &Failure) {
        let reason = match failure {
            Failure::NotSent(_, reason) | Failure::Broken(reason) => reason,
            Failure::TimedOut => "no answer in time",
            Failure::Body(_) => return,
        };
        tracing::info!(
            request_id = self.visit.request_id(),
            runtime = self.route.id,
            vm = &*in_flight.guest().vm_id,
            reason,
            "guest failed",
        );
    }

    /// Streams a guest's answer to the client.
    pub(crate) fn relay(self, response: http::Response<GuestBody>, in_flight: InFlight) -> Response {
        let (mut head, mut body) = response.into_parts();
        headers::to_client(&mut head.headers, in_flight.guest().start_name());
        let mut lease = Lease::new(self.visit, in_flight, self.slot);
        lease.answered(head.status);
        body.hold(lease);
        Response::from_parts(head, Body::new(body))
    }

    /// Gives the client an answer that is here already.
    pub(crate) fn reply(mut self, response: Response) -> Response {
        self.visit.answered(response.status());
        response
    }

    /// Gives the client the gateway's own answer.
    pub(crate) fn refuse(self, refusal: Refusal) -> Response {
        self.reply(refusal.into_response())
    }

    /// Gives the client a guest's answer that was read whole.
    pub(crate) fn relay_whole(self, mut head: http::response::Parts, body: Vec<u8>, start: &'static str) -> Response {
        headers::to_client(&mut head.headers, start);
        head.headers.remove(CONTENT_LENGTH);
        self.reply(Response::from_parts(head, Body::from(body)))
    }
}
