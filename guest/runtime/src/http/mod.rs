//! HTTP/1.1 (RFC 9110, RFC 9112) from bytes to requests and from answers to bytes. Pure: knows no sockets and no clock.
//!
//! What is strict here is strict on purpose: two readings of where a message ends is how requests are smuggled past a
//! proxy, so anything that frames a message in an unusual way is refused and the connection closed.

mod body;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod cuts;
mod fault;
mod head;
mod request_stream;
mod response;

pub(crate) use body::{Body, BodyBudget, Charge};
pub(crate) use fault::Fault;
pub(crate) use head::Method;
pub(crate) use request_stream::{Request, RequestStream, Step};
pub(crate) use response::{CONTINUE, Delivery, Response, reason};

/// Largest request head (request line and header fields) in bytes; RFC 6585 names the answer: 431.
pub(crate) const HEAD_LIMIT_BYTES: usize = 8 * 1024;
