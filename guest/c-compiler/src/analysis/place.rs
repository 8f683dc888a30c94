//! Lvalues: expressions that designate an object (C11 6.3.2.1).

use super::scope::Symbol;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, Place};
use crate::signature::ScalarType;
use crate::types::{Qualified, Type};
use lang_c::ast::{BinaryOperator, Expression as Tree, UnaryOperator};
use lang_c::span::Node;

impl Analysis<'_> {
    /// The object that an expression designates, and its type; an error if it designates none.
    pub(super) fn place(&mut self, node: &Node<Tree>) -> Result<(Place, Qualified), Reported> {
        match self.place_if_any(node)? {
            Some(found) => Ok(found),
            None => self.refuse(node.span, "this expression does not designate a variable"),
        }
    }

    /// The object that an expression designates, if it is of the form that does.
    pub(super) fn place_if_any(&mut self, node: &Node<Tree>) -> Result<Option<(Place, Qualified)>, Reported> {
        self.deeper(node.span, |this| match &node.node {
            Tree::Identifier(name) => match this.scopes.find(&name.node.name).cloned() {
                Some(Symbol::Local(local, qualified)) => Ok(Some((Place::Local(local), qualified))),
                Some(Symbol::Static(address, qualified)) => {
                    let address = fold::integer(i64::from(address), Type::pointer_to(qualified.clone()));
                    Ok(Some((Place::Memory(address), qualified)))
                }
                _ => Ok(None),
            },
            Tree::BinaryOperator(operation) if operation.node.operator.node == BinaryOperator::Index => {
                let left = this.value(&operation.node.lhs)?;
                let right = this.value(&operation.node.rhs)?;
                let sum = match (&left.ty, &right.ty) {
                    (Type::Pointer(_), _) => this.pointer_sum(node.span, left, right, false)?,
                    (_, Type::Pointer(_)) => this.pointer_sum(node.span, right, left, false)?,
                    _ => return this.refuse(node.span, "only arrays and pointers have elements"),
                };
                this.target(node, sum).map(Some)
            }
            Tree::UnaryOperator(operation) if operation.node.operator.node == UnaryOperator::Indirection => {
                let pointer = this.value(&operation.node.operand)?;
                this.target(node, pointer).map(Some)
            }
            Tree::StringLiteral(parts) => {
                let mut bytes = this.string_bytes(&parts.node, parts.span)?;
                bytes.push(0);
                let element = Qualified::plain(Type::Scalar(ScalarType::Char));
                let qualified = this.array_of(element, bytes.len() as i64, node.span)?;
                let address = this.allocate(node.span, &qualified.ty)?;
                this.statics.initialise(address, &bytes);
                let address = fold::integer(i64::from(address), Type::pointer_to(qualified.clone()));
                Ok(Some((Place::Memory(address), qualified)))
            }
            _ => Ok(None),
        })
    }

    /// What a pointer points to.
    fn target(&mut self, node: &Node<Tree>, pointer: Expression) -> Result<(Place, Qualified), Reported> {
        let Type::Pointer(qualified) = pointer.ty.clone() else {
            let message = format!("only pointers can be followed, not '{}'", pointer.ty.name());
            return self.refuse(node.span, message);
        };
        if qualified.ty == Type::Void {
            return self.refuse(node.span, "what a pointer to void points to has no type: cast the pointer first");
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
                return Ok((*place, (*qualified).clone()));
            }
            return Ok((
                Place::Memory(Expression { ty: pointer.ty, kind: Kind::Address(place) }),
                (*qualified).clone(),
            ));
        }
        Ok((Place::Memory(pointer), (*qualified).clone()))
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

    /// The value of an object; of an array, the address of its first element (C11 6.3.2.1 §3).
    pub(super) fn read(&mut self, place: Place, qualified: Qualified) -> Expression {
        match qualified.ty {
            Type::Array(element, _) => self.address(place, (*element).clone()),
            ty => Expression { ty, kind: Kind::Read(Box::new(place)) },
        }
    }

    /// A place that may be assigned to.
    pub(super) fn modifiable(&mut self, node: &Node<Tree>) -> Result<(Place, Type), Reported> {
        let (place, qualified) = self.place(node)?;
        if qualified.is_const {
            return self.refuse(node.span, "this is const and cannot be changed");
        }
        if matches!(qualified.ty, Type::Array(..)) {
            return self.refuse(node.span, "an array cannot be assigned to");
        }
        Ok((place, qualified.ty))
    }
}
