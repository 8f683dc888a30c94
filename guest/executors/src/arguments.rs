//! Binds a request's parameters to the parameters of a function, by position.
//!
//! Names need not agree: the public client sends its own. Types must, exactly, because a silent conversion would hide
//! a mistake in the request or in the function.

use crate::RequestError;
use crate::data_type::{DataType, Shape, is_character};
use crate::host_functions::MEMORY_EXPORT;
use crate::memory::with_room;
use crate::parameter::{Content, Mode, Parameter, ParameterValue};
use crate::scalar::{size_of, wasm_type};
use skerry_c_compiler::ScalarType;
use wasmi::{Val, ValType};

/// What a function takes and gives.
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Expected>,
    /// More than one only of a WebAssembly function.
    pub(crate) results: Vec<ScalarType>,
    /// Whether the result is the address of a text that ends with the character 0, as C has it. `results` is empty then.
    pub(crate) returns_text: bool,
    /// How the results are read where the request says that they are a buffer.
    pub(crate) buffer_result: Option<BufferResult>,
    /// Whether there is linear memory that buffers can be put into.
    pub(crate) has_memory: bool,
    /// Whether buffers are objects as AssemblyScript has them: texts in UTF-16, lengths in front of the content.
    pub(crate) has_objects: bool,
}

/// The ways in which a WebAssembly function gives a buffer back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BufferResult {
    /// As an `i64`: the address in its upper half, the length in bytes in its lower one.
    Packed,
    /// As two `i32`: address, and length in bytes.
    Pair,
    /// As the `i32` address of an AssemblyScript object, which has its length in front.
    Object,
}

/// A request's parameters, fitted to a function.
#[derive(Debug)]
pub(crate) struct Bound {
    /// One for each parameter of the function.
    pub(crate) arguments: Vec<Argument>,
    /// Name and type of the buffer that the function gives back, where the request asks for one.
    pub(crate) returned: Option<(String, DataType)>,
}

/// One parameter of a function.
pub(crate) enum Expected {
    /// A C parameter by value.
    #[cfg_attr(not(any(feature = "c", test)), expect(dead_code, reason = "only C functions declare C types"))]
    Scalar { name: String, scalar_type: ScalarType },
    /// A C parameter by address.
    #[cfg_attr(not(any(feature = "c", test)), expect(dead_code, reason = "only C functions declare C types"))]
    Pointer {
        name: String,
        element: ScalarType,
        /// The lengths of the arrays that it points to; empty if it points to elements.
        inner: Vec<u32>,
        is_const: bool,
    },
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
            Self::Pointer { name, element, inner, is_const } => {
                let constant = if *is_const { "const " } else { "" };
                if inner.is_empty() {
                    return format!("{constant}{} *{name}", element.name());
                }
                let lengths: String = inner.iter().map(|length| format!("[{length}]")).collect();
                format!("{constant}{} {name}[]{lengths}", element.name())
            }
            Self::Wasm(value_type) => wasm_type_name(*value_type).to_owned(),
        }
    }

    /// Whether a request's parameter may be passed; otherwise what to do about it.
    fn accepts(&self, parameter: &Parameter) -> Result<(), &'static str> {
        let Parameter { data_type, mode, value, .. } = parameter;
        let by_address = mode.is_out() || data_type.is_array();
        match self {
            Self::Scalar { .. } if data_type.shape == Shape::Text => Err("a text needs `char *` in the function"),
            Self::Scalar { .. } if by_address => Err("OUT parameters and arrays need a pointer in the function"),
            Self::Scalar { scalar_type, .. } => same_type(*scalar_type, data_type),
            Self::Pointer { .. } if !by_address => Err(
                "a pointer takes an OUT or INOUT parameter, an array (`type[]`) or, if it is `char *`, a text (type `char*`)",
            ),
            Self::Pointer { is_const: true, .. } if mode.is_out() => {
                Err("the function cannot write through a pointer to const; pass it as IN")
            }
            Self::Pointer { element, inner, .. } => {
                let both_characters = is_character(*element) && is_character(data_type.element) && data_type.is_array();
                if !both_characters {
                    same_type(*element, data_type)?;
                }
                same_rows(inner, data_type, value)
            }
            Self::Wasm(ValType::I32) if by_address => Ok(()),
            Self::Wasm(_) if by_address => Err("OUT parameters, arrays and texts are passed as an i32 address"),
            Self::Wasm(expected) if *expected == wasm_type(data_type.element) => Ok(()),
            Self::Wasm(_) => Err("int and smaller are i32, long and long long are i64, float is f32, double is f64"),
        }
    }
}

fn same_type(expected: ScalarType, data_type: &DataType) -> Result<(), &'static str> {
    let is_enum = data_type.is_enum && matches!(expected, ScalarType::Int | ScalarType::UnsignedInt);
    if is_enum || expected == data_type.element { Ok(()) } else { Err("the types must be the same") }
}

/// Whether what is passed consists of whole arrays of the lengths that the function declares.
fn same_rows(declared: &[u32], data_type: &DataType, value: &ParameterValue) -> Result<(), &'static str> {
    let declared: Vec<usize> = declared.iter().map(|length| *length as usize).collect();
    let row_bytes = declared.iter().product::<usize>().max(1).saturating_mul(size_of(data_type.element));
    match (&data_type.shape, value) {
        _ if declared.is_empty() => Ok(()),
        (Shape::Array { inner }, _) if !inner.is_empty() => {
            if *inner == declared {
                Ok(())
            } else {
                Err("the lengths of the inner arrays must be the same")
            }
        }
        (_, ParameterValue::Buffer(content)) if content.size_bytes.is_multiple_of(row_bytes) => Ok(()),
        _ => Err("the number of elements must be one of whole rows"),
    }
}

/// Binds `parameters` to what the function takes.
///
/// An array passes its address, and its number of elements behind it if the function has as many more parameters as the
/// request has arrays.
///
/// # Errors
///
/// [`RequestError::Unusable`] if the number, a type or a direction does not fit, or if there is nowhere to put a buffer.
pub(crate) fn bind(signature: &Signature, parameters: Vec<Parameter>) -> Result<Bound, RequestError> {
    let (results, parameters): (Vec<_>, Vec<_>) =
        parameters.into_iter().partition(|parameter| parameter.value == ParameterValue::Result);
    let returned = bind_result(signature, results)?;
    let (count, expected_count) = (parameters.len(), signature.parameters.len());
    let arrays = parameters.iter().filter(|parameter| parameter.data_type.is_array()).count();
    let has_lengths = count != expected_count && count + arrays == expected_count;
    if count != expected_count && !has_lengths {
        let message = format!("the function takes {expected_count} parameters, but the request has {count}");
        return Err(RequestError::unusable(message));
    }
    let mut expected = signature.parameters.iter();
    let mut arguments = Vec::with_capacity(expected_count);
    for (index, parameter) in parameters.into_iter().enumerate() {
        let Some(first) = expected.next() else { break };
        let is_array = parameter.data_type.is_array();
        let argument = bind_one(index, first, parameter, signature.has_objects)?;
        let length = match &argument {
            Argument::Buffer(buffer) if has_lengths && is_array => Some(buffer.length()),
            _ => None,
        };
        arguments.push(argument);
        if let Some(length) = length {
            let is_i32 = matches!(expected.next(), Some(Expected::Wasm(ValType::I32)));
            if !is_i32 {
                let message = format!("params[{index}] is an array: its length wants an i32 behind its address");
                return Err(RequestError::unusable(message));
            }
            // The memory limit keeps it below 4 GiB.
            arguments.push(Argument::Value(Val::I32(length as u32 as i32)));
        }
    }
    let has_buffers = returned.is_some() || arguments.iter().any(|one| matches!(one, Argument::Buffer(_)));
    if has_buffers && !signature.has_memory {
        let hint = format!("the module must export its linear memory as `{MEMORY_EXPORT}`");
        return Err(RequestError::unusable(format!("OUT parameters and arrays are passed in memory: {hint}")));
    }
    Ok(Bound { arguments, returned })
}

/// Checks that the function gives a buffer where the request wants one.
fn bind_result(signature: &Signature, mut results: Vec<Parameter>) -> Result<Option<(String, DataType)>, RequestError> {
    let Some(Parameter { name, data_type, .. }) = results.pop() else { return Ok(None) };
    if !results.is_empty() {
        return Err(RequestError::unusable("only one OUT array can be without a length: it is the function's result"));
    }
    if signature.buffer_result.is_none() {
        let type_name = data_type.name();
        return Err(RequestError::unusable(format!(
            "an OUT `{type_name}` needs its length, in the type (`int[4]`, `char[64]`) or by initial values; without, it is the \
             result of a WebAssembly function: two i32 (address, length in bytes), or an i64 of both"
        )));
    }
    Ok(Some((name, data_type)))
}

fn bind_one(
    index: usize,
    expected: &Expected,
    parameter: Parameter,
    has_objects: bool,
) -> Result<Argument, RequestError> {
    expected.accepts(&parameter).map_err(|hint| {
        let (given, mode) = (parameter.data_type.name(), parameter.mode.name());
        let declared = expected.declaration();
        RequestError::unusable(format!(
            "params[{index}] is `{given}` {mode} in the request, but `{declared}` in the function: {hint}"
        ))
    })?;
    let Parameter { name, data_type, mode, value } = parameter;
    Ok(match value {
        ParameterValue::Scalar(scalar) => Argument::Value(scalar.to_wasm(data_type.element)),
        // Results are bound elsewhere.
        ParameterValue::Result => Argument::Value(Val::I32(0)),
        ParameterValue::Buffer(mut content) => {
            if has_objects && data_type.shape == Shape::Text && mode == Mode::In {
                content = utf16_of(&content.bytes).ok_or(RequestError::NoMemory)?.into();
            }
            Argument::Buffer(Buffer { content, data_type, out_name: mode.is_out().then_some(name) })
        }
    })
}

/// A text and its NUL, in UTF-16 without NUL; `None` if there is no memory for that.
fn utf16_of(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text.strip_suffix(b"\0")?).ok()?;
    // A byte of UTF-8 makes one unit at most.
    let mut units = with_room(2 * text.len())?;
    text.encode_utf16().for_each(|unit| units.extend_from_slice(&unit.to_le_bytes()));
    Some(units)
}

impl Buffer {
    /// The number of elements, the NUL of a text that goes in not among them.
    fn length(&self) -> usize {
        match self.data_type.shape {
            Shape::Text if self.out_name.is_none() => self.content.bytes.len().saturating_sub(1),
            _ => self.content.size_bytes / size_of(self.data_type.element),
        }
    }
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
    use crate::data_type::{DataType, Shape};
    use crate::parameter::{Mode, Parameter, ParameterValue};
    use crate::scalar::{EVERY_TYPE, Scalar, size_of, wasm_type};
    use skerry_c_compiler::ScalarType;
    use wasmi::{Val, ValType};

    fn scalar(scalar_type: ScalarType) -> Parameter {
        let data_type = DataType::scalar(scalar_type);
        let value = ParameterValue::Scalar(Scalar::parse("1", scalar_type).unwrap());
        Parameter { name: "sent".to_owned(), data_type, mode: Mode::In, value }
    }

    fn out(scalar_type: ScalarType) -> Parameter {
        let value = ParameterValue::Buffer(vec![0; size_of(scalar_type)].into());
        Parameter { mode: Mode::Out, value, ..scalar(scalar_type) }
    }

    fn by_value(scalar_type: ScalarType) -> Expected {
        Expected::Scalar { name: "declared".to_owned(), scalar_type }
    }

    fn by_address(element: ScalarType) -> Expected {
        Expected::Pointer { name: "declared".to_owned(), element, inner: Vec::new(), is_const: false }
    }

    fn array(element: ScalarType, inner: &[usize], count: usize) -> Parameter {
        Parameter {
            data_type: DataType { element, shape: Shape::Array { inner: inner.to_vec() }, is_enum: false },
            value: ParameterValue::Buffer(vec![0; count * size_of(element)].into()),
            ..scalar(element)
        }
    }

    fn text(element: ScalarType) -> Parameter {
        let data_type = DataType { element, shape: Shape::Text, is_enum: false };
        Parameter { data_type, value: ParameterValue::Buffer(vec![0; 4].into()), ..scalar(element) }
    }

    fn signature(parameters: Vec<Expected>) -> Signature {
        let (has_memory, has_objects) = (true, false);
        Signature { parameters, results: Vec::new(), returns_text: false, buffer_result: None, has_memory, has_objects }
    }

    fn bind_one(expected: Expected, parameter: Parameter) -> Result<Argument, String> {
        match bind(&signature(vec![expected]), vec![parameter]) {
            Ok(mut bound) => Ok(bound.arguments.remove(0)),
            Err(RequestError::Unusable { message }) => Err(message),
            Err(other) => panic!("wrong kind of refusal: {other}"),
        }
    }

    #[test]
    fn the_number_of_parameters_must_be_the_functions_own() {
        let signature = signature(vec![by_value(ScalarType::Int)]);
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
    fn texts_and_bytes_go_to_pointers_to_any_characters() {
        let characters = [ScalarType::Char, ScalarType::SignedChar, ScalarType::UnsignedChar];
        for declared in characters {
            for sent in characters {
                assert!(bind_one(by_address(declared), text(sent)).is_ok());
                assert!(bind_one(by_address(declared), array(sent, &[], 3)).is_ok());
            }
        }
        assert!(bind_one(by_address(ScalarType::Int), text(ScalarType::Char)).is_err());
        assert!(bind_one(by_value(ScalarType::Char), text(ScalarType::Char)).unwrap_err().contains("`char *`"));
    }

    #[test]
    fn rows_must_be_as_long_as_the_function_declares_them() {
        let rows = |inner: &[u32]| Expected::Pointer {
            name: "m".to_owned(),
            element: ScalarType::Int,
            inner: inner.to_vec(),
            is_const: false,
        };
        assert!(bind_one(rows(&[4]), array(ScalarType::Int, &[4], 12)).is_ok());
        assert!(bind_one(rows(&[4]), array(ScalarType::Int, &[], 8)).is_ok());
        assert!(bind_one(rows(&[]), array(ScalarType::Int, &[4], 8)).is_ok());
        assert!(bind_one(rows(&[4]), array(ScalarType::Int, &[3], 12)).unwrap_err().contains("`int m[][4]`"));
        assert!(bind_one(rows(&[4]), array(ScalarType::Int, &[], 7)).is_err());
        assert!(bind_one(rows(&[2, 2]), array(ScalarType::Int, &[4], 8)).is_err());
    }

    #[test]
    fn nothing_comes_out_of_a_pointer_to_const() {
        let constant =
            || Expected::Pointer { name: "c".to_owned(), element: ScalarType::Int, inner: Vec::new(), is_const: true };
        assert!(bind_one(constant(), out(ScalarType::Int)).unwrap_err().contains("pass it as IN"));
        assert!(bind_one(constant(), array(ScalarType::Int, &[], 2)).is_ok());
    }

    #[test]
    fn an_enumeration_is_an_int_of_either_kind() {
        let color = || Parameter {
            data_type: DataType { is_enum: true, ..DataType::scalar(ScalarType::Int) },
            ..scalar(ScalarType::Int)
        };
        assert!(bind_one(by_value(ScalarType::UnsignedInt), color()).is_ok());
        assert!(bind_one(by_value(ScalarType::Int), color()).is_ok());
        assert!(bind_one(by_value(ScalarType::Long), color()).is_err());
    }

    #[test]
    fn only_what_is_out_comes_back() {
        let array = array(ScalarType::Int, &[], 2);
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
