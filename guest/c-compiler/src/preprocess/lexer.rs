//! Splits spliced source text into preprocessing tokens (C11 6.4), one at a time.
//!
//! Nothing is refused here: what cannot be a token is one of kind [`TokenKind::Invalid`], an error only where it stays
//! in the source (a lone quotation mark may stand in lines that a condition leaves out).

use super::Spliced;
use crate::diagnostics::SourceOffset;

/// What a token is, as far as the preprocessor cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    Number,
    /// A string literal or a character constant, with its prefix.
    Literal,
    Punctuator,
    /// What is no token; [`Token::fault`] says why.
    Invalid,
    /// An argument without tokens, next to `##` (C11 6.10.3.3 §2). Never leaves a macro's expansion.
    Placemarker,
}

/// For [`Token::spelled`]: the token stands in the source itself, or comes from a header's macro.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// One preprocessing token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'t str,
    /// Where it stands in the user's source; for a macro's expansion, where the macro is used.
    pub(crate) at: SourceOffset,
    /// Offset in the user's source of the token in a macro's definition that it is a copy of, or [`NOWHERE`].
    pub(crate) spelled: u32,
    /// Whether it is the first of its line.
    pub(crate) starts_line: bool,
    /// Whether white space or a comment stands before it.
    pub(crate) space_before: bool,
    /// Whether it names a macro that it came out of: never expanded again (C11 6.10.3.4 §2).
    pub(crate) painted: bool,
}

impl<'t> Token<'t> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != TokenKind::Literal && (self.text == text || self.canonical() == text)
    }

    /// The text, of a digraph the punctuator that it stands for (C11 6.4.6 §3).
    pub(crate) fn canonical(&self) -> &'t str {
        match self.text {
            "<:" => "[",
            ":>" => "]",
            "<%" => "{",
            "%>" => "}",
            "%:" => "#",
            "%:%:" => "##",
            text => text,
        }
    }

    /// Why it is no token.
    pub(crate) fn fault(&self) -> String {
        match self.text.chars().next() {
            Some('/') => "comment does not end".to_owned(),
            Some('"') => "missing '\"' at the end of this string: it does not end on its line".to_owned(),
            Some('\'') => "missing ''' at the end of this character constant: it does not end on its line".to_owned(),
            Some('\\') => "unexpected '\\' in the source".to_owned(),
            Some(character) if character.is_alphabetic() => {
                format!("unexpected '{character}': names of other than ASCII letters are not supported")
            }
            Some(character) if !character.is_control() => format!("unexpected character '{character}' in the source"),
            _ => "unexpected control character in the source".to_owned(),
        }
    }
}

/// Longest first, so that the first match is the longest.
const PUNCTUATORS: [&str; 29] = [
    "%:%:", "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "*=", "/=", "%=",
    "+=", "-=", "&=", "^=", "|=", "##", "<:", ":>", "<%", "%>", "%:",
];

/// Where the places of a text's tokens are.
#[derive(Clone, Copy)]
pub(super) enum Place<'t> {
    Source(&'t Spliced<'t>),
    /// All at one place, that of the `#include`.
    Header(SourceOffset),
}

/// A text, and how far it has been read. Cheap to copy, which is how to look ahead.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    offset: usize,
    place: Place<'t>,
}

impl<'t> Lexer<'t> {
    pub(super) fn of_source(spliced: &'t Spliced<'t>) -> Self {
        Self { text: &spliced.text, offset: 0, place: Place::Source(spliced) }
    }

    pub(super) fn of_text(text: &'t str, place: SourceOffset) -> Self {
        Self { text, offset: 0, place: Place::Header(place) }
    }

    pub(super) fn is_header(&self) -> bool {
        matches!(self.place, Place::Header(_))
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        let mut starts_line = self.offset == 0;
        let mut space_before = false;
        loop {
            let rest = &self.text[self.offset..];
            let first = *rest.as_bytes().first()?;
            let (kind, length) = match blank_length(rest) {
                Some(0) => token_length(rest),
                Some(skipped) => {
                    starts_line |= first == b'\n';
                    space_before = true;
                    self.offset += skipped;
                    continue;
                }
                None => (TokenKind::Invalid, rest.len()),
            };
            let at = match self.place {
                Place::Source(spliced) => spliced.origin(self.offset),
                Place::Header(at) => at,
            };
            let text = &rest[..length];
            self.offset += length;
            return Some(Token { kind, text, at, spelled: NOWHERE, starts_line, space_before, painted: false });
        }
    }

    /// The tokens up to the end of the line.
    pub(super) fn rest_of_line(&mut self) -> Vec<Token<'t>> {
        let mut line = Vec::new();
        loop {
            let before = *self;
            match self.next() {
                Some(token) if !token.starts_line => line.push(token),
                Some(_) => {
                    *self = before;
                    return line;
                }
                None => return line,
            }
        }
    }
}

/// Length of the newline, run of blanks or comment that `rest` begins with; 0 if it begins with a token, `None` if with a
/// comment that does not end.
fn blank_length(rest: &str) -> Option<usize> {
    if rest.starts_with('\n') {
        return Some(1);
    }
    let blanks = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)).count();
    if blanks > 0 {
        return Some(blanks);
    }
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    match rest.strip_prefix("/*") {
        Some(body) => body.find("*/").map(|length| length + 4),
        None => Some(0),
    }
}

/// Kind and length of the token that `rest` begins with.
pub(super) fn token_length(rest: &str) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let second_is_digit = bytes.get(1).is_some_and(u8::is_ascii_digit);
    match bytes.first() {
        Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
            let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            match (&rest[..length], bytes.get(length)) {
                ("L" | "u" | "U" | "u8", Some(quote @ (b'"' | b'\''))) => literal_length(rest, length, *quote),
                _ => (TokenKind::Identifier, length),
            }
        }
        Some(byte) if byte.is_ascii_digit() || (*byte == b'.' && second_is_digit) => {
            (TokenKind::Number, number_length(bytes))
        }
        Some(quote @ (b'"' | b'\'')) => literal_length(rest, 0, *quote),
        _ => punctuator_length(rest),
    }
}

/// A preprocessing number is greedy (C11 6.4.8): `0x1p-3f`, but also `1.2.3`, which the parser then refuses.
fn number_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let after_exponent = length > 0 && matches!(bytes[length - 1], b'e' | b'E' | b'p' | b'P');
        let sign_belongs = matches!(byte, b'+' | b'-') && after_exponent;
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || sign_belongs) {
            break;
        }
        length += 1;
    }
    length
}

fn literal_length(rest: &str, prefix: usize, quote: u8) -> (TokenKind, usize) {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(prefix + 1) {
        match byte {
            b'\n' => return (TokenKind::Invalid, index),
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return (TokenKind::Literal, index + 1),
            _ => {}
        }
    }
    (TokenKind::Invalid, rest.len())
}

fn punctuator_length(rest: &str) -> (TokenKind, usize) {
    if let Some(punctuator) = PUNCTUATORS.iter().find(|punctuator| rest.starts_with(**punctuator)) {
        return (TokenKind::Punctuator, punctuator.len());
    }
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let is_punctuator = rest.starts_with(|first| "[](){}.&*+-~!/%<>^|?:;=,#".contains(first));
    (if is_punctuator { TokenKind::Punctuator } else { TokenKind::Invalid }, length)
}
