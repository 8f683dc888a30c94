//! What the headers that `#include` knows define: types, macros and which functions.

use crate::signature::ScalarType;

/// Which headers a source includes, as far as it matters after preprocessing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Headers {
    /// `<math.h>`: its functions are declared.
    pub(crate) math: bool,
    /// `<stdlib.h>`: `abs`, `labs` and `llabs` are declared.
    pub(crate) stdlib: bool,
}

/// A header of the C library.
pub(super) struct Header {
    /// Type names, each with the meaning that [`ScalarType`] knows.
    pub(super) types: &'static [&'static str],
    /// Object-like macros and their replacement.
    pub(super) macros: &'static [(&'static str, &'static str)],
}

/// The header of that name, if it is one of those that numeric functions need.
pub(super) fn header(name: &str) -> Option<Header> {
    let (types, macros): (&[&str], &[(&str, &str)]) = match name {
        "math.h" => (&["float_t", "double_t"], MATH),
        "stdint.h" => (INTEGER_TYPES, INTEGER_LIMITS),
        "stdbool.h" => (&[], &[("bool", "_Bool"), ("true", "1"), ("false", "0")]),
        "stddef.h" => (&["size_t", "ptrdiff_t"], &[("NULL", "((void*)0)")]),
        "stdlib.h" => (&["size_t"], &[("NULL", "((void*)0)"), ("EXIT_SUCCESS", "0"), ("EXIT_FAILURE", "1")]),
        "limits.h" => (&[], LIMITS),
        "float.h" => (&[], FLOAT),
        _ => return None,
    };
    Some(Header { types, macros })
}

/// The words of the type that a header gives a name to.
pub(super) fn type_words(name: &str) -> &'static str {
    ScalarType::from_typedef_name(name).map_or("int", ScalarType::name)
}

const INTEGER_TYPES: &[&str] = &[
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "int_least8_t",
    "int_least16_t",
    "int_least32_t",
    "int_least64_t",
    "uint_least8_t",
    "uint_least16_t",
    "uint_least32_t",
    "uint_least64_t",
    "int_fast8_t",
    "int_fast16_t",
    "int_fast32_t",
    "int_fast64_t",
    "uint_fast8_t",
    "uint_fast16_t",
    "uint_fast32_t",
    "uint_fast64_t",
    "intptr_t",
    "uintptr_t",
    "intmax_t",
    "uintmax_t",
];

const INTEGER_LIMITS: &[(&str, &str)] = &[
    ("INT8_MIN", "(-128)"),
    ("INT8_MAX", "127"),
    ("UINT8_MAX", "255"),
    ("INT16_MIN", "(-32767-1)"),
    ("INT16_MAX", "32767"),
    ("UINT16_MAX", "65535"),
    ("INT32_MIN", "(-2147483647-1)"),
    ("INT32_MAX", "2147483647"),
    ("UINT32_MAX", "4294967295U"),
    ("INT64_MIN", "(-9223372036854775807L-1)"),
    ("INT64_MAX", "9223372036854775807L"),
    ("UINT64_MAX", "18446744073709551615UL"),
    ("SIZE_MAX", "18446744073709551615UL"),
    ("PTRDIFF_MIN", "(-9223372036854775807L-1)"),
    ("PTRDIFF_MAX", "9223372036854775807L"),
    ("INTMAX_MIN", "(-9223372036854775807L-1)"),
    ("INTMAX_MAX", "9223372036854775807L"),
    ("UINTMAX_MAX", "18446744073709551615UL"),
];

const LIMITS: &[(&str, &str)] = &[
    ("CHAR_BIT", "8"),
    ("CHAR_MIN", "(-128)"),
    ("CHAR_MAX", "127"),
    ("SCHAR_MIN", "(-128)"),
    ("SCHAR_MAX", "127"),
    ("UCHAR_MAX", "255"),
    ("SHRT_MIN", "(-32767-1)"),
    ("SHRT_MAX", "32767"),
    ("USHRT_MAX", "65535"),
    ("INT_MIN", "(-2147483647-1)"),
    ("INT_MAX", "2147483647"),
    ("UINT_MAX", "4294967295U"),
    ("LONG_MIN", "(-9223372036854775807L-1L)"),
    ("LONG_MAX", "9223372036854775807L"),
    ("ULONG_MAX", "18446744073709551615UL"),
    ("LLONG_MIN", "(-9223372036854775807LL-1LL)"),
    ("LLONG_MAX", "9223372036854775807LL"),
    ("ULLONG_MAX", "18446744073709551615ULL"),
];

const FLOAT: &[(&str, &str)] = &[
    ("FLT_RADIX", "2"),
    ("FLT_EVAL_METHOD", "0"),
    ("FLT_MANT_DIG", "24"),
    ("DBL_MANT_DIG", "53"),
    ("FLT_DIG", "6"),
    ("DBL_DIG", "15"),
    ("FLT_MIN_EXP", "(-125)"),
    ("DBL_MIN_EXP", "(-1021)"),
    ("FLT_MAX_EXP", "128"),
    ("DBL_MAX_EXP", "1024"),
    ("FLT_MIN_10_EXP", "(-37)"),
    ("DBL_MIN_10_EXP", "(-307)"),
    ("FLT_MAX_10_EXP", "38"),
    ("DBL_MAX_10_EXP", "308"),
    ("FLT_MAX", "0x1.fffffep127f"),
    ("DBL_MAX", "0x1.fffffffffffffp1023"),
    ("FLT_MIN", "0x1p-126f"),
    ("DBL_MIN", "0x1p-1022"),
    ("FLT_TRUE_MIN", "0x1p-149f"),
    ("DBL_TRUE_MIN", "0x1p-1074"),
    ("FLT_EPSILON", "0x1p-23f"),
    ("DBL_EPSILON", "0x1p-52"),
];

/// `INFINITY` and `NAN` are constant expressions that fold; the folded NaN is the positive quiet one, as gcc's `NAN` is.
const MATH: &[(&str, &str)] = &[
    ("M_E", "2.7182818284590452354"),
    ("M_LOG2E", "1.4426950408889634074"),
    ("M_LOG10E", "0.43429448190325182765"),
    ("M_LN2", "0.69314718055994530942"),
    ("M_LN10", "2.30258509299404568402"),
    ("M_PI", "3.14159265358979323846"),
    ("M_PI_2", "1.57079632679489661923"),
    ("M_PI_4", "0.78539816339744830962"),
    ("M_1_PI", "0.31830988618379067154"),
    ("M_2_PI", "0.63661977236758134308"),
    ("M_2_SQRTPI", "1.12837916709551257390"),
    ("M_SQRT2", "1.41421356237309504880"),
    ("M_SQRT1_2", "0.70710678118654752440"),
    ("INFINITY", "(1.0f/0.0f)"),
    ("HUGE_VAL", "(1.0/0.0)"),
    ("HUGE_VALF", "(1.0f/0.0f)"),
    ("NAN", "(0.0f/0.0f)"),
];
