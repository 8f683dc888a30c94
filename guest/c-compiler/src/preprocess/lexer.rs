//! Splits spliced source text into preprocessing tokens (C11 6.4).

use crate::diagnostics::{Reported, Reports, SourceOffset};

/// What a token is, as far as the preprocessor cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    Number,
    /// A string literal or a character constant.
    Literal,
    Punctuator,
}

/// One preprocessing token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'t str,
    /// Where it stands in the user's source; for a macro's expansion, where the macro is used.
    pub(crate) at: SourceOffset,
    /// Whether it is the first of its line.
    pub(crate) starts_line: bool,
    /// Whether white space or a comment stands before it.
    pub(crate) space_before: bool,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != TokenKind::Literal
    }
}

/// Longest first, so that the first match is the longest.
const PUNCTUATORS: [&str; 22] = [
    "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "*=", "/=", "%=", "+=",
    "-=", "&=", "^=", "|=",
];

/// All tokens of a source; an error ends the work, since what follows a stray quote is noise.
/// `origin` gives the place in the user's source of an offset in `text`.
pub(super) fn tokens<'t>(
    text: &'t str,
    origin: impl Fn(usize) -> SourceOffset,
    reports: &mut Reports,
) -> Result<Vec<Token<'t>>, Reported> {
    let mut tokens = Vec::new();
    let mut offset = 0;
    let mut starts_line = true;
    let mut space_before = false;
    while let Some(&byte) = text.as_bytes().get(offset) {
        let rest = &text[offset..];
        let skipped = match blank_length(rest) {
            Ok(skipped) => skipped,
            Err(message) => return Err(reports.report(origin(offset), message)),
        };
        if skipped > 0 {
            starts_line |= byte == b'\n';
            space_before = true;
            offset += skipped;
            continue;
        }
        let (kind, length) = match token_length(rest) {
            Ok(token) => token,
            Err(message) => return Err(reports.report(origin(offset), message)),
        };
        tokens.push(Token { kind, text: &rest[..length], at: origin(offset), starts_line, space_before });
        offset += length;
        starts_line = false;
        space_before = false;
    }
    Ok(tokens)
}

/// Length of the newline, run of blanks or comment that `rest` begins with; 0 if it begins with a token.
fn blank_length(rest: &str) -> Result<usize, &'static str> {
    if rest.starts_with('\n') {
        return Ok(1);
    }
    let blanks = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)).count();
    if blanks > 0 {
        return Ok(blanks);
    }
    if rest.starts_with("//") {
        return Ok(rest.find('\n').unwrap_or(rest.len()));
    }
    if let Some(body) = rest.strip_prefix("/*") {
        return body.find("*/").map(|length| length + 4).ok_or("comment does not end");
    }
    Ok(0)
}

fn token_length(rest: &str) -> Result<(TokenKind, usize), &'static str> {
    let bytes = rest.as_bytes();
    let second_is_digit = bytes.get(1).is_some_and(u8::is_ascii_digit);
    match bytes.first() {
        Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
            let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            if matches!(&rest[..length], "L" | "u" | "U" | "u8") && matches!(bytes.get(length), Some(b'"' | b'\'')) {
                return Err("literals of wide characters are not supported");
            }
            Ok((TokenKind::Identifier, length))
        }
        Some(byte) if byte.is_ascii_digit() || (*byte == b'.' && second_is_digit) => {
            Ok((TokenKind::Number, number_length(bytes)))
        }
        Some(quote @ (b'"' | b'\'')) => literal_length(rest, *quote).map(|length| (TokenKind::Literal, length)),
        Some(_) => punctuator_length(rest).map(|length| (TokenKind::Punctuator, length)),
        None => Err("unexpected end of the source"),
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

fn literal_length(rest: &str, quote: u8) -> Result<usize, &'static str> {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => break,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return Ok(index + 1),
            0x80.. => return Err("literals of other than ASCII characters are not supported"),
            _ => {}
        }
    }
    Err("literal does not end on its line")
}

fn punctuator_length(rest: &str) -> Result<usize, &'static str> {
    if let Some(punctuator) = PUNCTUATORS.iter().find(|punctuator| rest.starts_with(**punctuator)) {
        return Ok(punctuator.len());
    }
    if rest.starts_with("##") {
        return Ok(2);
    }
    if rest.starts_with(['[', ']', '(', ')', '{', '}', '.', '&', '*', '+', '-', '~', '!', '/', '%', '<', '>', '^', '|'])
        || rest.starts_with(['?', ':', ';', '=', ',', '#'])
    {
        return Ok(1);
    }
    Err("unexpected character in the source")
}
