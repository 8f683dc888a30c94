//! The machine that reads a pickle: a stack, a memo, and no way out of them.

use crate::check::check;
use crate::opcodes as op;
use crate::reduce::{self, Known};
use crate::{Data, Id, Limits, PROTOCOLS, PickleError, Value};
use std::collections::BTreeMap;

/// Memory of an entry of the stack, twice for its growth, and of one of the memo, in bytes.
const STACK_ENTRY_BYTES: usize = 2 * size_of::<Item>();
const MEMO_ENTRY_BYTES: usize = 64;

/// Reads a pickle of plain data, protocols 2 to 5.
///
/// What Python's own `pickle.dumps` writes of the types in [`Value`] is read, and `collections.OrderedDict` as a dict.
/// Objects that the pickle makes on the way, but that its result does not refer to, are left out.
///
/// # Errors
///
/// The first problem: not a pickle, something else than plain data, or more than `limits` allow.
pub fn decode_pickle(pickle: &[u8], limits: Limits) -> Result<Data, PickleError> {
    let mut machine = Machine {
        input: pickle,
        position: 0,
        data: Data::new(limits),
        stack: Vec::new(),
        highest: 0,
        marks: Vec::new(),
        memo: BTreeMap::new(),
    };
    machine.read_header()?;
    let root = machine.run()?;
    if machine.position < pickle.len() {
        return Err(machine.malformed("bytes after its end"));
    }
    let mut data = machine.data;
    data.set_root(root);
    let facts = check(&data)?;
    data.compact(|index| facts.is_reachable(index));
    Ok(data)
}

/// What stands on the stack.
#[derive(Clone, Copy)]
enum Item {
    Object(Id),
    Name(Known),
}

struct Machine<'a> {
    input: &'a [u8],
    position: usize,
    data: Data,
    stack: Vec<Item>,
    /// The most entries that the stack ever had.
    highest: usize,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Item>,
}

impl<'a> Machine<'a> {
    fn malformed(&self, problem: &'static str) -> PickleError {
        PickleError::Malformed { offset: self.position, problem }
    }

    fn read_header(&mut self) -> Result<(), PickleError> {
        match self.input {
            [op::PROTO, protocol, ..] if PROTOCOLS.contains(protocol) => {
                self.position = 2;
                Ok(())
            }
            [op::PROTO, protocol, ..] => Err(PickleError::Protocol { protocol: *protocol }),
            _ => Err(self.malformed("it does not begin with 0x80 and a protocol from 2 to 5")),
        }
    }

    /// Obeys instructions up to the end.
    fn run(&mut self) -> Result<Id, PickleError> {
        loop {
            let [opcode] = self.array()?;
            match opcode {
                op::STOP => return self.pop_object(),
                op::FRAME => {
                    let length = u64::from_le_bytes(self.array()?);
                    if length > (self.input.len() - self.position) as u64 {
                        return Err(self.malformed("cut off within a frame"));
                    }
                }
                op::PROTO => return Err(self.malformed("a second beginning")),
                op::MARK | op::POP | op::POP_MARK | op::DUP => self.arrange(opcode)?,
                op::BINPUT | op::LONG_BINPUT | op::MEMOIZE | op::BINGET | op::LONG_BINGET => self.remember(opcode)?,
                op::APPEND | op::APPENDS | op::SETITEM | op::SETITEMS | op::ADDITEMS => self.fill(opcode)?,
                op::EMPTY_LIST
                | op::LIST
                | op::EMPTY_TUPLE
                | op::TUPLE
                | op::TUPLE1..=op::TUPLE3
                | op::EMPTY_DICT
                | op::DICT
                | op::EMPTY_SET
                | op::FROZENSET => self.make_container(opcode)?,
                op::GLOBAL | op::STACK_GLOBAL | op::REDUCE | op::NEWOBJ => self.name_or_apply(opcode)?,
                _ => {
                    let value = self.read_value(opcode)?;
                    self.push_value(value)?;
                }
            }
        }
    }

    /// A value that stands in the pickle by itself.
    fn read_value(&mut self, opcode: u8) -> Result<Value, PickleError> {
        Ok(match opcode {
            op::NONE => Value::None,
            op::NEWTRUE => Value::Bool(true),
            op::NEWFALSE => Value::Bool(false),
            op::BININT => Value::Int(i32::from_le_bytes(self.array()?).into()),
            op::BININT1 => Value::Int(u8::from_le_bytes(self.array()?).into()),
            op::BININT2 => Value::Int(u16::from_le_bytes(self.array()?).into()),
            op::LONG1 => Value::int_from_signed_bytes(self.counted::<1>()?),
            op::LONG4 => Value::int_from_signed_bytes(self.counted::<4>()?),
            op::BINFLOAT => Value::Float(f64::from_be_bytes(self.array()?)),
            op::SHORT_BINUNICODE => self.text::<1>()?,
            op::BINUNICODE => self.text::<4>()?,
            op::BINUNICODE8 => self.text::<8>()?,
            op::SHORT_BINBYTES => Value::Bytes(self.counted::<1>()?.to_vec()),
            op::BINBYTES => Value::Bytes(self.counted::<4>()?.to_vec()),
            op::BINBYTES8 => Value::Bytes(self.counted::<8>()?.to_vec()),
            op::BYTEARRAY8 => Value::ByteArray(self.counted::<8>()?.to_vec()),
            op::SHORT_BINSTRING => self.ascii_text::<1>()?,
            op::BINSTRING => self.ascii_text::<4>()?,
            _ => return Err(self.refused(opcode)),
        })
    }

    /// Why an instruction is not obeyed.
    fn refused(&self, opcode: u8) -> PickleError {
        let what = match opcode {
            op::PERSID | op::BINPERSID => "an object that is kept elsewhere (a persistent id)",
            op::EXT1 | op::EXT2 | op::EXT4 => "an object of copyreg's registry of extensions",
            op::NEXT_BUFFER | op::READONLY_BUFFER => "a buffer that is sent separately (out of band)",
            op::BUILD | op::INST | op::OBJ | op::NEWOBJ_EX => "an instance of a class",
            _ => return self.malformed("an unknown instruction"),
        };
        PickleError::Elsewhere { what }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let taken = rest.get(..length).ok_or_else(|| self.malformed("cut off"))?;
        self.position += length;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], PickleError> {
        let mut array = [0; LENGTH];
        array.copy_from_slice(self.take(LENGTH)?);
        Ok(array)
    }

    /// Bytes behind their number, which has `WIDTH` bytes itself.
    fn counted<const WIDTH: usize>(&mut self) -> Result<&'a [u8], PickleError> {
        let length = self.array::<WIDTH>()?.iter().rev().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
        let length = usize::try_from(length).map_err(|_| self.malformed("cut off"))?;
        self.take(length)
    }

    fn text<const WIDTH: usize>(&mut self) -> Result<Value, PickleError> {
        let bytes = self.counted::<WIDTH>()?;
        let text = str::from_utf8(bytes).map_err(|error| {
            // A surrogate in UTF-8's scheme: 0xed, then 0xa0 or more.
            match bytes.get(error.valid_up_to()..) {
                Some([0xed, 0xa0..=0xbf, ..]) => PickleError::LoneSurrogate,
                _ => self.malformed("a str that is not UTF-8"),
            }
        })?;
        Ok(Value::Str(text.to_owned()))
    }

    /// A `str` of Python 2, which Python 3 reads as ASCII.
    fn ascii_text<const WIDTH: usize>(&mut self) -> Result<Value, PickleError> {
        match str::from_utf8(self.counted::<WIDTH>()?) {
            Ok(text) if text.is_ascii() => Ok(Value::Str(text.to_owned())),
            _ => Err(self.malformed("a str of Python 2 that is not ASCII")),
        }
    }

    /// A line of a `GLOBAL`.
    fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| self.malformed("cut off"))?;
        let line = self.take(length + 1)?;
        str::from_utf8(&line[..length]).map_err(|_| self.malformed("a name that is not UTF-8"))
    }

    fn push(&mut self, item: Item) -> Result<(), PickleError> {
        self.stack.push(item);
        if self.stack.len() > self.highest {
            self.highest = self.stack.len();
            self.data.charge(STACK_ENTRY_BYTES)?;
        }
        Ok(())
    }

    fn push_value(&mut self, value: Value) -> Result<(), PickleError> {
        let id = self.data.add(value)?;
        self.push(Item::Object(id))
    }

    /// The stack above the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Item, PickleError> {
        let item = self.stack.last().filter(|_| self.stack.len() > self.floor());
        item.copied().ok_or_else(|| self.malformed("nothing is on the stack"))
    }

    fn pop(&mut self) -> Result<Item, PickleError> {
        let item = self.top()?;
        self.stack.pop();
        Ok(item)
    }

    fn object(&self, item: Item) -> Result<Id, PickleError> {
        match item {
            Item::Object(id) => Ok(id),
            Item::Name(_) => Err(PickleError::Elsewhere { what: "a class by itself" }),
        }
    }

    fn pop_object(&mut self) -> Result<Id, PickleError> {
        let item = self.pop()?;
        self.object(item)
    }

    /// The last `count` objects, in the order in which they were pushed.
    fn pop_objects(&mut self, count: usize) -> Result<Vec<Id>, PickleError> {
        let from = self.stack.len().checked_sub(count).filter(|from| *from >= self.floor());
        let from = from.ok_or_else(|| self.malformed("too little is on the stack"))?;
        self.drain(from)
    }

    /// The objects above the last mark, which goes with them.
    fn pop_to_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        let from = self.marks.pop().ok_or_else(|| self.malformed("no mark is set"))?;
        self.drain(from)
    }

    fn drain(&mut self, from: usize) -> Result<Vec<Id>, PickleError> {
        let items = self.stack.get(from..).unwrap_or_default();
        let ids = items.iter().map(|item| self.object(*item)).collect();
        self.stack.truncate(from);
        ids
    }

    fn arrange(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            op::MARK => {
                self.data.charge(2 * size_of::<usize>())?;
                self.marks.push(self.stack.len());
            }
            op::DUP => {
                let item = self.top()?;
                self.push(item)?;
            }
            op::POP if self.stack.len() > self.floor() => {
                self.stack.pop();
            }
            // With nothing above the mark, POP takes the mark, as in Python.
            _ => {
                let from = self.marks.pop().ok_or_else(|| self.malformed("no mark is set"))?;
                self.stack.truncate(from);
            }
        }
        Ok(())
    }

    fn remember(&mut self, opcode: u8) -> Result<(), PickleError> {
        let key = match opcode {
            op::BINPUT | op::BINGET => u8::from_le_bytes(self.array()?).into(),
            op::MEMOIZE => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
            _ => u32::from_le_bytes(self.array()?),
        };
        if matches!(opcode, op::BINGET | op::LONG_BINGET) {
            let item = self.memo.get(&key).copied().ok_or_else(|| self.malformed("nothing was stored there"))?;
            return self.push(item);
        }
        let item = self.top()?;
        self.data.charge(MEMO_ENTRY_BYTES)?;
        self.memo.insert(key, item);
        Ok(())
    }

    fn make_container(&mut self, opcode: u8) -> Result<(), PickleError> {
        let value = match opcode {
            op::EMPTY_LIST => Value::List(Vec::new()),
            op::LIST => Value::List(self.pop_to_mark()?),
            op::EMPTY_DICT => Value::Dict(Vec::new()),
            op::DICT => {
                let items = self.pop_to_mark()?;
                Value::Dict(self.pairs(&items)?)
            }
            op::EMPTY_SET => Value::Set(Vec::new()),
            op::FROZENSET => Value::FrozenSet(self.pop_to_mark()?),
            op::EMPTY_TUPLE => Value::Tuple(Vec::new()),
            op::TUPLE => Value::Tuple(self.pop_to_mark()?),
            // One to three.
            _ => Value::Tuple(self.pop_objects(usize::from(opcode - op::TUPLE1) + 1)?),
        };
        self.push_value(value)
    }

    fn pairs(&self, items: &[Id]) -> Result<Vec<(Id, Id)>, PickleError> {
        if !items.len().is_multiple_of(2) {
            return Err(self.malformed("a dict's key without a value"));
        }
        Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }

    /// Adds to the container below what is to be added.
    fn fill(&mut self, opcode: u8) -> Result<(), PickleError> {
        let items = match opcode {
            op::APPEND => self.pop_objects(1)?,
            op::SETITEM => self.pop_objects(2)?,
            _ => self.pop_to_mark()?,
        };
        // Twice, for the growth of the container.
        self.data.charge(2 * items.len() * size_of::<Id>())?;
        let pairs = if matches!(opcode, op::SETITEM | op::SETITEMS) { self.pairs(&items)? } else { Vec::new() };
        let container = self.top()?;
        let container = self.object(container)?;
        match (opcode, self.data.get_mut(container)) {
            (op::APPEND | op::APPENDS, Some(Value::List(list))) => list.extend(items),
            (op::SETITEM | op::SETITEMS, Some(Value::Dict(dict))) => dict.extend(pairs),
            (op::ADDITEMS, Some(Value::Set(set))) => set.extend(items),
            _ => return Err(self.malformed("items for something that holds none")),
        }
        Ok(())
    }

    fn name_or_apply(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            op::GLOBAL => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Item::Name(reduce::known(module, name)?))
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop_object()?, self.pop_object()?);
                let known = match (self.data.get(module), self.data.get(name)) {
                    (Some(Value::Str(module)), Some(Value::Str(name))) => reduce::known(module, name)?,
                    _ => return Err(self.malformed("a name that is no str")),
                };
                self.push(Item::Name(known))
            }
            _ => {
                let arguments = self.pop_object()?;
                let Item::Name(known) = self.pop()? else {
                    return Err(self.malformed("something that is no class is applied to arguments"));
                };
                let Some(Value::Tuple(arguments)) = self.data.get(arguments) else {
                    return Err(self.malformed("arguments that are no tuple"));
                };
                // No known type has more; what is copied stays small.
                let arguments: Vec<Id> = arguments.iter().take(4).copied().collect();
                let id = reduce::apply(&mut self.data, known, &arguments)?;
                self.push(Item::Object(id))
            }
        }
    }
}
