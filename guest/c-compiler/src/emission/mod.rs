//! From the typed tree to a WebAssembly module.
//!
//! Linear memory, from 0 up: a zone that no object lies in ([`crate::NULL_ZONE_BYTES`]); static objects; the stack, which grows
//! down and is there only if some function has a variable in memory; the caller's heap.
//!
//! Variables whose address is not taken are WebAssembly locals. The others live in a frame on the stack in linear
//! memory. The only `unreachable` instruction that is emitted is the check for an overflow of that stack.

mod control;
mod conversion;
mod dispatch;
mod expression;
mod function;
mod inlining;
mod memory;
mod operators;

use crate::builtins::{MATH_IMPORTS, MATH_MODULE};
use crate::ir::{Body, Function, FunctionId, Program};
use function::Emitter;
use std::cell::RefCell;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// Stack for frames beyond one of each function, if functions call themselves: a few thousand calls deep.
const RECURSION_BYTES: u32 = 256 * 1024;
const PAGE_BYTES: u32 = 64 * 1024;
/// The alignment of frames and of the heap: that of any C object that asks for no more.
const MAX_ALIGNMENT_BYTES: u32 = 16;
/// Most that all frames together may take.
const MAX_FRAMES_BYTES: u64 = 8 * 1024 * 1024;

/// A program has more variables in memory than the stack may hold.
pub(crate) struct FramesTooLarge;

/// Where things are in linear memory, and which index a function has.
struct Layout {
    /// A frame may not begin below.
    stack_limit: u32,
    heap_base: u32,
    /// By function; `None` for those that are never defined.
    indices: Vec<Option<u32>>,
    types: RefCell<Types>,
}

/// Writes the module; also returns the first address after all that it uses itself.
pub(crate) fn module(program: &Program) -> Result<(Vec<u8>, u32), FramesTooLarge> {
    let layout = layout(program)?;
    let mut imports = ImportSection::new();
    for index in &program.math_imports {
        let Some((name, parameters)) = MATH_IMPORTS.get(*index) else { continue };
        let ty = layout.types.borrow_mut().index(vec![ValType::F64; *parameters], Some(ValType::F64));
        imports.import(MATH_MODULE, name, EntityType::Function(ty));
    }
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for body in &program.functions {
        if let Body::Imported { module, name, face } = body {
            let (parameters, result) = face.lowered();
            let ty = layout.types.borrow_mut().index(parameters, result);
            imports.import(module, name, EntityType::Function(ty));
        }
    }
    for body in &program.functions {
        if let Body::Defined(function) = body {
            let (parameters, result) = function.face.lowered();
            functions.function(layout.types.borrow_mut().index(parameters, result));
            code.raw(&Emitter::new(program, &layout, function).emit());
        }
    }
    let mut memories = MemorySection::new();
    let pages = layout.heap_base.div_ceil(PAGE_BYTES).max(1);
    memories.memory(MemoryType {
        minimum: u64::from(pages),
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let stack_pointer = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(stack_pointer, &ConstExpr::i32_const(layout.heap_base as i32));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    let run = layout.indices.get(program.run.0 as usize).copied().flatten().unwrap_or_default();
    exports.export("run", ExportKind::Func, run);
    let mut data = DataSection::new();
    for (address, bytes) in &program.data {
        data.active(0, &ConstExpr::i32_const(*address as i32), bytes.iter().copied());
    }
    let (tables, elements) = table(program, &layout);
    let mut module = Module::new();
    let types = layout.types.into_inner();
    module.section(&types.section).section(&imports).section(&functions).section(&tables).section(&memories);
    module.section(&globals).section(&exports).section(&elements).section(&code).section(&data);
    Ok((module.finish(), layout.heap_base))
}

/// The table of functions that pointers point to. Its first entry is empty: a call through a null pointer traps.
fn table(program: &Program, layout: &Layout) -> (TableSection, ElementSection) {
    let mut tables = TableSection::new();
    let mut elements = ElementSection::new();
    let calls_pointers = program.calls_pointers;
    if program.table.is_empty() && !calls_pointers {
        return (tables, elements);
    }
    let size = program.table.len() as u64 + 1;
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size,
        maximum: Some(size),
        shared: false,
    });
    if !program.table.is_empty() {
        let index = |function: &FunctionId| layout.indices.get(function.0 as usize).copied().flatten();
        let functions: Vec<u32> = program.table.iter().map(|function| index(function).unwrap_or_default()).collect();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(functions.into()));
    }
    (tables, elements)
}

fn layout(program: &Program) -> Result<Layout, FramesTooLarge> {
    let mut indices = Vec::with_capacity(program.functions.len());
    let mut next = program.math_imports.len() as u32;
    let mut frames = 0_u64;
    let imported = program.functions.iter().filter(|body| matches!(body, Body::Imported { .. })).count() as u32;
    let mut next_defined = next + imported;
    for body in &program.functions {
        indices.push(match body {
            Body::Missing => None,
            Body::Imported { .. } => {
                next += 1;
                Some(next - 1)
            }
            Body::Defined(function) => {
                frames += u64::from(frame_bytes(function).ok_or(FramesTooLarge)?);
                next_defined += 1;
                Some(next_defined - 1)
            }
        });
    }
    if frames > MAX_FRAMES_BYTES {
        return Err(FramesTooLarge);
    }
    let stack_limit = program.static_end.next_multiple_of(MAX_ALIGNMENT_BYTES);
    // Without recursion there is at most one frame of each function at a time.
    let for_recursion = if frames > 0 && program.is_recursive { RECURSION_BYTES } else { 0 };
    let stack_bytes = frames as u32 + for_recursion;
    let types = RefCell::new(Types::default());
    Ok(Layout { stack_limit, heap_base: stack_limit + stack_bytes, indices, types })
}

/// Size of a function's frame: its variables in memory, each aligned.
fn frame_bytes(function: &Function) -> Option<u32> {
    let mut end = 0_u32;
    for (_, local) in function.locals.iter().enumerate().filter(|(index, _)| function.is_in_frame(*index)) {
        end = end.checked_next_multiple_of(local.alignment_bytes)?.checked_add(local.ty.size_bytes())?;
    }
    let spare = frame_alignment_bytes(function).saturating_sub(MAX_ALIGNMENT_BYTES);
    end.checked_next_multiple_of(MAX_ALIGNMENT_BYTES)?.checked_add(spare)
}

/// The largest alignment of a function's variables in memory.
fn frame_alignment_bytes(function: &Function) -> u32 {
    let in_frame = function.locals.iter().enumerate().filter(|(index, _)| function.is_in_frame(*index));
    in_frame.map(|(_, local)| local.alignment_bytes).max().unwrap_or(1)
}

/// The type section, each function type once.
#[derive(Default)]
struct Types {
    section: TypeSection,
    known: Vec<(Vec<ValType>, Option<ValType>)>,
}

impl Types {
    fn index(&mut self, parameters: Vec<ValType>, result: Option<ValType>) -> u32 {
        let key = (parameters, result);
        if let Some(index) = self.known.iter().position(|known| *known == key) {
            return index as u32;
        }
        self.section.ty().function(key.0.iter().copied(), key.1);
        self.known.push(key);
        self.known.len() as u32 - 1
    }
}
