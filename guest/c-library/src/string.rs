//! `string.h` (C11 7.24) and what POSIX adds to it, in the C locale. `memcpy`, `memmove` and `memset` are instructions.

use crate::allocation::allocate;
use crate::environment::{Cell, Environment, Fault};
use crate::error_numbers;
use crate::functions::Arguments;
use crate::search;

type Answer = Result<u64, Fault>;

/// An `int` as a raw value.
fn int(value: i32) -> Answer {
    Ok(u64::from(value as u32))
}

/// An address in memory that starts at `start`, or a null pointer.
fn found(start: usize, index: Option<usize>) -> Answer {
    Ok(index.map_or(0, |index| (start + index) as u64))
}

pub(crate) fn strlen(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    environment.length(arguments.address(0)).map(|length| length as u64)
}

pub(crate) fn strnlen(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let length = environment.length_up_to(arguments.address(0), arguments.size(1))?;
    environment.charge(length);
    Ok(length as u64)
}

pub(crate) fn memchr(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (start, wanted) = (arguments.address(0), arguments.int(1) as u8);
    let rest = environment.from(start)?;
    // As if byte by byte: what lies behind the byte that is found need not be there.
    let looked_at = rest.len().min(arguments.size(2));
    let index = rest.iter().take(looked_at).position(|byte| *byte == wanted);
    if index.is_none() && looked_at < arguments.size(2) {
        return Err(Fault::OutOfBounds);
    }
    environment.charge(index.unwrap_or(looked_at));
    found(start, index)
}

pub(crate) fn memrchr(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (start, wanted, length) = (arguments.address(0), arguments.int(1) as u8, arguments.size(2));
    let index = environment.bytes(start, length)?.iter().rposition(|byte| *byte == wanted);
    environment.charge(length);
    found(start, index)
}

pub(crate) fn memcmp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let length = arguments.size(2);
    let first = environment.bytes(arguments.address(0), length)?;
    let second = environment.bytes(arguments.address(1), length)?;
    let different = first.iter().zip(second).find(|(first, second)| first != second);
    let difference = different.map_or(0, |(first, second)| i32::from(*first) - i32::from(*second));
    environment.charge(length);
    int(difference)
}

pub(crate) fn memmem(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let start = arguments.address(0);
    let haystack = environment.bytes(start, arguments.size(1))?;
    let needle = environment.bytes(arguments.address(2), arguments.size(3))?;
    let index = search::find(haystack, needle);
    environment.charge(8 * (arguments.size(1) + arguments.size(3)));
    found(start, index)
}

pub(crate) fn strstr(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (start, needle_at) = (arguments.address(0), arguments.address(1));
    let (length, needle_length) = (environment.length(start)?, environment.length(needle_at)?);
    let index = search::find(environment.bytes(start, length)?, environment.bytes(needle_at, needle_length)?);
    environment.charge(8 * (length + needle_length));
    found(start, index)
}

/// Copies a string, of which at most `limit` bytes, and a NUL if the limit leaves room for it. Where the copy ends.
fn copy_text(environment: &mut Environment<'_>, from: usize, to: usize, limit: usize) -> Result<usize, Fault> {
    let length = environment.length_up_to(from, limit)?;
    environment.charge(length);
    environment.copy(from, to, length)?;
    Ok(to + length)
}

pub(crate) fn strcpy(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    stpcpy(environment, arguments)?;
    Ok(arguments.address(0) as u64)
}

pub(crate) fn stpcpy(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let end = copy_text(environment, arguments.address(1), arguments.address(0), usize::MAX)?;
    environment.write(end, &[0])?;
    Ok(end as u64)
}

pub(crate) fn strncpy(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (to, limit) = (arguments.address(0), arguments.size(2));
    let end = copy_text(environment, arguments.address(1), to, limit)?;
    let rest = limit - (end - to);
    environment.charge(rest);
    environment.bytes_mut(end, rest)?.fill(0);
    Ok(to as u64)
}

pub(crate) fn strcat(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    concatenate(environment, arguments, usize::MAX)
}

pub(crate) fn strncat(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    concatenate(environment, arguments, arguments.size(2))
}

fn concatenate(environment: &mut Environment<'_>, arguments: Arguments<'_>, limit: usize) -> Answer {
    let to = arguments.address(0);
    let end = to + environment.length(to)?;
    let end = copy_text(environment, arguments.address(1), end, limit)?;
    environment.write(end, &[0])?;
    Ok(to as u64)
}

/// Compares strings, at most `limit` bytes of them, each byte as `fold` gives it.
fn compare(environment: &mut Environment<'_>, arguments: Arguments<'_>, limit: usize, fold: fn(&u8) -> u8) -> Answer {
    let first = environment.from(arguments.address(0))?;
    let second = environment.from(arguments.address(1))?;
    let mut seen = 0;
    let mut difference = None;
    for (first, second) in first.iter().zip(second).take(limit) {
        seen += 1;
        if fold(first) != fold(second) || *first == 0 {
            difference = Some(i32::from(fold(first)) - i32::from(fold(second)));
            break;
        }
    }
    environment.charge(seen);
    match difference {
        Some(difference) => int(difference),
        None if seen == limit => int(0),
        None => Err(Fault::OutOfBounds),
    }
}

pub(crate) fn strcmp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    compare(environment, arguments, usize::MAX, |byte| *byte)
}

pub(crate) fn strncmp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    compare(environment, arguments, arguments.size(2), |byte| *byte)
}

pub(crate) fn strcasecmp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    compare(environment, arguments, usize::MAX, u8::to_ascii_lowercase)
}

pub(crate) fn strncasecmp(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    compare(environment, arguments, arguments.size(2), u8::to_ascii_lowercase)
}

pub(crate) fn strxfrm(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (to, from, limit) = (arguments.address(0), arguments.address(1), arguments.size(2));
    let length = environment.length(from)?;
    let copied = (length + 1).min(limit);
    environment.copy(from, to, copied)?;
    Ok(length as u64)
}

pub(crate) fn strchr(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (start, wanted) = (arguments.address(0), arguments.int(1) as u8);
    let rest = environment.from(start)?;
    let index = rest.iter().position(|byte| *byte == wanted || *byte == 0).ok_or(Fault::OutOfBounds)?;
    let is_there = rest.get(index) == Some(&wanted);
    environment.charge(index);
    found(start, is_there.then_some(index))
}

pub(crate) fn strrchr(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (start, wanted) = (arguments.address(0), arguments.int(1) as u8);
    let length = environment.length(start)?;
    found(start, environment.bytes(start, length + 1)?.iter().rposition(|byte| *byte == wanted))
}

/// Length of the beginning of a string that consists of bytes that are, or are not, in a set.
fn span(environment: &mut Environment<'_>, start: usize, set_at: usize, in_set: bool) -> Result<usize, Fault> {
    let mut set = [!in_set; 256];
    for byte in environment.text(set_at)? {
        set[usize::from(*byte)] = in_set;
    }
    // The NUL always ends it.
    set[0] = false;
    let length = environment.from(start)?.iter().position(|byte| !set[usize::from(*byte)]).ok_or(Fault::OutOfBounds)?;
    environment.charge(256 + length);
    Ok(length)
}

pub(crate) fn strspn(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    span(environment, arguments.address(0), arguments.address(1), true).map(|length| length as u64)
}

pub(crate) fn strcspn(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    span(environment, arguments.address(0), arguments.address(1), false).map(|length| length as u64)
}

pub(crate) fn strpbrk(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let start = arguments.address(0);
    let length = span(environment, start, arguments.address(1), false)?;
    let is_there = environment.byte(start + length)? != 0;
    found(start, is_there.then_some(length))
}

/// The next token from `from` on, and where to go on.
fn token(environment: &mut Environment<'_>, from: usize, set_at: usize) -> Result<(usize, usize), Fault> {
    if from == 0 {
        return Ok((0, 0));
    }
    let start = from + span(environment, from, set_at, true)?;
    if environment.byte(start)? == 0 {
        // glibc goes on at the end of the text.
        return Ok((0, start));
    }
    let end = start + span(environment, start, set_at, false)?;
    if environment.byte(end)? == 0 {
        return Ok((start, end));
    }
    environment.write(end, &[0])?;
    Ok((start, end + 1))
}

pub(crate) fn strtok(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let from = match arguments.address(0) {
        0 => environment.library.token as usize,
        given => given,
    };
    let (token, next) = token(environment, from, arguments.address(1))?;
    environment.library.token = next as u32;
    Ok(token as u64)
}

pub(crate) fn strtok_r(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let state = arguments.address(2);
    let from = match arguments.address(0) {
        0 => environment.read_u32(state)? as usize,
        given => given,
    };
    let (token, next) = token(environment, from, arguments.address(1))?;
    environment.write(state, &(next as u32).to_le_bytes())?;
    Ok(token as u64)
}

pub(crate) fn strdup(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    duplicate(environment, arguments.address(0), usize::MAX)
}

pub(crate) fn strndup(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    duplicate(environment, arguments.address(0), arguments.size(1))
}

fn duplicate(environment: &mut Environment<'_>, from: usize, limit: usize) -> Answer {
    let length = environment.length_up_to(from, limit)?;
    let to = allocate(environment, length + 1)?;
    let end = copy_text(environment, from, to as usize, length)?;
    environment.write(end, &[0])?;
    Ok(to)
}

/// As with glibc, the texts of known numbers stay; those of others share a place.
pub(crate) fn strerror(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let number = arguments.int(0);
    let made = environment.library.error_texts.iter().find(|(known, _)| *known == number);
    if let Some((_, address)) = made {
        return Ok(u64::from(*address));
    }
    let address = if error_numbers::known_text(number).is_some() {
        let address = allocate(environment, error_numbers::LONGEST_TEXT_BYTES + 1)?;
        environment.library.error_texts.push((number, address as u32));
        address as usize
    } else {
        environment.cell(Cell::ErrorText)?
    };
    let text = error_numbers::text(number);
    environment.write(address, text.as_bytes())?;
    environment.write(address + text.len(), &[0])?;
    Ok(address as u64)
}

pub(crate) fn errno_location(environment: &mut Environment<'_>, _: Arguments<'_>) -> Answer {
    let number = environment.error_number();
    let address = environment.cell(Cell::ErrorNumber)?;
    environment.write(address, &number.to_le_bytes())?;
    Ok(address as u64)
}
