//! Binds a request's parameters to the parameters of a function, by position.
//!
//! Names need not agree: the public client sends its own. Types must, exactly, because a silent conversion would hide
//! a mistake in the request or in the function.

use crate::RequestError;
use crate::host_functions::MEMORY_EXPORT;
use crate::parameter::{Content, DataType, Parameter, ParameterValue};
use crate::scalar::wasm_type;
use skerry_c_compiler::ScalarType;
use wasmi::{Val, ValType};

/// What a function takes and gives.
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Expected>,
    pub(crate) result: Option<ScalarType>,
    /// Whether there is linear memory that buffers can be put into.
    pub(crate) has_memory: bool,
}

/// One parameter of a function.
pub(crate) enum Expected {
    /// A C parameter by value.
    #[cfg_attr(not(any(feature = "c", test)), expect(dead_code, reason = "only C functions declare C types"))]
    Scalar { name: String, scalar_type: ScalarType },
    /// A C parameter by address.
    #[cfg_attr(not(any(feature = "c", test)), expect(dead_code, reason = "only C functions declare C types"))]
    Pointer { name: String, element: ScalarType },
    /// A parameter of a WebAssembly function, which does not say what C type it was.
    Wasm(ValType),
}

/// What is passed for one parameter.
#[derive(Debug)]
pub(crate) enum Argument {
    Value(Val),
    /// The address of a buffer.
    Buffer(Buffer),
}

/// Memory that the function gets the address of.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(crate) content: Content,
    pub(crate) data_type: DataType,
    /// The parameter's name if its final content goes back to the caller.
    pub(crate) out_name: Option<String>,
}

impl Expected {
    /// The parameter as its declaration reads.
    fn declaration(&self) -> String {
        match self {
            Self::Scalar { name, scalar_type } => format!("{} {name}", scalar_type.name()),
            Self::Pointer { name, element } => format!("{} *{name}", element.name()),
            Self::Wasm(value_type) => wasm_type_name(*value_type).to_owned(),
        }
    }

    /// Whether a request's parameter of this type and direction may be passed; otherwise what to do about it.
    fn accepts(&self, data_type: DataType, is_out: bool) -> Result<(), &'static str> {
        let by_address = is_out || data_type.is_array;
        match self {
            Self::Scalar { .. } if by_address => Err("OUT parameters and arrays need a pointer in the function"),
            Self::Pointer { .. } if !by_address => Err("a pointer takes an OUT parameter or an array (`type[]`)"),
            Self::Scalar { scalar_type: expected, .. } | Self::Pointer { element: expected, .. } => {
                if *expected == data_type.element { Ok(()) } else { Err("the types must be the same") }
            }
            Self::Wasm(ValType::I32) if by_address => Ok(()),
            Self::Wasm(_) if by_address => Err("OUT parameters and arrays are passed as an i32 address"),
            Self::Wasm(expected) if *expected == wasm_type(data_type.element) => Ok(()),
            Self::Wasm(_) => Err("int and smaller are i32, long and long long are i64, float is f32, double is f64"),
        }
    }
}

/// Binds `parameters` to what the function takes.
///
/// # Errors
///
/// [`RequestError::Unusable`] if the number, a type or a direction does not fit, or if there is nowhere to put a buffer.
pub(crate) fn bind(signature: &Signature, parameters: Vec<Parameter>) -> Result<Vec<Argument>, RequestError> {
    let expected_count = signature.parameters.len();
    if parameters.len() != expected_count {
        let count = parameters.len();
        let message = format!("the function takes {expected_count} parameters, but the request has {count}");
        return Err(RequestError::unusable(message));
    }
    let pairs = signature.parameters.iter().zip(parameters).enumerate();
    let bind = |(index, (expected, parameter))| bind_one(index, expected, parameter);
    let arguments: Vec<Argument> = pairs.map(bind).collect::<Result<_, _>>()?;
    let has_buffers = arguments.iter().any(|argument| matches!(argument, Argument::Buffer(_)));
    if has_buffers && !signature.has_memory {
        let hint = format!("the module must export its linear memory as `{MEMORY_EXPORT}`");
        return Err(RequestError::unusable(format!("OUT parameters and arrays are passed in memory: {hint}")));
    }
    Ok(arguments)
}

fn bind_one(index: usize, expected: &Expected, parameter: Parameter) -> Result<Argument, RequestError> {
    let Parameter { name, data_type, is_out, value } = parameter;
    expected.accepts(data_type, is_out).map_err(|hint| {
        let mode = if is_out { "OUT" } else { "IN" };
        let (given, declared) = (data_type.name(), expected.declaration());
        RequestError::unusable(format!(
            "params[{index}] is `{given}` {mode} in the request, but `{declared}` in the function: {hint}"
        ))
    })?;
    Ok(match value {
        ParameterValue::Scalar(scalar) => Argument::Value(scalar.to_wasm(data_type.element)),
        ParameterValue::Buffer(content) => {
            Argument::Buffer(Buffer { content, data_type, out_name: is_out.then_some(name) })
        }
    })
}

/// The type's name in WebAssembly's text format.
pub(crate) fn wasm_type_name(value_type: ValType) -> &'static str {
    match value_type {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 => "v128",
        ValType::FuncRef => "funcref",
        ValType::ExternRef => "externref",
    }
}

#[cfg(test)]
mod tests {
    use super::{Argument, Expected, Signature, bind};
    use crate::RequestError;
    use crate::parameter::{DataType, Parameter, ParameterValue};
    use crate::scalar::{EVERY_TYPE, Scalar, size_of, wasm_type};
    use skerry_c_compiler::ScalarType;
    use wasmi::{Val, ValType};

    fn scalar(scalar_type: ScalarType) -> Parameter {
        let data_type = DataType { element: scalar_type, is_array: false };
        let value = ParameterValue::Scalar(Scalar::parse("1", scalar_type).unwrap());
        Parameter { name: "sent".to_owned(), data_type, is_out: false, value }
    }

    fn out(scalar_type: ScalarType) -> Parameter {
        let value = ParameterValue::Buffer(vec![0; size_of(scalar_type)].into());
        Parameter { is_out: true, value, ..scalar(scalar_type) }
    }

    fn by_value(scalar_type: ScalarType) -> Expected {
        Expected::Scalar { name: "declared".to_owned(), scalar_type }
    }

    fn by_address(element: ScalarType) -> Expected {
        Expected::Pointer { name: "declared".to_owned(), element }
    }

    fn bind_one(expected: Expected, parameter: Parameter) -> Result<Argument, String> {
        let signature = Signature { parameters: vec![expected], result: None, has_memory: true };
        match bind(&signature, vec![parameter]) {
            Ok(mut arguments) => Ok(arguments.remove(0)),
            Err(RequestError::Unusable { message }) => Err(message),
            Err(other) => panic!("wrong kind of refusal: {other}"),
        }
    }

    #[test]
    fn the_number_of_parameters_must_be_the_functions_own() {
        let signature = Signature { parameters: vec![by_value(ScalarType::Int)], result: None, has_memory: true };
        assert!(bind(&signature, vec![]).is_err());
        assert!(bind(&signature, vec![scalar(ScalarType::Int), scalar(ScalarType::Int)]).is_err());
    }

    #[test]
    fn a_c_parameter_takes_its_own_type_and_no_other() {
        for declared in EVERY_TYPE {
            for sent in EVERY_TYPE {
                assert_eq!(bind_one(by_value(declared), scalar(sent)).is_ok(), declared == sent);
                assert_eq!(bind_one(by_address(declared), out(sent)).is_ok(), declared == sent);
            }
        }
    }

    #[test]
    fn a_refusal_names_both_types_and_the_parameter() {
        let message = bind_one(by_value(ScalarType::Float), scalar(ScalarType::UnsignedLong)).unwrap_err();
        for part in ["params[0]", "`unsigned long` IN", "`float declared`"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn values_and_addresses_are_not_mixed_up() {
        assert!(bind_one(by_value(ScalarType::Int), out(ScalarType::Int)).unwrap_err().contains("pointer"));
        assert!(bind_one(by_address(ScalarType::Int), scalar(ScalarType::Int)).unwrap_err().contains("int *declared"));
        assert!(bind_one(Expected::Wasm(ValType::F32), out(ScalarType::Float)).is_err());
        assert!(bind_one(Expected::Wasm(ValType::I32), out(ScalarType::Float)).is_ok());
    }

    #[test]
    fn only_what_is_out_comes_back() {
        let array = Parameter {
            data_type: DataType { element: ScalarType::Int, is_array: true },
            value: ParameterValue::Buffer(vec![0; 8].into()),
            ..scalar(ScalarType::Int)
        };
        let Ok(Argument::Buffer(buffer)) = bind_one(by_address(ScalarType::Int), array) else { panic!("no buffer") };
        assert_eq!(buffer.out_name, None);
        let Ok(Argument::Buffer(buffer)) = bind_one(by_address(ScalarType::Int), out(ScalarType::Int)) else {
            panic!("no buffer")
        };
        assert_eq!(buffer.out_name.as_deref(), Some("sent"));
    }

    #[test]
    fn a_wasm_parameter_takes_every_c_type_of_its_representation() {
        for sent in EVERY_TYPE {
            for declared in [ValType::I32, ValType::I64, ValType::F32, ValType::F64] {
                let bound = bind_one(Expected::Wasm(declared), scalar(sent));
                assert_eq!(bound.is_ok(), declared == wasm_type(sent));
            }
        }
        assert!(matches!(
            bind_one(Expected::Wasm(ValType::I64), scalar(ScalarType::Long)),
            Ok(Argument::Value(Val::I64(1)))
        ));
    }
}
