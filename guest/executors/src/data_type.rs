//! The type of a request's parameter, from its name: a scalar type, a text, or an array.

use crate::scalar::{shorten, size_of};
use skerry_c_compiler::ScalarType;

/// Arrays of arrays of arrays of arrays, and no more.
const MAX_DIMENSIONS: usize = 4;

/// What a parameter holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataType {
    /// The type of the value, or of each element.
    pub(crate) element: ScalarType,
    pub(crate) shape: Shape,
    /// Whether the type is written as an enumeration, which C lets be of `int` or of `unsigned int`.
    pub(crate) is_enum: bool,
}

/// How many values there are, and how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One.
    Scalar,
    /// A JSON list; of an array of arrays, the lengths of the inner ones.
    Array { inner: Vec<usize> },
    /// Characters, as the text that they are.
    Text,
    /// Bytes, as they are.
    Bytes,
}

/// A type as a request names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedType {
    pub(crate) data_type: DataType,
    /// How many elements there are, where the name says so.
    pub(crate) length: Option<usize>,
}

impl DataType {
    pub(crate) fn scalar(element: ScalarType) -> Self {
        Self { element, shape: Shape::Scalar, is_enum: false }
    }

    /// Whether it is passed by its address, whichever way it goes.
    pub(crate) fn is_array(&self) -> bool {
        self.shape != Shape::Scalar
    }

    /// The type as a request writes it: `int`, `int[]`, `int[][4]`, `char*`.
    pub(crate) fn name(&self) -> String {
        let mut name = if self.is_enum { "enum".to_owned() } else { self.element.name().to_owned() };
        match &self.shape {
            Shape::Scalar => {}
            Shape::Text => name.push('*'),
            Shape::Bytes => return "bytes".to_owned(),
            Shape::Array { inner } => {
                name.push_str("[]");
                for length in inner {
                    name.push('[');
                    name.push_str(&length.to_string());
                    name.push(']');
                }
            }
        }
        name
    }
}

/// Whether the type is one of characters, or of the numbers that hold them.
pub(crate) fn is_character(element: ScalarType) -> bool {
    matches!(element, ScalarType::Char | ScalarType::SignedChar | ScalarType::UnsignedChar)
}

/// Reads a type's name: a scalar type, alone or with `[]`, `[4]`, `[][4]` behind it; `char*`; `enum color`.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(crate) fn read(name: &str) -> Result<NamedType, String> {
    let unknown = || {
        format!(
            "`{}` is not a C scalar type, nor an array `type[]` or `type[length]` of one, nor `char*` or `bytes`",
            shorten(name)
        )
    };
    let mut rest = name.trim_ascii();
    if rest == "bytes" {
        let data_type = DataType { element: ScalarType::UnsignedChar, shape: Shape::Bytes, is_enum: false };
        return Ok(NamedType { data_type, length: None });
    }
    if let Some(target) = rest.strip_suffix('*') {
        return read_pointer(name, target.trim_ascii());
    }
    let mut lengths = Vec::new();
    while let Some(array) = rest.strip_suffix(']') {
        let (before, length) = array.rsplit_once('[').ok_or_else(unknown)?;
        let length = length.trim_ascii();
        lengths.push(if length.is_empty() { None } else { Some(length.parse().map_err(|_| unknown())?) });
        rest = before.trim_ascii();
    }
    lengths.reverse();
    if lengths.len() > MAX_DIMENSIONS {
        return Err(format!("`{}` has more than {MAX_DIMENSIONS} dimensions", shorten(name)));
    }
    let is_enum = rest.split_ascii_whitespace().next() == Some("enum");
    let element =
        if is_enum { ScalarType::Int } else { ScalarType::from_name(rest).ok_or_else(|| reason(rest, unknown()))? };
    let Some((outer, inner)) = lengths.split_first() else {
        return Ok(NamedType { data_type: DataType { is_enum, ..DataType::scalar(element) }, length: None });
    };
    let inner: Option<Vec<usize>> = inner.iter().copied().collect();
    let inner = inner.ok_or_else(|| format!("`{}`: only the first length may be left out", shorten(name)))?;
    let rows = inner.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
    let length = match (outer, rows) {
        (_, None | Some(0)) => return Err(format!("`{}` has no possible size", shorten(name))),
        (None, _) => None,
        (Some(outer), Some(rows)) => {
            let elements = outer.checked_mul(rows);
            Some(elements.ok_or_else(|| format!("`{}` has no possible size", shorten(name)))?)
        }
    };
    if element == ScalarType::Char && !inner.is_empty() {
        return Err(format!("`{}`: arrays of texts are not supported; numbers go as `signed char`", shorten(name)));
    }
    // Whether it is a text or a list, its value says.
    let shape = if element == ScalarType::Char { Shape::Text } else { Shape::Array { inner } };
    Ok(NamedType { data_type: DataType { element, shape, is_enum }, length })
}

fn read_pointer(name: &str, target: &str) -> Result<NamedType, String> {
    match ScalarType::from_name(target) {
        Some(element) if is_character(element) => {
            Ok(NamedType { data_type: DataType { element, shape: Shape::Text, is_enum: false }, length: None })
        }
        Some(element) => Err(format!(
            "`{}`: for a pointer give what it points to: `{element}` for one value, `{element}[]` for an array",
            shorten(name),
            element = element.name()
        )),
        None => Err(reason(target, format!("`{}` is not a type that can be passed; texts are `char*`", shorten(name)))),
    }
}

/// What to say of a type that cannot be passed.
fn reason(name: &str, otherwise: String) -> String {
    if matches!(name.split_ascii_whitespace().next(), Some("struct" | "union")) {
        format!("`{}` cannot be passed: pass its members as parameters of their own", shorten(name))
    } else {
        otherwise
    }
}

/// How many bytes so many elements take.
pub(crate) fn size_bytes(length: usize, element: ScalarType) -> Option<usize> {
    length.checked_mul(size_of(element))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_element_and_lengths() {
        for (name, shown, length) in [
            ("int", "int", None),
            (" unsigned  long ", "unsigned long", None),
            ("int[]", "int[]", None),
            ("const double [ 3 ]", "double[]", Some(3)),
            ("int[3][4]", "int[][4]", Some(12)),
            ("short[][2][5]", "short[][2][5]", None),
            ("char*", "char*", None),
            ("const char *", "char*", None),
            ("uint8_t *", "unsigned char*", None),
            ("char[64]", "char*", Some(64)),
            (" bytes", "bytes", None),
            ("enum color", "enum", None),
            ("enum[2]", "enum[]", Some(2)),
        ] {
            let NamedType { data_type, length: found } = read(name).unwrap();
            assert_eq!((data_type.name().as_str(), found), (shown, length), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_passed_is_refused_with_advice() {
        for (name, advice) in [
            ("int*", "`int` for one value, `int[]` for an array"),
            ("struct point", "pass its members"),
            ("struct point *", "pass its members"),
            ("char**", "texts are `char*`"),
            ("void*", "texts are `char*`"),
            ("char[2][8]", "arrays of texts"),
            ("int[2][]", "only the first length"),
            ("int[2][0]", "no possible size"),
            ("int[9223372036854775807][4]", "no possible size"),
            ("int[1][1][1][1][1]", "more than 4 dimensions"),
            ("int[", "is not a C scalar type"),
            ("int]", "is not a C scalar type"),
            ("[3]", "is not a C scalar type"),
            ("", "is not a C scalar type"),
        ] {
            let message = read(name).unwrap_err();
            assert!(message.contains(advice), "{name}: {message}");
        }
    }
}
