//! Declaration specifiers and type names (C11 6.7.1 to 6.7.3, 6.7.7), enumerations included.

use super::attribute::Attributes;
use super::scope::{Symbol, Tag};
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::signature::{ScalarType, SpecifierCount};
use crate::types::{Qualified, Type};
use lang_c::ast::{
    DeclarationSpecifier, EnumType, Expression, FunctionSpecifier, SpecifierQualifier, StorageClassSpecifier, TypeName,
    TypeOf, TypeQualifier, TypeSpecifier,
};
use lang_c::span::{Node, Span};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Unspecified,
    Typedef,
    Extern,
    Static,
}

/// What the specifiers of a declaration say together.
pub(super) struct Specifiers {
    pub(super) storage: Storage,
    pub(super) base: Qualified,
    /// `inline` or `_Noreturn`, which only functions may have.
    pub(super) of_function: bool,
    pub(super) attributes: Attributes,
}

/// Type specifiers and qualifiers while they are collected.
#[derive(Default)]
struct Collected {
    count: SpecifierCount,
    /// Words that count towards an arithmetic type.
    words: u32,
    /// A type that one specifier names alone: `void`, a typedef name, an enumeration.
    whole: Option<Qualified>,
    is_const: bool,
}

impl Analysis<'_> {
    /// `alone`: no declarator follows.
    pub(super) fn specifiers(
        &mut self,
        nodes: &[Node<DeclarationSpecifier>],
        span: Span,
        alone: bool,
    ) -> Result<Specifiers, Reported> {
        let mut collected = Collected::default();
        let mut attributes = Attributes::default();
        let mut storage = None;
        let mut of_function = false;
        let mut rest = nodes.iter().peekable();
        while let Some(node) = rest.next() {
            match &node.node {
                DeclarationSpecifier::StorageClass(class) => {
                    if storage.is_some() {
                        return self.refuse(class.span, "more than one storage class");
                    }
                    storage = Some(self.storage(class)?);
                }
                DeclarationSpecifier::TypeSpecifier(specifier) => {
                    // Attributes right after a definition are those of the type.
                    let mut of_type = Attributes::default();
                    while defines_record(specifier)
                        && let Some(DeclarationSpecifier::Extension(extensions)) = rest.peek().map(|node| &node.node)
                    {
                        of_type.add(self.attributes(extensions)?);
                        rest.next();
                    }
                    let alone = alone && nodes.len() == 1;
                    self.add_specifier(&mut collected, specifier, of_type, alone)?;
                }
                DeclarationSpecifier::TypeQualifier(qualifier) => self.add_qualifier(&mut collected, qualifier)?,
                DeclarationSpecifier::Function(specifier) => match specifier.node {
                    FunctionSpecifier::Inline | FunctionSpecifier::Noreturn => of_function = true,
                },
                // The parser sees them as attributes: crate::preprocess::adaption.
                DeclarationSpecifier::Alignment(_) => return self.unsupported(node.span, "alignments of this form"),
                DeclarationSpecifier::Extension(extensions) => {
                    attributes.add(self.attributes(extensions)?);
                }
            }
        }
        let base = self.base_type(collected, span)?;
        Ok(Specifiers { storage: storage.unwrap_or(Storage::Unspecified), base, of_function, attributes })
    }

    fn storage(&mut self, class: &Node<StorageClassSpecifier>) -> Result<Storage, Reported> {
        Ok(match class.node {
            StorageClassSpecifier::Typedef => Storage::Typedef,
            StorageClassSpecifier::Extern => Storage::Extern,
            StorageClassSpecifier::Static => Storage::Static,
            StorageClassSpecifier::Auto | StorageClassSpecifier::Register => {
                if self.current.result.is_none() {
                    return self.refuse(class.span, "this storage class is not possible outside of functions");
                }
                Storage::Unspecified
            }
            StorageClassSpecifier::ThreadLocal => return self.unsupported(class.span, "thread-local variables"),
        })
    }

    /// The type and attributes that stand before the names of members.
    pub(super) fn member_specifiers(
        &mut self,
        nodes: &[Node<SpecifierQualifier>],
        span: Span,
    ) -> Result<(Qualified, Attributes), Reported> {
        let mut collected = Collected::default();
        let mut attributes = Attributes::default();
        let mut rest = nodes.iter().peekable();
        while let Some(node) = rest.next() {
            match &node.node {
                SpecifierQualifier::TypeSpecifier(specifier) => {
                    let mut of_type = Attributes::default();
                    while defines_record(specifier)
                        && let Some(SpecifierQualifier::Extension(extensions)) = rest.peek().map(|node| &node.node)
                    {
                        of_type.add(self.attributes(extensions)?);
                        rest.next();
                    }
                    self.add_specifier(&mut collected, specifier, of_type, false)?;
                }
                SpecifierQualifier::TypeQualifier(qualifier) => self.add_qualifier(&mut collected, qualifier)?,
                SpecifierQualifier::Extension(extensions) => attributes.add(self.attributes(extensions)?),
            }
        }
        Ok((self.base_type(collected, span)?, attributes))
    }

    /// The type that a type name means, in a cast or `sizeof`.
    pub(super) fn type_name(&mut self, node: &Node<TypeName>) -> Result<Type, Reported> {
        self.qualified_type_name(node).map(|qualified| qualified.ty)
    }

    pub(super) fn qualified_type_name(&mut self, node: &Node<TypeName>) -> Result<Qualified, Reported> {
        let (base, _) = self.member_specifiers(&node.node.specifiers, node.span)?;
        match &node.node.declarator {
            None => Ok(base),
            Some(declarator) => Ok(self.declarator(base, declarator)?.qualified),
        }
    }

    fn add_qualifier(&mut self, collected: &mut Collected, node: &Node<TypeQualifier>) -> Result<(), Reported> {
        match node.node {
            TypeQualifier::Const => collected.is_const = true,
            TypeQualifier::Volatile => {}
            TypeQualifier::Restrict => return self.refuse(node.span, "'restrict' is for pointers only"),
            TypeQualifier::Atomic => return self.unsupported(node.span, "atomic types"),
            TypeQualifier::Nonnull | TypeQualifier::NullUnspecified | TypeQualifier::Nullable => {
                return self.unsupported(node.span, "nullability qualifiers");
            }
        }
        Ok(())
    }

    fn add_specifier(
        &mut self,
        collected: &mut Collected,
        node: &Node<TypeSpecifier>,
        attributes: Attributes,
        alone: bool,
    ) -> Result<(), Reported> {
        let count = &mut collected.count;
        let word = match &node.node {
            TypeSpecifier::Char => Some(&mut count.char_),
            TypeSpecifier::Short => Some(&mut count.short),
            TypeSpecifier::Int => Some(&mut count.int),
            TypeSpecifier::Long => Some(&mut count.long),
            TypeSpecifier::Float => Some(&mut count.float),
            TypeSpecifier::Double => Some(&mut count.double),
            TypeSpecifier::Signed => Some(&mut count.signed),
            TypeSpecifier::Unsigned => Some(&mut count.unsigned),
            TypeSpecifier::Bool => Some(&mut count.bool_),
            _ => None,
        };
        if let Some(word) = word {
            *word = word.saturating_add(1);
            collected.words += 1;
            return Ok(());
        }
        let whole = match &node.node {
            TypeSpecifier::Void => Qualified::plain(Type::Void),
            TypeSpecifier::TypedefName(name) => match self.scopes.find(&name.node.name) {
                Some(Symbol::Typedef(ty)) => ty.clone(),
                Some(Symbol::Poisoned) => return Err(Reported),
                None if name.node.name == "__builtin_va_list" => Qualified::plain(va_list()),
                _ => return self.refuse(name.span, format!("'{}' is not a type", name.node.name)),
            },
            TypeSpecifier::Enum(enumeration) => Qualified::plain(Type::Scalar(self.enumeration(enumeration)?)),
            TypeSpecifier::Struct(record) => Qualified::plain(self.record(record, attributes, alone)?),
            TypeSpecifier::Complex => return self.unsupported(node.span, "complex numbers"),
            TypeSpecifier::Atomic(_) => return self.unsupported(node.span, "atomic types"),
            TypeSpecifier::TypeOf(operand) => match &operand.node {
                TypeOf::Type(name) => self.qualified_type_name(name)?,
                TypeOf::Expression(expression) => self.unevaluated_type(expression)?,
            },
            _ => return self.unsupported(node.span, "extended floating types"),
        };
        if collected.whole.is_some() {
            return self.refuse(node.span, "more than one type in a declaration");
        }
        collected.whole = Some(whole);
        Ok(())
    }

    fn base_type(&mut self, collected: Collected, span: Span) -> Result<Qualified, Reported> {
        let Collected { count, words, whole, is_const } = collected;
        match (whole, words) {
            (Some(whole), 0) => {
                let is_const = is_const || whole.is_const;
                Ok(Qualified { ty: const_elements(whole.ty, is_const), is_const })
            }
            (Some(_), _) => self.refuse(span, "more than one type in a declaration"),
            (None, 0) => self.refuse(span, "a declaration needs a type"),
            (None, _) => match count.scalar() {
                Some(scalar) => Ok(Qualified { ty: Type::Scalar(scalar), is_const }),
                None if count.long > 0 && count.double > 0 => self.refuse(span, "long double is not supported"),
                None => self.refuse(span, "C has no such type"),
            },
        }
    }

    /// The integer type that an enumeration is compatible with: as gcc has it, `unsigned` unless a constant is negative.
    fn enumeration(&mut self, node: &Node<EnumType>) -> Result<ScalarType, Reported> {
        let name = node.node.identifier.as_ref();
        if node.node.enumerators.is_empty() {
            return match name.map(|name| (name, self.scopes.find_tag(&name.node.name))) {
                Some((_, Some(Tag::Enumeration(ty)))) => Ok(*ty),
                Some((name, Some(Tag::Record(_)))) => {
                    self.refuse(name.span, format!("'{}' is the tag of another kind of type", name.node.name))
                }
                Some((name, None)) => self.refuse(name.span, format!("enum '{}' is not defined", name.node.name)),
                None => self.refuse(node.span, "an enumeration needs constants"),
            };
        }
        let mut values: Vec<(&str, i64, bool)> = Vec::with_capacity(node.node.enumerators.len());
        let mut next = Some((0_i64, false));
        for enumerator in &node.node.enumerators {
            self.attributes(&enumerator.node.extensions)?;
            let value = match &enumerator.node.expression {
                Some(expression) => {
                    let (bits, ty) = self.integer_constant(expression)?;
                    Some((bits, bits < 0 && !ty.is_signed()))
                }
                None => next,
            };
            let Some((bits, is_huge)) = value else {
                return self.refuse(enumerator.span, "an enumeration constant must fit in 64 bits");
            };
            let constant = &enumerator.node.identifier;
            if self.scopes.find_here(&constant.node.name).is_some() {
                return self.refuse(constant.span, format!("'{}' is defined already", constant.node.name));
            }
            self.scopes.insert(&constant.node.name, Symbol::Enumerator(bits, own_type(bits, is_huge)));
            values.push((&constant.node.name, bits, is_huge));
            next = if is_huge { bits.checked_add(1).filter(|bits| *bits != 0) } else { Some(bits.wrapping_add(1)) }
                .map(|next| (next, is_huge || bits == i64::MAX));
        }
        let ty = enumeration_type(&values);
        // gcc: constants that `int` does not hold have the enumeration's type.
        for (name, bits, is_huge) in values {
            let scalar = if own_type(bits, is_huge) == ScalarType::Int { ScalarType::Int } else { ty };
            self.scopes.insert(name, Symbol::Enumerator(bits, scalar));
        }
        if let Some(name) = name {
            if self.scopes.find_tag_here(&name.node.name).is_some() {
                return self.refuse(name.span, format!("enum '{}' is defined already", name.node.name));
            }
            self.scopes.insert_tag(&name.node.name, Tag::Enumeration(ty));
        }
        Ok(ty)
    }

    /// Value and type of an integer constant expression (C11 6.6 §6). Unsigned values above `i64` come as their bits.
    pub(super) fn integer_constant(&mut self, node: &Node<Expression>) -> Result<(i64, Type), Reported> {
        let value = self.value(node)?;
        match fold::integer_value(&value) {
            Some(bits) if value.ty.is_integer() => Ok((bits, value.ty)),
            _ => self.refuse(node.span, "an integer constant is needed here"),
        }
    }
}

/// The first type that holds an enumeration constant. `is_huge`: it is above what `long` holds.
fn own_type(bits: i64, is_huge: bool) -> ScalarType {
    if is_huge {
        ScalarType::UnsignedLong
    } else if i32::try_from(bits).is_ok() {
        ScalarType::Int
    } else if u32::try_from(bits).is_ok() {
        ScalarType::UnsignedInt
    } else {
        ScalarType::Long
    }
}

/// The type that holds all constants, as gcc chooses it.
fn enumeration_type(values: &[(&str, i64, bool)]) -> ScalarType {
    let any_negative = values.iter().any(|(_, bits, is_huge)| *bits < 0 && !is_huge);
    let fits = |scalar| values.iter().all(|(_, bits, is_huge)| holds(scalar, *bits, *is_huge));
    let candidates = if any_negative {
        [ScalarType::Int, ScalarType::Long]
    } else {
        [ScalarType::UnsignedInt, ScalarType::UnsignedLong]
    };
    let [narrow, wide] = candidates;
    if fits(narrow) { narrow } else { wide }
}

fn holds(scalar: ScalarType, bits: i64, is_huge: bool) -> bool {
    match scalar {
        ScalarType::Int => !is_huge && i32::try_from(bits).is_ok(),
        ScalarType::UnsignedInt => !is_huge && u32::try_from(bits).is_ok(),
        _ => true,
    }
}

fn defines_record(specifier: &Node<TypeSpecifier>) -> bool {
    matches!(&specifier.node, TypeSpecifier::Struct(record) if record.node.declarations.is_some())
}

/// `va_list`: the address of the next variable argument.
pub(super) fn va_list() -> Type {
    Type::pointer_to(Qualified::plain(Type::Scalar(ScalarType::Char)))
}

/// A qualifier of an array is one of its elements (C11 6.7.3 §9).
pub(super) fn const_elements(ty: Type, is_const: bool) -> Type {
    match ty {
        Type::Array(element, count) if is_const => {
            let inner = const_elements(element.ty.clone(), true);
            Type::Array(std::rc::Rc::new(Qualified { ty: inner, is_const: true }), count)
        }
        ty => ty,
    }
}
