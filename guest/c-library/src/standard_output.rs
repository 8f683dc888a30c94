//! `stdio.h` (C11 7.21) without files: `stdout` and `stderr` go into the call's log, and text to and from memory.

use crate::environment::{Environment, Fault};
use crate::error_numbers;
use crate::format::{self, Target};
use crate::functions::Arguments;
use crate::scan;

type Answer = Result<u64, Fault>;

/// The values of `stdout` and `stderr` as the header has them.
const STREAMS: std::ops::RangeInclusive<usize> = 1..=2;

fn int(value: i32) -> Answer {
    Ok(u64::from(value as u32))
}

fn check_stream(stream: usize) -> Result<(), Fault> {
    if STREAMS.contains(&stream) {
        return Ok(());
    }
    Err(Fault::Ended("there are no files: a stream must be stdout or stderr"))
}

fn print(environment: &mut Environment<'_>, target: Target, format: usize, arguments: usize) -> Answer {
    int(format::print(environment, target, format, arguments)?)
}

pub(crate) fn printf(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    print(environment, Target::Output, arguments.address(0), arguments.address(1))
}

pub(crate) fn fprintf(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    check_stream(arguments.address(0))?;
    print(environment, Target::Output, arguments.address(1), arguments.address(2))
}

pub(crate) fn sprintf(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let target = Target::Memory { at: arguments.address(0), room: None };
    print(environment, target, arguments.address(1), arguments.address(2))
}

pub(crate) fn snprintf(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let target = Target::Memory { at: arguments.address(0), room: Some(arguments.size(1)) };
    print(environment, target, arguments.address(2), arguments.address(3))
}

pub(crate) fn sscanf(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    int(scan::scan(environment, arguments.address(0), arguments.address(1), arguments.address(2))?)
}

/// Writes a string; its length.
fn put_text(environment: &mut Environment<'_>, at: usize) -> Result<usize, Fault> {
    let length = environment.length(at)?;
    let bytes = environment.memory.get(at..at + length).unwrap_or_default();
    environment.output.write(bytes);
    Ok(length)
}

pub(crate) fn puts(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let length = put_text(environment, arguments.address(0))?;
    environment.output.write(b"\n");
    // As glibc has it, the number of bytes.
    int(i32::try_from(length + 1).unwrap_or(i32::MAX))
}

pub(crate) fn fputs(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    check_stream(arguments.address(1))?;
    put_text(environment, arguments.address(0))?;
    int(1)
}

pub(crate) fn putchar(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let byte = arguments.int(0) as u8;
    environment.charge(0);
    environment.output.write(&[byte]);
    int(i32::from(byte))
}

pub(crate) fn fputc(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    check_stream(arguments.address(1))?;
    putchar(environment, arguments)
}

pub(crate) fn fwrite(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let (from, size, count) = (arguments.address(0), arguments.size(1), arguments.size(2));
    check_stream(arguments.address(3))?;
    let end = size.checked_mul(count).and_then(|bytes| from.checked_add(bytes)).ok_or(Fault::OutOfBounds)?;
    environment.charge(end - from);
    environment.output.write(environment.memory.get(from..end).ok_or(Fault::OutOfBounds)?);
    Ok(if size == 0 { 0 } else { count as u64 })
}

pub(crate) fn fflush(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    match arguments.address(0) {
        0 => {}
        stream => check_stream(stream)?,
    }
    int(0)
}

pub(crate) fn perror(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let at = arguments.address(0);
    if at != 0 && environment.byte(at)? != 0 {
        put_text(environment, at)?;
        environment.output.write(b": ");
    }
    let text = error_numbers::text(environment.error_number());
    environment.output.write(text.as_bytes());
    environment.output.write(b"\n");
    Ok(0)
}
