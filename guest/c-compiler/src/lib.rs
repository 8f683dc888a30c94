//! Compiles the C of an offloaded function to a WebAssembly module
//!
//! lang-c parses; everything else is here. What is not covered is refused with line and column, never miscompiled.
#![forbid(unsafe_code)]

mod builtins;
mod diagnostics;
mod signature;
mod thin;

pub use builtins::{MATH_IMPORTS, MATH_MODULE};
pub use diagnostics::{CompileErrors, Diagnostic};
pub use signature::{FunctionParameter, ParameterType, ScalarType, Signature};

/// A compiled function and what a caller must know to run it.
#[derive(Clone, Debug)]
pub struct CompiledFunction {
    /// The module: exports `memory` and the function as `run`; imports from [`MATH_MODULE`] only.
    pub wasm: Vec<u8>,
    /// The function's name and types.
    pub signature: Signature,
    /// First byte of linear memory that the function does not use itself, a multiple of 16: the caller's OUT buffers
    /// and array arguments go here. The caller grows the memory as needed.
    pub heap_base: u32,
}

/// Compiles C source; the function to run is the last one that it defines.
///
/// # Errors
/// What is wrong with the source, or not covered by this compiler, each with line and column.
pub fn compile(source: &str) -> Result<CompiledFunction, CompileErrors> {
    thin::compile(source)
}
