//! Bodies that nobody wanted: read and thrown away, within bounds, before the answer goes out.
//!
//! A handler that refuses a request (401, 405, 413, …) seldom reads its body. The HTTP server then closes the connection,
//! under a client that may still be sending: it sees a broken connection in place of the refusal, or with its next request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONNECTION, EXPECT};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// How much is thrown away: what careless clients send, not what hostile ones could.
const MOST_DISCARDED_BYTES: usize = 8 * 1024 * 1024;
/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);

/// Middleware that reads to its end whatever body the handlers dropped unread. One that a handler still holds, as a proxy
/// does, is left alone.
pub(crate) async fn discard_unread(request: Request, next: Next) -> Response {
    // Who waits to be told to go on has sent nothing yet.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let shared = Body::new(SharedBody(Arc::clone(&body)));
    let mut response = next.run(Request::from_parts(parts, shared)).await;
    if let Some(body) = Arc::into_inner(body) {
        let body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
        let at_its_end = tokio::time::timeout(DISCARD_TIMEOUT, discard(body)).await;
        if at_its_end != Ok(true) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// Whether the body's end came.
async fn discard(mut body: Body) -> bool {
    let mut discarded = 0;
    while discarded < MOST_DISCARDED_BYTES {
        match body.frame().await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => discarded += frame.data_ref().map_or(0, Bytes::len),
        }
    }
    false
}

/// A request's body, of which the middleware keeps hold.
struct SharedBody(Arc<Mutex<Body>>);

impl SharedBody {
    /// Never contended: the middleware waits until the handlers' share is gone.
    fn lock(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.lock()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().size_hint()
    }
}
