//! A function that is ready to run: its module, its imports, its signature.
//!
//! Each has an interpreter engine of its own, because an engine keeps the code of all its modules for as long as it
//! lives; thus a function that leaves the cache leaves nothing behind.

use crate::arguments::Signature;
use crate::host_functions;
use crate::sandbox::CallState;
use crate::{Limits, RequestError};
use skerry_c_library::Found;
use wasmi::{CompilationMode, Config, Engine, Linker, Module};

/// What interpreter code takes, as a multiple of its WebAssembly, rounded up from what was measured.
const CODE_EXPANSION: usize = 8;

/// What an engine, a module and a linker take before they hold any code, in bytes, rounded up from what was measured.
const OVERHEAD_BYTES: usize = 16 * 1024;

/// A function that is ready to run.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    pub(crate) linker: Linker<CallState>,
    pub(crate) interface: Interface,
    /// The memory that all this takes, in bytes, estimated.
    pub(crate) size_bytes: usize,
    /// The module as it came, for the compiler to machine code.
    #[cfg(feature = "jit")]
    pub(crate) wasm: Box<[u8]>,
}

/// What the languages' front ends find out about a module, beside what is in it.
pub(crate) struct Interface {
    /// The export to call.
    pub(crate) entry: String,
    /// Exports to call before, in this order: the module's own initialization.
    pub(crate) initializers: Vec<&'static str>,
    /// Whether it is a program of WASI (`_start`), whose parameters and result are arguments and output.
    pub(crate) is_program: bool,
    pub(crate) signature: Signature,
    /// Where buffers go.
    pub(crate) buffers: BufferPlace,
    /// Whether `unreachable` says that the function's own stack, in linear memory, is full.
    pub(crate) unreachable_is_overflow: bool,
}

/// Where in linear memory buffers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BufferPlace {
    /// From this address on; memory is added as needed.
    From(u32),
    /// Behind the memory's end, into pages that are added for them.
    BehindMemory,
    /// Where the module says, by this export of its own.
    Allocator(Allocator),
}

/// What a module exports to give memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allocator {
    /// `(i32 size) -> (i32 address)`
    Size(&'static str),
    /// `(i32 old address, i32 old size, i32 alignment, i32 size) -> (i32 address)`
    Realloc(&'static str),
    /// `(i32 size, i32 class) -> (i32 address)`, AssemblyScript's
    Object(&'static str),
}

impl Allocator {
    /// The export's name.
    pub(crate) fn export(self) -> &'static str {
        match self {
            Self::Size(name) | Self::Realloc(name) | Self::Object(name) => name,
        }
    }
}

impl Compiled {
    /// Puts a module and what is known about it together. `library` says which functions of the C library are
    /// offered.
    ///
    /// # Errors
    ///
    /// [`RequestError::Unusable`] if the module imports what is not offered.
    pub(crate) fn new(
        module: Module,
        wasm: &[u8],
        interface: Interface,
        library: impl Fn(&str) -> Option<Found>,
    ) -> Result<Self, RequestError> {
        let linker = host_functions::link(&module, library).map_err(RequestError::unusable)?;
        let size_bytes = wasm.len().saturating_mul(CODE_EXPANSION).saturating_add(OVERHEAD_BYTES);
        Ok(Self {
            module,
            linker,
            interface,
            size_bytes,
            #[cfg(feature = "jit")]
            wasm: wasm.into(),
        })
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
    // Eager, because lazy translation was measured to save nothing on small functions, and costs within the call. But
    // where there is a compiler, little is interpreted.
    let is_lazy = cfg!(feature = "jit");
    config.compilation_mode(if is_lazy { CompilationMode::LazyTranslation } else { CompilationMode::Eager });
    config.consume_fuel(true);
    // The memory account knows one linear memory per call.
    config.wasm_multi_memory(false).ignore_custom_sections(true);
    Engine::new(&config)
}
