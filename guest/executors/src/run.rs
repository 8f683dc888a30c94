//! One call of a WebAssembly function on wasmi, from start to end: instance, buffers, the function in slices of fuel, and what came out.
//!
//! wasmi counts fuel, not time. So a call gets fuel for a few milliseconds, and when that is used up, the clock and
//! the stop flag are looked at, other threads get their turn, and the call goes on where it was.

use crate::arguments::{self, Argument, Bound, Buffer, BufferResult};
use crate::assemblyscript;
use crate::compiled::{Allocator, BufferPlace, Compiled};
use crate::data_type::{DataType, Shape};
use crate::executable::{BoundCall, CallContext, Executable, Parameters};
use crate::host_functions::MEMORY_EXPORT;
use crate::list;
use crate::sandbox::{CallState, MemoryRefusal};
use crate::scalar::{Scalar, size_of};
use crate::wasi::{Ending, Program};
use crate::{Failure, FailureKind, Limits, RequestError, Success};
use std::sync::Arc;
use std::time::Duration;
use wasmi::errors::ErrorKind;
use wasmi::{Error, Func, Instance, Memory, ResumableCall, Store, TrapCode, Val};

/// Fuel for 1 to 5 milliseconds on a machine of today, some tens under an emulator.
const SLICE_FUEL: u64 = 1_000_000;

const PAGE_BYTES: usize = 64 * 1024;

/// AssemblyScript's export that keeps an object.
const PIN_EXPORT: &str = "__pin";

/// A function with its parameters.
struct WasmCall {
    compiled: Arc<Compiled>,
    bound: Bound,
    program: Program,
}

impl Executable for Compiled {
    fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    fn bind(self: Arc<Self>, parameters: Parameters<'_>) -> Result<Box<dyn BoundCall>, RequestError> {
        let interface = &self.interface;
        let (program, typed) = if interface.is_program {
            (Program::from_parameters(parameters.typed)?, Vec::new())
        } else {
            (Program::of_function(), parameters.typed)
        };
        let bound = arguments::bind(&interface.signature, typed)?;
        Ok(Box::new(WasmCall { compiled: self, bound, program }))
    }
}

impl BoundCall for WasmCall {
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure> {
        let Self { compiled, bound, program } = *self;
        let mut store = Store::new(compiled.module.engine(), CallState::new(context, program));
        store.limiter(|state| &mut state.memory);
        let meter = Meter { context, fuel_left: context.limits.fuel };
        let mut running = Running { store, compiled: &compiled, meter };
        let result = running.call_or_exit(bound);
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
    /// The whole call. One that ended itself, by `proc_exit` with code 0, has not failed.
    fn call_or_exit(&mut self, bound: Bound) -> Result<Success, Failure> {
        match self.call(bound) {
            Err(_) if self.store.data().ending == Some(Ending::Exit(0)) => {
                Ok(self.store.data_mut().program.take_result())
            }
            result => result,
        }
    }

    fn call(&mut self, bound: Bound) -> Result<Success, Failure> {
        let Bound { arguments, returned } = bound;
        let interface = &self.compiled.interface;
        let first_slice = self.meter.next_slice(0)?;
        self.set_fuel(first_slice)?;
        let instance = self.compiled.linker.instantiate_and_start(&mut self.store, &self.compiled.module);
        let instance = instance.map_err(|error| self.failure(&error))?;
        self.store.data_mut().memory.start_running();
        for initializer in &interface.initializers {
            self.call_export(instance, initializer, &[], &mut [])?;
        }
        let memory = instance.get_memory(&self.store, MEMORY_EXPORT);
        self.store.data_mut().linear_memory = memory;
        let (inputs, placed) = self.place(arguments, instance, memory)?;
        let result_count = interface.signature.results.len() + usize::from(interface.signature.returns_text);
        let mut outputs = vec![Val::I32(0); result_count];
        self.call_export(instance, &interface.entry, &inputs, &mut outputs)?;
        if interface.is_program {
            return Ok(self.store.data_mut().program.take_result());
        }
        let mut outs = self.read_outs(placed, memory)?;
        if let Some((name, data_type)) = returned {
            outs.push((name, self.read_returned(&outputs, data_type, memory)?));
        }
        let result = match outs.last() {
            Some((_, value)) => Some(value.clone()),
            None => self.returned_values(&outputs, memory)?,
        };
        Ok(Success { result, outs })
    }

    /// The results as text: one as it is, several as a JSON list.
    fn returned_values(&self, outputs: &[Val], memory: Option<Memory>) -> Result<Option<Vec<u8>>, Failure> {
        if let ([Val::I32(address)], true) = (outputs, self.compiled.interface.signature.returns_text) {
            return self.returned_text(address.cast_unsigned(), memory);
        }
        let types = &self.compiled.interface.signature.results;
        let mut values = outputs.iter().zip(types).filter_map(|(value, of)| Scalar::from_wasm(value, *of));
        let text = match types.len() {
            0 => return Ok(None),
            1 => values.next().map(Scalar::to_text),
            _ => list::list_of(values, &[], self.meter.context.limits.result_bytes),
        };
        text.map(|text| Some(text.into_bytes())).ok_or_else(|| failure_of_result(self.meter.context.limits))
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
    fn place(
        &mut self,
        arguments: Vec<Argument>,
        instance: Instance,
        memory: Option<Memory>,
    ) -> Result<(Vec<Val>, Vec<Placed>), Failure> {
        let mut inputs = Vec::with_capacity(arguments.len());
        let mut placed = Vec::new();
        let memory_bytes = memory.map_or(0, |memory| memory.data_size(&self.store));
        let mut end = match self.compiled.interface.buffers {
            BufferPlace::From(address) => address as usize,
            BufferPlace::BehindMemory | BufferPlace::Allocator(_) => memory_bytes,
        };
        for argument in arguments {
            let buffer = match argument {
                Argument::Value(value) => {
                    inputs.push(value);
                    continue;
                }
                Argument::Buffer(buffer) => buffer,
            };
            let address = match self.compiled.interface.buffers {
                BufferPlace::Allocator(allocator) => self.allocate(instance, allocator, &buffer)?,
                _ => {
                    let address = end.next_multiple_of(size_of(buffer.data_type.element));
                    end = address.saturating_add(buffer.content.size_bytes);
                    address
                }
            };
            // An address is an unsigned i32; the memory limit has been checked to keep `end` below 4 GiB.
            inputs.push(Val::I32(address as u32 as i32));
            placed.push(Placed { buffer, address });
        }
        // One byte more, so that the address of an empty array, too, lies inside.
        self.store.data_mut().library.set_heap_start(end + 1);
        if placed.is_empty() {
            return Ok((inputs, placed));
        }
        let memory = memory.ok_or_else(|| missing(MEMORY_EXPORT))?;
        let missing_bytes = (end + 1).saturating_sub(memory_bytes);
        if !matches!(self.compiled.interface.buffers, BufferPlace::Allocator(_)) {
            let missing_pages = missing_bytes.div_ceil(PAGE_BYTES) as u64;
            memory.grow(&mut self.store, missing_pages).map_err(|error| self.failure(&error.into()))?;
        }
        for Placed { buffer, address } in &placed {
            let content = &buffer.content;
            let place = address.checked_add(content.size_bytes).map(|end| *address..end);
            let place = place.and_then(|place| memory.data_mut(&mut self.store).get_mut(place));
            let place = place.ok_or_else(bad_allocator)?;
            let (given, rest) = place.split_at_mut(content.bytes.len());
            given.copy_from_slice(&content.bytes);
            // What an allocator gives may have been used before.
            rest.fill(0);
        }
        Ok((inputs, placed))
    }

    /// Asks the module itself where a buffer goes.
    fn allocate(&mut self, instance: Instance, allocator: Allocator, buffer: &Buffer) -> Result<usize, Failure> {
        // No larger than the call's memory may be.
        let size = Val::I32(buffer.content.size_bytes as u32 as i32);
        let is_text = buffer.data_type.shape == Shape::Text;
        let inputs = match allocator {
            Allocator::Size(_) => vec![size],
            Allocator::Realloc(_) => vec![Val::I32(0), Val::I32(0), Val::I32(8), size],
            Allocator::Object(_) if is_text => vec![size, Val::I32(assemblyscript::STRING)],
            Allocator::Object(_) => vec![size, Val::I32(assemblyscript::ARRAY_BUFFER)],
        };
        let mut outputs = [Val::I32(0)];
        self.call_export(instance, allocator.export(), &inputs, &mut outputs)?;
        let [Val::I32(address)] = outputs else { return Err(bad_allocator()) };
        if let Allocator::Object(_) = allocator {
            // Or the next allocation may take it for garbage.
            if instance.get_func(&self.store, PIN_EXPORT).is_some() {
                self.call_export(instance, PIN_EXPORT, &[Val::I32(address)], &mut outputs)?;
            }
        }
        if address == 0 && buffer.content.size_bytes > 0 {
            return Err(failure(FailureKind::Memory, "the module's own allocator has no memory for the parameters"));
        }
        Ok(address.cast_unsigned() as usize)
    }

    /// The buffer that the function gives back.
    fn read_returned(&self, outputs: &[Val], data_type: DataType, memory: Option<Memory>) -> Result<Vec<u8>, Failure> {
        let data = memory.map_or(&[][..], |memory| memory.data(&self.store));
        let at = |address: u32, length: u32| {
            let start = address as usize;
            data.get(start..start.checked_add(length as usize)?)
        };
        let is_object = self.compiled.interface.signature.buffer_result == Some(BufferResult::Object);
        let bytes = match outputs {
            [Val::I64(packed)] => at((packed >> 32) as u32, *packed as u32),
            [Val::I32(address), Val::I32(length)] => at(address.cast_unsigned(), length.cast_unsigned()),
            [Val::I32(address)] => assemblyscript::content(data, address.cast_unsigned()),
            _ => None,
        };
        let bytes = bytes.ok_or_else(|| {
            failure(FailureKind::Trap, "the function's result is a buffer that does not lie in its memory")
        })?;
        let limits = self.meter.context.limits;
        let text = if is_object && data_type.shape == Shape::Text {
            // Each two bytes become up to three.
            if bytes.len() > limits.result_bytes { None } else { Some(assemblyscript::text(bytes).into_bytes()) }
        } else {
            // Its length is known, whatever is in it.
            let shape = if data_type.shape == Shape::Text { Shape::Bytes } else { data_type.shape };
            list::content(bytes, &DataType { shape, ..data_type }, limits.result_bytes)
        };
        text.filter(|text| text.len() <= limits.result_bytes).ok_or_else(|| failure_of_result(limits))
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
            let value = list::content(bytes, &data_type, left_bytes).ok_or_else(too_large)?;
            left_bytes -= value.len();
            outs.push((name, value));
        }
        Ok(outs)
    }

    /// The text at an address that the function returned; none at a null pointer.
    fn returned_text(&self, address: u32, memory: Option<Memory>) -> Result<Option<Vec<u8>>, Failure> {
        if address == 0 {
            return Ok(None);
        }
        let data = memory.and_then(|memory| memory.data(&self.store).get(address as usize..)).unwrap_or_default();
        let longest = self.meter.context.limits.result_bytes;
        match data.iter().take(longest.saturating_add(1)).position(|byte| *byte == 0) {
            Some(length) => Ok(data.get(..length).map(<[u8]>::to_vec)),
            None if data.len() > longest => Err(failure_of_result(self.meter.context.limits)),
            None => Err(failure(FailureKind::Trap, "the function returned a pointer that points to no text")),
        }
    }

    fn failure(&self, error: &Error) -> Failure {
        match self.store.data().ending {
            Some(Ending::Exit(code)) => {
                return failure(FailureKind::Exception, format!("the program ended with exit code {code}"));
            }
            Some(Ending::OutputLimit) => return failure_of_result(self.meter.context.limits),
            Some(Ending::Interrupted) => {
                if let Err(reason) = self.meter.context.check() {
                    return reason;
                }
            }
            None => {}
        }
        match self.store.data().memory.refusal() {
            Some(refusal) => failure_of_memory(refusal, self.meter.context.limits),
            None => match error.as_trap_code() {
                Some(TrapCode::UnreachableCodeReached) if self.compiled.interface.unreachable_is_overflow => {
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

/// What a module's allocator must not do.
fn bad_allocator() -> Failure {
    failure(FailureKind::Trap, "the module's own allocator gave an address outside of its memory")
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

pub(crate) fn failure_of_result(limits: &Limits) -> Failure {
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
