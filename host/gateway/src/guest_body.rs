//! A guest's answer on its way to the client. At its end the connection is kept; if it is dropped before, so is the
//! connection.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::futures::OwnedNotified;

use crate::guest::Guest;
use crate::guest_connection::GuestConnection;
use crate::visit::Lease;

/// Why an answer ends early. Whoever serves it aborts the client's connection then, so that the client sees it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the guest ended its answer early")]
    Broken(#[source] hyper::Error),
    #[error("the guest went away while it answered: {0}")]
    Gone(Arc<str>),
}

/// The answer's body.
pub(crate) struct GuestBody {
    incoming: Incoming,
    /// `None` once it was given back.
    connection: Option<GuestConnection>,
    guest: Arc<Guest>,
    going: Pin<Box<OwnedNotified>>,
    lease: Option<Lease>,
    /// How it ended, until that is told.
    error: Option<AnswerError>,
}

impl GuestBody {
    /// Takes over from whoever read the head.
    pub(crate) fn new(guest: &Arc<Guest>, connection: GuestConnection, incoming: Incoming) -> Self {
        let mut going = Box::pin(guest.going());
        going.as_mut().enable();
        let guest = Arc::clone(guest);
        let mut body = Self { incoming, connection: Some(connection), guest, going, lease: None, error: None };
        if body.incoming.is_end_stream() {
            body.finish(&mut Context::from_waker(std::task::Waker::noop()));
        }
        body
    }

    /// Holds on to this until the answer's end.
    pub(crate) fn hold(&mut self, lease: Lease) {
        self.lease = (!self.is_end_stream()).then_some(lease);
    }

    /// The answer is complete.
    fn finish(&mut self, context: &mut Context<'_>) {
        if let Some(mut connection) = self.connection.take()
            && connection.is_reusable(context)
        {
            self.guest.keep(connection);
        }
        self.lease = None;
    }

    /// The answer ends early. That is told the next time, so that the client gets what came before.
    fn fail(&mut self, error: AnswerError, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.connection = None;
        if let Some(mut lease) = self.lease.take() {
            lease.cut_short(&error);
        }
        self.error = Some(error);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Body for GuestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(io::Error::other(error))));
        }
        loop {
            let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
            connection.drive(context);
            let gone = self.guest.gone().is_some() || self.going.as_mut().poll(context).is_ready();
            if gone {
                let reason = self.guest.gone().cloned().unwrap_or_default();
                return self.fail(AnswerError::Gone(reason), context);
            }
            match ready!(Pin::new(&mut self.incoming).poll_frame(context)) {
                None => {
                    self.finish(context);
                    return Poll::Ready(None);
                }
                Some(Err(error)) => return self.fail(AnswerError::Broken(error), context),
                Some(Ok(frame)) => {
                    // Trailers end here, as those of requests do.
                    let Ok(data) = frame.into_data() else { continue };
                    // The length is known as a rule, and then nobody asks again.
                    if self.incoming.is_end_stream() {
                        self.finish(context);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.error.is_none() && (self.connection.is_none() || self.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
