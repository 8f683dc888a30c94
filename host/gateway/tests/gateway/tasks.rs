//! Asynchronous tasks, with the real runtime and with guests that forget.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use skerry_api::provisioning::StartPath;

use crate::client::Answer;
use crate::guests::Guest;
use crate::runtime::{Runtime, add, forever, service};
use crate::service::{Service, until};

const ASYNC: &str = "/r/1/v1/faas/execute-async";

fn status_path(task: &str) -> String {
    format!("/r/1/v1/faas/{task}/status")
}

async fn submit(service: &Service, body: &str) -> String {
    let answer = service.connect().await.post(ASYNC, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["faas_uuid"].as_str().unwrap().to_owned()
}

async fn finished(service: &Service, task: &str) -> Answer {
    let mut client = service.connect().await;
    loop {
        let answer = client.get(&status_path(task)).await;
        assert_eq!(answer.status, 200);
        if answer.json()["state"] != "WORKING" {
            return answer;
        }
    }
}

#[track_caller]
fn has_failed_with_its_vm(answer: &Answer, task: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer: skerry_api::faas::StatusAnswer = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.state, skerry_api::faas::TaskState::Failed);
    assert_eq!(answer.exec_id.faas_task_uuid, task);
    let result = answer.res.unwrap();
    assert_eq!(result.ret_code, -1);
    assert!(result.err.unwrap().starts_with("the VM that ran the task ended"));
}

#[tokio::test]
async fn a_task_is_written_down_before_its_client_hears_of_it_and_its_end_once() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &add(3, 4)).await;
    assert_eq!(service.book.tasks.lock().unwrap()[&task].vm_id, "vm-1");
    let first = finished(&service, &task).await;
    assert_eq!(first.json()["state"], "READY");
    let written = service.book.tasks.lock().unwrap()[&task].answer.clone().unwrap();
    assert_eq!(written.as_bytes(), first.body);
    let again = service.get(&status_path(&task.to_uppercase())).await;
    assert_eq!(again.body, first.body);
    assert_eq!(*service.book.finished.lock().unwrap(), [task]);
}

#[tokio::test]
async fn a_task_is_cancelled_where_it_runs_and_stays_so() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &forever()).await;
    let cancel = async |task: &str| {
        let mut client = service.connect().await;
        client.send(format!("DELETE /r/1/v1/faas/{task} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        client.answer_to_head().await
    };
    assert_eq!(cancel(&task).await.status, 204);
    let answer = finished(&service, &task).await.json();
    assert_eq!((&answer["state"], &answer["res"]["err"]), (&"FAILED".into(), &"cancelled".into()));
    // By now the engine knows its end, and the guest is not asked.
    assert!(service.book.tasks.lock().unwrap()[&task].answer.is_some());
    assert_eq!(cancel(&task.to_uppercase()).await.status, 204);
    assert_eq!(cancel("00000000-0000-4000-8000-00000000abcd").await.status, 404);
}

#[tokio::test]
async fn an_end_that_was_not_kept_is_told_again() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    service.book.loses_answers.store(true, Ordering::SeqCst);
    let task = submit(&service, &add(3, 4)).await;
    let answer = finished(&service, &task).await;
    service.book.loses_answers.store(false, Ordering::SeqCst);
    assert_eq!(finished(&service, &task).await.body, answer.body);
    assert_eq!(service.book.finished.lock().unwrap().len(), 2);
    assert!(service.book.tasks.lock().unwrap()[&task].answer.is_some());
}

#[tokio::test]
async fn a_task_that_cannot_be_written_down_is_not_accepted() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    service.book.is_broken.store(true, Ordering::SeqCst);
    service.connect().await.post(ASYNC, &add(3, 4)).await.is_error(503, "the disk is full");
    let task = "00000000-0000-4000-8000-000000000000";
    service.get(&status_path(task)).await.is_error(503, "the disk is full");
}

#[tokio::test]
async fn a_result_outlives_its_vm_and_wakes_nobody() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &add(3, 4)).await;
    let answer = finished(&service, &task).await;
    until(|| service.routes.idle_for(1).is_some()).await;
    assert!(service.routes.try_sleep(1));
    service.routes.forget(1, "vm-1");
    drop(runtime);
    assert_eq!(service.get(&status_path(&task)).await.body, answer.body);
    assert_eq!(service.book.wakes(), 0);
}

#[tokio::test]
async fn a_task_whose_vm_is_gone_has_failed_and_is_never_unknown() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &forever()).await;
    assert_eq!(service.get(&status_path(&task)).await.json()["state"], "WORKING");
    service.routes.starting(1);
    // While its VM may yet come back, nothing is said; here it does.
    let next = Runtime::start(&[]);
    service.routes.forget(1, "vm-1");
    has_failed_with_its_vm(&service.get(&status_path(&task)).await, &task);
    service.routes.up(1, "vm-2", Arc::new(next.connector), StartPath::Cold);
    has_failed_with_its_vm(&service.get(&status_path(&task)).await, &task);
    service.routes.failed(1, "no luck".to_owned());
    has_failed_with_its_vm(&service.get(&status_path(&task)).await, &task);
}

#[tokio::test]
async fn a_task_is_asked_for_where_it_runs() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &add(3, 4)).await;
    let next = Runtime::start(&[]);
    service.routes.up(1, "vm-2", Arc::new(next.connector), StartPath::Cold);
    assert_eq!(finished(&service, &task).await.json()["state"], "READY");
}

#[tokio::test]
async fn a_task_of_a_vm_that_sleeps_wakes_it() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &add(3, 4)).await;
    until(|| service.routes.idle_for(1).is_some()).await;
    assert!(service.routes.try_sleep(1));
    service.routes.forget(1, "vm-1");
    let (address, path) = (service.address, status_path(&task));
    let asking = tokio::spawn(async move { crate::client::Client::connect(address).await.get(&path).await });
    until(|| service.book.wakes() == 1).await;
    service.routes.up(1, "vm-1", Arc::new(runtime.connector), StartPath::Snapshot);
    assert_eq!(asking.await.unwrap().status, 200);
    assert_eq!(finished(&service, &task).await.json()["state"], "READY");
}

#[tokio::test]
async fn what_nobody_ever_accepted_is_what_the_guest_says() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    assert_eq!(service.get(&status_path("00000000-0000-4000-8000-000000000000")).await.status, 404);
    assert_eq!(service.get(&status_path("nonsense")).await.status, 400);
}

#[tokio::test]
async fn a_refused_submission_is_no_task() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    assert_eq!(service.connect().await.post(ASYNC, "{}").await.status, 400);
    assert!(service.book.tasks.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_guest_that_forgot_a_task_has_failed_it_once_and_for_all() {
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &add(1, 2)).await;
    let forgetful = Guest::saying("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    service.up("vm-1", &forgetful);
    has_failed_with_its_vm(&service.get(&status_path(&task)).await, &task);
    assert_eq!(*service.book.finished.lock().unwrap(), std::slice::from_ref(&task));
    has_failed_with_its_vm(&service.get(&status_path(&task)).await, &task);
}

#[tokio::test]
async fn nonsense_instead_of_a_task_or_a_status_is_a_bad_gateway() {
    let long = format!("HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n{}", " ".repeat(100_000));
    for answer in [
        "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\0\x01\x02",
        "HTTP/1.1 201 Created\r\nContent-Length: 28\r\n\r\n{\"faas_uuid\":\"../../secret\"}",
        "HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{",
        &long,
    ] {
        let guest = Guest::saying_at_last(answer).await;
        let service = Service::with(&guest).await;
        service.connect().await.post(ASYNC, "{}").await.is_error(502, "");
        assert!(service.book.tasks.lock().unwrap().is_empty());
    }
    let runtime = Runtime::start(&[]);
    let service = service(&runtime).await;
    let task = submit(&service, &add(1, 2)).await;
    for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{"] {
        let guest = Guest::saying_at_last(answer).await;
        service.up("vm-1", &guest);
        service.get(&status_path(&task)).await.is_error(502, "not the status of a task");
    }
    assert!(service.book.finished.lock().unwrap().is_empty());
}
