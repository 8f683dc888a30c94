//! Values of C's scalar types: their text forms, their bytes in linear memory (little-endian), their WebAssembly forms.
//!
//! The types themselves, their names and sizes are the C compiler's; `WASM` functions are described by them too.

use skerry_c_compiler::ScalarType;
use wasmi::{F32, F64, Val, ValType};

/// The WebAssembly type that carries a value of this type as an argument.
pub(crate) const fn wasm_type(scalar_type: ScalarType) -> ValType {
    match scalar_type {
        ScalarType::Float => ValType::F32,
        ScalarType::Double => ValType::F64,
        _ if scalar_type.size_bytes() == 8 => ValType::I64,
        _ => ValType::I32,
    }
}

/// The type's [`ScalarType::size_bytes`] as a length.
pub(crate) const fn size_of(scalar_type: ScalarType) -> usize {
    scalar_type.size_bytes() as usize
}

/// Smallest and largest value of an integer type.
fn range(scalar_type: ScalarType) -> (i128, i128) {
    let bits = match scalar_type {
        ScalarType::Bool => 1,
        _ => scalar_type.size_bytes() * 8,
    };
    if scalar_type.is_signed() { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
}

/// A value of some scalar type; the type itself stands beside it wherever it matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    /// Any integer type's value, sign- or zero-extended.
    Integer(i128),
    /// A `float`'s value.
    Float(f32),
    /// A `double`'s value.
    Double(f64),
}

impl Scalar {
    /// Reads `text` as a value of type `scalar_type`. White space around it is allowed.
    ///
    /// Integers are decimal. Floats may have an exponent, and may be `inf`, `-inf` or `nan`.
    ///
    /// # Errors
    ///
    /// A message that says what is wrong, for text of another form and for values out of range.
    pub(crate) fn parse(text: &str, scalar_type: ScalarType) -> Result<Self, String> {
        let text = text.trim_ascii();
        match scalar_type {
            ScalarType::Float => parse_float(text, f32::is_infinite).map(Self::Float),
            ScalarType::Double => parse_float(text, f64::is_infinite).map(Self::Double),
            ScalarType::Bool if text == "true" => Ok(Self::Integer(1)),
            ScalarType::Bool if text == "false" => Ok(Self::Integer(0)),
            _ => parse_integer(text, scalar_type).map(Self::Integer),
        }
        .map_err(|wrong| match wrong {
            Wrong::Form if scalar_type.is_float() => format!("`{}` is not a number", shorten(text)),
            Wrong::Form => format!("`{}` is not an integer", shorten(text)),
            Wrong::Range => format!("{} is out of range for {}", shorten(text), scalar_type.name()),
        })
    }

    /// The value as an argument of a WebAssembly function.
    pub(crate) fn to_wasm(self, scalar_type: ScalarType) -> Val {
        match self {
            Self::Float(value) => Val::F32(F32::from(value)),
            Self::Double(value) => Val::F64(F64::from(value)),
            Self::Integer(value) if size_of(scalar_type) == 8 => Val::I64(value as i64),
            Self::Integer(value) => Val::I32(value as i32),
        }
    }

    /// The value that a WebAssembly function returned as a `scalar_type`; `None` if it is of another type.
    pub(crate) fn from_wasm(value: &Val, scalar_type: ScalarType) -> Option<Self> {
        match (value, wasm_type(scalar_type)) {
            (Val::F32(value), ValType::F32) => Some(Self::Float(value.to_float())),
            (Val::F64(value), ValType::F64) => Some(Self::Double(value.to_float())),
            (Val::I32(value), ValType::I32) => Some(Self::from_bytes(&value.to_le_bytes(), scalar_type)),
            (Val::I64(value), ValType::I64) => Some(Self::from_bytes(&value.to_le_bytes(), scalar_type)),
            _ => None,
        }
    }

    /// Appends the value's [`ScalarType::size_bytes`] bytes to `memory`.
    pub(crate) fn write_to(self, memory: &mut Vec<u8>, scalar_type: ScalarType) {
        match self {
            Self::Float(value) => memory.extend_from_slice(&value.to_le_bytes()),
            Self::Double(value) => memory.extend_from_slice(&value.to_le_bytes()),
            Self::Integer(value) => memory.extend(value.to_le_bytes().iter().take(size_of(scalar_type))),
        }
    }

    /// The value whose bytes `memory` begins with. Bytes that are missing count as zero.
    pub(crate) fn from_bytes(memory: &[u8], scalar_type: ScalarType) -> Self {
        let size_bytes = size_of(scalar_type);
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(memory.iter().take(size_bytes)) {
            *to = *from;
        }
        let bits = u64::from_le_bytes(bytes);
        match scalar_type {
            ScalarType::Float => Self::Float(f32::from_bits(bits as u32)),
            ScalarType::Double => Self::Double(f64::from_bits(bits)),
            ScalarType::Bool => Self::Integer(i128::from(bits != 0)),
            _ if scalar_type.is_signed() => {
                let unused_bits = 64 - size_bytes * 8;
                Self::Integer(i128::from((bits << unused_bits) as i64 >> unused_bits))
            }
            _ => Self::Integer(i128::from(bits)),
        }
    }

    /// The value as text that [`Scalar::parse`] reads back as the same value.
    pub(crate) fn to_text(self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Float(value) if wants_exponent(value.into()) => format!("{value:e}"),
            Self::Float(value) if value.is_nan() => "nan".to_owned(),
            Self::Float(value) => value.to_string(),
            Self::Double(value) if wants_exponent(value) => format!("{value:e}"),
            Self::Double(value) if value.is_nan() => "nan".to_owned(),
            Self::Double(value) => value.to_string(),
        }
    }

    /// Whether the value is a number that JSON can express.
    pub(crate) fn is_json_number(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(value) => value.is_finite(),
            Self::Double(value) => value.is_finite(),
        }
    }
}

/// How a text fails to be a value.
enum Wrong {
    Form,
    Range,
}

fn parse_integer(text: &str, scalar_type: ScalarType) -> Result<i128, Wrong> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Wrong::Form);
    }
    // Digits only, so the one way to fail is a number that not even 128 bits hold.
    let value: i128 = text.parse().map_err(|_| Wrong::Range)?;
    let (smallest, largest) = range(scalar_type);
    if (smallest..=largest).contains(&value) { Ok(value) } else { Err(Wrong::Range) }
}

fn parse_float<F: std::str::FromStr + Copy>(text: &str, is_infinite: fn(F) -> bool) -> Result<F, Wrong> {
    let value: F = text.parse().map_err(|_| Wrong::Form)?;
    // Rust reads a number that is too large as infinity; only text that says so means it.
    let says_infinity = text.trim_start_matches(['-', '+']).starts_with(['i', 'I']);
    if is_infinite(value) && !says_infinity { Err(Wrong::Range) } else { Ok(value) }
}

/// Whether a number is so large or small that digits alone make a long text. The bounds are those of Rust's `{:?}`.
fn wants_exponent(value: f64) -> bool {
    let magnitude = value.abs();
    value.is_finite() && value != 0.0 && !(1e-5..1e16).contains(&magnitude)
}

/// At most the first 40 characters of `text`, for a message.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
pub(crate) const EVERY_TYPE: [ScalarType; 14] = [
    ScalarType::Bool,
    ScalarType::Char,
    ScalarType::SignedChar,
    ScalarType::UnsignedChar,
    ScalarType::Short,
    ScalarType::UnsignedShort,
    ScalarType::Int,
    ScalarType::UnsignedInt,
    ScalarType::Long,
    ScalarType::UnsignedLong,
    ScalarType::LongLong,
    ScalarType::UnsignedLongLong,
    ScalarType::Float,
    ScalarType::Double,
];

#[cfg(test)]
mod tests {
    use super::{EVERY_TYPE, Scalar, ScalarType, range, shorten, size_of, wasm_type};
    use proptest::prelude::*;

    fn text_of(text: &str, scalar_type: ScalarType) -> String {
        Scalar::parse(text, scalar_type).unwrap().to_text()
    }

    #[test]
    fn integers_are_accepted_exactly_up_to_their_range() {
        for scalar_type in EVERY_TYPE.into_iter().filter(|scalar_type| !scalar_type.is_float()) {
            let (smallest, largest) = range(scalar_type);
            for inside in [smallest, largest] {
                assert_eq!(text_of(&inside.to_string(), scalar_type), inside.to_string());
            }
            for outside in [smallest - 1, largest + 1] {
                let message = Scalar::parse(&outside.to_string(), scalar_type).unwrap_err();
                assert!(message.contains("out of range") && message.contains(scalar_type.name()), "{message}");
            }
        }
    }

    #[test]
    fn ranges_are_those_of_lp64() {
        assert_eq!(range(ScalarType::Char), (-128, 127));
        assert_eq!(range(ScalarType::Long), (i64::MIN.into(), i64::MAX.into()));
        assert_eq!(range(ScalarType::UnsignedLongLong), (0, u64::MAX.into()));
        assert_eq!(range(ScalarType::Bool), (0, 1));
    }

    #[test]
    fn text_that_is_no_number_is_refused() {
        for text in ["", " ", "+", "-", "abc", "7.5", "0x10", "1e3", "1 2", "--1", "+-1", "١", "1_000"] {
            assert!(Scalar::parse(text, ScalarType::Int).is_err(), "{text}");
        }
        for text in ["", ".", "e5", "1,5", "0x1p3", "1f", "- 1", "infinite"] {
            assert!(Scalar::parse(text, ScalarType::Double).is_err(), "{text}");
            assert!(Scalar::parse(text, ScalarType::Float).is_err(), "{text}");
        }
        assert!(Scalar::parse(&"9".repeat(100_000), ScalarType::Long).unwrap_err().len() < 200);
    }

    #[test]
    fn floats_print_shortest_and_like_c() {
        for (text, expected) in [
            ("7.5", "7.5"),
            ("3.0", "3"),
            ("-0", "-0"),
            ("0.1", "0.1"),
            ("1e300", "1e300"),
            ("1e-7", "1e-7"),
            ("123456789", "123456789"),
            ("INF", "inf"),
            ("-infinity", "-inf"),
            ("NaN", "nan"),
            ("\t2.5\n", "2.5"),
        ] {
            assert_eq!(text_of(text, ScalarType::Double), expected);
        }
        assert_eq!(text_of("0.1", ScalarType::Float), "0.1");
        assert_eq!(text_of("16777217", ScalarType::Float), "16777216");
    }

    #[test]
    fn a_number_too_large_for_its_float_type_is_out_of_range() {
        assert!(Scalar::parse("1e39", ScalarType::Float).unwrap_err().contains("out of range for float"));
        assert!(Scalar::parse("1e39", ScalarType::Double).is_ok());
        assert!(Scalar::parse("-1e309", ScalarType::Double).unwrap_err().contains("out of range for double"));
    }

    #[test]
    fn truth_values_have_a_word_and_a_number() {
        for (text, expected) in [("true", "1"), ("false", "0"), ("1", "1"), ("0", "0")] {
            assert_eq!(text_of(text, ScalarType::Bool), expected);
        }
        assert!(Scalar::parse("2", ScalarType::Bool).is_err());
        assert!(Scalar::parse("true", ScalarType::Int).is_err());
    }

    #[test]
    fn long_text_is_cut_at_a_character_boundary() {
        assert_eq!(shorten(&"ä".repeat(50)), format!("{}…", "ä".repeat(40)));
        assert_eq!(shorten("short"), "short");
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_without_panic(text in "\\PC{0,40}") {
            for scalar_type in EVERY_TYPE {
                let _ = Scalar::parse(&text, scalar_type);
            }
            }

        #[test]
        fn bytes_text_and_wasm_forms_all_carry_the_same_value(bits in any::<u64>()) {
            for scalar_type in EVERY_TYPE {
                let value = Scalar::from_bytes(&bits.to_le_bytes(), scalar_type);
                let text = value.to_text();
                prop_assert_eq!(Scalar::parse(&text, scalar_type).unwrap().to_text(), text.clone());
                let mut memory = Vec::new();
                value.write_to(&mut memory, scalar_type);
                prop_assert_eq!(memory.len(), size_of(scalar_type));
                prop_assert_eq!(Scalar::from_bytes(&memory, scalar_type).to_text(), text.clone());
                let wasm = value.to_wasm(scalar_type);
                prop_assert_eq!(wasm.ty(), wasm_type(scalar_type));
                prop_assert_eq!(Scalar::from_wasm(&wasm, scalar_type).unwrap().to_text(), text);
            }
        }

        #[test]
        fn finite_floats_survive_their_text_form_bit_by_bit(single in any::<f32>(), double in any::<f64>()) {
            if single.is_finite() {
                prop_assert_eq!(Scalar::parse(&Scalar::Float(single).to_text(), ScalarType::Float).unwrap(), Scalar::Float(single));
            }
            if double.is_finite() {
                prop_assert_eq!(Scalar::parse(&Scalar::Double(double).to_text(), ScalarType::Double).unwrap(), Scalar::Double(double));
            }
        }
    }
}
