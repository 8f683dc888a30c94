//! What an initialiser gives to the parts of an object, and the walk along those parts.

use crate::ir::{Expression, Kind};
use crate::record::{Bits, Member};
use crate::signature::ScalarType;
use crate::types::{Qualified, Type};
use std::rc::Rc;

/// Most elements that a range of designators may stand for: many ranges must not take long to compile.
const MAX_REPEATED: u64 = 16_384;

/// A part of an initialised object: where it is, and what it gets.
pub(super) struct Element {
    pub(super) offset: u32,
    pub(super) bits: Option<Bits>,
    pub(super) value: Expression,
}

/// The elements of an object, in the order of their initialisers.
#[derive(Default)]
pub(super) struct Elements {
    pub(super) list: Vec<Element>,
    /// Offset after the last.
    end: u32,
    /// Of each union that is initialised: where it is, its members as a mark of its type, and which of them it is.
    unions: Vec<(u32, *const Member, u32)>,
}

impl Elements {
    pub(super) fn push(&mut self, element: Element) {
        self.end = self.end.max(element.offset + element.value.ty.size_bytes());
        self.list.push(element);
    }

    /// Forgets what was there before in a part of the object: a later initialiser overrides it (C11 6.7.9 §19).
    pub(super) fn forget(&mut self, part: &Target) {
        if part.offset < self.end && part.bits.is_none() {
            self.forget_within(part.offset, part.ty.size_bytes());
        }
    }

    /// Forgets a value for the whole of a part that is now initialised piece by piece: gcc does not keep its other pieces.
    pub(super) fn enter(&mut self, part: &Target) {
        if part.offset < self.end {
            self.list.retain(|element| element.offset != part.offset || element.value.ty != part.ty);
        }
    }

    fn forget_within(&mut self, offset: u32, size_bytes: u32) {
        let is_within = |element: &Element| {
            element.offset >= offset && element.offset + element.value.ty.size_bytes() <= offset + size_bytes
        };
        self.list.retain(|element| !is_within(element));
    }

    /// Notes which member of a union is initialised; another one overrides it.
    pub(super) fn choose(&mut self, offset: u32, size_bytes: u32, members: &[Member], index: u32) {
        let mark = members.as_ptr();
        let known = self.unions.iter_mut().find(|(place, known, _)| *place == offset && *known == mark);
        match known {
            Some((_, _, present)) if *present == index => {}
            Some((_, _, present)) => {
                *present = index;
                self.forget_within(offset, size_bytes);
            }
            None => self.unions.push((offset, mark, index)),
        }
    }

    /// Gives what was added from the element with number `first` on, at this offset, to so many more parts after it.
    pub(super) fn repeat(
        &mut self,
        first: usize,
        offset: u32,
        size_bytes: u32,
        count: u32,
    ) -> Result<(), &'static str> {
        let added = self.list.split_off(first.min(self.list.len()));
        if added.iter().any(|element| !is_constant(&element.value)) {
            return Err("ranges of designators take constants only");
        }
        if added.len() as u64 * (u64::from(count) + 1) > MAX_REPEATED {
            return Err("the range has too many elements");
        }
        self.forget_within(offset, size_bytes * (count + 1));
        if added.is_empty() {
            return Ok(());
        }
        for index in 0..=count {
            for Element { offset, bits, value } in &added {
                let kind = match value.kind {
                    Kind::Floating(number) => Kind::Floating(number),
                    Kind::Integer(bits) => Kind::Integer(bits),
                    _ => continue,
                };
                let value = Expression { ty: value.ty.clone(), kind };
                self.push(Element { offset: offset + index * size_bytes, bits: *bits, value });
            }
        }
        Ok(())
    }

    /// In the order of their places, as gcc evaluates them.
    pub(super) fn sorted(mut self) -> Vec<Element> {
        self.list.sort_by_key(|element| (element.offset, element.bits.map_or(0, |bits| bits.shift)));
        self.list
    }
}

/// A subobject that is to be initialised.
pub(super) struct Target {
    pub(super) ty: Type,
    pub(super) offset: u32,
    pub(super) bits: Option<Bits>,
}

/// An aggregate on the way from the object in braces to the present subobject.
pub(super) struct Level {
    pub(super) parts: Parts,
    pub(super) offset: u32,
    pub(super) next: u32,
}

pub(super) enum Parts {
    Array(Rc<Qualified>, u32),
    /// A union has one part: the first, or the one that is designated.
    Record {
        members: Rc<[Member]>,
        is_union: bool,
        size_bytes: u32,
    },
}

impl Level {
    /// `None` for what is no aggregate.
    pub(super) fn new(target: &Target) -> Option<Self> {
        let parts = match &target.ty {
            Type::Array(element, count) => Parts::Array(Rc::clone(element), *count),
            Type::Record(record) => {
                Parts::Record { members: record.members(), is_union: record.is_union, size_bytes: record.size_bytes() }
            }
            _ => return None,
        };
        Some(Self { parts, offset: target.offset, next: 0 })
    }

    /// The next subobject; moves on past it. `None` after the last.
    pub(super) fn take(&mut self, elements: Option<&mut Elements>) -> Option<Target> {
        let target = self.peek()?;
        if let (Parts::Record { members, is_union: true, size_bytes }, Some(elements)) = (&self.parts, elements) {
            elements.choose(self.offset, *size_bytes, members, self.next);
        }
        self.next = match &self.parts {
            Parts::Record { members, is_union: true, .. } => members.len() as u32,
            _ => self.next + 1,
        };
        Some(target)
    }

    pub(super) fn peek(&self) -> Option<Target> {
        match &self.parts {
            Parts::Array(element, count) if self.next < *count => {
                let offset = self.offset + self.next * element.ty.size_bytes();
                Some(Target { ty: element.ty.clone(), offset, bits: None })
            }
            Parts::Array(..) => None,
            Parts::Record { members, .. } => {
                // The array without a length at the end of a struct has no part in its size.
                let member = members.get(self.next as usize).filter(|member| member.qualified.ty.is_complete())?;
                let offset = self.offset + member.offset;
                Some(Target { ty: member.qualified.ty.clone(), offset, bits: member.bits })
            }
        }
    }
}

pub(super) fn is_constant(value: &Expression) -> bool {
    matches!(value.kind, Kind::Integer(_) | Kind::Floating(_))
}

/// Whether the elements, one after the other, fill the object.
pub(super) fn covers(elements: &[Element], size_bytes: u32) -> bool {
    let mut end = 0;
    for element in elements {
        if element.offset != end || element.bits.is_some() {
            return false;
        }
        end += element.value.ty.size_bytes();
    }
    end == size_bytes
}

/// The object's bytes, little-endian; later elements override earlier ones.
pub(super) fn image(ty: &Type, elements: &[Element]) -> Vec<u8> {
    let end = elements.iter().map(|element| element.offset + element.value.ty.size_bytes()).max().unwrap_or(0);
    let mut bytes = vec![0; end.min(ty.size_bytes()) as usize];
    for Element { offset, bits, value } in elements {
        let encoded = match (&value.kind, &value.ty) {
            (Kind::Floating(number), Type::Scalar(ScalarType::Float)) => u64::from((*number as f32).to_bits()),
            (Kind::Floating(number), _) => number.to_bits(),
            (Kind::Integer(bits), _) => *bits as u64,
            _ => 0,
        };
        let size = value.ty.size_bytes() as usize;
        let start = *offset as usize;
        let Some(target) = bytes.get_mut(start..start + size) else { continue };
        let mut unit = [0; 8];
        unit[..size].copy_from_slice(target);
        let whole = match bits {
            None => encoded,
            Some(Bits { shift, width }) => {
                let mask = (u64::MAX >> (64 - width)) << shift;
                (u64::from_le_bytes(unit) & !mask) | ((encoded << shift) & mask)
            }
        };
        target.copy_from_slice(&whole.to_le_bytes()[..size]);
    }
    bytes
}

/// An object as a whole.
pub(super) fn whole(ty: &Type) -> Target {
    Target { ty: ty.clone(), offset: 0, bits: None }
}
