//! The JSON Schema of the API's bodies, and the check of a value against it.
//!
//! `serverless-runtime.schema.json` is the only description: it is served, used for validation and built into the OpenAPI
//! document. The walk below knows exactly the keywords that the file uses (JSON Schema 2020-12; a test demands that there
//! are no others). A general validator would bring some 60 crates along for that.
//!
//! What a valid value means to the engine is not decided here.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// The file, as it is served.
pub(crate) const SCHEMA_TEXT: &str = include_str!("serverless-runtime.schema.json");

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(SCHEMA_TEXT).unwrap_or_else(|error| unreachable!("schema file: {error}")));

/// Each `pattern` of the file, compiled once.
static PATTERNS: LazyLock<HashMap<String, Regex>> = LazyLock::new(|| {
    let mut patterns = HashMap::new();
    collect_patterns(&SCHEMA, &mut patterns);
    patterns
});

/// The most characters of a client's own text that a message repeats.
const MOST_QUOTED_CHARS: usize = 64;

/// The whole schema.
pub(crate) fn document() -> &'static Value {
    &SCHEMA
}

/// What does not fit, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// JSON Pointer (RFC 6901) to the value at fault.
    pub(crate) path: String,
    /// What is wrong with it and what would be right.
    pub(crate) message: String,
}

/// Checks `value` against the definition called `name` (below `$defs`).
pub(crate) fn check(name: &str, value: &Value) -> Result<(), Violation> {
    walk(definition(name), value, &mut String::new())
}

/// Takes out of a valid value what the engine sets (`readOnly`) and writes whole numbers as such (`2.0` is an integer in
/// JSON Schema), so that it fits the wire types.
pub(crate) fn clean(name: &str, value: &mut Value) {
    clean_by(definition(name), value);
}

fn definition(name: &str) -> &'static Value {
    SCHEMA.get("$defs").and_then(|definitions| definitions.get(name)).unwrap_or(&Value::Null)
}

fn referred(schema: &Value) -> Option<&'static Value> {
    let reference = schema.get("$ref")?.as_str()?;
    Some(definition(reference.strip_prefix("#/$defs/")?))
}

fn collect_patterns(schema: &Value, patterns: &mut HashMap<String, Regex>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(pattern)) = members.get("pattern") {
                let compiled = Regex::new(pattern).unwrap_or_else(|error| unreachable!("pattern {pattern}: {error}"));
                patterns.insert(pattern.clone(), compiled);
            }
            members.values().for_each(|member| collect_patterns(member, patterns));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_patterns(item, patterns)),
        _ => {}
    }
}

fn walk(schema: &'static Value, value: &Value, path: &mut String) -> Result<(), Violation> {
    if let Some(target) = referred(schema) {
        walk(target, value, path)?;
    }
    check_type(schema, value, path)?;
    check_enum(schema, value, path)?;
    match value {
        Value::Object(members) => check_object(schema, members, path),
        Value::Array(items) => check_array(schema, items, path),
        Value::String(text) => check_text(schema, text, path),
        Value::Number(number) => check_number(schema, number.as_f64().unwrap_or(f64::INFINITY), path),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn check_type(schema: &Value, value: &Value, path: &str) -> Result<(), Violation> {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    if types.iter().any(|name| is_of_type(value, name)) {
        return Ok(());
    }
    let hint = if value.is_string() && types.iter().any(|name| matches!(*name, "integer" | "number")) {
        "; write it without quotes"
    } else {
        ""
    };
    violation(path, format!("is {}, must be {}{hint}", described(value), types.join(" or ")))
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

fn check_enum(schema: &Value, value: &Value, path: &str) -> Result<(), Violation> {
    let Some(Value::Array(allowed)) = schema.get("enum") else { return Ok(()) };
    if allowed.iter().any(|one| same(one, value)) {
        return Ok(());
    }
    let mut choices = String::new();
    for one in allowed {
        let separator = if choices.is_empty() { "" } else { ", " };
        let _ = write!(choices, "{separator}{one}");
    }
    let set_by_the_engine =
        if allowed.iter().any(Value::is_null) && allowed.iter().all(is_empty) { " (the engine sets it)" } else { "" };
    violation(path, format!("is {}, must be absent or one of {choices}{set_by_the_engine}", described(value)))
}

/// Equal as JSON Schema has it: `0` and `0.0` are the same number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn check_object(schema: &'static Value, members: &Map<String, Value>, path: &mut String) -> Result<(), Violation> {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            return violation(path, format!("lacks the member {name}"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    for (name, member) in members {
        let length = path.len();
        push_token(path, name);
        match properties.and_then(|properties| properties.get(name)) {
            Some(property) => walk(property, member, path)?,
            None if closed => {
                let known = properties.map(|known| known.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
                return violation(path, format!("is unknown; known here: {}", known.unwrap_or_default()));
            }
            None => {}
        }
        path.truncate(length);
    }
    Ok(())
}

fn check_array(schema: &'static Value, items: &[Value], path: &mut String) -> Result<(), Violation> {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_u64);
    let count = items.len() as u64;
    if bound("minItems").is_some_and(|least| count < least) || bound("maxItems").is_some_and(|most| count > most) {
        return violation(path, format!("has {count} items, which is too few or too many"));
    }
    let prefix: &'static [Value] = schema.get("prefixItems").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    for (index, item) in items.iter().enumerate() {
        if let Some(expected) = prefix.get(index).or_else(|| schema.get("items")) {
            let length = path.len();
            push_token(path, &index.to_string());
            walk(expected, item, path)?;
            path.truncate(length);
        }
    }
    Ok(())
}

fn check_text(schema: &Value, text: &str, path: &str) -> Result<(), Violation> {
    let count = text.chars().count() as u64;
    if let Some(least) = schema.get("minLength").and_then(Value::as_u64)
        && count < least
    {
        return violation(path, format!("has {count} characters, must have at least {least}"));
    }
    if let Some(most) = schema.get("maxLength").and_then(Value::as_u64)
        && count > most
    {
        return violation(path, format!("has {count} characters, must have at most {most}"));
    }
    match schema.get("pattern").and_then(Value::as_str).and_then(|pattern| PATTERNS.get(pattern)) {
        Some(pattern) if !pattern.is_match(text) => {
            violation(path, "has control characters; leave them out".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_number(schema: &Value, number: f64, path: &str) -> Result<(), Violation> {
    if let Some(least) = schema.get("minimum").and_then(Value::as_f64)
        && number < least
    {
        return violation(path, format!("is {number}, must be at least {least}"));
    }
    match schema.get("maximum").and_then(Value::as_f64) {
        Some(most) if number > most => violation(path, format!("is {number}, must be at most {most}")),
        _ => Ok(()),
    }
}

fn violation(path: &str, what: String) -> Result<(), Violation> {
    let place = if path.is_empty() { "the body".to_owned() } else { quoted(path) };
    Err(Violation { path: path.to_owned(), message: format!("{place} {what}") })
}

/// A value in a few words, however long it is.
fn described(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Null => "null".into(),
        Value::Object(_) => "an object".into(),
        Value::Array(_) => "an array".into(),
        Value::String(text) => format!("the string \"{}\"", quoted(text).escape_debug()).into(),
        Value::Bool(_) | Value::Number(_) => quoted(&value.to_string()).into(),
    }
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Appends a member's name as RFC 6901 writes it, cut where a client made it very long.
fn push_token(path: &mut String, name: &str) {
    path.push('/');
    path.push_str(&quoted(name).replace('~', "~0").replace('/', "~1"));
}

fn clean_by(schema: &'static Value, value: &mut Value) {
    if let Some(target) = referred(schema) {
        clean_by(target, value);
    }
    if let Value::Number(number) = value
        && allows_integer(schema)
        && let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole)
    {
        *value = whole.into();
    }
    let (Value::Object(members), Some(properties)) = (value, schema.get("properties").and_then(Value::as_object))
    else {
        return;
    };
    for (name, property) in properties {
        if property.get("readOnly") == Some(&Value::Bool(true)) {
            members.remove(name);
        } else if let Some(member) = members.get_mut(name) {
            clean_by(property, member);
        }
    }
}

fn allows_integer(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => names.iter().any(|name| name == "integer"),
        _ => false,
    }
}

/// The integer that a float is, where it is one that floats hold exactly and bodies may have (none is negative).
fn whole(number: f64) -> Option<u64> {
    ((0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
