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

    /// Puts what was left over at the end of `room`, which has [`Self::MAX_PARTIAL_BYTES`], and says where that begins.
    pub(crate) fn begin(&mut self, room: &mut [u8]) -> usize {
        let start = room.len() - self.partial.len();
        room[start..].copy_from_slice(&self.partial);
        self.partial.clear();
        start
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `bytes` in pieces of these sizes, in turn, as the driver does.
    fn read_in_pieces(bytes: &[u8], sizes: &[usize]) -> Result<Vec<Vec<u8>>, OutOfStep> {
        let mut reader = FrameReader::default();
        let mut buffer = vec![0; FrameReader::MAX_PARTIAL_BYTES + 4096];
        let mut taken = Vec::new();
        let mut rest = bytes;
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            rest = behind;
            let (room, behind) = buffer.split_at_mut(FrameReader::MAX_PARTIAL_BYTES);
            let start = reader.begin(room);
            behind[..piece.len()].copy_from_slice(piece);
            let mut frames = reader.frames(&buffer[start..FrameReader::MAX_PARTIAL_BYTES + piece.len()]);
            while let Some(frame) = frames.next() {
                taken.push(frame.to_vec());
            }
            frames.finish()?;
            assert!(reader.partial.len() <= FrameReader::MAX_PARTIAL_BYTES, "what is kept is bounded");
        }
        Ok(taken)
    }

    fn on_the_wire(frames: &[Vec<u8>]) -> Vec<u8> {
        frames.iter().flat_map(|frame| [&(frame.len() as u32).to_be_bytes()[..], frame].concat()).collect()
    }

    proptest! {
        #[test]
        fn frames_are_the_same_however_the_stream_is_cut(
            lengths in prop::collection::vec(0..4000_usize, 0..20),
            sizes in prop::collection::vec(1..4096_usize, 1..10),
        ) {
            let frames: Vec<Vec<u8>> = (0_u8..).zip(&lengths).map(|(n, length)| vec![n; *length]).collect();
            let taken = read_in_pieces(&on_the_wire(&frames), &sizes).unwrap();
            let short: Vec<Vec<u8>> = frames.into_iter().filter(|frame| frame.len() <= MAX_FRAME_BYTES).collect();
            prop_assert_eq!(taken, short, "those that are too long are left out, and nothing else");
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..8192),
            sizes in prop::collection::vec(1..4096_usize, 1..10),
        ) {
            if let Ok(frames) = read_in_pieces(&bytes, &sizes) {
                prop_assert!(frames.iter().all(|frame| frame.len() <= MAX_FRAME_BYTES));
            }
        }

        #[test]
        fn what_is_written_can_be_read(
            lengths in prop::collection::vec(0..MAX_FRAME_BYTES, 0..100),
            sizes in prop::collection::vec(1..4000_usize, 1..10),
        ) {
            let mut writer = FrameWriter::default();
            let (mut wire, mut sent) = (Vec::new(), Vec::new());
            for ((n, length), size) in (0_u8..).zip(lengths).zip(sizes.iter().cycle()) {
                writer.push(length, |frame| frame.fill(n));
                sent.push(vec![n; length]);
                let written = (*size).min(writer.unwritten().len());
                wire.extend_from_slice(&writer.unwritten()[..written]);
                writer.advance(written);
            }
            wire.extend_from_slice(writer.unwritten());
            // Fewer bytes than the writer holds at most, so that none was dropped.
            prop_assume!(wire.len() < FrameWriter::MAX_BYTES);
            prop_assert_eq!(read_in_pieces(&wire, &sizes).unwrap(), sent);
        }
    }

    #[test]
    fn a_frame_that_qemu_could_not_send_is_the_end() {
        for length in [u32::MAX, 1 << 31, MAX_ANNOUNCED_BYTES as u32 + 1] {
            let bytes = [&[0, 0, 0, 1, 7][..], &length.to_be_bytes()].concat();
            let ended = read_in_pieces(&bytes, &[3]);
            assert_eq!(ended, Err(OutOfStep { announced_bytes: length as usize }));
        }
        assert_eq!(read_in_pieces(&(MAX_ANNOUNCED_BYTES as u32).to_be_bytes(), &[4]), Ok(vec![]));
    }

    #[test]
    fn whole_frames_come_before_the_loss_of_step() {
        let bytes = [&[0, 0, 0, 1, 7][..], &[0xff; 4]].concat();
        let mut reader = FrameReader::default();
        let mut frames = reader.frames(&bytes);
        assert_eq!(frames.next(), Some(&[7][..]));
        assert_eq!(frames.next(), None);
        assert_eq!(frames.finish(), Err(OutOfStep { announced_bytes: u32::MAX as usize }));
    }

    #[test]
    fn a_writer_that_nobody_empties_stops_growing_and_still_fills_frames() {
        let mut writer = FrameWriter::default();
        for _ in 0..1000 {
            assert_eq!(writer.push(1500, |frame| frame.len()), 1500);
        }
        assert!(writer.is_full());
        assert!(writer.unwritten().len() <= FrameWriter::MAX_BYTES);
        writer.advance(writer.unwritten().len());
        assert!(!writer.is_full());
        assert!(writer.bytes.capacity() <= FrameWriter::KEPT_BYTES, "its memory is given back");
    }
}
