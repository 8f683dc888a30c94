//! The body of `execute-sync` and `execute-async`, from JSON to a call's parts. Says which field is wrong.
//!
//! Reads the fields as they stream by and keeps nothing of what it does not know: a body full of nested lists must not
//! become a tree in memory many times its size. What the parameters mean is the executors' business.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use skerry_executors::{CallOptions, Lang, with_room};

/// Most parameters of one call.
const PARAMS_LIMIT: usize = 256;
/// Longest piece of what a client sent that an error message repeats, in characters.
const QUOTE_LIMIT: usize = 160;

/// A call as the client asks for it, base64 removed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallRequest {
    pub(crate) lang: Lang,
    pub(crate) code: Vec<u8>,
    pub(crate) params: Vec<Vec<u8>>,
    pub(crate) options: CallOptions,
}

/// Why a body is no call (400 unless said otherwise).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("{0}")]
    WrongType(String),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("lang is `{0}`; the languages are C, WASM, PY and NATIVE")]
    UnknownLanguage(String),
    #[error("{field} is not base64: {problem}")]
    NotBase64 { field: String, problem: String },
    #[error("{0} is empty")]
    Empty(String),
    /// (503)
    #[error("the machine has no memory for the request now; try again later")]
    NoMemory,
}

/// Reads a request body.
///
/// # Errors
/// It is not a JSON object with the fields of [`skerry_api::faas::ExecuteRequest`].
pub(crate) fn read(body: &[u8]) -> Result<CallRequest, BodyError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let fields = deserializer.deserialize_any(ObjectVisitor).and_then(|fields| {
        deserializer.end()?;
        Ok(fields)
    });
    let fields = fields.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => BodyError::WrongType(quote(&error.to_string())),
        _ => BodyError::NotJson(quote(&error.to_string())),
    })?;
    let lang = fields.lang.ok_or(BodyError::Missing("lang"))?;
    let code = fields.fc.ok_or(BodyError::Missing("fc"))?;
    let params = fields.params.ok_or(BodyError::Missing("params"))?;
    let lang = Lang::from_name(&lang).ok_or_else(|| BodyError::UnknownLanguage(quote(&lang)))?;
    let code = decode(&code, || "fc".to_owned())?;
    let params = params.iter().enumerate().map(|(index, text)| decode(text, || format!("params[{index}]")));
    let options = CallOptions {
        timeout_ms: fields.timeout_ms.flatten(),
        memory_mib: fields.memory_mib.flatten(),
        max_output_bytes: fields.max_output_bytes.flatten(),
        wants_log: fields.log.flatten().is_some_and(|log| log == 1),
    };
    Ok(CallRequest { lang, code, params: params.collect::<Result<_, _>>()?, options })
}

fn decode(text: &str, field: impl Fn() -> String) -> Result<Vec<u8>, BodyError> {
    let mut bytes = with_room(base64::decoded_len_estimate(text.len())).ok_or(BodyError::NoMemory)?;
    STANDARD.decode_vec(text, &mut bytes).map_err(|error| BodyError::NotBase64 {
        field: field(),
        problem: error.to_string().trim_end_matches('.').to_owned(),
    })?;
    if bytes.is_empty() { Err(BodyError::Empty(field())) } else { Ok(bytes) }
}

/// The beginning of a text that may be long.
fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTE_LIMIT).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

/// The fields that matter, as they stand in the body.
#[derive(Default)]
struct Fields<'a> {
    lang: Option<Cow<'a, str>>,
    fc: Option<Cow<'a, str>>,
    params: Option<Vec<Cow<'a, str>>>,
    fc_hash: Option<()>,
    timeout_ms: Option<Option<u64>>,
    memory_mib: Option<Option<u64>>,
    max_output_bytes: Option<Option<u64>>,
    /// 0 or 1.
    log: Option<Option<u64>>,
}

/// Reads the object. Each visitor's `expecting` names the field, so that serde's own messages do.
struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the body to be a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key_seed(Text { field: "a field's name", index: None })? {
            match &*name {
                "lang" => set(&mut fields.lang, "lang", map.next_value_seed(Text { field: "lang", index: None })?)?,
                "fc" => set(&mut fields.fc, "fc", map.next_value_seed(Text { field: "fc", index: None })?)?,
                "params" => set(&mut fields.params, "params", map.next_value_seed(List)?)?,
                "fc_hash" => set(&mut fields.fc_hash, "fc_hash", map.next_value_seed(Unused)?)?,
                "timeout_ms" => set(&mut fields.timeout_ms, &name, map.next_value_seed(Small::number("timeout_ms"))?)?,
                "memory_mib" => set(&mut fields.memory_mib, &name, map.next_value_seed(Small::number("memory_mib"))?)?,
                "max_output_bytes" => {
                    let value = map.next_value_seed(Small::number("max_output_bytes"))?;
                    set(&mut fields.max_output_bytes, &name, value)?;
                }
                "log" => set(&mut fields.log, &name, map.next_value_seed(Small { field: "log", is_number: false })?)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Fields<'de>, E> {
        Err(E::custom("invalid type: string, expected the body to be a JSON object"))
    }
}

/// Two readers of a field that is there twice may take different ones.
fn set<T, E: serde::de::Error>(field: &mut Option<T>, name: &str, value: T) -> Result<(), E> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom(format_args!("{name} is there twice"))),
    }
}

/// A string; borrowed from the body unless it has escapes.
#[derive(Clone, Copy)]
struct Text {
    field: &'static str,
    index: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(formatter, "{}[{index}] to be a string", self.field),
            None => write!(formatter, "{} to be a string", self.field),
        }
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// The list `params`.
struct List;

impl<'de> DeserializeSeed<'de> for List {
    type Value = Vec<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("params to be a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut params = Vec::new();
        while let Some(text) = list.next_element_seed(Text { field: "params", index: Some(params.len()) })? {
            if params.len() == PARAMS_LIMIT {
                return Err(A::Error::custom(format_args!("params has more than {PARAMS_LIMIT} entries")));
            }
            params.push(text);
        }
        Ok(params)
    }

    // Serde's own message would repeat the string, however long.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("invalid type: string, expected params to be a list of strings"))
    }
}

/// The client's own hash of the function: a string or nothing, and not used.
struct Unused;

impl<'de> DeserializeSeed<'de> for Unused {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Unused {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("fc_hash to be a string, null or absent")
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A whole number, or true or false as 1 and 0. Null is as good as absent.
#[derive(Clone, Copy)]
struct Small {
    field: &'static str,
    is_number: bool,
}

impl Small {
    const fn number(field: &'static str) -> Self {
        Self { field, is_number: true }
    }
}

impl<'de> DeserializeSeed<'de> for Small {
    type Value = Option<u64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Small {
    type Value = Option<u64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_number { "a whole number" } else { "true or false" };
        write!(formatter, "{} to be {kind}", self.field)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        if self.is_number { Ok(Some(number)) } else { Err(E::invalid_type(Unexpected::Unsigned(number), &self)) }
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        if self.is_number { Err(E::invalid_type(Unexpected::Bool(value), &self)) } else { Ok(Some(value.into())) }
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    // Serde's own message would repeat the string, however long.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::invalid_type(Unexpected::Other("string"), &self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refused(body: &str) -> String {
        read(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_fields_may_come_in_any_order_with_others_between_them() {
        let expected = CallRequest {
            lang: Lang::C,
            code: b"int".to_vec(),
            params: vec![b"{}".to_vec(), b"a".to_vec()],
            options: CallOptions::default(),
        };
        for body in [
            r#"{"lang":"C","fc":"aW50","params":["e30=","YQ=="],"fc_hash":"x"}"#,
            r#" {"x":[{"y":[1,2]}],"params":["e30=","Y\u0051=="],"z":null,"fc_hash":null,"fc":"aW50","lang":"\u0043"} "#,
        ] {
            assert_eq!(read(body.as_bytes()).as_ref(), Ok(&expected), "{body}");
        }
    }

    #[test]
    fn options_are_numbers_and_a_switch_and_null_is_as_good_as_absent() {
        let options = |fields: &str| {
            let body = format!(r#"{{"lang":"C","fc":"aW50","params":[],{fields}}}"#);
            read(body.as_bytes()).unwrap().options
        };
        let all = CallOptions { timeout_ms: Some(5), memory_mib: Some(0), max_output_bytes: Some(7), wants_log: true };
        assert_eq!(options(r#""timeout_ms":5,"memory_mib":0,"max_output_bytes":7,"log":true"#), all);
        let none = r#""timeout_ms":null,"memory_mib":null,"max_output_bytes":null,"log":null"#;
        assert_eq!(options(none), CallOptions::default());
        assert_eq!(options(r#""log":false"#), CallOptions::default());
    }

    #[test]
    fn what_is_not_json_is_told_with_its_place() {
        for body in ["", "{", "nonsense", "{\"lang\":}", "{} {}", "{\"lang\":\"C\"", "\u{0}"] {
            let message = refused(body);
            assert!(message.starts_with("the body is not JSON: ") && message.contains("line 1"), "{message}");
        }
        assert!(matches!(read(b"{\"lang\":\"\xff\"}"), Err(BodyError::NotJson(_))));
    }

    #[test]
    fn a_wrong_type_names_its_field() {
        for (body, field) in [
            (r"[]", "the body to be a JSON object"),
            (r#""text""#, "the body to be a JSON object"),
            (r#"{"lang":5}"#, "lang to be a string"),
            (r#"{"lang":null}"#, "lang to be a string"),
            (r#"{"fc":["x"]}"#, "fc to be a string"),
            (r#"{"params":{}}"#, "params to be a list of strings"),
            (r#"{"params":"x"}"#, "params to be a list of strings"),
            (r#"{"params":["x","y",3.5]}"#, "params[2] to be a string"),
            (r#"{"fc_hash":7}"#, "fc_hash to be a string, null or absent"),
            (r#"{"timeout_ms":"5"}"#, "timeout_ms to be a whole number"),
            (r#"{"timeout_ms":-1}"#, "timeout_ms to be a whole number"),
            (r#"{"memory_mib":1.5}"#, "memory_mib to be a whole number"),
            (r#"{"max_output_bytes":true}"#, "max_output_bytes to be a whole number"),
            (r#"{"max_output_bytes":99999999999999999999}"#, "max_output_bytes to be a whole number"),
            (r#"{"log":1}"#, "log to be true or false"),
            (r#"{"log":[]}"#, "log to be true or false"),
            (r#"{"log":true,"log":null}"#, "log is there twice"),
            (r#"{"lang":"C","lang":"C"}"#, "lang is there twice"),
        ] {
            assert!(refused(body).contains(field), "{body}: {}", refused(body));
        }
    }

    #[test]
    fn a_missing_field_is_named() {
        assert_eq!(refused("{}"), "lang is missing");
        assert_eq!(refused(r#"{"lang":"C"}"#), "fc is missing");
        assert_eq!(refused(r#"{"lang":"C","fc":"aW50"}"#), "params is missing");
    }

    #[test]
    fn an_unknown_language_is_told_those_that_are_known() {
        let message = refused(r#"{"lang":"COBOL","fc":"aW50","params":[]}"#);
        assert_eq!(message, "lang is `COBOL`; the languages are C, WASM, PY and NATIVE");
    }

    #[test]
    fn bad_base64_and_base64_of_nothing_name_their_field() {
        for (fc, params, field) in [
            ("", "", "fc is empty"),
            ("aW5", "", "fc is not base64"),
            ("a\\nW50", "", "fc is not base64"),
            ("aW50", r#""e30=","*""#, "params[1] is not base64"),
            ("aW50", r#""e30=","""#, "params[1] is empty"),
        ] {
            let body = format!(r#"{{"lang":"C","fc":"{fc}","params":[{params}]}}"#);
            assert!(refused(&body).starts_with(field), "{body}: {}", refused(&body));
        }
    }

    #[test]
    fn a_message_repeats_only_the_beginning_of_what_was_sent() {
        let long = "x".repeat(100_000);
        for body in [
            format!(r#"{{"lang":"{long}","fc":"aW50","params":[]}}"#),
            format!(r#"{{"params":"{long}"}}"#),
            format!(r#""{long}""#),
        ] {
            assert!(refused(&body).len() < 300, "{}", refused(&body).len());
        }
    }

    #[test]
    fn many_parameters_are_refused_before_they_take_memory() {
        let body = format!(r#"{{"params":[{}""]}}"#, r#""","#.repeat(PARAMS_LIMIT));
        assert!(refused(&body).contains("more than 256"), "{}", refused(&body));
    }

    #[test]
    fn deep_nesting_is_refused_or_ignored_but_not_followed() {
        let deep = "[".repeat(100_000);
        assert!(read(format!(r#"{{"lang":{deep}"#).as_bytes()).is_err());
        assert!(read(format!(r#"{{"x":{deep}"#).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn damaged_bodies_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut body = br#"{"lang":"C","fc":"aW50","params":["e30=","YQ=="],"fc_hash":"x"}"#.to_vec();
            let at = at.index(body.len());
            body[at] = byte;
            let _ = read(&body);
        }
    }
}
