//! Machine code instead of interpretation: functions compiled by Cranelift, run by wasmtime. What the flavour `jit` has.
//!
//! The front ends stay the interpreter's: they check a module, find out what it offers, and make a [`Compiled`] of it.
//! Here that becomes machine code; or it stays what it is, and is interpreted, where machine code would take more time
//! or memory to make than it is worth ([`Compiler::compile`]). So what one engine accepts the other does, too, and the
//! user sees no difference but the time.
//!
//! No signals and no reserved address space: on Hermit there are neither. Accesses are checked by comparing, linear
//! memory is the allocator's, deep recursion is noticed by comparing the stack pointer at each function's start.

mod call;
mod imports;
mod ticker;

use crate::compiled::{Compiled, Interface};
use crate::executable::Executable;
use crate::memory::has_room;
use crate::{Limits, sections};
use imports::NativeState;
use std::sync::Arc;
use ticker::Ticker;
use wasmtime::{Config, Engine, InstancePre, Module, OptLevel};

/// Most bytes of native stack that a function's nested calls may use. The stack of a thread that runs calls has to
/// have room for this, and for what the host's own functions need.
pub(crate) const STACK_BYTES: usize = 1024 * 1024;

/// Modules with more code than this are interpreted, in bytes: compiling takes about a second for each 100 KiB under an
/// emulator, and the time limit of a call does not cover it.
const MOST_CODE_BYTES: usize = 512 * 1024;
/// So are those with a function that is larger than this, in bytes. The compiler has all of one function in memory at
/// once, at up to a thousand times its size.
const MOST_BODY_BYTES: usize = 32 * 1024;
/// What compiling takes, beside what depends on the module, in bytes.
const COMPILING_BYTES: usize = 4 * 1024 * 1024;
/// What compiling takes for each byte of the largest function, in bytes, rounded up from what was measured.
const COMPILING_EXPANSION: usize = 1024;
/// What a compiled module takes beside its code, as a multiple of its code, rounded up from what was measured.
const CODE_OVERHEAD: usize = 2;
/// What a compiled module takes in any case, in bytes.
const OVERHEAD_BYTES: usize = 32 * 1024;

/// Makes machine code. One for all functions of a runtime.
pub(crate) struct Compiler {
    engine: Engine,
    ticker: Arc<Ticker>,
}

/// A function in machine code.
struct Native {
    interface: Interface,
    instance: InstancePre<NativeState>,
    ticker: Arc<Ticker>,
    size_bytes: usize,
}

impl Compiler {
    /// A compiler for calls within these limits; `None` where the machine has no place for one, and all is interpreted.
    pub(crate) fn new(limits: &Limits) -> Option<Self> {
        let engine = Engine::new(&config(limits)).ok()?;
        let ticker = Arc::new(Ticker::new(engine.clone()));
        Some(Self { engine, ticker })
    }

    /// Compiles what a front end has made of a module, unless it is too large.
    pub(crate) fn compile(&self, mut compiled: Compiled) -> Arc<dyn Executable> {
        let wasm = std::mem::take(&mut compiled.wasm);
        let Some((instance, code_bytes)) = self.instance(&wasm) else { return Arc::new(compiled) };
        let size_bytes = code_bytes.saturating_mul(CODE_OVERHEAD).saturating_add(OVERHEAD_BYTES);
        Arc::new(Native { interface: compiled.interface, instance, ticker: Arc::clone(&self.ticker), size_bytes })
    }

    /// A module, compiled and linked, and the size of its machine code.
    fn instance(&self, wasm: &[u8]) -> Option<(InstancePre<NativeState>, usize)> {
        let body_bytes = sections::largest_body_bytes(wasm);
        let wanted_bytes = COMPILING_BYTES.saturating_add(body_bytes.saturating_mul(COMPILING_EXPANSION));
        if wasm.len() > MOST_CODE_BYTES || body_bytes > MOST_BODY_BYTES || !has_room(wanted_bytes) {
            return None;
        }
        let module = Module::new(&self.engine, wasm).ok()?;
        let code = module.image_range();
        let code_bytes = (code.end as usize).saturating_sub(code.start as usize);
        Some((imports::link(&module).ok()?, code_bytes))
    }
}

fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config.signals_based_traps(false).memory_init_cow(false);
    config.memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(0);
    config.cranelift_opt_level(OptLevel::Speed);
    // Where in the module a trap came from is told to nobody.
    config.wasm_backtrace_max_frames(None).generate_address_map(false).native_unwind_info(false);
    config.epoch_interruption(true).consume_fuel(limits.fuel.is_some());
    config.max_wasm_stack(limits.stack_bytes.clamp(1, STACK_BYTES));
    // The memory account knows one linear memory per call.
    config.wasm_multi_memory(false);
    config
}

#[cfg(test)]
mod tests {
    use super::{Compiler, MOST_BODY_BYTES};
    use crate::Limits;

    fn is_compiled(wat: &str) -> bool {
        Compiler::new(&Limits::default()).unwrap().instance(&wat::parse_str(wat).unwrap()).is_some()
    }

    #[test]
    fn a_module_becomes_machine_code_with_whatever_it_imports() {
        assert!(is_compiled(r#"(module (func (export "run")))"#));
        assert!(is_compiled(
            r#"(module (import "skerry" "log" (func (param i32 i32))) (import "math" "pow" (func (param f64 f64) (result f64)))
            (import "c" "strlen" (func (param i32) (result i64))) (import "env" "seed" (func (result f64)))
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1) (func (export "run")))"#
        ));
    }

    #[test]
    fn a_function_that_is_too_large_is_left_to_the_interpreter() {
        let body = |bytes: usize| format!(r#"(module (func (export "run") {}))"#, "nop\n".repeat(bytes));
        assert!(is_compiled(&body(MOST_BODY_BYTES - 2)));
        assert!(!is_compiled(&body(MOST_BODY_BYTES)));
    }
}
