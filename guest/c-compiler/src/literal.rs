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

/// Value of a character constant, prefix and quotes included; its type is `int`. Several characters make one number, as
/// gcc has it: the last is its lowest byte.
pub(crate) fn character(text: &str) -> Result<i64, &'static str> {
    let (text, is_wide) = match text.strip_prefix('L') {
        Some(rest) => (rest, true),
        None if text.starts_with(['u', 'U']) => {
            return Err("characters of types char16_t and char32_t are not supported");
        }
        None => (text, false),
    };
    let body = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let units = unescaped(body.ok_or("this character constant is malformed")?, is_wide)?;
    match units.as_slice() {
        [] => Err("this character constant is empty"),
        [unit] if is_wide => Ok(i64::from(*unit as i32)),
        [unit] => Ok(i64::from(*unit as u8 as i8)),
        units if units.len() > 4 || is_wide => Err("this character constant is too long"),
        units => Ok(i64::from(units.iter().fold(0, |value: u32, unit| value << 8 | unit) as i32)),
    }
}

/// Bytes of a string literal, prefix `u8` and quotes included, without the terminating zero.
pub(crate) fn string(text: &str) -> Result<Vec<u8>, &'static str> {
    let text = text.strip_prefix("u8").unwrap_or(text);
    let body = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let units = unescaped(body.ok_or("this string literal is malformed")?, false)?;
    Ok(units.into_iter().map(|unit| unit as u8).collect())
}

/// The character of a universal character name (C11 6.4.3) that `text` begins with, and the name's length in bytes.
pub(crate) fn universal_character(text: &str) -> Option<(char, usize)> {
    let digits = match text.as_bytes() {
        [b'\\', b'u', ..] => 4,
        [b'\\', b'U', ..] => 8,
        _ => return None,
    };
    let written = text.get(2..2 + digits).filter(|written| written.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    let character = char::from_u32(u32::from_str_radix(written, 16).ok()?)?;
    // What ASCII has is not to be written so, but for three characters.
    (character >= '\u{a0}' || matches!(character, '$' | '@' | '`')).then_some((character, 2 + digits))
}

/// The units of a literal: bytes, or whole characters if it is wide.
fn unescaped(body: &str, is_wide: bool) -> Result<Vec<u32>, &'static str> {
    let mut units = Vec::with_capacity(body.len());
    let mut rest = body;
    let push_character = |units: &mut Vec<u32>, character: char| {
        if is_wide {
            units.push(u32::from(character));
        } else {
            units.extend(character.encode_utf8(&mut [0; 4]).bytes().map(u32::from));
        }
    };
    while let Some(character) = rest.chars().next() {
        if character != '\\' {
            push_character(&mut units, character);
            rest = &rest[character.len_utf8()..];
            continue;
        }
        let escape = *rest.as_bytes().get(1).ok_or("this escape sequence is malformed")?;
        let digits = |radix: u32, most: usize, from: usize| {
            let digits = rest.get(from..).unwrap_or_default();
            let count = digits.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
            let value = u32::from_str_radix(&digits[..count], radix).ok();
            let value =
                value.filter(|value| is_wide || *value <= 0xff).ok_or("this escape sequence is out of range")?;
            Ok::<_, &'static str>((value, from + count))
        };
        let (unit, length) = match escape {
            b'n' => (u32::from(b'\n'), 2),
            b't' => (u32::from(b'\t'), 2),
            b'r' => (u32::from(b'\r'), 2),
            b'a' => (7, 2),
            b'b' => (8, 2),
            b'f' => (12, 2),
            b'v' => (11, 2),
            b'e' => (27, 2),
            b'\\' | b'\'' | b'"' | b'?' => (u32::from(escape), 2),
            b'0'..=b'7' => digits(8, 3, 1)?,
            b'x' => digits(16, usize::MAX, 2)?,
            b'u' | b'U' => {
                let named = universal_character(rest);
                let (character, length) = named.ok_or("this universal character name is not valid")?;
                push_character(&mut units, character);
                rest = &rest[length..];
                continue;
            }
            _ => return Err("this escape sequence is unknown"),
        };
        units.push(unit);
        rest = &rest[length..];
    }
    Ok(units)
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
        assert_eq!(character("'ab'"), Ok(0x6162));
        assert_eq!(character("'\\xff\\0\\0\\1'"), Ok(-0x00ff_ffff));
        assert_eq!(character("L'\u{20ac}'"), Ok(0x20ac));
        assert_eq!(character("L'\\U0001F600'"), Ok(0x1_f600));
        assert!(character("'abcde'").is_err());
        assert!(character("u'a'").is_err());
        assert!(character("''").is_err());
        assert!(character("'\\400'").is_err());
        assert_eq!(string("\"a\\n\\1012\""), Ok(b"a\nA2".to_vec()));
        assert_eq!(string("u8\"\\u00e4\u{20ac}\""), Ok("\u{e4}\u{20ac}".into()));
        for wrong in ["\\u12", "\\uD800", "\\u0041", "\\U00110000", "\\u", "\\"] {
            assert!(string(&format!("\"{wrong}\"")).is_err(), "{wrong}");
        }
        assert!(string("\"\\q\"").is_err());
        assert!(string("\"\\x\"").is_err());
    }
}
