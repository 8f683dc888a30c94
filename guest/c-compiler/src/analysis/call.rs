//! Function calls (C11 6.5.2.2).

use super::builtins::{self, Builtin, Way};
use super::scope::Symbol;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, FunctionId, Kind, LocalId, Native, OldValue, Place};
use crate::signature::ScalarType;
use crate::types::{FunctionType, INT, Qualified, Type};
use lang_c::ast::{CallExpression, Expression as Tree};
use lang_c::span::{Node, Span};
use std::rc::Rc;

/// What is called.
enum Callee {
    Function(FunctionId),
    /// What this pointer points to.
    Pointer(Expression),
    /// Something that is computed in place.
    Builtin,
}

impl Analysis<'_> {
    pub(super) fn call(&mut self, node: &Node<CallExpression>) -> Result<Expression, Reported> {
        if let Tree::Identifier(name) = &node.node.callee.node {
            let text = &name.node.name;
            match self.scopes.find(text).cloned() {
                Some(Symbol::Function(function)) => {
                    // What the headers declare, and the source does not define, may be an instruction.
                    let is_defined = self.functions.get(function.0 as usize).is_some_and(|entry| entry.is_defined());
                    return match builtins::builtin(text, self.headers).filter(|_| !is_defined) {
                        Some(builtin) => self.call_builtin(node, text, builtin),
                        None => self.call_function(node, function),
                    };
                }
                Some(Symbol::Poisoned) => return self.only_arguments(node),
                Some(_) => {}
                None if text.starts_with("__builtin_va_") => return self.call_variable_arguments(node, text),
                None => match builtins::builtin(text, self.headers) {
                    Some(builtin) => return self.call_builtin(node, text, builtin),
                    None => {
                        let at = self.origin(name.span);
                        self.reports.report(at, builtins::missing(text, "function "));
                        return self.only_arguments(node);
                    }
                },
            }
        }
        let areas = self.current.open_areas;
        self.current.open_areas += 1;
        let callee = self.value(&node.node.callee);
        self.current.open_areas = areas;
        let callee = callee?;
        let face = match &callee.ty {
            Type::Pointer(target) => match &target.ty {
                Type::Function(face) => Rc::clone(face),
                _ => return self.not_a_function(node, &callee.ty),
            },
            ty => return self.not_a_function(node, &ty.clone()),
        };
        // A function's own address calls it directly.
        if let Kind::Integer(number) = callee.kind
            && let Some(function) = self.table.get((number as usize).wrapping_sub(1)).copied()
            && self.functions.get(function.0 as usize).is_some_and(|entry| entry.face == face)
        {
            return self.call_function(node, function);
        }
        self.lowered_call(node, "a function pointer", &face, Callee::Pointer(callee))
    }

    /// What is called is wrong, and that is reported; errors in the arguments are told all the same.
    fn only_arguments(&mut self, node: &Node<CallExpression>) -> Result<Expression, Reported> {
        for argument in &node.node.arguments {
            // Reported too.
            let _ = self.value(argument);
        }
        Err(Reported)
    }

    fn not_a_function(&mut self, node: &Node<CallExpression>, ty: &Type) -> Result<Expression, Reported> {
        match &node.node.callee.node {
            Tree::Identifier(name) => self.refuse(name.span, format!("'{}' is not a function", name.node.name)),
            _ => self.refuse(node.span, format!("only functions can be called, not '{}'", ty.name())),
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
        entry.used_at.get_or_insert(at);
        let (name, face) = (entry.name.clone(), Rc::clone(&entry.face));
        self.lowered_call(node, &name, &face, Callee::Function(id))
    }

    /// A call with its arguments as WebAssembly takes them: see [`FunctionType::lowered`].
    fn lowered_call(
        &mut self,
        node: &Node<CallExpression>,
        name: &str,
        face: &Rc<FunctionType>,
        callee: Callee,
    ) -> Result<Expression, Reported> {
        let given = &node.node.arguments;
        let count = face.parameters.len();
        if !face.is_variadic {
            self.check_count(node.span, name, count, given.len())?;
        } else if given.len() < count {
            let message = format!("function '{name}' takes at least {count} arguments, not {}", given.len());
            return self.refuse(node.span, message);
        }
        let result = if face.result.is_record() {
            self.complete(&face.result, node.span)?;
            Some(self.new_local(node.span, face.result.clone())?)
        } else {
            None
        };
        let mut arguments = self.fixed_arguments(node, face)?;
        if face.is_variadic {
            let effects = self.current.effects;
            let area = self.variable_arguments(given.get(count..).unwrap_or_default())?;
            arguments.push((area, self.current.effects > effects));
        }
        self.current.effects += 1;
        let mut callee = callee;
        let mut firsts = Vec::new();
        let arguments = self.ordered(arguments, &mut callee, &mut firsts);
        let hidden = result.map(|local| self.local_address(local, &face.result));
        let arguments = hidden.into_iter().chain(arguments).collect();
        let returned = if result.is_some() { Type::Void } else { face.result.clone() };
        let kind = match callee {
            Callee::Function(id) => {
                self.note_call(Some(id));
                Kind::Call(id, arguments)
            }
            Callee::Pointer(pointer) => {
                self.note_call(None);
                Kind::CallPointer(Box::new(pointer), Rc::clone(face), arguments)
            }
            // Those are not lowered.
            Callee::Builtin => Kind::Comma(arguments),
        };
        let mut call = Expression { ty: returned.clone(), kind };
        if !firsts.is_empty() {
            call = Expression { ty: returned, kind: Kind::With { firsts, then: Box::new(call) } };
        }
        Ok(match result {
            None => call,
            Some(local) => {
                let ty = face.result.clone();
                let value = Expression { ty: ty.clone(), kind: Kind::Read(Box::new(Place::Local(local))) };
                Expression { ty, kind: Kind::Comma(vec![call, value]) }
            }
        })
    }

    /// The arguments for the named parameters, and whether evaluating each has an effect.
    fn fixed_arguments(
        &mut self,
        node: &Node<CallExpression>,
        face: &FunctionType,
    ) -> Result<Vec<(Expression, bool)>, Reported> {
        // They are evaluated after those that lie in the area, so calls within them need areas of their own.
        let areas = self.current.open_areas;
        self.current.open_areas += usize::from(face.is_variadic);
        let mut arguments = Vec::with_capacity(face.parameters.len() + 1);
        let mut outcome = Ok(());
        for (argument, ty) in node.node.arguments.iter().zip(&face.parameters) {
            let effects = self.current.effects;
            let passed = self.argument(argument, ty).and_then(|value| self.passed(value, argument.span));
            match passed {
                Ok(value) => arguments.push((value, self.current.effects > effects)),
                Err(reported) => outcome = Err(reported),
            }
        }
        self.current.open_areas = areas;
        outcome.map(|()| arguments)
    }

    /// C leaves the order of evaluation open; where it shows, it is that of gcc: what is called, then the arguments from
    /// the last to the first.
    fn ordered(
        &mut self,
        arguments: Vec<(Expression, bool)>,
        callee: &mut Callee,
        firsts: &mut Vec<(OldValue, Expression)>,
    ) -> Vec<Expression> {
        let any_effect = arguments.iter().any(|(_, has_effect)| *has_effect);
        let mut values: Vec<Expression> = arguments.into_iter().map(|(value, _)| value).collect();
        if !any_effect {
            return values;
        }
        let mut name_first = |this: &mut Self, value: &mut Expression| {
            let name = this.new_old_value();
            let named = Expression { ty: value.ty.clone(), kind: Kind::Old(name) };
            firsts.push((name, std::mem::replace(value, named)));
        };
        if let Callee::Pointer(pointer) = callee
            && !fold::is_fixed(pointer)
        {
            name_first(self, pointer);
        }
        // The one that is evaluated last needs no name.
        let last = values.iter().position(|value| !fold::is_fixed(value)).unwrap_or_default();
        for value in values.iter_mut().skip(last + 1).rev().filter(|value| !fold::is_fixed(value)) {
            name_first(self, value);
        }
        values
    }

    /// A record is passed as the address of a copy.
    fn passed(&mut self, value: Expression, span: Span) -> Result<Expression, Reported> {
        if !value.ty.is_record() {
            return Ok(value);
        }
        let ty = value.ty.clone();
        if is_own_copy(&value) {
            let pointer = Type::pointer_to(Qualified::plain(ty));
            return Ok(Expression { ty: pointer, kind: Kind::Convert(Box::new(value)) });
        }
        let copy = self.new_local(span, ty.clone())?;
        let assign = Expression { ty: ty.clone(), kind: Kind::Assign(Box::new(Place::Local(copy)), Box::new(value)) };
        let address = self.local_address(copy, &ty);
        Ok(Expression { ty: address.ty.clone(), kind: Kind::Comma(vec![assign, address]) })
    }

    pub(super) fn local_address(&mut self, local: LocalId, ty: &Type) -> Expression {
        self.address(Place::Local(local), Qualified::plain(ty.clone()))
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
        let pointer = Type::pointer_to(Qualified { is_const: true, ..Qualified::plain(Type::Void) });
        let parameters = match builtin.way {
            Way::Memory(Native::MemoryCopy) => vec![pointer.clone(), pointer, Type::Scalar(ScalarType::UnsignedInt)],
            Way::Memory(_) => vec![pointer, INT, Type::Scalar(ScalarType::UnsignedInt)],
            _ => vec![own.clone(); builtin.parameters],
        };
        let mut arguments = Vec::with_capacity(builtin.parameters);
        for (argument, ty) in node.node.arguments.iter().zip(&parameters) {
            let effects = self.current.effects;
            let value = self.argument(argument, ty)?;
            arguments.push((value, self.current.effects > effects));
        }
        let mut firsts = Vec::new();
        let arguments = self.ordered(arguments, &mut Callee::Builtin, &mut firsts);
        let call = self.builtin_value(name, builtin, own, arguments);
        if firsts.is_empty() {
            return Ok(call);
        }
        Ok(Expression { ty: call.ty.clone(), kind: Kind::With { firsts, then: Box::new(call) } })
    }

    fn builtin_value(&mut self, name: &str, builtin: Builtin, own: Type, mut arguments: Vec<Expression>) -> Expression {
        match builtin.way {
            Way::Native(native) => Expression { ty: own, kind: Kind::Native(native, arguments) },
            Way::Memory(native) => {
                self.current.effects += 1;
                Expression { ty: Type::Void, kind: Kind::Native(native, arguments) }
            }
            Way::Import(index) => fold::convert(self.math_call(index, arguments), own),
            Way::RoundedToLong { import } => {
                let rounded = match import {
                    Some(index) => self.math_call(index, arguments),
                    None => Expression { ty: own, kind: Kind::Native(Native::Nearest, arguments) },
                };
                let long = if name.starts_with("ll") { ScalarType::LongLong } else { ScalarType::Long };
                fold::convert(rounded, Type::Scalar(long))
            }
            Way::Integer(unary) | Way::Classification(unary) | Way::Count(unary) => match arguments.pop() {
                Some(argument) => fold::unary(unary, argument),
                None => fold::integer(0, INT),
            },
            Way::First if !arguments.is_empty() => arguments.swap_remove(0),
            Way::First | Way::Nothing => fold::to_void(fold::integer(0, INT)),
        }
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

/// Whether a record is what a call has just returned: nothing else refers to it.
fn is_own_copy(value: &Expression) -> bool {
    let Kind::Comma(parts) = &value.kind else { return false };
    matches!(parts.as_slice(), [call, _] if matches!(call.kind, Kind::Call(..) | Kind::CallPointer(..) | Kind::With { .. }) && call.ty == Type::Void)
        && matches!(parts.last().map(|last| &last.kind), Some(Kind::Read(place)) if matches!(**place, Place::Local(_)))
}
