//! The text that the parser gets, and the way back from a place in it to a place in the user's source.

use super::Preprocessed;
use super::adaption::adapted;
use super::lexer::{NOWHERE, Token, TokenKind};
use crate::diagnostics::{MacroPlaces, Origin, SourceOffset};
use crate::literal;
use std::fmt::Write as _;
use std::rc::Rc;

/// Tokens joined to a text.
pub(crate) struct ParserText {
    pub(crate) text: String,
    /// For each token, ascending, its offset in `text`.
    starts: Vec<u32>,
    places: Rc<MacroPlaces>,
}

/// One token of the text.
pub(crate) struct TextToken<'a> {
    /// Its offset in the text.
    pub(crate) start: usize,
    pub(crate) text: &'a str,
    /// Its offset in the user's source, or that of the macro that it came out of.
    pub(crate) at: u32,
}

impl ParserText {
    /// Joins tokens by single spaces, so that none is pasted to the next. The parser wants the double parentheses of an
    /// attribute in one piece.
    pub(crate) fn new(preprocessed: Preprocessed<'_>) -> Self {
        let tokens = adapted(preprocessed.tokens);
        let mut text = String::new();
        let mut starts = Vec::with_capacity(tokens.len());
        let mut origins = Vec::with_capacity(tokens.len());
        let mut attribute = None;
        for (index, token) in tokens.iter().enumerate() {
            starts.push(text.len() as u32);
            origins.push(Origin { at: token.at.0, spelled: (token.spelled != NOWHERE).then_some(token.spelled) });
            push_text(token, &mut text);
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
        let places = Rc::new(MacroPlaces { origins, definitions: preprocessed.definitions });
        Self { text, starts, places }
    }

    /// Where the tokens came from, for whoever shows errors.
    pub(crate) fn places(&self) -> Rc<MacroPlaces> {
        Rc::clone(&self.places)
    }

    /// Index of the token at, or next before, this offset.
    fn token_index(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }

    /// Where in the user's source the token at, or next before, this offset stands.
    pub(crate) fn origin(&self, offset: usize) -> SourceOffset {
        self.places.offset_of(self.token_index(offset))
    }

    /// All tokens, in order.
    pub(crate) fn tokens(&self) -> Vec<TextToken<'_>> {
        let ends = self.starts.iter().skip(1).copied().chain(std::iter::once(self.text.len() as u32));
        let tokens = self.starts.iter().zip(ends).zip(&self.places.origins);
        let token = |((start, end), origin): ((&u32, u32), &Origin)| {
            let text = self.text.get(*start as usize..end as usize).unwrap_or_default();
            TextToken { start: *start as usize, text: text.trim_end(), at: origin.at }
        };
        tokens.map(token).collect()
    }

    /// The token that begins at this offset; of a literal with blanks, its part before the first.
    pub(crate) fn token_at(&self, offset: usize) -> &str {
        let rest = self.text.get(offset..).unwrap_or_default();
        rest.split(' ').next().unwrap_or_default()
    }
}

/// Writes a token as the parser takes it: characters beyond ASCII and their names become escapes, of UTF-8 as gcc has it.
fn push_text(token: &Token<'_>, text: &mut String) {
    if token.kind != TokenKind::Literal {
        text.push_str(token.text);
        return;
    }
    let mut rest = token.text.strip_prefix("u8").unwrap_or(token.text);
    let is_wide = !rest.starts_with(['"', '\'']);
    while let Some(first) = rest.chars().next() {
        let (character, length) = literal::universal_character(rest).unwrap_or((first, first.len_utf8()));
        // Writing to a String cannot fail.
        if length == 1 {
            let is_escape = first == '\\';
            match rest.as_bytes().get(1) {
                Some(b'e') if is_escape => text.push_str("\\033"),
                Some(_) if is_escape && rest.is_char_boundary(2) => text.push_str(&rest[..2]),
                _ => text.push(first),
            }
            rest = rest.get(if is_escape { 2 } else { 1 }..).unwrap_or_default();
            continue;
        }
        if is_wide {
            let _ = write!(text, "\\x{:x}", u32::from(character));
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
        rest = &rest[length..];
    }
}
