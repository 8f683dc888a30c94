//! `time.h` (C11 7.27). The only time zone is UTC.

use crate::calendar::{BYTES, BrokenDown, FIELDS};
use crate::environment::{Cell, Environment, Fault};
use crate::error_numbers::{EINVAL, EOVERFLOW};
use crate::functions::Arguments;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

type Answer = Result<u64, Fault>;

const WEEK_DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Clocks of `clock_gettime`.
const CLOCK_REALTIME: i32 = 0;
const TIME_UTC: i32 = 1;
/// What `strftime` writes at most: a short format can mean a long text.
const LONGEST_BYTES: usize = 64 * 1024;

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(crate) fn clock(environment: &mut Environment<'_>, _: Arguments<'_>) -> Answer {
    environment.charge(64);
    Ok(environment.library.started.elapsed().as_micros() as u64)
}

pub(crate) fn time(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    environment.charge(64);
    let seconds = now().as_secs();
    match arguments.address(0) {
        0 => {}
        address => environment.write(address, &seconds.to_le_bytes())?,
    }
    Ok(seconds)
}

pub(crate) fn timespec_get(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    if arguments.int(1) != TIME_UTC {
        return Ok(0);
    }
    write_time(environment, arguments.address(0), now())?;
    Ok(TIME_UTC as u64)
}

pub(crate) fn clock_gettime(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let time = match arguments.int(0) {
        CLOCK_REALTIME => now(),
        // Monotonic time, and that of process and thread, is that of the call.
        1..=4 | 7 => environment.library.started.elapsed(),
        _ => {
            environment.set_error_number(EINVAL);
            return Ok(u64::from(u32::MAX));
        }
    };
    write_time(environment, arguments.address(1), time)?;
    Ok(0)
}

fn write_time(environment: &mut Environment<'_>, at: usize, time: Duration) -> Result<(), Fault> {
    environment.charge(64);
    environment.write(at, &time.as_secs().to_le_bytes())?;
    environment.write(at.saturating_add(8), &u64::from(time.subsec_nanos()).to_le_bytes())
}

fn read(environment: &Environment<'_>, at: usize) -> Result<BrokenDown, Fault> {
    let mut fields = [0; FIELDS];
    for (field, bytes) in fields.iter_mut().zip(environment.bytes(at, BYTES)?.chunks_exact(4)) {
        *field = bytes.first_chunk().map_or(0, |bytes| i32::from_le_bytes(*bytes));
    }
    Ok(BrokenDown::from_fields(fields))
}

fn write(environment: &mut Environment<'_>, at: usize, time: &BrokenDown) -> Result<(), Fault> {
    let places = environment.bytes_mut(at, BYTES)?.chunks_exact_mut(4);
    for (place, field) in places.zip(time.fields()) {
        place.copy_from_slice(&field.to_le_bytes());
    }
    Ok(())
}

/// Breaks the time at `from` down, to `to`.
fn break_down(environment: &mut Environment<'_>, from: usize, to: usize) -> Answer {
    environment.charge(64);
    let seconds = environment.read_u64(from)? as i64;
    let Some(time) = BrokenDown::of_seconds(seconds) else {
        environment.set_error_number(EOVERFLOW);
        return Ok(0);
    };
    write(environment, to, &time)?;
    Ok(to as u64)
}

pub(crate) fn gmtime(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let to = environment.cell(Cell::BrokenDownTime)?;
    break_down(environment, arguments.address(0), to)
}

pub(crate) fn gmtime_r(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    break_down(environment, arguments.address(0), arguments.address(1))
}

pub(crate) fn mktime(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    environment.charge(64);
    let at = arguments.address(0);
    let seconds = read(environment, at)?.seconds();
    let Some(time) = BrokenDown::of_seconds(seconds) else {
        environment.set_error_number(EOVERFLOW);
        return Ok(u64::MAX);
    };
    write(environment, at, &time)?;
    Ok(seconds as u64)
}

pub(crate) fn asctime(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let time = read(environment, arguments.address(0))?;
    time_text(environment, &time)
}

pub(crate) fn ctime(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let seconds = environment.read_u64(arguments.address(0))? as i64;
    match BrokenDown::of_seconds(seconds) {
        Some(time) => time_text(environment, &time),
        None => {
            environment.set_error_number(EOVERFLOW);
            Ok(0)
        }
    }
}

fn time_text(environment: &mut Environment<'_>, time: &BrokenDown) -> Answer {
    let to = environment.cell(Cell::TimeText)?;
    let mut text = Vec::new();
    format(b"%a %b %e %H:%M:%S ", time, &mut text);
    number(i64::from(time.year) + 1900, 1, b'0', &mut text);
    text.extend_from_slice(b"\n\0");
    environment.write(to, &text)?;
    Ok(to as u64)
}

pub(crate) fn strftime(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (to, room) = (arguments.address(0), arguments.size(1).min(LONGEST_BYTES));
    let time = read(environment, arguments.address(3))?;
    let length = environment.length(arguments.address(2))?;
    let format_text = environment.bytes(arguments.address(2), length)?;
    let mut text = Vec::new();
    for piece in pieces(format_text) {
        format(piece, &time, &mut text);
        if text.len() >= room {
            return Ok(0);
        }
    }
    if room == 0 {
        return Ok(0);
    }
    environment.charge(text.len());
    environment.write(to, &text)?;
    environment.write(to + text.len(), &[0])?;
    Ok(text.len() as u64)
}

/// Cuts a format into single conversions and what is between them.
fn pieces(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let first = text.first()?;
        let length = match first {
            b'%' => {
                let flags = text.iter().skip(1).take_while(|byte| matches!(byte, b'E' | b'O' | b'-' | b'_')).count();
                (2 + flags).min(text.len())
            }
            _ => text.iter().take_while(|byte| **byte != b'%').count(),
        };
        let (piece, rest) = text.split_at(length);
        text = rest;
        Some(piece)
    })
}

/// A number with at least so many characters.
fn number(value: i64, width: usize, fill: u8, text: &mut Vec<u8>) {
    let mut buffer = [0; 24];
    let digits = crate::number::digits_of(value.unsigned_abs(), 10, false, &mut buffer);
    if value < 0 {
        text.push(b'-');
    }
    text.extend(std::iter::repeat_n(fill, width.saturating_sub(digits.len())));
    text.extend_from_slice(digits);
}

fn name(names: &[&str], index: i32, length: usize, text: &mut Vec<u8>) {
    let name = usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("?");
    text.extend(name.bytes().take(length));
}

/// Formats by a format whose conversions are all whole.
fn format(format_text: &[u8], time: &BrokenDown, text: &mut Vec<u8>) {
    for piece in pieces(format_text) {
        match piece {
            [b'%', flags @ .., letter] => conversion(*letter, flags, piece, time, text),
            _ => text.extend_from_slice(piece),
        }
    }
}

fn conversion(letter: u8, flags: &[u8], piece: &[u8], time: &BrokenDown, text: &mut Vec<u8>) {
    let year = i64::from(time.year) + 1900;
    let twelve = if time.hour % 12 == 0 { 12 } else { time.hour % 12 };
    let (week_day, year_day) = (i64::from(time.week_day), i64::from(time.year_day));
    let week = |first_day: i64| (year_day + 7 - (week_day + 7 - first_day) % 7) / 7;
    let mut padded = |value: i64, width: usize, fill: u8| match flags.last() {
        Some(b'-') => number(value, 1, b'0', text),
        Some(b'_') => number(value, width, b' ', text),
        _ => number(value, width, fill, text),
    };
    match letter {
        b'd' => padded(i64::from(time.day), 2, b'0'),
        b'H' => padded(i64::from(time.hour), 2, b'0'),
        b'I' => padded(i64::from(twelve), 2, b'0'),
        b'm' => padded(i64::from(time.month) + 1, 2, b'0'),
        b'M' => padded(i64::from(time.minute), 2, b'0'),
        b'S' => padded(i64::from(time.second), 2, b'0'),
        b'U' => padded(week(0), 2, b'0'),
        b'W' => padded(week(1), 2, b'0'),
        b'V' => padded(time.iso_week().1, 2, b'0'),
        b'g' => padded(time.iso_week().0.rem_euclid(100), 2, b'0'),
        b'y' => padded(year.rem_euclid(100), 2, b'0'),
        b'C' => padded(year.div_euclid(100), 1, b'0'),
        b'e' => padded(i64::from(time.day), 2, b' '),
        b'k' => padded(i64::from(time.hour), 2, b' '),
        b'l' => padded(i64::from(twelve), 2, b' '),
        b'j' => padded(year_day + 1, 3, b'0'),
        b'G' => padded(time.iso_week().0, 1, b'0'),
        b'Y' => padded(year, 1, b'0'),
        b'w' => padded(week_day, 1, b'0'),
        b'u' => padded((week_day + 6).rem_euclid(7) + 1, 1, b'0'),
        b's' => padded(time.seconds(), 1, b'0'),
        b'a' => name(&WEEK_DAYS, time.week_day, 3, text),
        b'A' => name(&WEEK_DAYS, time.week_day, usize::MAX, text),
        b'b' | b'h' => name(&MONTHS, time.month, 3, text),
        b'B' => name(&MONTHS, time.month, usize::MAX, text),
        b'p' => text.extend_from_slice(if time.hour >= 12 { b"PM" } else { b"AM" }),
        b'P' => text.extend_from_slice(if time.hour >= 12 { b"pm" } else { b"am" }),
        b'c' => format(b"%a %b %e %H:%M:%S %Y", time, text),
        b'D' | b'x' => format(b"%m/%d/%y", time, text),
        b'F' => format(b"%Y-%m-%d", time, text),
        b'r' => format(b"%I:%M:%S %p", time, text),
        b'R' => format(b"%H:%M", time, text),
        b'T' | b'X' => format(b"%H:%M:%S", time, text),
        b'z' => text.extend_from_slice(b"+0000"),
        b'Z' => text.extend_from_slice(b"GMT"),
        b'n' => text.push(b'\n'),
        b't' => text.push(b'\t'),
        b'%' => text.push(b'%'),
        _ => text.extend_from_slice(piece),
    }
}
