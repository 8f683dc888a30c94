//! `switch` (C11 6.8.4.2): its body becomes segments that fall through from one to the next.

use super::conversion::promote;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Statement, Switch};
use crate::types::Type;
use lang_c::ast::{BlockItem, Label, Statement as StatementTree, SwitchStatement};
use lang_c::span::Node;
use std::collections::HashSet;

/// C11 5.2.4.1 asks for 1023.
const MAX_CASES: usize = 1024;

/// A switch body while it is cut into segments.
struct Body {
    /// The type that the constants are converted to.
    ty: Type,
    cases: Vec<(i64, u32)>,
    seen: HashSet<i64>,
    default: Option<u32>,
    segments: Vec<Vec<Statement>>,
}

impl Analysis<'_> {
    pub(super) fn switch(&mut self, node: &Node<SwitchStatement>, output: &mut Vec<Statement>) -> Result<(), Reported> {
        let value = self.value(&node.node.expression)?;
        self.integer_type(node.node.expression.span, &value)?;
        let value = promote(value);
        let ty = value.ty.clone();
        let mut body = Body { ty, cases: Vec::new(), seen: HashSet::new(), default: None, segments: Vec::new() };
        self.current.switches += 1;
        self.scopes.enter();
        let result = match &node.node.statement.node {
            StatementTree::Compound(items) => self.switch_items(items, &mut body),
            _ => self.switch_statement(&node.node.statement, &mut body),
        };
        self.scopes.leave();
        self.current.switches -= 1;
        result?;
        let Body { cases, default, segments, .. } = body;
        output.push(Statement::Switch(Switch { value, cases, default, segments }));
        Ok(())
    }

    fn switch_items(&mut self, items: &[Node<BlockItem>], body: &mut Body) -> Result<(), Reported> {
        let mut result = Ok(());
        for item in items {
            let outcome = match &item.node {
                BlockItem::Statement(statement) => self.switch_statement(statement, body),
                BlockItem::StaticAssert(assertion) => self.static_assertion(assertion),
                BlockItem::Declaration(declaration) => {
                    let mut statements = Vec::new();
                    let outcome = self.declaration(declaration, &mut statements);
                    body.append(statements);
                    outcome
                }
            };
            result = result.and(outcome);
        }
        result
    }

    /// A statement directly in the switch, with its labels.
    fn switch_statement(&mut self, node: &Node<StatementTree>, body: &mut Body) -> Result<(), Reported> {
        let mut statement = node;
        let mut labelled = false;
        while let StatementTree::Labeled(labeled) = &statement.node {
            if !labelled {
                body.segments.push(Vec::new());
                labelled = true;
            }
            let segment = body.segments.len() as u32 - 1;
            let label = &labeled.node.label;
            match &label.node {
                Label::Case(constant) => {
                    let (bits, ty) = self.integer_constant(constant)?;
                    let constant = fold::convert(fold::integer(bits, ty), body.ty.clone());
                    let value = fold::integer_value(&constant).unwrap_or_default();
                    if !body.seen.insert(value) {
                        return self.refuse(label.span, format!("case {value} is there twice"));
                    }
                    if body.cases.len() >= MAX_CASES {
                        return self.refuse(label.span, "the switch has too many cases");
                    }
                    body.cases.push((value, segment));
                }
                Label::Default if body.default.is_some() => return self.refuse(label.span, "default is there twice"),
                Label::Default => body.default = Some(segment),
                Label::CaseRange(_) => return self.unsupported(label.span, "ranges of cases"),
                Label::Identifier(_) => return self.unsupported(label.span, "labels and goto"),
            }
            statement = &labeled.node.statement;
        }
        let mut statements = Vec::new();
        let outcome = self.statement(statement, &mut statements);
        body.append(statements);
        outcome
    }
}

impl Body {
    /// What stands before the first label is never reached: only its declarations count.
    fn append(&mut self, statements: Vec<Statement>) {
        if let Some(segment) = self.segments.last_mut() {
            segment.extend(statements);
        }
    }
}
