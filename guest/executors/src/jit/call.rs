//! One call of a function in machine code.
//!
//! The function runs on the calling thread, until the clock's thread interrupts it (`ticker.rs`) or, where nobody can do that,
//! it sees at a tick of the clock that it has to end.

use super::Native;
use super::imports::NativeState;
use super::ticker::interrupts;
use crate::arguments::Bound;
use crate::executable::{BoundCall, CallContext, Executable, Parameters};
use crate::failures::{explain, failure, missing};
use crate::host_functions::MEMORY_EXPORT;
use crate::run::{self, Machine};
use crate::sandbox::CallState;
use crate::wasi::{Ending, Program};
use crate::{Failure, FailureKind, RequestError, Success};
use std::sync::Arc;
use wasmi::TrapCode;
use wasmtime::{Error, Instance, Memory, Result as NativeResult, Store, StoreContextMut, Trap, UpdateDeadline, Val};

/// A function with its parameters.
struct NativeCall {
    function: Arc<Native>,
    bound: Bound,
    program: Program,
}

impl Executable for Native {
    fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    fn bind(self: Arc<Self>, parameters: Parameters<'_>) -> Result<Box<dyn BoundCall>, RequestError> {
        let (bound, program) = run::bind(&self.interface, parameters)?;
        Ok(Box::new(NativeCall { function: self, bound, program }))
    }
}

impl BoundCall for NativeCall {
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure> {
        let Self { function, bound, program } = *self;
        context.check()?;
        let no_thread = || failure(FailureKind::Memory, "the machine has no thread for the call; try again later");
        let ticking = function.ticker.begin(function.code.as_ref(), context.deadline, context.stop.clone());
        let _ticking = ticking.ok_or_else(no_thread)?;
        let state = NativeState { call: CallState::new(context, program), counts_fuel: context.limits.fuel.is_some() };
        let store = Store::new(function.instance.module().engine(), state);
        let mut processor = Processor { store, function: &function, context, instance: None, memory: None };
        let result = processor.instantiate();
        let result = result.and_then(|()| run::call(&mut processor, &function.interface, context.limits, bound));
        context.log = processor.store.into_data().call.log;
        result
    }
}

/// A call under way.
struct Processor<'a> {
    store: Store<NativeState>,
    function: &'a Native,
    context: &'a CallContext<'a>,
    instance: Option<Instance>,
    memory: Option<Memory>,
}

impl Processor<'_> {
    fn instantiate(&mut self) -> Result<(), Failure> {
        let instance = self.try_instantiate().map_err(|error| self.failure(&error))?;
        self.memory = instance.get_memory(&mut self.store, MEMORY_EXPORT);
        self.instance = Some(instance);
        Ok(())
    }

    fn try_instantiate(&mut self) -> NativeResult<Instance> {
        self.store.limiter(|state| &mut state.call.memory);
        if interrupts().is_none() {
            self.store.epoch_deadline_callback(look_at_limits);
            self.store.set_epoch_deadline(1);
        }
        if let Some(fuel) = self.context.limits.fuel {
            self.store.set_fuel(fuel)?;
        }
        self.function.instance.instantiate(&mut self.store)
    }

    fn failure(&mut self, error: &Error) -> Failure {
        let trap = error.downcast_ref::<Trap>().copied();
        let state = &mut self.store.data_mut().call;
        // One that is interrupted has a trap that is not its own.
        if interrupts().is_some() && trap == Some(Trap::UnreachableCodeReached) && state.is_over() {
            state.ending.get_or_insert(Ending::Interrupted);
        }
        let trap = trap.and_then(trap_code);
        let other = || failure(FailureKind::Trap, error.root_cause().to_string());
        explain(&self.store.data().call, &self.function.interface, self.context, trap, other)
    }
}

impl Machine for Processor<'_> {
    fn state(&mut self) -> &mut CallState {
        &mut self.store.data_mut().call
    }

    fn memory(&mut self) -> Option<&mut [u8]> {
        self.memory.map(|memory| memory.data_mut(&mut self.store))
    }

    fn grow(&mut self, pages: u64) -> Result<(), Failure> {
        let memory = self.memory.ok_or_else(|| missing(MEMORY_EXPORT))?;
        memory.grow(&mut self.store, pages).map(drop).map_err(|error| self.failure(&error))
    }

    fn has_function(&mut self, name: &str) -> bool {
        self.instance.is_some_and(|instance| instance.get_func(&mut self.store, name).is_some())
    }

    fn call(&mut self, name: &str, inputs: &[wasmi::Val], outputs: &mut [wasmi::Val]) -> Result<(), Failure> {
        let function = self.instance.and_then(|instance| instance.get_func(&mut self.store, name));
        let function = function.ok_or_else(|| missing(name))?;
        let inputs: Vec<Val> = inputs.iter().map(native_value).collect();
        let mut results = vec![Val::I32(0); outputs.len()];
        function.call(&mut self.store, &inputs, &mut results).map_err(|error| self.failure(&error))?;
        for (output, result) in outputs.iter_mut().zip(&results) {
            *output = interpreted_value(result);
        }
        Ok(())
    }
}

/// At each tick.
fn look_at_limits(mut context: StoreContextMut<'_, NativeState>) -> NativeResult<UpdateDeadline> {
    let state = &mut context.data_mut().call;
    if state.is_over() {
        state.ending = Some(Ending::Interrupted);
        return Err(Trap::Interrupt.into());
    }
    std::thread::yield_now();
    Ok(UpdateDeadline::Continue(1))
}

/// The interpreter's name for a trap.
fn trap_code(trap: Trap) -> Option<TrapCode> {
    Some(match trap {
        Trap::StackOverflow => TrapCode::StackOverflow,
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => TrapCode::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapCode::TableOutOfBounds,
        Trap::IndirectCallToNull | Trap::NullReference => TrapCode::IndirectCallToNull,
        Trap::BadSignature => TrapCode::BadSignature,
        Trap::IntegerOverflow => TrapCode::IntegerOverflow,
        Trap::IntegerDivisionByZero => TrapCode::IntegerDivisionByZero,
        Trap::BadConversionToInteger => TrapCode::BadConversionToInteger,
        Trap::UnreachableCodeReached => TrapCode::UnreachableCodeReached,
        Trap::OutOfFuel => TrapCode::OutOfFuel,
        _ => return None,
    })
}

/// A value as machine code takes it. Signatures have numbers only.
pub(super) fn native_value(value: &wasmi::Val) -> Val {
    match value {
        wasmi::Val::I64(value) => Val::I64(*value),
        wasmi::Val::F32(value) => Val::F32(value.to_bits()),
        wasmi::Val::F64(value) => Val::F64(value.to_bits()),
        wasmi::Val::I32(value) => Val::I32(*value),
        _ => Val::I32(0),
    }
}

/// The same, back.
pub(super) fn interpreted_value(value: &Val) -> wasmi::Val {
    match value {
        Val::I64(value) => wasmi::Val::I64(*value),
        Val::F32(bits) => wasmi::Val::F32(f32::from_bits(*bits).into()),
        Val::F64(bits) => wasmi::Val::F64(f64::from_bits(*bits).into()),
        Val::I32(value) => wasmi::Val::I32(*value),
        _ => wasmi::Val::I32(0),
    }
}
