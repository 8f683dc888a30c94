//! What functions log, on the runtime's own log: one line each, with the call's UUID.
//!
//! A function must not be able to fill the console, nor to keep the event loop busy with it (a serial line takes its time),
//! nor to write a line that looks like the runtime's own. So each call has so many lines, all calls together have so many
//! bytes in a time, and what a function writes stands in a JSON string only. The answer has the whole log for whoever asks.

use std::time::Instant;

use skerry_executors::Lang;

use crate::identifiers::Uuid;
use crate::log::{Level, Log};

/// Most lines of one call.
const LINES_OF_CALL: usize = 32;
/// Longest line, in characters.
const LINE_CHARACTERS: usize = 512;
/// How much may be written at once after a pause, in bytes.
const BURST_BYTES: u64 = 16 * 1024;
/// How much may be written in the long run.
const BYTES_PER_SECOND: u64 = 4 * 1024;

/// Writes functions' logs for as long as there is room for them.
pub(crate) struct FunctionLog {
    left_bytes: u64,
    refilled: Instant,
    /// Lines that were left out and not told of yet.
    untold_lines: u64,
    left_out_lines: u64,
}

impl FunctionLog {
    pub(crate) fn new(now: Instant) -> Self {
        Self { left_bytes: BURST_BYTES, refilled: now, untold_lines: 0, left_out_lines: 0 }
    }

    /// How many lines were left out so far.
    pub(crate) fn left_out_lines(&self) -> u64 {
        self.left_out_lines
    }

    /// Writes what a call logged, as far as there is room.
    pub(crate) fn write(&mut self, log: &Log, call: Uuid, lang: Lang, text: &str, now: Instant) {
        if text.is_empty() || !log.writes(Level::Info) {
            return;
        }
        self.refill(now);
        let call = call.to_string();
        let mut left_out = 0;
        for (number, line) in text.lines().enumerate() {
            if number >= LINES_OF_CALL || self.left_bytes == 0 {
                left_out += 1;
                continue;
            }
            let end = line.char_indices().nth(LINE_CHARACTERS).map_or(line.len(), |(at, _)| at);
            let written = log.write(Level::Info, "function_log", |entry| {
                entry.text("uuid", &call).text("lang", lang.name()).text("text", &line[..end])
            });
            self.left_bytes = self.left_bytes.saturating_sub(written as u64);
        }
        self.left_out_lines += left_out;
        self.untold_lines += left_out;
        if self.untold_lines > 0 && self.left_bytes > 0 {
            let lines = std::mem::take(&mut self.untold_lines);
            let written = log.write(Level::Info, "function_log_left_out", |entry| entry.number("lines", lines));
            self.left_bytes = self.left_bytes.saturating_sub(written as u64);
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed_ms = u64::try_from(now.saturating_duration_since(self.refilled).as_millis()).unwrap_or(u64::MAX);
        let earned = passed_ms.saturating_mul(BYTES_PER_SECOND) / 1000;
        if earned > 0 {
            self.left_bytes = self.left_bytes.saturating_add(earned).min(BURST_BYTES);
            self.refilled = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fixture() -> (FunctionLog, Log, Uuid, Instant) {
        let call = Uuid::parse("00000000-0000-4000-8000-000000000001").unwrap();
        let now = Instant::now();
        (FunctionLog::new(now), Log::new(Level::Info, || 0), call, now)
    }

    #[test]
    fn one_call_has_so_many_lines_and_no_more() {
        let (mut function_log, log, call, now) = fixture();
        function_log.write(&log, call, Lang::C, &"x\n".repeat(LINES_OF_CALL), now);
        assert_eq!(function_log.left_out_lines(), 0);
        function_log.write(&log, call, Lang::C, &"x\n".repeat(LINES_OF_CALL + 7), now);
        assert_eq!((function_log.left_out_lines(), function_log.untold_lines), (7, 0));
    }

    #[test]
    fn all_calls_together_write_what_there_is_room_for_and_more_only_after_a_while() {
        let (mut function_log, log, call, now) = fixture();
        // Each byte is six on the console.
        let line = "\u{1}".repeat(LINE_CHARACTERS);
        for _ in 0..100 {
            function_log.write(&log, call, Lang::C, &line, now);
        }
        let left_out = function_log.left_out_lines();
        assert!((90..100).contains(&left_out), "{left_out}");
        assert!(function_log.untold_lines > 0);
        let later = now + Duration::from_secs(3600);
        for _ in 0..100 {
            function_log.write(&log, call, Lang::C, &line, later);
        }
        assert_eq!(function_log.left_out_lines(), 2 * left_out, "a pause is worth one burst, however long it was");
    }

    #[test]
    fn nothing_is_written_below_the_logs_level_and_nothing_counted() {
        let (mut function_log, _, call, now) = fixture();
        function_log.write(&Log::new(Level::Warn, || 0), call, Lang::C, &"x\n".repeat(1000), now);
        assert_eq!((function_log.left_out_lines(), function_log.left_bytes), (0, BURST_BYTES));
    }
}
