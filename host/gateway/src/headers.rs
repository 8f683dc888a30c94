//! Which header fields pass, and which are made anew (RFC 9110, section 7.6). Pure.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

/// Identifies a request in logs, taken from the client or made here.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How the VM that answers was started: `pool`, `snapshot` or `cold` on its first answer, then `warm`.
pub const START: HeaderName = HeaderName::from_static("x-skerry-start");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Longest request id that is taken from a client.
const MOST_REQUEST_ID_BYTES: usize = 128;

/// What concerns one connection only, whether `Connection` says so or not.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// How the gateway names itself in `Via`.
const VIA_VALUE: HeaderValue = HeaderValue::from_static("1.1 skerry");

/// The name under which guests are addressed. Clients' own is in `X-Forwarded-Host`.
const GUEST_HOST: HeaderValue = HeaderValue::from_static("runtime");

/// The request's id: the client's if it is well formed, else a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(&REQUEST_ID).iter();
    match (given.next(), given.next()) {
        (Some(id), None) if is_request_id(id) => id.clone(),
        _ => new_request_id(),
    }
}

fn is_request_id(id: &HeaderValue) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MOST_REQUEST_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(is_allowed)
}

/// Unique, not secret: a random part for the process and a number.
fn new_request_id() -> HeaderValue {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Without random numbers ids are still unique within the process.
    let process = PROCESS.get_or_init(|| getrandom::u64().unwrap_or_default());
    let id = format!("{process:016x}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"))
}

/// Makes a client's header one for the guest. `length` is the body's, if it is known.
pub(crate) fn to_guest(headers: &mut HeaderMap, id: &HeaderValue, peer: Option<IpAddr>, length: Option<u64>) {
    let said_length = headers.contains_key(CONTENT_LENGTH);
    drop_hop_by_hop(headers);
    // Credentials are the gateway's. The expectation was met by reading the body. Who forwards is known here alone: what
    // a client says of it could be anything.
    for name in [AUTHORIZATION, EXPECT, FORWARDED, FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, CONTENT_LENGTH] {
        headers.remove(name);
    }
    if let Some(length) = length.filter(|_| said_length) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Some(host) = headers.insert(HOST, GUEST_HOST) {
        headers.insert(FORWARDED_HOST, host);
    }
    if let Some(Ok(peer)) = peer.map(|peer| HeaderValue::from_str(&peer.to_string())) {
        headers.insert(FORWARDED_FOR, peer);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    headers.append(VIA, VIA_VALUE);
    headers.insert(REQUEST_ID, id.clone());
}

/// Makes a guest's header one for the client.
pub(crate) fn to_client(headers: &mut HeaderMap, start: &'static str) {
    // Where both are there, the length was ignored in favour of the encoding, and must not come back (RFC 9112, 6.3).
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    drop_hop_by_hop(headers);
    headers.append(VIA, VIA_VALUE);
    headers.insert(START, HeaderValue::from_static(start));
}

/// Drops what concerns one connection only, and what `Connection` names (RFC 9110, section 7.6.1).
fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let mut named: Vec<HeaderName> = Vec::new();
    for value in headers.get_all(CONNECTION) {
        let names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        named.extend(names.filter_map(|name| HeaderName::from_bytes(name).ok()));
    }
    for name in named {
        headers.remove(name);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        let field = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in fields.iter().map(field) {
            headers.append(name, value);
        }
        headers
    }

    const ID: HeaderValue = HeaderValue::from_static("id-1");

    #[test]
    fn what_concerns_a_connection_ends_here_both_ways() {
        let fields = [
            ("connection", "close, X-Mine ,, x-other"),
            ("connection", "te"),
            ("x-mine", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("trailer", "x-checksum"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "Basic eA=="),
            ("proxy-connection", "close"),
            ("x-call-id", "7"),
            ("x-duration-seconds", "0.1"),
            ("traceparent", "00-0-0-0"),
        ];
        for both in [false, true] {
            let mut headers = map(&fields);
            if both {
                to_guest(&mut headers, &ID, None, None);
            } else {
                to_client(&mut headers, "warm");
            }
            for (name, _) in &fields[..11] {
                assert!(!headers.contains_key(*name), "{name}");
            }
            for (name, value) in &fields[11..] {
                assert_eq!(headers[*name], *value);
            }
            assert_eq!(headers["via"], "1.1 skerry");
        }
    }

    #[test]
    fn a_guest_sees_no_credentials_and_what_the_gateway_knows() {
        let mut headers = map(&[
            ("host", "example.org:2719"),
            ("authorization", "Basic c2VjcmV0OnNlY3JldA=="),
            ("x-forwarded-for", "6.6.6.6"),
            ("forwarded", "for=6.6.6.6"),
            ("expect", "100-continue"),
            ("x-request-id", "bad id"),
            ("content-length", "9"),
        ]);
        to_guest(&mut headers, &ID, Some([192, 0, 2, 1].into()), Some(9));
        let expected = map(&[
            ("host", "runtime"),
            ("x-forwarded-host", "example.org:2719"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-proto", "http"),
            ("x-request-id", "id-1"),
            ("content-length", "9"),
            ("via", "1.1 skerry"),
        ]);
        assert_eq!(headers, expected);
    }

    #[test]
    fn an_answer_with_two_lengths_keeps_none() {
        let mut headers = map(&[("content-length", "5"), ("transfer-encoding", "chunked"), ("content-type", "a/b")]);
        to_client(&mut headers, "pool");
        let expected = map(&[("content-type", "a/b"), ("via", "1.1 skerry"), ("x-skerry-start", "pool")]);
        assert_eq!(headers, expected);
    }

    #[test]
    fn a_request_id_is_taken_if_it_can_stand_in_a_log_and_made_otherwise() {
        assert_eq!(request_id(&map(&[("x-request-id", "A-b_c.9")])), "A-b_c.9");
        let long = "x".repeat(129);
        for fields in [vec![], vec![""], vec!["a b"], vec!["a\"b"], vec!["a", "b"], vec![long.as_str()]] {
            let headers = map(&fields.iter().map(|value| ("x-request-id", *value)).collect::<Vec<_>>());
            let made = request_id(&headers);
            assert!(is_request_id(&made), "{made:?}");
            assert_ne!(made, request_id(&headers));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_client_sends_gets_past_the_filter(
            fields in proptest::collection::vec(
                ("(connection|te|authorization|x-[a-c]|content-length|transfer-encoding|host|upgrade)", "[ -~]{0,20}"), 0..12),
            length in proptest::option::of(any::<u64>()),
        ) {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let mut headers = map(&fields);
            to_guest(&mut headers, &ID, None, length);
            for name in HOP_BY_HOP.iter().chain([&AUTHORIZATION]) {
                prop_assert!(!headers.contains_key(name));
            }
            prop_assert_eq!(headers.get_all(HOST).iter().count(), 1);
            let lengths: Vec<_> = headers.get_all(CONTENT_LENGTH).iter().map(|value| value.to_str().unwrap()).collect();
            prop_assert!(lengths.is_empty() || Some(lengths[0].parse().unwrap()) == length && lengths.len() == 1);
        }
    }
}
