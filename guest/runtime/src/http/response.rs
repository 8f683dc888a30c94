//! Answers as bytes.

use std::borrow::Cow;
use std::io::Write as _;
use std::time::Duration;

use crate::identifiers::Uuid;

/// Tells a client that waits (`Expect: 100-continue`) to send its body.
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The `Retry-After` of every 429 and 503, in seconds.
const RETRY_AFTER_SECONDS: u8 = 1;

/// One answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Cow<'static, [u8]>,
    /// The `Allow` field of a 405.
    pub(crate) allow: Option<&'static str>,
    /// The `Location` field of a 201.
    pub(crate) location: Option<String>,
    /// The call's UUID, by which the log names it.
    pub(crate) call: Option<Uuid>,
    /// How long the function ran.
    pub(crate) duration: Option<Duration>,
}

/// How an answer travels, which is the request's business.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    /// The answer to HEAD has the fields of the answer to GET and no content.
    pub(crate) head_only: bool,
    /// The connection serves another request after this one.
    pub(crate) keep_alive: bool,
    /// The client speaks HTTP/1.0 and must be told that the connection stays.
    pub(crate) version_1_0: bool,
}

impl Delivery {
    /// Nothing is known of the request, or nothing more will be served.
    pub(crate) const LAST: Self = Self { head_only: false, keep_alive: false, version_1_0: false };
}

impl Response {
    /// An answer whose content is JSON.
    pub(crate) fn json(status: u16, body: impl Into<Cow<'static, [u8]>>) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: body.into(),
            allow: None,
            location: None,
            call: None,
            duration: None,
        }
    }

    /// Appends the answer's bytes to `out`.
    pub(crate) fn write(&self, delivery: Delivery, out: &mut Vec<u8>) {
        out.reserve(256 + self.body.len());
        // Writing to a vector cannot fail.
        let _ = write!(
            out,
            concat!("HTTP/1.1 {} {}\r\nServer: skerry/", env!("CARGO_PKG_VERSION"), "\r\n"),
            self.status,
            reason(self.status)
        );
        // RFC 9110, section 8.6: a 204 has no length.
        if self.status != 204 {
            let _ = write!(out, "Content-Type: {}\r\nContent-Length: {}\r\n", self.content_type, self.body.len());
        }
        if let Some(methods) = self.allow {
            let _ = write!(out, "Allow: {methods}\r\n");
        }
        if let Some(location) = &self.location {
            let _ = write!(out, "Location: {location}\r\n");
        }
        if let Some(call) = self.call {
            let _ = write!(out, "X-Faas-Uuid: {call}\r\n");
        }
        if let Some(duration) = self.duration {
            let _ = write!(out, "X-Duration-Seconds: {}.{:06}\r\n", duration.as_secs(), duration.subsec_micros());
        }
        if matches!(self.status, 429 | 503) {
            let _ = write!(out, "Retry-After: {RETRY_AFTER_SECONDS}\r\n");
        }
        if !delivery.keep_alive {
            out.extend_from_slice(b"Connection: close\r\n");
        } else if delivery.version_1_0 {
            out.extend_from_slice(b"Connection: keep-alive\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if !delivery.head_only {
            out.extend_from_slice(&self.body);
        }
    }
}

/// The reason phrase of each status code that the runtime uses (RFC 9110, section 15).
pub(crate) const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(response: &Response, delivery: Delivery) -> String {
        let mut out = Vec::new();
        response.write(delivery, &mut out);
        String::from_utf8(out).unwrap()
    }

    const STAYS: Delivery = Delivery { head_only: false, keep_alive: true, version_1_0: false };

    #[test]
    fn an_answer_says_its_length_and_ends_its_fields_with_a_blank_line() {
        let text = written(&Response::json(200, &b"{}"[..]), STAYS);
        let expected = concat!(
            "HTTP/1.1 200 OK\r\nServer: skerry/",
            env!("CARGO_PKG_VERSION"),
            "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn an_answer_without_content_has_no_length_either() {
        let text = written(&Response::json(204, &b""[..]), STAYS);
        assert!(text.starts_with("HTTP/1.1 204 No Content\r\n") && !text.contains("Content-"), "{text}");
    }

    #[test]
    fn head_gets_the_length_without_the_content() {
        let text = written(&Response::json(200, &b"{}"[..]), Delivery { head_only: true, ..STAYS });
        assert!(text.contains("Content-Length: 2\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    }

    #[test]
    fn the_connection_field_says_what_the_version_does_not() {
        let response = Response::json(200, &b""[..]);
        assert!(!written(&response, STAYS).contains("Connection"));
        assert!(written(&response, Delivery { version_1_0: true, ..STAYS }).contains("Connection: keep-alive\r\n"));
        assert!(written(&response, Delivery::LAST).contains("Connection: close\r\n"));
    }

    #[test]
    fn optional_fields_are_there_when_they_say_something() {
        let response = Response {
            allow: Some("GET, HEAD"),
            location: Some("/x".to_owned()),
            duration: Some(Duration::from_micros(1_000_042)),
            ..Response::json(503, &b""[..])
        };
        let text = written(&response, STAYS);
        for field in ["Allow: GET, HEAD", "Location: /x", "X-Duration-Seconds: 1.000042", "Retry-After: 1"] {
            assert!(text.contains(&format!("{field}\r\n")), "{text}");
        }
    }
}
