//! The JSON object of one parameter, read as it streams by. What the fields say is `parameter`'s business.
//!
//! Nothing is kept but the four fields that matter, and they are borrowed from the bytes where they have no escapes: an
//! object full of nested lists must not become a tree in memory many times its size.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A field's value, as far as it can be one.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum Field<'a> {
    #[default]
    Missing,
    Null,
    Text(Cow<'a, str>),
    /// Anything else, not kept.
    Other,
}

/// The fields of a parameter.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields<'a> {
    pub(crate) type_name: Field<'a>,
    pub(crate) var_name: Field<'a>,
    pub(crate) value: Field<'a>,
    pub(crate) mode: Field<'a>,
}

impl Field<'_> {
    /// The text, or what is wrong with the field.
    pub(crate) fn text(&self) -> Result<&str, &'static str> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Missing => Err("is missing"),
            Self::Null | Self::Other => Err("is not a string"),
        }
    }
}

/// Reads the object.
///
/// # Errors
/// It is not JSON, not an object, or has a field twice (of which two readers may take different ones).
pub(crate) fn read(json: &[u8]) -> Result<Fields<'_>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let fields = deserializer.deserialize_map(FieldsVisitor)?;
    deserializer.end()?;
    Ok(fields)
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Field::Text(name)) = map.next_key()? {
            let field = match &*name {
                "type" => &mut fields.type_name,
                "var_name" => &mut fields.var_name,
                "value" => &mut fields.value,
                "mode" => &mut fields.mode,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if *field != Field::Missing {
                return Err(A::Error::custom(format_args!("{name} is there twice")));
            }
            *field = map.next_value()?;
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{Field, Fields, read};

    #[test]
    fn fields_come_in_any_order_among_others_and_are_borrowed_where_they_can_be() {
        let json = br#" {"mode":"IN","x":[{"type":1},[[]]],"type":"in\u0074","value":null,"var_name":["x",{}]} "#;
        let Fields { type_name, var_name, value, mode } = read(json).unwrap();
        assert_eq!(type_name, Field::Text(Cow::Owned("int".to_owned())));
        assert!(matches!(mode, Field::Text(Cow::Borrowed("IN"))), "{mode:?}");
        assert_eq!((value, var_name), (Field::Null, Field::Other));
    }

    #[test]
    fn every_kind_of_value_is_told_from_text() {
        for text in ["1", "-1", "1.5", "true", "[]", "{}", "[1,[2]]", r#"{"a":{"b":1}}"#] {
            let json = format!(r#"{{"type":{text}}}"#);
            let type_name = read(json.as_bytes()).unwrap().type_name;
            assert_eq!(type_name.text(), Err("is not a string"), "{text}");
        }
        assert_eq!(read(b"{}").unwrap().type_name.text(), Err("is missing"));
    }

    #[test]
    fn what_is_no_object_or_says_a_thing_twice_is_refused() {
        for json in ["", "[]", "1", "null", r#""type""#, "{", r#"{"type"}"#, "{} {}", r#"{"type":"int","type":"int"}"#]
        {
            assert!(read(json.as_bytes()).is_err(), "{json}");
        }
        let deep = format!(r#"{{"x":{}"#, "[".repeat(100_000));
        assert!(read(deep.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&bytes);
        }
    }
}
