//! Macro definitions (C11 6.10.3): what a `#define` says. Their expansion is `expansion`'s.

use super::lexer::{Token, TokenKind};
use crate::diagnostics::SourceOffset;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// Most parameters of one macro; C11 5.2.4.1 asks for 127.
const MAX_PARAMETERS: usize = 127;

/// One `#define`.
pub(super) struct Macro<'t> {
    /// `None` for an object-like macro.
    pub(super) parameters: Option<Vec<&'t str>>,
    /// Whether the last parameter takes all arguments that are left.
    pub(super) is_variadic: bool,
    pub(super) body: Vec<Token<'t>>,
    /// Whether it stands in a header rather than in the user's source.
    pub(super) from_header: bool,
    /// How many of its expansions are being read: while there are any, its name does not expand.
    pub(super) in_use: Cell<u32>,
}

impl<'t> Macro<'t> {
    /// Which parameter the token names.
    pub(super) fn parameter(&self, token: &Token<'t>) -> Option<usize> {
        let parameters = self.parameters.as_ref().filter(|_| token.kind == TokenKind::Identifier)?;
        parameters.iter().position(|parameter| *parameter == token.text)
    }

    /// Whether this parameter is that of the variable arguments.
    pub(super) fn takes_rest(&self, parameter: usize) -> bool {
        self.is_variadic && self.parameters.as_ref().is_some_and(|all| all.len() == parameter + 1)
    }
}

/// What is wrong with a directive, and where.
pub(super) type Fault = (SourceOffset, String);

/// All macros defined at one point of the source.
#[derive(Default)]
pub(super) struct Macros<'t> {
    defined: HashMap<&'t str, Rc<Macro<'t>>>,
    /// Where the names of the user's definitions stand, ascending.
    pub(super) definitions: Vec<u32>,
}

impl<'t> Macros<'t> {
    pub(super) fn get(&self, name: &str) -> Option<&Rc<Macro<'t>>> {
        self.defined.get(name)
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.defined.contains_key(name) || is_dynamic(name)
    }

    pub(super) fn undefine(&mut self, name: &str) {
        self.defined.remove(name);
    }

    /// Obeys the line of a `#define`, of which `line` is what follows that word.
    pub(super) fn define(&mut self, directive: &Token<'t>, line: &[Token<'t>], from_header: bool) -> Result<(), Fault> {
        let Some((name, rest)) = line.split_first().filter(|(name, _)| name.kind == TokenKind::Identifier) else {
            return Err((directive.at, "#define needs a name".to_owned()));
        };
        if is_dynamic(name.text) || matches!(name.text, "defined" | "__VA_ARGS__") {
            return Err((name.at, format!("'{}' cannot be defined as a macro", name.text)));
        }
        let mut definition =
            Macro { parameters: None, is_variadic: false, body: Vec::new(), from_header, in_use: Cell::new(0) };
        let mut body = rest;
        if let Some((_, list)) = rest.split_first().filter(|(open, _)| open.is("(") && !open.space_before) {
            let used = parameters(name, list, &mut definition)?;
            body = &list[used..];
        }
        check_operators(&definition, body)?;
        definition.body = body.to_vec();
        if !from_header {
            self.definitions.push(name.at.0);
        }
        self.defined.insert(name.text, Rc::new(definition));
        Ok(())
    }
}

/// Macros whose value depends on where they are used.
pub(super) fn is_dynamic(name: &str) -> bool {
    matches!(name, "__LINE__" | "__FILE__" | "__COUNTER__" | "__DATE__" | "__TIME__" | "__TIMESTAMP__")
}

/// Reads the parameters after `(`; how many tokens they take, `)` included.
fn parameters<'t>(name: &Token<'t>, tokens: &[Token<'t>], definition: &mut Macro<'t>) -> Result<usize, Fault> {
    let malformed = |at| Err((at, format!("the parameters of macro '{}' are malformed", name.text)));
    let mut names: Vec<&'t str> = Vec::new();
    let mut index = 0;
    let mut wants_name = false;
    loop {
        let Some(token) = tokens.get(index) else { return malformed(name.at) };
        index += 1;
        match token.kind {
            _ if token.is(")") && !wants_name => break,
            TokenKind::Identifier if token.text == "__VA_ARGS__" => {
                return Err((token.at, "'__VA_ARGS__' cannot be the name of a parameter".to_owned()));
            }
            TokenKind::Identifier if names.contains(&token.text) => {
                return Err((token.at, format!("macro '{}' has two parameters '{}'", name.text, token.text)));
            }
            TokenKind::Identifier => names.push(token.text),
            _ if token.is("...") => names.push("__VA_ARGS__"),
            _ => return malformed(token.at),
        }
        if names.len() > MAX_PARAMETERS {
            return Err((token.at, format!("macro '{}' has more than {MAX_PARAMETERS} parameters", name.text)));
        }
        // GNU C gives the variable arguments a name: `rest...`.
        let named_rest = token.kind == TokenKind::Identifier && tokens.get(index).is_some_and(|next| next.is("..."));
        index += usize::from(named_rest);
        definition.is_variadic = named_rest || token.is("...");
        match tokens.get(index) {
            Some(next) if next.is(",") && !definition.is_variadic => {
                wants_name = true;
                index += 1;
            }
            Some(next) if next.is(")") => wants_name = false,
            next => return malformed(next.map_or(name.at, |next| next.at)),
        }
    }
    definition.parameters = Some(names);
    Ok(index)
}

/// The rules for `#`, `##` and `__VA_ARGS__` in a body (C11 6.10.3 §5, 6.10.3.2 §1, 6.10.3.3 §1).
fn check_operators<'t>(definition: &Macro<'t>, body: &[Token<'t>]) -> Result<(), Fault> {
    for (index, token) in body.iter().enumerate() {
        if token.is("##") && (index == 0 || index + 1 == body.len()) {
            return Err((token.at, "'##' cannot be at either end of a macro's body".to_owned()));
        }
        let names_parameter = body.get(index + 1).is_some_and(|next| definition.parameter(next).is_some());
        if token.is("#") && definition.parameters.is_some() && !names_parameter {
            return Err((token.at, "'#' must stand before a parameter of the macro".to_owned()));
        }
        if token.is("__VA_ARGS__") && definition.parameter(token).is_none() {
            return Err((token.at, "'__VA_ARGS__' is for macros with variable arguments only".to_owned()));
        }
    }
    Ok(())
}
