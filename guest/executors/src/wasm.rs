//! The `WASM` front end: from a module as the user sends it to a [`Compiled`] function.

use crate::arguments::{BufferResult, Expected, Signature, wasm_type_name};
use crate::compiled::{Allocator, BufferPlace, Compiled, Interface, new_engine};
use crate::host_functions::MEMORY_EXPORT;
use crate::sections::{self, START_EXPORT};
use crate::{Limits, RequestError};
use skerry_c_compiler::ScalarType;
use std::borrow::Cow;
use wasmi::{Engine, ExternType, FuncType, Module, ValType};

/// The name of the function to run, if the module exports several.
const RUN_EXPORT: &str = "run";
/// The function of a program, and the one that makes any other module of WASI ready.
const PROGRAM_EXPORT: &str = "_start";
const INITIALIZE_EXPORT: &str = "_initialize";
/// What toolchains export beside the function to run.
const HELPER_EXPORTS: [&str; 14] = [
    INITIALIZE_EXPORT,
    "__wasm_call_ctors",
    "__main_void",
    "alloc",
    "dealloc",
    "malloc",
    "calloc",
    "realloc",
    "free",
    "cabi_realloc",
    "__new",
    "__pin",
    "__unpin",
    "__collect",
];

/// Compiles a module and finds out what it offers.
///
/// # Errors
///
/// [`RequestError::Unusable`] if the module is not valid, imports what is not offered, or has no function to run.
pub(crate) fn compile(wasm: &[u8], limits: &Limits) -> Result<Compiled, RequestError> {
    let engine = new_engine(limits);
    let start = sections::check(wasm).map_err(RequestError::unusable)?;
    let wasm = match start {
        Some(start_function) => {
            // The rewritten module no longer shows whether this was a start function by the rules.
            Module::validate(&engine, wasm).map_err(invalid)?;
            Cow::Owned(sections::start_as_export(wasm, start_function))
        }
        None => Cow::Borrowed(wasm),
    };
    let module = parse(&engine, &wasm)?;
    let exports = Exports { module: &module };
    let (entry, function) = exports.function_to_run().map_err(RequestError::unusable)?;
    let is_program = entry == PROGRAM_EXPORT;
    let allocator = exports.allocator();
    let has_memory = matches!(module.get_export(MEMORY_EXPORT), Some(ExternType::Memory(_)));
    let signature = signature_of(&entry, &function, has_memory, allocator).map_err(RequestError::unusable)?;
    if is_program && !(signature.parameters.is_empty() && signature.results.is_empty()) {
        return Err(RequestError::unusable("`_start` has parameters or results; a program of WASI has none"));
    }
    let mut initializers = Vec::new();
    initializers.extend(start.map(|_| START_EXPORT));
    if !is_program && exports.has_function(INITIALIZE_EXPORT, &[], &[]) {
        initializers.push(INITIALIZE_EXPORT);
    }
    let buffers = allocator.map_or(BufferPlace::BehindMemory, BufferPlace::Allocator);
    let interface = Interface { entry, initializers, is_program, signature, buffers, unreachable_is_overflow: false };
    Compiled::new(module, &wasm, interface, |_| None)
}

/// Validates and translates a module.
pub(crate) fn parse(engine: &Engine, wasm: &[u8]) -> Result<Module, RequestError> {
    Module::new(engine, wasm).map_err(invalid)
}

fn invalid(error: wasmi::Error) -> RequestError {
    RequestError::unusable(format!("the module is not valid: {error}"))
}

/// What a module exports, asked by what is wanted of it.
struct Exports<'a> {
    module: &'a Module,
}

impl Exports<'_> {
    /// The exported function named [`RUN_EXPORT`], else the program, else the only function that is not there for others.
    fn function_to_run(&self) -> Result<(String, FuncType), String> {
        let functions = self.module.exports().filter_map(|export| match export.ty() {
            ExternType::Func(function) if export.name() != START_EXPORT => {
                Some((export.name().to_owned(), function.clone()))
            }
            _ => None,
        });
        let mut functions: Vec<(String, FuncType)> = functions.collect();
        for wanted in [RUN_EXPORT, PROGRAM_EXPORT] {
            if let Some(found) = functions.iter().position(|(name, _)| name == wanted) {
                return Ok(functions.swap_remove(found));
            }
        }
        if functions.len() > 1 {
            functions.retain(|(name, _)| !HELPER_EXPORTS.contains(&name.as_str()));
        }
        match functions.len() {
            1 => Ok(functions.swap_remove(0)),
            0 => Err("the module exports no function; export the one to run, as `run`".to_owned()),
            count => {
                let names = functions.iter().take(10).map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                let more = if count > 10 { ", …" } else { "" };
                Err(format!("the module exports {count} functions ({names}{more}); export the one to run as `run`"))
            }
        }
    }

    fn has_function(&self, name: &str, params: &[ValType], results: &[ValType]) -> bool {
        matches!(self.module.get_export(name), Some(ExternType::Func(function))
            if function.params() == params && function.results() == results)
    }

    /// What gives memory for buffers, if the module has it.
    fn allocator(&self) -> Option<Allocator> {
        let is_there =
            |name: &str, parameters: usize| self.has_function(name, &[ValType::I32; 4][..parameters], &[ValType::I32]);
        [
            (Allocator::Object("__new"), 2),
            (Allocator::Size("alloc"), 1),
            (Allocator::Size("malloc"), 1),
            (Allocator::Realloc("cabi_realloc"), 4),
        ]
        .into_iter()
        .find(|(allocator, parameters)| is_there(allocator.export(), *parameters))
        .map(|(allocator, _)| allocator)
    }
}

fn signature_of(
    name: &str,
    function: &FuncType,
    has_memory: bool,
    allocator: Option<Allocator>,
) -> Result<Signature, String> {
    let unsupported = |value_type: &ValType| {
        format!("`{name}` has the type {} in its signature; use i32, i64, f32, f64", wasm_type_name(*value_type))
    };
    let scalar_type = |value_type: &ValType| scalar_type_of(*value_type).ok_or_else(|| unsupported(value_type));
    for param in function.params() {
        scalar_type(param)?;
    }
    let has_objects = matches!(allocator, Some(Allocator::Object(_)));
    let buffer_result = match function.results() {
        [ValType::I64] => Some(BufferResult::Packed),
        [ValType::I32, ValType::I32] => Some(BufferResult::Pair),
        [ValType::I32] if has_objects => Some(BufferResult::Object),
        _ => None,
    };
    let results = function.results().iter().map(scalar_type).collect::<Result<_, _>>()?;
    let parameters = function.params().iter().map(|param| Expected::Wasm(*param)).collect();
    Ok(Signature { parameters, results, returns_text: false, buffer_result, has_memory, has_objects })
}

/// The C type in which a WebAssembly value is printed. The module does not tell signed from unsigned.
fn scalar_type_of(value_type: ValType) -> Option<ScalarType> {
    match value_type {
        ValType::I32 => Some(ScalarType::Int),
        ValType::I64 => Some(ScalarType::Long),
        ValType::F32 => Some(ScalarType::Float),
        ValType::F64 => Some(ScalarType::Double),
        ValType::V128 | ValType::FuncRef | ValType::ExternRef => None,
    }
}
