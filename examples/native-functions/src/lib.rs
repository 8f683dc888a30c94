//! Native functions: what takes numbers, a list, text, bytes; what runs for long; what fails.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use skerry_native::{Call, Error, Json, Registry};

/// Registers the functions. The image builder looks for this name.
pub fn functions(registry: &mut Registry) {
    registry
        .add("sum", sum)
        .add("mean", mean)
        .add("word_count", word_count)
        .add("checksum", checksum)
        .add("primes_below", primes_below);
}

/// Two numbers.
fn sum(call: &mut Call<'_>) -> Result<f64, Error> {
    Ok(call.parse::<f64>(0)? + call.parse::<f64>(1)?)
}

/// A list of numbers, as JSON or as a typed parameter `double[]`.
fn mean(call: &mut Call<'_>) -> Result<f64, Error> {
    let numbers: Vec<f64> = call.json(0)?;
    if numbers.is_empty() {
        return Err(Error::new("no numbers have no mean"));
    }
    Ok(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// Text in, JSON out.
fn word_count(call: &mut Call<'_>) -> Result<Json<BTreeMap<String, usize>>, Error> {
    let mut counts = BTreeMap::new();
    for word in call.text(0)?.split_whitespace() {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    Ok(Json(counts))
}

/// Bytes: FNV-1a.
fn checksum(call: &mut Call<'_>) -> Result<u64, Error> {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    Ok(call.bytes(0)?.iter().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// May run for long, so it asks now and then whether it may go on; and its memory is as large as the request wants, so it
/// keeps the limit itself.
fn primes_below(call: &mut Call<'_>) -> Result<usize, Error> {
    let end: usize = call.parse(0)?;
    if end > call.memory_limit_bytes() {
        return Err(Error::new(format!("params[0] is {end}; this call may use {}", call.memory_limit_bytes())));
    }
    let mut is_composite = vec![false; end];
    let mut count = 0;
    for candidate in 2..end {
        if candidate % 1024 == 0 {
            call.check()?;
        }
        if is_composite[candidate] {
            continue;
        }
        count += 1;
        for multiple in (candidate.saturating_mul(candidate)..end).step_by(candidate) {
            is_composite[multiple] = true;
        }
    }
    call.log(&format!("{count} primes below {end}"));
    Ok(count)
}
