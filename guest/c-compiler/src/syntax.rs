//! Parses the preprocessed source with lang-c, and finds its syntax errors in all functions, not only the first.
//!
//! lang-c stops at its first error. So after one, each declaration at file scope is parsed for itself, after the names of
//! the types that it uses; those that fail are blanked out, and the rest is parsed again, to be checked for other errors.

use crate::diagnostics::{Reported, Reports, SourceOffset};
use crate::preprocess::{ParserText, TextToken};
use lang_c::ast::{
    DeclarationSpecifier, Declarator, DeclaratorKind, ExternalDeclaration, StorageClassSpecifier, TranslationUnit,
};
use lang_c::driver::{Config, Flavor, Parse, SyntaxError, parse_preprocessed};
use lang_c::span::Node;
use std::collections::HashSet;
use std::ops::Range;

/// For so many missing braces the rest of the source is read anew.
const MAX_UNCLOSED: u32 = 50;

/// What could be parsed.
pub(crate) enum Parsed {
    /// All of it.
    Whole(TranslationUnit),
    /// What is left without the declarations that have errors, which are reported.
    Rest(TranslationUnit),
}

/// Parses as GNU C, so that its extensions are refused by their own names rather than as bad syntax.
///
/// Errors that `reports` has already are those of macros: the declarations that they are in say nothing more.
pub(crate) fn parse(text: &ParserText, source: &str, reports: &mut Reports) -> Result<Parsed, Reported> {
    if reports.is_empty()
        && let Ok(parse) = parse_text(text.text.clone())
    {
        return Ok(Parsed::Whole(parse.unit));
    }
    Recovery { text, source, reports, type_names: HashSet::new() }.run()
}

fn parse_text(text: String) -> Result<Parse, SyntaxError> {
    let config = Config { cpp_command: String::new(), cpp_options: Vec::new(), flavor: Flavor::GnuC11 };
    parse_preprocessed(&config, text)
}

struct Recovery<'a> {
    text: &'a ParserText,
    source: &'a str,
    reports: &'a mut Reports,
    type_names: HashSet<String>,
}

impl Recovery<'_> {
    fn run(mut self) -> Result<Parsed, Reported> {
        let tokens = self.text.tokens();
        let mut left = self.text.text.clone().into_bytes();
        let mut is_lost = false;
        for range in declarations(&tokens, self.source) {
            let Some(part) = tokens.get(range).filter(|part| !part.is_empty()) else { continue };
            let is_known = self.knows_error_in(part);
            if !is_known && self.parse_one(part).is_ok() {
                continue;
            }
            let end = part.last().map_or(0, |last| last.start + last.text.len());
            let body = part.iter().position(|token| token.text == "{").filter(|_| is_function(part));
            // Of a function its head is enough to check its callers.
            let begin = match body {
                Some(body) if self.parse_alone(&part[..body], ";").is_ok() => {
                    left[part[body].start] = b';';
                    part[body].start + 1
                }
                _ => {
                    is_lost = true;
                    part[0].start
                }
            };
            left[begin..end].fill(b' ');
        }
        let rest = String::from_utf8(left).ok().filter(|_| !is_lost).and_then(|left| parse_text(left).ok());
        match rest {
            Some(rest) if !self.reports.is_empty() => Ok(Parsed::Rest(rest.unit)),
            _ if !self.reports.is_empty() => Err(Reported),
            _ => Err(self.reports.report(SourceOffset(0), "syntax error")),
        }
    }

    fn knows_error_in(&self, part: &[TextToken<'_>]) -> bool {
        let places = part.iter().map(|token| token.at);
        let (first, last) = (places.clone().min().unwrap_or(0), places.max().unwrap_or(0));
        self.reports.any_between(first, last)
    }

    /// Parses one declaration, reports its error, and remembers the types that it names.
    fn parse_one(&mut self, part: &[TextToken<'_>]) -> Result<(), Reported> {
        match self.parse_alone(part, "") {
            Ok(unit) => {
                self.type_names.extend(type_names(&unit));
                Ok(())
            }
            Err(error) => {
                if part[0].text == "typedef"
                    && let Some(name) = part.iter().rev().find(|token| is_word(token.text))
                {
                    self.type_names.insert(name.text.to_owned());
                }
                Err(self.report(&error, part))
            }
        }
    }

    /// Parses some tokens and `end` behind them. The offset of an error is one in the text of all.
    fn parse_alone(&self, part: &[TextToken<'_>], end: &str) -> Result<TranslationUnit, SyntaxError> {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { return Ok(TranslationUnit(Vec::new())) };
        let mut text = String::new();
        let mut named = HashSet::new();
        for token in part.iter().filter(|token| self.type_names.contains(token.text)) {
            if named.insert(token.text) {
                text.push_str("typedef int ");
                text.push_str(token.text);
                text.push_str(" ; ");
            }
        }
        let shift = text.len();
        text.push_str(self.text.text.get(first.start..last.start + last.text.len()).unwrap_or_default());
        text.push(' ');
        text.push_str(end);
        match parse_text(text) {
            Ok(mut parse) => Ok(TranslationUnit(parse.unit.0.split_off(named.len().min(parse.unit.0.len())))),
            Err(mut error) => {
                error.offset = error.offset.saturating_sub(shift) + first.start;
                Err(error)
            }
        }
    }

    fn report(&mut self, error: &SyntaxError, part: &[TextToken<'_>]) -> Reported {
        let after = part.partition_point(|token| token.start <= error.offset);
        let end_of_part = part.last().map_or(0, |last| last.start + last.text.len());
        let found = after.checked_sub(1).filter(|_| error.offset < end_of_part).and_then(|index| part.get(index));
        let before = match found {
            Some(_) => after.checked_sub(2).and_then(|index| part.get(index)),
            None => part.last(),
        };
        let expects = |wanted: &str| error.expected.contains(wanted);
        // What may stand here is much; only what ends something says what was forgotten.
        let closing = [";", ")", "]", "}", ":"].into_iter();
        let missing = if found.is_none() && braces_are_open(part) {
            Some("}")
        } else {
            closing.filter(|closing| expects(closing)).find(|closing| expects_only(error, closing))
        };
        let starts_expression = expects("~") && expects("!");
        let message = match (found, missing) {
            (_, Some(closing)) => {
                let before_what = found.map_or(String::new(), |found| format!(" before '{}'", found.text));
                let message = format!("syntax error: '{closing}' is missing{before_what}");
                return self.reports.report(self.behind(before, found, error.offset), message);
            }
            (None, None) => {
                let at = self.behind(before, found, error.offset);
                return self.reports.report(at, "syntax error: unexpected end of the declaration");
            }
            (Some(_), None) if before.is_some_and(|before| before.text.starts_with("__attribute")) => {
                "attributes are not supported".to_owned()
            }
            (Some(found), None) if starts_expression && !is_word(found.text) => {
                format!("syntax error: an expression is missing before '{}'", found.text)
            }
            (Some(found), None) => format!("syntax error: unexpected '{}'", found.text),
        };
        self.reports.report(self.text.origin(error.offset), message)
    }

    /// The place behind a token, where something is missing; where it came out of a macro, the place of the next.
    fn behind(&self, before: Option<&TextToken<'_>>, found: Option<&TextToken<'_>>, offset: usize) -> SourceOffset {
        match before {
            Some(before) if self.source.get(before.at as usize..).is_some_and(|rest| rest.starts_with(before.text)) => {
                SourceOffset(before.at + before.text.len() as u32)
            }
            _ => self.text.origin(found.map_or(offset, |found| found.start)),
        }
    }
}

/// Whether of all that ends something, only `closing` may stand where the parser failed.
fn expects_only(error: &SyntaxError, closing: &str) -> bool {
    [";", ")", "]", "}", ":"].into_iter().all(|other| other == closing || !error.expected.contains(other))
}

fn braces_are_open(part: &[TextToken<'_>]) -> bool {
    let count = |brace: &str| part.iter().filter(|token| token.text == brace).count();
    count("{") > count("}")
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Whether the first brace of these tokens opens the body of a function: it stands behind parentheses, and belongs to no
/// initialiser.
fn is_function(part: &[TextToken<'_>]) -> bool {
    let brace = part.iter().position(|token| token.text == "{");
    let head = brace.and_then(|brace| part.get(..brace)).unwrap_or_default();
    head.last().is_some_and(|last| last.text == ")") && head.iter().all(|token| token.text != "=")
}

/// Splits the tokens into the declarations at file scope.
fn declarations(tokens: &[TextToken<'_>], source: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut begin = 0;
    let mut unclosed = 0;
    while begin < tokens.len() {
        let (end, is_closed) = declaration_end(&tokens[begin..]);
        let mut end = begin + end;
        if !is_closed && unclosed < MAX_UNCLOSED {
            unclosed += 1;
            // A brace is missing. What begins a line is a declaration again, in all likelihood.
            let starts_line = |token: &TextToken<'_>| {
                let before = token.at.checked_sub(1).and_then(|before| source.as_bytes().get(before as usize));
                before == Some(&b'\n') && is_word(token.text)
            };
            let ends = |token: &TextToken<'_>| matches!(token.text, ";" | "}");
            let resumed = (begin + 1..end).find(|index| starts_line(&tokens[*index]) && ends(&tokens[*index - 1]));
            end = resumed.unwrap_or(end);
        }
        ranges.push(begin..end);
        begin = end;
    }
    ranges
}

/// How many tokens the declaration takes that they begin with, and whether its braces close.
fn declaration_end(tokens: &[TextToken<'_>]) -> (usize, bool) {
    let mut depth = 0_usize;
    // What has been seen outside of braces: of an initialiser, of a type.
    let (mut has_value, mut has_type, mut is_body) = (false, false, false);
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => {
                if depth == 0 {
                    let behind_list = index.checked_sub(1).is_some_and(|before| tokens[before].text == ")");
                    is_body = behind_list && !has_value;
                }
                depth += 1;
            }
            "}" if depth <= 1 => {
                depth = 0;
                let continues = tokens.get(index + 1).is_some_and(|next| matches!(next.text, ";" | "," | "=" | "*"));
                if is_body || !(continues || has_type || has_value) {
                    return (index + 1, true);
                }
            }
            "}" => depth -= 1,
            ";" if depth == 0 => return (index + 1, true),
            "=" if depth == 0 => has_value = true,
            "struct" | "union" | "enum" if depth == 0 => has_type = true,
            _ => {}
        }
    }
    (tokens.len(), depth == 0)
}

/// The names that typedefs give to types.
fn type_names(unit: &TranslationUnit) -> Vec<String> {
    let mut names = Vec::new();
    for declaration in &unit.0 {
        let ExternalDeclaration::Declaration(declaration) = &declaration.node else { continue };
        let is_typedef = |specifier: &Node<DeclarationSpecifier>| matches!(&specifier.node, DeclarationSpecifier::StorageClass(class) if class.node == StorageClassSpecifier::Typedef);
        if declaration.node.specifiers.iter().any(is_typedef) {
            let declarators = declaration.node.declarators.iter();
            names.extend(declarators.filter_map(|item| declared_name(&item.node.declarator)));
        }
    }
    names
}

fn declared_name(mut declarator: &Node<Declarator>) -> Option<String> {
    loop {
        match &declarator.node.kind.node {
            DeclaratorKind::Abstract => return None,
            DeclaratorKind::Identifier(name) => return Some(name.node.name.clone()),
            DeclaratorKind::Declarator(inner) => declarator = inner,
        }
    }
}
