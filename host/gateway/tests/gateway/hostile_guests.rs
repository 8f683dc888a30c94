//! Guests that die, lie and fall silent: their clients learn it, and nobody else notices.

use std::time::Duration;

use skerry_gateway::GatewaySettings;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::guests::Guest;
use crate::service::{Service, until};

#[tokio::test]
async fn no_answer_or_none_in_http_is_a_bad_gateway() {
    let long_field = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(1_000_000));
    let many_fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Many: x\r\n".repeat(10_000));
    for (bytes, message) in [
        ("", "ended the connection"),
        ("HTTP/1.1 200 OK\r\nContent-Le", "ended the connection"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"),
        ("\0\0\0\0\0\0\0\0\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "not HTTP"),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "another protocol"),
        (&long_field, "too long"),
        (&many_fields, "too long"),
    ] {
        let guest = Guest::saying_at_last(bytes).await;
        let service = Service::with(&guest).await;
        let mut client = service.connect().await;
        let begin = &bytes[..bytes.len().min(40)];
        let answer = client.get("/r/1/").await;
        assert_eq!(answer.status, 502, "{begin:?}: {answer:?}");
        answer.is_error(502, message);
        assert_eq!(answer.json()["error"], "bad gateway");
        // The client's own connection is as good as before.
        client.get("/r/9/").await.is_error(401, "");
    }
}

#[tokio::test]
async fn a_head_without_end_is_given_up() {
    let guest = Guest::new(|mut served| async move {
        served.request().await;
        served.send("HTTP/1.1 200 OK\r\n").await;
        let field = format!("X-More: {}\r\n", "y".repeat(1000));
        for _ in 0..1_000_000 {
            if tokio::io::AsyncWriteExt::write_all(&mut served.stream, field.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let service = Service::with(&guest).await;
    service.get("/r/1/").await.is_error(502, "too long");
}

#[tokio::test]
async fn a_guest_that_takes_no_connection_is_a_bad_gateway() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let service = Service::with(&Guest::echo().await).await;
    let connector = std::sync::Arc::new(skerry_gateway::TcpConnector(address));
    service.routes.up(1, "vm-2", connector, skerry_api::provisioning::StartPath::Cold);
    service.get("/r/1/").await.is_error(502, "takes no connection");
}

#[tokio::test]
async fn an_answer_that_breaks_off_breaks_the_clients_connection_off() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nzz\r\n",
    ] {
        let guest = Guest::saying_at_last(answer).await;
        let service = Service::with(&guest).await;
        let mut client = service.connect().await;
        client.send("GET /r/1/ HTTP/1.1\r\nHost: x\r\n\r\nGET /r/1/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
        client.head().await;
        let rest = String::from_utf8(client.rest().await).unwrap();
        // Neither is the second request answered, as if the first had been, nor are chunks ended as if they were whole.
        assert!(rest.contains("only this") && !rest.contains("HTTP/1.1") && !rest.contains("0\r\n\r\n"), "{rest}");
    }
}

#[tokio::test]
async fn a_guest_that_says_nothing_is_given_up_in_time() {
    let guest = Guest::new(|mut served| async move { served.ended().await }).await;
    let settings = GatewaySettings { answer_timeout: Duration::from_millis(50), ..Default::default() };
    let service = Service::with_settings(&guest, settings).await;
    service.get("/r/1/").await.is_error(504, "no answer within 0.05 s");
    // Interim answers are none.
    let guest = Guest::new(|mut served| async move {
        while tokio::io::AsyncWriteExt::write_all(&mut served.stream, b"HTTP/1.1 102 Wait\r\n\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    service.up("vm-2", &guest);
    service.get("/r/1/").await.is_error(504, "no answer within");
}

#[tokio::test]
async fn bytes_behind_an_answer_are_nobody_elses_answer() {
    let guest = Guest::saying_at_last(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
    )
    .await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    for number in 1..=5 {
        assert_eq!(client.get("/r/1/").await.text(), "first");
        assert_eq!(guest.connections(), number);
    }
}

/// A guest that answers the first request of each connection, and ends it when the second has come.
async fn dies_at_the_second() -> (Guest, mpsc::UnboundedReceiver<(usize, String)>) {
    let (seen, requests) = mpsc::unbounded_channel();
    let guest = Guest::new(move |mut served| {
        let seen = seen.clone();
        async move {
            let request = served.request().await.unwrap_or_default();
            served.answer(&request).await;
            let _ = seen.send((served.number, request));
            if let Some(request) = served.request().await {
                let _ = seen.send((served.number, request));
            }
        }
    })
    .await;
    (guest, requests)
}

#[tokio::test]
async fn a_kept_connection_that_was_dead_costs_the_client_nothing() {
    let (guest, _requests) = dies_at_the_second().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    for number in 1..=3 {
        assert_eq!(client.get("/r/1/").await.status, 200);
        assert_eq!(guest.connections(), number);
    }
    let answer = client.post("/r/1/v1/faas/execute-sync", "{\"fc\":\"x\"}").await;
    assert!(answer.text().ends_with("{\"fc\":\"x\"}"), "{answer:?}");
}

#[tokio::test]
async fn what_must_not_be_done_twice_is_not_sent_twice() {
    let (guest, mut requests) = dies_at_the_second().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    assert_eq!(client.get("/r/1/").await.status, 200);
    client.post("/r/1/v1/faas/execute-async", "{}").await.is_error(502, "ended the connection");
    let mut submissions = 0;
    while let Ok((_, request)) = requests.try_recv() {
        submissions += usize::from(request.starts_with("POST"));
    }
    assert_eq!(submissions, 1);
}

#[tokio::test]
async fn a_client_that_goes_cancels_its_call_at_once() {
    for path in ["/r/1/v1/faas/execute-sync", "/r/1/v1/faas/execute-async", "/r/1/other"] {
        let (ended, mut ends) = mpsc::unbounded_channel();
        let guest = Guest::new(move |mut served| {
            let ended = ended.clone();
            async move {
                served.request().await.unwrap();
                let _ = ended.send("has come");
                served.ended().await;
                let _ = ended.send("has ended");
            }
        })
        .await;
        let service = Service::with(&guest).await;
        let mut client = service.connect().await;
        client.send_post(path, "{}").await;
        assert_eq!(ends.recv().await, Some("has come"));
        assert_eq!(service.routes.in_flight(1), 1);
        drop(client);
        assert_eq!(ends.recv().await, Some("has ended"), "{path}");
        until(|| service.routes.in_flight(1) == 0).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_in_the_middle_of_an_answer_ends_it_too() {
    let (ended, ending) = tokio::sync::oneshot::channel();
    let ended = std::sync::Mutex::new(Some(ended));
    let guest = Guest::new(move |mut served| {
        let ended = ended.lock().unwrap().take();
        async move {
            served.request().await;
            served.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun").await;
            served.ended().await;
            let _ = ended.unwrap().send(());
        }
    })
    .await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("GET /r/1/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.head().await;
    drop(client);
    ending.await.unwrap();
    until(|| service.routes.in_flight(1) == 0).await;
}
