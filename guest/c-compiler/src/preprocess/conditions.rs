//! The conditions of `#if` and `#elif` (C11 6.10.1): integer constant expressions of 64 bits.

use super::lexer::{Token, TokenKind};
use super::macros;
use crate::diagnostics::SourceOffset;
use crate::literal;

/// Operators and parentheses may nest this deep; C11 5.2.4.1 asks for 63 parentheses, which take three each. Bounds the native stack.
const MAX_DEPTH: u32 = 400;

/// A value and whether it is unsigned, which is all of C's types that a condition has.
#[derive(Clone, Copy)]
struct Value {
    bits: i64,
    unsigned: bool,
}

/// Whether the condition of a directive holds; `tokens` have no macros left.
///
/// # Errors
/// It is no condition, or divides by zero.
pub(super) fn holds(directive: &Token<'_>, tokens: &[Token<'_>]) -> Result<bool, macros::Fault> {
    let mut condition = Condition { tokens, position: 0, depth: 0 };
    let outcome = condition
        .conditional(true)
        .and_then(|value| if condition.position == tokens.len() { Ok(value) } else { Err(Fault::Malformed) });
    match outcome {
        Ok(value) => Ok(value.bits != 0),
        Err(Fault::DivisionByZero(at)) => Err((at, "division by zero in #if".to_owned())),
        Err(Fault::Malformed) => {
            let message = format!("the condition of #{} is not an integer constant expression", directive.text);
            Err((directive.at, message))
        }
    }
}

enum Fault {
    Malformed,
    DivisionByZero(SourceOffset),
}

struct Condition<'a, 't> {
    tokens: &'a [Token<'t>],
    position: usize,
    depth: u32,
}

impl<'a, 't> Condition<'a, 't> {
    fn peek(&self) -> Option<&'a Token<'t>> {
        self.tokens.get(self.position)
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(text));
        self.position += usize::from(found);
        found
    }

    /// `evaluated`: false in an operand that does not count (`0 && 1/0`), where a division by zero is none.
    fn conditional(&mut self, evaluated: bool) -> Result<Value, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::Malformed);
        }
        let condition = self.binary(0, evaluated)?;
        let mut value = condition;
        if self.accept("?") {
            let first = self.conditional(evaluated && condition.bits != 0)?;
            if !self.accept(":") {
                return Err(Fault::Malformed);
            }
            let second = self.conditional(evaluated && condition.bits == 0)?;
            let chosen = if condition.bits != 0 { first } else { second };
            value = Value { bits: chosen.bits, unsigned: first.unsigned || second.unsigned };
        }
        self.depth -= 1;
        Ok(value)
    }

    fn binary(&mut self, lowest: u8, evaluated: bool) -> Result<Value, Fault> {
        self.depth += 1;
        let mut left = self.unary(evaluated)?;
        while let Some(operator) = self.peek() {
            let Some(precedence) = precedence(operator.text).filter(|precedence| *precedence >= lowest) else { break };
            self.position += 1;
            let counts = match operator.text {
                "&&" => left.bits != 0,
                "||" => left.bits == 0,
                _ => true,
            };
            let right = self.binary(precedence + 1, evaluated && counts)?;
            left = match apply(operator.text, left, right) {
                Some(value) => value,
                None if evaluated => return Err(Fault::DivisionByZero(operator.at)),
                None => Value { bits: 0, unsigned: false },
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self, evaluated: bool) -> Result<Value, Fault> {
        let Some(token) = self.peek() else { return Err(Fault::Malformed) };
        self.position += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::Malformed);
        }
        let value = match (token.kind, token.text) {
            (TokenKind::Punctuator, "(") => {
                let value = self.conditional(evaluated)?;
                if !self.accept(")") {
                    return Err(Fault::Malformed);
                }
                value
            }
            (TokenKind::Punctuator, operator @ ("-" | "+" | "~" | "!")) => {
                let value = self.unary(evaluated)?;
                match operator {
                    "-" => Value { bits: value.bits.wrapping_neg(), ..value },
                    "~" => Value { bits: !value.bits, ..value },
                    "!" => Value { bits: i64::from(value.bits == 0), unsigned: false },
                    _ => value,
                }
            }
            (TokenKind::Number, text) => number(text).ok_or(Fault::Malformed)?,
            (TokenKind::Literal, text) => {
                Value { bits: literal::character(text).map_err(|_| Fault::Malformed)?, unsigned: false }
            }
            // Names that are no macros count as 0 (C11 6.10.1 §4).
            (TokenKind::Identifier, _) => Value { bits: 0, unsigned: false },
            _ => return Err(Fault::Malformed),
        };
        self.depth -= 1;
        Ok(value)
    }
}

fn number(text: &str) -> Option<Value> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(['u', 'l']);
    let suffix = &lower[digits.len()..];
    if !matches!(suffix, "" | "u" | "l" | "ul" | "lu" | "ll" | "ull" | "llu") {
        return None;
    }
    let (digits, radix) = if let Some(hexadecimal) = digits.strip_prefix("0x") {
        (hexadecimal, 16)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        (binary, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    let bits = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
    Some(Value { bits: bits as i64, unsigned: suffix.contains('u') || bits > i64::MAX as u64 })
}

fn precedence(operator: &str) -> Option<u8> {
    Some(match operator {
        "||" => 0,
        "&&" => 1,
        "|" => 2,
        "^" => 3,
        "&" => 4,
        "==" | "!=" => 5,
        "<" | ">" | "<=" | ">=" => 6,
        "<<" | ">>" => 7,
        "+" | "-" => 8,
        "*" | "/" | "%" => 9,
        _ => return None,
    })
}

/// `None` for a division by zero.
fn apply(operator: &str, left: Value, right: Value) -> Option<Value> {
    let unsigned = left.unsigned || right.unsigned;
    let (a, b) = (left.bits, right.bits);
    let (wide_a, wide_b) = (a as u64, b as u64);
    let truth = |holds: bool| Value { bits: i64::from(holds), unsigned: false };
    let less = if unsigned { wide_a < wide_b } else { a < b };
    let bits = match operator {
        "||" => return Some(truth(a != 0 || b != 0)),
        "&&" => return Some(truth(a != 0 && b != 0)),
        "==" => return Some(truth(a == b)),
        "!=" => return Some(truth(a != b)),
        "<" => return Some(truth(less)),
        ">=" => return Some(truth(!less)),
        ">" => return Some(truth(!less && a != b)),
        "<=" => return Some(truth(less || a == b)),
        "<<" | ">>" => return Some(shifted(left, right, operator == "<<")),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        _ if b == 0 => return None,
        "/" if unsigned => (wide_a / wide_b) as i64,
        "/" => a.wrapping_div(b),
        _ if unsigned => (wide_a % wide_b) as i64,
        _ => a.wrapping_rem(b),
    };
    Some(Value { bits, unsigned })
}

/// As gcc has it: a negative distance shifts the other way, and shifts by 64 and more shift everything out.
fn shifted(value: Value, by: Value, to_left: bool) -> Value {
    let is_negative = by.bits < 0 && !by.unsigned;
    let distance = if is_negative { by.bits.unsigned_abs() } else { by.bits as u64 };
    let distance = u32::try_from(distance).unwrap_or(u32::MAX);
    let bits = if to_left != is_negative {
        value.bits.checked_shl(distance).unwrap_or(0)
    } else if value.unsigned {
        (value.bits as u64).checked_shr(distance).unwrap_or(0) as i64
    } else {
        value.bits >> distance.min(63)
    };
    Value { bits, ..value }
}
