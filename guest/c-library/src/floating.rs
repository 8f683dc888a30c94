//! Floating-point numbers as text: the conversions `f e g a` of `printf` (C11 7.21.6.1), in glibc's form.

use crate::decimal::{Decimal, parts};

/// Digits behind the point that can be anything but 0; further ones are counted, not written.
const MOST_DIGITS: i64 = 1100;

/// A number's text, without its sign.
pub(crate) struct Text {
    pub(crate) body: Vec<u8>,
    /// Zeros that follow the body.
    pub(crate) zeros: usize,
    /// The exponent.
    pub(crate) suffix: Vec<u8>,
}

/// What a conversion asks for.
pub(crate) struct Style {
    /// `f`, `e`, `g` or `a`, in either case.
    pub(crate) letter: u8,
    pub(crate) precision: Option<u32>,
    /// The flag `#`.
    pub(crate) alternate: bool,
}

/// The text of a finite number's magnitude; `0x` in front of `a` is not included.
pub(crate) fn text(value: f64, style: &Style) -> Text {
    let precision = i64::from(style.precision.unwrap_or(6));
    match style.letter | 0x20 {
        b'a' => hexadecimal(value, style),
        b'f' => {
            let mut decimal = Decimal::of(value);
            decimal.round(i64::from(decimal.point) + precision);
            fixed(&decimal, precision, style.alternate)
        }
        b'e' => {
            let mut decimal = Decimal::of(value);
            decimal.round(precision + 1);
            scientific(&decimal, precision, style)
        }
        _ => general(Decimal::of(value), precision.max(1), style),
    }
}

fn general(mut decimal: Decimal, precision: i64, style: &Style) -> Text {
    decimal.round(precision);
    // Trailing zeros go, unless `#` keeps them.
    let last = decimal.digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let exponent = i64::from(decimal.exponent());
    let significant = if style.alternate { precision } else { last as i64 };
    if exponent < -4 || exponent >= precision {
        scientific(&decimal, (significant - 1).max(0), style)
    } else {
        fixed(&decimal, (significant - 1 - exponent).max(0), style.alternate)
    }
}

/// The digits at the positions `from..to` behind the first, zeros where there are none.
fn digits(decimal: &Decimal, from: i64, to: i64, body: &mut Vec<u8>) {
    for position in from..to {
        let digit = usize::try_from(position).ok().and_then(|position| decimal.digits.get(position));
        body.push(b'0' + digit.copied().unwrap_or(0));
    }
}

fn fixed(decimal: &Decimal, precision: i64, alternate: bool) -> Text {
    let mut body = Vec::new();
    let point = i64::from(decimal.point);
    digits(decimal, (point - 1).min(0), point.max(0), &mut body);
    // In front of the point stands at least one digit.
    body.drain(..body.len() - point.max(1) as usize);
    if precision > 0 || alternate {
        body.push(b'.');
    }
    let written = precision.min(MOST_DIGITS);
    digits(decimal, point, point + written, &mut body);
    Text { body, zeros: (precision - written) as usize, suffix: Vec::new() }
}

fn scientific(decimal: &Decimal, precision: i64, style: &Style) -> Text {
    let mut body = Vec::new();
    digits(decimal, 0, 1, &mut body);
    if precision > 0 || style.alternate {
        body.push(b'.');
    }
    let written = precision.min(MOST_DIGITS);
    digits(decimal, 1, 1 + written, &mut body);
    let suffix = exponent_text(b'e', style.letter, decimal.exponent(), 2);
    Text { body, zeros: (precision - written) as usize, suffix }
}

fn exponent_text(letter: u8, style_letter: u8, exponent: i32, least_digits: usize) -> Vec<u8> {
    let letter = if style_letter & 0x20 == 0 { letter & !0x20 } else { letter };
    let sign = if exponent < 0 { b'-' } else { b'+' };
    let mut suffix = vec![letter, sign];
    let mut buffer = [0; 20];
    let number = crate::number::digits_of(u64::from(exponent.unsigned_abs()), 10, false, &mut buffer);
    suffix.extend(std::iter::repeat_n(b'0', least_digits.saturating_sub(number.len())));
    suffix.extend_from_slice(number);
    suffix
}

fn hexadecimal(value: f64, style: &Style) -> Text {
    let (mut mantissa, exponent) = parts(value);
    let exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    let mut count = 13;
    match style.precision {
        Some(precision) if precision < 13 => {
            count = precision;
            let cut = 4 * (13 - precision);
            let (tail, half) = (mantissa & ((1 << cut) - 1), 1 << (cut - 1));
            mantissa >>= cut;
            mantissa += u64::from(tail > half || tail == half && mantissa % 2 == 1);
        }
        Some(_) => {}
        None => {
            while count > 0 && mantissa & 15 == 0 {
                mantissa >>= 4;
                count -= 1;
            }
        }
    }
    let is_upper = style.letter & 0x20 == 0;
    let mut body = Vec::new();
    let mut buffer = [0; 20];
    let all = crate::number::digits_of(mantissa, 16, is_upper, &mut buffer);
    // One digit in front of the point, 0 or 1 (2 after rounding up).
    body.extend(std::iter::repeat_n(b'0', (count as usize + 1).saturating_sub(all.len())));
    body.extend_from_slice(all);
    let zeros = style.precision.unwrap_or(0).saturating_sub(13) as usize;
    if count > 0 || zeros > 0 || style.alternate {
        body.insert(1, b'.');
    }
    Text { body, zeros, suffix: exponent_text(b'p', style.letter, exponent, 1) }
}
