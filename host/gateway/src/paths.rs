//! What a request's path leads to. Pure: text in, decisions out.
//!
//! Paths are passed on as they came, byte by byte; what is decoded here is decoded for the decision only.

use http::Method;

/// What the gateway does with a request, and the label `route` of its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ExecuteSync,
    ExecuteAsync,
    Status,
    /// Ends a task.
    Cancel,
    Health,
    Metrics,
    Index,
    Data,
    /// Whatever the guest says to it.
    Other,
}

impl Kind {
    /// The value of the label `route`, as guests have it too.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ExecuteSync => "/v1/faas/execute-sync",
            Self::ExecuteAsync => "/v1/faas/execute-async",
            Self::Status => "/v1/faas/{uuid}/status",
            Self::Cancel => "/v1/faas/{uuid}",
            Self::Health => "/healthz",
            Self::Metrics => "/metrics",
            Self::Index => "/",
            Self::Data => "/v1/daas",
            Self::Other => "unmatched",
        }
    }

    /// Whether asking twice does no harm: nothing is changed, and a function has nothing that it could change.
    pub(crate) fn is_repeatable(self, method: &Method) -> bool {
        matches!(self, Self::ExecuteSync | Self::Cancel) || method.is_safe()
    }

    /// Whether the answer takes as long as a function runs.
    pub(crate) const fn is_long(self) -> bool {
        matches!(self, Self::ExecuteSync)
    }
}

/// Why a path is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// It has `..` in it, or is not a path.
    Malformed,
    /// It belongs to the host and its guests.
    Reserved,
}

/// Divides `/r/{id}/rest` into id and `/rest`; `None` for what has no id that a runtime could have.
pub(crate) fn split(path: &str) -> Option<(u64, &str)> {
    let rest = path.strip_prefix("/r/")?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (id, rest) = rest.split_at(end);
    let canonical = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    let id = id.parse().ok().filter(|_| canonical)?;
    Some((id, if rest.is_empty() { "/" } else { rest }))
}

/// Whether a guest may see this path.
pub(crate) fn check(path: &str) -> Result<(), BadPath> {
    if !path.starts_with('/') {
        return Err(BadPath::Malformed);
    }
    let decoded = decode(path);
    let mut meaningful = decoded.split(|byte| matches!(byte, b'/' | b'\\')).filter(|part| !matches!(*part, b"" | b"."));
    if meaningful.clone().any(|part| part == b"..") {
        return Err(BadPath::Malformed);
    }
    let mut next_is = |name: &[u8]| meaningful.next().is_some_and(|part| part.eq_ignore_ascii_case(name));
    if next_is(b"v1") && next_is(b"skerry") { Err(BadPath::Reserved) } else { Ok(()) }
}

/// What `method` on `path` is.
pub(crate) fn classify(method: &Method, path: &str) -> Kind {
    match path {
        "/v1/faas/execute-sync" if method == Method::POST => Kind::ExecuteSync,
        "/v1/faas/execute-async" if method == Method::POST => Kind::ExecuteAsync,
        "/" => Kind::Index,
        "/healthz" => Kind::Health,
        "/metrics" => Kind::Metrics,
        "/v1/daas" => Kind::Data,
        _ if path.starts_with("/v1/daas/") => Kind::Data,
        _ if matches!(*method, Method::GET | Method::HEAD) && task_of(path).is_some() => Kind::Status,
        _ if *method == Method::DELETE && task_to_cancel(path).is_some() => Kind::Cancel,
        _ => Kind::Other,
    }
}

/// The task that a status path asks for, in lower case; `None` if it is none, or its UUID malformed.
pub(crate) fn task_of(path: &str) -> Option<String> {
    let middle = path.strip_prefix("/v1/faas/")?.strip_suffix("/status")?;
    uuid(middle)
}

/// The task whose own path this is, in lower case.
pub(crate) fn task_to_cancel(path: &str) -> Option<String> {
    uuid(path.strip_prefix("/v1/faas/")?)
}

/// A UUID in the hyphenated form of RFC 9562, in lower case.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let is_hyphen = |at| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| if is_hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    (text.len() == 36 && text.bytes().enumerate().all(fits)).then(|| text.to_ascii_lowercase())
}

/// The path with its percent-encoding undone, once.
fn decode(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TASK: &str = "/v1/faas/00000000-0000-4000-8000-00000000ABCD/status";

    #[test]
    fn an_id_is_a_number_from_1_as_the_engine_writes_it() {
        assert_eq!(split("/r/1"), Some((1, "/")));
        assert_eq!(split("/r/1/"), Some((1, "/")));
        assert_eq!(split("/r/12/v1/faas//x"), Some((12, "/v1/faas//x")));
        for path in ["", "/", "/r", "/r/", "/r//x", "/r/0", "/r/01", "/r/+1", "/r/-1", "/r/1x/", "/r/..", "/x/1", "r/1"]
        {
            assert_eq!(split(path), None, "{path}");
        }
        assert_eq!(split(&format!("/r/{}0/", u64::MAX)), None);
    }

    #[test]
    fn nothing_climbs_out_however_it_is_written() {
        for path in ["/..", "/a/../b", "/a/%2e%2E/b", "/a/.%2e", "/a%2f..%2fb", "/a\\..\\b", "/%5c..", "", "*", "a"] {
            assert_eq!(check(path), Err(BadPath::Malformed), "{path}");
        }
        for path in ["/", "/...", "/a..b", "/..a", "/%252e%252e/", "/%", "/%2", "/%zz", "/a/./b", "//"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn the_hosts_own_routes_are_closed_however_they_are_written() {
        let paths = [
            "/v1/skerry",
            "/v1/skerry/",
            "/v1/skerry/x",
            "//v1/./skerry/x",
            "/V1/Skerry/x",
            "/v1/%73kerry/x",
            "/v1%2fskerry",
        ];
        for path in paths {
            assert_eq!(check(path), Err(BadPath::Reserved), "{path}");
        }
        for path in ["/v1", "/v1/skerryx", "/v1/faas/skerry", "/x/v1/skerry", "/skerry"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn each_route_is_known_by_method_and_path() {
        assert_eq!(classify(&Method::POST, "/v1/faas/execute-sync"), Kind::ExecuteSync);
        assert_eq!(classify(&Method::POST, "/v1/faas/execute-async"), Kind::ExecuteAsync);
        assert_eq!(classify(&Method::GET, "/v1/faas/execute-sync"), Kind::Other);
        assert_eq!(classify(&Method::GET, TASK), Kind::Status);
        assert_eq!(classify(&Method::HEAD, TASK), Kind::Status);
        assert_eq!(classify(&Method::POST, TASK), Kind::Other);
        assert_eq!(classify(&Method::GET, "/v1/faas/nonsense/status"), Kind::Other);
        let task = TASK.strip_suffix("/status").unwrap();
        assert_eq!(classify(&Method::DELETE, task), Kind::Cancel);
        assert_eq!(classify(&Method::DELETE, TASK), Kind::Other);
        assert_eq!(classify(&Method::GET, task), Kind::Other);
        assert_eq!(classify(&Method::GET, "/"), Kind::Index);
        assert_eq!(classify(&Method::PUT, "/v1/daas/a"), Kind::Data);
    }

    #[test]
    fn a_task_is_the_same_however_its_uuid_is_written() {
        assert_eq!(task_of(TASK).as_deref(), Some("00000000-0000-4000-8000-00000000abcd"));
        assert_eq!(task_of("/v1/faas/00000000000040008000000000000000/status"), None);
        assert_eq!(task_of("/v1/faas/00000000-0000-4000-8000-00000000ABCG/status"), None);
    }

    proptest! {
        #[test]
        fn what_follows_the_id_is_passed_on_as_it_came(id in 1u64.., rest in "(/[a-zA-Z0-9%._~:-]{0,10}){0,5}") {
            let path = format!("/r/{id}{rest}");
            let expected = if rest.is_empty() { "/" } else { &rest };
            prop_assert_eq!(split(&path), Some((id, expected)));
        }

        #[test]
        fn no_path_with_dots_passes(before in "[a-z/]{0,5}", after in "[a-z/]{0,5}", first in "(\\.|%2[eE])", second in "(\\.|%2[eE])") {
            let path = format!("/{before}/{first}{second}/{after}");
            prop_assert_eq!(check(&path), Err(BadPath::Malformed));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = (split(&text), check(&text), classify(&Method::GET, &text), uuid(&text));
        }
    }
}
