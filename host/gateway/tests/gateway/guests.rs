//! Guests of all kinds, each on a TCP port of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use skerry_gateway::{Connector, TcpConnector};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A guest; gone when it is dropped.
pub(crate) struct Guest {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

/// A connection, from the guest's side.
pub(crate) struct Served {
    pub(crate) stream: TcpStream,
    /// How many connections there were before.
    pub(crate) number: usize,
    read: Vec<u8>,
}

impl Guest {
    /// Does this with each connection.
    pub(crate) async fn new<F, R>(serve: F) -> Self
    where
        F: Fn(Served) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(Served { stream, number, read: Vec::new() }));
            }
        });
        Self { address, connections, serving }
    }

    /// Answers each request with these bytes and keeps the connection.
    pub(crate) async fn saying(answer: &'static str) -> Self {
        Self::new(move |mut served| async move {
            while served.request().await.is_some() {
                served.send(answer).await;
            }
        })
        .await
    }

    /// Reads one request on each connection, answers with these bytes, and ends the connection.
    pub(crate) async fn saying_at_last(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::new(move |mut served| {
            let answer = Arc::clone(&answer);
            async move {
                served.request().await;
                served.send(&answer).await;
            }
        })
        .await
    }

    /// Answers each request with the request as it came.
    pub(crate) async fn echo() -> Self {
        Self::new(|mut served| async move {
            while let Some(request) = served.request().await {
                served.answer(&request).await;
            }
        })
        .await
    }

    pub(crate) fn connector(&self) -> Arc<dyn Connector> {
        Arc::new(TcpConnector(self.address))
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Served {
    /// The next request, head and body; `None` at the end of the connection.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let head = self.request_head().await?;
        let lower = head.to_lowercase();
        let body = if lower.contains("transfer-encoding: chunked") {
            self.until(b"0\r\n\r\n").await?
        } else {
            let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let length = length.map_or(0, |length| length.parse().unwrap());
            while self.read.len() < length {
                self.read_more().await?;
            }
            self.read.drain(..length).collect()
        };
        Some(head + &String::from_utf8(body).unwrap())
    }

    /// The next request's head.
    pub(crate) async fn request_head(&mut self) -> Option<String> {
        Some(String::from_utf8(self.until(b"\r\n\r\n").await?).unwrap())
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end) {
                return Some(self.read.drain(..at + end.len()).collect());
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Option<()> {
        (self.stream.read_buf(&mut self.read).await.ok()? > 0).then_some(())
    }

    /// Sends these bytes as they are.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Answers 200 with this text.
    pub(crate) async fn answer(&mut self, text: &str) {
        self.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len())).await;
    }

    /// Returns when the other side has ended the connection.
    pub(crate) async fn ended(&mut self) {
        while self.read_more().await.is_some() {}
    }
}
