//! Many requests at once: slots, queues, and what never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use skerry_gateway::RouteOptions;
use tokio::sync::Semaphore;

use crate::client::Client;
use crate::guests::Guest;
use crate::service::{Service, options, until};

const SYNC: &str = "/r/1/v1/faas/execute-sync";

/// A guest whose calls take as long as the test wants, and that says at once how it is.
struct Busy {
    guest: Guest,
    calls: &'static Semaphore,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Busy {
    async fn new() -> Self {
        let calls: &'static Semaphore = Box::leak(Box::new(Semaphore::new(0)));
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (counter, peak) = (Arc::clone(&running), Arc::clone(&most));
        let guest = Guest::new(move |mut served| {
            let (counter, peak) = (Arc::clone(&counter), Arc::clone(&peak));
            async move {
                while let Some(request) = served.request().await {
                    if request.starts_with("POST") {
                        let now = counter.fetch_add(1, Ordering::SeqCst) + 1;
                        peak.fetch_max(now, Ordering::SeqCst);
                        calls.acquire().await.unwrap().forget();
                        counter.fetch_sub(1, Ordering::SeqCst);
                    }
                    served.answer("done").await;
                }
            }
        })
        .await;
        Self { guest, calls, running, most }
    }

    fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

async fn service(busy: &Busy, concurrency: usize, queue: usize) -> Service {
    let service = Service::with(&busy.guest).await;
    service.routes.set_options(1, RouteOptions { concurrency, queue, ..options() });
    service
}

#[tokio::test]
async fn calls_beyond_the_slots_wait_and_calls_beyond_the_queue_are_sent_away() {
    let busy = Busy::new().await;
    let service = service(&busy, 2, 3).await;
    let calls: Vec<_> = (0..5).map(|_| service.spawn_post(SYNC, "{}")).collect();
    until(|| busy.running() == 2 && service.routes.queued(1) == 3).await;
    let answer = service.connect().await.post(SYNC, "{}").await;
    answer.is_error(429, "queue is full");
    assert_eq!(answer.fields["retry-after"], "1");
    busy.calls.add_permits(5);
    for call in calls {
        assert_eq!(call.await.unwrap().status, 200);
    }
    assert_eq!(busy.most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_runtime_that_is_busy_still_says_how_it_is() {
    let busy = Busy::new().await;
    let service = service(&busy, 1, 1).await;
    let calls: Vec<_> = (0..2).map(|_| service.spawn_post(SYNC, "{}")).collect();
    until(|| busy.running() == 1 && service.routes.queued(1) == 1).await;
    let status = "/r/1/v1/faas/00000000-0000-4000-8000-000000000000/status";
    for path in ["/r/1/healthz", "/r/1/metrics", "/r/1/", status] {
        assert_eq!(service.get(path).await.status, 200, "{path}");
    }
    busy.calls.add_permits(2);
    for call in calls {
        assert_eq!(call.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_guest_never_has_more_than_32_connections_however_many_clients_there_are() {
    let busy = Busy::new().await;
    let service = service(&busy, 1000, 1000).await;
    let paths = [SYNC, "/r/1/other"];
    let calls: Vec<_> = (0..200).map(|number| service.spawn_post(paths[number % 2], "{}")).collect();
    until(|| busy.running() == 32).await;
    busy.calls.add_permits(200);
    for call in calls {
        assert_eq!(call.await.unwrap().status, 200);
    }
    assert!(busy.guest.connections() <= 32);
    assert_eq!(busy.most.load(Ordering::SeqCst), 32);
}

#[tokio::test]
async fn a_client_that_leaves_the_queue_leaves_its_place() {
    let busy = Busy::new().await;
    let service = service(&busy, 1, 1).await;
    let call = service.spawn_post(SYNC, "{}");
    until(|| busy.running() == 1).await;
    let mut gone = Client::connect(service.address).await;
    gone.send_post(SYNC, "{}").await;
    until(|| service.routes.queued(1) == 1).await;
    drop(gone);
    until(|| service.routes.queued(1) == 0).await;
    let next = service.spawn_post(SYNC, "{}");
    until(|| service.routes.queued(1) == 1).await;
    busy.calls.add_permits(2);
    for call in [call, next] {
        assert_eq!(call.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn what_is_done_is_counted() {
    let busy = Busy::new().await;
    let service = service(&busy, 1, 1).await;
    busy.calls.add_permits(1);
    assert_eq!(service.connect().await.post(SYNC, "{}").await.status, 200);
    service.get("/r/1/v1/skerry/x").await.is_error(404, "");
    until(|| service.routes.idle_for(1).is_some()).await;
    let mut registry = prometheus_client::registry::Registry::default();
    service.routes.register_metrics(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        "skerry_gateway_request_seconds_count{route=\"/v1/faas/execute-sync\",code=\"200\"} 1",
        "gateway_function_invocation_total{function_name=\"1\",code=\"200\"} 1",
        "skerry_gateway_requests_in_flight 0",
        "skerry_gateway_requests_queued 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
