//! Compiles the C of an offloaded function to a WebAssembly module.
//!
//! 1. `preprocess` obeys directives and expands macros; it keeps where every token came from.
//! 2. `limits` refuses what is nested too deeply for the native stack.
//! 3. lang-c parses (`syntax`).
//! 4. `analysis` resolves names, checks types, makes every conversion explicit (`ir`).
//! 5. `emission` writes WebAssembly.
//!
//! What is not covered is refused with line and column, never miscompiled. No input makes the compiler panic, and it
//! needs less than 320 KiB of native stack.
//!
//! # The C that is compiled
//! Data model: sizes and semantics of gcc on x86-64 (`char` signed, `long` 64 bits, `size_t` 64 bits), except that a
//! pointer has 4 bytes. The function to run is the last one defined. Where C leaves the behaviour undefined, the code
//! does one of these: signed overflow wraps; shift counts count modulo the width; floating to integer conversion
//! saturates; a function that ends without `return` returns 0; a null pointer reads and writes the first
//! [`NULL_ZONE_BYTES`] of linear memory, where no object lies.
//!
//! # How a module fails at run time
//! Division by zero, `INT_MIN / -1` and access outside of linear memory are WebAssembly's own traps. The trap
//! `unreachable` means one thing only: the stack of variables in memory is full (recursion too deep); without such
//! variables the interpreter's own stack overflows instead.
#![forbid(unsafe_code)]

mod analysis;
mod builtins;
mod diagnostics;
mod emission;
mod ir;
mod limits;
mod literal;
mod preprocess;
mod record;
mod signature;
mod syntax;
mod types;

pub use analysis::statics::NULL_ZONE_BYTES;
pub use builtins::{LIBRARY_MODULE, MATH_IMPORTS, MATH_MODULE};
pub use diagnostics::{CompileErrors, Diagnostic};
pub use signature::{FunctionParameter, ParameterType, ScalarType, Signature};

use analysis::Analysis;
use diagnostics::{Reported, Reports, SourceOffset};
use preprocess::{ParserText, Spliced, Texts};
use syntax::Parsed;

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
    let mut reports = Reports::new();
    let outcome = compile_reporting(source, &mut reports);
    match (outcome, reports.into_errors(source)) {
        (Ok(compiled), None) => Ok(compiled),
        (_, Some(errors)) => Err(errors),
        (Err(Reported), None) => Err(CompileErrors::unexplained(source)),
    }
}

fn compile_reporting(source: &str, reports: &mut Reports) -> Result<CompiledFunction, Reported> {
    if source.len() > limits::MAX_SOURCE_BYTES {
        let message = format!("the source is longer than {} KiB", limits::MAX_SOURCE_BYTES / 1024);
        return Err(reports.report(SourceOffset(0), message));
    }
    let spliced = Spliced::new(source);
    let texts = Texts::default();
    let preprocessed = preprocess::preprocess(&spliced, &texts, reports)?;
    limits::check(&preprocessed.tokens, reports)?;
    let headers = preprocessed.headers;
    let text = ParserText::new(preprocessed);
    reports.set_places(text.places());
    let unit = match syntax::parse(&text, source, reports)? {
        Parsed::Whole(unit) => unit,
        Parsed::Rest(unit) => return Err(Analysis::new(reports, &text, headers).check(&unit)),
    };
    let (program, signature) = Analysis::new(reports, &text, headers).unit(&unit)?;
    match emission::module(&program) {
        Ok((wasm, heap_base)) => Ok(CompiledFunction { wasm, signature, heap_base }),
        Err(emission::FramesTooLarge) => {
            Err(reports.report(SourceOffset(0), "the functions' arrays and addressed variables are too large in all"))
        }
    }
}
