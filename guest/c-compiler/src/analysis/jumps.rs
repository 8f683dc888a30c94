//! Jumps to labels (C11 6.8.6.1), in terms of structured statements.
//!
//! WebAssembly has no `goto`. So the statements around a label become a [`Dispatch`]: segments in a row, of which any can
//! be entered. Only as much of a function changes so as lies around a label and all jumps to it; whatever in it holds no
//! label stays as it is, loops too. Code that never jumps backwards pays nothing.

use crate::ir::{Dispatch, LabelId, Loop, Segment, Statement, Switch};
use std::collections::HashMap;

/// Replaces all labels of a function's body by dispatches. `label_count`: labels are numbered below.
pub(super) fn resolve(body: Vec<Statement>, label_count: u32) -> Vec<Statement> {
    let mut jumps = HashMap::new();
    count(&body, &mut jumps);
    let mut resolver = Resolver { all: jumps, next_label: label_count };
    resolver.list(body).0
}

type Counts = HashMap<LabelId, u32>;

/// Counts the jumps to each label.
fn count(statements: &[Statement], counts: &mut Counts) {
    for statement in statements {
        match statement {
            Statement::Goto(label) => *counts.entry(*label).or_default() += 1,
            Statement::If(_, first, second) => {
                count(first, counts);
                count(second, counts);
            }
            Statement::Loop(repeat) => count(&repeat.body, counts),
            Statement::Switch(switch) => switch.segments.iter().for_each(|segment| count(segment, counts)),
            Statement::Dispatch(dispatch) => {
                dispatch.segments.iter().for_each(|segment| count(&segment.statements, counts));
            }
            Statement::Label(_) | Statement::Evaluate(_) | Statement::Break | Statement::Continue => {}
            Statement::Return(_) => {}
        }
    }
}

/// Whether there is a label in this that no dispatch has taken up.
pub(super) fn holds_label(statement: &Statement) -> bool {
    match statement {
        Statement::Label(_) => true,
        Statement::If(_, first, second) => first.iter().chain(second).any(holds_label),
        Statement::Loop(repeat) => repeat.body.iter().any(holds_label),
        Statement::Switch(switch) => switch.segments.iter().flatten().any(holds_label),
        _ => false,
    }
}

struct Resolver {
    /// Jumps to each label in the whole function.
    all: Counts,
    next_label: u32,
}

/// What a list of statements holds that concerns jumps.
#[derive(Default)]
struct Summary {
    /// Labels that are not taken up yet.
    labels: Vec<LabelId>,
    jumps: Counts,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.labels.extend(other.labels);
        for (label, jumps) in other.jumps {
            *self.jumps.entry(label).or_default() += jumps;
        }
    }
}

impl Resolver {
    fn list(&mut self, statements: Vec<Statement>) -> (Vec<Statement>, Summary) {
        let mut summary = Summary::default();
        let mut resolved = Vec::with_capacity(statements.len());
        for statement in statements {
            let (statement, inner) = self.statement(statement);
            summary.add(inner);
            resolved.push(statement);
        }
        let is_whole = summary.labels.iter().all(|label| summary.jumps.get(label) == self.all.get(label));
        if summary.labels.is_empty() || !is_whole {
            return (resolved, summary);
        }
        // What comes before needs no part in it, unless it jumps.
        let first = resolved.iter().position(|statement| {
            let mut jumps = Counts::new();
            count(std::slice::from_ref(statement), &mut jumps);
            holds_label(statement) || summary.labels.iter().any(|label| jumps.contains_key(label))
        });
        let rest = resolved.split_off(first.unwrap_or_default());
        let mut flattened = Flattened { segments: vec![Segment::default()], next_label: self.next_label };
        for statement in rest {
            flattened.add(statement, Targets::default());
        }
        self.next_label = flattened.next_label;
        resolved.push(Statement::Dispatch(Dispatch { segments: flattened.segments }));
        summary.labels.clear();
        (resolved, summary)
    }

    fn statement(&mut self, statement: Statement) -> (Statement, Summary) {
        let mut summary = Summary::default();
        let statement = match statement {
            Statement::Label(label) => {
                summary.labels.push(label);
                statement
            }
            Statement::Goto(label) => {
                summary.jumps.insert(label, 1);
                statement
            }
            Statement::If(condition, first, second) => {
                let (first, inner) = self.list(first);
                summary.add(inner);
                let (second, inner) = self.list(second);
                summary.add(inner);
                Statement::If(condition, first, second)
            }
            Statement::Loop(repeat) => {
                let (body, inner) = self.list(repeat.body);
                summary.add(inner);
                Statement::Loop(Loop { body, ..repeat })
            }
            Statement::Switch(switch) => {
                let mut segments = Vec::with_capacity(switch.segments.len());
                for segment in switch.segments {
                    let (segment, inner) = self.list(segment);
                    summary.add(inner);
                    segments.push(segment);
                }
                Statement::Switch(Switch { segments, ..switch })
            }
            other => other,
        };
        (statement, summary)
    }
}

/// Where `break` and `continue` lead, if they leave a statement that is taken apart.
#[derive(Clone, Copy, Default)]
struct Targets {
    break_to: Option<LabelId>,
    continue_to: Option<LabelId>,
}

struct Flattened {
    segments: Vec<Segment>,
    next_label: u32,
}

impl Flattened {
    fn new_label(&mut self) -> LabelId {
        self.next_label += 1;
        LabelId(self.next_label - 1)
    }

    fn push(&mut self, statement: Statement) {
        if let Some(segment) = self.segments.last_mut() {
            segment.statements.push(statement);
        }
    }

    fn label(&mut self, label: LabelId) {
        match self.segments.last_mut() {
            Some(segment) if segment.statements.is_empty() => segment.labels.push(label),
            _ => self.segments.push(Segment { labels: vec![label], statements: Vec::new() }),
        }
    }

    fn all(&mut self, statements: Vec<Statement>, targets: Targets) {
        for statement in statements {
            self.add(statement, targets);
        }
    }

    fn add(&mut self, statement: Statement, targets: Targets) {
        if !holds_label(&statement) {
            let redirected = redirect(statement, targets);
            return self.push(redirected);
        }
        match statement {
            Statement::Label(label) => self.label(label),
            Statement::If(condition, first, second) => {
                let (otherwise, end) = (self.new_label(), self.new_label());
                self.push(Statement::If(condition, Vec::new(), vec![Statement::Goto(otherwise)]));
                self.all(first, targets);
                self.push(Statement::Goto(end));
                self.label(otherwise);
                self.all(second, targets);
                self.label(end);
            }
            Statement::Loop(repeat) => self.take_loop(repeat),
            Statement::Switch(switch) => self.take_switch(switch, targets),
            other => self.push(other),
        }
    }

    fn take_loop(&mut self, repeat: Loop) {
        let (start, next, end) = (self.new_label(), self.new_label(), self.new_label());
        let mut condition = repeat.condition;
        self.label(start);
        if repeat.tests_first
            && let Some(condition) = condition.take()
        {
            self.push(Statement::If(condition, Vec::new(), vec![Statement::Goto(end)]));
        }
        self.all(repeat.body, Targets { break_to: Some(end), continue_to: Some(next) });
        self.label(next);
        if let Some(step) = repeat.step {
            self.push(Statement::Evaluate(step));
        }
        self.push(match condition {
            Some(condition) => Statement::If(condition, vec![Statement::Goto(start)], Vec::new()),
            None => Statement::Goto(start),
        });
        self.label(end);
    }

    fn take_switch(&mut self, switch: Switch, targets: Targets) {
        let end = self.new_label();
        let labels: Vec<LabelId> = switch.segments.iter().map(|_| self.new_label()).collect();
        let segments = labels.iter().map(|label| vec![Statement::Goto(*label)]).collect();
        self.push(Statement::Switch(Switch {
            value: switch.value,
            cases: switch.cases,
            default: switch.default,
            segments,
        }));
        self.push(Statement::Goto(end));
        for (label, segment) in labels.into_iter().zip(switch.segments) {
            self.label(label);
            self.all(segment, Targets { break_to: Some(end), ..targets });
        }
        self.label(end);
    }
}

/// Turns the `break` and `continue` that leave the statement into jumps.
fn redirect(statement: Statement, targets: Targets) -> Statement {
    let all = |statements: Vec<Statement>, targets| {
        statements.into_iter().map(|statement| redirect(statement, targets)).collect::<Vec<_>>()
    };
    if targets.break_to.is_none() && targets.continue_to.is_none() {
        return statement;
    }
    match statement {
        Statement::Break => targets.break_to.map_or(Statement::Break, Statement::Goto),
        Statement::Continue => targets.continue_to.map_or(Statement::Continue, Statement::Goto),
        Statement::If(condition, first, second) => Statement::If(condition, all(first, targets), all(second, targets)),
        Statement::Switch(switch) => {
            let inner = Targets { break_to: None, ..targets };
            let segments = switch.segments.into_iter().map(|segment| all(segment, inner)).collect();
            Statement::Switch(Switch { value: switch.value, cases: switch.cases, default: switch.default, segments })
        }
        Statement::Dispatch(dispatch) => {
            let segment = |Segment { labels, statements }| Segment { labels, statements: all(statements, targets) };
            Statement::Dispatch(Dispatch { segments: dispatch.segments.into_iter().map(segment).collect() })
        }
        other => other,
    }
}
