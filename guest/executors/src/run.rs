//! One call of a WebAssembly function from start to end, whatever engine runs it: buffers, initialization, the function
//! itself, and what came out. Values are wasmi's.

use crate::arguments::{self, Argument, Bound, Buffer, BufferResult};
use crate::assemblyscript;
use crate::compiled::{Allocator, BufferPlace, Interface};
use crate::data_type::{DataType, Shape};
use crate::executable::Parameters;
use crate::failures::{bad_allocator, failure, missing, of_result};
use crate::host_functions::MEMORY_EXPORT;
use crate::list;
use crate::sandbox::CallState;
use crate::scalar::{Scalar, size_of};
use crate::wasi::{Ending, Program};
use crate::{Failure, FailureKind, Limits, RequestError, Success};
use wasmi::Val;

const PAGE_BYTES: usize = 64 * 1024;

/// AssemblyScript's export that keeps an object.
const PIN_EXPORT: &str = "__pin";

/// An instance of a module in an engine, for one call.
pub(crate) trait Machine {
    /// The call's state.
    fn state(&mut self) -> &mut CallState;

    /// Linear memory, if the module exports it.
    fn memory(&mut self) -> Option<&mut [u8]>;

    /// Adds pages to linear memory.
    fn grow(&mut self, pages: u64) -> Result<(), Failure>;

    /// Whether the module exports such a function.
    fn has_function(&mut self, name: &str) -> bool;

    /// Calls an exported function within the call's limits.
    fn call(&mut self, name: &str, inputs: &[Val], outputs: &mut [Val]) -> Result<(), Failure>;
}

/// Fits a request's parameters to a function or program.
///
/// # Errors
///
/// [`RequestError::Unusable`] if they do not fit.
pub(crate) fn bind(interface: &Interface, parameters: Parameters<'_>) -> Result<(Bound, Program), RequestError> {
    let (program, typed) = if interface.is_program {
        (Program::from_parameters(parameters.typed)?, Vec::new())
    } else {
        (Program::of_function(), parameters.typed)
    };
    Ok((arguments::bind(&interface.signature, typed)?, program))
}

/// Runs a call on a fresh instance. One that ended itself, by `proc_exit` with code 0, has not failed.
pub(crate) fn call<M: Machine>(
    machine: &mut M,
    interface: &Interface,
    limits: &Limits,
    bound: Bound,
) -> Result<Success, Failure> {
    let result = Running { machine, interface, limits }.call(bound);
    match result {
        Err(_) if machine.state().ending == Some(Ending::Exit(0)) => Ok(machine.state().program.take_result()),
        result => result,
    }
}

/// A call under way.
struct Running<'a, M> {
    machine: &'a mut M,
    interface: &'a Interface,
    limits: &'a Limits,
}

/// A buffer's place in linear memory.
struct Placed {
    buffer: Buffer,
    address: usize,
}

impl<M: Machine> Running<'_, M> {
    fn call(&mut self, bound: Bound) -> Result<Success, Failure> {
        let Bound { arguments, returned } = bound;
        let interface = self.interface;
        self.machine.state().memory.start_running();
        for initializer in &interface.initializers {
            self.machine.call(initializer, &[], &mut [])?;
        }
        let (inputs, placed) = self.place(arguments)?;
        let result_count = interface.signature.results.len() + usize::from(interface.signature.returns_text);
        let mut outputs = vec![Val::I32(0); result_count];
        self.machine.call(&interface.entry, &inputs, &mut outputs)?;
        if interface.is_program {
            return Ok(self.machine.state().program.take_result());
        }
        let mut outs = self.read_outs(placed)?;
        if let Some((name, data_type)) = returned {
            outs.push((name, self.read_returned(&outputs, data_type)?));
        }
        let result = match outs.last() {
            Some((_, value)) => Some(value.clone()),
            None => self.returned_values(&outputs)?,
        };
        Ok(Success { result, outs })
    }

    /// The results as text: one as it is, several as a JSON list.
    fn returned_values(&mut self, outputs: &[Val]) -> Result<Option<Vec<u8>>, Failure> {
        if let ([Val::I32(address)], true) = (outputs, self.interface.signature.returns_text) {
            return self.returned_text(address.cast_unsigned());
        }
        let types = &self.interface.signature.results;
        let mut values = outputs.iter().zip(types).filter_map(|(value, of)| Scalar::from_wasm(value, *of));
        let text = match types.len() {
            0 => return Ok(None),
            1 => values.next().map(Scalar::to_text),
            _ => list::list_of(values, &[], self.limits.result_bytes),
        };
        text.map(|text| Some(text.into_bytes())).ok_or_else(|| of_result(self.limits))
    }

    /// Copies the buffers into linear memory and gives the function's inputs, addresses among them.
    fn place(&mut self, arguments: Vec<Argument>) -> Result<(Vec<Val>, Vec<Placed>), Failure> {
        let mut inputs = Vec::with_capacity(arguments.len());
        let mut placed = Vec::new();
        let memory_bytes = self.machine.memory().map_or(0, |memory| memory.len());
        let mut end = match self.interface.buffers {
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
            let address = match self.interface.buffers {
                BufferPlace::Allocator(allocator) => self.allocate(allocator, &buffer)?,
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
        self.machine.state().library.set_heap_start(end + 1);
        if placed.is_empty() {
            return Ok((inputs, placed));
        }
        let missing_bytes = (end + 1).saturating_sub(memory_bytes);
        if !matches!(self.interface.buffers, BufferPlace::Allocator(_)) {
            let missing_pages = missing_bytes.div_ceil(PAGE_BYTES) as u64;
            self.machine.grow(missing_pages)?;
        }
        let memory = self.machine.memory().ok_or_else(|| missing(MEMORY_EXPORT))?;
        for Placed { buffer, address } in &placed {
            let content = &buffer.content;
            let place = address.checked_add(content.size_bytes).map(|end| *address..end);
            let place = place.and_then(|place| memory.get_mut(place));
            let place = place.ok_or_else(bad_allocator)?;
            let (given, rest) = place.split_at_mut(content.bytes.len());
            given.copy_from_slice(&content.bytes);
            // What an allocator gives may have been used before.
            rest.fill(0);
        }
        Ok((inputs, placed))
    }

    /// Asks the module itself where a buffer goes.
    fn allocate(&mut self, allocator: Allocator, buffer: &Buffer) -> Result<usize, Failure> {
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
        self.machine.call(allocator.export(), &inputs, &mut outputs)?;
        let [Val::I32(address)] = outputs else { return Err(bad_allocator()) };
        if let Allocator::Object(_) = allocator {
            // Or the next allocation may take it for garbage.
            if self.machine.has_function(PIN_EXPORT) {
                self.machine.call(PIN_EXPORT, &[Val::I32(address)], &mut outputs)?;
            }
        }
        if address == 0 && buffer.content.size_bytes > 0 {
            return Err(failure(FailureKind::Memory, "the module's own allocator has no memory for the parameters"));
        }
        Ok(address.cast_unsigned() as usize)
    }

    /// The buffer that the function gives back.
    fn read_returned(&mut self, outputs: &[Val], data_type: DataType) -> Result<Vec<u8>, Failure> {
        let data = self.machine.memory().map_or(&[][..], |memory| memory);
        let at = |address: u32, length: u32| {
            let start = address as usize;
            data.get(start..start.checked_add(length as usize)?)
        };
        let is_object = self.interface.signature.buffer_result == Some(BufferResult::Object);
        let bytes = match outputs {
            [Val::I64(packed)] => at((packed >> 32) as u32, *packed as u32),
            [Val::I32(address), Val::I32(length)] => at(address.cast_unsigned(), length.cast_unsigned()),
            [Val::I32(address)] => assemblyscript::content(data, address.cast_unsigned()),
            _ => None,
        };
        let bytes = bytes.ok_or_else(|| {
            failure(FailureKind::Trap, "the function's result is a buffer that does not lie in its memory")
        })?;
        let limits = self.limits;
        let text = if is_object && data_type.shape == Shape::Text {
            // Each two bytes become up to three.
            if bytes.len() > limits.result_bytes { None } else { Some(assemblyscript::text(bytes).into_bytes()) }
        } else {
            // Its length is known, whatever is in it.
            let shape = if data_type.shape == Shape::Text { Shape::Bytes } else { data_type.shape };
            list::content(bytes, &DataType { shape, ..data_type }, limits.result_bytes)
        };
        text.filter(|text| text.len() <= limits.result_bytes).ok_or_else(|| of_result(limits))
    }

    /// The final values of what is `OUT`, by name.
    fn read_outs(&mut self, placed: Vec<Placed>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let data = self.machine.memory().map_or(&[][..], |memory| memory);
        let mut left_bytes = self.limits.result_bytes;
        let mut outs = Vec::new();
        for Placed { buffer: Buffer { content, data_type, out_name }, address } in placed {
            let Some(name) = out_name else { continue };
            let bytes = data.get(address..address + content.size_bytes).ok_or_else(|| missing(MEMORY_EXPORT))?;
            let too_large = || of_result(self.limits);
            left_bytes = left_bytes.checked_sub(name.len()).ok_or_else(too_large)?;
            let value = list::content(bytes, &data_type, left_bytes).ok_or_else(too_large)?;
            left_bytes -= value.len();
            outs.push((name, value));
        }
        Ok(outs)
    }

    /// The text at an address that the function returned; none at a null pointer.
    fn returned_text(&mut self, address: u32) -> Result<Option<Vec<u8>>, Failure> {
        if address == 0 {
            return Ok(None);
        }
        let data = self.machine.memory().and_then(|memory| memory.get(address as usize..)).unwrap_or_default();
        let longest = self.limits.result_bytes;
        match data.iter().take(longest.saturating_add(1)).position(|byte| *byte == 0) {
            Some(length) => Ok(data.get(..length).map(<[u8]>::to_vec)),
            None if data.len() > longest => Err(of_result(self.limits)),
            None => Err(failure(FailureKind::Trap, "the function returned a pointer that points to no text")),
        }
    }
}
