//! One call of a WebAssembly function on wasmi, from start to end: instance, buffers, the function in slices of fuel, and what came out.
//!
//! wasmi counts fuel, not time. So a call gets fuel for a few milliseconds, and when that is used up, the clock and
//! the stop flag are looked at, other threads get their turn, and the call goes on where it was.

use crate::arguments::{self, Argument, Buffer};
use crate::compiled::Compiled;
use crate::executable::{BoundCall, CallContext, Executable, Parameters};
use crate::host_functions::MEMORY_EXPORT;
use crate::parameter::text_of_buffer;
use crate::sandbox::{CallState, MemoryRefusal};
use crate::scalar::{Scalar, size_of};
use crate::sections::START_EXPORT;
use crate::{Failure, FailureKind, Limits, RequestError, Success};
use std::sync::Arc;
use std::time::Duration;
use wasmi::errors::ErrorKind;
use wasmi::{Error, Func, Instance, Memory, ResumableCall, Store, TrapCode, Val};

/// Fuel for 1 to 5 milliseconds on a machine of today, some tens under an emulator.
const SLICE_FUEL: u64 = 1_000_000;

const PAGE_BYTES: usize = 64 * 1024;

/// A function with its parameters.
struct WasmCall {
    compiled: Arc<Compiled>,
    arguments: Vec<Argument>,
}

impl Executable for Compiled {
    fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    fn bind(self: Arc<Self>, parameters: Parameters<'_>) -> Result<Box<dyn BoundCall>, RequestError> {
        let arguments = arguments::bind(&self.signature, parameters.typed)?;
        Ok(Box::new(WasmCall { compiled: self, arguments }))
    }
}

impl BoundCall for WasmCall {
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure> {
        let Self { compiled, arguments } = *self;
        let log = std::mem::take(&mut context.log);
        let state = CallState::new(context.limits.memory_bytes, Arc::clone(context.pool), log, context.random);
        let mut store = Store::new(compiled.module.engine(), state);
        store.limiter(|state| &mut state.memory);
        let meter = Meter { context, fuel_left: context.limits.fuel };
        let mut running = Running { store, compiled: &compiled, meter };
        let result = running.call(arguments);
        context.log = running.store.into_data().log;
        result
    }
}

/// A call under way.
struct Running<'a> {
    store: Store<CallState>,
    compiled: &'a Compiled,
    meter: Meter<'a>,
}

/// A buffer's place in linear memory.
struct Placed {
    buffer: Buffer,
    address: usize,
}

impl Running<'_> {
    fn call(&mut self, arguments: Vec<Argument>) -> Result<Success, Failure> {
        let first_slice = self.meter.next_slice(0)?;
        self.set_fuel(first_slice)?;
        let instance = self.compiled.linker.instantiate_and_start(&mut self.store, &self.compiled.module);
        let instance = instance.map_err(|error| self.failure(&error))?;
        self.store.data_mut().memory.start_running();
        if self.compiled.has_start {
            self.call_export(instance, START_EXPORT, &[], &mut [])?;
        }
        let memory = instance.get_memory(&self.store, MEMORY_EXPORT);
        let (inputs, placed) = self.place(arguments, memory)?;
        let result_type = self.compiled.signature.result;
        let mut outputs: Vec<Val> = result_type.map(|_| Val::I32(0)).into_iter().collect();
        self.call_export(instance, &self.compiled.entry, &inputs, &mut outputs)?;
        let outs = self.read_outs(placed, memory)?;
        let returned = || Scalar::from_wasm(outputs.first()?, result_type?).map(|value| value.to_text().into_bytes());
        let result = outs.last().map(|(_, value)| value.clone()).or_else(returned);
        Ok(Success { result, outs })
    }

    fn call_export(
        &mut self,
        instance: Instance,
        name: &str,
        inputs: &[Val],
        outputs: &mut [Val],
    ) -> Result<(), Failure> {
        let function: Func = instance.get_func(&self.store, name).ok_or_else(|| missing(name))?;
        let mut progress = function.call_resumable(&mut self.store, inputs, outputs);
        loop {
            match progress {
                Ok(ResumableCall::Finished) => return Ok(()),
                Ok(ResumableCall::OutOfFuel(paused)) => {
                    let slice = self.meter.next_slice(paused.required_fuel())?;
                    self.set_fuel(slice)?;
                    std::thread::yield_now();
                    progress = paused.resume(&mut self.store, outputs);
                }
                Ok(ResumableCall::HostTrap(trap)) => return Err(self.failure(trap.host_error())),
                Err(error) => return Err(self.failure(&error)),
            }
        }
    }

    fn set_fuel(&mut self, fuel: u64) -> Result<(), Failure> {
        self.store.set_fuel(fuel).map_err(|error| self.failure(&error))
    }

    /// Copies the buffers into linear memory and gives the function's inputs, addresses among them.
    fn place(&mut self, arguments: Vec<Argument>, memory: Option<Memory>) -> Result<(Vec<Val>, Vec<Placed>), Failure> {
        let mut inputs = Vec::with_capacity(arguments.len());
        let mut placed = Vec::new();
        let memory_bytes = memory.map_or(0, |memory| memory.data_size(&self.store));
        let mut end = self.compiled.heap_base.map_or(memory_bytes, |heap_base| heap_base as usize);
        for argument in arguments {
            match argument {
                Argument::Value(value) => inputs.push(value),
                Argument::Buffer(buffer) => {
                    let address = end.next_multiple_of(size_of(buffer.data_type.element));
                    end = address.saturating_add(buffer.content.size_bytes);
                    // An address is an unsigned i32; the memory limit has been checked to keep `end` below 4 GiB.
                    inputs.push(Val::I32(address as u32 as i32));
                    placed.push(Placed { buffer, address });
                }
            }
        }
        if placed.is_empty() {
            return Ok((inputs, placed));
        }
        let memory = memory.ok_or_else(|| missing(MEMORY_EXPORT))?;
        // One byte more, so that the address of an empty array, too, lies inside.
        let missing_bytes = (end + 1).saturating_sub(memory_bytes);
        let missing_pages = missing_bytes.div_ceil(PAGE_BYTES) as u64;
        memory.grow(&mut self.store, missing_pages).map_err(|error| self.failure(&error.into()))?;
        for Placed { buffer, address } in &placed {
            memory
                .write(&mut self.store, *address, &buffer.content.bytes)
                .map_err(|error| self.failure(&error.into()))?;
        }
        Ok((inputs, placed))
    }

    /// The final values of what is `OUT`, by name.
    fn read_outs(&self, placed: Vec<Placed>, memory: Option<Memory>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let data = memory.map_or(&[][..], |memory| memory.data(&self.store));
        let mut left_bytes = self.meter.context.limits.result_bytes;
        let mut outs = Vec::new();
        for Placed { buffer: Buffer { content, data_type, out_name }, address } in placed {
            let Some(name) = out_name else { continue };
            let bytes = data.get(address..address + content.size_bytes).ok_or_else(|| missing(MEMORY_EXPORT))?;
            let too_large = || failure_of_result(self.meter.context.limits);
            left_bytes = left_bytes.checked_sub(name.len()).ok_or_else(too_large)?;
            let text = text_of_buffer(bytes, data_type, left_bytes).ok_or_else(too_large)?;
            left_bytes -= text.len();
            outs.push((name, text.into_bytes()));
        }
        Ok(outs)
    }

    fn failure(&self, error: &Error) -> Failure {
        match self.store.data().memory.refusal() {
            Some(refusal) => failure_of_memory(refusal, self.meter.context.limits),
            None => match error.as_trap_code() {
                Some(TrapCode::UnreachableCodeReached) if self.compiled.unreachable_is_overflow => {
                    failure_of(&TrapCode::StackOverflow.into())
                }
                _ => failure_of(error),
            },
        }
    }
}

/// What decides how long a call goes on.
struct Meter<'a> {
    context: &'a CallContext<'a>,
    /// `None`: no limit of its own.
    fuel_left: Option<u64>,
}

impl Meter<'_> {
    /// Fuel for the next slice, at least as much as the next instruction takes; none once the call has to end.
    fn next_slice(&mut self, required_fuel: u64) -> Result<u64, Failure> {
        self.context.check()?;
        let wanted = SLICE_FUEL.max(required_fuel);
        let Some(left) = &mut self.fuel_left else { return Ok(wanted) };
        if *left < required_fuel.max(1) {
            return Err(failure(FailureKind::Fuel, "the call used up its fuel"));
        }
        let slice = wanted.min(*left);
        *left -= slice;
        Ok(slice)
    }
}

fn failure(kind: FailureKind, reason: impl Into<String>) -> Failure {
    Failure::new(kind, reason)
}

/// What [`prepare`](crate::Executors::prepare) has checked to be there.
fn missing(export: &str) -> Failure {
    failure(FailureKind::Trap, format!("the module does not export `{export}`"))
}

fn failure_of_memory(refusal: MemoryRefusal, limits: &Limits) -> Failure {
    let limit = size_text(limits.memory_bytes);
    let reason = match refusal {
        MemoryRefusal::AtStart { wanted_bytes } => {
            format!("the module asks for {} of memory to start with; a call may use {limit}", size_text(wanted_bytes))
        }
        MemoryRefusal::OfCall => format!("the call used more than {limit} of memory"),
        MemoryRefusal::OfAllCalls => {
            let all = size_text(limits.memory_all_calls_bytes);
            format!("all calls that run now would use more than {all} of memory; try again later")
        }
        MemoryRefusal::OfMachine => "the machine has no more memory for the call; try again later".to_owned(),
    };
    failure(FailureKind::Memory, reason)
}

fn failure_of_result(limits: &Limits) -> Failure {
    failure(FailureKind::Output, format!("the result is larger than {}", size_text(limits.result_bytes)))
}

fn failure_of(error: &Error) -> Failure {
    let Some(code) = error.as_trap_code() else {
        return match error.kind() {
            ErrorKind::Memory(_) | ErrorKind::Table(_) => {
                failure(FailureKind::Memory, format!("no memory for the call: {error}"))
            }
            _ => failure(FailureKind::Trap, error.to_string()),
        };
    };
    let reason = match code {
        TrapCode::StackOverflow => return failure(FailureKind::Stack, "stack overflow (recursion too deep)"),
        TrapCode::OutOfFuel => return failure(FailureKind::Fuel, "the call used up its fuel"),
        TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory => {
            return failure(FailureKind::Memory, "no memory for the call");
        }
        TrapCode::UnreachableCodeReached => "the function aborted (unreachable code was reached)",
        TrapCode::MemoryOutOfBounds => "out-of-bounds memory access",
        TrapCode::TableOutOfBounds => "out-of-bounds table access",
        TrapCode::IndirectCallToNull => "call through a null function pointer",
        TrapCode::IntegerDivisionByZero => "integer division by zero",
        TrapCode::IntegerOverflow => "integer overflow (in a division, or converting a float)",
        TrapCode::BadConversionToInteger => "conversion of a NaN to an integer",
        TrapCode::BadSignature => "call through a function pointer of another type",
    };
    failure(FailureKind::Trap, reason)
}

/// A size in the largest unit that keeps it a whole number.
fn size_text(bytes: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = KIB * KIB;
    match bytes {
        _ if bytes >= MIB && bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        _ if bytes >= KIB && bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} bytes"),
    }
}

pub(crate) fn duration_text(duration: Duration) -> String {
    if duration.subsec_millis() == 0 && duration.as_secs() > 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}
