//! A connection's incoming bytes as a sequence of requests. Pure: bytes in, steps out, and how the bytes were cut into
//! reads changes nothing.

use std::sync::Arc;

use super::body::BodyReader;
use super::head::{self, Framing, Head};
use super::{Body, BodyBudget, Fault, Method};
use crate::router::{self, Resolution};
use crate::turns::Client;

/// More than this much kept for an idle connection is given back, in bytes.
const SPARE_LIMIT_BYTES: usize = 4096;

/// One request, complete with its body.
#[derive(Debug)]
pub(crate) struct Request {
    /// What the path and the method lead to.
    pub(crate) resolution: Resolution,
    /// A HEAD request: the answer has no content.
    pub(crate) head_only: bool,
    /// Another request may follow on this connection.
    pub(crate) keep_alive: bool,
    /// The client speaks HTTP/1.0.
    pub(crate) version_1_0: bool,
    /// On whose behalf a gateway sends it.
    pub(crate) client: Option<Client>,
    /// Empty unless the route wants one.
    pub(crate) body: Body,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Read more bytes.
    NeedMore,
    /// Tell the client to send its body, then read more bytes.
    SendContinue,
    /// Answer this request.
    Answer(Request),
    /// Answer with an error, then close: what follows cannot be trusted.
    Refuse(Fault),
}

/// Reads requests one after the other.
#[derive(Debug)]
pub(crate) struct RequestStream {
    buffered: Vec<u8>,
    /// Where in `buffered` the unread bytes begin.
    start: usize,
    phase: Phase,
    body_limit_bytes: usize,
    budget: Arc<BodyBudget>,
}

#[derive(Debug)]
enum Phase {
    Head,
    Body(Request, BodyReader),
    /// After a fault or the last request: no byte is looked at any more.
    Over,
}

impl RequestStream {
    pub(crate) fn new(body_limit_bytes: usize, budget: Arc<BodyBudget>) -> Self {
        Self { buffered: Vec::new(), start: 0, phase: Phase::Head, body_limit_bytes, budget }
    }

    /// Adds bytes that came in.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if !matches!(self.phase, Phase::Over) {
            self.buffered.extend_from_slice(bytes);
        }
    }

    /// Bytes that no request has taken yet.
    pub(crate) fn unread_bytes(&self) -> usize {
        self.buffered.len() - self.start
    }

    /// A request has begun and is not complete.
    pub(crate) fn is_within_request(&self) -> bool {
        match self.phase {
            Phase::Head => self.unread_bytes() > 0,
            Phase::Body(..) => true,
            Phase::Over => false,
        }
    }

    /// The next step that the bytes so far lead to.
    pub(crate) fn advance(&mut self) -> Step {
        let step = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Head => self.advance_head(),
            Phase::Body(request, reader) => self.advance_body(request, reader),
            Phase::Over => Ok(Step::NeedMore),
        };
        self.tidy();
        step.unwrap_or_else(Step::Refuse)
    }

    fn advance_head(&mut self) -> Result<Step, Fault> {
        let unread = &self.buffered[self.start..];
        let Some((head, length)) = head::parse(unread)? else {
            self.phase = Phase::Head;
            return Ok(Step::NeedMore);
        };
        let resolution = router::resolve(head.method, head.path);
        let keep = resolution.wants_body();
        let reader = BodyReader::new(head.framing, self.body_limit_bytes, keep, self.budget.clone())?;
        let body_is_here = unread.len() > length;
        let (framing, expects_continue) = (head.framing, head.expects_continue);
        let request = request_of(&head, resolution, self.budget.clone());
        self.start += length;
        if framing == Framing::Length(0) {
            return Ok(self.complete(request));
        }
        if expects_continue && !body_is_here {
            if !keep {
                // The client waits to hear whether it should send the body. It should not; and as it may have begun
                // to, the connection cannot be used again (RFC 9110, section 10.1.1).
                return Ok(Step::Answer(Request { keep_alive: false, ..request }));
            }
            self.phase = Phase::Body(request, reader);
            return Ok(Step::SendContinue);
        }
        self.advance_body(request, reader)
    }

    fn advance_body(&mut self, mut request: Request, mut reader: BodyReader) -> Result<Step, Fault> {
        self.start += reader.read(&self.buffered[self.start..])?;
        if reader.is_complete() {
            request.body = reader.into_body();
            return Ok(self.complete(request));
        }
        self.phase = Phase::Body(request, reader);
        Ok(Step::NeedMore)
    }

    fn complete(&mut self, request: Request) -> Step {
        self.phase = if request.keep_alive { Phase::Head } else { Phase::Over };
        Step::Answer(request)
    }

    /// Drops the bytes that have been read, and memory that an idle connection does not need.
    fn tidy(&mut self) {
        if matches!(self.phase, Phase::Over) {
            self.start = self.buffered.len();
        }
        if self.start == self.buffered.len() {
            self.buffered.clear();
            self.buffered.shrink_to(SPARE_LIMIT_BYTES);
        } else if self.start >= SPARE_LIMIT_BYTES {
            self.buffered.drain(..self.start);
        } else {
            return;
        }
        self.start = 0;
    }
}

fn request_of(head: &Head<'_>, resolution: Resolution, budget: Arc<BodyBudget>) -> Request {
    Request {
        resolution,
        head_only: head.method == Method::Head,
        keep_alive: head.keep_alive,
        version_1_0: head.version_1_0,
        client: head.client,
        body: Body::new(budget),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::cuts::steps;

    const LIMIT: usize = 64;

    fn whole(input: &str) -> Vec<String> {
        steps(input.as_bytes(), &[usize::MAX], LIMIT)
    }

    const POST: &str = "POST /v1/faas/execute-sync HTTP/1.1\r\nHost: a\r\n";
    const GET: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

    #[test]
    fn requests_come_out_in_the_order_in_which_they_came_in() {
        let seen = whole(&format!("{GET}{POST}Content-Length: 3\r\n\r\nabc{GET}"));
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert!(seen[1].ends_with("body=abc"), "{seen:?}");
        assert_eq!(seen[0], seen[2]);
    }

    #[test]
    fn blank_lines_before_a_request_are_skipped() {
        assert_eq!(whole(&format!("\r\n\r\n{GET}")), whole(GET));
    }

    #[test]
    fn nothing_is_read_behind_a_request_that_closes_the_connection() {
        assert_eq!(whole(&format!("GET / HTTP/1.0\r\n\r\n{GET}")).len(), 1);
        assert_eq!(whole(&format!("\u{1}garbage{GET}")).len(), 1);
    }

    #[test]
    fn a_client_that_waits_is_told_to_go_on_only_if_its_body_is_wanted() {
        let waiting = |line: &str, length: usize| {
            whole(&format!("{line} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"))
        };
        assert_eq!(waiting("POST /v1/faas/execute-sync", 3), ["continue"]);
        assert_eq!(waiting("POST /v1/faas/execute-sync", LIMIT + 1), ["BodyTooLarge(64)"]);
        assert_eq!(waiting("POST /v1/faas/execute-sync", 0).len(), 1);
        for unwanted in ["POST /nowhere", "POST /healthz"] {
            let seen = waiting(unwanted, 3);
            assert!(seen.len() == 1 && seen[0].contains("keep=false"), "{seen:?}");
        }
        let eager = format!("{POST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
        assert!(whole(&eager)[0].ends_with("body=abc"));
    }

    #[test]
    fn a_body_that_no_route_wants_is_read_past() {
        let seen = whole(&format!("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc{GET}"));
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen[0].ends_with("body="), "{seen:?}");
    }

    #[test]
    fn bytes_of_a_request_are_not_kept_once_it_is_complete() {
        let mut stream = RequestStream::new(LIMIT, BodyBudget::new(LIMIT));
        stream.push(GET.as_bytes());
        assert!(stream.is_within_request());
        assert!(matches!(stream.advance(), Step::Answer(_)));
        assert_eq!(stream.unread_bytes(), 0);
        assert!(!stream.is_within_request());
    }

    /// Requests good and bad, to be strung together and damaged.
    const SAMPLES: [&str; 8] = [
        GET,
        "HEAD / HTTP/1.1\r\nHost: a\r\nX-Long: bbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n\r\n",
        "POST /v1/faas/execute-sync HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{\"a\"}",
        "POST /v1/faas/execute-async HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;e=f\r\nabc\r\n0\r\nT: u\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nff\r\n",
        "\r\nGET http://h/metrics?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "DELETE /v1/faas/00000000-0000-4000-8000-000000000000/status HTTP/1.1\r\nHost: a\r\n\r\n",
    ];

    fn mutated_requests() -> impl Strategy<Value = Vec<u8>> {
        let strung = prop::collection::vec(prop::sample::select(&SAMPLES[..]), 1..5).prop_map(|parts| parts.concat());
        let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..4);
        (strung, edits).prop_map(|(text, edits)| {
            let mut bytes = text.into_bytes();
            for (index, byte, kind) in edits {
                let at = index.index(bytes.len().max(1)).min(bytes.len());
                match kind {
                    0 if at < bytes.len() => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ if at < bytes.len() => drop(bytes.remove(at)),
                    _ => {}
                }
            }
            bytes
        })
    }

    proptest! {
        #[test]
        fn how_bytes_are_cut_into_reads_changes_nothing(
            input in mutated_requests(),
            sizes in prop::collection::vec(1..40_usize, 1..6),
        ) {
            // Whether the client is told to go on depends on what has arrived; no sample asks for it.
            let whole = steps(&input, &[usize::MAX], LIMIT);
            prop_assert_eq!(&steps(&input, &[1], LIMIT), &whole);
            prop_assert_eq!(&steps(&input, &sizes, LIMIT), &whole);
        }

        #[test]
        fn random_bytes_never_panic(input in prop::collection::vec(any::<u8>(), 0..600)) {
            steps(&input, &[7], LIMIT);
        }
    }
}
