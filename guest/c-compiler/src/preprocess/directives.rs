//! Obeys directives line by line, and hands the lines between them to macro expansion.

use super::Preprocessed;
use super::conditions;
use super::headers::{self, Headers};
use super::lexer::{self, Token, TokenKind};
use super::library::Library;
use super::macros::Macros;
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
    library: Library<'t>,
    output: Vec<Token<'t>>,
    reports: &'r mut Reports,
}

impl<'t, 'r> Preprocessor<'t, 'r> {
    pub(super) fn new(reports: &'r mut Reports) -> Self {
        Self {
            macros: Macros::default(),
            conditions: Vec::new(),
            headers: Headers::default(),
            library: Library::default(),
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
            None => {
                let mut tokens = self.library.needed(&self.output);
                tokens.append(&mut self.output);
                Ok(Preprocessed { tokens, headers: self.headers })
            }
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
            return Err(self.reports.report(name.at, headers::refusal(&written)));
        };
        let Some(text) = headers::text(wanted) else {
            return Err(self.reports.report(name.at, headers::refusal(&written)));
        };
        self.headers.math |= wanted == "math.h";
        self.headers.stdlib |= wanted == "stdlib.h";
        self.read_header(name, text)
    }

    /// Obeys the directives of a header, and keeps its declarations for whoever needs them.
    fn read_header(&mut self, directive: &Token<'t>, text: &'static str) -> Result<(), Reported> {
        let tokens = lexer::tokens(text, |_| directive.at, self.reports)?;
        let mut rest = tokens.as_slice();
        while let Some(first) = rest.first() {
            let is_directive = first.starts_line && first.is("#");
            let length = if is_directive { line_length(rest) } else { text_length(rest) };
            let (part, after) = rest.split_at(length);
            rest = after;
            if is_directive {
                self.directive(&part[1..])?;
            } else if self.lines_stay() {
                part.iter().for_each(|token| self.library.push(*token));
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
