//! Statements (C11 6.8).

use super::Analysis;
use crate::diagnostics::Reported;
use crate::ir::{Kind, Loop, Statement};
use crate::types::{INT, Type};
use lang_c::ast::{
    BlockItem, Expression as Tree, ForInitializer, ForStatement, IfStatement, Statement as StatementTree,
};
use lang_c::span::{Node, Span};

impl Analysis<'_> {
    /// A block's items, in a scope of their own.
    pub(super) fn block(&mut self, items: &[Node<BlockItem>], output: &mut Vec<Statement>) -> Result<(), Reported> {
        self.scopes.enter();
        let result = self.block_items(items, output);
        self.scopes.leave();
        result
    }

    /// Goes on after an error, to report those of later items too.
    pub(super) fn block_items(
        &mut self,
        items: &[Node<BlockItem>],
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let mut result = Ok(());
        for item in items {
            let outcome = match &item.node {
                BlockItem::Declaration(declaration) => self.declaration(declaration, output),
                BlockItem::StaticAssert(assertion) => self.static_assertion(assertion),
                BlockItem::Statement(statement) => self.statement(statement, output),
            };
            result = result.and(outcome);
        }
        result
    }

    pub(super) fn statement(
        &mut self,
        node: &Node<StatementTree>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        self.deeper(node.span, |this| this.statement_here(node, output))
    }

    fn statement_here(&mut self, node: &Node<StatementTree>, output: &mut Vec<Statement>) -> Result<(), Reported> {
        match &node.node {
            StatementTree::Compound(items) => self.block(items, output),
            StatementTree::Expression(None) => Ok(()),
            StatementTree::Expression(Some(expression)) => {
                output.push(Statement::Evaluate(self.value(expression)?));
                Ok(())
            }
            StatementTree::If(branch) => self.if_statement(&branch.node, output),
            StatementTree::While(repeat) => {
                let condition = self.condition(&repeat.node.expression);
                let body = self.loop_body(&repeat.node.statement);
                let (condition, body) = (Some(condition?), body?);
                output.push(Statement::Loop(Loop { tests_first: true, condition, body, step: None }));
                Ok(())
            }
            StatementTree::DoWhile(repeat) => {
                let body = self.loop_body(&repeat.node.statement);
                let condition = self.condition(&repeat.node.expression);
                let (condition, body) = (Some(condition?), body?);
                output.push(Statement::Loop(Loop { tests_first: false, condition, body, step: None }));
                Ok(())
            }
            StatementTree::For(repeat) => {
                self.scopes.enter();
                let result = self.for_loop(&repeat.node, output);
                self.scopes.leave();
                result
            }
            StatementTree::Switch(switch) => self.switch(switch, output),
            StatementTree::Break if self.current.loops > 0 || !self.current.switches.is_empty() => {
                output.push(Statement::Break);
                Ok(())
            }
            StatementTree::Break => self.refuse(node.span, "'break' outside of a loop or switch"),
            StatementTree::Continue if self.current.loops > 0 => {
                output.push(Statement::Continue);
                Ok(())
            }
            StatementTree::Continue => self.refuse(node.span, "'continue' outside of a loop"),
            StatementTree::Return(value) => self.return_statement(node.span, value.as_deref(), output),
            StatementTree::Labeled(labeled) => self.labelled(labeled, output),
            StatementTree::Goto(name) => self.goto(name, output),
            StatementTree::Asm(_) => self.unsupported(node.span, "inline assembler statements"),
        }
    }

    fn if_statement(&mut self, node: &IfStatement, output: &mut Vec<Statement>) -> Result<(), Reported> {
        let condition = self.condition(&node.condition);
        let then_branch = self.sub_statement(&node.then_statement);
        let else_branch = match &node.else_statement {
            Some(statement) => self.sub_statement(statement),
            None => Ok(Vec::new()),
        };
        output.push(Statement::If(condition?, then_branch?, else_branch?));
        Ok(())
    }

    /// `({ … })`: the value is that of the last statement, if it is an expression.
    pub(super) fn statement_expression(
        &mut self,
        node: &Node<StatementTree>,
    ) -> Result<crate::ir::Expression, Reported> {
        let StatementTree::Compound(items) = &node.node else {
            return self.refuse(node.span, "a statement expression needs a block");
        };
        if self.current.result.is_none() {
            return self.refuse(node.span, "a statement expression is for functions only");
        }
        // Nothing in it may leave it but `return`.
        let loops = std::mem::take(&mut self.current.loops);
        let switches = std::mem::take(&mut self.current.switches);
        self.current.statement_expressions += 1;
        self.scopes.enter();
        let walked = self.statements_and_value(items);
        self.scopes.leave();
        self.current.statement_expressions -= 1;
        self.current.switches = switches;
        self.current.loops = loops;
        self.current.effects += 1;
        let (statements, value) = walked?;
        let ty = value.ty.clone();
        Ok(crate::ir::Expression { ty, kind: Kind::Statements(statements, Box::new(value)) })
    }

    fn statements_and_value(
        &mut self,
        items: &[Node<BlockItem>],
    ) -> Result<(Vec<Statement>, crate::ir::Expression), Reported> {
        let mut statements = Vec::new();
        let last = items.split_last().and_then(|(last, others)| match &last.node {
            BlockItem::Statement(Node { node: StatementTree::Expression(Some(value)), .. }) => Some((value, others)),
            _ => None,
        });
        match last {
            Some((value, others)) => {
                self.block_items(others, &mut statements)?;
                Ok((statements, self.value(value)?))
            }
            None => {
                self.block_items(items, &mut statements)?;
                Ok((statements, super::fold::to_void(super::fold::integer(0, INT))))
            }
        }
    }

    fn condition(&mut self, node: &Node<Tree>) -> Result<crate::ir::Expression, Reported> {
        let value = self.value(node)?;
        self.condition_value(node.span, value)
    }

    fn sub_statement(&mut self, node: &Node<StatementTree>) -> Result<Vec<Statement>, Reported> {
        let mut statements = Vec::new();
        self.scopes.enter();
        let result = self.statement(node, &mut statements);
        self.scopes.leave();
        result.map(|()| statements)
    }

    fn loop_body(&mut self, node: &Node<StatementTree>) -> Result<Vec<Statement>, Reported> {
        self.current.loops += 1;
        let body = self.sub_statement(node);
        self.current.loops -= 1;
        body
    }

    fn for_loop(&mut self, node: &ForStatement, output: &mut Vec<Statement>) -> Result<(), Reported> {
        match &node.initializer.node {
            ForInitializer::Empty => {}
            ForInitializer::Expression(expression) => output.push(Statement::Evaluate(self.value(expression)?)),
            ForInitializer::Declaration(declaration) => self.declaration(declaration, output)?,
            ForInitializer::StaticAssert(assertion) => self.static_assertion(assertion)?,
        }
        let condition = node.condition.as_ref().map(|condition| self.condition(condition)).transpose();
        let step = node.step.as_ref().map(|step| self.value(step)).transpose();
        let body = self.loop_body(&node.statement);
        let (condition, step, body) = (condition?, step?, body?);
        output.push(Statement::Loop(Loop { tests_first: true, condition, body, step }));
        Ok(())
    }

    fn return_statement(
        &mut self,
        span: Span,
        value: Option<&Node<Tree>>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let wanted = self.current.result.clone().unwrap_or(Type::Void);
        let value = match (value, wanted) {
            (None, Type::Void) => None,
            (None, ty) => {
                return self.refuse(span, format!("the function returns '{}': a value is missing here", ty.name()));
            }
            (Some(node), Type::Void) => {
                let value = self.value(node)?;
                if value.ty != Type::Void {
                    return self.refuse(node.span, "a void function returns no value");
                }
                output.push(Statement::Evaluate(value));
                None
            }
            (Some(node), ty) => {
                let value = self.value(node)?;
                let value = self.convert_implicitly(node.span, value, &ty, "return")?;
                if ty.is_record() {
                    output.push(Statement::Evaluate(self.write_result(ty, value)));
                    None
                } else {
                    Some(value)
                }
            }
        };
        output.push(Statement::Return(value));
        Ok(())
    }
}
