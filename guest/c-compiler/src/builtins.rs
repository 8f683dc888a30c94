//! The functions of the C library that a module imports: what the executor must supply.

/// The module name of the imports that are functions of numbers.
pub const MATH_MODULE: &str = "math";

/// The module name of all other functions of the C library: those that `skerry_c_library` knows by their names.
pub const LIBRARY_MODULE: &str = "c";

/// Every function that a compiled module may import from module [`MATH_MODULE`], with its number of parameters.
///
/// All take and return `f64`. A module imports only those that it uses. Each means what the function of that name means
/// in C11 7.12 (`fmin` and `fmax` prefer the number over a NaN; `round` rounds halves away from zero).
pub const MATH_IMPORTS: &[(&str, usize)] = &[
    ("acos", 1),
    ("acosh", 1),
    ("asin", 1),
    ("asinh", 1),
    ("atan", 1),
    ("atan2", 2),
    ("atanh", 1),
    ("cbrt", 1),
    ("cos", 1),
    ("cosh", 1),
    ("erf", 1),
    ("erfc", 1),
    ("exp", 1),
    ("exp2", 1),
    ("expm1", 1),
    ("fdim", 2),
    ("fma", 3),
    ("fmax", 2),
    ("fmin", 2),
    ("fmod", 2),
    ("hypot", 2),
    ("lgamma", 1),
    ("log", 1),
    ("log10", 1),
    ("log1p", 1),
    ("log2", 1),
    ("logb", 1),
    ("pow", 2),
    ("remainder", 2),
    ("round", 1),
    ("sin", 1),
    ("sinh", 1),
    ("sqrt", 1),
    ("tan", 1),
    ("tanh", 1),
    ("tgamma", 1),
];
