//! Labels of a function, and jumps to them (C11 6.8.1, 6.8.6.1).

use super::Analysis;
use crate::diagnostics::{Reported, SourceOffset};
use crate::ir::{LabelId, Statement};
use lang_c::ast::{Identifier, Label, LabeledStatement};
use lang_c::span::{Node, Span};
use std::collections::HashMap;

/// Most labels of one function, those of `case` within other statements included.
const MAX_LABELS: u32 = 2048;

/// The labels of one function.
#[derive(Default)]
pub(super) struct Labels {
    by_name: HashMap<String, Known>,
    pub(super) count: u32,
}

struct Known {
    label: LabelId,
    is_defined: bool,
    /// Of the first jump, or of the label if none came before.
    at: SourceOffset,
}

impl Analysis<'_> {
    pub(super) fn new_label(&mut self, span: Span) -> Result<LabelId, Reported> {
        if self.current.labels.count >= MAX_LABELS {
            return self.refuse(span, "the function has too many labels");
        }
        self.current.labels.count += 1;
        Ok(LabelId(self.current.labels.count - 1))
    }

    fn named_label(&mut self, name: &Node<Identifier>) -> Result<LabelId, Reported> {
        if self.current.statement_expressions > 0 {
            return self.unsupported(name.span, "labels and goto in statement expressions");
        }
        if let Some(known) = self.current.labels.by_name.get(&name.node.name) {
            return Ok(known.label);
        }
        let label = self.new_label(name.span)?;
        let at = self.origin(name.span);
        self.current.labels.by_name.insert(name.node.name.clone(), Known { label, is_defined: false, at });
        Ok(label)
    }

    pub(super) fn goto(&mut self, name: &Node<Identifier>, output: &mut Vec<Statement>) -> Result<(), Reported> {
        let label = self.named_label(name)?;
        output.push(Statement::Goto(label));
        Ok(())
    }

    /// `name:` before a statement.
    pub(super) fn define_label(&mut self, name: &Node<Identifier>) -> Result<Statement, Reported> {
        let label = self.named_label(name)?;
        match self.current.labels.by_name.get_mut(&name.node.name) {
            Some(known) if !known.is_defined => known.is_defined = true,
            _ => return self.refuse(name.span, format!("label '{}' is there twice", name.node.name)),
        }
        Ok(Statement::Label(label))
    }

    /// A labelled statement that does not stand directly in a switch.
    pub(super) fn labelled(
        &mut self,
        node: &Node<LabeledStatement>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let label = match &node.node.label.node {
            Label::Identifier(name) => self.define_label(name),
            Label::Case(_) | Label::CaseRange(_) | Label::Default => self.inner_case(&node.node.label),
        };
        // An error in the label does not hide those of the statement.
        let outcome = label.map(|label| output.push(label));
        outcome.and(self.statement(&node.node.statement, output))
    }

    /// Checks at a function's end that every jump leads somewhere.
    pub(super) fn check_labels(&mut self) -> Result<(), Reported> {
        let missing = self.current.labels.by_name.iter().filter(|(_, known)| !known.is_defined);
        let mut missing: Vec<_> = missing.map(|(name, known)| (known.at, name.clone())).collect();
        missing.sort();
        let mut outcome = Ok(());
        for (at, name) in missing {
            outcome = Err(self.reports.report(at, format!("label '{name}' is not defined")));
        }
        outcome
    }
}
