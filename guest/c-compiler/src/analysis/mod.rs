//! From the parser's tree to the typed tree of [`crate::ir`]: names, types, conversions, constants, and all errors that
//! are not syntax. Whatever C construct is not covered is refused here, by name.

mod attribute;
mod bits;
mod builtins;
mod call;
mod compound_literal;
mod conversion;
mod declaration;
mod declarator;
mod elements;
mod expression;
mod fold;
mod function;
mod initializer;
mod jumps;
mod label;
mod operators;
mod place;
mod records;
mod recursion;
mod scope;
mod specifiers;
mod statement;
pub(crate) mod statics;
mod switch;
mod variable_arguments;

use crate::diagnostics::{Reported, Reports, SourceOffset};
use crate::ir::{FunctionId, Local, LocalId, OldValue, Program};
use crate::preprocess::ParserText;
use crate::preprocess::headers::Headers;
use crate::record::Record;
use crate::signature::Signature;
use crate::types::{Qualified, Type};
use function::FunctionEntry;
use lang_c::ast::{ExternalDeclaration, TranslationUnit};
use lang_c::span::{Node, Span};
use place::Object;
use scope::{Scopes, Symbol};
use statics::Statics;
use std::rc::Rc;

/// Expressions and statements may nest this deep. Bounds the native stack that analysis and emission take.
const MAX_DEPTH: u32 = 100;
/// Most variables of one function; the interpreter's frames are bounded too.
const MAX_LOCALS: usize = 4096;

/// What is known while a translation unit is walked.
pub(crate) struct Analysis<'a> {
    reports: &'a mut Reports,
    text: &'a ParserText,
    /// The whole source, for what later declarations complete.
    file: &'a [Node<ExternalDeclaration>],
    headers: Headers,
    scopes: Scopes,
    statics: Statics,
    functions: Vec<FunctionEntry>,
    last_defined: Option<FunctionId>,
    /// Caller and callee, by index.
    calls: Vec<(u32, u32)>,
    /// Functions that pointers point to, by their numbers less 1.
    table: Vec<FunctionId>,
    /// Every struct and union, complete or not.
    records: Vec<Rc<Record>>,
    /// Indices into [`crate::MATH_IMPORTS`], unsorted.
    math_imports: Vec<usize>,
    /// The function whose body is being walked.
    current: FunctionState,
    depth: u32,
}

/// What is known while a function's body is walked.
#[derive(Default)]
struct FunctionState {
    /// `None` outside of functions.
    result: Option<Type>,
    locals: Vec<Local>,
    /// Index of the function itself.
    index: u32,
    old_values: u32,
    /// Where the address of the function's own variable arguments is.
    variable_arguments: Option<LocalId>,
    /// Areas for the variable arguments of calls, by how many other calls they are within.
    areas: Vec<LocalId>,
    open_areas: usize,
    /// Compound literals that enclose the present place.
    compound_literals: u32,
    /// Initialisers around the present place that are walked for the length of their array.
    measured_lists: u32,
    /// How many assignments and calls there were so far.
    effects: u32,
    loops: u32,
    /// The switches around the present place, the innermost last.
    switches: Vec<switch::Body>,
    labels: label::Labels,
    /// Statement expressions around the present place.
    statement_expressions: u32,
}

impl<'a> Analysis<'a> {
    pub(crate) fn new(reports: &'a mut Reports, text: &'a ParserText, headers: Headers) -> Self {
        Self {
            reports,
            text,
            file: &[],
            headers,
            scopes: Scopes::new(),
            statics: Statics::new(),
            functions: Vec::new(),
            last_defined: None,
            calls: Vec::new(),
            table: Vec::new(),
            records: Vec::new(),
            math_imports: Vec::new(),
            current: FunctionState::default(),
            depth: 0,
        }
    }

    /// Walks the whole unit. On errors goes on with the next declaration, to report as many as possible.
    pub(crate) fn unit(mut self, unit: &'a TranslationUnit) -> Result<(Program, Signature), Reported> {
        let outcome = self.declarations(unit);
        let program = outcome.and_then(|()| self.finish());
        for record in &self.records {
            record.forget_members();
        }
        program
    }

    /// Looks for errors in what is left of a unit that has errors already.
    pub(crate) fn check(mut self, unit: &'a TranslationUnit) -> Reported {
        // Its errors are reported, as those before it.
        let _ = self.declarations(unit);
        self.records.iter().for_each(|record| record.forget_members());
        Reported
    }

    fn declarations(&mut self, unit: &'a TranslationUnit) -> Result<(), Reported> {
        self.file = &unit.0;
        let mut failed = Ok(());
        for declaration in &unit.0 {
            let result = match &declaration.node {
                ExternalDeclaration::Declaration(declaration) => self.file_declaration(declaration),
                ExternalDeclaration::StaticAssert(assertion) => self.static_assertion(assertion),
                ExternalDeclaration::FunctionDefinition(definition) => self.function_definition(definition),
            };
            failed = failed.and(result);
        }
        failed
    }

    /// The number of a function that a pointer points to.
    fn function_number(&mut self, id: FunctionId) -> u32 {
        let position = self.table.iter().position(|known| *known == id).unwrap_or_else(|| {
            self.table.push(id);
            self.table.len() - 1
        });
        position as u32 + 1
    }

    fn function_object(&mut self, span: Span, id: FunctionId) -> Result<Object, Reported> {
        let at = self.origin(span);
        let Some(entry) = self.functions.get_mut(id.0 as usize) else {
            return self.refuse(span, "this function is not declared");
        };
        entry.used_at.get_or_insert(at);
        let qualified = Qualified::plain(Type::Function(Rc::clone(&entry.face)));
        Ok(Object::fixed(self.function_number(id), qualified))
    }

    fn origin(&self, span: Span) -> SourceOffset {
        self.text.origin(span.start)
    }

    /// Reports an error; to be returned.
    fn refuse<T>(&mut self, span: Span, message: impl Into<String>) -> Result<T, Reported> {
        let at = self.origin(span);
        Err(self.reports.report(at, message))
    }

    fn unsupported<T>(&mut self, span: Span, construct: &str) -> Result<T, Reported> {
        self.refuse(span, [construct, " are not supported"].concat())
    }

    /// Runs `walk` one level deeper, unless that is too deep.
    fn deeper<T>(&mut self, span: Span, walk: impl FnOnce(&mut Self) -> Result<T, Reported>) -> Result<T, Reported> {
        if self.depth >= MAX_DEPTH {
            return self.refuse(span, "the source is nested too deeply here");
        }
        self.depth += 1;
        let result = walk(self);
        self.depth -= 1;
        result
    }

    fn new_local(&mut self, span: Span, ty: Type) -> Result<LocalId, Reported> {
        if self.current.locals.len() >= MAX_LOCALS {
            return self.refuse(span, "the function has too many variables");
        }
        let id = LocalId(self.current.locals.len() as u32);
        let in_memory = ty.is_aggregate();
        let alignment_bytes = ty.alignment_bytes();
        self.current.locals.push(Local { ty, alignment_bytes, in_memory });
        Ok(id)
    }

    fn new_old_value(&mut self) -> OldValue {
        self.current.old_values += 1;
        OldValue(self.current.old_values)
    }

    fn static_assertion(&mut self, assertion: &Node<lang_c::ast::StaticAssert>) -> Result<(), Reported> {
        let (value, _) = self.integer_constant(&assertion.node.expression)?;
        if value == 0 {
            let text = self.string_bytes(&assertion.node.message.node, assertion.span)?;
            let message = format!("static assertion failed: {}", String::from_utf8_lossy(&text));
            return self.refuse(assertion.span, message);
        }
        Ok(())
    }
}
