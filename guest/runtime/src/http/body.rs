//! The request's body: counted or chunked (RFC 9112, sections 6.2 and 7.1), held within a budget that all share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use skerry_executors::with_room;

use super::Fault;
use super::head::Framing;

/// How much memory all bodies in flight may use together, in bytes.
#[derive(Debug)]
pub(crate) struct BodyBudget {
    limit_bytes: usize,
    used_bytes: AtomicUsize,
}

impl BodyBudget {
    pub(crate) fn new(limit_bytes: usize) -> Arc<Self> {
        Arc::new(Self { limit_bytes, used_bytes: AtomicUsize::new(0) })
    }

    /// What is used now, in bytes.
    #[cfg(test)]
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    // Relaxed: the number orders nothing, it is only counted.
    fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit_bytes);
        self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A part of the budget, given back when it is dropped, on whatever thread.
#[derive(Debug)]
pub(crate) struct Charge {
    bytes: usize,
    budget: Arc<BodyBudget>,
}

impl Charge {
    /// Makes the part larger; whether the budget allowed it.
    fn grow_to(&mut self, bytes: usize) -> bool {
        let fits = self.budget.take(bytes.saturating_sub(self.bytes));
        if fits {
            self.bytes = self.bytes.max(bytes);
        }
        fits
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// A request's body.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    charge: Charge,
}

impl Body {
    pub(super) fn new(budget: Arc<BodyBudget>) -> Self {
        Self { bytes: Vec::new(), charge: Charge { bytes: 0, budget } }
    }

    /// What the client sent.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Frees the bytes and keeps their part of the budget, for what was made of them.
    pub(crate) fn into_charge(self) -> Charge {
        self.charge
    }

    /// Appends, growing with what has come rather than with what was announced; `expected_bytes` more will come at most.
    fn append(&mut self, more: &[u8], expected_bytes: usize) -> Result<(), Fault> {
        let needed = self.bytes.len() + more.len();
        if needed > self.bytes.capacity() {
            let roomy = (needed * 2).max(1024).min(self.bytes.len() + expected_bytes.max(more.len()));
            if !self.charge.grow_to(roomy) {
                return Err(Fault::OutOfMemory);
            }
            let mut larger = with_room(roomy).ok_or(Fault::OutOfMemory)?;
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }
}

/// Reads one body from a connection's bytes.
#[derive(Debug)]
pub(crate) struct BodyReader {
    framing: Progress,
    limit_bytes: usize,
    /// Bytes of content so far.
    received_bytes: usize,
    /// A body that nobody wants is read past and not kept.
    keep: bool,
    body: Body,
}

#[derive(Debug)]
enum Progress {
    /// So many bytes are to come.
    Counted(usize),
    Chunked(ChunkPhase),
}

/// Where in a chunked body the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChunkPhase {
    /// In the line that says the chunk's size.
    Size {
        size: usize,
        digits: usize,
        line_bytes: usize,
    },
    /// In that line, behind the size: an extension, which is ignored.
    Extension {
        size: usize,
        line_bytes: usize,
    },
    /// Behind that line's carriage return.
    SizeEnd {
        size: usize,
    },
    /// In the chunk; so many bytes are to come.
    Data {
        left: usize,
    },
    /// Behind the chunk, before its carriage return, or (`true`) its line feed.
    DataEnd {
        line_feed: bool,
    },
    /// In the trailer section; fields are ignored.
    Trailer {
        line_bytes: usize,
        total_bytes: usize,
    },
    /// Behind a trailer line's carriage return.
    TrailerEnd {
        last: bool,
        total_bytes: usize,
    },
    Done,
}

/// Longest line with a chunk's size and extensions, in bytes.
const CHUNK_LINE_LIMIT_BYTES: usize = 256;
/// Largest trailer section in bytes.
const TRAILER_LIMIT_BYTES: usize = 4096;

const START: ChunkPhase = ChunkPhase::Size { size: 0, digits: 0, line_bytes: 0 };
const BAD_CHUNK: Fault = Fault::Malformed("the body is not properly chunked");

impl BodyReader {
    /// # Errors
    /// The announced length is above the limit.
    pub(crate) fn new(
        framing: Framing,
        limit_bytes: usize,
        keep: bool,
        budget: Arc<BodyBudget>,
    ) -> Result<Self, Fault> {
        let framing = match framing {
            Framing::Chunked => Progress::Chunked(START),
            Framing::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= limit_bytes => Progress::Counted(length),
                _ => return Err(Fault::BodyTooLarge(limit_bytes)),
            },
        };
        Ok(Self { framing, limit_bytes, received_bytes: 0, keep, body: Body::new(budget) })
    }

    /// Takes what belongs to the body from the beginning of `input` and says how many bytes that was.
    ///
    /// # Errors
    /// The body is too large, badly chunked, or there is no memory for it.
    pub(crate) fn read(&mut self, input: &[u8]) -> Result<usize, Fault> {
        let mut consumed = 0;
        while consumed < input.len() && !self.is_complete() {
            consumed += self.read_some(&input[consumed..])?;
        }
        Ok(consumed)
    }

    /// The body is here in full.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.framing, Progress::Counted(0) | Progress::Chunked(ChunkPhase::Done))
    }

    /// What was read.
    pub(crate) fn into_body(self) -> Body {
        self.body
    }

    /// One stretch of content or one byte of framing; `input` is not empty.
    fn read_some(&mut self, input: &[u8]) -> Result<usize, Fault> {
        match &mut self.framing {
            Progress::Counted(left) => {
                let take = input.len().min(*left);
                let expected = *left;
                *left -= take;
                self.content(&input[..take], expected)?;
                Ok(take)
            }
            Progress::Chunked(phase) => {
                if let ChunkPhase::Data { left } = phase {
                    let take = input.len().min(*left);
                    *left -= take;
                    if *left == 0 {
                        *phase = ChunkPhase::DataEnd { line_feed: false };
                    }
                    self.content(&input[..take], self.limit_bytes - self.received_bytes)?;
                    return Ok(take);
                }
                *phase = phase.after(input[0])?;
                if let ChunkPhase::Data { left } = *phase
                    && left > self.limit_bytes - self.received_bytes
                {
                    return Err(Fault::BodyTooLarge(self.limit_bytes));
                }
                Ok(1)
            }
        }
    }

    fn content(&mut self, bytes: &[u8], expected_bytes: usize) -> Result<(), Fault> {
        self.received_bytes += bytes.len();
        if self.keep { self.body.append(bytes, expected_bytes) } else { Ok(()) }
    }
}

impl ChunkPhase {
    /// The phase behind one byte of framing. Lines end in CR LF and nothing else: leniency here is what lets two
    /// readers disagree.
    fn after(self, byte: u8) -> Result<Self, Fault> {
        match self {
            Self::Size { size, digits, line_bytes } => Self::in_size(size, digits, line_bytes, byte),
            Self::Extension { line_bytes: CHUNK_LINE_LIMIT_BYTES, .. } => Err(BAD_CHUNK),
            Self::Extension { size, line_bytes } => match byte {
                b'\r' => Ok(Self::SizeEnd { size }),
                b'\n' => Err(BAD_CHUNK),
                _ => Ok(Self::Extension { size, line_bytes: line_bytes + 1 }),
            },
            Self::SizeEnd { size } if byte == b'\n' => match size {
                0 => Ok(Self::Trailer { line_bytes: 0, total_bytes: 0 }),
                left => Ok(Self::Data { left }),
            },
            Self::DataEnd { line_feed: false } if byte == b'\r' => Ok(Self::DataEnd { line_feed: true }),
            Self::DataEnd { line_feed: true } if byte == b'\n' => Ok(START),
            Self::Trailer { total_bytes: TRAILER_LIMIT_BYTES, .. } => Err(Fault::HeadTooLarge),
            Self::Trailer { line_bytes, total_bytes } => match byte {
                b'\r' => Ok(Self::TrailerEnd { last: line_bytes == 0, total_bytes }),
                b'\n' => Err(BAD_CHUNK),
                _ => Ok(Self::Trailer { line_bytes: line_bytes + 1, total_bytes: total_bytes + 1 }),
            },
            Self::TrailerEnd { last: true, .. } if byte == b'\n' => Ok(Self::Done),
            Self::TrailerEnd { last: false, total_bytes } if byte == b'\n' => {
                Ok(Self::Trailer { line_bytes: 0, total_bytes })
            }
            Self::SizeEnd { .. } | Self::DataEnd { .. } | Self::TrailerEnd { .. } => Err(BAD_CHUNK),
            // Content and what follows the body never come here.
            Self::Data { .. } | Self::Done => Err(BAD_CHUNK),
        }
    }

    fn in_size(size: usize, digits: usize, line_bytes: usize, byte: u8) -> Result<Self, Fault> {
        match (char::from(byte).to_digit(16), byte) {
            // 15 digits: more than any limit, less than overflows.
            (Some(digit), _) if digits < 15 => {
                Ok(Self::Size { size: size * 16 + digit as usize, digits: digits + 1, line_bytes: line_bytes + 1 })
            }
            (None, b'\r') if digits > 0 => Ok(Self::SizeEnd { size }),
            (None, b';' | b' ' | b'\t') if digits > 0 => Ok(Self::Extension { size, line_bytes: line_bytes + 1 }),
            _ => Err(BAD_CHUNK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(framing: Framing, limit: usize, input: &[u8]) -> Result<(Vec<u8>, usize, bool), Fault> {
        let mut reader = BodyReader::new(framing, limit, true, BodyBudget::new(1 << 20))?;
        let consumed = reader.read(input)?;
        let complete = reader.is_complete();
        Ok((reader.into_body().bytes().to_vec(), consumed, complete))
    }

    #[test]
    fn a_counted_body_ends_where_it_says() {
        assert_eq!(read(Framing::Length(3), 10, b"abcdef"), Ok((b"abc".to_vec(), 3, true)));
        assert_eq!(read(Framing::Length(3), 10, b"ab"), Ok((b"ab".to_vec(), 2, false)));
        assert_eq!(read(Framing::Length(0), 10, b"ab"), Ok((Vec::new(), 0, true)));
    }

    #[test]
    fn a_chunked_body_is_the_chunks_without_sizes_extensions_and_trailers() {
        let input = b"3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nGET";
        let expected = (b"abc0123456789".to_vec(), input.len() - 3, true);
        assert_eq!(read(Framing::Chunked, 13, input), Ok(expected));
    }

    #[test]
    fn a_chunk_framed_loosely_is_refused() {
        for input in [
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "\r\n",
            ";x\r\n",
            "-3\r\n",
            "0x3\r\n",
            "g\r\n",
            "fffffffffffffffff\r\n",
            "0\r\nX\n\r\n",
            "0\r\n\n",
            "3\rabc",
        ] {
            assert!(matches!(read(Framing::Chunked, 100, input.as_bytes()), Err(Fault::Malformed(_))), "{input:?}");
        }
        let extension = format!("3;{}", "x".repeat(CHUNK_LINE_LIMIT_BYTES));
        assert!(read(Framing::Chunked, 100, extension.as_bytes()).is_err());
        let trailers = format!("0\r\n{}", "X: y\r\n".repeat(TRAILER_LIMIT_BYTES));
        assert_eq!(read(Framing::Chunked, 100, trailers.as_bytes()), Err(Fault::HeadTooLarge));
    }

    #[test]
    fn a_body_above_the_limit_is_refused_before_it_is_read() {
        assert_eq!(read(Framing::Length(11), 10, b""), Err(Fault::BodyTooLarge(10)));
        assert_eq!(read(Framing::Chunked, 10, b"b\r\n"), Err(Fault::BodyTooLarge(10)));
        assert_eq!(read(Framing::Chunked, 10, b"6\r\nabcdef\r\n5\r\n"), Err(Fault::BodyTooLarge(10)));
        assert_eq!(read(Framing::Chunked, 10, b"fffffffffffffff\r\n"), Err(Fault::BodyTooLarge(10)));
    }

    #[test]
    fn bodies_share_one_budget_and_give_back_what_they_used() {
        let budget = BodyBudget::new(100);
        let reader =
            |budget: &Arc<BodyBudget>| BodyReader::new(Framing::Length(80), 100, true, budget.clone()).unwrap();
        let mut one = reader(&budget);
        assert_eq!(budget.used_bytes(), 0, "an announced length takes no memory");
        one.read(&[1; 80]).unwrap();
        let mut other = reader(&budget);
        assert_eq!(other.read(&[1; 80]), Err(Fault::OutOfMemory));
        drop(other);
        let charge = one.into_body().into_charge();
        assert_eq!(budget.used_bytes(), 80, "what was made of a body counts like the body");
        drop(charge);
        assert_eq!(budget.used_bytes(), 0);
        assert_eq!(reader(&budget).read(&[1; 80]), Ok(80));
    }

    #[test]
    fn a_body_that_nobody_wants_takes_no_memory() {
        let budget = BodyBudget::new(0);
        let mut reader = BodyReader::new(Framing::Length(80), 100, false, budget).unwrap();
        assert_eq!(reader.read(&[1; 90]), Ok(80));
        assert!(reader.is_complete());
    }
}
