//! Translation phases 2 to 4 of C11 5.1.1.2: lines are spliced, comments dropped, directives obeyed, macros expanded.
//!
//! Also remembers for every token where in the user's source it came from, so that all later errors name that place.
//! There is no file system: the headers that `#include` knows are tables in [`headers`].

pub(crate) mod adaption;
mod conditions;
mod directives;
mod expansion;
pub(crate) mod headers;
mod lexer;
mod library;
mod macros;
mod parser_text;
mod texts;

use crate::diagnostics::{Reported, Reports, SourceOffset};
use headers::Headers;
pub(crate) use lexer::{Token, TokenKind};
pub(crate) use parser_text::{ParserText, TextToken};
use std::borrow::Cow;
pub(crate) use texts::Texts;

/// More tokens than this after expansion are refused: macros can grow a text exponentially, and the parser needs some
/// 250 bytes of memory and 3 µs for each.
const MAX_TOKENS: usize = 60_000;

/// The tokens of a source after all directives and macros.
pub(crate) struct Preprocessed<'t> {
    pub(crate) tokens: Vec<Token<'t>>,
    pub(crate) headers: Headers,
    /// Where the names of the macros that the source defines stand, ascending.
    definitions: Vec<u32>,
}

/// Removes every backslash-newline (phase 2), and remembers where. Blanks between the two go, too, as with gcc.
pub(crate) struct Spliced<'s> {
    pub(crate) source: &'s str,
    pub(crate) text: Cow<'s, str>,
    /// For each splice: the offset in `text` from which on `removed` more bytes are missing in all.
    splices: Vec<(u32, u32)>,
}

impl<'s> Spliced<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let mut text = String::new();
        let mut splices = Vec::new();
        let mut removed = 0;
        let mut begin = 0;
        if let Some(marked) = source.strip_prefix('\u{feff}') {
            removed = (source.len() - marked.len()) as u32;
            begin = source.len() - marked.len();
            splices.push((0, removed));
        }
        for (backslash, _) in source.match_indices('\\') {
            let after = &source[backslash + 1..];
            let blanks = after.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)).count();
            if after.as_bytes().get(blanks) != Some(&b'\n') {
                continue;
            }
            text.push_str(&source[begin..backslash]);
            removed += blanks as u32 + 2;
            splices.push((text.len() as u32, removed));
            begin = backslash + blanks + 2;
        }
        if begin == 0 {
            return Self { source, text: Cow::Borrowed(source), splices };
        }
        text.push_str(&source[begin..]);
        Self { source, text: Cow::Owned(text), splices }
    }

    /// The place in the source of an offset in `text`.
    fn origin(&self, offset: usize) -> SourceOffset {
        let after = self.splices.partition_point(|(start, _)| *start as usize <= offset);
        let removed = after.checked_sub(1).and_then(|index| self.splices.get(index)).map_or(0, |(_, removed)| *removed);
        SourceOffset(offset as u32 + removed)
    }
}

/// Runs the phases. Errors are reported; what could be understood comes back unless the rest makes no sense without what
/// could not.
pub(crate) fn preprocess<'t>(
    spliced: &'t Spliced<'t>,
    texts: &'t Texts,
    reports: &mut Reports,
) -> Result<Preprocessed<'t>, Reported> {
    directives::Preprocessor::new(spliced, texts, reports).run()
}

#[cfg(test)]
mod against_gcc;
#[cfg(test)]
mod tests;
