//! The guest's serial log as the host reads it: hostile bytes, of which one line means something.
//!
//! Lines are bounded here; the file is bounded too, by the kernel, which lets the VMM write no more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use skerry_api::console::{EVENT_READY, ReadyLine};

/// A longer line is never a readiness line: that one has some 300 bytes.
const MOST_LINE_BYTES: usize = 4096;
/// How much of the log's end [`tail`] looks at.
const TAIL_BYTES: u64 = 16 * 1024;

/// Finds the readiness line in a stream that arrives in pieces.
#[derive(Debug, Default)]
pub(crate) struct ReadyScanner {
    line: Vec<u8>,
    overlong: bool,
}

impl ReadyScanner {
    /// Takes the next piece; the readiness line if it ends in this one. What follows it in the piece is not looked at.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<ReadyLine> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let complete = piece.ends_with(b"\n");
            if self.line.len() + piece.len() > MOST_LINE_BYTES {
                self.overlong = true;
                self.line.clear();
            } else if !self.overlong {
                self.line.extend_from_slice(piece);
            }
            if complete {
                let ready = if self.overlong { None } else { parse_ready(&self.line) };
                self.line.clear();
                self.overlong = false;
                if ready.is_some() {
                    return ready;
                }
            }
        }
        None
    }
}

fn parse_ready(line: &[u8]) -> Option<ReadyLine> {
    // Firmware may leave an unfinished line before ours, so the object begins at the first brace.
    let start = line.iter().position(|byte| *byte == b'{')?;
    serde_json::from_slice::<ReadyLine>(&line[start..]).ok().filter(|ready| ready.event == EVENT_READY)
}

/// Watches a serial log that grows.
#[derive(Debug)]
pub(crate) struct SerialWatch {
    log: File,
    changes: Inotify,
    scanner: ReadyScanner,
}

impl SerialWatch {
    /// Begins to watch the file at `path`, which must exist.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let changes = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        changes.add_watch(path, AddWatchFlags::IN_MODIFY)?;
        Ok(Self { log: File::open(path)?, changes, scanner: ReadyScanner::default() })
    }

    /// What to poll: readable when the log has grown.
    pub(crate) fn pollable(&self) -> BorrowedFd<'_> {
        self.changes.as_fd()
    }

    /// Reads what is new; the readiness line once it is there.
    pub(crate) fn find_ready(&mut self) -> io::Result<Option<ReadyLine>> {
        // First the notices, then the file: a write in between wakes the next poll.
        loop {
            match self.changes.read_events() {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        let mut chunk = [0; 16 * 1024];
        loop {
            let count = self.log.read(&mut chunk)?;
            if count == 0 {
                return Ok(None);
            }
            if let Some(ready) = self.scanner.push(&chunk[..count]) {
                return Ok(Some(ready));
            }
        }
    }
}

/// The last lines of the file at `path`, at most `lines`, fit to be shown; empty when it cannot be read.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let Ok((bytes, whole)) = read_end(path) else { return String::new() };
    let text = printable(&bytes);
    let all: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    // Where the file was cut, its first line is half a line, unless it is the only one.
    let all = if whole || all.len() < 2 { &all[..] } else { &all[1..] };
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn read_end(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok((bytes, length <= TAIL_BYTES))
}

/// Text without control characters (a terminal would obey them) and without invalid UTF-8; line ends stay.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.chars()
        .map(|character| match character {
            '\n' => '\n',
            '\t' => ' ',
            character if character.is_control() => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use skerry_api::console::Milestones;

    use super::*;

    fn ready_line() -> ReadyLine {
        ReadyLine {
            event: EVENT_READY.to_owned(),
            port: 8000,
            langs: "C,WASM".to_owned(),
            memory_total_bytes: 64 << 20,
            memory_free_bytes: 32 << 20,
            milestones_us: Milestones { ready: 70_000, ..Milestones::default() },
        }
    }

    fn ready_bytes() -> Vec<u8> {
        let mut line = serde_json::to_vec(&ready_line()).unwrap();
        line.push(b'\n');
        line
    }

    #[test]
    fn the_ready_line_is_found_among_other_lines_and_in_pieces() {
        let mut log = b"boot\xff\xfe text\r\n{\"event\":\"other\"}\n{broken\nfirmware ".to_vec();
        log.extend(ready_bytes());
        for size in [1, 2, 7, 4096] {
            let mut scanner = ReadyScanner::default();
            let found: Vec<_> = log.chunks(size).filter_map(|piece| scanner.push(piece)).collect();
            assert_eq!(found, [ready_line()], "pieces of {size}");
        }
    }

    #[test]
    fn half_a_ready_line_is_none() {
        let line = ready_bytes();
        assert_eq!(ReadyScanner::default().push(&line[..line.len() - 1]), None);
    }

    #[test]
    fn an_endless_line_keeps_no_memory_and_hides_no_later_line() {
        let mut scanner = ReadyScanner::default();
        for _ in 0..100 {
            assert_eq!(scanner.push(&[b'A'; 1000]), None);
            assert!(scanner.line.len() <= MOST_LINE_BYTES);
        }
        assert_eq!(scanner.push(&ready_bytes()), None, "it ends the endless line");
        assert_eq!(scanner.push(&ready_bytes()), Some(ready_line()));
    }

    #[test]
    fn the_tail_is_the_last_lines_made_printable() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one\r\ntwo\x1b[31m\xff\n\nthree").unwrap();
        assert_eq!(tail(file.path(), 2), "two\u{fffd}[31m\u{fffd}\nthree");
        assert_eq!(tail(file.path(), 0), "");
        assert_eq!(tail(Path::new("/nonexistent"), 5), "");
    }

    #[test]
    fn the_tail_of_a_flood_is_bounded() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![b'A'; 1 << 20]).unwrap();
        assert_eq!(tail(file.path(), 5).len() as u64, TAIL_BYTES);
    }

    #[test]
    fn a_watch_sees_the_line_that_is_written_after_it_began() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut watch = SerialWatch::new(file.path()).unwrap();
        assert_eq!(watch.find_ready().unwrap(), None);
        file.write_all(&ready_bytes()).unwrap();
        assert_eq!(watch.find_ready().unwrap(), Some(ready_line()));
    }

    proptest! {
        #[test]
        fn any_bytes_leave_the_scanner_bounded(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..6)) {
            let mut scanner = ReadyScanner::default();
            for piece in pieces {
                let _ = scanner.push(&piece);
                prop_assert!(scanner.line.len() <= MOST_LINE_BYTES);
            }
        }

        #[test]
        fn printable_text_has_no_control_characters_but_line_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(printable(&bytes).chars().all(|character| character == '\n' || !character.is_control()));
        }
    }
}
