//! A request's body on its way to the guest: streamed, counted, without trailers.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

/// What went wrong with a body, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// The client's side of it: gone, or not HTTP.
    Client,
    /// Larger than allowed.
    TooLarge,
}

/// Why a body ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the request's body ended early")]
    Client(#[source] axum::Error),
    #[error("the request's body is too large")]
    TooLarge,
}

/// The body.
pub(crate) struct RequestBody {
    inner: Body,
    left_bytes: u64,
    fault: Fault,
}

/// Tells afterwards whose fault it was, because the connection to the guest reports only that it failed.
#[derive(Clone, Default)]
pub(crate) struct Fault(Arc<AtomicU8>);

impl Fault {
    pub(crate) fn get(&self) -> Option<BodyFault> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(BodyFault::Client),
            _ => Some(BodyFault::TooLarge),
        }
    }

    fn set(&self, fault: BodyFault) {
        self.0.store(if fault == BodyFault::Client { 1 } else { 2 }, Ordering::Relaxed);
    }
}

impl RequestBody {
    /// Lets at most `most_bytes` pass.
    pub(crate) fn new(inner: Body, most_bytes: u64) -> Self {
        Self { inner, left_bytes: most_bytes, fault: Fault::default() }
    }

    pub(crate) fn empty() -> Self {
        Self::new(Body::empty(), 0)
    }

    pub(crate) fn fault(&self) -> Fault {
        self.fault.clone()
    }
}

impl hyper::body::Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    self.fault.set(BodyFault::Client);
                    return Poll::Ready(Some(Err(BodyError::Client(error))));
                }
            };
            // Trailers belong to the connection that they came on, unless somebody knows them: nobody does.
            let Ok(data) = frame.into_data() else { continue };
            let Some(left_bytes) = self.left_bytes.checked_sub(data.len() as u64) else {
                self.fault.set(BodyFault::TooLarge);
                return Poll::Ready(Some(Err(BodyError::TooLarge)));
            };
            self.left_bytes = left_bytes;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use hyper::body::Body as _;

    use super::*;

    #[tokio::test]
    async fn as_much_as_is_allowed_passes_and_not_one_byte_more() {
        let body = RequestBody::new(Body::from("12345"), 5);
        assert_eq!(body.size_hint().exact(), Some(5));
        let fault = body.fault();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "12345");
        assert_eq!(fault.get(), None);

        let body = RequestBody::new(Body::from("123456"), 5);
        let fault = body.fault();
        assert!(matches!(body.collect().await, Err(BodyError::TooLarge)));
        assert_eq!(fault.get(), Some(BodyFault::TooLarge));
    }

    #[tokio::test]
    async fn a_client_that_breaks_off_is_to_blame() {
        let pieces = futures_util::stream::iter([Ok("begun"), Err(std::io::Error::other("gone"))]);
        let body = RequestBody::new(Body::from_stream(pieces), 100);
        let fault = body.fault();
        assert!(matches!(body.collect().await, Err(BodyError::Client(_))));
        assert_eq!(fault.get(), Some(BodyFault::Client));
    }

    #[tokio::test]
    async fn trailers_stay_behind() {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-checksum", http::HeaderValue::from_static("1"));
        let with_trailers = Body::from("x").with_trailers(std::future::ready(Some(Ok(trailers))));
        let body = RequestBody::new(Body::new(with_trailers), 100);
        assert_eq!(body.collect().await.unwrap().trailers(), None);
    }
}
