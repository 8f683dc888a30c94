//! The values of literals (C11 6.4.4, 6.4.5), from their text.

use crate::signature::ScalarType;

/// Value and type of an integer constant: the first type that can hold it (C11 6.4.4.1 §5).
pub(crate) fn integer(text: &str) -> Result<(u64, ScalarType), &'static str> {
    let lower = text.to_ascii_lowercase();
    let is_hexadecimal = lower.starts_with("0x");
    let digits = lower.trim_end_matches(['u', 'l']);
    let suffix = &lower[digits.len()..];
    let (digits, radix) = if is_hexadecimal {
        (&digits[2..], 16)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        (binary, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("this integer constant is malformed");
    }
    let value = match u64::from_str_radix(digits, radix) {
        Ok(value) => value,
        Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => {
            return Err("this integer constant needs more than 64 bits");
        }
        Err(_) => return Err("this integer constant is malformed"),
    };
    let (unsigned, longs) = match suffix {
        "" => (false, 0),
        "u" => (true, 0),
        "l" => (false, 1),
        "ul" | "lu" => (true, 1),
        "ll" => (false, 2),
        "ull" | "llu" => (true, 2),
        _ => return Err("this suffix of an integer constant is malformed"),
    };
    let candidates = match longs {
        0 => [ScalarType::Int, ScalarType::UnsignedInt, ScalarType::Long, ScalarType::UnsignedLong].as_slice(),
        1 => [ScalarType::Long, ScalarType::UnsignedLong].as_slice(),
        _ => [ScalarType::LongLong, ScalarType::UnsignedLongLong].as_slice(),
    };
    let fitting = candidates.iter().copied().find(|candidate| {
        let kind_allowed = if unsigned { !candidate.is_signed() } else { candidate.is_signed() || radix != 10 };
        let bits = candidate.size_bytes() * 8 - u32::from(candidate.is_signed());
        kind_allowed && (bits == 64 || value >> bits == 0)
    });
    // gcc would take a 128-bit type here; the standard has none.
    fitting.map(|ty| (value, ty)).ok_or("this integer constant is too large for its type: add the suffix u")
}

/// Value and type of a floating constant.
pub(crate) fn floating(text: &str) -> Result<(f64, ScalarType), &'static str> {
    let lower = text.to_ascii_lowercase();
    if let Some(hexadecimal) = lower.strip_prefix("0x") {
        return hexadecimal_floating(hexadecimal);
    }
    if let Some(digits) = lower.strip_suffix('f') {
        let value: f32 = digits.parse().map_err(|_| "this floating constant is malformed")?;
        return Ok((f64::from(value), ScalarType::Float));
    }
    if lower.ends_with('l') {
        return Err("long double is not supported");
    }
    let value = lower.parse().map_err(|_| "this floating constant is malformed")?;
    Ok((value, ScalarType::Double))
}

/// `lower`: without the `0x`. No more digits than the type holds exactly, so that only the exponent can round.
fn hexadecimal_floating(lower: &str) -> Result<(f64, ScalarType), &'static str> {
    const MALFORMED: &str = "this floating constant is malformed";
    let (significand, exponent) = lower.split_once('p').ok_or(MALFORMED)?;
    let (exponent, ty, precision_bits) = match exponent.strip_suffix('f') {
        Some(exponent) => (exponent, ScalarType::Float, 24),
        None if exponent.ends_with('l') => return Err("long double is not supported"),
        None => (exponent, ScalarType::Double, 53),
    };
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let digits: String = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let mantissa = if digits.is_empty() { 0 } else { u64::from_str_radix(digits, 16).map_err(|_| MALFORMED)? };
    let trailing = if mantissa == 0 { 0 } else { mantissa.trailing_zeros() };
    if (mantissa >> trailing) >= 1 << precision_bits {
        return Err("this hexadecimal floating constant has more digits than its type holds");
    }
    let exponent: i32 = exponent.parse().map_err(|_| MALFORMED)?;
    let mut shift = exponent.clamp(-100_000, 100_000) - 4 * fraction.len() as i32;
    let mut value = mantissa as f64;
    while shift != 0 && value != 0.0 && value.is_finite() {
        let step = shift.clamp(-500, 500);
        value *= 2.0_f64.powi(step);
        shift -= step;
    }
    let value = if ty == ScalarType::Float { f64::from(value as f32) } else { value };
    Ok((value, ty))
}

/// Value of a character constant, quotes included; its type is `int`.
pub(crate) fn character(text: &str) -> Result<i64, &'static str> {
    let body = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let bytes = unescaped(body.ok_or("this character constant is malformed")?)?;
    match bytes.as_slice() {
        [byte] => Ok(i64::from(*byte as i8)),
        [] => Err("this character constant is empty"),
        _ => Err("character constants of several characters are not supported"),
    }
}

/// Bytes of a string literal, quotes included, without the terminating zero.
pub(crate) fn string(text: &str) -> Result<Vec<u8>, &'static str> {
    let body = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    unescaped(body.ok_or("this string literal is malformed")?)
}

fn unescaped(body: &str) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some((&escape, after)) = rest.split_first() else { return Err("this escape sequence is malformed") };
        rest = after;
        bytes.push(match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'e' => 27,
            b'\\' | b'\'' | b'"' | b'?' => escape,
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                let value = rest[..more]
                    .iter()
                    .fold(u32::from(escape - b'0'), |value, digit| value * 8 + u32::from(digit - b'0'));
                rest = &rest[more..];
                u8::try_from(value).map_err(|_| "this escape sequence is out of range")?
            }
            b'x' => {
                let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                let digits = rest.get(..length).and_then(|digits| std::str::from_utf8(digits).ok());
                rest = &rest[length..];
                let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                value.ok_or("this escape sequence is out of range")?
            }
            _ => return Err("this escape sequence is unknown"),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_constants_take_the_first_type_that_holds_them() {
        for (text, expected) in [
            ("2147483647", Ok((2147483647, ScalarType::Int))),
            ("2147483648", Ok((2147483648, ScalarType::Long))),
            ("0x80000000", Ok((0x8000_0000, ScalarType::UnsignedInt))),
            ("020000000000", Ok((1 << 31, ScalarType::UnsignedInt))),
            ("0xffffffffffffffff", Ok((u64::MAX, ScalarType::UnsignedLong))),
            ("4294967296u", Ok((1 << 32, ScalarType::UnsignedLong))),
            ("1LLu", Ok((1, ScalarType::UnsignedLongLong))),
            ("1l", Ok((1, ScalarType::Long))),
            ("0", Ok((0, ScalarType::Int))),
            ("0b101", Ok((5, ScalarType::Int))),
            ("9223372036854775808", Err("this integer constant is too large for its type: add the suffix u")),
            ("18446744073709551616", Err("this integer constant needs more than 64 bits")),
            ("08", Err("this integer constant is malformed")),
            ("0x", Err("this integer constant is malformed")),
            ("1lul", Err("this suffix of an integer constant is malformed")),
            ("1z", Err("this integer constant is malformed")),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn floating_constants_round_once_in_their_own_type() {
        assert_eq!(floating("0.1f"), Ok((f64::from(0.1_f32), ScalarType::Float)));
        assert_eq!(floating("1.e3"), Ok((1000.0, ScalarType::Double)));
        assert_eq!(floating("0x1.8p1"), Ok((3.0, ScalarType::Double)));
        assert_eq!(floating("0x1p-1074"), Ok((f64::from_bits(1), ScalarType::Double)));
        assert_eq!(floating("0x1.fffffep127f"), Ok((f64::from(f32::MAX), ScalarType::Float)));
        assert_eq!(floating("0x1.fffffffffffffp1023"), Ok((f64::MAX, ScalarType::Double)));
        assert!(floating("0x1.00000001p0f").is_err());
        assert!(floating("1.0l").is_err());
        assert!(floating("1.2.3").is_err());
    }

    #[test]
    fn characters_and_strings_unescape() {
        assert_eq!(character("'a'"), Ok(97));
        assert_eq!(character("'\\xff'"), Ok(-1));
        assert_eq!(character("'\\0'"), Ok(0));
        assert_eq!(character("'\\''"), Ok(39));
        assert!(character("'ab'").is_err());
        assert!(character("''").is_err());
        assert!(character("'\\400'").is_err());
        assert_eq!(string("\"a\\n\\1012\""), Ok(b"a\nA2".to_vec()));
        assert!(string("\"\\q\"").is_err());
        assert!(string("\"\\x\"").is_err());
    }
}
