//! One HTTP/1.1 connection to a guest, driven by whoever uses it.
//!
//! There is no task behind a connection: the request that has it moves its bytes. So a request that is dropped takes its
//! connection with it at once, which is how a call is cancelled at the guest, and no answer needs a second task to be
//! woken.

use std::future::Future as _;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use crate::connector::GuestIo;
use crate::request_body::RequestBody;

/// Most bytes of a guest's answer that are held at once, and so the longest head that a guest can send.
const MOST_BUFFERED_BYTES: usize = 64 * 1024;

/// Most fields in the head of a guest's answer.
const MOST_FIELDS: usize = 100;

type Driver = Connection<TokioIo<Box<dyn GuestIo>>, RequestBody>;

/// A connection, and nobody else's.
pub(crate) struct GuestConnection {
    sender: SendRequest<RequestBody>,
    /// `None` once the connection has ended.
    driver: Option<Driver>,
    /// Since when it has had nothing to do.
    pub(crate) idle_since: Instant,
}

impl GuestConnection {
    pub(crate) async fn new(io: Box<dyn GuestIo>) -> hyper::Result<Self> {
        let mut builder = Builder::new();
        builder.max_buf_size(MOST_BUFFERED_BYTES).max_header_size(MOST_BUFFERED_BYTES).max_headers(MOST_FIELDS);
        let (sender, driver) = builder.handshake(TokioIo::new(io)).await?;
        Ok(Self { sender, driver: Some(driver), idle_since: Instant::now() })
    }

    /// Moves what can be moved, both ways.
    pub(crate) fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && Pin::new(driver).poll(context).is_ready()
        {
            // Dropped, so that requests that it still holds are answered with an error instead of never. How it ended
            // is told to the request or to the body of the answer.
            self.driver = None;
        }
    }

    /// Whether another request can be sent now.
    pub(crate) fn is_reusable(&mut self, context: &mut Context<'_>) -> bool {
        self.drive(context);
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of the answer. The error has the request in it if not one byte was sent.
    pub(crate) async fn send(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, TrySendError<Request<RequestBody>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        std::future::poll_fn(|context| {
            self.drive(context);
            match answer.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(answer),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}
