//! One parameter of a request: JSON bytes in, checked name, type, direction and value out.
//!
//! The wire form is [`skerry_api::faas::Parameter`]'s; its fields come from `parameter_fields`, so that an error names one.
//! Whether the function wants such a parameter is decided in `arguments`.
//!
//! [`skerry_api::faas::Parameter`]: https://docs.rs/skerry-api

use crate::RequestError;
use crate::memory::with_room;
use crate::parameter_fields;
use crate::parameter_fields::Field;
use crate::scalar::{Scalar, shorten, size_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skerry_c_compiler::ScalarType;

/// A parameter of a request, correct in itself.
#[derive(Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) is_out: bool,
    pub(crate) value: ParameterValue,
}

/// A scalar type, or an array of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataType {
    pub(crate) element: ScalarType,
    pub(crate) shape: Shape,
}

/// Whether a value is one or many, and in which form it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One value.
    Scalar,
    /// An array, as a JSON list.
    List,
    /// An array of `char`, as text.
    Text,
    /// An array of bytes, as they are.
    Bytes,
}

/// What the function gets.
#[derive(Debug, PartialEq)]
pub(crate) enum ParameterValue {
    /// The value itself, for a scalar `IN` parameter.
    Scalar(Scalar),
    /// The address of a copy of the content, for an array or an `OUT` parameter.
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

impl DataType {
    /// The type as the request writes it: `int`, `int[]`.
    pub(crate) fn name(self) -> String {
        match self.shape {
            Shape::Scalar => self.element.name().to_owned(),
            Shape::List => format!("{}[]", self.element.name()),
            Shape::Text => "char*".to_owned(),
            Shape::Bytes => "bytes".to_owned(),
        }
    }

    pub(crate) fn is_array(self) -> bool {
        self.shape != Shape::Scalar
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
    let is_out = match text_of(index, "mode", &fields.mode)? {
        "IN" => false,
        "OUT" => true,
        other => return Err(wrong("mode", format!("is `{}`, which is neither IN nor OUT", shorten(other)))),
    };
    let type_name = text_of(index, "type", &fields.type_name)?;
    let (data_type, length) = read_type(type_name).map_err(|message| wrong("type", message))?;
    let base64 = match &fields.value {
        Field::Missing | Field::Null if is_out => "",
        value => text_of(index, "value", value)?,
    };
    let mut text = with_room(base64::decoded_len_estimate(base64.len())).ok_or(RequestError::NoMemory)?;
    STANDARD.decode_vec(base64, &mut text).map_err(|error| wrong("value", format!("is not base64: {error}")))?;
    let value = match data_type.shape {
        Shape::Text | Shape::Bytes => read_bytes(text, data_type.shape, is_out, free_bytes).map_err(Problem::from),
        _ => match std::str::from_utf8(&text) {
            Ok(text) => read_value(text, data_type, length, is_out, free_bytes),
            Err(_) => Err("is not base64 of UTF-8 text".to_owned().into()),
        },
    };
    let value = value.map_err(|problem| match problem {
        Problem::Value(message) => wrong("value", message),
        Problem::NoMemory => RequestError::NoMemory,
    })?;
    Ok(Parameter { name, data_type, is_out, value })
}

/// Why a value cannot be read.
enum Problem {
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

/// Reads a type's name: a scalar type, alone or with `[]` or `[4]` behind it; `char*`, `const char*`, `bytes`.
fn read_type(name: &str) -> Result<(DataType, Option<usize>), String> {
    let unknown = || {
        let name = shorten(name);
        format!(
            "`{name}` is not a C scalar type, nor an array `type[]` or `type[length]` of one, nor `char*` or `bytes`"
        )
    };
    if name.trim_ascii() == "bytes" {
        return Ok((DataType { element: ScalarType::UnsignedChar, shape: Shape::Bytes }, None));
    }
    if let Some(pointed_to) = name.trim_ascii().strip_suffix('*') {
        return match pointed_to.trim_ascii() {
            "char" | "const char" => Ok((DataType { element: ScalarType::Char, shape: Shape::Text }, None)),
            _ => Err(unknown()),
        };
    }
    let (scalar, is_array, length) = match name.trim_ascii().strip_suffix(']') {
        None => (name, false, None),
        Some(array) => match array.rsplit_once('[').ok_or_else(unknown)? {
            (scalar, "") => (scalar, true, None),
            (scalar, length) => (scalar, true, Some(length.parse().map_err(|_| unknown())?)),
        },
    };
    let element = ScalarType::from_name(scalar).ok_or_else(unknown)?;
    let shape = if is_array { Shape::List } else { Shape::Scalar };
    Ok((DataType { element, shape }, length))
}

/// Takes a text, and a NUL behind it for C, or bytes as they are.
fn read_bytes(
    mut bytes: Vec<u8>,
    shape: Shape,
    is_out: bool,
    free_bytes: &mut usize,
) -> Result<ParameterValue, String> {
    if is_out {
        let message = "is there, but an OUT parameter of this type is the function's result: leave it empty";
        return if bytes.is_empty() { Ok(ParameterValue::Result) } else { Err(message.to_owned()) };
    }
    if shape == Shape::Text {
        if bytes.contains(&0) || std::str::from_utf8(&bytes).is_err() {
            return Err("is not base64 of UTF-8 text without NUL; bytes of any kind have the type `bytes`".to_owned());
        }
        bytes.reserve_exact(1);
        bytes.push(0);
    }
    *free_bytes = free_bytes.checked_sub(bytes.len()).ok_or_else(too_large)?;
    Ok(ParameterValue::Buffer(bytes.into()))
}

fn read_value(
    text: &str,
    data_type: DataType,
    length: Option<usize>,
    is_out: bool,
    free_bytes: &mut usize,
) -> Result<ParameterValue, Problem> {
    let element = data_type.element;
    let nothing = text.trim_ascii().is_empty();
    if nothing && !is_out {
        return Err("is empty: an IN parameter needs a value".to_owned().into());
    }
    if !is_out && !data_type.is_array() {
        return Ok(ParameterValue::Scalar(Scalar::parse(text, element)?));
    }
    let content = match (data_type.is_array(), length) {
        (true, None) if nothing => return Ok(ParameterValue::Result),
        (true, Some(length)) if nothing => zeroes(length, element, *free_bytes)?,
        (true, length) => read_list(text, element, length, *free_bytes)?.into(),
        (false, _) if nothing => zeroes(1, element, *free_bytes)?,
        (false, _) => {
            let mut bytes = Vec::new();
            Scalar::parse(text, element)?.write_to(&mut bytes, element);
            bytes.into()
        }
    };
    *free_bytes = free_bytes.saturating_sub(content.size_bytes);
    Ok(ParameterValue::Buffer(content))
}

fn zeroes(length: usize, element: ScalarType, free_bytes: usize) -> Result<Content, String> {
    match length.checked_mul(size_of(element)) {
        Some(size_bytes) if size_bytes <= free_bytes => Ok(Content { bytes: Vec::new(), size_bytes }),
        _ => Err(too_large()),
    }
}

/// Reads a list in JSON form, `[1, 2, 3]`, into the bytes of an array.
///
/// Each element has the form of a scalar value; in quotation marks, too, since JSON has no other way to say `"inf"`.
fn read_list(text: &str, element: ScalarType, length: Option<usize>, free_bytes: usize) -> Result<Vec<u8>, Problem> {
    let list = text.trim_ascii();
    let list = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let list = list.ok_or_else(|| "is not a JSON list".to_owned())?.trim_ascii();
    let count = if list.is_empty() { 0 } else { list.split(',').count() };
    let size_bytes = count.saturating_mul(size_of(element));
    if size_bytes > free_bytes {
        return Err(too_large().into());
    }
    let mut bytes = with_room(size_bytes).ok_or(Problem::NoMemory)?;
    for (index, item) in list.split(',').take(count).enumerate() {
        let item = item.trim_ascii();
        let item = item.strip_prefix('"').and_then(|item| item.strip_suffix('"')).unwrap_or(item);
        let value = Scalar::parse(item, element).map_err(|message| format!("element {index}: {message}"))?;
        value.write_to(&mut bytes, element);
    }
    match length {
        Some(length) if length != count => Err(format!("has {count} elements, but the type says {length}").into()),
        _ => Ok(bytes),
    }
}

fn too_large() -> String {
    "does not fit into the memory that a call may use".to_owned()
}

/// A buffer's final content in the form of its type: a value, a JSON list, text, or the bytes. `None` when that is longer
/// than `limit_bytes`, which is noticed before it is made: a list is up to three times as long as what it lists, and may
/// not fit in memory.
pub(crate) fn text_of_buffer(bytes: &[u8], data_type: DataType, limit_bytes: usize) -> Option<Vec<u8>> {
    let element = data_type.element;
    match data_type.shape {
        Shape::Scalar => {
            let text = Scalar::from_bytes(bytes, element).to_text();
            return Some(text.into_bytes()).filter(|text| text.len() <= limit_bytes);
        }
        Shape::Text | Shape::Bytes => return (bytes.len() <= limit_bytes).then(|| bytes.to_vec()),
        Shape::List => {}
    }
    let items = bytes.chunks_exact(size_of(element)).map(|item| Scalar::from_bytes(item, element));
    list_of(items, limit_bytes).map(String::into_bytes)
}

/// Values as a JSON list; `None` when it is longer than `limit_bytes`.
pub(crate) fn list_of(values: impl Iterator<Item = Scalar>, limit_bytes: usize) -> Option<String> {
    let mut text = String::from("[");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        let quote = if value.is_json_number() { "" } else { "\"" };
        text.push_str(quote);
        text.push_str(&value.to_text());
        text.push_str(quote);
        if text.len() >= limit_bytes {
            return None;
        }
    }
    text.push(']');
    Some(text).filter(|text| text.len() <= limit_bytes)
}

#[cfg(test)]
mod tests {
    use super::{Content, DataType, ParameterValue, STANDARD, Shape, read_all, text_of_buffer};
    use crate::RequestError;
    use base64::Engine as _;
    use proptest::prelude::*;
    use skerry_c_compiler::ScalarType;

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
                let text = text_of_buffer(&content.bytes, parameter.data_type, MEMORY_BYTES).unwrap();
                String::from_utf8(text).unwrap()
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
            (r#"{"type":"int","var_name":"x","value":"MQ==","mode":"INOUT"}"#, "params[1].mode"),
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
    fn a_text_that_would_be_longer_than_its_limit_is_not_made() {
        let array = DataType { element: ScalarType::Char, shape: Shape::List };
        assert_eq!(text_of_buffer(&[1, 2, 3], array, 7).as_deref(), Some(b"[1,2,3]".as_slice()));
        assert_eq!(text_of_buffer(&[1, 2, 3], array, 6), None);
        assert_eq!(text_of_buffer(&[], array, 2).as_deref(), Some(b"[]".as_slice()));
        assert_eq!(text_of_buffer(&[], array, 1), None);
        for shape in [Shape::Scalar, Shape::Text, Shape::Bytes] {
            assert_eq!(text_of_buffer(&[100], DataType { shape, ..array }, 0), None);
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
            ("int[]", "[[1],[2]]", "IN"),
            ("int[]", "[1.5]", "IN"),
            ("char[]", "[128]", "IN"),
            ("int[2]", "[1,2,3]", "IN"),
            ("int[]", "", "IN"),
            ("char*", "a\0b", "IN"),
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
        assert!(read_all(&[half.clone(), half.clone(), json("char[]", "[1]", "IN")], MEMORY_BYTES).is_err());
        assert!(read_all(&[half.clone(), half, json("char", "", "OUT")], MEMORY_BYTES).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_all(&[bytes], MEMORY_BYTES);
        }

        #[test]
        fn no_field_contents_make_reading_panic(type_name in "[a-z\\[\\]0-9 ]{0,16}", value in "[\\[\\]0-9,.\"e -]{0,16}") {
            for mode in ["IN", "OUT"] {
                let _ = read_all(&[json(&type_name, &value, mode)], MEMORY_BYTES);
                let _ = read_all(&[json("int[]", &value, mode)], MEMORY_BYTES);
            }
        }
    }
}
