//! Writes data as a pickle that any Python reads.

use crate::check::{Facts, check};
use crate::opcodes as op;
use crate::time::TimeDelta;
use crate::{Data, Id, PickleError, Value};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Protocols that are read and written. A pickle's protocol is its second byte.
pub const PROTOCOLS: RangeInclusive<u8> = 2..=5;

/// Writes data as a pickle of at most `limit_bytes`. Protocols 2 and 3 have no place for a time's `fold`.
///
/// # Errors
///
/// [`PickleError::Protocol`] if it is none of [`PROTOCOLS`]; [`PickleError::Output`]; a rule that the data breaks: a
/// value out of range, a key that is mutable, containers nested too deeply.
pub fn encode_pickle(data: &Data, protocol: u8, limit_bytes: usize) -> Result<Vec<u8>, PickleError> {
    if !PROTOCOLS.contains(&protocol) {
        return Err(PickleError::Protocol { protocol });
    }
    let facts = check(data)?;
    let mut writer =
        Writer { data, facts, protocol, limit_bytes, output: vec![op::PROTO, protocol], memo: HashMap::new() };
    writer.write_all()?;
    writer.emit(&[op::STOP])?;
    Ok(writer.output)
}

/// What is still to be written.
enum Step {
    Object(Id),
    /// Instructions behind an object's parts.
    Instructions(&'static [u8]),
    /// Ends an object that only exists once its parts are written.
    Finish(Id, &'static [u8]),
}

struct Writer<'a> {
    data: &'a Data,
    facts: Facts,
    protocol: u8,
    limit_bytes: usize,
    output: Vec<u8>,
    /// Where in the reader's memo shared objects are.
    memo: HashMap<Id, u32>,
}

/// Ends of tuples by their length; longer ones have a mark.
const TUPLES: [&[u8]; 4] = [&[op::EMPTY_TUPLE], &[op::TUPLE1], &[op::TUPLE2], &[op::TUPLE3]];

impl<'a> Writer<'a> {
    fn write_all(&mut self) -> Result<(), PickleError> {
        let mut steps = vec![Step::Object(self.data.root())];
        while let Some(step) = steps.pop() {
            match step {
                Step::Object(id) => match self.memo.get(&id) {
                    Some(place) => self.get(*place)?,
                    None => self.begin(id, &mut steps)?,
                },
                Step::Instructions(instructions) => self.emit(instructions)?,
                Step::Finish(id, end) => self.finish(id, end)?,
            }
        }
        Ok(())
    }

    /// Ends an object. If it contains itself, it was written within itself meanwhile: then that one counts, and its
    /// parts are taken from the stack again.
    fn finish(&mut self, id: Id, end: &'static [u8]) -> Result<(), PickleError> {
        let Some(place) = self.memo.get(&id).copied() else {
            self.emit(end)?;
            return self.put(id);
        };
        match end {
            [op::TUPLE1] => self.emit(&[op::POP])?,
            [op::TUPLE2] => self.emit(&[op::POP; 2])?,
            [op::TUPLE3] => self.emit(&[op::POP; 3])?,
            _ => self.emit(&[op::POP_MARK])?,
        }
        self.get(place)
    }

    fn begin(&mut self, id: Id, steps: &mut Vec<Step>) -> Result<(), PickleError> {
        let data = self.data;
        match data.get(id).unwrap_or(&Value::None) {
            Value::List(items) => {
                self.emit(&[op::EMPTY_LIST])?;
                self.put(id)?;
                self.fill(items.iter().rev().copied(), &[op::APPENDS], steps)
            }
            Value::Dict(pairs) => {
                self.emit(&[op::EMPTY_DICT])?;
                self.put(id)?;
                self.fill(pairs.iter().rev().flat_map(|(key, value)| [*value, *key]), &[op::SETITEMS], steps)
            }
            Value::Set(items) if self.protocol >= 4 => {
                self.emit(&[op::EMPTY_SET])?;
                self.put(id)?;
                self.fill(items.iter().rev().copied(), &[op::ADDITEMS], steps)
            }
            Value::Set(items) => self.set_by_name("set", id, items, steps),
            Value::FrozenSet(items) if self.protocol >= 4 => {
                self.emit(&[op::MARK])?;
                steps.push(Step::Finish(id, &[op::FROZENSET]));
                steps.extend(items.iter().rev().map(|item| Step::Object(*item)));
                Ok(())
            }
            Value::FrozenSet(items) => self.set_by_name("frozenset", id, items, steps),
            Value::Tuple(items) => {
                let end = TUPLES.get(items.len()).copied().unwrap_or(&[op::TUPLE]);
                if end == [op::TUPLE] {
                    self.emit(&[op::MARK])?;
                }
                steps.push(Step::Finish(id, end));
                steps.extend(items.iter().rev().map(|item| Step::Object(*item)));
                Ok(())
            }
            Value::Time(time) => {
                self.name("datetime", "time")?;
                self.bytes(&time.to_bytes(self.protocol >= 4))?;
                self.time_arguments(id, time.tz, steps);
                Ok(())
            }
            Value::DateTime(moment) => {
                self.name("datetime", "datetime")?;
                self.bytes(&moment.to_bytes(self.protocol >= 4))?;
                self.time_arguments(id, moment.time.tz, steps);
                Ok(())
            }
            value => {
                self.atom(value)?;
                let is_small = matches!(value, Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_));
                if is_small { Ok(()) } else { self.put(id) }
            }
        }
    }

    /// Plans the items of a container that is on the stack already. `reversed` are its parts from last to first.
    fn fill(
        &mut self,
        reversed: impl Iterator<Item = Id>,
        end: &'static [u8],
        steps: &mut Vec<Step>,
    ) -> Result<(), PickleError> {
        let before = steps.len();
        steps.push(Step::Instructions(end));
        steps.extend(reversed.map(Step::Object));
        if steps.len() == before + 1 {
            steps.pop();
            return Ok(());
        }
        self.emit(&[op::MARK])
    }

    /// Sets before protocol 4: a name applied to a list.
    fn set_by_name(&mut self, name: &str, id: Id, items: &[Id], steps: &mut Vec<Step>) -> Result<(), PickleError> {
        self.builtin(name)?;
        self.emit(&[op::EMPTY_LIST])?;
        // It cannot contain itself, for want of a hash value: so it always ends in the regular way.
        steps.push(Step::Finish(id, &[op::TUPLE1, op::REDUCE]));
        self.fill(items.iter().rev().copied(), &[op::APPENDS], steps)
    }

    fn time_arguments(&self, id: Id, tz: Option<Id>, steps: &mut Vec<Step>) {
        steps.push(Step::Finish(id, if tz.is_some() { &[op::TUPLE2, op::REDUCE] } else { &[op::TUPLE1, op::REDUCE] }));
        steps.extend(tz.map(Step::Object));
    }

    /// A value that refers to no other.
    fn atom(&mut self, value: &Value) -> Result<(), PickleError> {
        match value {
            Value::Bool(true) => self.emit(&[op::NEWTRUE]),
            Value::Bool(false) => self.emit(&[op::NEWFALSE]),
            Value::Int(number) => self.int(*number),
            Value::BigInt(number) => self.counted(op::LONG1, 0, op::LONG4, number.as_signed_bytes()),
            Value::Float(number) => self.float(*number),
            Value::Complex(real, imaginary) => {
                self.builtin("complex")?;
                self.float(*real)?;
                self.float(*imaginary)?;
                self.emit(&[op::TUPLE2, op::REDUCE])
            }
            Value::Str(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::ByteArray(bytes) => self.byte_array(bytes),
            Value::Date(date) => {
                self.name("datetime", "date")?;
                self.bytes(&date.to_bytes())?;
                self.emit(&[op::TUPLE1, op::REDUCE])
            }
            Value::TimeDelta(delta) => self.time_delta(*delta),
            Value::TimeZone(offset, name) => {
                self.name("datetime", "timezone")?;
                self.time_delta(*offset)?;
                if let Some(name) = name {
                    self.text(name)?;
                }
                self.emit(&[if name.is_some() { op::TUPLE2 } else { op::TUPLE1 }, op::REDUCE])
            }
            Value::Decimal(text) => {
                self.name("decimal", "Decimal")?;
                self.text(text)?;
                self.emit(&[op::TUPLE1, op::REDUCE])
            }
            // Containers and times are not written here.
            _ => self.emit(&[op::NONE]),
        }
    }

    fn emit(&mut self, bytes: &[u8]) -> Result<(), PickleError> {
        if self.output.len().saturating_add(bytes.len()) > self.limit_bytes {
            return Err(PickleError::Output { limit_bytes: self.limit_bytes });
        }
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    /// Remembers the object on top of the stack, if it is referred to again.
    fn put(&mut self, id: Id) -> Result<(), PickleError> {
        if !self.facts.is_shared(id) {
            return Ok(());
        }
        let place = u32::try_from(self.memo.len()).unwrap_or(u32::MAX);
        self.memo.insert(id, place);
        match u8::try_from(place) {
            _ if self.protocol >= 4 => self.emit(&[op::MEMOIZE]),
            Ok(place) => self.emit(&[op::BINPUT, place]),
            Err(_) => self.tagged(op::LONG_BINPUT, place),
        }
    }

    fn get(&mut self, place: u32) -> Result<(), PickleError> {
        match u8::try_from(place) {
            Ok(place) => self.emit(&[op::BINGET, place]),
            Err(_) => self.tagged(op::LONG_BINGET, place),
        }
    }

    fn tagged(&mut self, opcode: u8, number: u32) -> Result<(), PickleError> {
        self.emit(&[opcode])?;
        self.emit(&number.to_le_bytes())
    }

    /// Bytes behind their number: by `short` if its number fits one byte and the protocol has it, else by `long`.
    fn counted(&mut self, short: u8, short_since: u8, long: u8, bytes: &[u8]) -> Result<(), PickleError> {
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(length), _) if self.protocol >= short_since => self.emit(&[short, length])?,
            (_, Ok(length)) => self.tagged(long, length)?,
            _ => return Err(PickleError::Output { limit_bytes: self.limit_bytes }),
        }
        self.emit(bytes)
    }

    fn int(&mut self, number: i64) -> Result<(), PickleError> {
        if let Ok(number) = u8::try_from(number) {
            return self.emit(&[op::BININT1, number]);
        }
        if let Ok(number) = u16::try_from(number) {
            let [low, high] = number.to_le_bytes();
            return self.emit(&[op::BININT2, low, high]);
        }
        if let Ok(number) = i32::try_from(number) {
            return self.tagged(op::BININT, number.cast_unsigned());
        }
        self.emit(&[op::LONG1, 8])?;
        self.emit(&number.to_le_bytes())
    }

    fn float(&mut self, number: f64) -> Result<(), PickleError> {
        self.emit(&[op::BINFLOAT])?;
        self.emit(&number.to_be_bytes())
    }

    fn text(&mut self, text: &str) -> Result<(), PickleError> {
        self.counted(op::SHORT_BINUNICODE, 4, op::BINUNICODE, text.as_bytes())
    }

    /// Bytes as text, each byte the character of that number.
    fn latin_text(&mut self, bytes: &[u8]) -> Result<(), PickleError> {
        // Twice as long at most: the limit is looked at before that memory is taken.
        if self.output.len().saturating_add(bytes.len()) > self.limit_bytes {
            return Err(PickleError::Output { limit_bytes: self.limit_bytes });
        }
        self.text(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), PickleError> {
        if self.protocol >= 3 {
            return self.counted(op::SHORT_BINBYTES, 3, op::BINBYTES, bytes);
        }
        if bytes.is_empty() {
            self.builtin("bytes")?;
            return self.emit(&[op::EMPTY_TUPLE, op::REDUCE]);
        }
        self.name("_codecs", "encode")?;
        self.latin_text(bytes)?;
        self.text("latin1")?;
        self.emit(&[op::TUPLE2, op::REDUCE])
    }

    fn byte_array(&mut self, bytes: &[u8]) -> Result<(), PickleError> {
        if self.protocol >= 5 {
            self.emit(&[op::BYTEARRAY8])?;
            self.emit(&(bytes.len() as u64).to_le_bytes())?;
            return self.emit(bytes);
        }
        self.builtin("bytearray")?;
        match bytes {
            [] => self.emit(&[op::EMPTY_TUPLE, op::REDUCE]),
            _ if self.protocol >= 3 => {
                self.bytes(bytes)?;
                self.emit(&[op::TUPLE1, op::REDUCE])
            }
            _ => {
                self.latin_text(bytes)?;
                self.text("latin-1")?;
                self.emit(&[op::TUPLE2, op::REDUCE])
            }
        }
    }

    fn time_delta(&mut self, delta: TimeDelta) -> Result<(), PickleError> {
        self.name("datetime", "timedelta")?;
        self.int(delta.days.into())?;
        self.int(delta.seconds.into())?;
        self.int(delta.microseconds.into())?;
        self.emit(&[op::TUPLE3, op::REDUCE])
    }

    fn builtin(&mut self, name: &str) -> Result<(), PickleError> {
        self.name(if self.protocol >= 3 { "builtins" } else { "__builtin__" }, name)
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), PickleError> {
        self.emit(format!("c{module}\n{name}\n").as_bytes())
    }
}
