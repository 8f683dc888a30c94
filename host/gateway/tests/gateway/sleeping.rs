//! Runtimes that start, sleep, wake, move and go.

use std::time::Duration;

use skerry_gateway::GatewaySettings;
use tokio::sync::{Semaphore, oneshot};

use crate::guests::Guest;
use crate::service::{Service, options, until};

fn impatient() -> GatewaySettings {
    GatewaySettings { wake_timeout: Duration::from_millis(50), ..Default::default() }
}

/// A guest that answers when it is told to, each request once.
async fn slow_guest() -> (Guest, &'static Semaphore) {
    let answers: &'static Semaphore = Box::leak(Box::new(Semaphore::new(0)));
    let guest = Guest::new(move |mut served| async move {
        while let Some(request) = served.request().await {
            answers.acquire().await.unwrap().forget();
            served.answer(&request).await;
        }
    })
    .await;
    (guest, answers)
}

#[tokio::test]
async fn requests_wait_for_a_runtime_that_starts() {
    let service = Service::start(GatewaySettings::default()).await;
    service.routes.add(1, options());
    let waiting: Vec<_> = (0..3).map(|_| service.spawn_get("/r/1/")).collect();
    until(|| service.routes.queued(1) == 3).await;
    assert_eq!(service.routes.in_flight(1), 0);
    let guest = Guest::echo().await;
    service.up("vm-1", &guest);
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().status, 200);
    }
    assert_eq!(service.book.wakes(), 0);
}

#[tokio::test]
async fn a_sleeping_runtime_is_woken_once_for_all_that_wait() {
    let guest = Guest::echo().await;
    let service = Service::with(&guest).await;
    assert_eq!(service.get("/r/1/").await.status, 200);
    until(|| service.routes.idle_for(1).is_some()).await;
    assert!(service.routes.try_sleep(1));
    let waiting: Vec<_> = (0..5).map(|_| service.spawn_get("/r/1/")).collect();
    until(|| service.routes.queued(1) == 5).await;
    assert_eq!(service.book.wakes(), 1);
    service.up("vm-2", &guest);
    let mut starts: Vec<_> = Vec::new();
    for waiting in waiting {
        starts.push(waiting.await.unwrap().fields["x-skerry-start"].clone());
    }
    starts.sort();
    assert_eq!(starts, ["pool", "warm", "warm", "warm", "warm"]);
}

#[tokio::test]
async fn a_runtime_that_was_stored_asleep_is_woken_too() {
    let service = Service::start(GatewaySettings::default()).await;
    service.routes.add(1, options());
    let early = service.spawn_get("/r/1/");
    until(|| service.routes.queued(1) == 1).await;
    assert!(service.routes.try_sleep(1));
    until(|| service.book.wakes() == 1).await;
    let guest = Guest::echo().await;
    service.up("vm-1", &guest);
    assert_eq!(early.await.unwrap().status, 200);
}

#[tokio::test]
async fn whoever_waits_in_vain_is_told_and_the_next_one_wakes_anew() {
    let service = Service::start(impatient()).await;
    service.routes.add(1, options());
    service.get("/r/1/").await.is_error(503, "still starting");
    assert!(service.routes.try_sleep(1));
    for wakes in 1..=3 {
        let answer = service.get("/r/1/").await;
        answer.is_error(503, "still starting");
        assert_eq!(answer.fields["retry-after"], "1");
        assert_eq!(service.book.wakes(), wakes);
    }
}

#[tokio::test]
async fn a_runtime_with_a_request_does_not_fall_asleep() {
    let (guest, answers) = slow_guest().await;
    let service = Service::with(&guest).await;
    let request = service.spawn_get("/r/1/");
    until(|| service.routes.in_flight(1) == 1).await;
    assert!(!service.routes.try_sleep(1));
    assert_eq!(service.routes.idle_for(1), None);
    answers.add_permits(1);
    assert_eq!(request.await.unwrap().status, 200);
    until(|| service.routes.idle_for(1).is_some()).await;
    assert!(service.routes.try_sleep(1));
    assert_eq!(service.book.wakes(), 0);
}

#[tokio::test]
async fn a_failed_runtime_says_why_until_it_is_up_again() {
    let guest = Guest::echo().await;
    let service = Service::start(GatewaySettings::default()).await;
    service.routes.add(1, options());
    let waiting = service.spawn_get("/r/1/");
    until(|| service.routes.queued(1) == 1).await;
    service.routes.failed(1, "no memory for it".to_owned());
    waiting.await.unwrap().is_error(503, "no memory for it");
    service.get("/r/1/").await.is_error(503, "no memory for it");
    service.up("vm-1", &guest);
    assert_eq!(service.get("/r/1/").await.status, 200);
}

#[tokio::test]
async fn a_removed_runtime_sends_everybody_away() {
    let (guest, _) = slow_guest().await;
    let service = Service::with(&guest).await;
    let mut one_slot = options();
    one_slot.concurrency = 1;
    service.routes.set_options(1, one_slot);
    let in_flight = service.spawn_post("/r/1/v1/faas/execute-sync", "{}");
    until(|| service.routes.in_flight(1) == 1).await;
    let queued = service.spawn_post("/r/1/v1/faas/execute-sync", "{}");
    until(|| service.routes.queued(1) == 1).await;
    service.routes.add(2, options());
    let starting = service.spawn_get("/r/2/");
    until(|| service.routes.queued(2) == 1).await;
    service.routes.remove(1, "it was deleted");
    service.routes.remove(2, "it was deleted");
    queued.await.unwrap().is_error(404, "it was deleted");
    starting.await.unwrap().is_error(404, "it was deleted");
    in_flight.await.unwrap().is_error(502, "it was deleted");
    service.get("/r/1/").await.is_error(401, "");
}

#[tokio::test]
async fn a_switch_of_targets_fails_no_request() {
    let (former, answers) = slow_guest().await;
    let service = Service::with(&former).await;
    let before = service.spawn_get("/r/1/before");
    until(|| service.routes.in_flight(1) == 1).await;
    let guest = Guest::echo().await;
    service.up("vm-2", &guest);
    assert!(service.get("/r/1/after").await.text().contains("/after"));
    assert!(!service.routes.drain(1, "vm-1", Duration::from_millis(20)).await);
    answers.add_permits(1);
    assert!(before.await.unwrap().text().contains("/before"));
    assert!(service.routes.drain(1, "vm-1", Duration::from_secs(30)).await);
    service.routes.forget(1, "vm-1");
    assert_eq!(service.get("/r/1/").await.status, 200);
}

#[tokio::test]
async fn requests_in_flight_end_with_their_vm_and_others_wait_for_the_next() {
    let (guest, _) = slow_guest().await;
    let service = Service::with(&guest).await;
    let in_flight = service.spawn_get("/r/1/");
    until(|| service.routes.in_flight(1) == 1).await;
    service.routes.forget(1, "vm-1");
    in_flight.await.unwrap().is_error(502, "its machine has ended");
    let waiting = service.spawn_get("/r/1/");
    until(|| service.routes.queued(1) == 1).await;
    let next = Guest::echo().await;
    service.up("vm-2", &next);
    assert_eq!(waiting.await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_that_has_begun_is_cut_off_with_its_vm() {
    let (begun, has_begun) = oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let guest = Guest::new(move |mut served| {
        let begun = begun.lock().unwrap().take();
        async move {
            served.request().await;
            served.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun").await;
            let _ = begun.unwrap().send(());
            served.ended().await;
        }
    })
    .await;
    let service = Service::with(&guest).await;
    let mut client = service.connect().await;
    client.send("GET /r/1/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.head().await;
    has_begun.await.unwrap();
    assert_eq!(client.bytes(5).await, b"begun");
    service.routes.forget(1, "vm-1");
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_request_that_found_a_dead_guest_goes_to_the_next_one() {
    let dead = Guest::echo().await;
    let settings = GatewaySettings { notice_timeout: crate::client::PATIENCE, ..Default::default() };
    let service = Service::with_settings(&dead, settings).await;
    let address = dead.address;
    drop(dead);
    until(|| std::net::TcpStream::connect(address).is_err()).await;
    let request = service.spawn_post("/r/1/v1/faas/execute-sync", "{\"x\":1}");
    until(|| service.routes.in_flight(1) == 1).await;
    service.routes.starting(1);
    service.routes.forget(1, "vm-1");
    until(|| service.routes.queued(1) == 1).await;
    let guest = Guest::echo().await;
    service.up("vm-2", &guest);
    assert!(request.await.unwrap().text().ends_with("{\"x\":1}"));
}
