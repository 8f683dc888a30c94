//! Writes what the parser's grammar lacks in ways that it has:
//!
//! - `_Alignas(x)`, which it does not know within structs, as the attribute `__alignas(sizeof(x))` ([`ALIGNAS`]);
//! - `sizeof(type){…}` with the compound literal in parentheses;
//! - attributes between `struct` and its tag after the closing brace, where they mean the same.

use super::lexer::{Token, TokenKind};

/// The attribute that stands for `_Alignas`; its argument is a `sizeof` of what `_Alignas` names.
pub(crate) const ALIGNAS: &str = "__alignas";

pub(super) fn adapted(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let is_concerned = |token: &Token<'_>| {
        token.kind == TokenKind::Identifier && matches!(token.text, "_Alignas" | "sizeof" | "__attribute__")
    };
    if !tokens.iter().any(is_concerned) {
        return tokens;
    }
    let mut adaption = Adaption { ends: ends(&tokens), output: Vec::with_capacity(tokens.len() + 16), tokens };
    let mut index = 0;
    let mut closings: Vec<(usize, Closing)> = Vec::new();
    while index < adaption.tokens.len() {
        index = adaption.step(index, &mut closings);
    }
    adaption.output
}

/// What is to be written after a token.
enum Closing {
    Words(&'static str),
    /// A run of tokens that was left out before.
    Tokens(usize, usize),
}

struct Adaption<'t> {
    tokens: Vec<Token<'t>>,
    /// For each opening bracket, the index of its closing one; 0 for anything else.
    ends: Vec<usize>,
    output: Vec<Token<'t>>,
}

impl<'t> Adaption<'t> {
    fn is(&self, index: usize, text: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| token.is(text))
    }

    /// The index of the bracket that closes the one at this index, if there is one.
    fn end(&self, index: usize, bracket: &str) -> Option<usize> {
        self.ends.get(index).copied().filter(|end| *end > 0 && self.is(index, bracket))
    }

    fn words(&mut self, like: usize, words: &'static str) {
        let Some(like) = self.tokens.get(like).copied() else { return };
        for text in words.split(' ') {
            let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            let kind = if is_word { TokenKind::Identifier } else { TokenKind::Punctuator };
            self.output.push(Token { kind, text, ..like });
        }
    }

    /// Writes the token at this index, or what stands for it; returns the index of the next.
    fn step(&mut self, index: usize, closings: &mut Vec<(usize, Closing)>) -> usize {
        let Some(token) = self.tokens.get(index).copied() else { return index + 1 };
        let mut next = index + 1;
        let word = if token.kind == TokenKind::Identifier { token.text } else { "" };
        match (word, self.end(next, "(")) {
            ("_Alignas", Some(end)) => {
                self.words(index, "__attribute__ ( ( __alignas ( sizeof");
                closings.push((end, Closing::Words(") ) )")));
            }
            ("sizeof", Some(end)) => {
                self.output.push(token);
                if let Some(end) = self.end(end + 1, "{") {
                    self.words(index, "(");
                    closings.push((end, Closing::Words(")")));
                }
            }
            ("struct" | "union" | "enum", None) => {
                self.output.push(token);
                let after = self.attributes_end(next);
                let brace = if self.is(after, "{") { after } else { after + 1 };
                if after > next
                    && let Some(end) = self.end(brace, "{")
                {
                    closings.push((end, Closing::Tokens(next, after)));
                    next = after;
                }
            }
            _ => self.output.push(token),
        }
        while let Some(position) = closings.iter().position(|(end, _)| *end == index) {
            match closings.remove(position).1 {
                Closing::Words(words) => self.words(index, words),
                Closing::Tokens(first, after) => {
                    self.output.extend_from_slice(self.tokens.get(first..after).unwrap_or_default());
                }
            }
        }
        next
    }

    /// The index after the attributes that begin at this one.
    fn attributes_end(&self, mut index: usize) -> usize {
        while (self.is(index, "__attribute__") || self.is(index, "__attribute"))
            && let Some(end) = self.end(index + 1, "(")
        {
            index = end + 1;
        }
        index
    }
}

fn ends(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut ends = vec![0; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Punctuator {
            continue;
        }
        match token.canonical() {
            "(" => open.push((index, ")")),
            "[" => open.push((index, "]")),
            "{" => open.push((index, "}")),
            closing @ (")" | "]" | "}") => {
                // What does not match is the parser's to refuse.
                if let Some((start, _)) = open.pop_if(|(_, expected)| *expected == closing)
                    && let Some(end) = ends.get_mut(start)
                {
                    *end = index;
                }
            }
            _ => {}
        }
    }
    ends
}
