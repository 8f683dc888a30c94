//! A client that sends what it is told, byte by byte, and sees every byte of the answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// After so long without a byte a test has failed; far beyond anything that it waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// An error of the gateway with this status, whose message has this in it.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.fields["content-type"], "application/json");
        let body = self.json();
        assert!(body["message"].as_str().unwrap().contains(message), "{body}");
        assert_eq!(body["message"], body["detail"]);
        assert!(!body["error"].as_str().unwrap().is_empty());
        assert!(self.fields.contains_key("x-request-id"));
    }
}

/// The value of `Authorization` for this user.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    /// Sends bytes as they are. That the other side may have closed already is not this side's business.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")).await;
        self.answer().await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send_post(path, body).await;
        self.answer().await
    }

    pub(crate) async fn send_post(&mut self, path: &str, body: &str) {
        let length = body.len();
        self.send(format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n{body}")).await;
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.read_answer(true).await
    }

    /// The next answer, which has no content although it says a length.
    pub(crate) async fn answer_to_head(&mut self) -> Answer {
        self.read_answer(false).await
    }

    /// The head of the next answer.
    pub(crate) async fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.read_more().await, "closed after {:?}", String::from_utf8_lossy(&self.read));
        };
        let head: Vec<u8> = self.read.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status_line = lines.next().unwrap();
        assert!(status_line.starts_with("HTTP/1."), "{status_line}");
        let status = status_line[9..12].parse().unwrap();
        let fields = lines.map(|line| line.split_once(": ").unwrap());
        let fields = fields.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Answer { status, fields, body: Vec::new() }
    }

    async fn read_answer(&mut self, has_content: bool) -> Answer {
        let mut answer = self.head().await;
        if !has_content {
            return answer;
        }
        if answer.fields.contains_key("transfer-encoding") {
            answer.body = self.chunks().await;
        } else if let Some(length) = answer.fields.get("content-length") {
            answer.body = self.bytes(length.parse().unwrap()).await;
        }
        answer
    }

    /// So many bytes as they come.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.read_more().await, "closed after {} of {count} bytes", self.read.len());
        }
        self.read.drain(..count).collect()
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.extend(self.bytes(1).await);
            }
            let length = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
            body.extend(self.bytes(length).await);
            self.bytes(2).await;
            if length == 0 {
                return body;
            }
        }
    }

    /// Everything until the connection ends, however it does.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.read_more().await {}
        std::mem::take(&mut self.read)
    }

    async fn read_more(&mut self) -> bool {
        let reading = self.stream.read_buf(&mut self.read);
        matches!(tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time"), Ok(count) if count > 0)
    }
}
