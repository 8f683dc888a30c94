//! Translation phases 2 to 4 of C11 5.1.1.2: lines are spliced, comments dropped, directives obeyed, macros expanded.
//!
//! Also remembers for every token where in the user's source it came from, so that all later errors name that place.
//! There is no file system: the headers that `#include` knows are tables in [`headers`].

mod conditions;
mod directives;
pub(crate) mod headers;
mod lexer;
mod library;
mod macros;

use crate::diagnostics::{Reported, Reports, SourceOffset};
use headers::Headers;
pub(crate) use lexer::{Token, TokenKind};
use std::borrow::Cow;

/// More tokens than this after expansion are refused: macros can grow a text exponentially, and the parser needs some
/// 250 bytes of memory and 3 µs for each.
const MAX_TOKENS: usize = 60_000;

/// The tokens of a source after all directives and macros.
pub(crate) struct Preprocessed<'t> {
    pub(crate) tokens: Vec<Token<'t>>,
    pub(crate) headers: Headers,
}

/// The text that the parser gets, and the way back from a place in it to a place in the user's source.
pub(crate) struct ParserText {
    pub(crate) text: String,
    /// For each token, ascending: its offset in `text`, and in the user's source.
    origins: Vec<(u32, u32)>,
}

impl ParserText {
    /// Joins tokens by single spaces, so that none is pasted to the next. The parser wants the double parentheses of an
    /// attribute in one piece.
    pub(crate) fn from_tokens(tokens: &[Token<'_>]) -> Self {
        let mut text = String::new();
        let mut origins = Vec::with_capacity(tokens.len());
        let mut attribute = None;
        for (index, token) in tokens.iter().enumerate() {
            origins.push((text.len() as u32, token.at.0));
            text.push_str(token.text);
            let mut is_joined = false;
            match (token.text, attribute) {
                ("__attribute__" | "__attribute", None) => attribute = Some(0_u32),
                ("(", Some(depth)) => {
                    is_joined = depth == 0;
                    attribute = Some(depth + 1);
                }
                (")", Some(depth)) => {
                    is_joined = depth == 2 && tokens.get(index + 1).is_some_and(|next| next.is(")"));
                    attribute = Some(depth.saturating_sub(1)).filter(|depth| *depth > 0);
                }
                (_, Some(0)) => attribute = None,
                _ => {}
            }
            if !is_joined {
                text.push(' ');
            }
        }
        Self { text, origins }
    }

    /// Where in the user's source the token at, or next before, this offset stands.
    pub(crate) fn origin(&self, offset: usize) -> SourceOffset {
        let after = self.origins.partition_point(|(start, _)| *start as usize <= offset);
        let index = after.saturating_sub(1);
        SourceOffset(self.origins.get(index).map_or(0, |(_, origin)| *origin))
    }

    /// The token that holds this offset or ends there, and the one before it; `None` at the end of the text.
    pub(crate) fn token_before_or_at(&self, offset: usize) -> Option<(&str, &str)> {
        if offset >= self.text.trim_end().len() {
            return None;
        }
        let after = self.origins.partition_point(|(start, _)| *start as usize <= offset);
        let token = |index: Option<usize>| {
            let (start, _) = self.origins.get(index?)?;
            Some(self.token_at(*start as usize))
        };
        let index = after.checked_sub(1);
        Some((token(index.and_then(|index| index.checked_sub(1))).unwrap_or_default(), token(index)?))
    }

    /// The token that begins at this offset; of a literal with blanks, its part before the first.
    pub(crate) fn token_at(&self, offset: usize) -> &str {
        let rest = self.text.get(offset..).unwrap_or_default();
        rest.split(' ').next().unwrap_or_default()
    }
}

/// Removes every backslash-newline (phase 2), and remembers where.
pub(crate) struct Spliced<'s> {
    pub(crate) text: Cow<'s, str>,
    /// For each splice: the offset in `text` from which on `removed` more bytes are missing in all.
    splices: Vec<(u32, u32)>,
}

impl<'s> Spliced<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        if !source.contains("\\\n") && !source.contains("\\\r\n") {
            return Self { text: Cow::Borrowed(source), splices: Vec::new() };
        }
        let mut text = String::with_capacity(source.len());
        let mut splices = Vec::new();
        let mut removed = 0;
        let mut rest = source;
        while let Some(backslash) = rest.find('\\') {
            let (before, from) = rest.split_at(backslash);
            text.push_str(before);
            let length = if from.starts_with("\\\n") {
                2
            } else if from.starts_with("\\\r\n") {
                3
            } else {
                text.push('\\');
                rest = &from[1..];
                continue;
            };
            removed += length;
            splices.push((text.len() as u32, removed));
            rest = &from[length as usize..];
        }
        text.push_str(rest);
        Self { text: Cow::Owned(text), splices }
    }

    /// The place in the source of an offset in `text`.
    fn origin(&self, offset: usize) -> SourceOffset {
        let after = self.splices.partition_point(|(start, _)| *start as usize <= offset);
        let removed = after.checked_sub(1).and_then(|index| self.splices.get(index)).map_or(0, |(_, removed)| *removed);
        SourceOffset(offset as u32 + removed)
    }
}

/// Runs the phases. Errors are reported; what could be understood comes back only if there were none.
pub(crate) fn preprocess<'t>(spliced: &'t Spliced<'_>, reports: &mut Reports) -> Result<Preprocessed<'t>, Reported> {
    let tokens = lexer::tokens(&spliced.text, |offset| spliced.origin(offset), reports)?;
    directives::Preprocessor::new(reports).run(&tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(source: &str) -> String {
        let spliced = Spliced::new(source);
        let mut reports = Reports::new();
        let Ok(preprocessed) = preprocess(&spliced, &mut reports) else {
            return reports.into_errors(source).expect("reported").to_string();
        };
        if let Some(errors) = reports.into_errors(source) {
            return errors.to_string();
        }
        ParserText::from_tokens(&preprocessed.tokens).text.trim_end().to_owned()
    }

    #[test]
    fn macros_expand_recursively_but_never_themselves() {
        for (source, expected) in [
            ("#define A B\n#define B 1+A\nA", "1 + A"),
            ("#define N 3\nint a[N];\n#undef N\nN", "int a [ 3 ] ; N"),
            ("#define EMPTY\nint EMPTY x;", "int x ;"),
            ("#define SQ(x) ((x)*(x))\nSQ(SQ(a)+1)", "( ( ( ( a ) * ( a ) ) + 1 ) * ( ( ( a ) * ( a ) ) + 1 ) )"),
            ("#define MAX(a,b) a>b\nMAX(f(1,2),(3,4)) MAX", "f ( 1 , 2 ) > ( 3 , 4 ) MAX"),
            ("#define ZERO() 0\nZERO() + ZERO ( )", "0 + 0"),
            ("#define SP (x)\nSP", "( x )"),
            ("#define f(a) f(a+1)\nf(f(2))", "f ( f ( 2 + 1 ) + 1 )"),
        ] {
            assert_eq!(expanded(source), expected, "{source}");
        }
    }

    #[test]
    fn conditions_choose_the_lines_that_stay() {
        for (source, expected) in [
            ("#ifdef X\na\n#else\nb\n#endif\nc", "b c"),
            ("#define X\n#ifndef X\na\n#else\nb\n#endif", "b"),
            ("#if 0\n#if 1\na\n#endif\n#bogus\n#elif 2 > 1\nb\n#else\nc\n#endif", "b"),
            ("#define N 4\n#if defined(N) && N * 2 == 8 && !defined M\nyes\n#endif", "yes"),
            ("#if 1 ? 0 : 1\na\n#elif (-1 >> 1) < 0 && 0x10 == 020\nb\n#endif", "b"),
            ("#if UNKNOWN\na\n#endif\nb", "b"),
            ("#if 18446744073709551615u > 1\nbig\n#endif", "big"),
        ] {
            assert_eq!(expanded(source), expected, "{source}");
        }
    }

    #[test]
    fn comments_and_line_continuations_leave_no_trace() {
        assert_eq!(expanded("a/* x\n */b // c \\\n d\ne"), "a b e");
        assert_eq!(expanded("#define A 1 \\\n + 2\nin\\\nt x = A;"), "int x = 1 + 2 ;");
        assert_eq!(expanded("'/*' \"//\" c"), "'/*' \"//\" c");
    }

    #[test]
    fn directives_that_are_not_covered_are_refused_by_name_and_place() {
        for (source, expected) in [
            ("int x;\n#include <stdio.h>", "line 2, column 2: header <stdio.h> is not available; there are <"),
            ("#include \"mine.h\"", "line 1, column 2: header \"mine.h\" is not available; there are <"),
            ("#define S(x) #x", "line 1, column 14: '#' and '##' in macros are not supported"),
            ("#define V(...) 1", "line 1, column 11: macros with variable arguments are not supported"),
            ("#define", "line 1, column 2: #define needs a name"),
            ("#error no luck", "line 1, column 2: #error no luck"),
            ("#line 3", "line 1, column 2: directive #line is not supported"),
            ("#endif", "line 1, column 2: #endif without #if"),
            ("a\n#if 1", "line 2, column 2: #if without #endif"),
            ("#if 1/0\n#endif", "line 1, column 6: division by zero in #if"),
            ("#if 1 +\n#endif", "line 1, column 2: the condition of #if is not an integer constant expression"),
            ("#define F(a) a\nF(1,2)", "line 2, column 1: macro 'F' takes 1 arguments, not 2"),
            ("#define F(a) a\nF(1", "line 2, column 1: the arguments of macro 'F' do not end"),
            ("int \u{e4};", "line 1, column 5: unexpected character in the source"),
            ("/* open", "line 1, column 1: comment does not end"),
            ("'a", "line 1, column 1: literal does not end on its line"),
        ] {
            assert!(expanded(source).starts_with(expected), "{source}: {}", expanded(source));
        }
    }

    #[test]
    fn of_a_header_only_what_is_needed_gets_to_the_parser() {
        for (source, expected) in [
            ("#include <stdint.h>\nint x;", "int x ;"),
            ("#include <stdint.h>\nuint8_t x;", "typedef unsigned char uint8_t ; uint8_t x ;"),
            ("#include <stdlib.h>\n#include <stddef.h>\nsize_t x;", "typedef unsigned long size_t ; size_t x ;"),
        ] {
            assert_eq!(expanded(source), expected, "{source}");
        }
    }

    #[test]
    fn expansion_that_explodes_is_refused() {
        let mut source = String::from("#define A0 x x x x x x x x x x\n");
        for level in 1..8 {
            let previous = format!("A{} ", level - 1).repeat(10);
            source.push_str(&format!("#define A{level} {previous}\n"));
        }
        source.push_str("A7");
        assert_eq!(expanded(&source), "line 9, column 1: the source is too long after macro expansion");
    }

    #[test]
    fn places_survive_splices_and_macros() {
        let source = "#define N 1\\\n+2\n  N y";
        let spliced = Spliced::new(source);
        let mut reports = Reports::new();
        let preprocessed = preprocess(&spliced, &mut reports).expect("fine");
        let text = ParserText::from_tokens(&preprocessed.tokens);
        assert_eq!(text.text, "1 + 2 y ");
        let use_of_n = source.rfind('N').expect("there") as u32;
        assert_eq!(text.origin(0), SourceOffset(use_of_n));
        assert_eq!(text.origin(4), SourceOffset(use_of_n));
        assert_eq!(text.origin(6), SourceOffset(use_of_n + 2));
        assert_eq!(text.token_at(6), "y");
    }
}
