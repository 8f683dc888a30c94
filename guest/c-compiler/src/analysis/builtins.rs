//! The functions that `<math.h>` and `<stdlib.h>` declare, and how each is computed.

use crate::builtins::MATH_IMPORTS;
use crate::ir::{Native, Unary};
use crate::preprocess::headers::{self, Headers};
use crate::signature::ScalarType;
use wasm_encoder::ValType;

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
    /// How many bits of an integer are of some kind, as an `int` (`__builtin_popcount`).
    Count(Unary),
    /// The first argument (`__builtin_expect`).
    First,
    /// Nothing (`__builtin_unreachable`).
    Nothing,
    /// An instruction on memory, for functions of the headers: address, address or byte, length.
    Memory(Native),
}

/// What a name means if the source does not declare it itself.
pub(super) fn builtin(name: &str, headers: Headers) -> Option<Builtin> {
    let integer = |scalar| Some(Builtin { way: Way::Integer(Unary::Absolute), scalar, parameters: 1 });
    let memory = |native| Some(Builtin { way: Way::Memory(native), scalar: ScalarType::Int, parameters: 3 });
    match name {
        "__builtin_memory_copy" => return memory(Native::MemoryCopy),
        "__builtin_memory_fill" => return memory(Native::MemoryFill),
        "__builtin_expect" => return Some(Builtin { way: Way::First, scalar: ScalarType::Long, parameters: 2 }),
        "__builtin_unreachable" => return Some(Builtin { way: Way::Nothing, scalar: ScalarType::Int, parameters: 0 }),
        _ if name.starts_with("__builtin_") => return bit_count(name),
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
    // The instruction does not tell an error.
    let is_in_library = |double: &str| double == "sqrt" && headers.errno;
    double_function(name, is_in_library(name), ScalarType::Double).or_else(|| {
        // fma on double would round twice.
        name.strip_suffix('f')
            .filter(|double| *double != "fma")
            .and_then(|double| double_function(double, is_in_library(double), ScalarType::Float))
    })
}

/// The module that supplies a function which is declared, used and not defined.
pub(super) fn import_module(name: &str) -> Option<&'static str> {
    if MATH_IMPORTS.iter().any(|(import, _)| *import == name) {
        return Some(crate::MATH_MODULE);
    }
    skerry_c_library::function(name).map(|_| crate::LIBRARY_MODULE)
}

/// Whether a declaration of a library function, as WebAssembly sees it, is that of the library.
pub(super) fn is_of_library(name: &str, (parameters, result): &(Vec<ValType>, Option<ValType>)) -> bool {
    let value_type = |letter| match letter {
        b'l' => ValType::I64,
        b'f' => ValType::F32,
        b'd' => ValType::F64,
        _ => ValType::I32,
    };
    skerry_c_library::function(name).is_some_and(|found| {
        found.parameters().map(value_type).eq(parameters.iter().copied()) && found.result().map(value_type) == *result
    })
}

/// The functions of gcc that count bits, for `unsigned`, and with `l` or `ll` at the end for 64 bits.
fn bit_count(name: &str) -> Option<Builtin> {
    let name = name.strip_prefix("__builtin_")?;
    let (unary, suffix) =
        [("clz", Unary::LeadingZeros), ("ctz", Unary::TrailingZeros), ("popcount", Unary::PopulationCount)]
            .into_iter()
            .find_map(|(stem, unary)| Some((unary, name.strip_prefix(stem)?)))?;
    let scalar = match suffix {
        "" => ScalarType::UnsignedInt,
        "l" | "ll" => ScalarType::UnsignedLong,
        _ => return None,
    };
    Some(Builtin { way: Way::Count(unary), scalar, parameters: 1 })
}

fn double_function(name: &str, is_in_library: bool, scalar: ScalarType) -> Option<Builtin> {
    let found = |way, parameters| Some(Builtin { way, scalar, parameters });
    let import = |name: &str| MATH_IMPORTS.iter().position(|(import, _)| *import == name);
    let native = match name {
        "sqrt" if !is_in_library => Native::SquareRoot,
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

/// What to say of a name that is not declared; `kind` stands before it.
pub(super) fn missing(name: &str, kind: &str) -> String {
    let (end, reason) = match (header_of(name), absence(name)) {
        (Some(header), _) => (["is not declared: #include <", header, "> declares it"].concat(), ""),
        (None, Some(reason)) => ("is not supported: ".to_owned(), reason),
        (None, None) => ("is not declared".to_owned(), ""),
    };
    [kind, "'", name, "' ", &end, reason].concat()
}

/// The header that declares a name, for whoever forgot it.
fn header_of(name: &str) -> Option<&'static str> {
    let only_math = Headers { math: true, ..Headers::default() };
    let only_stdlib = Headers { stdlib: true, ..Headers::default() };
    if name.starts_with('_') {
        return None;
    }
    match (builtin(name, only_math), builtin(name, only_stdlib)) {
        (Some(_), _) => Some("math.h"),
        (_, Some(_)) => Some("stdlib.h"),
        _ => headers::that_declares(name),
    }
}

/// Why a function of C's library, or of POSIX, is not there.
fn absence(name: &str) -> Option<&'static str> {
    const FILES: &[&str] = &[
        "fopen", "freopen", "fclose", "fread", "fgets", "fgetc", "getc", "fseek", "ftell", "rewind", "fgetpos",
        "fsetpos", "feof", "ferror", "clearerr", "remove", "rename", "tmpfile", "tmpnam", "setvbuf", "setbuf",
        "ungetc", "fdopen", "fileno", "open", "close", "read", "write", "lseek", "opendir", "readdir",
    ];
    const INPUT: &[&str] = &["stdin", "scanf", "vscanf", "fscanf", "vfscanf", "getchar", "gets", "getline"];
    const PROCESSES: &[&str] = &["system", "popen", "fork", "execv", "execve", "execvp", "getpid", "wait", "kill"];
    const REASONS: &[(&[&str], &str)] = &[
        (FILES, "there are no files; a function gets parameters, and prints with printf"),
        (INPUT, "there is no input to read; a function gets parameters"),
        (PROCESSES, "there are no processes"),
        (&["atexit", "at_quick_exit", "quick_exit"], "a function returns; nothing runs after it"),
        (&["setjmp", "longjmp", "sigsetjmp", "siglongjmp"], "jumps between functions are not supported"),
        (&["signal", "raise", "sigaction"], "there are no signals"),
        (&["socket", "connect", "bind", "listen", "accept", "send", "recv"], "there are no sockets"),
        (&["sleep", "usleep", "nanosleep"], "a function does not sleep"),
        (&["setlocale", "localeconv"], "there is the C locale only"),
        (&["alloca"], "take memory from malloc"),
    ];
    let listed = REASONS.iter().find(|(names, _)| names.contains(&name)).map(|(_, reason)| *reason);
    let is_of = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    listed.or_else(|| match name {
        _ if is_of(&["pthread_", "thrd_", "mtx_", "cnd_", "tss_", "sem_"]) => Some("there are no threads"),
        _ if is_of(&["wcs", "mbs", "mbr", "wcr", "isw", "tow"]) => Some("wide characters are not supported"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_only_with_their_header() {
        let math = Headers { math: true, ..Headers::default() };
        assert!(builtin("sin", math).is_some());
        assert!(builtin("sin", Headers::default()).is_none());
        assert!(builtin("abs", math).is_none());
        assert!(builtin("sinf", math).is_some_and(|found| found.scalar == ScalarType::Float));
        assert!(builtin("fmaf", math).is_none());
        assert_eq!(builtin("atan2f", math).map(|found| found.parameters), Some(2));
        assert_eq!(header_of("labs"), Some("stdlib.h"));
        assert_eq!(header_of("powf"), Some("math.h"));
        assert_eq!(header_of("printf"), Some("stdio.h"));
        assert_eq!(header_of("memcpy"), Some("string.h"));
        assert_eq!(header_of("qsort"), Some("stdlib.h"));
        assert_eq!(header_of("emcpy"), None);
        assert_eq!(header_of("__sort"), None);
    }

    #[test]
    fn what_is_not_there_says_why() {
        assert!(absence("fopen").is_some_and(|reason| reason.contains("no files")));
        assert!(absence("pthread_create").is_some_and(|reason| reason.contains("no threads")));
        assert_eq!(absence("frobnicate"), None);
    }
}
