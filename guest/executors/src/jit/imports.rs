//! What machine code may call: wasmtime's glue to the functions of `host_functions`, which has checked the module's
//! imports before.

use super::call::{interpreted_value, native_value};
use crate::assemblyscript;
use crate::host_functions::{MEMORY_EXPORT, RANDOM_BYTE_FUEL, RANDOM_LIMIT_BYTES, SKERRY_MODULE, unix_time_ms};
use crate::sandbox::CallState;
use crate::wasi::{self, Ending, WASI_MODULE};
use skerry_c_compiler::{LIBRARY_MODULE, MATH_MODULE};
use skerry_c_library::{Code, Environment, Fault, Found};
use wasmtime::{
    Caller, Error, Extern, ExternType, FuncType, InstancePre, Linker, Memory, Module, Result, Trap, Val, bail,
};

/// Where a function asks for `errno`.
const ERROR_NUMBER: &str = "__errno_location";
/// Most parameters that any function of the C library has.
const MOST_PARAMETERS: usize = 4;
/// Work of less than this is charged together with what comes later, in fuel.
const SMALL_COST: u64 = 4096;
const PAGE_BYTES: usize = 64 * 1024;

/// The data of a call's store.
pub(super) struct NativeState {
    pub(super) call: CallState,
    pub(super) counts_fuel: bool,
}

/// Gives a module what it imports.
///
/// # Errors
///
/// An import that there is not.
pub(super) fn link(module: &Module) -> Result<InstancePre<NativeState>> {
    let mut linker = Linker::new(module.engine());
    // A module may import the same function twice.
    linker.allow_shadowing(true);
    // The short way leaves `errno` as it is, where nobody asks for it.
    let sets_error_number = module.imports().any(|import| import.name() == ERROR_NUMBER);
    for import in module.imports() {
        let ExternType::Func(function_type) = import.ty() else { bail!("only functions are imported") };
        let (from, name) = (import.module(), import.name());
        match from {
            SKERRY_MODULE => match name {
                "log" => linker.func_wrap(from, name, log)?,
                "random" => linker.func_wrap(from, name, random)?,
                _ => linker.func_wrap(from, name, unix_time_ms)?,
            },
            MATH_MODULE | LIBRARY_MODULE => {
                let Some(found) = skerry_c_library::function(name) else { bail!("there is no `{name}`") };
                link_library(&mut linker, (from, name), function_type, found, sets_error_number)?
            }
            WASI_MODULE => {
                let Some(function) = wasi::find(name) else { bail!("there is no `{name}`") };
                linker.func_new(from, name, function_type, move |caller, inputs, outputs| {
                    call_wasi(caller, function.action, inputs, outputs)
                })?
            }
            _ => {
                let Some(function) = assemblyscript::find(name) else { bail!("there is no `{name}`") };
                linker.func_new(from, name, function_type, move |caller, inputs, outputs| {
                    call_assemblyscript(caller, function, inputs, outputs)
                })?
            }
        };
    }
    linker.instantiate_pre(module)
}

fn link_library<'l>(
    linker: &'l mut Linker<NativeState>,
    (from, name): (&str, &str),
    function_type: FuncType,
    found: Found,
    sets_error_number: bool,
) -> Result<&'l mut Linker<NativeState>> {
    let is_short = !found.is_float && !sets_error_number;
    match found.function.code {
        Code::Unary(function) if is_short => linker.func_wrap(from, name, move |x: f64| function(x)),
        Code::Binary(function) if is_short => linker.func_wrap(from, name, move |x: f64, y: f64| function(x, y)),
        Code::Ternary(function) if is_short => {
            linker.func_wrap(from, name, move |x: f64, y: f64, z: f64| function(x, y, z))
        }
        _ => linker.func_new(from, name, function_type, move |caller, inputs, outputs| {
            call_library(caller, found, inputs, outputs)
        }),
    }
}

fn call_library(mut caller: Caller<'_, NativeState>, found: Found, inputs: &[Val], outputs: &mut [Val]) -> Result<()> {
    let mut raw = [0; MOST_PARAMETERS];
    for (place, input) in raw.iter_mut().zip(inputs) {
        *place = match input {
            Val::I32(value) => u64::from(value.cast_unsigned()),
            Val::I64(value) => value.cast_unsigned(),
            Val::F32(bits) => u64::from(*bits),
            Val::F64(bits) => *bits,
            _ => 0,
        };
    }
    let raw = raw.get(..inputs.len()).unwrap_or_default();
    let result = loop {
        let (memory, state) = whole_memory(&mut caller)?;
        let mut environment = Environment { memory, library: &mut state.library, output: &mut state.log };
        match found.call(&mut environment, raw) {
            Ok(result) => break result,
            Err(Fault::NeedsMemory { end_bytes }) => grow(&mut caller, end_bytes)?,
            Err(Fault::OutOfBounds) => return Err(Trap::MemoryOutOfBounds.into()),
            Err(fault) => return Err(Error::msg(fault.reason(&state.library))),
        }
    };
    if let Some(output) = outputs.first_mut() {
        *output = match found.result() {
            Some(b'l') => Val::I64(result.cast_signed()),
            Some(b'f') => Val::F32(result as u32),
            Some(b'd') => Val::F64(result),
            _ => Val::I32(result as i32),
        };
    }
    let library = &mut caller.data_mut().call.library;
    let cost = if library.cost() < SMALL_COST { 0 } else { library.take_cost() };
    pay(&mut caller, cost)
}

/// Grows linear memory to at least so many bytes, and by half if the call may have that: each growth copies it all.
fn grow(caller: &mut Caller<'_, NativeState>, end_bytes: usize) -> Result<()> {
    let memory = exported_memory(caller)?;
    let bytes = memory.data_size(&*caller);
    let pages = |end_bytes: usize| end_bytes.saturating_sub(bytes).div_ceil(PAGE_BYTES);
    let (needed, generous) = (pages(end_bytes), pages(bytes + bytes / 2));
    let left = caller.data().call.memory.left_bytes() / PAGE_BYTES;
    memory.grow(caller, generous.min(left).max(needed) as u64)?;
    Ok(())
}

fn call_wasi(
    mut caller: Caller<'_, NativeState>,
    action: wasi::Action,
    inputs: &[Val],
    outputs: &mut [Val],
) -> Result<()> {
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
            bail!("the call ends here");
        }
    }
    pay(&mut caller, reply.cost)
}

fn call_assemblyscript(
    mut caller: Caller<'_, NativeState>,
    function: &assemblyscript::Function,
    inputs: &[Val],
    outputs: &mut [Val],
) -> Result<()> {
    pay(&mut caller, assemblyscript::CALL_FUEL)?;
    let inputs: Vec<wasmi::Val> = inputs.iter().map(interpreted_value).collect();
    let (memory, state) = whole_memory(&mut caller)?;
    let result = (function.run)(&inputs, memory, state).map_err(Error::msg)?;
    if let (Some(output), Some(result)) = (outputs.first_mut(), result) {
        *output = native_value(&wasmi::Val::F64(result.into()));
    }
    Ok(())
}

/// Takes what a function of ours costs from the fuel, where that is counted, and looks at the call's limits: a function
/// could spend its time in ours, where no tick is noticed.
fn pay(caller: &mut Caller<'_, NativeState>, cost: u64) -> Result<()> {
    if caller.data().counts_fuel {
        let fuel = caller.get_fuel()?;
        // Less than none is none: then the function's next instructions find no fuel.
        caller.set_fuel(fuel.saturating_sub(cost))?;
    }
    let state = &mut caller.data_mut().call;
    if cost > 0 && state.is_over() {
        state.ending = Some(Ending::Interrupted);
        return Err(Trap::Interrupt.into());
    }
    Ok(())
}

fn exported_memory(caller: &mut Caller<'_, NativeState>) -> Result<Memory> {
    Ok(caller.get_export(MEMORY_EXPORT).and_then(Extern::into_memory).ok_or(Trap::MemoryOutOfBounds)?)
}

/// All of linear memory, and the call's state.
fn whole_memory<'a>(caller: &'a mut Caller<'_, NativeState>) -> Result<(&'a mut [u8], &'a mut CallState)> {
    let (memory, state) = exported_memory(caller)?.data_and_store_mut(caller);
    Ok((memory, &mut state.call))
}

/// The bytes of linear memory that a function means, and its call's state.
fn memory_at<'a>(
    caller: &'a mut Caller<'_, NativeState>,
    pointer: i32,
    length: i32,
) -> Result<(&'a mut [u8], &'a mut CallState)> {
    let (start, length) = (pointer as u32 as usize, length as u32 as usize);
    let end = start.checked_add(length).ok_or(Trap::MemoryOutOfBounds)?;
    let (memory, state) = whole_memory(caller)?;
    Ok((memory.get_mut(start..end).ok_or(Trap::MemoryOutOfBounds)?, state))
}

/// `skerry.log(pointer: i32, length: i32)`.
fn log(mut caller: Caller<'_, NativeState>, pointer: i32, length: i32) -> Result<()> {
    let (message, state) = memory_at(&mut caller, pointer, length)?;
    state.log.add(message);
    Ok(())
}

/// `skerry.random(pointer: i32, length: i32)`.
fn random(mut caller: Caller<'_, NativeState>, pointer: i32, length: i32) -> Result<()> {
    if length as u32 as usize > RANDOM_LIMIT_BYTES {
        bail!("skerry.random gives at most {RANDOM_LIMIT_BYTES} bytes at once");
    }
    pay(&mut caller, RANDOM_BYTE_FUEL * u64::from(length as u32))?;
    let (bytes, state) = memory_at(&mut caller, pointer, length)?;
    (state.random)(bytes).map_err(|_| Error::msg("the machine has no random bytes"))
}
