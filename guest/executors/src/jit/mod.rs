//! Machine code instead of interpretation: functions compiled by Cranelift, run by wasmtime. What the flavour `jit` has.
//!
//! The front ends stay the interpreter's: they check a module, find out what it offers, and make a [`Compiled`] of it.
//! Here that becomes machine code; or it stays what it is, and is interpreted, where machine code would take more time
//! or memory to make than it is worth ([`Compiler::compile`]). So what one engine accepts the other does, too, and the
//! user sees no difference but the time.
//!
//! An access to linear memory is not compared with the memory's size: each memory has all addresses that an access can
//! reach to itself, and those behind its end fault. On Hermit kernel and unikernel see to that
//! (`guest/kernel/overlay/{address_space,faults}.rs`, `guest/unikernel/src/code_memory.rs`). Deep recursion is noticed by
//! comparing the stack pointer at each function's start. A call whose time is over is interrupted by the platform, or finds
//! out by itself where that cannot interrupt (`ticker.rs`).

mod call;
mod imports;
mod ticker;

pub use ticker::{Interrupts, use_interrupts};

use crate::compiled::{Compiled, Interface};
use crate::executable::Executable;
use crate::memory::has_room;
use crate::{Limits, sections};
use imports::NativeState;
use std::sync::{Arc, OnceLock};
use ticker::{Interruptible, Ticker, interrupts};
use wasmtime::{Config, Engine, Inlining, InstancePre, Module, OptLevel};

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

/// All that an index of 32 bits reaches.
const ADDRESSES_BYTES: u64 = 1 << 32;
/// What an access may have beyond as a constant without being compared. Together whole GiB, as Hermit gives addresses.
const GUARD_BYTES: u64 = 1 << 30;

/// `(module (func unreachable))`
const TRAPPING_MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x05\x01\x03\0\0\x0b";
/// What `unreachable` is compiled to: `ud2`.
const UNDEFINED_INSTRUCTION: [u8; 2] = [0x0f, 0x0b];

/// Makes machine code. One for all functions of a runtime.
pub(crate) struct Compiler {
    engine: Engine,
    ticker: Arc<Ticker>,
    /// A function that traps, made when it is needed.
    trap: OnceLock<Option<Trap>>,
}

/// A module whose code has an instruction that traps.
struct Trap {
    _module: Module,
    place: usize,
}

/// A function in machine code.
struct Native {
    interface: Interface,
    instance: InstancePre<NativeState>,
    /// What of it the platform can interrupt, if that can interrupt at all.
    code: Option<Interruptible>,
    ticker: Arc<Ticker>,
    size_bytes: usize,
}

impl Compiler {
    /// A compiler for calls within these limits; `None` where the machine has no place for one, and all is interpreted.
    pub(crate) fn new(limits: &Limits) -> Option<Self> {
        let engine = Engine::new(&config(limits)).ok()?;
        let ticker = Arc::new(Ticker::new(engine.clone()));
        Some(Self { engine, ticker, trap: OnceLock::new() })
    }

    /// Compiles what a front end has made of a module, unless it is too large.
    pub(crate) fn compile(&self, mut compiled: Compiled) -> Arc<dyn Executable> {
        let wasm = std::mem::take(&mut compiled.wasm);
        let Some((instance, code_bytes)) = self.instance(&wasm) else { return Arc::new(compiled) };
        let code = match interrupts() {
            None => None,
            Some(_) => match self.interruptible(instance.module()) {
                Some(code) => Some(code),
                None => return Arc::new(compiled),
            },
        };
        let size_bytes = code_bytes.saturating_mul(CODE_OVERHEAD).saturating_add(OVERHEAD_BYTES);
        Arc::new(Native { interface: compiled.interface, instance, code, ticker: Arc::clone(&self.ticker), size_bytes })
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

impl Compiler {
    /// Where a module's functions are; what leads to them and from them is not to be interrupted.
    fn interruptible(&self, module: &Module) -> Option<Interruptible> {
        let trap = self.trap.get_or_init(|| Trap::new(&self.engine)).as_ref()?.place;
        let base = module.text().as_ptr() as usize;
        let start = module.functions().map(|function| function.offset).min()?;
        let end = module.functions().map(|function| function.offset + function.len).max()?;
        Some(Interruptible { code: base + start..base + end, trap })
    }
}

impl Trap {
    fn new(engine: &Engine) -> Option<Self> {
        let module = Module::new(engine, TRAPPING_MODULE).ok()?;
        let function = module.functions().next()?;
        let code = module.text().get(function.offset..function.offset + function.len)?;
        let offset = code.windows(UNDEFINED_INSTRUCTION.len()).position(|bytes| bytes == UNDEFINED_INSTRUCTION)?;
        let place = code.as_ptr() as usize + offset;
        Some(Self { _module: module, place })
    }
}

fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config.signals_based_traps(true).memory_init_cow(false);
    config.memory_reservation(ADDRESSES_BYTES).memory_guard_size(GUARD_BYTES).guard_before_linear_memory(false);
    config.memory_may_move(false);
    config.cranelift_opt_level(OptLevel::Speed).compiler_inlining(Inlining::Yes);
    // Where in the module a trap came from is told to nobody.
    config.wasm_backtrace_max_frames(None).generate_address_map(false).native_unwind_info(false);
    config.epoch_interruption(interrupts().is_none()).consume_fuel(limits.fuel.is_some());
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
    fn there_is_an_instruction_that_traps_for_calls_that_are_interrupted() {
        let compiler = Compiler::new(&Limits::default()).unwrap();
        let wasm = wat::parse_str(r#"(module (func (export "run")) (func (export "other")))"#).unwrap();
        let (instance, _) = compiler.instance(&wasm).unwrap();
        let interruptible = compiler.interruptible(instance.module()).unwrap();
        let text = instance.module().text().as_ptr_range();
        assert!(interruptible.code.start >= text.start as usize && interruptible.code.end <= text.end as usize);
        assert!(!interruptible.code.is_empty() && !interruptible.code.contains(&interruptible.trap));
    }

    #[test]
    fn a_function_that_is_too_large_is_left_to_the_interpreter() {
        let body = |bytes: usize| format!(r#"(module (func (export "run") {}))"#, "nop\n".repeat(bytes));
        assert!(is_compiled(&body(MOST_BODY_BYTES - 2)));
        assert!(!is_compiled(&body(MOST_BODY_BYTES)));
    }
}
