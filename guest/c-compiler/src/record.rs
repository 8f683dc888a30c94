//! Structs and unions: their members, and where each lies (as gcc on x86-64 has it, but with pointers of 4 bytes).

use crate::types::{Qualified, Type};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A struct or union type. Each definition is a type of its own, whatever its tag and members.
pub(crate) struct Record {
    pub(crate) is_union: bool,
    tag: String,
    layout: Cell<Layout>,
    members: RefCell<Rc<[Member]>>,
}

/// What is known of a record apart from its members.
#[derive(Clone, Copy, Default)]
struct Layout {
    is_complete: bool,
    size_bytes: u32,
    alignment_bytes: u32,
    depth: u32,
    /// It, or something in it, is `const`: it cannot be assigned as a whole.
    has_const: bool,
}

/// A member, or a bit-field without a name.
#[derive(Clone)]
pub(crate) struct Member {
    /// `None` for an anonymous struct or union, whose members count as those of the record.
    pub(crate) name: Option<Rc<str>>,
    pub(crate) qualified: Qualified,
    /// Of a bit-field: where the unit begins that it lies in.
    pub(crate) offset: u32,
    pub(crate) bits: Option<Bits>,
}

/// Which bits of the unit at its offset a bit-field is. The unit has the size of the bit-field's type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) shift: u32,
    pub(crate) width: u32,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Record {
    /// A type whose members are not known yet.
    pub(crate) fn incomplete(is_union: bool, tag: &str) -> Self {
        Self { is_union, tag: tag.to_owned(), layout: Cell::default(), members: RefCell::new(Rc::new([])) }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.layout.get().is_complete
    }

    pub(crate) fn size_bytes(&self) -> u32 {
        self.layout.get().size_bytes
    }

    pub(crate) fn alignment_bytes(&self) -> u32 {
        self.layout.get().alignment_bytes.max(1)
    }

    pub(crate) fn depth(&self) -> u32 {
        self.layout.get().depth
    }

    pub(crate) fn has_const(&self) -> bool {
        self.layout.get().has_const
    }

    pub(crate) fn name(&self) -> String {
        let kind = if self.is_union { "union" } else { "struct" };
        if self.tag.is_empty() { format!("unnamed {kind}") } else { [kind, " ", &self.tag].concat() }
    }

    pub(crate) fn has_tag(&self) -> bool {
        !self.tag.is_empty()
    }

    pub(crate) fn members(&self) -> Rc<[Member]> {
        Rc::clone(&self.members.borrow())
    }

    /// The member of that name, with its offset in this record; those of anonymous members count too.
    pub(crate) fn find(&self, name: &str) -> Option<Member> {
        for member in self.members().iter() {
            match (&member.name, &member.qualified.ty) {
                (Some(found), _) if **found == *name => return Some(member.clone()),
                (None, Type::Record(inner)) => {
                    let Some(mut found) = inner.find(name) else { continue };
                    found.offset += member.offset;
                    found.qualified.is_const |= member.qualified.is_const;
                    return Some(found);
                }
                _ => {}
            }
        }
        None
    }

    /// Gives the record its members.
    pub(crate) fn complete(&self, placement: Placement) {
        let has_const = |member: &Member| member.qualified.is_const || contains_const(&member.qualified.ty);
        self.layout.set(Layout {
            is_complete: true,
            size_bytes: placement.size_bytes(),
            alignment_bytes: placement.alignment_bytes,
            depth: 1 + placement.members.iter().map(|member| member.qualified.ty.depth()).max().unwrap_or(0),
            has_const: placement.members.iter().any(has_const),
        });
        *self.members.borrow_mut() = placement.members.into();
    }

    /// Forgets the members, which may lead back to the record itself and would then never be freed.
    pub(crate) fn forget_members(&self) {
        *self.members.borrow_mut() = Rc::new([]);
    }
}

fn contains_const(ty: &Type) -> bool {
    match ty {
        Type::Array(element, _) => element.is_const || contains_const(&element.ty),
        Type::Record(record) => record.has_const(),
        _ => false,
    }
}

/// Places members one after the other, or over each other in a union.
pub(crate) struct Placement {
    is_union: bool,
    /// Every member is aligned to at most this.
    largest_alignment: u32,
    alignment_bytes: u32,
    /// First bit after what is placed so far.
    next_bit: u64,
    end_bit: u64,
    members: Vec<Member>,
}

impl Placement {
    pub(crate) fn new(is_union: bool, is_packed: bool) -> Self {
        let largest_alignment = if is_packed { 1 } else { u32::MAX };
        Self { is_union, largest_alignment, alignment_bytes: 1, next_bit: 0, end_bit: 0, members: Vec::new() }
    }

    pub(crate) fn is_union(&self) -> bool {
        self.is_union
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Demands at least this alignment of the whole.
    pub(crate) fn align(&mut self, alignment_bytes: u32) {
        self.alignment_bytes = self.alignment_bytes.max(alignment_bytes);
    }

    /// Adds a member. `wanted_alignment` is that of an attribute, 1 for none.
    pub(crate) fn add(&mut self, name: Option<Rc<str>>, qualified: Qualified, is_packed: bool, wanted_alignment: u32) {
        let own = if is_packed { 1 } else { qualified.ty.alignment_bytes().min(self.largest_alignment) };
        let alignment = own.max(wanted_alignment);
        self.align(alignment);
        let start = if self.is_union { 0 } else { self.next_bit.next_multiple_of(u64::from(alignment) * 8) };
        self.advance(start, u64::from(qualified.ty.size_bytes()) * 8);
        self.members.push(Member { name, qualified, offset: (start / 8) as u32, bits: None });
    }

    /// Adds a bit-field; without a name it is only room, and of width 0 it ends the unit.
    pub(crate) fn add_bits(&mut self, name: Option<Rc<str>>, qualified: Qualified, width: u32) {
        let unit_bits = u64::from(qualified.ty.size_bytes()) * 8;
        let mut start = if self.is_union { 0 } else { self.next_bit };
        if width == 0 {
            self.next_bit = start.next_multiple_of(unit_bits);
            return;
        }
        // It does not cross the end of a unit of its type.
        if start / unit_bits != (start + u64::from(width) - 1) / unit_bits {
            start = start.next_multiple_of(unit_bits);
        }
        self.advance(start, u64::from(width));
        let Some(name) = name else { return };
        self.align(qualified.ty.alignment_bytes());
        let unit = start / unit_bits;
        let bits = Bits { shift: (start % unit_bits) as u32, width };
        let offset = (unit * unit_bits / 8) as u32;
        self.members.push(Member { name: Some(name), qualified, offset, bits: Some(bits) });
    }

    fn advance(&mut self, start: u64, bits: u64) {
        self.next_bit = start + bits;
        self.end_bit = self.end_bit.max(self.next_bit);
    }

    /// Size with the padding at the end. Saturates; the caller refuses what is too large.
    pub(crate) fn size_bytes(&self) -> u32 {
        let end = if self.is_union { self.end_bit } else { self.next_bit.max(self.end_bit) };
        let bytes = end.div_ceil(8).next_multiple_of(u64::from(self.alignment_bytes));
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}
