//! The functions that a module may import: those of `skerry` (log, random bytes, the time), of WASI, of AssemblyScript's
//! runtime, and for C those of its library. This is wasmi's glue; what WASI does is in `wasi`.

use crate::arguments::wasm_type_name;
use crate::assemblyscript;
use crate::c_library;
use crate::sandbox::CallState;
use crate::wasi::{self, WASI_MODULE};
use skerry_c_compiler::{LIBRARY_MODULE, MATH_MODULE};
use skerry_c_library::Found;
use std::time::{SystemTime, UNIX_EPOCH};
use wasmi::{Caller, Error, ExternType, FuncType, ImportType, Linker, Module, TrapCode, Val, ValType};

/// The export under which a module that logs or wants random bytes must offer its linear memory.
pub(crate) const MEMORY_EXPORT: &str = "memory";
/// The module of our own functions.
pub(crate) const SKERRY_MODULE: &str = "skerry";
/// Most random bytes of one call of `skerry.random`.
pub(crate) const RANDOM_LIMIT_BYTES: usize = 64 * 1024;
/// What a random byte costs, in fuel. Without, a function could spend its time where neither clock nor stop flag is
/// looked at.
pub(crate) const RANDOM_BYTE_FUEL: u64 = 4;

/// Links what `module` imports, and nothing else. `library` finds a function of the C library by its name.
///
/// # Errors
///
/// A message that names the import which is not offered, or is of another type.
pub(crate) fn link(module: &Module, library: impl Fn(&str) -> Option<Found>) -> Result<Linker<CallState>, String> {
    let mut linker = Linker::new(module.engine());
    // A module may import the same function twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let linked = match (import.module(), import.name()) {
            (SKERRY_MODULE, "log") => {
                expect_type(&import, &[ValType::I32; 2], &[])?;
                expect_memory(module, &import)?;
                linker.func_wrap(SKERRY_MODULE, "log", log)
            }
            (SKERRY_MODULE, "random") => {
                expect_type(&import, &[ValType::I32; 2], &[])?;
                expect_memory(module, &import)?;
                linker.func_wrap(SKERRY_MODULE, "random", random)
            }
            (SKERRY_MODULE, "unix_time_ms") => {
                expect_type(&import, &[], &[ValType::I64])?;
                linker.func_wrap(SKERRY_MODULE, "unix_time_ms", unix_time_ms)
            }
            (WASI_MODULE, name) => {
                let function = wasi::find(name).ok_or_else(|| not_offered(&import))?;
                expect_memory(module, &import)?;
                link_wasi(&mut linker, &import, function)?;
                continue;
            }
            (assemblyscript::MODULE, name) => {
                let function = assemblyscript::find(name).ok_or_else(|| not_offered(&import))?;
                expect_type(&import, function.parameters, function.results)?;
                expect_memory(module, &import)?;
                let ty = FuncType::new(function.parameters.iter().copied(), function.results.iter().copied());
                let run = function.run;
                linker.func_new(assemblyscript::MODULE, name, ty, move |mut caller, inputs, outputs| {
                    pay(&mut caller, assemblyscript::CALL_FUEL)?;
                    let (memory, state) = whole_memory(&mut caller)?;
                    let result = run(inputs, memory, state).map_err(Error::new)?;
                    if let (Some(output), Some(result)) = (outputs.first_mut(), result) {
                        *output = Val::F64(result.into());
                    }
                    Ok(())
                })
            }
            (MATH_MODULE | LIBRARY_MODULE, name) => {
                let found = library(name).ok_or_else(|| not_offered(&import))?;
                expect_type(&import, &c_library::parameters(found), &c_library::results(found))?;
                c_library::link(&mut linker, module, &import, found)
            }
            _ => return Err(not_offered(&import)),
        };
        linked.map_err(|error| error.to_string())?;
    }
    Ok(linker)
}

fn not_offered(import: &ImportType<'_>) -> String {
    let (module, name) = (import.module(), import.name());
    format!(
        "the module imports `{module}.{name}`, but a function gets only `skerry.log(pointer, length)`, \
         `skerry.random(pointer, length)`, `skerry.unix_time_ms()`, WASI preview 1 (`{WASI_MODULE}`) and \
         `env.abort`, `env.seed`, `env.console.log`, `env.Date.now` of AssemblyScript"
    )
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

fn expect_memory(module: &Module, import: &ImportType<'_>) -> Result<(), String> {
    if matches!(module.get_export(MEMORY_EXPORT), Some(ExternType::Memory(_))) {
        return Ok(());
    }
    let (module, name) = (import.module(), import.name());
    Err(format!("the module imports {module}.{name} but does not export `{MEMORY_EXPORT}`"))
}

/// Links a function of WASI.
fn link_wasi(
    linker: &mut Linker<CallState>,
    import: &ImportType<'_>,
    function: &'static wasi::Function,
) -> Result<(), String> {
    let types = function.parameters.bytes().map(|letter| if letter == b'I' { ValType::I64 } else { ValType::I32 });
    let parameters: Vec<ValType> = types.collect();
    let results = if function.has_result() { &[ValType::I32][..] } else { &[] };
    expect_type(import, &parameters, results)?;
    let ty = FuncType::new(parameters, results.iter().copied());
    let action = function.action;
    let linked = linker.func_new(WASI_MODULE, function.name, ty, move |mut caller, inputs, outputs| {
        let mut arguments = [0; wasi::MOST_PARAMETERS];
        for (argument, input) in arguments.iter_mut().zip(inputs) {
            *argument = match input {
                Val::I32(value) => u64::from(value.cast_unsigned()),
                Val::I64(value) => value.cast_unsigned(),
                _ => 0,
            };
        }
        let (memory, state) = whole_memory(&mut caller)?;
        let reply = wasi::call(action, &arguments, memory, state);
        match reply.result {
            Ok(errno) => {
                if let Some(output) = outputs.first_mut() {
                    *output = Val::I32(errno.into());
                }
            }
            Err(ending) => {
                state.ending = Some(ending);
                return Err(Error::new("the call ends here"));
            }
        }
        pay(&mut caller, reply.cost)
    });
    linked.map(drop).map_err(|error| error.to_string())
}

/// Takes what a function of ours costs from the fuel. Less than none is none: then the next instruction finds no fuel,
/// and the call's limits are looked at.
fn pay(caller: &mut Caller<'_, CallState>, cost: u64) -> Result<(), Error> {
    let fuel = caller.get_fuel()?;
    caller.set_fuel(fuel.saturating_sub(cost))
}

/// All of linear memory, and the call's state.
fn whole_memory<'a>(caller: &'a mut Caller<'_, CallState>) -> Result<(&'a mut [u8], &'a mut CallState), Error> {
    let memory = caller.get_export(MEMORY_EXPORT).and_then(wasmi::Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::from(TrapCode::MemoryOutOfBounds))?;
    Ok(memory.data_and_store_mut(caller))
}

/// The bytes of linear memory that a function means, and its call's state.
///
/// Addresses and lengths in linear memory are unsigned, whatever wasm's i32 looks like.
fn memory_at<'a>(
    caller: &'a mut Caller<'_, CallState>,
    pointer: i32,
    length: i32,
) -> Result<(&'a mut [u8], &'a mut CallState), Error> {
    let out_of_bounds = || Error::from(TrapCode::MemoryOutOfBounds);
    let (start, length) = (pointer as u32 as usize, length as u32 as usize);
    let end = start.checked_add(length).ok_or_else(out_of_bounds)?;
    let (data, state) = whole_memory(caller)?;
    Ok((data.get_mut(start..end).ok_or_else(out_of_bounds)?, state))
}

/// `skerry.log(pointer: i32, length: i32)`: adds a message in UTF-8 to the call's log.
fn log(mut caller: Caller<'_, CallState>, pointer: i32, length: i32) -> Result<(), Error> {
    let (message, state) = memory_at(&mut caller, pointer, length)?;
    state.log.add(message);
    Ok(())
}

/// `skerry.random(pointer: i32, length: i32)`: fills memory from the machine's cryptographically secure generator.
fn random(mut caller: Caller<'_, CallState>, pointer: i32, length: i32) -> Result<(), Error> {
    if length as u32 as usize > RANDOM_LIMIT_BYTES {
        return Err(Error::new(format!("skerry.random gives at most {RANDOM_LIMIT_BYTES} bytes at once")));
    }
    pay(&mut caller, RANDOM_BYTE_FUEL * u64::from(length as u32))?;
    let (bytes, state) = memory_at(&mut caller, pointer, length)?;
    (state.random)(bytes).map_err(|_| Error::new("the machine has no random bytes"))
}

/// `skerry.unix_time_ms() -> i64`: the clock of the day, in milliseconds since 1970.
pub(crate) fn unix_time_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
