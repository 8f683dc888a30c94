//! One request to one guest, and its answer's head. Knows connections and failures; not routes, queues or clients.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use tokio::time::Instant;

use crate::answers::Refusal;
use crate::guest::{Guest, unless_gone};
use crate::guest_body::GuestBody;
use crate::guest_connection::GuestConnection;
use crate::metrics::Metrics;
use crate::request_body::{BodyFault, RequestBody};
use crate::settings::GatewaySettings;

/// Why there is no answer.
pub(crate) enum Failure {
    /// Not one byte was sent: the request is still whole.
    NotSent(Box<Request<RequestBody>>, String),
    /// The guest, or the connection, ended before the answer began.
    Broken(String),
    /// No answer in time.
    TimedOut,
    /// The request's body was at fault.
    Body(BodyFault),
}

impl Failure {
    /// What the client is told.
    pub(crate) fn refusal(self, settings: &GatewaySettings) -> Refusal {
        match self {
            Self::NotSent(_, reason) | Self::Broken(reason) => Refusal::bad_gateway(reason),
            Self::TimedOut => {
                let seconds = settings.answer_deadline().as_secs_f64();
                Refusal::timed_out(format!("the guest gave no answer within {seconds} s; the call was given up"))
            }
            Self::Body(BodyFault::Client) => Refusal::bad_request("the request's body ended early"),
            Self::Body(BodyFault::TooLarge) => Refusal::too_large(settings.most_body_bytes),
        }
    }
}

/// Sends a request to a guest and waits for the head of the answer.
///
/// A kept connection may prove dead when the request has gone out already. `is_repeatable` says whether it may be sent
/// once more then: the guest could have seen it (RFC 9110, section 9.2.2).
pub(crate) async fn exchange(
    guest: &Arc<Guest>,
    mut request: Request<RequestBody>,
    is_repeatable: bool,
    settings: &GatewaySettings,
    metrics: &Metrics,
) -> Result<Response<GuestBody>, Failure> {
    let deadline = Instant::now() + settings.answer_deadline();
    let fault = request.body().fault();
    // Small bodies go out with their head in one piece, and can be sent again.
    request.body_mut().read_what_is_here();
    if let Some(fault) = fault.get() {
        return Err(Failure::Body(fault));
    }
    let result = match guest.idle_connection().await {
        Some(connection) => {
            let again = if is_repeatable { copy(&request) } else { None };
            match attempt(guest, connection, request, deadline).await {
                Err(Attempt::NotSent(request)) => {
                    metrics.retries.inc();
                    on_new_connection(guest, *request, deadline, settings).await
                }
                Err(Attempt::Failed { dead: true, failure }) => match again {
                    Some(request) => {
                        metrics.retries.inc();
                        on_new_connection(guest, request, deadline, settings).await
                    }
                    None => Err(failure),
                },
                Err(Attempt::Failed { failure, .. }) => Err(failure),
                Ok(response) => Ok(response),
            }
        }
        None => on_new_connection(guest, request, deadline, settings).await,
    };
    // A connection that ends because the client's body did says nothing about the guest.
    result.map_err(|failure| fault.get().map_or(failure, Failure::Body))
}

/// The same request once more, if all of it is here.
fn copy(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let mut copy = Request::new(request.body().copy()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

async fn on_new_connection(
    guest: &Arc<Guest>,
    request: Request<RequestBody>,
    deadline: Instant,
    settings: &GatewaySettings,
) -> Result<Response<GuestBody>, Failure> {
    let connection = match unless_gone(guest, guest.connect(settings.connect_timeout)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            return Err(Failure::NotSent(Box::new(request), format!("the guest takes no connection: {error}")));
        }
        Err(reason) => return Err(Failure::NotSent(Box::new(request), gone(&reason))),
    };
    attempt(guest, connection, request, deadline).await.map_err(|error| match error {
        Attempt::NotSent(request) => Failure::NotSent(request, "the guest closed a new connection".to_owned()),
        Attempt::Failed { failure, .. } => failure,
    })
}

/// Why an attempt on one connection gave no answer.
enum Attempt {
    NotSent(Box<Request<RequestBody>>),
    /// `dead`: the connection ended without one byte of an answer.
    Failed {
        dead: bool,
        failure: Failure,
    },
}

impl Attempt {
    fn failed(failure: Failure) -> Self {
        Self::Failed { dead: false, failure }
    }
}

async fn attempt(
    guest: &Arc<Guest>,
    mut connection: GuestConnection,
    request: Request<RequestBody>,
    deadline: Instant,
) -> Result<Response<GuestBody>, Attempt> {
    let sending = tokio::time::timeout_at(deadline, connection.send(request));
    let response = match unless_gone(guest, sending).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(mut error))) => {
            return Err(match error.take_message() {
                Some(request) => Attempt::NotSent(Box::new(request)),
                None => broken(error.error()),
            });
        }
        Ok(Err(_)) => return Err(Attempt::failed(Failure::TimedOut)),
        Err(reason) => return Err(Attempt::failed(Failure::Broken(gone(&reason)))),
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let reason = "the guest wants to speak another protocol".to_owned();
        return Err(Attempt::failed(Failure::Broken(reason)));
    }
    let (head, incoming) = response.into_parts();
    Ok(Response::from_parts(head, GuestBody::new(guest, connection, incoming)))
}

fn broken(error: &hyper::Error) -> Attempt {
    let reason = if error.is_parse_too_large() {
        "the head of the guest's answer is too long".to_owned()
    } else if error.is_parse() {
        format!("the guest's answer is not HTTP: {error}")
    } else {
        "the guest ended the connection before it answered".to_owned()
    };
    Attempt::Failed { dead: !error.is_parse(), failure: Failure::Broken(reason) }
}

fn gone(reason: &str) -> String {
    format!("the guest went away before it answered: {reason}")
}
