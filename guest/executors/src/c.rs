//! The `C` front end: from source text to a [`Compiled`] function, and the functions of `math.h`.

use crate::arguments::{Expected, Signature};
use crate::compiled::{BufferPlace, Compiled, Interface, new_engine};
use crate::host_functions::MathFunction;
use crate::{Limits, RequestError, wasm};
use skerry_c_compiler::ParameterType;

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
    Compiled::new(module, function.wasm.len(), interface, math_function)
}

fn signature_of(signature: skerry_c_compiler::Signature) -> Signature {
    let parameters = signature.parameters.into_iter().map(|parameter| match parameter.ty {
        ParameterType::Scalar(scalar_type) => Expected::Scalar { name: parameter.name, scalar_type },
        ParameterType::Pointer { element } => Expected::Pointer { name: parameter.name, element },
    });
    Signature {
        parameters: parameters.collect(),
        results: signature.result.into_iter().collect(),
        buffer_result: None,
        has_memory: true,
        has_objects: false,
    }
}

/// The function of `math.h` (C11 7.12) that a compiled module imports by this name.
fn math_function(name: &str) -> Option<MathFunction> {
    use MathFunction::{Binary, Ternary, Unary};
    Some(match name {
        "acos" => Unary(f64::acos),
        "acosh" => Unary(f64::acosh),
        "asin" => Unary(f64::asin),
        "asinh" => Unary(f64::asinh),
        "atan" => Unary(f64::atan),
        "atan2" => Binary(f64::atan2),
        "atanh" => Unary(f64::atanh),
        "cbrt" => Unary(f64::cbrt),
        "cos" => Unary(f64::cos),
        "cosh" => Unary(f64::cosh),
        "exp" => Unary(f64::exp),
        "exp2" => Unary(f64::exp2),
        "expm1" => Unary(f64::exp_m1),
        "fdim" => Binary(positive_difference),
        "fma" => Ternary(f64::mul_add),
        "fmax" => Binary(f64::max),
        "fmin" => Binary(f64::min),
        "fmod" => Binary(|x, y| x % y),
        "hypot" => Binary(f64::hypot),
        "log" => Unary(f64::ln),
        "log10" => Unary(f64::log10),
        "log1p" => Unary(f64::ln_1p),
        "log2" => Unary(f64::log2),
        "pow" => Binary(f64::powf),
        "round" => Unary(f64::round),
        "sin" => Unary(f64::sin),
        "sinh" => Unary(f64::sinh),
        "tan" => Unary(f64::tan),
        "tanh" => Unary(f64::tanh),
        _ => return None,
    })
}

/// `fdim` (C11 7.12.12.1), which std does not have.
fn positive_difference(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x > y {
        x - y
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::math_function;
    use crate::host_functions::MathFunction;
    use skerry_c_compiler::MATH_IMPORTS;

    #[test]
    fn every_import_that_the_compiler_makes_is_offered_with_its_number_of_parameters() {
        for (name, parameter_count) in MATH_IMPORTS {
            let offered = match math_function(name) {
                Some(MathFunction::Unary(_)) => 1,
                Some(MathFunction::Binary(_)) => 2,
                Some(MathFunction::Ternary(_)) => 3,
                None => 0,
            };
            assert_eq!(offered, *parameter_count, "{name}");
        }
    }
}
