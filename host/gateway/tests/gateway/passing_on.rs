//! What passes between client and guest, and what does not.

use skerry_gateway::GatewaySettings;

use crate::guests::Guest;
use crate::service::Service;

#[tokio::test]
async fn path_and_query_arrive_as_they_were_sent() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    for (path, seen) in [
        ("/r/1", "/"),
        ("/r/1/", "/"),
        ("/r/1?x=1", "/?x=1"),
        ("/r/1/a%2Fb//c/?q=%20&r=../..", "/a%2Fb//c/?q=%20&r=../.."),
        ("/r/1/%7Euser/%E2%82%AC", "/%7Euser/%E2%82%AC"),
        ("http://test/r/1/x", "/x"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.text().split(' ').nth(1), Some(seen), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_for_guests_never_reaches_one() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    service.get("/r/1/../2/x").await.is_error(400, "`..`");
    service.get("/r/1/%2e%2e/x").await.is_error(400, "`..`");
    service.get("/r/1/v1/skerry/renew").await.is_error(404, "no such path");
    service.get("/r/1//V1/%53kerry/renew").await.is_error(404, "no such path");
    for (request, status) in [
        ("TRACE /r/1/ HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("GET /r/1/ HTTP/1.1\r\n\r\n", 400),
        ("GET /r/1/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ] {
        let mut client = service.connect().await;
        client.send(request).await;
        client.answer().await.is_error(status, "");
    }
    let mut client = service.connect().await;
    client.send("CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\n\r\n").await;
    assert!(client.head().await.status >= 400);
    assert_eq!(guest.connections(), 0);
}

#[tokio::test]
async fn a_request_with_two_lengths_is_refused_and_its_connection_ended() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let smuggled = "0\r\n\r\nGET /r/1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for fields in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "content-length:3\r\nX-Other: 1\r\ntransfer-encoding:\tchunked",
        "Content-Length: 3\r\nTransfer-Encoding: identity",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: +3",
        "Transfer-Encoding: chunked, identity",
    ] {
        for before in [
            "",
            "GET /r/1/first HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /r/1/first HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
        ] {
            let mut client = service.connect().await;
            client.send(format!("{before}POST /r/1/second HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{smuggled}")).await;
            let rest = String::from_utf8(client.rest().await).unwrap();
            assert_eq!(rest.contains("/first"), !before.is_empty(), "{fields}: {rest}");
            assert!(rest.contains("HTTP/1.1 400 "), "{fields}: {rest}");
            assert!(!rest.contains("/second") && !rest.contains("smuggled"), "{fields}: {rest}");
        }
    }
}

#[tokio::test]
async fn a_guest_is_told_who_asks_and_by_which_way() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client
        .send(
            "GET /r/1/ HTTP/1.1\r\nHost: engine.example:2719\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\n\
             TE: trailers\r\nUpgrade: websocket\r\nX-Forwarded-For: 6.6.6.6\r\nX-Call-Id: 7\r\ntraceparent: 00-1\r\n\
             X-Request-Id: mine-1\r\n\r\n",
        )
        .await;
    let answer = client.answer().await;
    let seen = answer.text().to_lowercase();
    for line in [
        "host: runtime\r\n",
        "x-forwarded-host: engine.example:2719\r\n",
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-forwarded-proto: http\r\n",
        "via: 1.1 skerry\r\n",
        "x-request-id: mine-1\r\n",
        "x-call-id: 7\r\n",
        "traceparent: 00-1\r\n",
    ] {
        assert!(seen.contains(line), "{line}{seen}");
    }
    for text in ["connection:", "x-secret", "te:", "upgrade", "6.6.6.6"] {
        assert!(!seen.contains(text), "{text} is in {seen}");
    }
    assert_eq!(answer.fields["x-request-id"], "mine-1");
    assert_eq!(answer.fields["via"], "1.1 skerry");
}

#[tokio::test]
async fn a_request_without_a_usable_id_gets_one() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("GET /r/1/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: not good\r\n\r\n").await;
    let answer = client.answer().await;
    let id = &answer.fields["x-request-id"];
    assert!(!id.contains(' '));
    assert!(answer.text().contains(id.as_str()));
    assert!(service.get("/r/9/").await.fields.contains_key("x-request-id"));
}

#[tokio::test]
async fn an_answer_keeps_its_fields_but_those_of_its_connection() {
    let guest = Guest::saying(
        "HTTP/1.1 207 Odd\r\nContent-Length: 2\r\nX-Duration-Seconds: 0.5\r\nX-Call-Id: 7\r\nConnection: X-Mine\r\n\
         X-Mine: 1\r\nKeep-Alive: timeout=60\r\nX-Skerry-Start: forged\r\nX-Request-Id: forged\r\n\r\nok",
    )
    .await;
    let service = Service::with(&guest).await;
    let answer = service.get("/r/1/").await;
    assert_eq!((answer.status, answer.text()), (207, "ok"));
    assert_eq!((&*answer.fields["x-duration-seconds"], &*answer.fields["x-call-id"]), ("0.5", "7"));
    assert!(!answer.fields.contains_key("x-mine") && !answer.fields.contains_key("keep-alive"));
    assert_eq!(answer.fields["x-skerry-start"], "pool");
    assert_ne!(answer.fields["x-request-id"], "forged");
    assert_eq!(service.get("/r/1/").await.fields["x-skerry-start"], "warm");
}

#[tokio::test]
async fn connections_to_a_guest_are_used_again_and_closed_when_they_idle() {
    let guest = Guest::echo().await;
    let settings = GatewaySettings { idle_timeout: std::time::Duration::from_secs(30), ..Default::default() };
    let service = Service::with_settings(&guest, settings).await;
    let mut client = service.connect().await;
    for _ in 0..20 {
        assert_eq!(client.get("/r/1/").await.status, 200);
        assert_eq!(client.post("/r/1/v1/faas/execute-sync", "{}").await.status, 200);
    }
    assert_eq!(guest.connections(), 1);

    let (closed, closing) = tokio::sync::oneshot::channel();
    let closed = std::sync::Mutex::new(Some(closed));
    let guest = Guest::new(move |mut served| {
        let closed = closed.lock().unwrap().take();
        async move {
            let request = served.request().await.unwrap();
            served.answer(&request).await;
            served.ended().await;
            let _ = closed.unwrap().send(());
        }
    })
    .await;
    let settings = GatewaySettings { idle_timeout: std::time::Duration::from_millis(20), ..Default::default() };
    let service = Service::with_settings(&guest, settings).await;
    assert_eq!(service.get("/r/1/").await.status, 200);
    tokio::time::timeout(crate::client::PATIENCE, closing).await.unwrap().unwrap();
}
