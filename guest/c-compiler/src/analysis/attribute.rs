//! Attributes of GNU C and alignment specifiers (C11 6.7.5): harmless ones are passed over, those that change the layout
//! of data are honoured, all others are refused by name.

use super::Analysis;
use crate::diagnostics::Reported;
use crate::preprocess::adaption::ALIGNAS;
use lang_c::ast::{Attribute, Expression as Tree, Extension};
use lang_c::span::{Node, Span};

/// Largest alignment that can be asked for.
const MAX_ALIGNMENT_BYTES: u32 = 4096;
/// What `aligned` without a number asks for.
const LARGEST_USEFUL_ALIGNMENT_BYTES: u32 = 16;

/// What attributes ask for.
#[derive(Clone, Copy)]
pub(super) struct Attributes {
    pub(super) is_packed: bool,
    /// At least; 1 if nothing is asked for.
    pub(super) alignment_bytes: u32,
}

impl Default for Attributes {
    fn default() -> Self {
        Self { is_packed: false, alignment_bytes: 1 }
    }
}

impl Attributes {
    pub(super) fn add(&mut self, other: Self) {
        self.is_packed |= other.is_packed;
        self.alignment_bytes = self.alignment_bytes.max(other.alignment_bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.is_packed && self.alignment_bytes == 1
    }
}

/// Those that change neither layout nor meaning.
const HARMLESS: &[&str] = &[
    "access",
    "alloc_size",
    "always_inline",
    "artificial",
    "assume_aligned",
    "cold",
    "const",
    "deprecated",
    "fallthrough",
    "flatten",
    "format",
    "format_arg",
    "gnu_inline",
    "hot",
    "leaf",
    "malloc",
    "may_alias",
    "noclone",
    "noinline",
    "nonnull",
    "nonstring",
    "noreturn",
    "nothrow",
    "optimize",
    "pure",
    "returns_nonnull",
    "sentinel",
    "unused",
    "used",
    "visibility",
    "warn_unused_result",
];

impl Analysis<'_> {
    pub(super) fn attributes(&mut self, extensions: &[Node<Extension>]) -> Result<Attributes, Reported> {
        let mut all = Attributes::default();
        for extension in extensions {
            let Extension::Attribute(attribute) = &extension.node else {
                return self.unsupported(extension.span, "assembler names");
            };
            all.add(self.attribute(attribute, extension.span)?);
        }
        Ok(all)
    }

    fn attribute(&mut self, attribute: &Attribute, span: Span) -> Result<Attributes, Reported> {
        let mut found = Attributes::default();
        let name = attribute.name.node.as_str();
        let name = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__")).unwrap_or(name);
        match (name, attribute.arguments.as_slice()) {
            ("packed", []) => found.is_packed = true,
            ("aligned", []) => found.alignment_bytes = LARGEST_USEFUL_ALIGNMENT_BYTES,
            ("aligned", [alignment]) => {
                let (value, _) = self.integer_constant(alignment)?;
                found.alignment_bytes = self.alignment(value, alignment.span)?;
            }
            (_, [operand]) if attribute.name.node == ALIGNAS => found.alignment_bytes = self.alignas(operand)?,
            _ if HARMLESS.contains(&name) => {}
            _ => return self.refuse(span, format!("attribute '{name}' is not supported")),
        }
        Ok(found)
    }

    /// `_Alignas` of a type or a number; of 0 it asks for nothing.
    fn alignas(&mut self, operand: &Node<Tree>) -> Result<u32, Reported> {
        match &operand.node {
            Tree::SizeOfTy(name) => {
                let ty = self.type_name(&name.node.0)?;
                self.complete(&ty, operand.span)?;
                Ok(ty.alignment_bytes())
            }
            Tree::SizeOfVal(value) => match self.integer_constant(&value.node.0)?.0 {
                0 => Ok(1),
                value => self.alignment(value, operand.span),
            },
            _ => self.refuse(operand.span, "an alignment must be a power of two"),
        }
    }

    fn alignment(&mut self, value: i64, span: Span) -> Result<u32, Reported> {
        match u32::try_from(value).ok().filter(|value| value.is_power_of_two()) {
            Some(value) if value <= MAX_ALIGNMENT_BYTES => Ok(value),
            Some(_) => self.refuse(span, format!("alignments above {MAX_ALIGNMENT_BYTES} bytes are not supported")),
            None => self.refuse(span, "an alignment must be a power of two"),
        }
    }
}
