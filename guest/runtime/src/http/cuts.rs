//! The rule that property tests and the fuzz target share: how a client's bytes are cut into reads changes nothing.

use super::{BodyBudget, RequestStream, Step};

/// Feeds bytes in pieces of the given sizes, over and over, and lists what a client would notice.
pub(crate) fn steps(input: &[u8], sizes: &[usize], body_limit_bytes: usize) -> Vec<String> {
    let mut stream = RequestStream::new(body_limit_bytes, BodyBudget::new(10 * body_limit_bytes));
    let (mut seen, mut rest, mut turn) = (Vec::new(), input, 0);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(sizes[turn % sizes.len()].min(rest.len()));
        stream.push(piece);
        loop {
            let step = stream.advance();
            if matches!(step, Step::NeedMore) {
                break;
            }
            seen.push(describe(&step));
        }
        (rest, turn) = (after, turn + 1);
    }
    seen
}

fn describe(step: &Step) -> String {
    match step {
        Step::NeedMore => String::new(),
        Step::SendContinue => "continue".to_owned(),
        Step::Answer(request) => {
            let body = String::from_utf8_lossy(request.body.bytes());
            format!("{:?} keep={} body={body}", request.resolution, request.keep_alive)
        }
        Step::Refuse(fault) => format!("{fault:?}"),
    }
}
