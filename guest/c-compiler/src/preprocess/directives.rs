//! Obeys directives line by line, and hands the lines between them to macro expansion.

use super::conditions;
use super::headers::{self, Headers};
use super::lexer::{Token, TokenKind};
use super::macros::Macros;
use super::{MAX_TOKENS, Preprocessed};
use crate::diagnostics::{Reported, Reports};

/// C11 5.2.4.1 asks for 63 levels of conditional inclusion.
const MAX_CONDITION_DEPTH: usize = 63;

/// One `#if` … `#endif` that is open.
struct Condition<'t> {
    opened_by: Token<'t>,
    /// The lines of the present branch stay.
    active: bool,
    /// Some branch before was active, or the whole stands in lines that do not stay.
    taken: bool,
    else_seen: bool,
}

/// One run over a source.
pub(super) struct Preprocessor<'t, 'r> {
    macros: Macros<'t>,
    conditions: Vec<Condition<'t>>,
    headers: Headers,
    included: Vec<String>,
    output: Vec<Token<'t>>,
    reports: &'r mut Reports,
}

impl<'t, 'r> Preprocessor<'t, 'r> {
    pub(super) fn new(reports: &'r mut Reports) -> Self {
        Self {
            macros: Macros::default(),
            conditions: Vec::new(),
            headers: Headers::default(),
            included: Vec::new(),
            output: Vec::new(),
            reports,
        }
    }

    /// Preprocesses all tokens; goes on after a bad directive, to report all of them.
    pub(super) fn run(mut self, tokens: &[Token<'t>]) -> Result<Preprocessed<'t>, Reported> {
        let mut failed = None;
        let mut index = 0;
        while index < tokens.len() {
            let is_directive = tokens[index].starts_line && tokens[index].is("#");
            let length = if is_directive { line_length(&tokens[index..]) } else { text_length(&tokens[index..]) };
            let part = &tokens[index..index + length];
            index += length;
            let result = if is_directive {
                self.directive(&part[1..])
            } else if self.lines_stay() {
                self.macros.expand(part, &mut self.output, self.reports)
            } else {
                Ok(())
            };
            if let Err(reported) = result {
                failed = Some(reported);
            }
        }
        if let Some(open) = self.conditions.last() {
            failed = Some(self.reports.report(open.opened_by.at, format!("#{} without #endif", open.opened_by.text)));
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(Preprocessed { tokens: self.output, headers: self.headers }),
        }
    }

    fn lines_stay(&self) -> bool {
        self.conditions.last().is_none_or(|condition| condition.active)
    }

    fn directive(&mut self, line: &[Token<'t>]) -> Result<(), Reported> {
        // A lone `#` is the null directive (C11 6.10.7).
        let Some((name, rest)) = line.split_first() else { return Ok(()) };
        match name.text {
            "if" | "ifdef" | "ifndef" => return self.open_condition(name, rest),
            "elif" | "else" | "endif" => return self.next_branch(name, rest),
            _ if !self.lines_stay() => return Ok(()),
            _ => {}
        }
        match name.text {
            "define" => self.macros.define(name, rest, self.reports),
            "undef" => match rest.first() {
                Some(target) if target.kind == TokenKind::Identifier => {
                    self.macros.undefine(target.text);
                    Ok(())
                }
                _ => Err(self.reports.report(name.at, "#undef needs a name")),
            },
            "include" => self.include(name, rest),
            "pragma" => Ok(()),
            "error" => {
                let words: Vec<&str> = rest.iter().map(|token| token.text).collect();
                Err(self.reports.report(name.at, format!("#error {}", words.join(" "))))
            }
            other => Err(self.reports.report(name.at, format!("directive #{other} is not supported"))),
        }
    }

    fn open_condition(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        if self.conditions.len() >= MAX_CONDITION_DEPTH {
            return Err(self.reports.report(name.at, "conditions are nested too deeply"));
        }
        let stays = self.lines_stay();
        let verdict = if stays { self.verdict(name, rest) } else { Ok(false) };
        let active = stays && *verdict.as_ref().unwrap_or(&false);
        let taken = active || !stays;
        self.conditions.push(Condition { opened_by: *name, active, taken, else_seen: false });
        verdict.map(|_| ())
    }

    fn verdict(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<bool, Reported> {
        if name.is("if") || name.is("elif") {
            return conditions::holds(name, rest, &self.macros, self.reports);
        }
        match rest.first() {
            Some(target) if target.kind == TokenKind::Identifier => {
                Ok(self.macros.is_defined(target.text) == name.is("ifdef"))
            }
            _ => Err(self.reports.report(name.at, format!("#{} needs a name", name.text))),
        }
    }

    fn next_branch(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        let Some(condition) = self.conditions.last() else {
            return Err(self.reports.report(name.at, format!("#{} without #if", name.text)));
        };
        if name.is("endif") {
            self.conditions.pop();
            return Ok(());
        }
        if condition.else_seen {
            return Err(self.reports.report(name.at, format!("#{} after #else", name.text)));
        }
        let verdict = match (condition.taken, name.is("else")) {
            (true, _) => Ok(false),
            (false, true) => Ok(true),
            (false, false) => self.verdict(name, rest),
        };
        if let Some(condition) = self.conditions.last_mut() {
            condition.active = *verdict.as_ref().unwrap_or(&false);
            condition.taken |= condition.active;
            condition.else_seen = name.is("else");
        }
        verdict.map(|_| ())
    }

    fn include(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        let written: String = rest.iter().map(|token| token.text).collect();
        let Some(wanted) = written.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
            return Err(self.reports.report(name.at, format!("header {written} is not available")));
        };
        let Some(header) = headers::header(wanted) else {
            return Err(self.reports.report(name.at, format!("header <{wanted}> is not available")));
        };
        self.headers.math |= wanted == "math.h";
        self.headers.stdlib |= wanted == "stdlib.h";
        for (macro_name, body) in header.macros {
            let body = header_tokens(body, name);
            self.macros.define_from_header(macro_name, body);
        }
        for type_name in header.types {
            // Several headers define size_t; C11 allows the same typedef twice, the parser need not know.
            if !self.included.iter().any(|included| included == type_name) && self.output.len() < MAX_TOKENS {
                self.included.push((*type_name).to_owned());
                self.output.push(header_token("typedef", name));
                self.output.extend(headers::type_words(type_name).split(' ').map(|word| header_token(word, name)));
                self.output.push(header_token(type_name, name));
                self.output.push(header_token(";", name));
            }
        }
        Ok(())
    }
}

/// Tokens up to, not including, the next that starts a line.
fn line_length(tokens: &[Token<'_>]) -> usize {
    1 + tokens.iter().skip(1).take_while(|token| !token.starts_line).count()
}

/// Tokens up to, not including, the next directive.
fn text_length(tokens: &[Token<'_>]) -> usize {
    1 + tokens.iter().skip(1).take_while(|token| !(token.starts_line && token.is("#"))).count()
}

fn header_token<'t>(text: &'static str, directive: &Token<'t>) -> Token<'t> {
    let kind = match text.as_bytes().first() {
        Some(byte) if byte.is_ascii_digit() => TokenKind::Number,
        Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => TokenKind::Identifier,
        _ => TokenKind::Punctuator,
    };
    Token { kind, text, at: directive.at, starts_line: false, space_before: false }
}

/// Splits the replacement of a header's macro, which consists of words, numbers and one-character punctuators.
fn header_tokens<'t>(mut text: &'static str, directive: &Token<'t>) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    while let Some(first) = text.bytes().next() {
        let is_word = first.is_ascii_alphanumeric() || first == b'_';
        // The exponents of header constants are written with an explicit sign only after `p`.
        let mut after_exponent = false;
        let length = if is_word {
            text.bytes()
                .take_while(|byte| {
                    let belongs = byte.is_ascii_alphanumeric()
                        || matches!(byte, b'_' | b'.')
                        || (after_exponent && *byte == b'-');
                    after_exponent = *byte == b'p';
                    belongs
                })
                .count()
        } else {
            1
        };
        let (word, rest) = text.split_at(length);
        tokens.push(header_token(word, directive));
        text = rest;
    }
    tokens
}
