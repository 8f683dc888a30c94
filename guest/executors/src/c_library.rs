//! The C library's functions as host functions of the interpreter: values, linear memory and its growth, fuel.
//!
//! What the functions compute is `skerry_c_library`'s business.

use crate::sandbox::CallState;
use skerry_c_library::{Code, Environment, Fault, Found};
use wasmi::errors::LinkerError;
use wasmi::{Caller, Error, FuncType, ImportType, Linker, Module, TrapCode, Val, ValType};

/// Where a function asks for `errno`.
const ERROR_NUMBER: &str = "__errno_location";
/// Most parameters that any function of the library has.
const MOST_PARAMETERS: usize = 4;
/// Work of less than this is charged together with what comes later, in fuel.
const SMALL_COST: u64 = 4096;
const PAGE_BYTES: usize = 64 * 1024;

/// The types of a function's parameters.
pub(crate) fn parameters(found: Found) -> Vec<ValType> {
    found.parameters().map(value_type).collect()
}

/// The types of a function's results.
pub(crate) fn results(found: Found) -> Vec<ValType> {
    found.result().map(value_type).into_iter().collect()
}

fn value_type(letter: u8) -> ValType {
    match letter {
        b'l' => ValType::I64,
        b'f' => ValType::F32,
        b'd' => ValType::F64,
        _ => ValType::I32,
    }
}

/// Offers a function under the names of `import`.
pub(crate) fn link<'l>(
    linker: &'l mut Linker<CallState>,
    module: &Module,
    import: &ImportType<'_>,
    found: Found,
) -> Result<&'l mut Linker<CallState>, LinkerError> {
    let (module_name, name) = (import.module(), import.name());
    // The short way leaves `errno` as it is, where nobody asks for it.
    let sets_error_number = module.imports().any(|import| import.name() == ERROR_NUMBER);
    match found.function.code {
        Code::Unary(function) if !found.is_float && !sets_error_number => {
            linker.func_wrap(module_name, name, move |x: f64| function(x))
        }
        Code::Binary(function) if !found.is_float && !sets_error_number => {
            linker.func_wrap(module_name, name, move |x: f64, y: f64| function(x, y))
        }
        Code::Ternary(function) if !found.is_float && !sets_error_number => {
            linker.func_wrap(module_name, name, move |x: f64, y: f64, z: f64| function(x, y, z))
        }
        _ => {
            let function_type = FuncType::new(parameters(found), results(found));
            linker.func_new(module_name, name, function_type, move |caller, inputs, outputs| {
                call(caller, found, inputs, outputs)
            })
        }
    }
}

fn call(mut caller: Caller<'_, CallState>, found: Found, inputs: &[Val], outputs: &mut [Val]) -> Result<(), Error> {
    let mut raw = [0; MOST_PARAMETERS];
    for (place, input) in raw.iter_mut().zip(inputs) {
        *place = match input {
            Val::I32(value) => u64::from(*value as u32),
            Val::I64(value) => *value as u64,
            Val::F32(value) => u64::from(value.to_bits()),
            Val::F64(value) => value.to_bits(),
            _ => 0,
        };
    }
    let raw = raw.get(..inputs.len()).unwrap_or_default();
    let result = loop {
        let out_of_bounds = || Error::from(TrapCode::MemoryOutOfBounds);
        let memory = caller.data().linear_memory.ok_or_else(out_of_bounds)?;
        let (memory, state) = memory.data_and_store_mut(&mut caller);
        let mut environment = Environment { memory, library: &mut state.library, output: &mut state.log };
        match found.call(&mut environment, raw) {
            Ok(result) => break result,
            Err(Fault::NeedsMemory { end_bytes }) => grow(&mut caller, end_bytes)?,
            Err(Fault::OutOfBounds) => return Err(out_of_bounds()),
            Err(fault) => return Err(Error::new(fault.reason(&state.library))),
        }
    };
    if let Some(output) = outputs.first_mut() {
        *output = match output {
            Val::I64(_) => Val::I64(result as i64),
            Val::F32(_) => Val::F32(f32::from_bits(result as u32).into()),
            Val::F64(_) => Val::F64(f64::from_bits(result).into()),
            _ => Val::I32(result as i32),
        };
    }
    charge(&mut caller)
}

/// Grows linear memory to at least so many bytes, and by half if the call may have that: each growth copies it all.
fn grow(caller: &mut Caller<'_, CallState>, end_bytes: usize) -> Result<(), Error> {
    let memory = caller.data().linear_memory.ok_or_else(|| Error::from(TrapCode::MemoryOutOfBounds))?;
    let bytes = memory.data_size(&*caller);
    let pages = |end_bytes: usize| end_bytes.saturating_sub(bytes).div_ceil(PAGE_BYTES);
    let (needed, generous) = (pages(end_bytes), pages(bytes + bytes / 2));
    let left = caller.data().memory.left_bytes() / PAGE_BYTES;
    memory.grow(&mut *caller, generous.min(left).max(needed) as u64)?;
    Ok(())
}

/// Takes fuel for what the library did.
fn charge(caller: &mut Caller<'_, CallState>) -> Result<(), Error> {
    if caller.data().library.cost() < SMALL_COST {
        return Ok(());
    }
    let cost = caller.data_mut().library.take_cost();
    let fuel = caller.get_fuel()?;
    // Less than none is none: then the next instruction finds no fuel, and the call's limits are looked at.
    caller.set_fuel(fuel.saturating_sub(cost))?;
    Ok(())
}
