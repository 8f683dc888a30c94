//! Reasons to give up on a connection's bytes: each is answered once, then the connection closes.

/// What is wrong with the bytes of a request, such that nothing after them can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not HTTP, or HTTP framed in a way that could be read in two ways.
    Malformed(&'static str),
    /// The client took longer than the read time limit.
    TooSlow,
    /// The body is larger than this many bytes.
    BodyTooLarge(usize),
    /// The request line alone exceeds the limit of the head.
    TargetTooLong,
    /// An `Expect` other than `100-continue`.
    ExpectationUnknown,
    /// The head is larger than [`super::HEAD_LIMIT_BYTES`] or has too many fields.
    HeadTooLarge,
    /// A `Transfer-Encoding` other than `chunked`.
    TransferCodingUnknown,
    /// All bodies in flight together would need too much memory.
    OutOfMemory,
    /// A version other than HTTP/1.0 and 1.1.
    VersionUnknown,
}

impl Fault {
    /// The status code to answer with.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::TooSlow => 408,
            Self::BodyTooLarge(_) => 413,
            Self::TargetTooLong => 414,
            Self::ExpectationUnknown => 417,
            Self::HeadTooLarge => 431,
            Self::TransferCodingUnknown => 501,
            Self::OutOfMemory => 503,
            Self::VersionUnknown => 505,
        }
    }

    /// What to tell the client.
    pub(crate) fn message(self) -> String {
        match self {
            Self::Malformed(what) => return what.to_owned(),
            Self::TooSlow => "the request did not arrive in time",
            Self::BodyTooLarge(limit) => return format!("the body is larger than {limit} bytes"),
            Self::TargetTooLong => "the request target is too long",
            Self::ExpectationUnknown => "the only expectation that can be met is 100-continue",
            Self::HeadTooLarge => "the request's header fields are larger than 8192 bytes or more than 64",
            Self::TransferCodingUnknown => "the only transfer coding that is understood is chunked",
            Self::OutOfMemory => "too many large requests at once; try again later",
            Self::VersionUnknown => "the versions that are understood are HTTP/1.0 and HTTP/1.1",
        }
        .to_owned()
    }
}
