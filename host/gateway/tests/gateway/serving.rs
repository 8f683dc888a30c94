//! Listeners: who may connect, and how they end.

use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::{Extension, Router};
use skerry_gateway::{GatewaySettings, Identity, require_identity};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

use crate::client::{Client, basic};
use crate::service::users;

/// Serves this until it is told to stop.
async fn serve(
    app: Router,
    settings: GatewaySettings,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        skerry_gateway::serve(listener, app, &settings, stopped).await;
    });
    (address, stop, serving)
}

#[tokio::test]
async fn a_server_that_stops_answers_what_it_has_begun_and_takes_no_more() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        move || async move {
            begun.notify_one();
            go_on.notified().await;
            "done"
        }
    };
    let app = Router::new().route("/slow", get(handler)).route("/", get(|| async { "here" }));
    let (address, stop, serving) = serve(app, GatewaySettings::default()).await;
    let mut idle = Client::connect(address).await;
    assert_eq!(idle.get("/").await.text(), "here");
    let slow = tokio::spawn(async move {
        let mut client = Client::connect(address).await;
        let answer = client.get("/slow").await;
        (answer, client.rest().await)
    });
    begun.notified().await;
    stop.send(()).unwrap();
    assert_eq!(idle.rest().await, b"");
    assert!(!serving.is_finished());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    go_on.notify_one();
    let (answer, rest) = slow.await.unwrap();
    assert_eq!((answer.text(), &*rest), ("done", b"".as_slice()));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_server_has_a_bound_on_its_connections_and_serves_the_next_when_one_ends() {
    let app = Router::new().route("/", get(|| async { "here" }));
    let settings = GatewaySettings { most_client_connections: 1, ..Default::default() };
    let (address, _stop, _serving) = serve(app, settings).await;
    let mut first = Client::connect(address).await;
    assert_eq!(first.get("/").await.text(), "here");
    let second = tokio::spawn(async move { Client::connect(address).await.get("/").await });
    for _ in 0..10 {
        assert_eq!(first.get("/").await.text(), "here");
        assert!(!second.is_finished());
    }
    drop(first);
    assert_eq!(second.await.unwrap().text(), "here");
}

#[tokio::test]
async fn a_guarded_route_knows_who_asks_and_from_where() {
    let handler = |Extension(identity): Extension<Identity>, ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
        format!("{} at {}", identity.user, peer.ip())
    };
    let guard = axum::middleware::from_fn_with_state(users(), require_identity);
    let app = Router::new().route("/", get(handler)).layer(guard);
    let (address, _stop, _serving) = serve(app, GatewaySettings::default()).await;
    let mut client = Client::connect(address).await;
    let refused = client.get("/").await;
    assert_eq!((refused.status, &refused.json()["error"]), (401, &serde_json::json!("unauthorized")));
    assert!(refused.fields["www-authenticate"].starts_with("Basic "));
    client.send(format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\r\n", basic("anna", "sesame"))).await;
    assert_eq!(client.answer().await.text(), "anna at 127.0.0.1");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused_and_one_that_never_ends_given_up() {
    let app = Router::new().route("/", get(|| async { "here" }));
    let settings =
        GatewaySettings { client_header_timeout: std::time::Duration::from_millis(50), ..Default::default() };
    let (address, _stop, _serving) = serve(app, settings).await;
    let mut client = Client::connect(address).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000))).await;
    assert_eq!(client.head().await.status, 431);
    let mut client = Client::connect(address).await;
    client.send("GET / HTTP/1.1\r\nHost: x\r\n").await;
    let rest = String::from_utf8(client.rest().await).unwrap();
    assert!(!rest.contains("here"), "{rest}");
}
