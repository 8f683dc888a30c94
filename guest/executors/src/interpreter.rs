//! Calls on wasmi, the interpreter: the function in slices of fuel.
//!
//! wasmi counts fuel, not time. So a call gets fuel for a few milliseconds, and when that is used up, the clock and
//! the stop flag are looked at, other threads get their turn, and the call goes on where it was.

use crate::arguments::Bound;
use crate::compiled::Compiled;
use crate::executable::{BoundCall, CallContext, Executable, Parameters};
use crate::failures::{explain, failure, missing};
use crate::host_functions::MEMORY_EXPORT;
use crate::run::{self, Machine};
use crate::sandbox::CallState;
use crate::wasi::Program;
use crate::{Failure, FailureKind, RequestError, Success};
use std::sync::Arc;
use wasmi::errors::ErrorKind;
use wasmi::{Error, Instance, Memory, ResumableCall, Store, Val};

/// Fuel for 1 to 5 milliseconds on a machine of today, some tens under an emulator.
const SLICE_FUEL: u64 = 1_000_000;

/// A function with its parameters.
struct InterpretedCall {
    compiled: Arc<Compiled>,
    bound: Bound,
    program: Program,
}

impl Executable for Compiled {
    fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    fn bind(self: Arc<Self>, parameters: Parameters<'_>) -> Result<Box<dyn BoundCall>, RequestError> {
        let (bound, program) = run::bind(&self.interface, parameters)?;
        Ok(Box::new(InterpretedCall { compiled: self, bound, program }))
    }
}

impl BoundCall for InterpretedCall {
    fn run(self: Box<Self>, context: &mut CallContext<'_>) -> Result<Success, Failure> {
        let Self { compiled, bound, program } = *self;
        let mut store = Store::new(compiled.module.engine(), CallState::new(context, program));
        store.limiter(|state| &mut state.memory);
        let meter = Meter { context, fuel_left: context.limits.fuel };
        let mut interpreter = Interpreter { store, compiled: &compiled, meter, instance: None, memory: None };
        let result = interpreter.instantiate();
        let result = result.and_then(|()| run::call(&mut interpreter, &compiled.interface, context.limits, bound));
        context.log = interpreter.store.into_data().log;
        result
    }
}

/// A call under way.
struct Interpreter<'a> {
    store: Store<CallState>,
    compiled: &'a Compiled,
    meter: Meter<'a>,
    instance: Option<Instance>,
    memory: Option<Memory>,
}

impl Interpreter<'_> {
    fn instantiate(&mut self) -> Result<(), Failure> {
        let first_slice = self.meter.next_slice(0)?;
        self.set_fuel(first_slice)?;
        let instance = self.compiled.linker.instantiate_and_start(&mut self.store, &self.compiled.module);
        let instance = instance.map_err(|error| self.failure(&error))?;
        self.memory = instance.get_memory(&self.store, MEMORY_EXPORT);
        self.store.data_mut().linear_memory = self.memory;
        self.instance = Some(instance);
        Ok(())
    }

    fn set_fuel(&mut self, fuel: u64) -> Result<(), Failure> {
        self.store.set_fuel(fuel).map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &Error) -> Failure {
        let other = || match error.kind() {
            ErrorKind::Memory(_) | ErrorKind::Table(_) => {
                failure(FailureKind::Memory, format!("no memory for the call: {error}"))
            }
            _ => failure(FailureKind::Trap, error.to_string()),
        };
        let (state, interface) = (self.store.data(), &self.compiled.interface);
        explain(state, interface, self.meter.context, error.as_trap_code(), other)
    }
}

impl Machine for Interpreter<'_> {
    fn state(&mut self) -> &mut CallState {
        self.store.data_mut()
    }

    fn memory(&mut self) -> Option<&mut [u8]> {
        self.memory.map(|memory| memory.data_mut(&mut self.store))
    }

    fn grow(&mut self, pages: u64) -> Result<(), Failure> {
        let memory = self.memory.ok_or_else(|| missing(MEMORY_EXPORT))?;
        memory.grow(&mut self.store, pages).map(drop).map_err(|error| self.failure(&error.into()))
    }

    fn has_function(&mut self, name: &str) -> bool {
        self.instance.is_some_and(|instance| instance.get_func(&self.store, name).is_some())
    }

    fn call(&mut self, name: &str, inputs: &[Val], outputs: &mut [Val]) -> Result<(), Failure> {
        let function = self.instance.and_then(|instance| instance.get_func(&self.store, name));
        let function = function.ok_or_else(|| missing(name))?;
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
