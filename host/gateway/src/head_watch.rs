//! Notices requests that give their length twice, by `Content-Length` and by `Transfer-Encoding`.
//!
//! The HTTP server resolves that as it should (RFC 9112, section 6.3: the encoding counts) and does not say that it had to.
//! But who sends such a request wants two servers to understand it differently, and is refused. So the bytes of a
//! connection are looked at on their way to the server, heads only, until the first request with an encoding: behind that
//! one the gateway ends the connection, and with it the question where the next head begins.
//!
//! This decides about refusals only; what a request is, the server decides.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest beginning of a line that is kept: enough for the two names and any length.
const MOST_LINE_BYTES: usize = 64;

/// What was found, shared with whoever handles the requests of the connection.
#[derive(Clone, Default)]
pub(crate) struct Found(Arc<AtomicBool>);

impl Found {
    /// Whether the request with an encoding, behind which the connection ends, has a length too.
    pub(crate) fn two_lengths(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection whose heads are looked at.
pub(crate) struct Watched<S> {
    stream: S,
    watch: Watch,
    found: Found,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S) -> (Self, Found) {
        let found = Found::default();
        (Self { stream, watch: Watch::default(), found: found.clone() }, found)
    }
}

/// Where in a connection's bytes the watch is.
enum Watch {
    Head(Head),
    /// So many bytes of a body are to come.
    Body(u64),
    /// Nothing more is of interest.
    Over,
}

#[derive(Default)]
struct Head {
    line: Vec<u8>,
    /// Whether the request line has passed; empty lines before it do not end the head.
    begun: bool,
    length: Option<u64>,
    has_encoding: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self::Head(Head::default())
    }
}

impl Watch {
    /// Looks at the next bytes; whether a request with two lengths ends in them.
    fn see(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match self {
                Self::Over => return false,
                Self::Body(left) => {
                    let skipped = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= skipped as u64;
                    bytes = &bytes[skipped..];
                    if *left == 0 {
                        *self = Self::default();
                    }
                }
                Self::Head(head) => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    head.add(&bytes[..end.unwrap_or(bytes.len())]);
                    bytes = end.map_or(&[], |end| &bytes[end + 1..]);
                    if end.is_some() && head.end_line() {
                        let two_lengths = head.has_encoding && head.length.is_some();
                        *self = head.what_follows();
                        if two_lengths {
                            return true;
                        }
                    }
                }
            }
        }
        false
    }
}

impl Head {
    fn add(&mut self, bytes: &[u8]) {
        let room = MOST_LINE_BYTES - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Takes note of a line; whether it ends the head.
    fn end_line(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        if text.is_empty() {
            return self.begun;
        }
        let is_field = std::mem::replace(&mut self.begun, true);
        let colon = text.iter().position(|byte| *byte == b':').filter(|_| is_field);
        if let Some(colon) = colon {
            let (name, value) = (text[..colon].trim_ascii(), text[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"transfer-encoding") {
                self.has_encoding = true;
            } else if name.eq_ignore_ascii_case(b"content-length") {
                // One that is none ends the connection, at the server's hands.
                let length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                self.length = Some(length.unwrap_or(u64::MAX));
            }
        }
        // What it was made of is not needed any more, but its room is.
        self.line = line;
        self.line.clear();
        false
    }

    fn what_follows(&self) -> Watch {
        match self.length {
            _ if self.has_encoding => Watch::Over,
            Some(length) if length > 0 => Watch::Body(length),
            _ => Watch::default(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let this = &mut *self;
        if this.watch.see(&buffer.filled()[before..]) {
            this.found.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether two lengths are found, the bytes coming in pieces of this size.
    fn finds(text: &str, piece: usize) -> bool {
        let mut watch = Watch::default();
        text.as_bytes().chunks(piece).fold(false, |found, piece| watch.see(piece) | found)
    }

    #[test]
    fn both_lengths_in_one_head_are_found_in_any_order_and_spelling() {
        for text in [
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-ENCODING:x\r\nX: y\r\ncontent-length:3\r\n\r\n",
            "\r\n\r\nPOST / HTTP/1.1\nContent-Length: 3\nTransfer-Encoding: chunked\n\n",
            "GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\n\nPUT / HTTP/1.1\r\nContent-Length: 0\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            for piece in 1..text.len() {
                assert!(finds(text, piece), "{piece}: {text}");
            }
        }
    }

    #[test]
    fn lengths_of_two_requests_and_words_in_bodies_are_no_find() {
        let body = "A: b\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        let length = body.len();
        for text in [
            format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}GET / HTTP/1.1\r\n\r\n"),
            "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_owned(),
            format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
            "GET /Content-Length:3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        ] {
            for piece in 1..text.len() {
                assert!(!finds(&text, piece), "{piece}: {text}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_with_little_memory(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..20)
        ) {
            let mut watch = Watch::default();
            for piece in &pieces {
                watch.see(piece);
                if let Watch::Head(head) = &watch {
                    prop_assert!(head.line.len() <= MOST_LINE_BYTES);
                }
            }
        }

        #[test]
        fn pieces_make_no_difference(text in "(POST / HTTP/1.1\r\n|Content-Length: [0-9]\r\n|Transfer-Encoding: c\r\n|\r\n|x|\n){0,20}", piece in 1usize..9) {
            prop_assert_eq!(finds(&text, piece), finds(&text, text.len().max(1)));
        }
    }
}
