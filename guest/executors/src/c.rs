//! The `C` front end: from source text to a [`Compiled`] function.

use crate::arguments::{Expected, Signature};
use crate::compiled::{BufferPlace, Compiled, Interface, new_engine};
use crate::{Limits, RequestError, wasm};
use skerry_c_compiler::{FunctionParameter, ParameterType};

/// The export under which the compiler puts the function to run.
const RUN_EXPORT: &str = "run";

/// Compiles C source; the function to run is the last one it defines.
///
/// # Errors
///
/// [`RequestError::Unusable`] with line and column if the source does not compile.
pub(crate) fn compile(source: &[u8], limits: &Limits) -> Result<Compiled, RequestError> {
    let source = std::str::from_utf8(source).map_err(|error| {
        let line = source[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        RequestError::unusable(format!("function.c:{line}: error: the source is not UTF-8 text"))
    })?;
    let function = skerry_c_compiler::compile(source).map_err(|errors| RequestError::unusable(errors.to_string()))?;
    let module = wasm::parse(&new_engine(limits), &function.wasm)?;
    let signature = signature_of(function.signature);
    let interface = Interface {
        entry: RUN_EXPORT.to_owned(),
        initializers: Vec::new(),
        is_program: false,
        signature,
        buffers: BufferPlace::From(function.heap_base),
        unreachable_is_overflow: true,
    };
    Compiled::new(module, &function.wasm, interface, skerry_c_library::function)
}

fn signature_of(signature: skerry_c_compiler::Signature) -> Signature {
    let parameters = signature.parameters.into_iter().map(|parameter| {
        let FunctionParameter { name, ty, inner, is_const } = parameter;
        match ty {
            ParameterType::Scalar(scalar_type) => Expected::Scalar { name, scalar_type },
            ParameterType::Pointer { element } => Expected::Pointer { name, element, inner, is_const },
        }
    });
    Signature {
        parameters: parameters.collect(),
        results: signature.result.into_iter().collect(),
        returns_text: signature.returns_text,
        buffer_result: None,
        has_memory: true,
        has_objects: false,
    }
}

#[cfg(test)]
mod tests {
    use skerry_c_compiler::MATH_IMPORTS;
    use skerry_c_library::{Code, function};

    #[test]
    fn every_import_that_the_compiler_makes_is_offered_with_its_number_of_parameters() {
        for (name, parameter_count) in MATH_IMPORTS {
            let offered = match function(name).map(|found| found.function.code) {
                Some(Code::Unary(_)) => 1,
                Some(Code::Binary(_)) => 2,
                Some(Code::Ternary(_)) => 3,
                _ => 0,
            };
            assert_eq!(offered, *parameter_count, "{name}");
        }
    }
}
