//! One kept-alive HTTP connection, as any client has one: to the engine over TCP, or to a guest over its link.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use http::{Method, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The engine's user.
const USER: &str = "admin";
/// The password of the engines that are started here; they listen on loopback and live for minutes.
pub(crate) const PASSWORD: &str = "a password for benchmarks";
/// How long an answer may take: longer than a request may wait in the gateway.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);
/// Most bytes of an answer. A page of runtimes has some 500 bytes each.
const MOST_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The value of the header `Authorization` by which engines know their user.
pub(crate) fn authorization() -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")))
}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    authorization: HeaderValue,
    driver: JoinHandle<()>,
    /// Where to connect anew; none for a stream that was given.
    address: Option<SocketAddr>,
}

/// An answer with its whole body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// Seconds after which the client is asked to come again.
    pub(crate) retry_after_s: Option<u64>,
    /// The body.
    pub(crate) body: Bytes,
}

impl Client {
    /// Connects to an engine, or to a guest's forwarded port.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true).context("cannot set up the connection")?;
        let mut client = Self::over(stream, &address.to_string()).await?;
        client.address = Some(address);
        Ok(client)
    }

    /// Connects anew where the other side has closed the connection, as both may do when nothing was asked for a while.
    ///
    /// # Errors
    /// When nobody listens there any more.
    pub(crate) async fn refresh(&mut self) -> anyhow::Result<()> {
        match self.address {
            Some(address) if self.is_closed() => *self = Self::connect(address).await?,
            _ => {}
        }
        Ok(())
    }

    /// Whether the other side has closed the connection.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Speaks HTTP over a stream that is there already.
    ///
    /// # Errors
    /// When the connection breaks at once.
    pub(crate) async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        host: &str,
    ) -> anyhow::Result<Self> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await.context("cannot speak HTTP")?;
        let driver = tokio::spawn(async move {
            // What breaks a connection, the request that it breaks tells.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            host: HeaderValue::from_str(host).context("the host's name")?,
            authorization: HeaderValue::from_str(&authorization()).context("the credentials")?,
            driver,
            address: None,
        })
    }

    /// Sends a request and reads its answer to the end.
    ///
    /// # Errors
    /// When the connection breaks or nothing comes in time. Any status is an answer.
    pub(crate) async fn ask(&mut self, method: Method, path: &str, body: impl Into<Bytes>) -> anyhow::Result<Answer> {
        let asked = self.exchange(method, path, body.into());
        match tokio::time::timeout(ANSWER_TIMEOUT, asked).await {
            Ok(answer) => answer.with_context(|| format!("no answer to {path}")),
            Err(_) => bail!("no answer to {path} within {} s", ANSWER_TIMEOUT.as_secs()),
        }
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Answer> {
        self.sender.ready().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let retry_after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await.map_err(anyhow::Error::from_boxed)?;
        Ok(Answer { status: head.status.as_u16(), retry_after_s: retry_after, body: body.to_bytes() })
    }

    /// As [`Self::ask`], with GET.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.ask(Method::GET, path, Bytes::new()).await
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Answer {
    /// The answer, if its status is this one.
    ///
    /// # Errors
    /// It is another one; the message has the body's beginning.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let beginning = String::from_utf8_lossy(&self.body[..self.body.len().min(300)]).into_owned();
        bail!("the answer is {}, not {status}: {beginning}", self.status)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).context("the answer is no JSON")
    }
}
