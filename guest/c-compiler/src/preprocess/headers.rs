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
}

/// Name and text of each header.
pub(super) const HEADERS: &[(&str, &str)] = &[
    ("float.h", include_str!("headers/float.h")),
    ("iso646.h", include_str!("headers/iso646.h")),
    ("limits.h", include_str!("headers/limits.h")),
    ("math.h", include_str!("headers/math.h")),
    ("stdalign.h", include_str!("headers/stdalign.h")),
    ("stdarg.h", include_str!("headers/stdarg.h")),
    ("stdbool.h", include_str!("headers/stdbool.h")),
    ("stddef.h", include_str!("headers/stddef.h")),
    ("stdint.h", include_str!("headers/stdint.h")),
    ("stdlib.h", include_str!("headers/stdlib.h")),
    ("stdnoreturn.h", include_str!("headers/stdnoreturn.h")),
];

/// The text of the header of that name, if it is one of those that functions may include.
pub(super) fn text(name: &str) -> Option<&'static str> {
    HEADERS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
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
