//! Initialisers (C11 6.7.9): lists flattened to elements, and the bytes of static objects.

use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, LocalId, Place, Statement};
use crate::literal;
use crate::signature::ScalarType;
use crate::types::{MAX_OBJECT_BYTES, Qualified, Type};
use lang_c::ast::{Designator, Expression as Tree, Initializer, InitializerListItem};
use lang_c::span::{Node, Span};

/// One scalar of an initialised object: where in it, and what it gets.
struct Element {
    offset: u32,
    value: Expression,
}

/// Where the walk along a list stands.
struct Cursor<'n> {
    items: &'n [Node<InitializerListItem>],
    position: usize,
}

impl Analysis<'_> {
    /// The initialiser of something that is no array; braces around it are allowed.
    pub(super) fn scalar_initializer(&mut self, node: &Node<Initializer>, ty: &Type) -> Result<Expression, Reported> {
        let expression = match &node.node {
            Initializer::Expression(expression) => expression,
            Initializer::List(items) => match items.as_slice() {
                [item] if item.node.designation.is_empty() => {
                    return self.deeper(node.span, |this| this.scalar_initializer(&item.node.initializer, ty));
                }
                _ => return self.refuse(node.span, "a single value is needed here"),
            },
        };
        let value = self.value(expression)?;
        self.convert_implicitly(expression.span, value, ty, "initialisation")
    }

    pub(super) fn initialise_local_array(
        &mut self,
        local: LocalId,
        ty: &Type,
        node: &Node<Initializer>,
        output: &mut Vec<Statement>,
    ) -> Result<(), Reported> {
        let elements = self.array_elements(ty, node)?;
        let size_bytes = ty.size_bytes();
        if elements.len() > 1 && elements.iter().all(|element| is_constant(&element.value)) {
            let address = self.allocate(node.span, ty)?;
            self.statics.initialise(address, &image(ty, &elements));
            output.push(Statement::CopyFromStatic { local, address, size_bytes });
            return Ok(());
        }
        output.push(Statement::Clear { local, size_bytes });
        for Element { offset, value } in elements {
            let ty = value.ty.clone();
            let base = Expression {
                ty: Type::pointer_to(Qualified::plain(ty.clone())),
                kind: Kind::Address(Box::new(Place::Local(local))),
            };
            let address = fold::binary(crate::ir::Binary::Add, base, fold::integer(i64::from(offset), pointer(&ty)));
            let kind = Kind::Assign(Box::new(Place::Memory(address)), Box::new(value));
            output.push(Statement::Evaluate(Expression { ty, kind }));
        }
        Ok(())
    }

    /// What a static object holds at first.
    pub(super) fn static_initializer(&mut self, ty: &Type, node: &Node<Initializer>) -> Result<Vec<u8>, Reported> {
        let elements = match ty {
            Type::Array(..) => self.array_elements(ty, node)?,
            _ => vec![Element { offset: 0, value: self.scalar_initializer(node, ty)? }],
        };
        if elements.iter().any(|element| !is_constant(&element.value)) {
            return self.refuse(node.span, "the initialiser of a static variable must be constant");
        }
        Ok(image(ty, &elements))
    }

    /// How many elements an array of unknown length gets from its initialiser.
    pub(super) fn initializer_length(
        &mut self,
        element: &Qualified,
        node: &Node<Initializer>,
    ) -> Result<i64, Reported> {
        if let Some(bytes) = self.string_for(&element.ty, node)? {
            return Ok(bytes.len() as i64 + 1);
        }
        let Initializer::List(items) = &node.node else {
            return self.refuse(node.span, "an array's initialiser is a list in braces, or a string for characters");
        };
        // The largest array of such elements: what the walk reaches in it is the length.
        let most = (MAX_OBJECT_BYTES / u64::from(element.ty.size_bytes().max(1))).max(1) as i64;
        let whole = self.array_of(element.clone(), most, node.span)?;
        let mut reached = 0;
        let mut cursor = Cursor { items, position: 0 };
        let mut ignored = Vec::new();
        self.list(&whole.ty, 0, &mut cursor, true, &mut ignored, &mut reached)?;
        Ok(i64::from(reached))
    }

    fn array_elements(&mut self, ty: &Type, node: &Node<Initializer>) -> Result<Vec<Element>, Reported> {
        let mut elements = Vec::new();
        self.braced(ty, 0, node, &mut elements)?;
        Ok(elements)
    }

    /// An initialiser that has an array for itself: a list in braces, or a string.
    fn braced(
        &mut self,
        ty: &Type,
        offset: u32,
        node: &Node<Initializer>,
        elements: &mut Vec<Element>,
    ) -> Result<(), Reported> {
        let Type::Array(element, count) = ty else {
            let value = self.scalar_initializer(node, ty)?;
            elements.push(Element { offset, value });
            return Ok(());
        };
        if let Some(bytes) = self.string_for(&element.ty, node)? {
            return self.string_elements(&bytes, element, *count, offset, node.span, elements);
        }
        let Initializer::List(items) = &node.node else {
            return self.refuse(node.span, "an array's initialiser is a list in braces, or a string for characters");
        };
        let mut cursor = Cursor { items, position: 0 };
        let mut reached = 0;
        self.deeper(node.span, |this| this.list(ty, offset, &mut cursor, true, elements, &mut reached))
    }

    /// Fills an array from a list. Without braces of its own (`whole` is false) it takes only what it needs.
    fn list(
        &mut self,
        ty: &Type,
        offset: u32,
        cursor: &mut Cursor<'_>,
        whole: bool,
        elements: &mut Vec<Element>,
        reached: &mut u32,
    ) -> Result<(), Reported> {
        let Type::Array(element, count) = ty else { return Ok(()) };
        let mut index = 0_u32;
        while let Some(item) = cursor.items.get(cursor.position) {
            if !item.node.designation.is_empty() {
                if !whole {
                    // It designates an element of the array that has the braces.
                    return Ok(());
                }
                index = self.designated(item, *count)?;
            }
            if index >= *count {
                if whole {
                    return self.refuse(item.span, "more initialisers than elements");
                }
                return Ok(());
            }
            let place = offset + index * element.ty.size_bytes();
            let has_own = matches!(item.node.initializer.node, Initializer::List(_))
                || !matches!(element.ty, Type::Array(..))
                || self.is_string_for_array(&element.ty, &item.node.initializer);
            if has_own {
                cursor.position += 1;
                self.braced(&element.ty, place, &item.node.initializer, elements)?;
            } else {
                self.nested(&element.ty, place, cursor, elements)?;
            }
            index += 1;
            *reached = (*reached).max(index);
        }
        Ok(())
    }

    /// An array element without braces: it takes as many items as it has elements (C11 6.7.9 §20).
    fn nested(
        &mut self,
        ty: &Type,
        offset: u32,
        cursor: &mut Cursor<'_>,
        elements: &mut Vec<Element>,
    ) -> Result<(), Reported> {
        let span = cursor.items.get(cursor.position).map_or(Span::span(0, 0), |item| item.span);
        if cursor.items.get(cursor.position).is_some_and(|item| !item.node.designation.is_empty()) {
            return self.unsupported(span, "designated arrays without braces");
        }
        let mut reached = 0;
        self.deeper(span, |this| this.list(ty, offset, cursor, false, elements, &mut reached))
    }

    fn designated(&mut self, item: &Node<InitializerListItem>, count: u32) -> Result<u32, Reported> {
        let index = match item.node.designation.as_slice() {
            [Node { node: Designator::Index(index), .. }] => self.integer_constant(index)?.0,
            _ => return self.unsupported(item.span, "designators other than '[n] ='"),
        };
        match u32::try_from(index).ok().filter(|index| *index < count) {
            Some(index) => Ok(index),
            None => self.refuse(item.span, "the index is outside of the array"),
        }
    }

    fn is_string_for_array(&self, ty: &Type, node: &Node<Initializer>) -> bool {
        let Type::Array(element, _) = ty else { return false };
        is_character(&element.ty)
            && matches!(&node.node, Initializer::Expression(expression)
                if matches!(expression.node, Tree::StringLiteral(_)))
    }

    /// The bytes of a string literal that initialises an array of characters, perhaps in braces.
    fn string_for(&mut self, element: &Type, node: &Node<Initializer>) -> Result<Option<Vec<u8>>, Reported> {
        let expression = match &node.node {
            Initializer::Expression(expression) => expression,
            Initializer::List(items) => match items.as_slice() {
                [item] if item.node.designation.is_empty() => match &item.node.initializer.node {
                    Initializer::Expression(expression) => expression,
                    Initializer::List(_) => return Ok(None),
                },
                _ => return Ok(None),
            },
        };
        match &expression.node {
            Tree::StringLiteral(parts) if is_character(element) => self.string_bytes(&parts.node, parts.span).map(Some),
            _ => Ok(None),
        }
    }

    /// The joined bytes of adjacent string literals.
    pub(super) fn string_bytes(&mut self, parts: &[String], span: Span) -> Result<Vec<u8>, Reported> {
        let mut bytes = Vec::new();
        for part in parts {
            match literal::string(part.trim()) {
                Ok(more) => bytes.extend_from_slice(&more),
                Err(message) => return self.refuse(span, message),
            }
        }
        Ok(bytes)
    }

    fn string_elements(
        &mut self,
        bytes: &[u8],
        element: &Qualified,
        count: u32,
        offset: u32,
        span: Span,
        elements: &mut Vec<Element>,
    ) -> Result<(), Reported> {
        // The terminating zero may be left out (C11 6.7.9 §14).
        if bytes.len() > count as usize {
            return self.refuse(span, "the string is longer than the array");
        }
        for (index, byte) in bytes.iter().enumerate() {
            let value = fold::integer(i64::from(*byte), element.ty.clone());
            elements.push(Element { offset: offset + index as u32, value });
        }
        Ok(())
    }
}

fn pointer(target: &Type) -> Type {
    Type::pointer_to(Qualified::plain(target.clone()))
}

fn is_character(ty: &Type) -> bool {
    matches!(ty, Type::Scalar(ScalarType::Char | ScalarType::SignedChar | ScalarType::UnsignedChar))
}

fn is_constant(value: &Expression) -> bool {
    matches!(value.kind, Kind::Integer(_) | Kind::Floating(_))
}

/// The object's bytes, little-endian; later elements override earlier ones.
fn image(ty: &Type, elements: &[Element]) -> Vec<u8> {
    let end = elements.iter().map(|element| element.offset + element.value.ty.size_bytes()).max().unwrap_or(0);
    let mut bytes = vec![0; end.min(ty.size_bytes()) as usize];
    for Element { offset, value } in elements {
        let encoded = match (&value.kind, &value.ty) {
            (Kind::Floating(number), Type::Scalar(ScalarType::Float)) => u64::from((*number as f32).to_bits()),
            (Kind::Floating(number), _) => number.to_bits(),
            (Kind::Integer(bits), _) => *bits as u64,
            _ => 0,
        };
        let size = value.ty.size_bytes() as usize;
        let start = *offset as usize;
        if let Some(target) = bytes.get_mut(start..start + size) {
            target.copy_from_slice(&encoded.to_le_bytes()[..size]);
        }
    }
    bytes
}
