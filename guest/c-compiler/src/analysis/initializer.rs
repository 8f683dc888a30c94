//! Initialisers (C11 6.7.9): lists flattened to elements, and what objects get from those.

use super::elements::{Element, Elements, Level, Parts, Target, covers, image, is_constant, whole};
use super::place::Object;
use super::{Analysis, fold};
use crate::diagnostics::Reported;
use crate::ir::{Expression, Kind, LocalId, Place};
use crate::literal;
use crate::signature::ScalarType;
use crate::types::{MAX_OBJECT_BYTES, Qualified, Type};
use lang_c::ast::{Designator, Expression as Tree, Initializer, InitializerListItem};
use lang_c::span::{Node, Span};

/// Lists that are walked for the length of their array may nest this deep.
const MAX_MEASURED_LISTS: u32 = 6;

pub(super) type Item = Node<InitializerListItem>;

impl Analysis<'_> {
    /// The initialiser of something that is no aggregate; braces around it are allowed.
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

    pub(super) fn initialise_local(
        &mut self,
        local: LocalId,
        ty: &Type,
        node: &Node<Initializer>,
        effects: &mut Vec<Expression>,
    ) -> Result<(), Reported> {
        let mut elements = Elements::default();
        self.braced(whole(ty), node, &mut elements)?;
        self.fill_local(local, ty, elements.sorted(), node.span, effects)
    }

    pub(super) fn fill_local(
        &mut self,
        local: LocalId,
        ty: &Type,
        elements: Vec<Element>,
        span: Span,
        effects: &mut Vec<Expression>,
    ) -> Result<(), Reported> {
        let size_bytes = ty.size_bytes();
        let mut is_cleared = false;
        if ty.is_aggregate() {
            if elements.len() > 1 && elements.iter().all(|element| is_constant(&element.value)) {
                let address = self.allocate(span, ty, 1)?;
                self.statics.initialise(address, &image(ty, &elements));
                effects.push(void(Kind::CopyFromStatic { local, address, size_bytes }));
                return Ok(());
            }
            if !covers(&elements, size_bytes) {
                effects.push(void(Kind::Clear { local, size_bytes }));
                is_cleared = true;
            }
        }
        for Element { offset, bits, value } in elements {
            if is_cleared && bits.is_none() && matches!(value.kind, Kind::Integer(0)) {
                continue;
            }
            let qualified = Qualified::plain(value.ty.clone());
            let object = if offset == 0 && *ty == qualified.ty {
                Object::local(local, qualified)
            } else {
                let base = self.address(Place::Local(local), qualified.clone());
                Object { bits, ..Object::at(fold::moved(base, offset), qualified) }
            };
            effects.push(self.store(object, value));
        }
        Ok(())
    }

    /// What a static object holds at first.
    pub(super) fn static_initializer(&mut self, ty: &Type, node: &Node<Initializer>) -> Result<Vec<u8>, Reported> {
        let mut elements = Elements::default();
        self.braced(whole(ty), node, &mut elements)?;
        self.static_image(ty, &elements.list, value_span(node))
    }

    pub(super) fn static_image(&mut self, ty: &Type, elements: &[Element], span: Span) -> Result<Vec<u8>, Reported> {
        if elements.iter().any(|element| !is_constant(&element.value)) {
            return self.refuse(span, "the initialiser of a static variable must be constant");
        }
        Ok(image(ty, elements))
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
        match &node.node {
            Initializer::List(items) => self.list_length(element, items, node.span),
            Initializer::Expression(expression) => match &expression.node {
                Tree::CompoundLiteral(literal) => {
                    let items = literal.node.initializer_list.as_slice();
                    self.list_length(element, items, node.span)
                }
                _ => self.not_a_list(node.span),
            },
        }
    }

    pub(super) fn list_length(&mut self, element: &Qualified, items: &[Item], span: Span) -> Result<i64, Reported> {
        if let Some(bytes) = self.string_in_braces(&element.ty, items)? {
            return Ok(bytes.len() as i64 + 1);
        }
        // The largest array of such elements: what the walk reaches in it is the length.
        let most = (MAX_OBJECT_BYTES / u64::from(element.ty.size_bytes().max(1))).max(1) as i64;
        let largest = self.array_of(element.clone(), most, span)?;
        // What the walk makes is thrown away: the real one follows.
        let locals = self.current.locals.len();
        let areas = self.current.areas.len();
        if self.current.measured_lists >= MAX_MEASURED_LISTS {
            return self.refuse(span, "arrays without a length are nested too deeply here");
        }
        self.current.measured_lists += 1;
        let reached = self.list(&whole(&largest.ty), items, None);
        self.current.measured_lists -= 1;
        self.current.locals.truncate(locals);
        self.current.areas.truncate(areas);
        reached.map(i64::from)
    }

    fn not_a_list<T>(&mut self, span: Span) -> Result<T, Reported> {
        self.refuse(span, "an array's initialiser is a list in braces, or a string for characters")
    }

    /// An initialiser that has an object for itself.
    fn braced(&mut self, target: Target, node: &Node<Initializer>, elements: &mut Elements) -> Result<(), Reported> {
        if !target.ty.is_aggregate() {
            let value = self.scalar_initializer(node, &target.ty)?;
            elements.push(Element { offset: target.offset, bits: target.bits, value });
            return Ok(());
        }
        if let (Type::Array(element, count), Some(bytes)) =
            (&target.ty, self.string_for(element_type(&target.ty), node)?)
        {
            return self.string_elements(&bytes, element, *count, target.offset, value_span(node), elements);
        }
        match &node.node {
            Initializer::List(items) => {
                self.deeper(node.span, |this| this.list(&target, items, Some(elements)).map(|_| ()))
            }
            Initializer::Expression(expression) => {
                if let Some(items) = self.literal_of(expression, &target.ty)? {
                    return self.literal_items(target, items, node.span, elements);
                }
                if matches!(target.ty, Type::Array(..)) {
                    return self.not_a_list(node.span);
                }
                let value = self.value(expression)?;
                let value = self.convert_implicitly(expression.span, value, &target.ty, "initialisation")?;
                elements.push(Element { offset: target.offset, bits: None, value });
                Ok(())
            }
        }
    }

    /// Initialises an aggregate from a list in braces. Returns how many of its parts were reached. Without `elements` it
    /// only counts.
    pub(super) fn list(
        &mut self,
        target: &Target,
        items: &[Item],
        mut elements: Option<&mut Elements>,
    ) -> Result<u32, Reported> {
        let Some(outermost) = Level::new(target) else { return Ok(0) };
        if items.is_empty() {
            // GNU C, and C23: all zero.
            return Ok(0);
        }
        let mut path = vec![outermost];
        let mut reached = 0;
        for item in items {
            let mut range_end = None;
            if item.node.designation.is_empty() {
                while path.len() > 1 && path.last().is_some_and(|level| level.peek().is_none()) {
                    path.pop();
                }
            } else {
                path.truncate(1);
                range_end = self.designate(&mut path, &item.node.designation, elements.as_deref_mut())?;
            }
            let depth = path.len();
            let Some(part) = path.last_mut().and_then(|level| level.take(elements.as_deref_mut())) else {
                return self.refuse(item.span, "more initialisers than elements");
            };
            if let Some(elements) = elements.as_deref_mut() {
                elements.forget(&part);
            }
            let (offset, size_bytes) = (part.offset, part.ty.size_bytes());
            let first = elements.as_deref().map_or(0, |elements| elements.list.len());
            self.item(part, &item.node.initializer, &mut path, elements.as_deref_mut())?;
            if let Some(end) = range_end {
                path.truncate(depth);
                let Some(level) = path.last_mut() else { continue };
                let more = end.saturating_sub(level.next.saturating_sub(1));
                level.next = end + 1;
                if let Some(elements) = elements.as_deref_mut()
                    && let Err(message) = elements.repeat(first, offset, size_bytes, more)
                {
                    return self.refuse(item.span, message);
                }
            }
            reached = reached.max(path.first().map_or(0, |level| level.next));
        }
        Ok(reached)
    }

    /// Initialises one part of an aggregate, or the first of its own parts that fits (C11 6.7.9 §13, §20).
    fn item(
        &mut self,
        mut part: Target,
        node: &Node<Initializer>,
        path: &mut Vec<Level>,
        mut elements: Option<&mut Elements>,
    ) -> Result<(), Reported> {
        let expression = match &node.node {
            Initializer::Expression(expression) if part.ty.is_aggregate() => expression,
            _ => {
                return match elements {
                    Some(elements) => self.braced(part, node, elements),
                    None => Ok(()),
                };
            }
        };
        let is_string = matches!(expression.node, Tree::StringLiteral(_));
        let mut value = None;
        loop {
            let fits = match &part.ty {
                Type::Array(element, _) => is_string && is_character(&element.ty),
                Type::Record(_) if is_string => false,
                ty => {
                    if self.literal_of(expression, ty)?.is_some() {
                        true
                    } else {
                        if value.is_none() && !is_string {
                            value = Some(self.value(expression)?);
                        }
                        !ty.is_record() || value.as_ref().is_some_and(|value| value.ty == *ty)
                    }
                }
            };
            if fits {
                break;
            }
            let inner = Level::new(&part).and_then(|mut level| Some((level.take(elements.as_deref_mut())?, level)));
            let Some((first, level)) = inner else {
                return self.refuse(node.span, "this part of the object cannot be initialised");
            };
            path.push(level);
            part = first;
        }
        let Some(elements) = elements else { return Ok(()) };
        match value {
            None => self.braced(part, node, elements),
            Some(value) => {
                let value = self.convert_implicitly(expression.span, value, &part.ty, "initialisation")?;
                elements.push(Element { offset: part.offset, bits: part.bits, value });
                Ok(())
            }
        }
    }

    /// Goes from the object in braces to the part that designators name. Returns the last index of a range.
    fn designate(
        &mut self,
        path: &mut Vec<Level>,
        designation: &[Node<Designator>],
        mut elements: Option<&mut Elements>,
    ) -> Result<Option<u32>, Reported> {
        for (index, designator) in designation.iter().enumerate() {
            if index > 0 {
                let part = path.last_mut().and_then(|level| level.take(elements.as_deref_mut()));
                if let (Some(part), Some(elements)) = (&part, elements.as_deref_mut()) {
                    elements.enter(part);
                }
                let inner = part.and_then(|part| Level::new(&part));
                let Some(level) = inner else {
                    return self.refuse(designator.span, "only arrays, structs and unions have parts to designate");
                };
                path.push(level);
            }
            match &designator.node {
                Designator::Index(index) => {
                    self.designate_index(path, index)?;
                }
                Designator::Range(range) if index + 1 == designation.len() => {
                    let last = self.designate_index(path, &range.node.to)?;
                    let first = self.designate_index(path, &range.node.from)?;
                    if first > last {
                        return self.refuse(designator.span, "the range of elements is empty");
                    }
                    return Ok(Some(last));
                }
                Designator::Range(_) => {
                    return self.unsupported(designator.span, "ranges of designators before other designators");
                }
                Designator::Member(name) => {
                    self.designate_member(path, &name.node.name, name.span, elements.as_deref_mut())?;
                }
            }
        }
        Ok(None)
    }

    fn designate_index(&mut self, path: &mut [Level], index: &Node<Tree>) -> Result<u32, Reported> {
        let (value, _) = self.integer_constant(index)?;
        let Some(Level { parts: Parts::Array(_, count), next, .. }) = path.last_mut() else {
            return self.refuse(index.span, "only an array has elements");
        };
        match u32::try_from(value).ok().filter(|value| value < count) {
            Some(value) => {
                *next = value;
                Ok(value)
            }
            None => self.refuse(index.span, "the index is outside of the array"),
        }
    }

    fn designate_member(
        &mut self,
        path: &mut Vec<Level>,
        name: &str,
        span: Span,
        mut elements: Option<&mut Elements>,
    ) -> Result<(), Reported> {
        loop {
            let Some(Level { parts: Parts::Record { members, .. }, next, .. }) = path.last_mut() else {
                return self.refuse(span, "only a struct or union has members");
            };
            let named = members.iter().position(|member| member.name.as_deref() == Some(name));
            if let Some(index) = named {
                *next = index as u32;
                return Ok(());
            }
            let anonymous = members.iter().position(|member| match (&member.name, &member.qualified.ty) {
                (None, Type::Record(record)) => record.find(name).is_some(),
                _ => false,
            });
            let Some(index) = anonymous else {
                return self.refuse(span, format!("there is no member '{name}'"));
            };
            *next = index as u32;
            let part = path.last_mut().and_then(|level| level.take(elements.as_deref_mut()));
            let Some(level) = part.and_then(|part| Level::new(&part)) else {
                return self.refuse(span, format!("there is no member '{name}'"));
            };
            path.push(level);
        }
    }

    /// The bytes of a string literal that initialises an array of characters, perhaps in braces.
    fn string_for(&mut self, element: &Type, node: &Node<Initializer>) -> Result<Option<Vec<u8>>, Reported> {
        match &node.node {
            Initializer::Expression(expression) => self.string_of(element, expression),
            Initializer::List(items) => self.string_in_braces(element, items),
        }
    }

    pub(super) fn string_in_braces(&mut self, element: &Type, items: &[Item]) -> Result<Option<Vec<u8>>, Reported> {
        match items {
            [item] if item.node.designation.is_empty() => match &item.node.initializer.node {
                Initializer::Expression(expression) => self.string_of(element, expression),
                Initializer::List(_) => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn string_of(&mut self, element: &Type, expression: &Node<Tree>) -> Result<Option<Vec<u8>>, Reported> {
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

    pub(super) fn string_elements(
        &mut self,
        bytes: &[u8],
        element: &Qualified,
        count: u32,
        offset: u32,
        span: Span,
        elements: &mut Elements,
    ) -> Result<(), Reported> {
        // The terminating zero may be left out (C11 6.7.9 §14).
        if bytes.len() > count as usize {
            return self.refuse(span, "the string is longer than the array");
        }
        for (index, byte) in bytes.iter().enumerate() {
            let value = fold::integer(i64::from(*byte), element.ty.clone());
            elements.push(Element { offset: offset + index as u32, bits: None, value });
        }
        Ok(())
    }
}

/// Where an initialiser's value is: its own place begins at the '=' before it.
fn value_span(node: &Node<Initializer>) -> Span {
    match &node.node {
        Initializer::Expression(expression) => expression.span,
        Initializer::List(_) => node.span,
    }
}

fn void(kind: Kind) -> Expression {
    Expression { ty: Type::Void, kind }
}

/// What an array consists of; of anything else, `void`.
pub(super) fn element_type(ty: &Type) -> &Type {
    match ty {
        Type::Array(element, _) => &element.ty,
        _ => &Type::Void,
    }
}

fn is_character(ty: &Type) -> bool {
    matches!(ty, Type::Scalar(ScalarType::Char | ScalarType::SignedChar | ScalarType::UnsignedChar))
}
