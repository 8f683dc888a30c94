//! Refuses sources on which the recursive parser, or anything that walks its tree, would run out of native stack.
//!
//! The parser needs a few kilobytes of stack for each level of nesting (measured, in release builds, on each construct
//! of C), and a thread of the Serverless Runtime has 512 KiB in all. So the nesting is added up here, token by token,
//! before the parser sees the text. The sum is an upper bound: what it lets pass is safe, a few odd sources are refused.

use crate::diagnostics::{Reported, Reports};
use crate::preprocess::{Token, TokenKind};

/// Longest source that is looked at.
pub(crate) const MAX_SOURCE_BYTES: usize = 256 * 1024;

/// What nesting may cost at any one place, in bytes of stack. The rest is for whoever calls, and for what is not counted.
const STACK_BUDGET_BYTES: u32 = 215_000;

const PARENTHESIS: u32 = 4500;
const BRACKET: u32 = 2000;
const BRACE: u32 = 2500;
/// A closed `(…)` or `[…]`: it may be a cast or a subscript with more to come.
const CLOSED: u32 = 1000;
/// A member of what stands before it.
const MEMBER: u32 = 1000;
const PREFIX_OPERATOR: u32 = 2000;
/// `++` and `--` before their operand. The parser also tries them as two signs, so that its time doubles with each that
/// nests in another: few of them are allowed.
const PREFIX_STEP: u32 = 25_000;
const INFIX_OPERATOR: u32 = 150;
/// Assignments associate to the right, so that the parser recurses.
const ASSIGNMENT: u32 = 500;
const QUESTION: u32 = 800;
const STATEMENT_KEYWORD: u32 = 1700;

/// One open bracket, or the `?` of a conditional expression.
struct Level {
    opened_by: u8,
    opening: u32,
    /// Operators since the last separator.
    expression: u32,
    /// Statement heads that wait for their statement to end.
    statement: u32,
}

impl Level {
    fn new(opened_by: u8, opening: u32) -> Self {
        Self { opened_by, opening, expression: 0, statement: 0 }
    }

    fn cost(&self) -> u32 {
        self.opening + self.expression + self.statement
    }
}

/// Adds up the nesting along the tokens.
struct Scan {
    levels: Vec<Level>,
    /// Cost of all levels but the last.
    below: u32,
}

/// Checks that the parser can take these tokens.
pub(crate) fn check(tokens: &[Token<'_>], reports: &mut Reports) -> Result<(), Reported> {
    let mut scan = Scan { levels: vec![Level::new(b' ', 0)], below: 0 };
    let mut after_operand = false;
    for (index, token) in tokens.iter().enumerate() {
        let else_follows = tokens.get(index + 1).is_some_and(|next| next.is("else"));
        scan.step(token, after_operand, else_follows);
        if scan.cost() > STACK_BUDGET_BYTES {
            return Err(reports.report(token.at, "the source is nested too deeply here"));
        }
        after_operand = match token.kind {
            // A second step is no operator of an operand: `x++ ++` goes on as a run of prefix operators would.
            TokenKind::Punctuator => matches!(token.text, ")" | "]"),
            _ => true,
        };
    }
    Ok(())
}

impl Scan {
    fn cost(&self) -> u32 {
        self.below + self.levels.last().map_or(0, Level::cost)
    }

    fn step(&mut self, token: &Token<'_>, after_operand: bool, else_follows: bool) {
        match (token.kind, token.text) {
            (TokenKind::Punctuator, "(") => self.open(b'(', PARENTHESIS),
            (TokenKind::Punctuator, "[") => self.open(b'[', BRACKET),
            (TokenKind::Punctuator, "{") => self.open(b'{', BRACE),
            (TokenKind::Punctuator, "?") => self.open(b'?', QUESTION),
            (TokenKind::Punctuator, ")") => self.close(b'(', CLOSED),
            (TokenKind::Punctuator, "]") => self.close(b'[', CLOSED),
            (TokenKind::Punctuator, "}") => {
                self.close(b'{', 0);
                self.end_statement(else_follows);
            }
            (TokenKind::Punctuator, ":") if self.levels.last().is_some_and(|level| level.opened_by == b'?') => {
                self.close(b'?', QUESTION);
            }
            // A label, of a case too: its statement nests.
            (TokenKind::Punctuator, ":") => self.add(0, STATEMENT_KEYWORD),
            (TokenKind::Punctuator, ";") => self.end_statement(else_follows),
            (TokenKind::Punctuator, ",") => {
                if let Some(level) = self.levels.last_mut() {
                    level.expression = 0;
                }
            }
            (TokenKind::Punctuator, "++" | "--") if !after_operand => self.add(PREFIX_STEP, 0),
            (TokenKind::Punctuator, "-" | "+" | "!" | "~" | "*" | "&" | "&&") if !after_operand => {
                self.add(PREFIX_OPERATOR, 0);
            }
            (TokenKind::Punctuator, "." | "->") => self.add(MEMBER, 0),
            (TokenKind::Punctuator, "==" | "!=" | "<=" | ">=") => self.add(INFIX_OPERATOR, 0),
            (TokenKind::Punctuator, operator) if operator.ends_with('=') => self.add(ASSIGNMENT, 0),
            (TokenKind::Punctuator, _) => self.add(INFIX_OPERATOR, 0),
            (TokenKind::Identifier, "if" | "for" | "while" | "do" | "switch") => {
                self.add(0, STATEMENT_KEYWORD);
            }
            (TokenKind::Identifier, word) if word == "sizeof" || word.starts_with('_') => self.add(PREFIX_OPERATOR, 0),
            _ => {}
        }
    }

    fn add(&mut self, expression: u32, statement: u32) {
        if let Some(level) = self.levels.last_mut() {
            level.expression += expression;
            level.statement += statement;
        }
    }

    fn open(&mut self, opened_by: u8, opening: u32) {
        self.below = self.cost();
        self.levels.push(Level::new(opened_by, opening));
    }

    /// Closes the innermost level of this kind; one that does not match is the parser's to refuse, or left open.
    fn close(&mut self, opened_by: u8, closed: u32) {
        while self.levels.len() > 1 {
            let Some(level) = self.levels.last() else { return };
            let matches = level.opened_by == opened_by;
            if !matches && level.opened_by != b'?' {
                return;
            }
            self.levels.pop();
            self.below -= self.levels.last().map_or(0, Level::cost);
            if matches {
                break;
            }
        }
        self.add(closed, 0);
    }

    fn end_statement(&mut self, else_follows: bool) {
        while self.levels.last().is_some_and(|level| level.opened_by == b'?') {
            self.levels.pop();
            self.below -= self.levels.last().map_or(0, Level::cost);
        }
        if let Some(level) = self.levels.last_mut() {
            level.expression = 0;
            if !else_follows {
                level.statement = 0;
            }
        }
    }
}
