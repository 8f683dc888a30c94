//! Macro expansion (C11 6.10.3.1 to 6.10.3.4): arguments, `#`, `##`, rescanning.
//!
//! Expansions that are being read form a stack. A macro whose expansion is on it does not expand, and a token that names
//! it then never will. The arguments of a macro may begin in one expansion and end behind it, in the source.

use super::directives::Preprocessor;
use super::lexer::{NOWHERE, Token, TokenKind, token_length};
use super::macros::Macro;
use crate::diagnostics::{Reported, SourceOffset};
use std::rc::Rc;

/// Calls of macros in arguments of calls may nest this deep. Bounds the native stack that expansion takes.
const MAX_NESTED_ARGUMENTS: u32 = 100;
/// Tokens that expansion may read and make in all: macros can grow a text exponentially, even when nothing stays of it.
const MAX_WORK: u32 = 1_000_000;
/// Bytes of all the texts that `#`, `##` and `__LINE__` may make.
const MAX_MADE_BYTES: usize = 1024 * 1024;

/// An expansion, or an argument, that is being read.
pub(super) struct Context<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
    /// The macro that this is the expansion of.
    of: Option<Rc<Macro<'t>>>,
}

/// The arguments of one call.
struct Arguments<'t> {
    as_written: Vec<Vec<Token<'t>>>,
    /// Expanded when first needed.
    expanded: Vec<Option<Vec<Token<'t>>>>,
}

impl<'t> Preprocessor<'t, '_> {
    /// The next token with no macros left in it.
    pub(super) fn next_expanded(&mut self) -> Result<Option<Token<'t>>, Reported> {
        let mut space = false;
        loop {
            let Some(mut token) = self.next_unexpanded()? else { return Ok(None) };
            token.space_before |= space;
            if token.kind != TokenKind::Identifier || token.painted {
                return Ok(Some(token));
            }
            if let Some(value) = self.dynamic(&token)? {
                return Ok(Some(value));
            }
            let Some(definition) = self.macros.get(token.text).map(Rc::clone) else { return Ok(Some(token)) };
            if definition.in_use.get() > 0 {
                token.painted = true;
                return Ok(Some(token));
            }
            let arguments = if definition.parameters.is_some() {
                if !self.call_follows()? {
                    return Ok(Some(token));
                }
                match self.arguments(&token, &definition)? {
                    Some(arguments) => arguments,
                    // Reported: the call counts as nothing.
                    None => continue,
                }
            } else {
                Vec::new()
            };
            let body = self.substituted(&token, &definition, arguments)?;
            // Of an expansion without tokens, the space before it stays.
            space = token.space_before && body.is_empty();
            self.enter(body, Some(definition));
        }
    }

    /// All tokens of a list with no macros left in them, apart from what is being read now. For a condition, `defined X`
    /// becomes 1 or 0 on the way.
    pub(super) fn expanded(&mut self, tokens: Vec<Token<'t>>, is_condition: bool) -> Result<Vec<Token<'t>>, Reported> {
        self.nested_arguments += 1;
        if self.nested_arguments > MAX_NESTED_ARGUMENTS {
            let at = tokens.first().map_or(SourceOffset(0), |token| token.at);
            return Err(self.reports.report(at, "macros use each other too deeply"));
        }
        let floor = self.floor.replace(self.contexts.len());
        self.enter(tokens, None);
        let mut output = Vec::new();
        while let Some(token) = self.next_expanded()? {
            output.push(if is_condition && token.is("defined") { self.defined(token)? } else { token });
        }
        self.floor = floor;
        self.nested_arguments -= 1;
        Ok(output)
    }

    /// `defined X` and `defined(X)` (C11 6.10.1 §1), of which the word has been read.
    fn defined(&mut self, word: Token<'t>) -> Result<Token<'t>, Reported> {
        let mut name = self.next_unexpanded()?;
        let in_parentheses = name.is_some_and(|token| token.is("("));
        if in_parentheses {
            name = self.next_unexpanded()?;
        }
        let name = name.filter(|token| token.kind == TokenKind::Identifier);
        if in_parentheses && !self.next_unexpanded()?.is_some_and(|token| token.is(")")) || name.is_none() {
            return Ok(word);
        }
        let text = if name.is_some_and(|name| self.macros.is_defined(name.text)) { "1" } else { "0" };
        Ok(Token { kind: TokenKind::Number, text, ..word })
    }

    fn enter(&mut self, tokens: Vec<Token<'t>>, of: Option<Rc<Macro<'t>>>) {
        if let Some(definition) = &of {
            definition.in_use.set(definition.in_use.get() + 1);
        }
        self.contexts.push(Context { tokens, next: 0, of });
    }

    fn leave(&mut self) {
        if let Some(Context { of: Some(definition), .. }) = self.contexts.pop() {
            definition.in_use.set(definition.in_use.get().saturating_sub(1));
        }
    }

    /// Whether there are expansions left to read, rather than source.
    fn is_in_context(&self) -> bool {
        self.contexts.len() > self.floor.unwrap_or(0)
    }

    /// The next token as it stands.
    fn next_unexpanded(&mut self) -> Result<Option<Token<'t>>, Reported> {
        while self.is_in_context() {
            if let Some(context) = self.contexts.last_mut()
                && let Some(token) = context.tokens.get(context.next).copied()
            {
                context.next += 1;
                self.work(token.at, 1)?;
                return Ok(Some(token));
            }
            self.leave();
        }
        if self.floor.is_some() { Ok(None) } else { self.source_token() }
    }

    /// Whether a `(` comes next. Leaves expansions that have been read to their end.
    fn call_follows(&mut self) -> Result<bool, Reported> {
        while self.is_in_context() {
            if let Some(context) = self.contexts.last()
                && let Some(token) = context.tokens.get(context.next)
            {
                return Ok(token.is("("));
            }
            self.leave();
        }
        if self.floor.is_some() {
            return Ok(false);
        }
        let token = self.source_token()?;
        self.pushed_back = token;
        Ok(token.is_some_and(|token| token.is("(")))
    }

    fn work(&mut self, at: SourceOffset, amount: usize) -> Result<(), Reported> {
        self.worked = self.worked.saturating_add(amount as u32);
        if self.worked > MAX_WORK {
            return Err(self.reports.report(at, "the source is too long after macro expansion"));
        }
        Ok(())
    }

    /// Reads the arguments of a call, from `(` to `)`. `None` when they do not fit, which is reported.
    fn arguments(&mut self, name: &Token<'t>, definition: &Macro<'t>) -> Result<Option<Vec<Vec<Token<'t>>>>, Reported> {
        let wanted = definition.parameters.as_ref().map_or(0, Vec::len);
        let mut arguments = vec![Vec::new()];
        let mut depth = 0_usize;
        self.next_unexpanded()?;
        loop {
            let Some(mut token) = self.next_unexpanded()? else {
                self.fault(name.at, format!("the arguments of macro '{}' do not end: missing ')'", name.text));
                return Ok(None);
            };
            let in_rest = definition.is_variadic && arguments.len() == wanted;
            if token.is("(") {
                depth += 1;
            } else if token.is(")") {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            } else if token.is(",") && depth == 0 && !in_rest {
                arguments.push(Vec::new());
                continue;
            } else if token.kind == TokenKind::Identifier {
                token.painted |= self.macros.get(token.text).is_some_and(|found| found.in_use.get() > 0);
            }
            if let Some(argument) = arguments.last_mut() {
                argument.push(token);
            }
        }
        let is_empty = arguments.len() == 1 && arguments[0].is_empty();
        if wanted == 0 && is_empty {
            arguments.clear();
        } else if definition.is_variadic && arguments.len() + 1 == wanted {
            arguments.push(Vec::new());
        }
        if arguments.len() == wanted {
            return Ok(Some(arguments));
        }
        let (least, given) = (if definition.is_variadic { "at least " } else { "" }, arguments.len());
        let wanted = wanted - usize::from(definition.is_variadic);
        let noun = if wanted == 1 { "argument" } else { "arguments" };
        self.fault(name.at, format!("macro '{}' takes {least}{wanted} {noun}, not {given}", name.text));
        Ok(None)
    }

    /// The body with arguments in the place of parameters, and `#` and `##` done.
    fn substituted(
        &mut self,
        name: &Token<'t>,
        definition: &Macro<'t>,
        arguments: Vec<Vec<Token<'t>>>,
    ) -> Result<Vec<Token<'t>>, Reported> {
        let mut arguments = Arguments { expanded: vec![None; arguments.len()], as_written: arguments };
        let body = &definition.body;
        let mut output: Vec<Token<'t>> = Vec::with_capacity(body.len());
        let mut index = 0;
        while let Some(token) = body.get(index) {
            let pastes = index > 0 && body[index - 1].is("##");
            if token.is("##") && index > 0 {
                index += 1;
                continue;
            }
            let token = placed(token, name, definition);
            if pastes
                && definition.parameter(&token).is_some_and(|parameter| definition.takes_rest(parameter))
                && index.checked_sub(2).is_some_and(|before| body[before].is(","))
            {
                // GNU C: in `, ## __VA_ARGS__` the comma stays only where arguments follow.
                let rest = arguments.as_written.last().cloned().unwrap_or_default();
                if rest.is_empty() && output.last().is_some_and(|last| last.is(",")) {
                    output.pop();
                }
                self.work(name.at, rest.len())?;
                output.extend(rest);
                index += 1;
                continue;
            }
            let next_is = |text: &str| body.get(index + 1).is_some_and(|next| next.is(text));
            let piece = if token.is("#") && definition.parameters.is_some() {
                index += 1;
                let parameter = body.get(index).and_then(|token| definition.parameter(token)).unwrap_or(0);
                vec![self.stringified(token, arguments.as_written.get(parameter).map_or(&[], Vec::as_slice))?]
            } else if let Some(parameter) = definition.parameter(&token) {
                let as_written = pastes || next_is("##");
                self.argument(&mut arguments, parameter, &token, as_written)?
            } else {
                vec![token]
            };
            self.work(name.at, piece.len())?;
            let mut piece = piece.into_iter();
            if pastes && let (Some(left), Some(right)) = (output.pop(), piece.next()) {
                let pasted = self.pasted(left, right, name.at)?;
                output.push(pasted);
            }
            output.extend(piece);
            index += 1;
        }
        Ok(without_placemarkers(output, name.space_before))
    }

    /// What stands for a parameter: the argument as it is next to `##`, expanded anywhere else.
    fn argument(
        &mut self,
        arguments: &mut Arguments<'t>,
        parameter: usize,
        token: &Token<'t>,
        as_written: bool,
    ) -> Result<Vec<Token<'t>>, Reported> {
        let Some(written) = arguments.as_written.get(parameter) else { return Ok(Vec::new()) };
        let mut tokens = if as_written {
            written.clone()
        } else {
            match arguments.expanded.get(parameter).cloned().flatten() {
                Some(expanded) => expanded,
                None => {
                    let expanded = self.expanded(written.clone(), false)?;
                    if let Some(slot) = arguments.expanded.get_mut(parameter) {
                        *slot = Some(expanded.clone());
                    }
                    expanded
                }
            }
        };
        match tokens.first_mut() {
            Some(first) => first.space_before = token.space_before,
            None => tokens.push(Token { kind: TokenKind::Placemarker, text: "", ..*token }),
        }
        Ok(tokens)
    }

    /// `#`: the spelling of an argument as a string literal (C11 6.10.3.2).
    fn stringified(&mut self, hash: Token<'t>, argument: &[Token<'t>]) -> Result<Token<'t>, Reported> {
        let mut text = String::from("\"");
        for (index, token) in argument.iter().enumerate() {
            if index > 0 && token.space_before {
                text.push(' ');
            }
            for character in token.text.chars() {
                if token.kind == TokenKind::Literal && matches!(character, '"' | '\\') {
                    text.push('\\');
                }
                text.push(character);
            }
        }
        text.push('"');
        let text = self.keep(text, hash.at)?;
        // A lone backslash in the argument may make something else of it.
        let kind = match token_length(text) {
            (TokenKind::Literal, length) if length == text.len() => TokenKind::Literal,
            _ => TokenKind::Invalid,
        };
        Ok(Token { kind, text, ..hash })
    }

    /// `##`: two tokens become one (C11 6.10.3.3).
    fn pasted(&mut self, left: Token<'t>, right: Token<'t>, at: SourceOffset) -> Result<Token<'t>, Reported> {
        if left.kind == TokenKind::Placemarker {
            return Ok(Token { space_before: left.space_before, ..right });
        }
        if right.kind == TokenKind::Placemarker {
            return Ok(left);
        }
        let joined = [left.text, right.text].concat();
        let (kind, length) = token_length(&joined);
        if length != joined.len() || kind == TokenKind::Invalid || joined.starts_with("//") || joined.starts_with("/*")
        {
            self.fault(at, format!("'##' makes no token of '{}' and '{}'", left.text, right.text));
            return Ok(left);
        }
        let text = self.keep(joined, at)?;
        Ok(Token { kind, text, painted: false, ..left })
    }

    /// Macros that are different at each use (C11 6.10.8.1).
    fn dynamic(&mut self, token: &Token<'t>) -> Result<Option<Token<'t>>, Reported> {
        let text = match token.text {
            "__LINE__" => self.line_of(token.at).to_string(),
            "__FILE__" => ["\"", &self.file_name, "\""].concat(),
            "__COUNTER__" => {
                self.counter += 1;
                (self.counter - 1).to_string()
            }
            "__DATE__" | "__TIME__" | "__TIMESTAMP__" => {
                self.fault(
                    token.at,
                    format!("'{}' is not available: a function is compiled when it is called", token.text),
                );
                "\"\"".to_owned()
            }
            _ => return Ok(None),
        };
        let kind = if text.starts_with('"') { TokenKind::Literal } else { TokenKind::Number };
        let text = self.keep(text, token.at)?;
        Ok(Some(Token { kind, text, ..*token }))
    }

    /// Keeps a text that was made, for as long as the tokens live.
    fn keep(&mut self, text: String, at: SourceOffset) -> Result<&'t str, Reported> {
        self.made_bytes = self.made_bytes.saturating_add(text.len());
        if self.made_bytes > MAX_MADE_BYTES {
            return Err(self.reports.report(at, "the source is too long after macro expansion"));
        }
        self.texts = self.texts.push(text);
        Ok(self.texts.text())
    }
}

/// A token of a macro's body, as if it stood where the macro is used.
fn placed<'t>(token: &Token<'t>, name: &Token<'t>, definition: &Macro<'t>) -> Token<'t> {
    let spelled = if definition.from_header { NOWHERE } else { token.at.0 };
    Token { at: name.at, spelled, starts_line: false, ..*token }
}

/// Drops what stood for empty arguments; the space before one stays, before the token that follows. The first token has
/// the space of the macro's name.
fn without_placemarkers<'t>(mut tokens: Vec<Token<'t>>, space_before: bool) -> Vec<Token<'t>> {
    if let Some(first) = tokens.first_mut() {
        first.space_before = space_before;
    }
    let mut space = false;
    tokens.retain_mut(|token| {
        token.space_before |= space;
        let is_placemarker = token.kind == TokenKind::Placemarker;
        space = is_placemarker && token.space_before;
        !is_placemarker
    });
    tokens
}
