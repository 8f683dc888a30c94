//! A text that says all that a value is, identity of what is mutable included. `cpython.py` gives the same for objects.

use skerry_pickle::{Data, DateTime, Id, Time, TimeDelta, Value};
use std::collections::HashMap;

pub(crate) fn describe(data: &Data) -> String {
    Description { data, numbers: HashMap::new() }.of(data.root())
}

struct Description<'a> {
    data: &'a Data,
    /// Of what is mutable, by first appearance.
    numbers: HashMap<Id, usize>,
}

impl Description<'_> {
    fn of(&mut self, id: Id) -> String {
        let value = &self.data[id];
        if matches!(value, Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::ByteArray(_)) {
            let next = self.numbers.len();
            if let Some(number) = self.numbers.get(&id) {
                return format!("#{number}");
            }
            self.numbers.insert(id, next);
            return format!("#{next}={}", self.of_value(value));
        }
        self.of_value(value)
    }

    fn all(&mut self, ids: &[Id]) -> String {
        ids.iter().map(|id| self.of(*id)).collect::<Vec<_>>().join(",")
    }

    fn sorted(&mut self, ids: &[Id]) -> String {
        let mut all: Vec<String> = ids.iter().map(|id| self.of(*id)).collect();
        all.sort();
        all.join(",")
    }

    fn of_value(&mut self, value: &Value) -> String {
        match value {
            Value::None => "None".to_owned(),
            Value::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
            Value::Int(number) => format!("int {number}"),
            Value::BigInt(number) => format!("int {}", number.to_decimal().unwrap_or_default()),
            Value::Float(number) => format!("float {}", hex(&number.to_be_bytes())),
            Value::Complex(real, imaginary) => {
                format!("complex {} {}", hex(&real.to_be_bytes()), hex(&imaginary.to_be_bytes()))
            }
            Value::Str(text) => format!("str {}", hex(text.as_bytes())),
            Value::Bytes(bytes) => format!("bytes {}", hex(bytes)),
            Value::ByteArray(bytes) => format!("bytearray {}", hex(bytes)),
            Value::List(items) => format!("[{}]", self.all(items)),
            Value::Tuple(items) => format!("({})", self.all(items)),
            Value::Set(items) => format!("set{{{}}}", self.sorted(items)),
            Value::FrozenSet(items) => format!("frozenset{{{}}}", self.sorted(items)),
            Value::Dict(pairs) => {
                let pairs: Vec<_> =
                    pairs.iter().map(|(key, value)| format!("{}:{}", self.of(*key), self.of(*value))).collect();
                format!("{{{}}}", pairs.join(","))
            }
            Value::Date(date) => format!("date {} {} {}", date.year, date.month, date.day),
            Value::Time(time) => format!("time {}", self.of_time(time)),
            Value::DateTime(DateTime { date, time }) => {
                format!("datetime {} {} {} {}", date.year, date.month, date.day, self.of_time(time))
            }
            Value::TimeDelta(delta) => format!("timedelta {}", of_delta(delta)),
            Value::TimeZone(offset, name) => {
                let name = name.as_ref().map(|name| hex(name.as_bytes())).unwrap_or_default();
                format!("timezone {} {name}", of_delta(offset))
            }
            Value::Decimal(text) => format!("Decimal {text}"),
        }
    }

    fn of_time(&mut self, time: &Time) -> String {
        let Time { hour, minute, second, microsecond, fold, tz } = time;
        let tz = tz.map_or("None".to_owned(), |tz| self.of(tz));
        format!("{hour} {minute} {second} {microsecond} {} {tz}", u8::from(*fold))
    }
}

fn of_delta(delta: &TimeDelta) -> String {
    format!("{} {} {}", delta.days, delta.seconds, delta.microseconds)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hexadecimal digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
