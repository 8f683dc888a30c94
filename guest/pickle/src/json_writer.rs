//! Writes data as JSON, as Python's `json.dumps` does, in its most compact form.

use crate::check::check;
use crate::{Data, Id, PickleError, Value};
use std::fmt::Write;

/// Writes data as a JSON text of at most `limit_bytes`. Tuples become lists. Like Python's, the text has `NaN`,
/// `Infinity` and `-Infinity`, which other readers of JSON may not know.
///
/// # Errors
///
/// [`PickleError::NotJson`] and [`PickleError::NotJsonKey`] name the type that JSON has no form for;
/// [`PickleError::JsonForm`] if something contains itself or an `int` has too many digits;
/// [`PickleError::Output`]; a rule that the data breaks.
pub fn to_json(data: &Data, limit_bytes: usize) -> Result<String, PickleError> {
    if check(data)?.is_cyclic {
        return Err(PickleError::JsonForm { what: "a list or dict that contains itself" });
    }
    let mut text = String::new();
    let mut steps = vec![Step::Object(data.root())];
    while let Some(step) = steps.pop() {
        match step {
            Step::Object(id) => write_object(data, id, &mut text, &mut steps)?,
            Step::Text(piece) => text.push_str(piece),
        }
        if text.len() > limit_bytes {
            return Err(PickleError::Output { limit_bytes });
        }
    }
    Ok(text)
}

/// What is still to be written.
enum Step {
    Object(Id),
    Text(&'static str),
}

fn write_object(data: &Data, id: Id, text: &mut String, steps: &mut Vec<Step>) -> Result<(), PickleError> {
    let value = data.get(id).unwrap_or(&Value::None);
    match value {
        Value::None => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => write_display(text, number),
        Value::BigInt(number) => match number.to_decimal() {
            Some(digits) => text.push_str(&digits),
            None => return Err(PickleError::JsonForm { what: "an int of more than 20000 digits" }),
        },
        Value::Float(number) => write_float(text, *number),
        Value::Str(content) => write_string(text, content),
        Value::List(items) | Value::Tuple(items) => {
            text.push('[');
            steps.push(Step::Text("]"));
            for (index, item) in items.iter().enumerate().rev() {
                steps.push(Step::Object(*item));
                if index > 0 {
                    steps.push(Step::Text(","));
                }
            }
        }
        Value::Dict(pairs) => {
            text.push('{');
            steps.push(Step::Text("}"));
            for (index, (key, value)) in pairs.iter().enumerate().rev() {
                match data.get(*key) {
                    Some(Value::Str(_)) => {}
                    other => {
                        return Err(PickleError::NotJsonKey { type_name: other.map_or("", Value::type_name) });
                    }
                }
                steps.push(Step::Object(*value));
                steps.push(Step::Text(":"));
                steps.push(Step::Object(*key));
                if index > 0 {
                    steps.push(Step::Text(","));
                }
            }
        }
        other => return Err(PickleError::NotJson { type_name: other.type_name() }),
    }
    Ok(())
}

fn write_display(text: &mut String, value: impl std::fmt::Display) {
    // Writing to a String does not fail.
    let _ = write!(text, "{value}");
}

fn write_float(text: &mut String, number: f64) {
    match number {
        _ if number.is_nan() => text.push_str("NaN"),
        f64::INFINITY => text.push_str("Infinity"),
        f64::NEG_INFINITY => text.push_str("-Infinity"),
        // The shortest text that is the same number, always with a point or an exponent: so it stays a float.
        _ => write_display(text, format_args!("{number:?}")),
    }
}

fn write_string(text: &mut String, content: &str) {
    text.push('"');
    for character in content.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\x1f' => write_display(text, format_args!("\\u{:04x}", u32::from(character))),
            _ => text.push(character),
        }
    }
    text.push('"');
}
