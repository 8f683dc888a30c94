//! `stdlib.h` (C11 7.22) but memory: numbers from text, pseudo-random numbers, and ends of the call. Also `assert.h`.

use crate::environment::{Environment, Fault};
use crate::error_numbers::{EINVAL, ERANGE};
use crate::functions::Arguments;
use crate::number::{self, Integer, Width};
use crate::random::Random;

type Answer = Result<u64, Fault>;

/// Reads an integer at the first argument, tells where it ends at the second, in the base of the third.
fn integer(environment: &mut Environment<'_>, arguments: Arguments<'_>, fit: fn(&Integer) -> (u64, bool)) -> Answer {
    let (start, end_at, base) = (arguments.address(0), arguments.address(1), arguments.int(2));
    if !matches!(base, 0 | 2..=36) {
        environment.set_error_number(EINVAL);
        return Ok(0);
    }
    let read = number::integer(environment.from(start)?, base as u32);
    environment.charge(8 * read.length);
    tell_end(environment, end_at, start + read.length)?;
    let (value, fits) = fit(&read);
    if !fits {
        environment.set_error_number(ERANGE);
    }
    Ok(value)
}

fn tell_end(environment: &mut Environment<'_>, end_at: usize, end: usize) -> Result<(), Fault> {
    match end_at {
        0 => Ok(()),
        address => environment.write(address, &(end as u32).to_le_bytes()),
    }
}

fn signed(read: &Integer) -> (u64, bool) {
    let (value, fits) = read.signed();
    (value as u64, fits)
}

pub(crate) fn strtol(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    integer(environment, arguments, signed)
}

pub(crate) fn strtoul(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    integer(environment, arguments, Integer::unsigned)
}

pub(crate) fn atol(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    integer(environment, Arguments::new(&[arguments.address(0) as u64, 0, 10]), signed)
}

pub(crate) fn atoi(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    atol(environment, arguments).map(|value| u64::from(value as u32))
}

fn floating(environment: &mut Environment<'_>, start: usize, end_at: usize, width: Width) -> Result<f64, Fault> {
    let read = number::floating(environment.from(start)?, width);
    environment.charge(8 * read.length);
    tell_end(environment, end_at, start + read.length)?;
    if read.is_out_of_range {
        environment.set_error_number(ERANGE);
    }
    Ok(read.value)
}

pub(crate) fn strtod(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    floating(environment, arguments.address(0), arguments.address(1), Width::Double).map(f64::to_bits)
}

pub(crate) fn strtof(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let value = floating(environment, arguments.address(0), arguments.address(1), Width::Float)?;
    Ok(u64::from((value as f32).to_bits()))
}

pub(crate) fn atof(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    floating(environment, arguments.address(0), 0, Width::Double).map(f64::to_bits)
}

pub(crate) fn rand(environment: &mut Environment<'_>, _: Arguments<'_>) -> Answer {
    let random = environment.library.random.get_or_insert_with(|| Box::new(Random::new(1)));
    Ok(random.next() as u64)
}

pub(crate) fn srand(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    environment.charge(4096);
    environment.library.random = Some(Box::new(Random::new(arguments.int(0) as u32)));
    Ok(0)
}

pub(crate) fn exit(_: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    Err(Fault::Exited(arguments.int(0)))
}

pub(crate) fn abort(_: &mut Environment<'_>, _: Arguments<'_>) -> Answer {
    Err(Fault::Ended("the function called abort"))
}

/// Longest part of an assertion that is told.
const LONGEST_BYTES: usize = 1000;

pub(crate) fn assert_fail(environment: &mut Environment<'_>, arguments: Arguments<'_>) -> Answer {
    let mut word = |at: usize| {
        let text = environment.text(at)?;
        Ok(String::from_utf8_lossy(text.get(..LONGEST_BYTES).unwrap_or(text)).into_owned())
    };
    let (expression, file, function) =
        (word(arguments.address(0))?, word(arguments.address(1))?, word(arguments.address(3))?);
    let line = (arguments.int(2) as u32).to_string();
    environment.library.failed_assertion =
        [&file, ":", &line, ": ", &function, ": assertion `", &expression, "` failed"].concat();
    Err(Fault::AssertionFailed)
}
