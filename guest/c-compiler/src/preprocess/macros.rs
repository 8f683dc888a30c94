//! Macro definitions and their expansion (C11 6.10.3), without `#`, `##` and variable arguments.

use super::lexer::{Token, TokenKind};
use super::{MAX_TOKENS, lexer};
use crate::diagnostics::{Reported, Reports, SourceOffset};
use std::collections::HashMap;

/// Macros may use each other this deep. Bounds the native stack that expansion takes.
const MAX_MACRO_DEPTH: usize = 40;
/// Most parameters of one macro; C11 5.2.4.1 asks for 127.
const MAX_PARAMETERS: usize = 127;

/// One `#define`.
pub(super) struct Macro<'t> {
    /// `None` for an object-like macro.
    pub(super) parameters: Option<Vec<&'t str>>,
    pub(super) body: Vec<Token<'t>>,
}

/// All macros defined at one point of the source.
#[derive(Default)]
pub(super) struct Macros<'t> {
    defined: HashMap<&'t str, Macro<'t>>,
}

impl<'t> Macros<'t> {
    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.defined.contains_key(name)
    }

    pub(super) fn undefine(&mut self, name: &str) {
        self.defined.remove(name);
    }

    /// Obeys the line of a `#define`, of which `line` is what follows that word.
    pub(super) fn define(
        &mut self,
        directive: &Token<'t>,
        line: &[Token<'t>],
        reports: &mut Reports,
    ) -> Result<(), Reported> {
        let Some((name, rest)) = line.split_first().filter(|(name, _)| name.kind == TokenKind::Identifier) else {
            return Err(reports.report(directive.at, "#define needs a name"));
        };
        let (parameters, body) = match rest.first() {
            Some(open) if open.is("(") && !open.space_before => {
                let (parameters, used) = parameters(name, &rest[1..], reports)?;
                (Some(parameters), &rest[1 + used..])
            }
            _ => (None, rest),
        };
        if let Some(hash) = body.iter().find(|token| token.is("#") || token.is("##")) {
            return Err(reports.report(hash.at, "'#' and '##' in macros are not supported"));
        }
        self.defined.insert(name.text, Macro { parameters, body: body.to_vec() });
        Ok(())
    }

    /// Appends the expansion of `tokens` to `output`.
    pub(super) fn expand(
        &self,
        tokens: &[Token<'t>],
        output: &mut Vec<Token<'t>>,
        reports: &mut Reports,
    ) -> Result<(), Reported> {
        Expansion { macros: self, active: Vec::new(), reports }.expand(tokens, output)
    }
}

/// The parameter names of a function-like macro, and how many tokens they took, `)` included.
fn parameters<'t>(
    name: &Token<'t>,
    tokens: &[lexer::Token<'t>],
    reports: &mut Reports,
) -> Result<(Vec<&'t str>, usize), Reported> {
    let mut parameters = Vec::new();
    if tokens.first().is_some_and(|token| token.is(")")) {
        return Ok((parameters, 1));
    }
    for (index, pair) in tokens.chunks(2).enumerate() {
        let [parameter, separator] = pair else { break };
        if parameter.is("...") || separator.is("...") {
            return Err(reports.report(parameter.at, "macros with variable arguments are not supported"));
        }
        if parameter.kind != TokenKind::Identifier || parameters.contains(&parameter.text) || index >= MAX_PARAMETERS {
            break;
        }
        parameters.push(parameter.text);
        if separator.is(")") {
            return Ok((parameters, 2 * (index + 1)));
        }
        if !separator.is(",") {
            break;
        }
    }
    if let Some(dots) = tokens.iter().take(1).find(|token| token.is("...")) {
        return Err(reports.report(dots.at, "macros with variable arguments are not supported"));
    }
    Err(reports.report(name.at, "the parameters of this macro are not a list of different names"))
}

struct Expansion<'m, 't, 'r> {
    macros: &'m Macros<'t>,
    /// The macros whose expansion is under way: they are not expanded again in it (C11 6.10.3.4).
    active: Vec<&'t str>,
    reports: &'r mut Reports,
}

impl<'t> Expansion<'_, 't, '_> {
    fn expand(&mut self, tokens: &[Token<'t>], output: &mut Vec<Token<'t>>) -> Result<(), Reported> {
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += 1;
            if output.len() >= MAX_TOKENS {
                return Err(self.reports.report(token.at, "the source is too long after macro expansion"));
            }
            let usable = token.kind == TokenKind::Identifier && !self.active.contains(&token.text);
            let Some(definition) = self.macros.defined.get(token.text).filter(|_| usable) else {
                output.push(*token);
                continue;
            };
            let body = match &definition.parameters {
                None => placed(&definition.body, token.at),
                Some(parameters) => {
                    if !tokens.get(index).is_some_and(|next| next.is("(")) {
                        output.push(*token);
                        continue;
                    }
                    let (arguments, used) = self.arguments(token, parameters.len(), &tokens[index + 1..])?;
                    index += 1 + used;
                    self.substituted(definition, parameters, &arguments, token.at)?
                }
            };
            self.rescan(token, &body, output)?;
            self.refuse_call_across_end(output, tokens.get(index))?;
        }
        Ok(())
    }

    fn rescan(&mut self, name: &Token<'t>, body: &[Token<'t>], output: &mut Vec<Token<'t>>) -> Result<(), Reported> {
        if self.active.len() >= MAX_MACRO_DEPTH {
            return Err(self.reports.report(name.at, "macros use each other too deeply"));
        }
        self.active.push(name.text);
        let result = self.expand(body, output);
        self.active.pop();
        result
    }

    /// A macro that ends with the name of a function-like macro, before a `(` that follows it: C would join the two.
    fn refuse_call_across_end(&mut self, output: &[Token<'t>], next: Option<&Token<'t>>) -> Result<(), Reported> {
        let Some(last) = output.last().filter(|_| next.is_some_and(|next| next.is("("))) else { return Ok(()) };
        let function_like = self.macros.defined.get(last.text).is_some_and(|found| found.parameters.is_some());
        if function_like && !self.active.contains(&last.text) {
            let message =
                "a macro whose expansion ends with the name of another, whose arguments follow, is not supported";
            return Err(self.reports.report(last.at, message));
        }
        Ok(())
    }

    /// The arguments after `(`, each as its tokens, and how many tokens they took, `)` included.
    fn arguments<'a>(
        &mut self,
        name: &Token<'t>,
        wanted: usize,
        tokens: &'a [Token<'t>],
    ) -> Result<(Vec<&'a [Token<'t>]>, usize), Reported> {
        let mut arguments = Vec::new();
        let mut depth = 0_usize;
        let mut start = 0;
        for (index, token) in tokens.iter().enumerate() {
            if token.is("(") {
                depth += 1;
            } else if token.is(")") && depth > 0 {
                depth -= 1;
            } else if depth == 0 && (token.is(",") || token.is(")")) {
                arguments.push(&tokens[start..index]);
                start = index + 1;
                if token.is(")") {
                    if wanted == 0 && arguments.len() == 1 && index == 0 {
                        arguments.clear();
                    }
                    if arguments.len() == wanted {
                        return Ok((arguments, start));
                    }
                    let message = format!("macro '{}' takes {wanted} arguments, not {}", name.text, arguments.len());
                    return Err(self.reports.report(name.at, message));
                }
            }
        }
        Err(self.reports.report(name.at, format!("the arguments of macro '{}' do not end", name.text)))
    }

    /// The body with each parameter replaced by its argument, which is expanded first.
    fn substituted(
        &mut self,
        definition: &Macro<'t>,
        parameters: &[&'t str],
        arguments: &[&[Token<'t>]],
        at: SourceOffset,
    ) -> Result<Vec<Token<'t>>, Reported> {
        if self.active.len() >= MAX_MACRO_DEPTH {
            return Err(self.reports.report(at, "macros use each other too deeply"));
        }
        let mut expanded = Vec::with_capacity(arguments.len());
        // The name counts towards the depth while arguments expand: they may nest calls of the same macro.
        self.active.push("");
        for argument in arguments {
            let mut tokens = Vec::new();
            self.expand(argument, &mut tokens)?;
            expanded.push(tokens);
        }
        self.active.pop();
        let mut body = Vec::new();
        for token in &definition.body {
            match parameters.iter().position(|parameter| *parameter == token.text) {
                Some(index) => body.extend_from_slice(&expanded[index]),
                None => body.push(Token { at, ..*token }),
            }
            if body.len() > MAX_TOKENS {
                return Err(self.reports.report(at, "the source is too long after macro expansion"));
            }
        }
        Ok(body)
    }
}

/// The tokens as if they stood where the macro is used.
fn placed<'t>(tokens: &[Token<'t>], at: SourceOffset) -> Vec<Token<'t>> {
    tokens.iter().map(|token| Token { at, ..*token }).collect()
}
