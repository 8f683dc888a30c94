//! A client that sends the bytes it is told to, sees every byte of the answer, and waits with a bound.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use crate::PATIENCE;

/// One connection, from the client's side.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// Bytes that came and belong to no answer yet.
    unread: Vec<u8>,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields, names in lower case.
    pub fields: BTreeMap<String, String>,
    /// The content, which all of this API's is text.
    pub body: String,
}

impl Connection {
    /// Connects.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    #[track_caller]
    pub fn open(address: SocketAddr) -> Self {
        let connected = TcpStream::connect_timeout(&address, PATIENCE).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let stream = connected.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        Self { stream, unread: Vec::new() }
    }

    /// Sends bytes as they are. A runtime that has refused the request already may have closed the connection; whether
    /// it has is for the answer to say.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.write_all(bytes.as_ref());
        if let Err(error) = sent {
            let closed = matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
            assert!(closed, "the runtime does not read on: {error}");
        }
    }

    /// Sends a GET.
    pub fn send_get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
    }

    /// Sends a POST.
    pub fn send_post(&mut self, path: &str, body: &str) {
        self.send(format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }

    /// A GET and its answer.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.send_get(path);
        self.answer()
    }

    /// A POST and its answer.
    #[track_caller]
    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send_post(path, body);
        self.answer()
    }

    /// The next answer.
    ///
    /// # Panics
    /// When none comes, or one that is not HTTP.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        self.read_answer(true)
    }

    /// The next answer, which has no content whatever length it says: that of a HEAD.
    ///
    /// # Panics
    /// As [`Connection::answer`].
    #[track_caller]
    pub fn answer_to_head(&mut self) -> Answer {
        self.read_answer(false)
    }

    /// Whether anything has come that no answer has taken yet. Does not wait.
    #[must_use]
    #[track_caller]
    pub fn has_news(&self) -> bool {
        self.stream.set_nonblocking(true).expect("the socket can be set");
        let peeked = self.stream.peek(&mut [0; 1]);
        self.stream.set_nonblocking(false).expect("the socket can be set");
        match peeked {
            Err(error) if error.kind() == ErrorKind::WouldBlock => !self.unread.is_empty(),
            Ok(_) | Err(_) => true,
        }
    }

    /// Says that nothing more will be sent.
    pub fn end(&mut self) {
        // The other side may have reset the connection already.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Waits for the end of the connection and gives what came before it.
    ///
    /// # Panics
    /// When the connection stays open.
    #[track_caller]
    pub fn rest(&mut self) -> String {
        while self.read_more().unwrap_or_else(|error| panic!("the connection stays open: {error}")) > 0 {}
        String::from_utf8_lossy(&std::mem::take(&mut self.unread)).into_owned()
    }

    #[track_caller]
    fn read_answer(&mut self, has_content: bool) -> Answer {
        let mut head_bytes = self.find_head_end();
        while head_bytes.is_none() {
            self.expect_more();
            head_bytes = self.find_head_end();
        }
        let head: Vec<u8> = self.unread.drain(..head_bytes.unwrap_or_default()).collect();
        let head = String::from_utf8(head).expect("the head is text");
        let mut lines = head.trim_end().split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let code = status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        let status = code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status line: {status_line}"));
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header field: {line}"));
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let fields: BTreeMap<_, _> = lines.map(field).collect();
        let length = fields.get("content-length").map_or(0, |length| length.parse().expect("a length is a number"));
        let length = if has_content { length } else { 0 };
        while self.unread.len() < length {
            self.expect_more();
        }
        let body = String::from_utf8(self.unread.drain(..length).collect()).expect("the content is text");
        Answer { status, fields, body }
    }

    fn find_head_end(&self) -> Option<usize> {
        self.unread.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
    }

    #[track_caller]
    fn expect_more(&mut self) {
        let more = self.read_more();
        let begun = String::from_utf8_lossy(&self.unread);
        match more {
            Ok(0) => panic!("the connection ends where an answer should be; it began with {begun:?}"),
            Ok(_) => {}
            Err(error) => panic!("no answer: {error}; it began with {begun:?}"),
        }
    }

    /// Reads what is there; 0 at the end, however it came.
    fn read_more(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                self.unread.extend_from_slice(bytes.get(..count).unwrap_or_default());
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(0),
            Err(error) => Err(error),
        }
    }
}

impl Answer {
    /// A header field by its name in lower case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The content as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Asserts that it is an error with this code, whose message has `message` in it, in the form of all errors.
    #[track_caller]
    pub fn is_error(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let body = self.json();
        assert!(body["message"].as_str().is_some_and(|text| text.contains(message)), "{message:?} is not in {body}");
        assert_eq!(body["detail"], body["message"]);
        assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{body}");
    }
}
