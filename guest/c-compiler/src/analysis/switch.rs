//! `switch` (C11 6.8.4.2): its body becomes segments that fall through from one to the next. A `case` within another
//! statement of the body is a label, and the switch jumps to it.

use super::conversion::promote;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{LabelId, Statement, Switch};
use crate::types::Type;
use lang_c::ast::{BlockItem, Expression as Tree, Label, Statement as StatementTree, SwitchStatement};
use lang_c::span::{Node, Span};
use std::collections::HashSet;

/// C11 5.2.4.1 asks for 1023.
const MAX_CASES: usize = 1024;

/// Where a case leads.
#[derive(Clone, Copy)]
enum Target {
    Segment(u32),
    Label(LabelId),
}

/// A switch body while it is cut into segments.
pub(super) struct Body {
    /// The type that the constants are converted to.
    ty: Type,
    cases: Vec<(i64, Target)>,
    seen: HashSet<i64>,
    default: Option<Target>,
    segments: Vec<Vec<Statement>>,
}

impl Analysis<'_> {
    pub(super) fn switch(&mut self, node: &Node<SwitchStatement>, output: &mut Vec<Statement>) -> Result<(), Reported> {
        let value = self.value(&node.node.expression)?;
        self.integer_type(node.node.expression.span, &value)?;
        let value = promote(value);
        let ty = value.ty.clone();
        let body = Body { ty, cases: Vec::new(), seen: HashSet::new(), default: None, segments: Vec::new() };
        self.current.switches.push(body);
        self.scopes.enter();
        let result = match &node.node.statement.node {
            StatementTree::Compound(items) => self.switch_items(items),
            _ => self.switch_statement(&node.node.statement),
        };
        self.scopes.leave();
        let body = self.current.switches.pop();
        result?;
        if let Some(body) = body {
            output.push(Statement::Switch(body.finished(value)));
        }
        Ok(())
    }

    fn switch_items(&mut self, items: &[Node<BlockItem>]) -> Result<(), Reported> {
        let mut result = Ok(());
        for item in items {
            let outcome = match &item.node {
                BlockItem::Statement(statement) => self.switch_statement(statement),
                BlockItem::StaticAssert(assertion) => self.static_assertion(assertion),
                BlockItem::Declaration(declaration) => {
                    let mut statements = Vec::new();
                    let outcome = self.declaration(declaration, &mut statements);
                    self.append_to_switch(statements);
                    outcome
                }
            };
            result = result.and(outcome);
        }
        result
    }

    /// A statement directly in the switch, with its labels.
    fn switch_statement(&mut self, node: &Node<StatementTree>) -> Result<(), Reported> {
        let mut statement = node;
        let mut segment = None;
        let mut result = Ok(());
        while let StatementTree::Labeled(labeled) = &statement.node {
            let label = &labeled.node.label;
            let outcome = match &label.node {
                Label::Identifier(name) => {
                    let label = self.define_label(name);
                    label.map(|label| self.append_to_switch(vec![label]))
                }
                _ => {
                    let target = match segment {
                        Some(target) => target,
                        None => self.new_segment(),
                    };
                    segment = Some(target);
                    self.add_case(label, target)
                }
            };
            result = result.and(outcome);
            statement = &labeled.node.statement;
        }
        let mut statements = Vec::new();
        let outcome = self.statement(statement, &mut statements);
        self.append_to_switch(statements);
        result.and(outcome)
    }

    /// `case` or `default` that does not stand directly in its switch.
    pub(super) fn inner_case(&mut self, node: &Node<Label>) -> Result<Statement, Reported> {
        if self.current.switches.is_empty() {
            return self.refuse(node.span, "a case label outside of a switch");
        }
        if self.current.statement_expressions > 0 {
            return self.unsupported(node.span, "case labels of this kind in statement expressions");
        }
        let label = self.new_label(node.span)?;
        self.add_case(node, Target::Label(label))?;
        Ok(Statement::Label(label))
    }

    fn new_segment(&mut self) -> Target {
        let Some(body) = self.current.switches.last_mut() else { return Target::Segment(0) };
        body.segments.push(Vec::new());
        Target::Segment(body.segments.len() as u32 - 1)
    }

    fn add_case(&mut self, node: &Node<Label>, target: Target) -> Result<(), Reported> {
        match &node.node {
            Label::Case(constant) => {
                let value = self.case_constant(constant)?;
                self.add_value(node.span, value, target)
            }
            Label::CaseRange(range) => {
                let (low, high) = (self.case_constant(&range.node.low)?, self.case_constant(&range.node.high)?);
                let is_signed = self.current.switches.last().is_some_and(|body| body.ty.is_signed());
                let is_empty = if is_signed { low > high } else { low as u64 > high as u64 };
                if is_empty {
                    return Ok(());
                }
                let mut value = low;
                self.add_value(node.span, value, target)?;
                while value != high {
                    value = value.wrapping_add(1);
                    self.add_value(node.span, value, target)?;
                }
                Ok(())
            }
            Label::Default => match self.current.switches.last_mut() {
                Some(body) if body.default.is_none() => {
                    body.default = Some(target);
                    Ok(())
                }
                _ => self.refuse(node.span, "default is there twice"),
            },
            Label::Identifier(_) => Ok(()),
        }
    }

    fn case_constant(&mut self, node: &Node<Tree>) -> Result<i64, Reported> {
        let (bits, ty) = self.integer_constant(node)?;
        let wanted = self.current.switches.last().map_or(crate::types::INT, |body| body.ty.clone());
        let constant = fold::convert(fold::integer(bits, ty), wanted);
        Ok(fold::integer_value(&constant).unwrap_or_default())
    }

    fn add_value(&mut self, span: Span, value: i64, target: Target) -> Result<(), Reported> {
        let Some(body) = self.current.switches.last_mut() else { return Ok(()) };
        if !body.seen.insert(value) {
            return self.refuse(span, format!("case {value} is there twice"));
        }
        if body.cases.len() >= MAX_CASES {
            return self.refuse(span, "the switch has too many cases");
        }
        body.cases.push((value, target));
        Ok(())
    }

    /// What stands before the first case is reached by jumps only.
    fn append_to_switch(&mut self, statements: Vec<Statement>) {
        let Some(body) = self.current.switches.last_mut() else { return };
        if body.segments.is_empty() {
            if !statements.iter().any(super::jumps::holds_label) {
                return;
            }
            body.segments.push(Vec::new());
        }
        if let Some(segment) = body.segments.last_mut() {
            segment.extend(statements);
        }
    }
}

impl Body {
    /// Cases within other statements get segments of their own, which jump there.
    fn finished(mut self, value: crate::ir::Expression) -> Switch {
        let has_labels = self.cases.iter().map(|(_, target)| target).chain(&self.default).any(Target::is_label);
        if has_labels && let Some(last) = self.segments.last_mut() {
            last.push(Statement::Break);
        }
        let mut segments = self.segments;
        let mut segment = |target| match target {
            Target::Segment(segment) => segment,
            Target::Label(label) => {
                segments.push(vec![Statement::Goto(label)]);
                segments.len() as u32 - 1
            }
        };
        let cases = self.cases.into_iter().map(|(value, target)| (value, segment(target))).collect();
        let default = self.default.map(segment);
        Switch { value, cases, default, segments }
    }
}

impl Target {
    fn is_label(&self) -> bool {
        matches!(self, Self::Label(_))
    }
}
