//! The functions that a module may import: `skerry.log`, and for C the functions of `math.h`.

use crate::arguments::wasm_type_name;
use crate::sandbox::CallState;
use skerry_c_compiler::MATH_MODULE;
use wasmi::{Caller, Error, ExternType, ImportType, Linker, Module, TrapCode, ValType};

/// The export under which a module that logs must offer its linear memory.
pub(crate) const MEMORY_EXPORT: &str = "memory";

/// A mathematical function on `double`.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "c"), expect(dead_code, reason = "only C functions import from `math`"))]
pub(crate) enum MathFunction {
    Unary(fn(f64) -> f64),
    Binary(fn(f64, f64) -> f64),
    Ternary(fn(f64, f64, f64) -> f64),
}

/// Links what `module` imports, and nothing else. `math` finds a function of the module `math` by its name.
///
/// # Errors
///
/// A message that names the import which is not offered, or is of another type.
pub(crate) fn link(module: &Module, math: impl Fn(&str) -> Option<MathFunction>) -> Result<Linker<CallState>, String> {
    let mut linker = Linker::new(module.engine());
    // A module may import the same function twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let linked = match (import.module(), import.name()) {
            ("skerry", "log") => {
                expect_type(&import, &[ValType::I32; 2], &[])?;
                if !matches!(module.get_export(MEMORY_EXPORT), Some(ExternType::Memory(_))) {
                    return Err(format!("the module imports skerry.log but does not export `{MEMORY_EXPORT}`"));
                }
                linker.func_wrap("skerry", "log", log)
            }
            (MATH_MODULE, name) => match math(name).ok_or_else(|| not_offered(&import))? {
                MathFunction::Unary(function) => {
                    expect_type(&import, &[ValType::F64], &[ValType::F64])?;
                    linker.func_wrap(MATH_MODULE, name, move |x: f64| function(x))
                }
                MathFunction::Binary(function) => {
                    expect_type(&import, &[ValType::F64; 2], &[ValType::F64])?;
                    linker.func_wrap(MATH_MODULE, name, move |x: f64, y: f64| function(x, y))
                }
                MathFunction::Ternary(function) => {
                    expect_type(&import, &[ValType::F64; 3], &[ValType::F64])?;
                    linker.func_wrap(MATH_MODULE, name, move |x: f64, y: f64, z: f64| function(x, y, z))
                }
            },
            _ => return Err(not_offered(&import)),
        };
        linked.map_err(|error| error.to_string())?;
    }
    Ok(linker)
}

fn not_offered(import: &ImportType<'_>) -> String {
    let (module, name) = (import.module(), import.name());
    format!("the module imports `{module}.{name}`, but a function gets only `skerry.log(pointer, length)`")
}

fn expect_type(import: &ImportType<'_>, params: &[ValType], results: &[ValType]) -> Result<(), String> {
    if let ExternType::Func(function) = import.ty()
        && function.params() == params
        && function.results() == results
    {
        return Ok(());
    }
    let list = |types: &[ValType]| types.iter().map(|one| wasm_type_name(*one)).collect::<Vec<_>>().join(", ");
    let (module, name) = (import.module(), import.name());
    let (params, results) = (list(params), list(results));
    Err(format!("the module imports `{module}.{name}` as something else than a function ({params}) -> ({results})"))
}

/// `skerry.log(pointer: i32, length: i32)`: adds a message in UTF-8 to the call's log.
fn log(mut caller: Caller<'_, CallState>, pointer: i32, length: i32) -> Result<(), Error> {
    let out_of_bounds = || Error::from(TrapCode::MemoryOutOfBounds);
    let memory = caller.get_export(MEMORY_EXPORT).and_then(wasmi::Extern::into_memory).ok_or_else(out_of_bounds)?;
    // Addresses and lengths in linear memory are unsigned, whatever wasm's i32 looks like.
    let (start, length) = (pointer as u32 as usize, length as u32 as usize);
    let end = start.checked_add(length).ok_or_else(out_of_bounds)?;
    let (data, state) = memory.data_and_store_mut(&mut caller);
    state.log.add(data.get(start..end).ok_or_else(out_of_bounds)?);
    Ok(())
}
