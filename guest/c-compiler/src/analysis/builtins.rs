//! The functions that `<math.h>` and `<stdlib.h>` declare, and how each is computed.

use crate::builtins::MATH_IMPORTS;
use crate::ir::{Native, Unary};
use crate::preprocess::headers::Headers;
use crate::signature::ScalarType;

/// A function of the C library.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Builtin {
    pub(super) way: Way,
    /// What it takes and returns, unless the way says otherwise: `double`, or `float` for names that end in `f`.
    pub(super) scalar: ScalarType,
    pub(super) parameters: usize,
}

/// How a function of the C library is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// An instruction on the function's own type.
    Native(Native),
    /// An imported function on `double`, by its index in [`MATH_IMPORTS`].
    Import(usize),
    /// As [`Way::Import`] or [`Way::Native`] on `double`, and the result converted to `long` (`lround`, `lrint`).
    RoundedToLong { import: Option<usize> },
    /// An operation on an integer of the function's type (`abs`).
    Integer(Unary),
    /// A macro that takes `float` and `double` alike and returns `int` (`isnan`).
    Classification(Unary),
}

/// What a name means if the source does not declare it itself.
pub(super) fn builtin(name: &str, headers: Headers) -> Option<Builtin> {
    let integer = |scalar| Some(Builtin { way: Way::Integer(Unary::Absolute), scalar, parameters: 1 });
    match name {
        "abs" if headers.stdlib => return integer(ScalarType::Int),
        "labs" if headers.stdlib => return integer(ScalarType::Long),
        "llabs" if headers.stdlib => return integer(ScalarType::LongLong),
        _ if !headers.math => return None,
        _ => {}
    }
    let classification = match name {
        "isnan" => Some(Unary::IsNan),
        "isinf" => Some(Unary::IsInfinite),
        "isfinite" => Some(Unary::IsFinite),
        "signbit" => Some(Unary::SignBit),
        _ => None,
    };
    if let Some(unary) = classification {
        return Some(Builtin { way: Way::Classification(unary), scalar: ScalarType::Double, parameters: 1 });
    }
    double_function(name, ScalarType::Double).or_else(|| {
        // fma on double would round twice.
        name.strip_suffix('f')
            .filter(|double| *double != "fma")
            .and_then(|double| double_function(double, ScalarType::Float))
    })
}

/// The module that supplies a function which is declared, used and not defined.
pub(super) fn import_module(name: &str) -> Option<&'static str> {
    MATH_IMPORTS.iter().any(|(import, _)| *import == name).then_some(crate::MATH_MODULE)
}

fn double_function(name: &str, scalar: ScalarType) -> Option<Builtin> {
    let found = |way, parameters| Some(Builtin { way, scalar, parameters });
    let import = |name: &str| MATH_IMPORTS.iter().position(|(import, _)| *import == name);
    let native = match name {
        "sqrt" => Native::SquareRoot,
        "fabs" => Native::Absolute,
        "floor" => Native::Floor,
        "ceil" => Native::Ceiling,
        "trunc" => Native::Truncate,
        "rint" | "nearbyint" => Native::Nearest,
        "copysign" => return found(Way::Native(Native::CopySign), 2),
        "lround" | "llround" => return found(Way::RoundedToLong { import: import("round") }, 1),
        "lrint" | "llrint" => return found(Way::RoundedToLong { import: None }, 1),
        _ => {
            let index = import(name)?;
            return found(Way::Import(index), MATH_IMPORTS.get(index)?.1);
        }
    };
    found(Way::Native(native), 1)
}

/// The header that declares a name, for whoever forgot it.
pub(super) fn header_of(name: &str) -> Option<&'static str> {
    let all = Headers { math: true, stdlib: true };
    builtin(name, all)?;
    Some(if builtin(name, Headers { math: true, stdlib: false }).is_some() { "math.h" } else { "stdlib.h" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_only_with_their_header() {
        let math = Headers { math: true, stdlib: false };
        assert!(builtin("sin", math).is_some());
        assert!(builtin("sin", Headers::default()).is_none());
        assert!(builtin("abs", math).is_none());
        assert!(builtin("sinf", math).is_some_and(|found| found.scalar == ScalarType::Float));
        assert!(builtin("fmaf", math).is_none());
        assert_eq!(builtin("atan2f", math).map(|found| found.parameters), Some(2));
        assert_eq!(header_of("labs"), Some("stdlib.h"));
        assert_eq!(header_of("powf"), Some("math.h"));
        assert_eq!(header_of("printf"), None);
    }
}
