//! The headers that `#include` knows: their names, and their text in the folder `headers`.
//!
//! A header is C text: macros, types, prototypes, and whole functions where C is the simplest way to have them. Its
//! directives are obeyed at the `#include`; of its declarations only those that a source needs get to the parser
//! ([`super::library`]), so that what is not used costs next to nothing. Each directive stands on one line. Headers may
//! include each other.

/// Which headers a source includes, as far as it matters after preprocessing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Headers {
    /// `<math.h>`: its functions are declared.
    pub(crate) math: bool,
    /// `<stdlib.h>`: `abs`, `labs` and `llabs` are declared.
    pub(crate) stdlib: bool,
    /// `<errno.h>`: errors are looked at.
    pub(crate) errno: bool,
}

/// Name and text of each header.
pub(super) const HEADERS: &[(&str, &str)] = &[
    ("assert.h", include_str!("headers/assert.h")),
    ("ctype.h", include_str!("headers/ctype.h")),
    ("errno.h", include_str!("headers/errno.h")),
    ("float.h", include_str!("headers/float.h")),
    ("inttypes.h", include_str!("headers/inttypes.h")),
    ("iso646.h", include_str!("headers/iso646.h")),
    ("limits.h", include_str!("headers/limits.h")),
    ("math.h", include_str!("headers/math.h")),
    ("stdalign.h", include_str!("headers/stdalign.h")),
    ("stdarg.h", include_str!("headers/stdarg.h")),
    ("stdbool.h", include_str!("headers/stdbool.h")),
    ("stddef.h", include_str!("headers/stddef.h")),
    ("stdint.h", include_str!("headers/stdint.h")),
    ("stdio.h", include_str!("headers/stdio.h")),
    ("stdlib.h", include_str!("headers/stdlib.h")),
    ("stdnoreturn.h", include_str!("headers/stdnoreturn.h")),
    ("string.h", include_str!("headers/string.h")),
    ("strings.h", include_str!("headers/strings.h")),
    ("time.h", include_str!("headers/time.h")),
];

/// Name and text of the header of that name, if it is one of those that functions may include.
pub(super) fn header(name: &str) -> Option<(&'static str, &'static str)> {
    HEADERS.iter().find(|(known, _)| *known == name).copied()
}

/// The header that declares a function of that name, or defines such a macro.
pub(crate) fn that_declares(name: &str) -> Option<&'static str> {
    let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let declares = |line: &str| {
        if let Some(macro_text) = line.strip_prefix("#define ") {
            return macro_text.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '(']));
        }
        let Some((before, behind)) = line.split_once(name) else { return false };
        behind.starts_with('(') && !before.bytes().last().is_some_and(is_in_name)
    };
    HEADERS.iter().find(|(_, text)| text.lines().any(declares)).map(|(header, _)| *header)
}

/// Why a header cannot be included: `written` is its name in its brackets or quotation marks.
pub(super) fn refusal(written: &str) -> String {
    let mut message = format!("header {written} is not available; there are");
    for (name, _) in HEADERS {
        message.push_str(" <");
        message.push_str(name);
        message.push('>');
    }
    message
}

/// What is defined before a source begins (C11 6.10.8, and the data model in gcc's words). `__x86_64__` and `__GNUC__` are
/// not: code that asks for them means pointers of 8 bytes, vector instructions and inline assembler.
pub(super) const PREDEFINED: &str = include_str!("headers/predefined.h");
