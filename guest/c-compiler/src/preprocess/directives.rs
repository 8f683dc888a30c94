//! Reads a source, obeys its directives (C11 6.10) on the way, and hands out what lies between them.

use super::expansion::Context;
use super::headers::{self, Headers};
use super::lexer::{Lexer, Token, TokenKind};
use super::library::Library;
use super::macros::Macros;
use super::texts::Texts;
use super::{MAX_TOKENS, Preprocessed, Spliced, conditions};
use crate::diagnostics::{LineTable, Reported, Reports, SourceOffset};
use crate::literal;

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
    /// The source, and above it the headers that are being read.
    files: Vec<Lexer<'t>>,
    /// A token that was read too far.
    pub(super) pushed_back: Option<Token<'t>>,
    pub(super) macros: Macros<'t>,
    conditions: Vec<Condition<'t>>,
    pub(super) contexts: Vec<Context<'t>>,
    /// How many of the contexts are out of reach now, and the source with them.
    pub(super) floor: Option<usize>,
    pub(super) nested_arguments: u32,
    pub(super) worked: u32,
    pub(super) texts: &'t Texts,
    pub(super) made_bytes: usize,
    pub(super) counter: u32,
    pub(super) file_name: String,
    lines: LineTable,
    /// What `#line` adds to the numbers of lines.
    line_shift: i64,
    headers: Headers,
    /// Names of the headers that need not be read again.
    included: Vec<&'static str>,
    library: Library<'t>,
    output: Vec<Token<'t>>,
    pub(super) reports: &'r mut Reports,
    /// The first error that makes the rest of the source mean something else.
    failed: Option<Reported>,
}

impl<'t, 'r> Preprocessor<'t, 'r> {
    pub(super) fn new(spliced: &'t Spliced<'t>, texts: &'t Texts, reports: &'r mut Reports) -> Self {
        Self {
            files: vec![Lexer::of_source(spliced)],
            pushed_back: None,
            macros: Macros::default(),
            conditions: Vec::new(),
            contexts: Vec::new(),
            floor: None,
            nested_arguments: 0,
            worked: 0,
            texts,
            made_bytes: 0,
            counter: 0,
            file_name: crate::diagnostics::FILE_NAME.to_owned(),
            lines: LineTable::new(spliced.source),
            line_shift: 0,
            headers: Headers::default(),
            included: Vec::new(),
            library: Library::default(),
            output: Vec::new(),
            reports,
            failed: None,
        }
    }

    /// Preprocesses all of it; goes on after errors, to report all of them.
    pub(super) fn run(mut self) -> Result<Preprocessed<'t>, Reported> {
        self.read_header(headers::PREDEFINED, SourceOffset(0))?;
        while let Some(token) = self.next_expanded()? {
            if token.is("_Pragma") {
                self.pragma_operator(token)?;
            } else {
                self.put_out(token)?;
            }
        }
        if let Some(open) = self.conditions.last() {
            let message = format!("#{} without #endif", open.opened_by.text);
            self.failed = Some(self.reports.report(open.opened_by.at, message));
        }
        if let Some(reported) = self.failed {
            return Err(reported);
        }
        let mut tokens = self.library.needed(&self.output);
        tokens.append(&mut self.output);
        Ok(Preprocessed { tokens, headers: self.headers, definitions: self.macros.definitions })
    }

    fn put_out(&mut self, mut token: Token<'t>) -> Result<(), Reported> {
        match token.kind {
            TokenKind::Invalid => {
                let message = token.fault();
                self.fault(token.at, message);
                return Ok(());
            }
            TokenKind::Literal => {
                let is_wide =
                    token.text.ends_with('"') && token.text.starts_with(['L', 'U']) || token.text.starts_with("u\"");
                let problem = if is_wide {
                    Some("strings of wide characters (L, u, U) are not supported")
                } else if token.text.ends_with('"') {
                    literal::string(token.text).err()
                } else {
                    literal::character(token.text).err()
                };
                if let Some(problem) = problem {
                    self.fault(token.at, problem);
                }
            }
            TokenKind::Punctuator => token.text = token.canonical(),
            _ => {}
        }
        if self.output.len() >= MAX_TOKENS {
            return Err(self.reports.report(token.at, "the source is too long after macro expansion"));
        }
        self.output.push(token);
        Ok(())
    }

    /// An error that concerns nothing but its own place.
    pub(super) fn fault(&mut self, at: SourceOffset, message: impl Into<String>) {
        self.reports.report(at, message);
    }

    /// An error after which the rest of the source cannot be understood, but for more errors of this kind.
    fn failure(&mut self, at: SourceOffset, message: impl Into<String>) {
        self.failed = Some(self.reports.report(at, message));
    }

    /// The number of a place's line, as `#line` has it.
    pub(super) fn line_of(&self, at: SourceOffset) -> i64 {
        i64::from(self.lines.line(at)) + self.line_shift
    }

    fn lines_stay(&self) -> bool {
        self.conditions.last().is_none_or(|condition| condition.active)
    }

    /// The next token of the present file that is no directive and stays; directives before it are obeyed.
    pub(super) fn source_token(&mut self) -> Result<Option<Token<'t>>, Reported> {
        if let Some(token) = self.pushed_back.take() {
            return Ok(Some(token));
        }
        loop {
            let Some(token) = self.files.last_mut().and_then(Lexer::next) else { return Ok(None) };
            if token.starts_line && token.is("#") {
                let line = self.files.last_mut().map(Lexer::rest_of_line).unwrap_or_default();
                self.directive(&line)?;
            } else if self.lines_stay() {
                return Ok(Some(token));
            } else if token.kind == TokenKind::Invalid && token.text.starts_with("/*") {
                let message = token.fault();
                self.failure(token.at, message);
            }
        }
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
            "define" => {
                let from_header = self.files.last().is_some_and(Lexer::is_header);
                if let Err((at, message)) = self.macros.define(name, rest, from_header) {
                    self.failure(at, message);
                }
            }
            "undef" => match rest.first() {
                Some(target) if target.kind == TokenKind::Identifier => self.macros.undefine(target.text),
                _ => self.failure(name.at, "#undef needs a name"),
            },
            "include" => return self.include(name, rest),
            "line" => return self.line(name, rest),
            "pragma" => self.pragma(name.at, rest.first().map_or("", |first| first.text)),
            "warning" | "ident" | "sccs" => {}
            "error" => {
                let mut message = String::from("#error");
                for token in rest {
                    if token.space_before {
                        message.push(' ');
                    }
                    message.push_str(token.text);
                }
                self.failure(name.at, message);
            }
            other => self.failure(name.at, format!("directive #{other} is not supported")),
        }
        Ok(())
    }

    fn open_condition(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        if self.conditions.len() >= MAX_CONDITION_DEPTH {
            return Err(self.reports.report(name.at, "conditions are nested too deeply"));
        }
        let stays = self.lines_stay();
        let active = stays && self.verdict(name, rest)?;
        self.conditions.push(Condition { opened_by: *name, active, taken: active || !stays, else_seen: false });
        Ok(())
    }

    fn verdict(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<bool, Reported> {
        if name.is("if") || name.is("elif") {
            let tokens = self.expanded(rest.to_vec(), true)?;
            return Ok(conditions::holds(name, &tokens).unwrap_or_else(|(at, message)| {
                self.failure(at, message);
                false
            }));
        }
        match rest.first() {
            Some(target) if target.kind == TokenKind::Identifier => {
                Ok(self.macros.is_defined(target.text) == name.is("ifdef"))
            }
            _ => {
                self.failure(name.at, format!("#{} needs a name", name.text));
                Ok(false)
            }
        }
    }

    fn next_branch(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        let Some(condition) = self.conditions.last() else {
            self.failure(name.at, format!("#{} without #if", name.text));
            return Ok(());
        };
        if name.is("endif") {
            self.conditions.pop();
            return Ok(());
        }
        if condition.else_seen {
            self.failure(name.at, format!("#{} after #else", name.text));
            return Ok(());
        }
        let active = !condition.taken && (name.is("else") || self.verdict(name, rest)?);
        if let Some(condition) = self.conditions.last_mut() {
            condition.active = active;
            condition.taken |= active;
            condition.else_seen = name.is("else");
        }
        Ok(())
    }

    fn include(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        let is_written = rest.first().is_some_and(|first| first.is("<") || first.text.starts_with('"'));
        let expanded = if is_written { rest.to_vec() } else { self.expanded(rest.to_vec(), false)? };
        let written: String = expanded.iter().map(|token| token.text).collect();
        let inner = |open: char, close: char| written.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let Some(wanted) = inner('<', '>').or_else(|| inner('"', '"')) else {
            self.failure(name.at, "#include needs the name of a header: <math.h> for example");
            return Ok(());
        };
        let Some((known, text)) = headers::header(wanted) else {
            let message = headers::refusal(&written);
            self.failure(name.at, message);
            return Ok(());
        };
        self.headers.math |= wanted == "math.h";
        self.headers.stdlib |= wanted == "stdlib.h";
        self.headers.errno |= wanted == "errno.h";
        if self.included.contains(&known) {
            return Ok(());
        }
        // `<assert.h>` means something else after NDEBUG, each time (C11 7.2 §1).
        if known != "assert.h" {
            self.included.push(known);
        }
        self.read_header(text, name.at)
    }

    /// Obeys the directives of a header, and keeps its declarations for whoever needs them.
    fn read_header(&mut self, text: &'static str, place: SourceOffset) -> Result<(), Reported> {
        self.files.push(Lexer::of_text(text, place));
        while let Some(token) = self.source_token()? {
            self.library.push(token);
        }
        self.files.pop();
        Ok(())
    }

    /// `#line` (C11 6.10.4): for `__LINE__` and `__FILE__` only. Errors name the true lines.
    fn line(&mut self, name: &Token<'t>, rest: &[Token<'t>]) -> Result<(), Reported> {
        let tokens = self.expanded(rest.to_vec(), false)?;
        let number = tokens.first().filter(|token| token.text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|token| token.text.parse::<i32>().ok()).filter(|number| *number > 0);
        let file_name = tokens.get(1).map(|token| token.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')));
        match (number, file_name) {
            (Some(number), None | Some(Some(_))) if tokens.len() <= 2 => {
                self.line_shift = i64::from(number) - i64::from(self.lines.line(name.at)) - 1;
                if let Some(Some(file_name)) = file_name {
                    self.file_name = file_name.to_owned();
                }
            }
            _ => self.failure(name.at, "#line needs a number, and may have a file name in quotation marks"),
        }
        Ok(())
    }

    /// Pragmas are hints, but for the one that would change what the code means.
    fn pragma(&mut self, at: SourceOffset, word: &str) {
        if word == "pack" {
            self.failure(at, "#pragma pack is not supported");
        }
    }

    /// `_Pragma("…")` (C11 6.10.9), of which the word has been read.
    fn pragma_operator(&mut self, word: Token<'t>) -> Result<(), Reported> {
        let open = self.next_expanded()?;
        let text = self.next_expanded()?;
        let close = self.next_expanded()?;
        let text = text.filter(|token| token.kind == TokenKind::Literal).map(|token| literal::string(token.text));
        match text {
            Some(Ok(text)) if open.is_some_and(|token| token.is("(")) && close.is_some_and(|token| token.is(")")) => {
                let text = String::from_utf8_lossy(&text);
                self.pragma(
                    word.at,
                    text.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default(),
                );
            }
            _ => self.fault(word.at, "_Pragma takes a string in parentheses"),
        }
        Ok(())
    }
}
