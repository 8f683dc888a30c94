//! Numbers from text and back: the `strto…` functions (C11 7.22.1), and the digits of an integer.

use crate::decimal;

/// Digits of a number, written to the end of a buffer that is long enough for base 8.
pub(crate) fn digits_of(mut value: u64, base: u64, is_upper: bool, buffer: &mut [u8]) -> &[u8] {
    let letters = if is_upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut start = buffer.len();
    for (index, place) in buffer.iter_mut().enumerate().rev() {
        *place = letters.get((value % base) as usize).copied().unwrap_or(b'0');
        value /= base;
        start = index;
        if value == 0 {
            break;
        }
    }
    &buffer[start..]
}

/// White space of the C locale (C11 7.4.1.10).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// An integer at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Integer {
    /// Bytes of it, white space in front included; 0 if there is none.
    pub(crate) length: usize,
    pub(crate) is_negative: bool,
    /// Of the magnitude; the largest if it does not fit.
    pub(crate) magnitude: u64,
    pub(crate) overflows: bool,
}

impl Integer {
    /// As `long`, and whether it fits.
    pub(crate) fn signed(&self) -> (i64, bool) {
        let magnitude = i128::from(self.magnitude);
        let value = if self.is_negative { -magnitude } else { magnitude };
        let clamped = value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        (clamped, !self.overflows && i128::from(clamped) == value)
    }

    /// As `unsigned long`, negated when there is a minus, and whether the magnitude fits.
    pub(crate) fn unsigned(&self) -> (u64, bool) {
        match (self.overflows, self.is_negative) {
            (true, _) => (u64::MAX, false),
            (false, true) => (self.magnitude.wrapping_neg(), true),
            (false, false) => (self.magnitude, true),
        }
    }
}

/// Reads an integer as `strtol` does; `base` is 0 or from 2 to 36.
pub(crate) fn integer(text: &[u8], base: u32) -> Integer {
    let none = Integer { length: 0, is_negative: false, magnitude: 0, overflows: false };
    let at = |index: usize| text.get(index).copied().unwrap_or(0);
    let mut index = text.iter().take_while(|byte| is_space(**byte)).count();
    let is_negative = at(index) == b'-';
    index += usize::from(matches!(at(index), b'-' | b'+'));
    let mut base = base;
    let digit = |index: usize, base: u32| char::from(at(index)).to_digit(36).filter(|digit| *digit < base);
    if matches!(base, 0 | 16) && at(index) == b'0' && at(index + 1) | 0x20 == b'x' && digit(index + 2, 16).is_some() {
        (index, base) = (index + 2, 16);
    }
    if base == 0 {
        base = if at(index) == b'0' { 8 } else { 10 };
    }
    let first = index;
    let (mut magnitude, mut overflows) = (0_u64, false);
    while let Some(next) = digit(index, base) {
        let value = magnitude.checked_mul(u64::from(base)).and_then(|value| value.checked_add(u64::from(next)));
        overflows |= value.is_none();
        magnitude = value.unwrap_or(u64::MAX);
        index += 1;
    }
    if index == first {
        return none;
    }
    let magnitude = if overflows { u64::MAX } else { magnitude };
    Integer { length: index, is_negative, magnitude, overflows }
}

/// A floating-point number at the beginning of a text.
pub(crate) struct Floating {
    /// Bytes of it, white space in front included; 0 if there is none.
    pub(crate) length: usize,
    pub(crate) value: f64,
    /// Too large, or so small that digits were lost.
    pub(crate) is_out_of_range: bool,
}

/// What a number is rounded to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Float,
    Double,
}

/// Reads a number as `strtod` (or `strtof`) does, rounded once.
pub(crate) fn floating(text: &[u8], width: Width) -> Floating {
    let spaces = text.iter().take_while(|byte| is_space(**byte)).count();
    let is_negative = text.get(spaces) == Some(&b'-');
    let start = spaces + usize::from(matches!(text.get(spaces), Some(b'-' | b'+')));
    let body = text.get(start..).unwrap_or_default();
    let (length, magnitude, is_out_of_range) = special(body).unwrap_or_else(|| match hexadecimal(body, width) {
        Some(found) => found,
        None => decimal(body, width),
    });
    if length == 0 {
        return Floating { length: 0, value: 0.0, is_out_of_range: false };
    }
    let value = if is_negative { -magnitude } else { magnitude };
    Floating { length: start + length, value, is_out_of_range }
}

fn starts_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn special(text: &[u8]) -> Option<(usize, f64, bool)> {
    if starts_with(text, b"inf") {
        let length = if starts_with(text, b"infinity") { 8 } else { 3 };
        return Some((length, f64::INFINITY, false));
    }
    if !starts_with(text, b"nan") {
        return None;
    }
    let rest = text.get(3..).unwrap_or_default();
    let inner = rest.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let has_parentheses = rest.first() == Some(&b'(') && rest.get(inner + 1) == Some(&b')');
    Some((if has_parentheses { 3 + inner + 2 } else { 3 }, f64::NAN, false))
}

/// How many bytes at an index are an exponent with its letter, and its value.
fn exponent(text: &[u8], at: usize, letter: u8) -> (usize, i64) {
    if text.get(at).is_none_or(|byte| byte | 0x20 != letter) {
        return (0, 0);
    }
    let sign = usize::from(matches!(text.get(at + 1), Some(b'-' | b'+')));
    let digits = text.get(at + 1 + sign..).unwrap_or_default();
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return (0, 0);
    }
    let magnitude =
        digits.iter().take(count).fold(0_i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(1 << 40));
    let is_negative = text.get(at + 1) == Some(&b'-');
    (1 + sign + count, if is_negative { -magnitude } else { magnitude })
}

/// Digits, a point among them, and how many of them are digits.
fn digits_and_point(text: &[u8], is_digit: impl Fn(&u8) -> bool) -> (usize, usize) {
    let whole = text.iter().take_while(|byte| is_digit(byte)).count();
    if text.get(whole) != Some(&b'.') {
        return (whole, whole);
    }
    let fraction = text.iter().skip(whole + 1).take_while(|byte| is_digit(byte)).count();
    if whole + fraction == 0 { (0, 0) } else { (whole + 1 + fraction, whole + fraction) }
}

fn decimal(text: &[u8], width: Width) -> (usize, f64, bool) {
    let (length, count) = digits_and_point(text, u8::is_ascii_digit);
    if count == 0 {
        return (0, 0.0, false);
    }
    let length = length + exponent(text, length, b'e').0;
    let written = text.get(..length).and_then(|number| std::str::from_utf8(number).ok()).unwrap_or("0");
    let value = match width {
        Width::Double => written.parse().unwrap_or(0.0),
        Width::Float => f64::from(written.parse::<f32>().unwrap_or(0.0)),
    };
    let mantissa = text.iter().take(length).take_while(|byte| **byte | 0x20 != b'e');
    let is_zero = mantissa.clone().all(|byte| !matches!(byte, b'1'..=b'9'));
    let smallest = match width {
        Width::Double => f64::MIN_POSITIVE,
        Width::Float => f64::from(f32::MIN_POSITIVE),
    };
    let is_small = !is_zero && value < smallest && !is_exact(text.get(..length).unwrap_or_default(), value);
    (length, value, value.is_infinite() || is_small)
}

/// Whether a decimal number is exactly this value, by comparing all digits.
fn is_exact(text: &[u8], value: f64) -> bool {
    let (length, _) = digits_and_point(text, u8::is_ascii_digit);
    let (_, exponent) = exponent(text, length, b'e');
    let mantissa = text.get(..length).unwrap_or_default();
    let whole = mantissa.iter().take_while(|byte| **byte != b'.').count();
    let mut digits = mantissa.iter().filter(|byte| **byte != b'.').map(|byte| byte - b'0');
    let leading = digits.clone().take_while(|digit| *digit == 0).count();
    let exact = decimal::Decimal::of(value);
    let point = whole as i64 - leading as i64 + exponent;
    let mut expected = exact.digits.iter().copied();
    point == i64::from(exact.point)
        && digits.by_ref().skip(leading).all(|digit| digit == expected.next().unwrap_or(0))
        && expected.all(|digit| digit == 0)
}

fn hexadecimal(text: &[u8], width: Width) -> Option<(usize, f64, bool)> {
    let digits = text.get(2..).filter(|_| starts_with(text, b"0x"))?;
    let (length, count) = digits_and_point(digits, u8::is_ascii_hexdigit);
    if count == 0 {
        return None;
    }
    let (exponent_length, written_exponent) = exponent(digits, length, b'p');
    let (mut mantissa, mut exponent, mut is_behind_point) = (0_u64, 0_i64, false);
    for byte in digits.iter().take(length) {
        let Some(digit) = char::from(*byte).to_digit(16) else {
            is_behind_point = true;
            continue;
        };
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
            exponent -= if is_behind_point { 4 } else { 0 };
        } else {
            // Beyond what counts, all that matters is whether there is anything.
            mantissa |= u64::from(digit != 0);
            exponent += if is_behind_point { 0 } else { 4 };
        }
    }
    let (value, is_out_of_range) = rounded(mantissa, exponent + written_exponent, width);
    Some((2 + length + exponent_length, value, is_out_of_range))
}

/// `mantissa × 2^exponent`, rounded to nearest, halves to even. The mantissa's lowest bit may stand for all below it.
fn rounded(mantissa: u64, exponent: i64, width: Width) -> (f64, bool) {
    if mantissa == 0 {
        return (0.0, false);
    }
    let (digits, least_exponent, largest) = match width {
        Width::Double => (53, -1074, f64::MAX),
        Width::Float => (24, -149, f64::from(f32::MAX)),
    };
    let shift = i64::from(mantissa.leading_zeros());
    let (mantissa, exponent) = (mantissa << shift, exponent - shift);
    let unit = (exponent + 64 - digits).max(least_exponent);
    let cut = unit - exponent;
    if cut > 64 {
        return (0.0, true);
    }
    let wide = u128::from(mantissa);
    let (kept, tail, half) = (wide >> cut, wide & ((1 << cut) - 1), 1_u128 << (cut - 1));
    let kept = kept + u128::from(tail > half || tail == half && kept % 2 == 1);
    let unit = i32::try_from(unit).unwrap_or(i32::MAX);
    let value = libm::ldexp(kept as f64, unit);
    if value > largest {
        return (f64::INFINITY, true);
    }
    let is_small = kept >> (digits - 1) == 0;
    (value, is_small && tail != 0)
}
