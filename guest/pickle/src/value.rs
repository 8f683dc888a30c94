//! One Python object.

use crate::integer::BigInteger;
use crate::time::{Date, DateTime, Time, TimeDelta};
use crate::{Id, PickleError};

/// An object. Containers name what they hold by [`Id`], within the same [`Data`](crate::Data).
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named after Python's types")]
pub enum Value {
    None,
    Bool(bool),
    /// An `int` that fits.
    Int(i64),
    /// An `int` that does not fit 64 bits; see [`Value::int_from_signed_bytes`].
    BigInt(BigInteger),
    Float(f64),
    /// A `complex`: real and imaginary part.
    Complex(f64, f64),
    Str(String),
    Bytes(Vec<u8>),
    ByteArray(Vec<u8>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    /// Elements may be there twice, since Python's equality is not known here.
    Set(Vec<Id>),
    FrozenSet(Vec<Id>),
    /// Keys and values in order. Of equal keys the first one counts, with the last one's value, as in Python.
    Dict(Vec<(Id, Id)>),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
    TimeDelta(TimeDelta),
    /// A `datetime.timezone`: offset and name, if it was given one. UTC is offset 0 without a name.
    TimeZone(TimeDelta, Option<Box<str>>),
    /// A `decimal.Decimal`, as the text that `str()` gives; see [`is_decimal`].
    Decimal(String),
}

impl Value {
    /// The type's name, as Python's messages have it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Complex(..) => "complex",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::ByteArray(_) => "bytearray",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Set(_) => "set",
            Value::FrozenSet(_) => "frozenset",
            Value::Dict(_) => "dict",
            Value::Date(_) => "datetime.date",
            Value::Time(_) => "datetime.time",
            Value::DateTime(_) => "datetime.datetime",
            Value::TimeDelta(_) => "datetime.timedelta",
            Value::TimeZone(..) => "datetime.timezone",
            Value::Decimal(_) => "decimal.Decimal",
        }
    }

    /// What it refers to, in order.
    pub(crate) fn children(&self) -> Children<'_> {
        match self {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
                Children::Items(items)
            }
            Value::Dict(pairs) => Children::Pairs(pairs),
            Value::Time(Time { tz: Some(tz), .. })
            | Value::DateTime(DateTime { time: Time { tz: Some(tz), .. }, .. }) => Children::One(*tz),
            _ => Children::None,
        }
    }

    /// Lets `change` rename what it refers to.
    pub(crate) fn for_each_child(&mut self, change: impl Fn(&mut Id)) {
        match self {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
                items.iter_mut().for_each(change);
            }
            Value::Dict(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                change(key);
                change(value);
            }),
            Value::Time(time) | Value::DateTime(DateTime { time, .. }) => time.tz.iter_mut().for_each(change),
            _ => {}
        }
    }

    pub(crate) fn is_container(&self) -> bool {
        matches!(self, Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::FrozenSet(_) | Value::Dict(_))
    }

    /// The bytes that it takes beside its own size.
    pub(crate) fn payload_bytes(&self) -> usize {
        match self {
            Value::BigInt(number) => number.as_signed_bytes().len(),
            Value::Str(text) | Value::Decimal(text) => text.len(),
            Value::Bytes(bytes) | Value::ByteArray(bytes) => bytes.len(),
            Value::TimeZone(_, Some(name)) => name.len(),
            _ => self.children().len().saturating_mul(size_of::<Id>()),
        }
    }

    /// Checks what stands by itself, without what it refers to.
    pub(crate) fn check(&self) -> Result<(), PickleError> {
        match self {
            Value::Date(date) => date.check(),
            Value::Time(time) => time.check(),
            Value::DateTime(DateTime { date, time }) => date.check().and(time.check()),
            Value::TimeDelta(delta) => delta.check(),
            Value::TimeZone(offset, _) => offset.check_as_offset(),
            Value::Decimal(text) if !is_decimal(text) => Err(PickleError::Value { problem: "not a Decimal's text" }),
            _ => Ok(()),
        }
    }
}

/// What a value refers to.
#[derive(Clone, Copy)]
pub(crate) enum Children<'a> {
    None,
    One(Id),
    Items(&'a [Id]),
    Pairs(&'a [(Id, Id)]),
}

impl Children<'_> {
    pub(crate) fn len(self) -> usize {
        match self {
            Children::None => 0,
            Children::One(_) => 1,
            Children::Items(items) => items.len(),
            Children::Pairs(pairs) => pairs.len() * 2,
        }
    }

    pub(crate) fn get(self, index: usize) -> Option<Id> {
        match self {
            Children::None => None,
            Children::One(id) => (index == 0).then_some(id),
            Children::Items(items) => items.get(index).copied(),
            Children::Pairs(pairs) => {
                pairs.get(index / 2).map(|(key, value)| if index.is_multiple_of(2) { *key } else { *value })
            }
        }
    }
}

/// Whether a text is one that `str()` gives for some `decimal.Decimal`.
pub fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if unsigned == "Infinity" {
        return true;
    }
    if let Some(payload) = unsigned.strip_prefix("NaN").or_else(|| unsigned.strip_prefix("sNaN")) {
        return digits(payload);
    }
    let (number, exponent) = unsigned.split_once('E').map_or((unsigned, None), |(number, rest)| (number, Some(rest)));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let exponent_is_right = exponent.is_none_or(|exponent| {
        let plain = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !plain.is_empty() && plain.len() <= 19 && digits(plain)
    });
    exponent_is_right && !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction)
}
