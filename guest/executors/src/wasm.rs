//! The `WASM` front end: from a module as the user sends it to a [`Compiled`] function.

use crate::arguments::{Expected, Signature, wasm_type_name};
use crate::compiled::{Compiled, Interface, new_engine};
use crate::host_functions::MEMORY_EXPORT;
use crate::sections::{self, START_EXPORT};
use crate::{Limits, RequestError};
use skerry_c_compiler::ScalarType;
use std::borrow::Cow;
use wasmi::{Engine, ExternType, FuncType, Module, ValType};

/// The name of the function to run, if the module exports several.
const RUN_EXPORT: &str = "run";

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
    let (entry, function) = function_to_run(&module).map_err(RequestError::unusable)?;
    let has_memory = matches!(module.get_export(MEMORY_EXPORT), Some(ExternType::Memory(_)));
    let signature = signature_of(&entry, &function, has_memory).map_err(RequestError::unusable)?;
    let interface =
        Interface { entry, has_start: start.is_some(), signature, heap_base: None, unreachable_is_overflow: false };
    Compiled::new(module, wasm.len(), interface, |_| None)
}

/// Validates and translates a module.
pub(crate) fn parse(engine: &Engine, wasm: &[u8]) -> Result<Module, RequestError> {
    Module::new(engine, wasm).map_err(invalid)
}

fn invalid(error: wasmi::Error) -> RequestError {
    RequestError::unusable(format!("the module is not valid: {error}"))
}

/// The exported function named [`RUN_EXPORT`], or the only one.
fn function_to_run(module: &Module) -> Result<(String, FuncType), String> {
    let functions = module.exports().filter_map(|export| match export.ty() {
        ExternType::Func(function) if export.name() != START_EXPORT => {
            Some((export.name().to_owned(), function.clone()))
        }
        _ => None,
    });
    let mut functions: Vec<(String, FuncType)> = functions.collect();
    if let Some(run) = functions.iter().position(|(name, _)| name == RUN_EXPORT) {
        return Ok(functions.swap_remove(run));
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

fn signature_of(name: &str, function: &FuncType, has_memory: bool) -> Result<Signature, String> {
    let unsupported = |value_type: &ValType| {
        format!("`{name}` has the type {} in its signature; use i32, i64, f32, f64", wasm_type_name(*value_type))
    };
    let parameters = function.params().iter().map(|param| match scalar_type_of(*param) {
        Some(_) => Ok(Expected::Wasm(*param)),
        None => Err(unsupported(param)),
    });
    let parameters = parameters.collect::<Result<_, _>>()?;
    let result = match function.results() {
        [] => None,
        [result] => Some(scalar_type_of(*result).ok_or_else(|| unsupported(result))?),
        several => return Err(format!("`{name}` has {} results; at most one is supported", several.len())),
    };
    Ok(Signature { parameters, result, has_memory })
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
