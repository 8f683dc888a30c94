//! Definitions of structs and unions (C11 6.7.2.1), and their members in expressions (6.5.2.3).

use super::attribute::Attributes;
use super::place::Object;
use super::scope::Tag;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind};
use crate::record::{Bits, Placement, Record};
use crate::types::{MAX_OBJECT_BYTES, Qualified, SIZE_T, Type};
use lang_c::ast::{
    Expression as Tree, Identifier, MemberExpression, MemberOperator, OffsetMember, OffsetOfExpression,
    StructDeclaration, StructDeclarator, StructField, StructKind, StructType,
};
use lang_c::span::{Node, Span};
use std::collections::HashSet;
use std::rc::Rc;

/// C11 5.2.4.1 asks for 1023.
const MAX_MEMBERS: usize = 2048;
/// Most structs and unions of one source.
const MAX_RECORDS: usize = 4096;

impl Analysis<'_> {
    /// The type that a struct or union specifier means. `alone`: it is all of a declaration, which then declares the tag
    /// in this scope anew (C11 6.7.2.3 §7).
    pub(super) fn record(
        &mut self,
        node: &Node<StructType>,
        attributes: Attributes,
        alone: bool,
    ) -> Result<Type, Reported> {
        let is_union = node.node.kind.node == StructKind::Union;
        let tag = node.node.identifier.as_ref();
        let defines = node.node.declarations.is_some();
        let known = tag.and_then(|tag| {
            let here = defines || alone;
            let name = &tag.node.name;
            if here { self.scopes.find_tag_here(name).cloned() } else { self.scopes.find_tag(name).cloned() }
        });
        let record = match (known, tag) {
            (Some(Tag::Record(record)), _) if record.is_union == is_union => record,
            (Some(_), Some(tag)) => {
                return self.refuse(tag.span, format!("'{}' is the tag of another kind of type", tag.node.name));
            }
            _ => self.new_record(is_union, tag, node.span)?,
        };
        if let Some(declarations) = &node.node.declarations {
            if record.is_complete() {
                return self.refuse(node.span, format!("'{}' is defined already", record.name()));
            }
            let members = self.deeper(node.span, |this| this.members(declarations, is_union, attributes, node.span))?;
            record.complete(members);
            self.check_depth(&Type::Record(Rc::clone(&record)), node.span)?;
        }
        Ok(Type::Record(record))
    }

    fn new_record(
        &mut self,
        is_union: bool,
        tag: Option<&Node<Identifier>>,
        span: Span,
    ) -> Result<Rc<Record>, Reported> {
        if self.records.len() >= MAX_RECORDS {
            return self.refuse(span, "the source has too many structs and unions");
        }
        let name = tag.map_or("", |tag| tag.node.name.as_str());
        let record = Rc::new(Record::incomplete(is_union, name));
        self.records.push(Rc::clone(&record));
        if !name.is_empty() {
            self.scopes.insert_tag(name, Tag::Record(Rc::clone(&record)));
        }
        Ok(record)
    }

    fn members(
        &mut self,
        declarations: &[Node<StructDeclaration>],
        is_union: bool,
        attributes: Attributes,
        span: Span,
    ) -> Result<Placement, Reported> {
        let mut placement = Placement::new(is_union, attributes.is_packed);
        let mut names = HashSet::new();
        for (index, declaration) in declarations.iter().enumerate() {
            match &declaration.node {
                StructDeclaration::StaticAssert(assertion) => self.static_assertion(assertion)?,
                StructDeclaration::Field(field) => {
                    let is_last = index + 1 == declarations.len();
                    self.field(field, &mut placement, &mut names, is_last, attributes)?;
                }
            }
        }
        if placement.members().is_empty() {
            return self.refuse(span, "a struct or union needs a member with a name");
        }
        placement.align(attributes.alignment_bytes);
        Ok(placement)
    }

    fn field(
        &mut self,
        field: &Node<StructField>,
        placement: &mut Placement,
        names: &mut HashSet<Rc<str>>,
        is_last: bool,
        attributes: Attributes,
    ) -> Result<(), Reported> {
        let (base, of_specifiers) = self.member_specifiers(&field.node.specifiers, field.span)?;
        if field.node.declarators.is_empty() {
            let Type::Record(inner) = &base.ty else {
                return self.refuse(field.span, "this declares no member");
            };
            if !inner.is_complete() || inner.has_tag() {
                return self.refuse(field.span, "this declares no member");
            }
            self.note_members(inner, names, field.span)?;
            placement.add(None, base, of_specifiers.is_packed, of_specifiers.alignment_bytes);
            return self.check_size(placement, field.span);
        }
        let count = field.node.declarators.len();
        for (index, declarator) in field.node.declarators.iter().enumerate() {
            let is_last = is_last && index + 1 == count;
            self.member(declarator, &base, of_specifiers, placement, names, is_last, attributes)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "what a member needs to know of its record")]
    fn member(
        &mut self,
        node: &Node<StructDeclarator>,
        base: &Qualified,
        mut attributes: Attributes,
        placement: &mut Placement,
        names: &mut HashSet<Rc<str>>,
        is_last: bool,
        of_record: Attributes,
    ) -> Result<(), Reported> {
        let (name, qualified) = match &node.node.declarator {
            None => (None, base.clone()),
            Some(declarator) => {
                let declared = self.declarator(base.clone(), declarator)?;
                attributes.add(self.attributes(&declared.extensions)?);
                (declared.name, declared.qualified)
            }
        };
        let name = match name {
            Some(name) => {
                let text: Rc<str> = name.node.name.as_str().into();
                if !names.insert(Rc::clone(&text)) {
                    return self.refuse(name.span, format!("member '{text}' is there twice"));
                }
                Some(text)
            }
            None => None,
        };
        if placement.members().len() >= MAX_MEMBERS {
            return self.refuse(node.span, "the struct has too many members");
        }
        if let Some(width) = &node.node.bit_width {
            if of_record.is_packed || !attributes.is_empty() {
                return self.unsupported(node.span, "attributes on bit-fields");
            }
            let width = self.bit_width(width, &qualified.ty, name.is_some())?;
            placement.add_bits(name, qualified, width);
            return self.check_size(placement, node.span);
        }
        let is_flexible = matches!(&qualified.ty, Type::Array(element, 0) if element.ty.is_complete());
        if is_flexible {
            if !is_last || placement.is_union() || placement.members().is_empty() {
                return self
                    .refuse(node.span, "an array without a length must be the last member of a struct, not the first");
            }
        } else {
            self.complete(&qualified.ty, node.span)?;
        }
        if name.is_none() {
            return self.refuse(node.span, "this declares no member");
        }
        placement.add(name, qualified, attributes.is_packed, attributes.alignment_bytes);
        self.check_size(placement, node.span)
    }

    fn check_size(&mut self, placement: &Placement, span: Span) -> Result<(), Reported> {
        if u64::from(placement.size_bytes()) > MAX_OBJECT_BYTES {
            return self.refuse(span, "the struct is too large");
        }
        Ok(())
    }

    /// The members of an anonymous record count as those of the outer one.
    fn note_members(&mut self, record: &Record, names: &mut HashSet<Rc<str>>, span: Span) -> Result<(), Reported> {
        for member in record.members().iter() {
            match (&member.name, &member.qualified.ty) {
                (Some(name), _) if !names.insert(Rc::clone(name)) => {
                    return self.refuse(span, format!("member '{name}' is there twice"));
                }
                (None, Type::Record(inner)) => self.note_members(inner, names, span)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn bit_width(&mut self, node: &Node<Tree>, ty: &Type, is_named: bool) -> Result<u32, Reported> {
        let Type::Scalar(scalar) = ty else { return self.refuse(node.span, "a bit-field must be an integer") };
        if scalar.is_float() {
            return self.refuse(node.span, "a bit-field must be an integer");
        }
        let most = if *scalar == crate::signature::ScalarType::Bool { 1 } else { scalar.size_bytes() * 8 };
        let (width, _) = self.integer_constant(node)?;
        match u32::try_from(width).ok().filter(|width| *width <= most) {
            Some(0) if is_named => self.refuse(node.span, "a bit-field of width 0 has no name"),
            Some(width) => Ok(width),
            None => self.refuse(node.span, format!("a bit-field of this type has 0 to {most} bits")),
        }
    }

    /// `a.b` and `p->b`.
    pub(super) fn member_place(&mut self, node: &Node<MemberExpression>) -> Result<Object, Reported> {
        let base = &node.node.expression;
        let object = match node.node.operator.node {
            MemberOperator::Indirect => {
                let pointer = self.value(base)?;
                self.target(base.span, pointer)?
            }
            MemberOperator::Direct => match self.object_if_any(base)? {
                Some(object) => object,
                None => {
                    let value = self.value(base)?;
                    let qualified = Qualified::plain(value.ty.clone());
                    let pointer =
                        Expression { ty: Type::pointer_to(qualified.clone()), kind: Kind::Convert(Box::new(value)) };
                    Object { is_lvalue: false, ..Object::at(pointer, qualified) }
                }
            },
        };
        self.member_of(object, &node.node.identifier)
    }

    pub(super) fn member_of(&mut self, object: Object, name: &Node<Identifier>) -> Result<Object, Reported> {
        let Type::Record(record) = &object.qualified.ty else {
            let message = format!("only struct and union have members, not '{}'", object.qualified.ty.name());
            return self.refuse(name.span, message);
        };
        if !record.is_complete() {
            return self.refuse(name.span, format!("'{}' is an incomplete type", record.name()));
        }
        let Some(member) = record.find(&name.node.name) else {
            return self.refuse(name.span, format!("'{}' has no member '{}'", record.name(), name.node.name));
        };
        let is_const = object.qualified.is_const || member.qualified.is_const;
        let ty = super::specifiers::const_elements(member.qualified.ty, is_const);
        Ok(self.part(object, member.offset, Qualified { ty, is_const }, member.bits))
    }

    /// Something that lies within an object.
    pub(super) fn part(&mut self, object: Object, offset: u32, qualified: Qualified, bits: Option<Bits>) -> Object {
        let is_lvalue = object.is_lvalue;
        let pointer = self.address(object.place, qualified.clone());
        Object { is_lvalue, bits, ..Object::at(fold::moved(pointer, offset), qualified) }
    }

    pub(super) fn offset_of(&mut self, node: &Node<OffsetOfExpression>) -> Result<Expression, Reported> {
        let ty = self.type_name(&node.node.type_name)?;
        let designator = &node.node.designator;
        let null = fold::integer(0, Type::pointer_to(Qualified::plain(ty.clone())));
        let object = Object::at(null, Qualified::plain(ty));
        let mut object = self.member_of(object, &designator.node.base)?;
        for member in &designator.node.members {
            object = match &member.node {
                OffsetMember::Member(name) => self.member_of(object, name)?,
                OffsetMember::IndirectMember(name) => {
                    return self.refuse(name.span, "'->' is not possible in offsetof");
                }
                OffsetMember::Index(index) => {
                    let index_value = self.value(index)?;
                    let array = self.read(object);
                    let sum = self.pointer_sum(index.span, array, index_value, false)?;
                    self.target(index.span, sum)?
                }
            };
        }
        if object.bits.is_some() {
            return self.refuse(node.span, "a bit-field has no offset");
        }
        let address = self.address(object.place, object.qualified);
        Ok(fold::convert(address, SIZE_T))
    }
}
