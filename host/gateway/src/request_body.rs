//! A request's body on its way to the guest: streamed, counted, without trailers. A little of it can be read ahead.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Body as _, Frame, SizeHint};

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

/// Most bytes that are read ahead. Enough for nearly every call, and bounded for each request that waits.
const MOST_AHEAD_BYTES: usize = 64 * 1024;

/// The body.
pub(crate) struct RequestBody {
    /// What was read and not sent.
    ahead: VecDeque<Bytes>,
    /// Whether there is nothing behind it.
    ended: bool,
    /// How it ended, if not well.
    error: Option<BodyError>,
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
        let ended = inner.is_end_stream();
        Self { ahead: VecDeque::new(), ended, error: None, inner, left_bytes: most_bytes, fault: Fault::default() }
    }

    pub(crate) fn fault(&self) -> Fault {
        self.fault.clone()
    }

    /// Reads ahead as it comes, up to a bound, for as long as this is awaited.
    ///
    /// While a request waits, that is how its client is seen to go: behind bytes that nobody reads no end is visible.
    pub(crate) async fn read_ahead(&mut self) {
        std::future::poll_fn(|context| self.poll_ahead(context)).await;
    }

    /// Reads ahead what is here already.
    pub(crate) fn read_what_is_here(&mut self) {
        let _ = self.poll_ahead(&mut Context::from_waker(std::task::Waker::noop()));
    }

    /// The same body once more, if all of it is still here.
    pub(crate) fn copy(&self) -> Option<Self> {
        (self.ended && self.error.is_none()).then(|| Self {
            ahead: self.ahead.clone(),
            ended: true,
            error: None,
            inner: Body::empty(),
            left_bytes: 0,
            fault: self.fault.clone(),
        })
    }

    fn poll_ahead(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.ended && self.ahead_bytes() < MOST_AHEAD_BYTES {
            match ready!(self.poll_inner(context)) {
                Some(Ok(data)) => self.ahead.push_back(data),
                Some(Err(error)) => self.error = Some(error),
                None => {}
            }
        }
        Poll::Ready(())
    }

    /// The next piece from the client.
    fn poll_inner(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                None => {
                    self.ended = true;
                    return Poll::Ready(None);
                }
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(self.end(BodyFault::Client, BodyError::Client(error)))));
                }
            };
            self.ended = self.inner.is_end_stream();
            // Trailers belong to the connection that they came on, unless somebody knows them: nobody does.
            let Ok(data) = frame.into_data() else { continue };
            let Some(left_bytes) = self.left_bytes.checked_sub(data.len() as u64) else {
                return Poll::Ready(Some(Err(self.end(BodyFault::TooLarge, BodyError::TooLarge))));
            };
            self.left_bytes = left_bytes;
            return Poll::Ready(Some(Ok(data)));
        }
    }

    fn end(&mut self, fault: BodyFault, error: BodyError) -> BodyError {
        self.ended = true;
        self.fault.set(fault);
        error
    }

    fn ahead_bytes(&self) -> usize {
        self.ahead.iter().map(Bytes::len).sum()
    }
}

impl hyper::body::Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(data) = self.ahead.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let data = ready!(self.poll_inner(context));
        Poll::Ready(data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.ahead.is_empty() && self.error.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead_bytes = self.ahead_bytes() as u64;
        if self.ended && self.error.is_none() {
            return SizeHint::with_exact(ahead_bytes);
        }
        // One that ends in an error must not look like a shorter one that ends well.
        let inner = if self.ended { SizeHint::new() } else { self.inner.size_hint() };
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(ahead_bytes));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(ahead_bytes));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

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
    async fn what_was_read_ahead_comes_first_and_is_counted_once() {
        let pieces = futures_util::stream::iter([Ok("ab"), Ok("cd"), Err(std::io::Error::other("gone"))]);
        let mut body = RequestBody::new(Body::from_stream(pieces), 4);
        body.read_ahead().await;
        assert!(!body.is_end_stream() && body.size_hint().exact().is_none() && body.copy().is_none());
        let Err(BodyError::Client(_)) = body.collect().await else { panic!("the client's end is lost") };

        let mut body = RequestBody::new(Body::from("abcd"), 4);
        body.read_what_is_here();
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(!body.is_end_stream());
        let copy = body.copy().unwrap();
        for body in [body, copy] {
            assert_eq!(body.collect().await.unwrap().to_bytes(), "abcd");
        }
    }

    #[tokio::test]
    async fn no_more_than_a_little_is_read_ahead_and_then_there_is_no_copy() {
        let piece = Bytes::from(vec![7; MOST_AHEAD_BYTES]);
        let pieces = futures_util::stream::iter((0..3).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
        let mut body = RequestBody::new(Body::from_stream(pieces), u64::MAX);
        body.read_ahead().await;
        assert_eq!(body.ahead_bytes(), MOST_AHEAD_BYTES);
        assert!(body.copy().is_none());
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 3 * MOST_AHEAD_BYTES);
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
