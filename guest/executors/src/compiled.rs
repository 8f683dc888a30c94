//! A function that is ready to run: its module, its imports, its signature.
//!
//! Each has an interpreter engine of its own, because an engine keeps the code of all its modules for as long as it
//! lives; thus a function that leaves the cache leaves nothing behind.

use crate::arguments::Signature;
use crate::host_functions::{self, MathFunction};
use crate::sandbox::CallState;
use crate::{Limits, RequestError};
use wasmi::{CompilationMode, Config, Engine, Linker, Module};

/// What interpreter code takes, as a multiple of its WebAssembly, rounded up from what was measured.
const CODE_EXPANSION: usize = 8;

/// What an engine, a module and a linker take before they hold any code, in bytes, rounded up from what was measured.
const OVERHEAD_BYTES: usize = 16 * 1024;

/// A function that is ready to run.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    pub(crate) linker: Linker<CallState>,
    /// The export to call.
    pub(crate) entry: String,
    /// Whether [`START_EXPORT`](crate::sections::START_EXPORT) has to be called before.
    pub(crate) has_start: bool,
    pub(crate) signature: Signature,
    /// Where in linear memory buffers go; `None`: behind its end, into pages that are added for them.
    pub(crate) heap_base: Option<u32>,
    /// Whether `unreachable` says that the function's own stack, in linear memory, is full.
    pub(crate) unreachable_is_overflow: bool,
    /// The memory that all this takes, in bytes, estimated.
    pub(crate) size_bytes: usize,
}

/// What the languages' front ends find out about a module, beside what is in it.
pub(crate) struct Interface {
    pub(crate) entry: String,
    pub(crate) has_start: bool,
    pub(crate) signature: Signature,
    pub(crate) heap_base: Option<u32>,
    pub(crate) unreachable_is_overflow: bool,
}

impl Compiled {
    /// Puts a module and what is known about it together. `math` says which `math` imports are offered.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unusable`] if the module imports what is not offered.
    pub(crate) fn new(
        module: Module,
        wasm_bytes: usize,
        interface: Interface,
        math: impl Fn(&str) -> Option<MathFunction>,
    ) -> Result<Self, RequestError> {
        let linker = host_functions::link(&module, math).map_err(RequestError::unusable)?;
        let Interface { entry, has_start, signature, heap_base, unreachable_is_overflow } = interface;
        let size_bytes = wasm_bytes.saturating_mul(CODE_EXPANSION).saturating_add(OVERHEAD_BYTES);
        Ok(Self { module, linker, entry, has_start, signature, heap_base, unreachable_is_overflow, size_bytes })
    }
}

/// An engine that counts fuel and knows the stack's limits.
pub(crate) fn new_engine(limits: &Limits) -> Engine {
    let mut config = Config::default();
    // `set_max_stack_height` panics if it goes below the minimum, which stands at 1000 bytes.
    config.set_min_stack_height(limits.stack_bytes.min(1000)).set_max_stack_height(limits.stack_bytes);
    config.set_max_recursion_depth(limits.stack_depth);
    // A stack that is kept for reuse keeps the greatest size it ever had, per engine: too much for too little.
    config.set_max_cached_stacks(0);
    // Eager, because lazy translation was measured to save nothing on small functions, and costs within the call.
    config.consume_fuel(true).compilation_mode(CompilationMode::Eager);
    // The memory account knows one linear memory per call.
    config.wasm_multi_memory(false).ignore_custom_sections(true);
    Engine::new(&config)
}
