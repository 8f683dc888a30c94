//! Function calls (C11 6.5.2.2).

use super::builtins::{self, Builtin, Way};
use super::scope::Symbol;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, FunctionId, Kind, Native};
use crate::signature::ScalarType;
use crate::types::{INT, Type};
use lang_c::ast::{CallExpression, Expression as Tree};
use lang_c::span::{Node, Span};

impl Analysis<'_> {
    pub(super) fn call(&mut self, node: &Node<CallExpression>) -> Result<Expression, Reported> {
        let Tree::Identifier(name) = &node.node.callee.node else {
            return self.unsupported(node.span, "calls through pointers to functions");
        };
        let text = &name.node.name;
        match self.scopes.find(text).cloned() {
            Some(Symbol::Function(function)) => self.call_function(node, function),
            Some(_) => self.refuse(name.span, format!("'{text}' is not a function")),
            None => match builtins::builtin(text, self.headers) {
                Some(builtin) => self.call_builtin(node, text, builtin),
                None => {
                    let hint = builtins::header_of(text)
                        .map_or_else(String::new, |header| format!(": #include <{header}> declares it"));
                    self.refuse(name.span, format!("function '{text}' is not declared{hint}"))
                }
            },
        }
    }

    fn check_count(&mut self, span: Span, name: &str, wanted: usize, given: usize) -> Result<(), Reported> {
        if wanted == given {
            return Ok(());
        }
        self.refuse(span, format!("function '{name}' takes {wanted} arguments, not {given}"))
    }

    fn call_function(&mut self, node: &Node<CallExpression>, id: FunctionId) -> Result<Expression, Reported> {
        let at = self.origin(node.span);
        let Some(entry) = self.functions.get_mut(id.0 as usize) else {
            return self.refuse(node.span, "this function is not declared");
        };
        entry.called_at.get_or_insert(at);
        let (name, parameters, result) = (entry.name.clone(), entry.parameters.clone(), entry.result.clone());
        self.check_count(node.span, &name, parameters.len(), node.node.arguments.len())?;
        let mut arguments = Vec::with_capacity(parameters.len());
        for (argument, ty) in node.node.arguments.iter().zip(&parameters) {
            arguments.push(self.argument(argument, ty)?);
        }
        self.current.effects += 1;
        self.note_call(id);
        Ok(Expression { ty: result, kind: Kind::Call(id, arguments) })
    }

    fn argument(&mut self, node: &Node<Tree>, ty: &Type) -> Result<Expression, Reported> {
        let value = self.value(node)?;
        self.convert_implicitly(node.span, value, ty, "argument passing")
    }

    fn call_builtin(
        &mut self,
        node: &Node<CallExpression>,
        name: &str,
        builtin: Builtin,
    ) -> Result<Expression, Reported> {
        self.check_count(node.span, name, builtin.parameters, node.node.arguments.len())?;
        if let (Way::Classification(unary), [argument]) = (builtin.way, node.node.arguments.as_slice()) {
            let (value, scalar) = self.scalar_of(argument)?;
            // As a macro it does not convert its argument; an integer is refused, as gcc does.
            if !scalar.is_float() {
                return self.refuse(argument.span, format!("'{name}' takes float or double"));
            }
            return Ok(fold::unary(unary, value));
        }
        let own = Type::Scalar(builtin.scalar);
        let mut arguments = Vec::with_capacity(builtin.parameters);
        for argument in &node.node.arguments {
            arguments.push(self.argument(argument, &own)?);
        }
        Ok(match builtin.way {
            Way::Native(native) => Expression { ty: own, kind: Kind::Native(native, arguments) },
            Way::Import(index) => fold::convert(self.math_call(index, arguments), own),
            Way::RoundedToLong { import } => {
                let rounded = match import {
                    Some(index) => self.math_call(index, arguments),
                    None => Expression { ty: own, kind: Kind::Native(Native::Nearest, arguments) },
                };
                let long = if name.starts_with("ll") { ScalarType::LongLong } else { ScalarType::Long };
                fold::convert(rounded, Type::Scalar(long))
            }
            Way::Integer(unary) | Way::Classification(unary) => match arguments.pop() {
                Some(argument) => fold::unary(unary, argument),
                None => fold::integer(0, INT),
            },
        })
    }

    /// An imported function; its arguments are widened to `double`.
    fn math_call(&mut self, index: usize, arguments: Vec<Expression>) -> Expression {
        if !self.math_imports.contains(&index) {
            self.math_imports.push(index);
        }
        let double = Type::Scalar(ScalarType::Double);
        let arguments = arguments.into_iter().map(|argument| fold::convert(argument, double.clone())).collect();
        Expression { ty: double, kind: Kind::MathCall(index, arguments) }
    }
}
