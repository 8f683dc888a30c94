//! Bodies: streamed both ways, whole, and no larger than allowed.

use std::sync::{Arc, Mutex};

use skerry_gateway::GatewaySettings;
use tokio::sync::oneshot;

use crate::guests::Guest;
use crate::service::Service;

/// A guest that serves one connection with this.
async fn guest_once<R>(serve: impl FnOnce(crate::guests::Served) -> R + Send + 'static) -> Guest
where
    R: Future<Output = ()> + Send + 'static,
{
    let serve = Arc::new(Mutex::new(Some(serve)));
    Guest::new(move |served| serve.lock().unwrap().take().unwrap()(served)).await
}

#[tokio::test]
async fn an_answer_reaches_the_client_while_the_guest_still_writes_it() {
    let (go_on, told) = oneshot::channel::<()>();
    let guest = guest_once(async move |mut served| {
        served.request().await;
        served.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst").await;
        told.await.unwrap();
        served.send("-last").await;
        served.ended().await;
    })
    .await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("GET /r/1/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.head().await.fields["content-length"], "10");
    assert_eq!(client.bytes(5).await, b"first");
    go_on.send(()).unwrap();
    assert_eq!(client.bytes(5).await, b"-last");
}

#[tokio::test]
async fn a_request_reaches_the_guest_while_the_client_still_writes_it() {
    let (seen, begun) = oneshot::channel();
    let guest = guest_once(async move |mut served| {
        let head = served.request_head().await.unwrap();
        let _ = seen.send(head);
        served.ended().await;
    })
    .await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("POST /r/1/v1/faas/execute-sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nbegun").await;
    let head = begun.await.unwrap();
    assert!(head.to_lowercase().contains("content-length: 100000\r\n"), "{head}");
}

#[tokio::test]
async fn lengths_are_kept_and_chunks_made_anew() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("POST /r/1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello").await;
    let answer = client.answer().await;
    assert!(answer.text().to_lowercase().contains("content-length: 5\r\n"), "{}", answer.text());
    assert!(answer.text().ends_with("\r\n\r\nhello"));

    client.send("POST /r/1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;
    assert!(client.answer().await.text().to_lowercase().contains("content-length: 0\r\n"));

    client
        .send("POST /r/1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nhe\r\n3\r\nllo\r\n")
        .await;
    client.send("0\r\nX-Trailer: 1\r\n\r\n").await;
    let answer = client.answer().await;
    assert!(!answer.text().contains("X-Trailer") && !answer.text().contains("ext"), "{}", answer.text());
    assert!(answer.text().contains("he") && answer.text().contains("llo"));
}

#[tokio::test]
async fn an_answer_of_unknown_length_arrives_whole() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n";
    let until_the_end = "HTTP/1.1 200 OK\r\n\r\nhello";
    for answer in [chunked, until_the_end] {
        let guest = Guest::saying_at_last(answer).await;
        let service = Service::with(&guest).await;
        let answer = service.get("/r/1/").await;
        assert_eq!(answer.text(), "hello");
        assert!(!answer.fields.contains_key("content-length"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_without_content_has_none() {
    let guest = Guest::saying("HTTP/1.1 204 No Content\r\nX-Mine: 1\r\n\r\n").await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/r/1/").await.fields["x-mine"], "1");
    }
    assert_eq!(guest.connections(), 1);

    let guest = Guest::saying("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n").await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    for _ in 0..3 {
        client.send("HEAD /r/1/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(client.answer_to_head().await.fields["content-length"], "77");
    }
    assert_eq!(guest.connections(), 1);
}

#[tokio::test]
async fn megabytes_pass_both_ways_unharmed() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let body: String = (0..1_500_000).map(|number| format!("{number:07}")).collect();
    let answer = service.connect().await.post("/r/1/v1/faas/execute-sync", &body).await;
    assert!(answer.text().ends_with(&format!("\r\n\r\n{body}")));
    assert_eq!(answer.text().len() - body.len(), answer.text().find("\r\n\r\n").unwrap() + 4);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_or_without_its_length() {
    let guest = Guest::echo().await;
    let service = Service::with_settings(&guest, GatewaySettings { most_body_bytes: 5, ..Default::default() }).await;
    assert_eq!(service.connect().await.post("/r/1/x", "12345").await.status, 200);
    service.connect().await.post("/r/1/x", "123456").await.is_error(413, "5 bytes");
    let mut client = service.connect().await;
    client
        .send("POST /r/1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n2\r\n56\r\n0\r\n\r\n")
        .await;
    client.answer().await.is_error(413, "5 bytes");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("POST /r/1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.head().await.status, 100);
    client.send("hello").await;
    let answer = client.answer().await;
    assert!(answer.text().ends_with("hello") && !answer.text().to_lowercase().contains("expect"), "{}", answer.text());
}

#[tokio::test]
async fn a_chunk_that_is_none_is_the_clients_fault() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("POST /r/1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await;
    client.answer().await.is_error(400, "body");
}
