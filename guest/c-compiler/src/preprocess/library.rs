//! The declarations of included headers, of which a source gets only those that it needs.
//!
//! What a source needs is what it names, and what these declarations name in turn. They go before everything else, so
//! that they never are the last function defined; a function that the source defines itself is only declared.

use super::lexer::{Token, TokenKind};
use std::collections::HashSet;

/// One declaration or definition of a header.
struct Entry<'t> {
    /// What it declares.
    name: &'t str,
    tokens: Vec<Token<'t>>,
}

/// All declarations of the headers that were included, in their order.
#[derive(Default)]
pub(super) struct Library<'t> {
    entries: Vec<Entry<'t>>,
    names: HashSet<&'t str>,
    /// The tokens of the one that has begun.
    begun: Vec<Token<'t>>,
    depth: usize,
}

impl<'t> Library<'t> {
    /// Adds the next token of a header.
    pub(super) fn push(&mut self, token: Token<'t>) {
        self.begun.push(token);
        if token.is("{") {
            self.depth += 1;
        } else if token.is("}") {
            self.depth = self.depth.saturating_sub(1);
        }
        let is_function = || self.begun.first().is_some_and(|first| !opens_type(first.text));
        if self.depth > 0 || !(token.is(";") || (token.is("}") && is_function())) {
            return;
        }
        let tokens = std::mem::take(&mut self.begun);
        let name = declared_name(&tokens);
        if !name.is_empty() && self.names.insert(name) {
            self.entries.push(Entry { name, tokens });
        }
    }

    /// The tokens of all declarations that `source` needs.
    pub(super) fn needed(self, source: &[Token<'t>]) -> Vec<Token<'t>> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        let own = defined_functions(source);
        let mut named: HashSet<&str> = source.iter().filter_map(identifier).collect();
        let mut needed = Vec::new();
        // Backwards, because a declaration names only what stands before it.
        for mut entry in self.entries.into_iter().rev() {
            if !named.contains(entry.name) {
                continue;
            }
            if own.contains(entry.name)
                && let Some(brace) = entry.tokens.iter().position(|token| token.is("{"))
            {
                entry.tokens.truncate(brace + 1);
                if let Some(last) = entry.tokens.last_mut() {
                    last.text = ";";
                }
            }
            named.extend(entry.tokens.iter().filter_map(identifier));
            needed.push(entry.tokens);
        }
        needed.into_iter().rev().flatten().collect()
    }
}

fn identifier<'t>(token: &Token<'t>) -> Option<&'t str> {
    (token.kind == TokenKind::Identifier).then_some(token.text)
}

fn opens_type(word: &str) -> bool {
    matches!(word, "typedef" | "struct" | "union" | "enum")
}

/// The name that a declaration is about: a function's stands before the first parenthesis, a type's or variable's last,
/// a tag second.
fn declared_name<'t>(tokens: &[Token<'t>]) -> &'t str {
    let is_tag = tokens.get(2).is_some_and(|token| token.is("{") || token.is(";"));
    let last_before = |end: usize| tokens[..end].iter().rev().find_map(identifier).unwrap_or_default();
    match tokens.first() {
        Some(first) if first.is("typedef") => last_before(tokens.len()),
        Some(first) if opens_type(first.text) && is_tag => tokens[1].text,
        _ => last_before(tokens.iter().position(|token| token.is("(")).unwrap_or(tokens.len())),
    }
}

/// Names of the functions that a source defines: at file scope, a name, a list in parentheses and a body.
fn defined_functions<'t>(source: &[Token<'t>]) -> HashSet<&'t str> {
    let mut names = HashSet::new();
    let (mut braces, mut parentheses, mut before) = (0_usize, 0_usize, "");
    for (index, token) in source.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Punctuator) {
        match token.text {
            "(" => {
                if parentheses == 0
                    && let Some(name) = index.checked_sub(1).and_then(|index| identifier(&source[index]))
                {
                    before = name;
                }
                parentheses += 1;
            }
            ")" => parentheses = parentheses.saturating_sub(1),
            "{" => {
                if braces == 0 && index.checked_sub(1).is_some_and(|index| source[index].is(")")) {
                    names.insert(before);
                }
                braces += 1;
            }
            "}" => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::SourceOffset;
    use crate::preprocess::lexer::Lexer;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::of_text(text, SourceOffset(0));
        std::iter::from_fn(|| lexer.next()).collect()
    }

    fn needed(header: &str, source: &str) -> String {
        let mut library = Library::default();
        tokens(header).into_iter().for_each(|token| library.push(token));
        let words: Vec<&str> = library.needed(&tokens(source)).iter().map(|token| token.text).collect();
        words.join(" ")
    }

    const HEADER: &str = "typedef unsigned long size_t; struct tm { int a; }; typedef struct { int q; } div_t; \
                          div_t div(int, int); void sort(void *, size_t, int (*)(const void *)); \
                          int twice(int a) { if (a) { return a; } return div(a, 1).q; } extern int last;";

    #[test]
    fn what_is_named_comes_with_what_it_names() {
        for (source, expected) in [
            ("int f(void) { return 0; }", ""),
            ("sort", "typedef unsigned long size_t ; void sort ( void * , size_t , int ( * ) ( const void * ) ) ;"),
            ("div(1, 2)", "typedef struct { int q ; } div_t ; div_t div ( int , int ) ;"),
            ("struct tm t;", "struct tm { int a ; } ;"),
            ("last", "extern int last ;"),
        ] {
            assert_eq!(needed(HEADER, source), expected, "{source}");
        }
        assert!(needed(HEADER, "twice").ends_with(
            "div_t div ( int , int ) ; int twice ( int a ) { if ( a ) { return a ; } return div ( a , 1 ) . q ; }"
        ));
    }

    #[test]
    fn a_function_that_the_source_defines_is_only_declared() {
        assert_eq!(needed(HEADER, "static int twice(int b) { return b; }"), "int twice ( int a ) ;");
        assert!(needed(HEADER, "int f(void) { return twice(1); }").ends_with('}'));
    }
}
