//! What the fuzz target calls; not part of the runtime.

use crate::http::cuts;
use crate::request_body;

const BODY_LIMIT_BYTES: usize = 4096;

/// Reads `input` as what a client sends, in one piece and in pieces, and as a body.
///
/// # Panics
/// The way in which the bytes were cut made a difference.
pub fn read_requests(input: &[u8]) {
    let whole = cuts::steps(input, &[usize::MAX], BODY_LIMIT_BYTES);
    // A client that asks first is answered by what has arrived, so there the cuts do matter.
    if !input.to_ascii_lowercase().windows(6).any(|window| window == b"expect") {
        assert_eq!(cuts::steps(input, &[1], BODY_LIMIT_BYTES), whole);
        assert_eq!(cuts::steps(input, &[3, 17, 100], BODY_LIMIT_BYTES), whole);
    }
    let _ = request_body::read(input);
}
