//! Ethernet frames on a stream of bytes: each is preceded by its length, 32 bits, the highest first (QEMU's
//! `net/stream.c`). Pure: does no I/O.

/// Bytes of the length before each frame.
const LENGTH_BYTES: usize = 4;
/// Most bytes that an IP packet may have on the cable. The guest's network card has no other unless it is told so.
pub(crate) const MTU_BYTES: usize = 1500;
/// Longest frame that is looked at: a packet, its Ethernet header, and a VLAN tag that nobody asked for.
const MAX_FRAME_BYTES: usize = MTU_BYTES + 18;
/// Longest frame that QEMU can send (`NET_BUFSIZE`, 64 KiB and 4 KiB). A longer one means that the stream is not what it
/// should be, and there is no way back into step.
const MAX_ANNOUNCED_BYTES: usize = 68 * 1024;

/// The stream has lost step: a frame is announced that is longer than QEMU could send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfStep {
    /// What was announced.
    pub(crate) announced_bytes: usize,
}

/// Where the stream stands between two reads.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    /// The beginning of a frame whose end has not come yet.
    partial: Vec<u8>,
    /// Bytes still to come of a frame that is too long to be looked at.
    skip_bytes: usize,
}

impl FrameReader {
    /// Most bytes that are kept from one read to the next.
    pub(crate) const MAX_PARTIAL_BYTES: usize = LENGTH_BYTES + MAX_FRAME_BYTES;

    /// Puts what was left over at the buffer's beginning, says how much that is.
    pub(crate) fn begin(&mut self, buffer: &mut [u8]) -> usize {
        let len = self.partial.len();
        buffer[..len].copy_from_slice(&self.partial);
        self.partial.clear();
        len
    }

    /// The whole frames in `bytes`, which begin with what [`FrameReader::begin`] put there.
    pub(crate) fn frames<'a>(&'a mut self, bytes: &'a [u8]) -> Frames<'a> {
        Frames { reader: self, bytes, out_of_step: None }
    }
}

/// The frames of one read. Keeps what is left over when it is dropped.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    reader: &'a mut FrameReader,
    bytes: &'a [u8],
    out_of_step: Option<OutOfStep>,
}

impl<'a> Frames<'a> {
    /// The next frame that is short enough to be looked at.
    pub(crate) fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let skipped = self.reader.skip_bytes.min(self.bytes.len());
            self.bytes = &self.bytes[skipped..];
            self.reader.skip_bytes -= skipped;
            let (length, rest) = self.bytes.split_first_chunk::<LENGTH_BYTES>()?;
            let length = u32::from_be_bytes(*length) as usize;
            if length > MAX_ANNOUNCED_BYTES {
                self.out_of_step = Some(OutOfStep { announced_bytes: length });
                self.bytes = &[];
                return None;
            }
            if length > MAX_FRAME_BYTES {
                self.bytes = rest;
                self.reader.skip_bytes = length;
                continue;
            }
            let (frame, rest) = rest.split_at_checked(length)?;
            self.bytes = rest;
            return Some(frame);
        }
    }

    /// Whether the stream can go on behind the last frame.
    pub(crate) fn finish(self) -> Result<(), OutOfStep> {
        self.out_of_step.map_or(Ok(()), Err)
    }
}

impl Drop for Frames<'_> {
    fn drop(&mut self) {
        // Frames that nobody took are lost like those of a full network card; only a beginning is kept.
        while self.next().is_some() {}
        self.reader.partial.extend_from_slice(self.bytes);
    }
}

/// Frames on their way out, bounded.
#[derive(Debug, Default)]
pub(crate) struct FrameWriter {
    bytes: Vec<u8>,
    written: usize,
}

impl FrameWriter {
    /// From here on, no more of our own data is put in: it waits in the connections.
    const FULL_BYTES: usize = 64 * 1024;
    /// From here on, answers to the guest's frames are dropped too: a guest that sends without reading gets none.
    const MAX_BYTES: usize = 128 * 1024;
    /// More memory than this is given back when there is nothing left to write.
    const KEPT_BYTES: usize = 4 * 1024;

    /// Whether our own data has to wait.
    pub(crate) fn is_full(&self) -> bool {
        self.unwritten().len() >= Self::FULL_BYTES
    }

    /// What is to be written.
    pub(crate) fn unwritten(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// Takes note that this much was written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.written += written;
        if self.written < self.bytes.len() {
            return;
        }
        self.written = 0;
        if self.bytes.capacity() > Self::KEPT_BYTES {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
    }

    /// Adds a frame that `fill` fills in, or has it fill in one that goes nowhere when there is no room.
    pub(crate) fn push<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        if self.unwritten().len() + LENGTH_BYTES + length > Self::MAX_BYTES {
            return fill(&mut vec![0; length]);
        }
        if self.written > 0 && self.bytes.capacity() - self.bytes.len() < LENGTH_BYTES + length {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
        // A frame of ours is never longer than the MTU and a header.
        self.bytes.extend_from_slice(&(length as u32).to_be_bytes());
        let start = self.bytes.len();
        self.bytes.resize(start + length, 0);
        fill(&mut self.bytes[start..])
    }
}
