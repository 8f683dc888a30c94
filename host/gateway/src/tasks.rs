//! Asynchronous tasks: none that a client has heard of is ever lost without a word.
//!
//! A task is written down before its client hears of it. Whoever asks for it later gets the guest's word while the guest
//! is there, what was written down once it has ended, and FAILED with the reason when its VM ended first.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;
use skerry_api::faas::{ExecId, ExecuteAnswer, StatusAnswer, TaskState};

use crate::answers::{JSON, Refusal};
use crate::exchange::exchange;
use crate::guest::InFlight;
use crate::guest_body::GuestBody;
use crate::hooks::TaskRecord;
use crate::paths;
use crate::proxy::Passage;
use crate::request_body::RequestBody;
use crate::route::Whereabouts;

/// Largest answer to execute-async: a UUID and a few words.
const MOST_ACCEPTED_BYTES: usize = 64 * 1024;

/// Largest status: it has the result in it, three times and in base64, which is at most a quarter of a body of 16 MiB.
const MOST_STATUS_BYTES: usize = 24 * 1024 * 1024;

/// What matters of an `AsyncAnswer`.
#[derive(Deserialize)]
struct Accepted {
    faas_uuid: String,
}

/// What matters of a `StatusAnswer`.
#[derive(Deserialize)]
struct Status {
    state: TaskState,
}

/// Answers POST execute-async.
pub(crate) async fn submit(passage: Passage, request: Request<RequestBody>) -> Response {
    let (response, in_flight) = match passage.send(request).await {
        Ok(sent) => sent,
        Err(refusal) => return passage.refuse(refusal),
    };
    if !matches!(response.status(), StatusCode::OK | StatusCode::CREATED) {
        return passage.relay(response, in_flight);
    }
    let (head, body) = match read(response, MOST_ACCEPTED_BYTES).await {
        Ok(read) => read,
        Err(refusal) => return passage.refuse(refusal),
    };
    let task = serde_json::from_slice(&body).ok().and_then(|accepted: Accepted| paths::uuid(&accepted.faas_uuid));
    let Some(task) = task else {
        return passage.refuse(Refusal::bad_gateway("the guest accepted the task without telling its id"));
    };
    match write_down(&passage, &in_flight, task).await {
        Ok(()) => passage.relay_whole(head, body.into(), in_flight.guest().start_name()),
        Err(reason) => {
            passage.refuse(Refusal::unavailable(format!("the task was not accepted, it could not be kept: {reason}")))
        }
    }
}

/// Tells the engine of an accepted task, even if the client goes away meanwhile.
async fn write_down(passage: &Passage, in_flight: &InFlight, task: String) -> Result<(), String> {
    let (hooks, id) = (Arc::clone(&passage.shared.hooks), passage.route.id);
    let vm_id = Arc::clone(&in_flight.guest().vm_id);
    let writing = tokio::spawn(async move { hooks.task_accepted(id, &vm_id, &task).await });
    writing.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// Answers GET of a task's status.
pub(crate) async fn status(passage: Passage, mut request: Request<RequestBody>, path: &str) -> Response {
    // A HEAD wants to know no less; its body is left out on the way to the client.
    *request.method_mut() = Method::GET;
    let Some(task) = paths::task_of(path) else {
        return passage.refuse(Refusal::bad_request("malformed task id"));
    };
    let was_told = passage.route.task_ends.was_told(&task);
    let record = passage.shared.hooks.task(passage.route.id, &task).await;
    if was_told && matches!(&record, Ok(Some(TaskRecord { answer: None, .. }))) {
        passage.route.task_ends.was_lost(&task);
    }
    match record {
        Err(reason) => passage.refuse(Refusal::unavailable(format!("the task could not be looked up: {reason}"))),
        Ok(None) => match passage.send(request).await {
            Ok((response, in_flight)) => passage.relay(response, in_flight),
            Err(refusal) => passage.refuse(refusal),
        },
        Ok(Some(TaskRecord { answer: Some(answer), .. })) => passage.reply(json(answer)),
        Ok(Some(TaskRecord { vm_id, answer: None })) => match find_vm(&passage, &vm_id).await {
            Ok(Some(in_flight)) => ask(passage, in_flight, request, task).await,
            Ok(None) => {
                let answer = failed(&task);
                passage.reply(json(answer))
            }
            Err(refusal) => passage.refuse(refusal),
        },
    }
}

/// Answers DELETE of a task: the VM that runs it is told. One that has ended, or whose VM has, is as good as cancelled.
pub(crate) async fn cancel(passage: Passage, request: Request<RequestBody>, path: &str) -> Response {
    let Some(task) = paths::task_to_cancel(path) else {
        return passage.refuse(Refusal::bad_request("malformed task id"));
    };
    let vm_id = match passage.shared.hooks.task(passage.route.id, &task).await {
        Err(reason) => {
            return passage.refuse(Refusal::unavailable(format!("the task could not be looked up: {reason}")));
        }
        Ok(None) => {
            return match passage.send(request).await {
                Ok((response, in_flight)) => passage.relay(response, in_flight),
                Err(refusal) => passage.refuse(refusal),
            };
        }
        Ok(Some(TaskRecord { answer: Some(_), .. })) => return passage.reply(no_content()),
        Ok(Some(TaskRecord { vm_id, answer: None })) => vm_id,
    };
    let in_flight = match find_vm(&passage, &vm_id).await {
        Ok(Some(in_flight)) => in_flight,
        Ok(None) => return passage.reply(no_content()),
        Err(refusal) => return passage.refuse(refusal),
    };
    let shared = Arc::clone(&passage.shared);
    match exchange(in_flight.guest(), request, true, &shared.settings, &shared.metrics).await {
        Ok(response) => passage.relay(response, in_flight),
        Err(_) if in_flight.guest().gone().is_some() => passage.reply(no_content()),
        Err(failure) => {
            passage.report(&in_flight, &failure);
            passage.refuse(failure.refusal(&shared.settings))
        }
    }
}

fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The VM with this id, if it is there or comes; `None` if it is gone.
async fn find_vm(passage: &Passage, vm_id: &str) -> Result<Option<InFlight>, Refusal> {
    let shared = &passage.shared;
    let deadline = tokio::time::Instant::now() + shared.settings.wake_timeout;
    match passage.route.whereabouts(vm_id) {
        Whereabouts::Here(in_flight) => Ok(Some(in_flight)),
        Whereabouts::Gone => Ok(None),
        Whereabouts::Unknown => {
            let target = passage.route.target(&*shared.hooks, &shared.metrics, deadline).await?;
            Ok((&*target.guest().vm_id == vm_id).then_some(target))
        }
    }
}

/// Asks the VM that runs the task.
async fn ask(passage: Passage, in_flight: InFlight, request: Request<RequestBody>, task: String) -> Response {
    let guest = Arc::clone(in_flight.guest());
    let shared = Arc::clone(&passage.shared);
    let response = match exchange(&guest, request, true, &shared.settings, &shared.metrics).await {
        Ok(response) => response,
        // Its VM went while it was asked.
        Err(_) if guest.gone().is_some() => return passage.reply(json(failed(&task))),
        Err(failure) => {
            passage.report(&in_flight, &failure);
            return passage.refuse(failure.refusal(&shared.settings));
        }
    };
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => {
            // The guest has forgotten it, and nobody will ever know its result.
            let answer = failed(&task);
            tell_end(&passage, &task, &answer).await;
            return passage.reply(json(answer));
        }
        _ => return passage.relay(response, in_flight),
    }
    let (head, body) = match read(response, MOST_STATUS_BYTES).await {
        Ok(read) => read,
        Err(_) if guest.gone().is_some() => return passage.reply(json(failed(&task))),
        Err(refusal) => return passage.refuse(refusal),
    };
    let state = serde_json::from_slice(&body).map(|status: Status| status.state);
    match (state, std::str::from_utf8(&body)) {
        (Ok(TaskState::Working), _) => {}
        (Ok(TaskState::Ready | TaskState::Failed), Ok(answer)) => tell_end(&passage, &task, answer).await,
        _ => return passage.refuse(Refusal::bad_gateway("the guest's answer is not the status of a task")),
    }
    passage.relay_whole(head, body.into(), guest.start_name())
}

/// Tells the engine of a task's end, once, and even if the client goes away meanwhile.
async fn tell_end(passage: &Passage, task: &str, answer: &str) {
    if !passage.route.task_ends.begin(task) {
        return;
    }
    let (hooks, route) = (Arc::clone(&passage.shared.hooks), Arc::clone(&passage.route));
    let (task, answer) = (task.to_owned(), answer.to_owned());
    let telling = tokio::spawn(async move {
        hooks.task_finished(route.id, &task, &answer).await;
        route.task_ends.told(&task);
    });
    if let Err(error) = telling.await {
        let runtime = passage.route.id;
        tracing::error!(runtime, error = &error as &dyn std::error::Error, "end of a task not written down");
    }
}

/// Reads a guest's answer whole.
async fn read(
    response: http::Response<GuestBody>,
    most_bytes: usize,
) -> Result<(http::response::Parts, Bytes), Refusal> {
    let (head, body) = response.into_parts();
    match Limited::new(body, most_bytes).collect().await {
        Ok(body) => Ok((head, body.to_bytes())),
        Err(error) => Err(Refusal::bad_gateway(format!("the guest's answer is broken or too long: {error}"))),
    }
}

fn json(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// The status of a task whose result nobody will ever know.
fn failed(task: &str) -> String {
    let reason = "the VM that ran the task ended, or forgot it, before its result was fetched; submit the task again";
    let answer = StatusAnswer {
        state: TaskState::Failed,
        status: TaskState::Failed,
        result: None,
        res: Some(ExecuteAnswer {
            result: None,
            ret_code: -1,
            res: None,
            err: Some(reason.to_owned()),
            outs: Vec::new(),
            logs: None,
        }),
        exec_id: ExecId { faas_task_uuid: task.to_owned() },
    };
    // Strings always serialise.
    serde_json::to_string(&answer).unwrap_or_default()
}
