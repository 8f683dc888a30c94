//! The names that a pickle may mention, and what they stand for as data. Nothing here calls anything of Python's.

use crate::time::{Date, DateTime, Time, TimeDelta};
use crate::value::is_decimal;
use crate::{Data, Id, PickleError, Value};

/// Characters of a refused name that a message shows.
const SHOWN_NAME_CHARS: usize = 100;

/// Packages whose pickles are of code: what they name is never looked at closer.
const CODE_MODULES: [&str; 5] = ["cloudpickle", "dill", "_dill", "marshal", "types"];

/// What a known name stands for when it is applied to arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Set,
    FrozenSet,
    Bytes,
    ByteArray,
    Complex,
    /// `_codecs.encode(text, "latin1")`: how protocol 2 writes bytes.
    LatinBytes,
    OrderedDict,
    Date,
    Time,
    DateTime,
    TimeDelta,
    TimeZone,
    Decimal,
    /// What makes an instance of a class that is named next: never applied, but the class makes the better message.
    Reconstructor,
}

/// Known names. `__builtin__` and `copy_reg` are what protocol 2 calls `builtins` and `copyreg`.
const KNOWN: [(&str, &str, Known); 23] = [
    ("builtins", "set", Known::Set),
    ("__builtin__", "set", Known::Set),
    ("builtins", "frozenset", Known::FrozenSet),
    ("__builtin__", "frozenset", Known::FrozenSet),
    ("builtins", "bytes", Known::Bytes),
    ("__builtin__", "bytes", Known::Bytes),
    ("builtins", "bytearray", Known::ByteArray),
    ("__builtin__", "bytearray", Known::ByteArray),
    ("builtins", "complex", Known::Complex),
    ("__builtin__", "complex", Known::Complex),
    ("_codecs", "encode", Known::LatinBytes),
    ("collections", "OrderedDict", Known::OrderedDict),
    ("datetime", "date", Known::Date),
    ("datetime", "time", Known::Time),
    ("datetime", "datetime", Known::DateTime),
    ("datetime", "timedelta", Known::TimeDelta),
    ("datetime", "timezone", Known::TimeZone),
    ("decimal", "Decimal", Known::Decimal),
    ("copyreg", "_reconstructor", Known::Reconstructor),
    ("copy_reg", "_reconstructor", Known::Reconstructor),
    ("copyreg", "__newobj__", Known::Reconstructor),
    ("copyreg", "__newobj_ex__", Known::Reconstructor),
    ("copy_reg", "__newobj__", Known::Reconstructor),
];

/// What a name stands for.
///
/// # Errors
///
/// [`PickleError::NotPlainData`] or [`PickleError::Code`], with the name.
pub(crate) fn known(module: &str, name: &str) -> Result<Known, PickleError> {
    if let Some((.., known)) = KNOWN.iter().find(|known| (known.0, known.1) == (module, name)) {
        return Ok(*known);
    }
    let shown = format!("{module}.{name}").chars().filter(|one| !one.is_control()).take(SHOWN_NAME_CHARS).collect();
    let package = module.split('.').next().unwrap_or_default();
    if CODE_MODULES.contains(&package) {
        return Err(PickleError::Code { name: shown });
    }
    Err(PickleError::NotPlainData { name: shown })
}

/// The object that a name and its arguments stand for.
///
/// # Errors
///
/// [`PickleError::Value`] if Python itself would not pickle it in this way; [`PickleError::Memory`].
pub(crate) fn apply(data: &mut Data, known: Known, arguments: &[Id]) -> Result<Id, PickleError> {
    let values: Vec<&Value> = arguments.iter().take(4).filter_map(|id| data.get(*id)).collect();
    // What is copied here is counted before.
    let copied_bytes = values.iter().map(|value| value.payload_bytes()).sum();
    let value = value_of(known, &values, arguments).ok_or(PickleError::Value {
        problem: "the pickle makes a value of a known type in an unknown way; only what Python's own pickle writes is read",
    })?;
    value.check()?;
    data.charge(copied_bytes)?;
    data.add(value)
}

fn value_of(known: Known, values: &[&Value], arguments: &[Id]) -> Option<Value> {
    Some(match (known, values) {
        (Known::Set, []) => Value::Set(Vec::new()),
        (Known::Set, [Value::List(items) | Value::Tuple(items)]) => Value::Set(items.clone()),
        (Known::FrozenSet, []) => Value::FrozenSet(Vec::new()),
        (Known::FrozenSet, [Value::List(items) | Value::Tuple(items)]) => Value::FrozenSet(items.clone()),
        (Known::Bytes, []) => Value::Bytes(Vec::new()),
        (Known::ByteArray, []) => Value::ByteArray(Vec::new()),
        (Known::ByteArray, [Value::Bytes(bytes)]) => Value::ByteArray(bytes.clone()),
        (Known::ByteArray, [Value::Str(text), Value::Str(codec)]) => Value::ByteArray(latin_bytes(text, codec)?),
        (Known::LatinBytes, [Value::Str(text), Value::Str(codec)]) => Value::Bytes(latin_bytes(text, codec)?),
        (Known::Complex, [Value::Float(real), Value::Float(imaginary)]) => Value::Complex(*real, *imaginary),
        (Known::OrderedDict, []) => Value::Dict(Vec::new()),
        (Known::Date, [Value::Bytes(bytes)]) => Value::Date(Date::from_bytes(bytes.as_slice().try_into().ok()?)),
        (Known::Time, [Value::Bytes(bytes), rest @ ..]) => {
            Value::Time(Time::from_bytes(bytes.as_slice().try_into().ok()?, time_zone(rest, arguments)?))
        }
        (Known::DateTime, [Value::Bytes(bytes), rest @ ..]) => {
            Value::DateTime(DateTime::from_bytes(bytes.as_slice().try_into().ok()?, time_zone(rest, arguments)?))
        }
        (Known::TimeDelta, [Value::Int(days), Value::Int(seconds), Value::Int(microseconds)]) => {
            let (seconds, microseconds) = (u32::try_from(*seconds).ok()?, u32::try_from(*microseconds).ok()?);
            Value::TimeDelta(TimeDelta { days: i32::try_from(*days).ok()?, seconds, microseconds })
        }
        (Known::TimeZone, [Value::TimeDelta(offset)]) => Value::TimeZone(*offset, None),
        (Known::TimeZone, [Value::TimeDelta(offset), Value::Str(name)]) => {
            Value::TimeZone(*offset, Some(name.as_str().into()))
        }
        (Known::Decimal, [Value::Str(text)]) if is_decimal(text) => Value::Decimal(text.clone()),
        _ => return None,
    })
}

/// The time zone among the arguments behind a time's bytes, of which there is at most this one.
fn time_zone(rest: &[&Value], arguments: &[Id]) -> Option<Option<Id>> {
    match rest {
        [] => Some(None),
        [Value::TimeZone(..)] => Some(arguments.get(1).copied()),
        _ => None,
    }
}

fn latin_bytes(text: &str, codec: &str) -> Option<Vec<u8>> {
    if !matches!(codec, "latin1" | "latin-1") {
        return None;
    }
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}
