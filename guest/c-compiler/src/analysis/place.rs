//! Lvalues: expressions that designate an object (C11 6.3.2.1), bit-fields included.

use super::scope::Symbol;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, Place};
use crate::record::Bits;
use crate::signature::ScalarType;
use crate::types::{Qualified, Type};
use lang_c::ast::{BinaryOperator, Expression as Tree, UnaryOperator};
use lang_c::span::{Node, Span};

/// What an expression designates: an object or a function.
pub(super) struct Object {
    /// Of a bit-field: the unit that it lies in.
    pub(super) place: Place,
    pub(super) qualified: Qualified,
    pub(super) bits: Option<Bits>,
    /// False for a part of a value that lives in no object of its own: what a function returned.
    pub(super) is_lvalue: bool,
}

impl Object {
    fn new(place: Place, qualified: Qualified) -> Self {
        Self { place, qualified, bits: None, is_lvalue: true }
    }

    /// What lies where this pointer points to.
    pub(super) fn at(pointer: Expression, qualified: Qualified) -> Self {
        Self::new(Place::Memory(pointer), qualified)
    }

    pub(super) fn local(local: crate::ir::LocalId, qualified: Qualified) -> Self {
        Self::new(Place::Local(local), qualified)
    }

    /// A static object at this address, or the function of this number.
    pub(super) fn fixed(address: u32, qualified: Qualified) -> Self {
        Self::at(fold::integer(i64::from(address), Type::pointer_to(qualified.clone())), qualified)
    }
}

impl Analysis<'_> {
    /// The object that an expression designates; an error if it designates none.
    pub(super) fn object(&mut self, node: &Node<Tree>) -> Result<Object, Reported> {
        match self.object_if_any(node)? {
            Some(found) => Ok(found),
            None => self.refuse(node.span, "this expression does not designate a variable"),
        }
    }

    /// The object that an expression designates, if it is of the form that does.
    pub(super) fn object_if_any(&mut self, node: &Node<Tree>) -> Result<Option<Object>, Reported> {
        self.deeper(node.span, |this| match &node.node {
            Tree::Identifier(name) => match this.scopes.find(&name.node.name).cloned() {
                Some(Symbol::Local(local, qualified)) => Ok(Some(Object::local(local, qualified))),
                Some(Symbol::Static(address, qualified)) => {
                    this.statics.note_use(address);
                    Ok(Some(Object::fixed(address, qualified)))
                }
                Some(Symbol::Function(function)) => this.function_object(name.span, function).map(Some),
                Some(Symbol::Poisoned) => Err(Reported),
                None => this.function_name(&name.node.name, name.span),
                _ => Ok(None),
            },
            Tree::GenericSelection(selection) => {
                let chosen = this.generic_selection(selection)?;
                this.object_if_any(chosen)
            }
            Tree::BinaryOperator(operation) if operation.node.operator.node == BinaryOperator::Index => {
                let left = this.value(&operation.node.lhs)?;
                let right = this.value(&operation.node.rhs)?;
                let sum = match (&left.ty, &right.ty) {
                    (Type::Pointer(_), _) => this.pointer_sum(node.span, left, right, false)?,
                    (_, Type::Pointer(_)) => this.pointer_sum(node.span, right, left, false)?,
                    _ => return this.refuse(node.span, "only arrays and pointers have elements"),
                };
                this.target(node.span, sum).map(Some)
            }
            Tree::UnaryOperator(operation) if operation.node.operator.node == UnaryOperator::Indirection => {
                let pointer = this.value(&operation.node.operand)?;
                this.target(node.span, pointer).map(Some)
            }
            Tree::StringLiteral(parts) => {
                let bytes = this.string_bytes(&parts.node, parts.span)?;
                this.string_object(bytes, false, node.span).map(Some)
            }
            Tree::Member(member) => this.member_place(member).map(Some),
            Tree::CompoundLiteral(literal) => this.compound_literal(literal).map(Some),
            _ => Ok(None),
        })
    }

    fn string_object(&mut self, mut bytes: Vec<u8>, is_const: bool, span: Span) -> Result<Object, Reported> {
        bytes.push(0);
        let element = Qualified { ty: Type::Scalar(ScalarType::Char), is_const };
        let qualified = self.array_of(element, bytes.len() as i64, span)?;
        match self.statics.string(&bytes) {
            Some(address) => Ok(Object::fixed(address, qualified)),
            None => self.refuse(span, "the static variables are too large in all"),
        }
    }

    /// `__func__` (C11 6.4.2.2), if the name is that.
    pub(super) fn function_name(&mut self, name: &str, span: Span) -> Result<Option<Object>, Reported> {
        if !matches!(name, "__func__" | "__FUNCTION__" | "__PRETTY_FUNCTION__") || self.current.result.is_none() {
            return Ok(None);
        }
        let function = self.functions.get(self.current.index as usize);
        let bytes = function.map(|entry| entry.name.clone().into_bytes()).unwrap_or_default();
        self.string_object(bytes, true, span).map(Some)
    }

    /// What a pointer points to.
    pub(super) fn target(&mut self, span: Span, pointer: Expression) -> Result<Object, Reported> {
        let Type::Pointer(qualified) = pointer.ty.clone() else {
            let message = format!("only pointers can be followed, not '{}'", pointer.ty.name());
            return self.refuse(span, message);
        };
        if qualified.ty == Type::Void {
            return self.refuse(span, "what a pointer to void points to has no type: cast the pointer first");
        }
        // `*&x` is `x` itself; of an array's first element the address differs in type only.
        if let Kind::Address(place) = pointer.kind {
            let same = match &*place {
                Place::Local(local) => {
                    self.current.locals.get(local.0 as usize).is_some_and(|local| local.ty == qualified.ty)
                }
                Place::Memory(_) => false,
            };
            if same {
                return Ok(Object::new(*place, (*qualified).clone()));
            }
            let pointer = Expression { ty: pointer.ty, kind: Kind::Address(place) };
            return Ok(Object::at(pointer, (*qualified).clone()));
        }
        Ok(Object::at(pointer, (*qualified).clone()))
    }

    /// The address of a place, as a pointer to `target`.
    pub(super) fn address(&mut self, place: Place, target: Qualified) -> Expression {
        let ty = Type::pointer_to(target);
        match place {
            Place::Memory(pointer) => Expression { ty, kind: pointer.kind },
            Place::Local(local) => {
                if let Some(known) = self.current.locals.get_mut(local.0 as usize) {
                    known.in_memory = true;
                }
                Expression { ty, kind: Kind::Address(Box::new(Place::Local(local))) }
            }
        }
    }

    /// The operand of `&` as a pointer.
    pub(super) fn address_of(&mut self, node: &Node<Tree>) -> Result<Expression, Reported> {
        let object = self.object(node)?;
        if object.bits.is_some() {
            return self.refuse(node.span, "a bit-field has no address");
        }
        if !object.is_lvalue {
            return self.refuse(node.span, "this expression does not designate a variable");
        }
        Ok(self.address(object.place, object.qualified))
    }

    /// The value of an object; of an array, the address of its first element, of a function its own (C11 6.3.2.1).
    pub(super) fn read(&mut self, object: Object) -> Expression {
        if let Some(bits) = object.bits {
            return self.read_bits(object, bits);
        }
        match object.qualified.ty {
            Type::Array(element, _) => self.address(object.place, (*element).clone()),
            Type::Function(_) => self.address(object.place, object.qualified),
            ty => Expression { ty, kind: Kind::Read(Box::new(object.place)) },
        }
    }

    /// An object that may be assigned to.
    pub(super) fn modifiable(&mut self, node: &Node<Tree>) -> Result<Object, Reported> {
        let object = self.object(node)?;
        let message = match &object.qualified.ty {
            Type::Function(_) => "this expression does not designate a variable",
            _ if !object.is_lvalue => "this expression does not designate a variable",
            _ if object.qualified.is_const => "this is const and cannot be changed",
            Type::Array(..) => "an array cannot be assigned to",
            Type::Record(record) if record.has_const() => "this has a const member and cannot be changed as a whole",
            Type::Record(record) if !record.is_complete() => "this is of an incomplete type",
            _ => return Ok(object),
        };
        self.refuse(node.span, message)
    }
}
