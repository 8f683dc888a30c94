//! Listeners: connections of clients, their limits, and their end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::Response;
use futures_util::future::Either;
use http::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::answers::Refusal;
use crate::head_watch::{Found, Watched};
use crate::identity::Users;
use crate::proxy::runtime_router;
use crate::routes::Routes;
use crate::settings::GatewaySettings;

/// Longest head of a request. Guests take 8 KiB; the gateway's own fields, and credentials, come on top.
const MOST_HEAD_BYTES: usize = 16 * 1024;

/// Most bytes of a connection that are held at once, each way.
const MOST_BUFFERED_BYTES: usize = 64 * 1024;

/// Most fields of a request's head; guests take as many, with the gateway's own.
const MOST_FIELDS: usize = 100;

/// How long to wait when the process can have no more sockets for now.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `app` on `listener` until `shutdown` resolves, and then until the requests that are in flight are answered.
/// Dropping the future ends them at once.
///
/// Handlers find the client's address as [`ConnectInfo`]`<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    settings: &GatewaySettings,
    shutdown: impl Future<Output = ()> + Send,
) {
    let settings = settings.clone().bounded();
    let places = Arc::new(Semaphore::new(settings.most_client_connections));
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            // Whoever has no place waits in the kernel's queue.
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, peer, place)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let connection = connection(stream, peer, app.clone(), settings.client_header_timeout, stopped.clone());
        connections.spawn(async move {
            let _place = place;
            connection.await;
        });
    }
    drop(listener);
    let _ = stop.send(true);
    while connections.join_next().await.is_some() {}
}

/// Serves the runtime `id` at an address of its own, with all paths; until `shutdown` resolves, as [`serve`] does.
pub async fn serve_runtime(
    listener: TcpListener,
    id: u64,
    routes: Routes,
    users: Users,
    shutdown: impl Future<Output = ()> + Send,
) {
    let settings = routes.settings().clone();
    serve(listener, runtime_router(id, routes, users), &settings, shutdown).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await.inspect_err(|error| {
        tracing::warn!(error = error as &dyn std::error::Error, "no connection accepted");
    })?;
    Ok((stream, peer, place))
}

async fn stop_is_said(stopped: &mut watch::Receiver<bool>) {
    // An error means that the listener itself is gone, which is no less an end.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// One connection, from its first request to its last.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    header_timeout: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    // Answers are written whole where they can be: nothing to gain from waiting for more.
    let _ = stream.set_nodelay(true);
    let (stream, found) = Watched::new(stream);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |request: Request<Incoming>| answer(&app, request, peer, &found));
    let connection = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_header_size(MOST_HEAD_BYTES)
        .max_headers(MOST_FIELDS)
        .max_buf_size(MOST_BUFFERED_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop_is_said(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, error = &error as &dyn std::error::Error, "connection ended early");
    }
}

/// Answers one request of a connection.
fn answer(
    app: &TowerToHyperService<Router>,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    found: &Found,
) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
    let has_encoding = request.headers().contains_key(TRANSFER_ENCODING);
    let answer = if has_encoding && found.two_lengths() {
        let reason = "a request has a Content-Length or a Transfer-Encoding, not both";
        Either::Left(std::future::ready(Ok(Refusal::bad_request(reason).into_response())))
    } else {
        request.extensions_mut().insert(ConnectInfo(peer));
        Either::Right(app.call(request))
    };
    async move {
        let mut answer = answer.await?;
        if has_encoding {
            // See `head_watch`: where the next request begins is nothing to be argued about.
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(answer)
    }
}
