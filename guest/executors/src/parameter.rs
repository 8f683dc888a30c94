//! One parameter of a request: JSON bytes in, checked name, type, direction and value out.
//!
//! The wire form is [`skerry_api::faas::Parameter`]'s; its fields come from `parameter_fields`, so that an error names one.
//! Whether the function wants such a parameter is decided in `arguments`.
//!
//! [`skerry_api::faas::Parameter`]: https://docs.rs/skerry-api

use crate::RequestError;
use crate::data_type::{self, DataType, NamedType, Shape, size_bytes};
use crate::list;
use crate::memory::with_room;
use crate::parameter_fields;
use crate::parameter_fields::Field;
use crate::scalar::{Scalar, shorten};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A parameter of a request, correct in itself.
#[derive(Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) mode: Mode,
    pub(crate) value: ParameterValue,
}

/// Which way a parameter's value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    In,
    Out,
    InOut,
}

impl Mode {
    fn from_name(name: &str) -> Option<Self> {
        [Self::In, Self::Out, Self::InOut].into_iter().find(|mode| mode.name() == name)
    }

    /// The mode as a request writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::In => "IN",
            Self::Out => "OUT",
            Self::InOut => "INOUT",
        }
    }

    /// Whether the final content goes back to the caller.
    pub(crate) fn is_out(self) -> bool {
        self != Self::In
    }
}

/// What the function gets.
#[derive(Debug, PartialEq)]
pub(crate) enum ParameterValue {
    /// The value itself, for a scalar `IN` parameter.
    Scalar(Scalar),
    /// The address of a copy of the content, for anything else.
    Buffer(Content),
    /// Nothing: this is what the function's result is, for an `OUT` array of no length.
    Result,
}

/// What is in memory at a buffer's address when the function begins.
#[derive(Debug, PartialEq)]
pub(crate) struct Content {
    /// The first bytes. All others are zero: linear memory is anyway, so nobody has to hold them here.
    pub(crate) bytes: Vec<u8>,
    /// How many there are in all.
    pub(crate) size_bytes: usize,
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self { size_bytes: bytes.len(), bytes }
    }
}

/// Reads the parameters of a request.
///
/// All buffers together may take `memory_bytes`, since they go into the function's linear memory.
pub(crate) fn read_all(params: &[Vec<u8>], memory_bytes: usize) -> Result<Vec<Parameter>, RequestError> {
    let mut free_bytes = memory_bytes;
    params.iter().enumerate().map(|(index, json)| read(index, json, &mut free_bytes)).collect()
}

fn read(index: usize, json: &[u8], free_bytes: &mut usize) -> Result<Parameter, RequestError> {
    let wrong = |field: &str, message: String| RequestError::bad_parameter(index, field, message);
    let fields = parameter_fields::read(json).map_err(|error| {
        wrong("", format!("is not base64 of a JSON object with type, var_name, value, mode: {error}"))
    })?;
    let name = text_of(index, "var_name", &fields.var_name)?.to_owned();
    let mode = text_of(index, "mode", &fields.mode)?;
    let mode = Mode::from_name(mode)
        .ok_or_else(|| wrong("mode", format!("is `{}`, which is none of IN, OUT and INOUT", shorten(mode))))?;
    let type_name = text_of(index, "type", &fields.type_name)?;
    let named = data_type::read(type_name).map_err(|message| wrong("type", message))?;
    let base64 = match &fields.value {
        Field::Missing | Field::Null if mode == Mode::Out => "",
        value => text_of(index, "value", value)?,
    };
    let mut text = with_room(base64::decoded_len_estimate(base64.len())).ok_or(RequestError::NoMemory)?;
    STANDARD.decode_vec(base64, &mut text).map_err(|error| wrong("value", format!("is not base64: {error}")))?;
    let read = match named.data_type.shape {
        Shape::Bytes => read_bytes(text, named.data_type, mode, *free_bytes),
        _ => match std::str::from_utf8(&text) {
            Ok(text) => read_value(text, named, mode, *free_bytes),
            Err(_) => Err("is not base64 of UTF-8 text; bytes of any kind have the type `bytes`".to_owned().into()),
        },
    };
    let (data_type, value) = read.map_err(|problem| match problem {
        Problem::Value(message) => wrong("value", message),
        Problem::NoMemory => RequestError::NoMemory,
    })?;
    if let ParameterValue::Buffer(content) = &value {
        *free_bytes = free_bytes.saturating_sub(content.size_bytes);
    }
    Ok(Parameter { name, data_type, mode, value })
}

/// Why a value cannot be read.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It is wrong.
    Value(String),
    /// There is no memory for it.
    NoMemory,
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Value(message)
    }
}

fn text_of<'a>(index: usize, name: &str, field: &'a Field<'_>) -> Result<&'a str, RequestError> {
    field.text().map_err(|problem| RequestError::bad_parameter(index, name, problem.to_owned()))
}

/// Reads a value; of an array or a text, the value says what the type's name leaves open.
fn read_value(
    text: &str,
    named: NamedType,
    mode: Mode,
    free_bytes: usize,
) -> Result<(DataType, ParameterValue), Problem> {
    let NamedType { data_type, length } = named;
    let element = data_type.element;
    let nothing = text.trim_ascii().is_empty();
    if mode == Mode::Out && nothing {
        let length = if data_type.is_array() { length } else { Some(1) };
        let value = match length {
            Some(length) => ParameterValue::Buffer(zeroes(size_bytes(length, element), free_bytes)?),
            None => ParameterValue::Result,
        };
        return Ok((data_type, value));
    }
    match &data_type.shape {
        Shape::Scalar if nothing => Err(format!("is empty: an {} parameter needs a value", mode.name()).into()),
        Shape::Scalar => {
            let value = Scalar::parse(text, element)?;
            if mode == Mode::In {
                return Ok((data_type, ParameterValue::Scalar(value)));
            }
            let mut bytes = Vec::new();
            value.write_to(&mut bytes, element);
            fits(bytes.len(), free_bytes)?;
            Ok((data_type, ParameterValue::Buffer(bytes.into())))
        }
        // `char[]` is a text, unless its value is a list of numbers.
        Shape::Text => match list::read(text, element, free_bytes) {
            Ok(list) if length.is_none_or(|length| list.lengths == [length]) && list.lengths.len() == 1 => {
                let data_type = DataType { shape: Shape::Array { inner: Vec::new() }, ..data_type };
                Ok((data_type, ParameterValue::Buffer(list.bytes.into())))
            }
            _ if mode == Mode::Out && length.is_none() => Err(value_of_result().into()),
            _ => Ok((data_type, ParameterValue::Buffer(read_text(text, length, free_bytes)?))),
        },
        // `read_bytes` takes these.
        Shape::Bytes => Err("is not base64 of bytes".to_owned().into()),
        Shape::Array { inner } => {
            if nothing {
                return Err(format!("is empty: an {} array is a JSON list", mode.name()).into());
            }
            let list = list::read(text, element, free_bytes)?;
            let inner = fitting_shape(&list.lengths, length, inner)?;
            let data_type = DataType { shape: Shape::Array { inner }, ..data_type };
            Ok((data_type, ParameterValue::Buffer(list.bytes.into())))
        }
    }
}

/// Takes bytes as they are.
fn read_bytes(
    bytes: Vec<u8>,
    data_type: DataType,
    mode: Mode,
    free_bytes: usize,
) -> Result<(DataType, ParameterValue), Problem> {
    if mode != Mode::Out {
        fits(bytes.len(), free_bytes)?;
        return Ok((data_type, ParameterValue::Buffer(bytes.into())));
    }
    if bytes.is_empty() { Ok((data_type, ParameterValue::Result)) } else { Err(value_of_result().into()) }
}

fn value_of_result() -> String {
    "is there, but an OUT parameter of this type is the function's result: leave it empty".to_owned()
}

/// The lengths of inner arrays, if a list of these `lengths` may be one of `length` elements in all, in arrays of `inner`.
fn fitting_shape(lengths: &[usize], length: Option<usize>, inner: &[usize]) -> Result<Vec<usize>, String> {
    let elements: usize = lengths.iter().product();
    if let Some(length) = length.filter(|length| *length != elements) {
        return Err(format!("has {elements} elements, but the type says {length}"));
    }
    match lengths {
        [_] => {
            let row: usize = inner.iter().product();
            if elements.is_multiple_of(row) {
                return Ok(inner.to_vec());
            }
            Err(format!("has {elements} elements, which are no whole rows of {row}"))
        }
        [_, rows @ ..] if inner.is_empty() => {
            if rows.contains(&0) {
                Ok(Vec::new())
            } else {
                Ok(rows.to_vec())
            }
        }
        [_, rows @ ..] if rows == inner => Ok(rows.to_vec()),
        _ => Err("is a list of lists whose lengths are not those of the type".to_owned()),
    }
}

/// A text with its terminating zero, in a buffer of so many characters.
fn read_text(text: &str, size: Option<usize>, free_bytes: usize) -> Result<Content, Problem> {
    if text.contains('\0') {
        return Err("has a character 0, where C would see its end".to_owned().into());
    }
    let length = text.len() + 1;
    let size_bytes = size.unwrap_or(length);
    if size_bytes < length {
        let message =
            format!("has {} bytes and a terminating 0, which do not fit into `char[{size_bytes}]`", text.len());
        return Err(message.into());
    }
    fits(size_bytes, free_bytes)?;
    let mut bytes = with_room(length).ok_or(Problem::NoMemory)?;
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    Ok(Content { bytes, size_bytes })
}

fn zeroes(size_bytes: Option<usize>, free_bytes: usize) -> Result<Content, String> {
    let size_bytes = size_bytes.ok_or_else(too_large)?;
    fits(size_bytes, free_bytes)?;
    Ok(Content { bytes: Vec::new(), size_bytes })
}

fn fits(size_bytes: usize, free_bytes: usize) -> Result<(), String> {
    if size_bytes <= free_bytes { Ok(()) } else { Err(too_large()) }
}

pub(crate) fn too_large() -> String {
    "does not fit into the memory that a call may use".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Content, ParameterValue, STANDARD, read_all};
    use crate::{RequestError, list};
    use base64::Engine as _;
    use proptest::prelude::*;

    const MEMORY_BYTES: usize = 1024;

    fn json(type_name: &str, value: &str, mode: &str) -> Vec<u8> {
        let value = STANDARD.encode(value);
        format!(r#"{{"type":"{type_name}","var_name":"x","value":"{value}","mode":"{mode}"}}"#).into_bytes()
    }

    /// Reads a second parameter after a good first one, and gives the field that it complains about.
    fn field_at_fault(second: &[u8]) -> String {
        let good = json("int", "1", "IN");
        match read_all(&[good, second.to_vec()], MEMORY_BYTES) {
            Err(RequestError::BadParameter { field, message }) => {
                assert!(!message.is_empty());
                field
            }
            other => panic!("not refused as a bad parameter: {other:?}"),
        }
    }

    fn buffer_text(type_name: &str, value: &str, mode: &str) -> String {
        let parameter = read_all(&[json(type_name, value, mode)], MEMORY_BYTES).unwrap().remove(0);
        match parameter.value {
            ParameterValue::Buffer(mut content) => {
                content.bytes.resize(content.size_bytes, 0);
                let content = list::content(&content.bytes, &parameter.data_type, MEMORY_BYTES);
                String::from_utf8(content.unwrap()).unwrap()
            }
            ParameterValue::Scalar(_) | ParameterValue::Result => panic!("no buffer for {type_name} {mode}"),
        }
    }

    #[test]
    fn what_is_no_parameter_object_is_named_as_a_whole() {
        for bytes in [&b""[..], b"{", b"[]", b"7", b"\"x\"", b"null", b"\xff\xfe", b"\x80\x04K\x03."] {
            assert_eq!(field_at_fault(bytes), "params[1]");
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (bytes, field) in [
            (r#"{"var_name":"x","value":"MQ==","mode":"IN"}"#, "params[1].type"),
            (r#"{"type":7,"var_name":"x","value":"MQ==","mode":"IN"}"#, "params[1].type"),
            (r#"{"type":"quux","var_name":"x","value":"MQ==","mode":"IN"}"#, "params[1].type"),
            (r#"{"type":"int[","var_name":"x","value":"MQ==","mode":"IN"}"#, "params[1].type"),
            (r#"{"type":"int[-1]","var_name":"x","value":"MQ==","mode":"IN"}"#, "params[1].type"),
            (r#"{"type":"int","value":"MQ==","mode":"IN"}"#, "params[1].var_name"),
            (r#"{"type":"int","var_name":null,"value":"MQ==","mode":"IN"}"#, "params[1].var_name"),
            (r#"{"type":"int","var_name":"x","value":"MQ=="}"#, "params[1].mode"),
            (r#"{"type":"int","var_name":"x","value":"MQ==","mode":"BOTH"}"#, "params[1].mode"),
            (r#"{"type":"int","var_name":"x","mode":"IN"}"#, "params[1].value"),
            (r#"{"type":"int","var_name":"x","value":1,"mode":"IN"}"#, "params[1].value"),
            (r#"{"type":"int","var_name":"x","value":"","mode":"IN"}"#, "params[1].value"),
            (r#"{"type":"int","var_name":"x","value":"%%","mode":"IN"}"#, "params[1].value"),
            (r#"{"type":"int","var_name":"x","value":"MQ","mode":"IN"}"#, "params[1].value"),
            (r#"{"type":"int","var_name":"x","value":"//8=","mode":"IN"}"#, "params[1].value"),
        ] {
            assert_eq!(field_at_fault(bytes.as_bytes()), field, "{bytes}");
        }
        assert_eq!(field_at_fault(&json("char", "300", "IN")), "params[1].value");
        assert_eq!(field_at_fault(&json("int", "x", "OUT")), "params[1].value");
    }

    #[test]
    fn an_out_parameter_starts_at_zero_or_at_the_value_it_brings() {
        assert_eq!(buffer_text("float", "", "OUT"), "0");
        assert_eq!(buffer_text("float", "2.5", "OUT"), "2.5");
        let without_value = br#"{"type":"int","var_name":"x","mode":"OUT"}"#.to_vec();
        assert!(read_all(&[without_value], MEMORY_BYTES).is_ok());
    }

    #[test]
    fn arrays_are_json_lists_in_both_directions() {
        assert_eq!(buffer_text("int[]", " [1, -2,3 ] ", "IN"), "[1,-2,3]");
        assert_eq!(buffer_text("int[3]", "[1,2,3]", "IN"), "[1,2,3]");
        assert_eq!(buffer_text("short[]", "[]", "IN"), "[]");
        assert_eq!(buffer_text("unsigned char[2]", "", "OUT"), "[0,0]");
        assert_eq!(buffer_text("double[]", r#"["inf", 1e300, "-inf"]"#, "OUT"), r#"["inf",1e300,"-inf"]"#);
    }

    #[test]
    fn arrays_of_arrays_take_lists_of_lists_or_all_elements_in_one() {
        for (type_name, value, expected) in [
            ("int[2][3]", "[[1,2,3],[4,5,6]]", "[[1,2,3],[4,5,6]]"),
            ("int[][3]", "[[1,2,3],[4,5,6]]", "[[1,2,3],[4,5,6]]"),
            ("int[][3]", "[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]"),
            ("int[]", "[[1,2,3],[4,5,6]]", "[[1,2,3],[4,5,6]]"),
            ("int[6]", "[1,2,3,4,5,6]", "[1,2,3,4,5,6]"),
            ("int[2][1]", "[]", ""),
            ("int[][1]", "[]", "[]"),
        ] {
            if expected.is_empty() {
                assert_eq!(field_at_fault(&json(type_name, value, "INOUT")), "params[1].value");
            } else {
                assert_eq!(buffer_text(type_name, value, "INOUT"), expected, "{type_name} {value}");
            }
        }
        assert_eq!(buffer_text("short[2][2]", "", "OUT"), "[[0,0],[0,0]]");
        for (type_name, value) in [
            ("int[2][3]", "[[1,2],[3,4],[5,6]]"),
            ("int[2][3]", "[1,2,3]"),
            ("int[][3]", "[1,2,3,4]"),
            ("int[][3]", "[[1],[2],[3]]"),
            ("int[2][2][2]", "[[1,2],[3,4],[5,6],[7,8]]"),
        ] {
            assert_eq!(field_at_fault(&json(type_name, value, "IN")), "params[1].value", "{type_name} {value}");
        }
    }

    #[test]
    fn texts_are_texts_in_every_direction() {
        assert_eq!(buffer_text("char*", " h\u{e4}llo [1] ", "IN"), " h\u{e4}llo [1] ");
        assert_eq!(buffer_text("const char *", "", "IN"), "");
        assert_eq!(buffer_text("char[64]", "", "OUT"), "");
        assert_eq!(buffer_text("char[6]", "hello", "INOUT"), "hello");
        assert_eq!(buffer_text("char[]", "[104, 105]", "IN"), "[104,105]");
        assert_eq!(buffer_text("char[]", "[104, x]", "IN"), "[104, x]");
        let read = |type_name: &str, value: &str| match read_all(&[json(type_name, value, "IN")], MEMORY_BYTES) {
            Ok(mut parameters) => match parameters.remove(0).value {
                ParameterValue::Buffer(content) => content.size_bytes,
                other => panic!("no buffer: {other:?}"),
            },
            Err(error) => panic!("{error}"),
        };
        assert_eq!((read("char*", "abc"), read("char[64]", "abc")), (4, 64));
        for (type_name, value, mode) in [("char[5]", "hello", "IN"), ("char*", "a\0b", "IN"), ("char[9999]", "a", "IN")]
        {
            assert_eq!(field_at_fault(&json(type_name, value, mode)), "params[1].value", "{type_name} {value}");
        }
        let missing = br#"{"type":"char*","var_name":"x","mode":"INOUT"}"#;
        assert_eq!(field_at_fault(missing), "params[1].value");
    }

    #[test]
    fn what_goes_both_ways_needs_a_value() {
        assert_eq!(buffer_text("float", "2.5", "INOUT"), "2.5");
        for type_name in ["float", "float[]", "float[2]"] {
            assert_eq!(field_at_fault(&json(type_name, "", "INOUT")), "params[1].value");
        }
    }

    #[test]
    fn an_out_array_without_values_holds_no_memory_before_the_call() {
        let parameter = read_all(&[json("char[1024]", "", "OUT")], MEMORY_BYTES).unwrap().remove(0);
        assert_eq!(parameter.value, ParameterValue::Buffer(Content { bytes: Vec::new(), size_bytes: 1024 }));
    }

    #[test]
    fn lists_that_do_not_fit_their_type_are_refused() {
        for (type_name, value, mode) in [
            ("int[]", "1,2", "IN"),
            ("int[]", "[1,]", "IN"),
            ("int[]", "[1,,2]", "IN"),
            ("int[]", "[[1],[2,3]]", "IN"),
            ("int[]", "[1.5]", "IN"),
            ("signed char[]", "[128]", "IN"),
            ("int[2]", "[1,2,3]", "IN"),
            ("int[]", "", "IN"),
            ("char*", "a", "OUT"),
            ("bytes", "a", "OUT"),
            ("int[18446744073709551615]", "", "OUT"),
            ("int[257]", "", "OUT"),
        ] {
            assert_eq!(field_at_fault(&json(type_name, value, mode)), "params[1].value", "{type_name} {value}");
        }
    }

    #[test]
    fn texts_get_a_nul_and_bytes_stay_as_they_are() {
        let content = |type_name: &str, value: &str| match read_all(&[json(type_name, value, "IN")], MEMORY_BYTES) {
            Ok(mut parameters) => match parameters.remove(0).value {
                ParameterValue::Buffer(content) => content.bytes,
                other => panic!("no buffer: {other:?}"),
            },
            Err(error) => panic!("{error}"),
        };
        assert_eq!(content("char*", "aä"), "aä\0".as_bytes());
        assert_eq!(content(" const char * ", ""), b"\0");
        assert_eq!(content("bytes", "a\0b"), b"a\0b");
        assert_eq!(content("bytes", ""), b"");
        let raw = br#"{"type":"bytes","var_name":"x","value":"//8=","mode":"IN"}"#.to_vec();
        assert!(read_all(std::slice::from_ref(&raw), MEMORY_BYTES).is_ok());
        assert!(read_all(&[raw], 1).is_err());
    }

    #[test]
    fn an_out_array_of_no_length_is_the_functions_result() {
        for type_name in ["int[]", "char*", "bytes"] {
            let parameter = read_all(&[json(type_name, "", "OUT")], MEMORY_BYTES).unwrap().remove(0);
            assert_eq!(parameter.value, ParameterValue::Result);
        }
    }

    #[test]
    fn buffers_share_the_memory_that_a_call_may_use() {
        let half = json("char[512]", "", "OUT");
        assert!(read_all(&[half.clone(), half.clone()], MEMORY_BYTES).is_ok());
        assert!(read_all(&[half.clone(), half.clone(), json("short[]", "[1]", "IN")], MEMORY_BYTES).is_err());
        assert!(read_all(&[half.clone(), half, json("char", "", "OUT")], MEMORY_BYTES).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_all(&[bytes], MEMORY_BYTES);
        }

        #[test]
        fn no_field_contents_make_reading_panic(type_name in "[a-z\\[\\]0-9 ]{0,16}", value in "[\\[\\]0-9,.\"e -]{0,16}") {
            for mode in ["IN", "OUT", "INOUT"] {
                let _ = read_all(&[json(&type_name, &value, mode)], MEMORY_BYTES);
                let _ = read_all(&[json("int[]", &value, mode)], MEMORY_BYTES);
            }
        }
    }
}
