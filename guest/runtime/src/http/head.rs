//! The request's head: request line and header fields, as far as they concern the runtime. `httparse` reads the
//! grammar; here is what the fields mean for the message's framing (RFC 9112, sections 3 and 6).

use super::{Fault, HEAD_LIMIT_BYTES};
use crate::turns::Client;

/// Most header fields; more is answered like a head that is too large.
const FIELD_LIMIT: usize = 64;

/// What the client wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Post,
    Delete,
    /// Any other: no route has it.
    Other,
}

/// How long the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes; 0 when there is no body.
    Length(u64),
    /// As its chunks say.
    Chunked,
}

/// A head that was read in full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) method: Method,
    /// The target's path, without scheme, authority and query.
    pub(crate) path: &'a str,
    pub(crate) framing: Framing,
    /// The client sends its body only after `100 Continue`.
    pub(crate) expects_continue: bool,
    /// The connection may serve another request after this one.
    pub(crate) keep_alive: bool,
    /// HTTP/1.0: a client of that version wants to be told that the connection stays.
    pub(crate) version_1_0: bool,
    /// On whose behalf a gateway sends it.
    pub(crate) client: Option<Client>,
}

/// Reads a head from the beginning of `bytes`: the head and its length, or `None` while it is not complete.
///
/// # Errors
/// The bytes are no head that can be served, whatever follows them.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Head<'_>, usize)>, Fault> {
    // Never looks beyond the limit, so that the verdict does not depend on how much has arrived.
    let visible = &bytes[..bytes.len().min(HEAD_LIMIT_BYTES)];
    let mut fields = [httparse::EMPTY_HEADER; FIELD_LIMIT];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(visible) {
        Ok(httparse::Status::Complete(length)) => Ok(Some((interpret(&request)?, length))),
        Ok(httparse::Status::Partial) if visible.len() == HEAD_LIMIT_BYTES => Err(too_large(visible)),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(httparse::Error::Version) => Err(Fault::VersionUnknown),
        Err(httparse::Error::TooManyHeaders) => Err(Fault::HeadTooLarge),
        Err(_) => Err(Fault::Malformed("this is not an HTTP request")),
    }
}

/// Which part of a head is too large: RFC 9112, section 3, asks for 414 where it is the target.
fn too_large(visible: &[u8]) -> Fault {
    let line = visible.trim_ascii_start();
    if line.contains(&b'\n') {
        Fault::HeadTooLarge
    } else if line.contains(&b' ') {
        Fault::TargetTooLong
    } else {
        Fault::Malformed("this is not an HTTP request")
    }
}

fn interpret<'a>(request: &httparse::Request<'_, 'a>) -> Result<Head<'a>, Fault> {
    let version_1_0 = request.version == Some(0);
    let mut seen = Seen::default();
    for field in request.headers.iter() {
        seen.note(field.name, field.value)?;
    }
    if !version_1_0 && seen.hosts != 1 {
        return Err(Fault::Malformed("an HTTP/1.1 request has exactly one Host field"));
    }
    if version_1_0 && seen.chunked {
        return Err(Fault::Malformed("an HTTP/1.0 request cannot have Transfer-Encoding"));
    }
    let framing = match (seen.chunked, seen.length) {
        (true, Some(_)) => {
            return Err(Fault::Malformed("a request has Content-Length or Transfer-Encoding, never both"));
        }
        (true, None) => Framing::Chunked,
        (false, length) => Framing::Length(length.unwrap_or(0)),
    };
    let method = match request.method {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        Some("POST") => Method::Post,
        Some("DELETE") => Method::Delete,
        _ => Method::Other,
    };
    Ok(Head {
        method,
        path: path_of(request.path.unwrap_or_default()),
        framing,
        // RFC 9110, section 10.1.1: an expectation of an HTTP/1.0 client is ignored.
        expects_continue: seen.expects_continue && !version_1_0 && framing != Framing::Length(0),
        keep_alive: !seen.close && (!version_1_0 || seen.keep_alive),
        version_1_0,
        client: seen.client,
    })
}

/// What the fields said so far.
#[derive(Default)]
struct Seen {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    expects_continue: bool,
    close: bool,
    keep_alive: bool,
    client: Option<Client>,
}

impl Seen {
    fn note(&mut self, name: &str, value: &[u8]) -> Result<(), Fault> {
        // The length first: most fields concern nobody here, and comparing names is what a short request spends.
        match name.len() {
            4 if name.eq_ignore_ascii_case("host") => self.hosts += 1,
            6 if name.eq_ignore_ascii_case("expect") => {
                if !value.trim_ascii().eq_ignore_ascii_case(b"100-continue") {
                    return Err(Fault::ExpectationUnknown);
                }
                self.expects_continue = true;
            }
            10 if name.eq_ignore_ascii_case("connection") => {
                for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                let length = length_of(value).ok_or(Fault::Malformed("Content-Length is not a number"))?;
                if self.length.is_some_and(|earlier| earlier != length) {
                    return Err(Fault::Malformed("two Content-Length fields contradict each other"));
                }
                self.length = Some(length);
            }
            15 if name.eq_ignore_ascii_case("x-forwarded-for") => self.client = Some(Client::named(value)),
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                    return Err(Fault::TransferCodingUnknown);
                }
                if std::mem::replace(&mut self.chunked, true) {
                    return Err(Fault::Malformed("the body is chunked twice"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Digits only: no sign, no list, no blanks within.
fn length_of(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The path of a target in origin form or, as proxies send it, in absolute form (RFC 9112, section 3.2).
fn path_of(target: &str) -> &str {
    let without_query = target.split('?').next().unwrap_or_default();
    match without_query.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => without_query,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Head<'_>, Fault> {
        parse(text.as_bytes()).map(|complete| complete.expect("a complete head").0)
    }

    #[track_caller]
    fn malformed(text: &str) {
        assert!(matches!(head(text), Err(Fault::Malformed(_))), "{:?}", head(text));
    }

    #[test]
    fn a_plain_get_has_no_body_and_keeps_the_connection() {
        let expected = Head {
            method: Method::Get,
            path: "/healthz",
            framing: Framing::Length(0),
            expects_continue: false,
            keep_alive: true,
            version_1_0: false,
            client: None,
        };
        assert_eq!(head("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), Ok(expected));
    }

    #[test]
    fn the_version_and_the_connection_field_decide_whether_the_connection_stays() {
        for (version, field, stays) in [
            ("1.1", "X: y", true),
            ("1.1", "Connection: close", false),
            ("1.1", "connection: foo, CLOSE", false),
            ("1.0", "X: y", false),
            ("1.0", "Connection: Keep-Alive", true),
        ] {
            let text = format!("GET / HTTP/{version}\r\nHost: a\r\n{field}\r\n\r\n");
            assert_eq!(head(&text).unwrap().keep_alive, stays, "{text}");
        }
    }

    #[test]
    fn the_path_is_the_target_without_query_scheme_and_authority() {
        for (target, path) in [
            ("/a/b?c=/d", "/a/b"),
            ("http://host:80/a?b", "/a"),
            ("HTTP://host", "/"),
            ("*", "*"),
            ("/redirect/http://x/y", "/redirect/http://x/y"),
        ] {
            let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(head(&text).unwrap().path, path, "{target}");
        }
    }

    #[test]
    fn a_message_with_two_readings_of_its_length_is_refused() {
        malformed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n");
        malformed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n");
        malformed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
        malformed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
        for length in ["+3", "-3", "3, 3", "0x3", "", "3 3", "99999999999999999999999"] {
            malformed(&format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
        }
        malformed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n");
        malformed("POST / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n");
    }

    #[test]
    fn the_same_length_twice_is_that_length() {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\ncontent-length:  3 \r\n\r\n";
        assert_eq!(head(text).unwrap().framing, Framing::Length(3));
    }

    #[test]
    fn another_coding_expectation_or_version_has_its_own_code() {
        let status = |text: &str| head(text).unwrap_err().status();
        assert_eq!(status("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501);
        assert_eq!(status("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), 417);
        assert_eq!(status("PRI * HTTP/2.0\r\n\r\n"), 505);
    }

    #[test]
    fn http_1_1_wants_exactly_one_host() {
        malformed("GET / HTTP/1.1\r\n\r\n");
        malformed("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
        assert!(head("GET / HTTP/1.0\r\n\r\n").is_ok());
    }

    #[test]
    fn a_head_beyond_the_limit_is_told_by_the_part_that_is_too_long() {
        let long = "a".repeat(HEAD_LIMIT_BYTES);
        assert_eq!(parse(format!("GET / HTTP/1.1\r\nX: {long}").as_bytes()), Err(Fault::HeadTooLarge));
        assert_eq!(parse(format!("GET /{long}").as_bytes()), Err(Fault::TargetTooLong));
        assert!(matches!(parse(long.as_bytes()), Err(Fault::Malformed(_))));
        let many = "X: y\r\n".repeat(FIELD_LIMIT + 1);
        assert_eq!(parse(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()), Err(Fault::HeadTooLarge));
    }
}
