//! Compound literals (C11 6.5.2.5).

use super::Analysis;
use super::elements::{Element, Elements, Target, whole};
use super::initializer::{Item, element_type};
use super::place::Object;
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, Place};
use crate::types::Type;
use lang_c::ast::{CompoundLiteral, Expression as Tree};
use lang_c::span::{Node, Span};

/// Compound literals may nest this deep: each may be walked twice, once for the length of its array.
const MAX_COMPOUND_LITERALS: u32 = 6;

impl Analysis<'_> {
    /// `(type){…}`: an object that is initialised each time it is evaluated; outside of functions a static one.
    pub(super) fn compound_literal(&mut self, node: &Node<CompoundLiteral>) -> Result<Object, Reported> {
        if self.current.compound_literals >= MAX_COMPOUND_LITERALS {
            return self.refuse(node.span, "compound literals are nested too deeply here");
        }
        self.current.compound_literals += 1;
        let object = self.compound_literal_here(node);
        self.current.compound_literals -= 1;
        object
    }

    fn compound_literal_here(&mut self, node: &Node<CompoundLiteral>) -> Result<Object, Reported> {
        let mut qualified = self.qualified_type_name(&node.node.type_name)?;
        let items = node.node.initializer_list.as_slice();
        if let Type::Array(element, 0) = qualified.ty.clone() {
            let count = self.list_length(&element, items, node.span)?;
            qualified = self.array_of((*element).clone(), count, node.span)?;
        }
        self.complete(&qualified.ty, node.span)?;
        let mut elements = Elements::default();
        self.literal_items(whole(&qualified.ty), items, node.span, &mut elements)?;
        if self.current.result.is_none() {
            let bytes = self.static_image(&qualified.ty, &elements.list, node.span)?;
            let address = self.allocate(node.span, &qualified.ty, 1)?;
            self.statics.initialise(address, &bytes);
            return Ok(Object::fixed(address, qualified));
        }
        let local = self.new_local(node.span, qualified.ty.clone())?;
        let mut parts = Vec::new();
        self.fill_local(local, &qualified.ty, elements.sorted(), node.span, &mut parts)?;
        let address = self.address(Place::Local(local), qualified.clone());
        let ty = address.ty.clone();
        parts.push(address);
        self.current.effects += 1;
        Ok(Object::at(Expression { ty, kind: Kind::Comma(parts) }, qualified))
    }

    /// The braces of a compound literal, whose type may be a scalar too.
    pub(super) fn literal_items(
        &mut self,
        target: Target,
        items: &[Item],
        span: Span,
        elements: &mut Elements,
    ) -> Result<(), Reported> {
        if !target.ty.is_aggregate() {
            let [item] = items else { return self.refuse(span, "a single value is needed here") };
            let value = self.scalar_initializer(&item.node.initializer, &target.ty)?;
            elements.push(Element { offset: target.offset, bits: target.bits, value });
            return Ok(());
        }
        if let (Type::Array(element, count), Some(bytes)) =
            (&target.ty, self.string_in_braces(element_type(&target.ty), items)?)
        {
            return self.string_elements(&bytes, element, *count, target.offset, span, elements);
        }
        self.deeper(span, |this| this.list(&target, items, Some(elements)).map(|_| ()))
    }

    /// The list of a compound literal of this very type: it initialises as if the literal's type were not there.
    pub(super) fn literal_of<'n>(&mut self, node: &'n Node<Tree>, ty: &Type) -> Result<Option<&'n [Item]>, Reported> {
        let Tree::CompoundLiteral(literal) = &node.node else { return Ok(None) };
        let literal_type = self.type_name(&literal.node.type_name)?;
        let is_same = literal_type == *ty
            || matches!((&literal_type, ty), (Type::Array(left, 0), Type::Array(right, _)) if left == right);
        Ok(is_same.then_some(literal.node.initializer_list.as_slice()))
    }
}
