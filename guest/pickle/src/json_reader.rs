//! Reads JSON as Python's `json.loads` does: integers of any size, `NaN` and `Infinity`.

use crate::check::check;
use crate::{Data, Id, Limits, PickleError, Value};

/// Reads a JSON text (UTF-8).
///
/// # Errors
///
/// The first problem, with line and column where the text is not JSON.
pub fn from_json(text: &[u8], limits: Limits) -> Result<Data, PickleError> {
    let text = str::from_utf8(text).map_err(|error| {
        let before = text.get(..error.valid_up_to()).unwrap_or_default();
        malformed(before, "not UTF-8")
    })?;
    let mut reader = Reader { text: text.as_bytes(), position: 0, data: Data::new(limits), open: Vec::new() };
    let root = reader.read()?;
    let mut data = reader.data;
    data.set_root(root);
    // Only the depth can be wrong here.
    check(&data)?;
    Ok(data)
}

/// An error behind the bytes `before`.
fn malformed(before: &[u8], problem: &'static str) -> PickleError {
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    // Characters, not bytes: those that continue one are not counted.
    let column = 1 + before.iter().skip(line_start).filter(|byte| **byte & 0xc0 != 0x80).count();
    PickleError::Json { line, column, problem }
}

/// A list or dict whose end has not come yet.
enum Open {
    List(Vec<Id>),
    /// With the key whose value comes next.
    Dict(Vec<(Id, Id)>, Id),
}

struct Reader<'a> {
    text: &'a [u8],
    position: usize,
    data: Data,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn malformed(&self, problem: &'static str) -> PickleError {
        malformed(self.text.get(..self.position).unwrap_or_default(), problem)
    }

    /// The whole text: one value, without recursion.
    fn read(&mut self) -> Result<Id, PickleError> {
        loop {
            let Some(mut finished) = self.begin_value()? else { continue };
            // A value may end the containers around it.
            loop {
                let Some(open) = self.open.pop() else {
                    return match self.next_byte() {
                        None => Ok(finished),
                        Some(_) => Err(self.malformed("more than one value")),
                    };
                };
                match self.go_on(open, finished)? {
                    Some(container) => finished = container,
                    None => break,
                }
            }
        }
    }

    /// Takes a finished value into its container. Gives the container if that ends with it.
    fn go_on(&mut self, open: Open, finished: Id) -> Result<Option<Id>, PickleError> {
        self.data.charge(4 * size_of::<Id>())?;
        let separator = self.next_byte();
        match (open, separator) {
            (Open::List(mut items), Some(b',' | b']')) => {
                self.position += 1;
                items.push(finished);
                if separator == Some(b']') {
                    return Ok(Some(self.data.add(Value::List(items))?));
                }
                self.open.push(Open::List(items));
            }
            (Open::Dict(mut pairs, key), Some(b',' | b'}')) => {
                self.position += 1;
                pairs.push((key, finished));
                if separator == Some(b'}') {
                    return Ok(Some(self.data.add(Value::Dict(pairs))?));
                }
                let key = self.read_key()?;
                self.open.push(Open::Dict(pairs, key));
            }
            (Open::List(_), _) => return Err(self.malformed("`,` or `]` is expected")),
            (Open::Dict(..), _) => return Err(self.malformed("`,` or `}` is expected")),
        }
        Ok(None)
    }

    /// Reads a value that ends here, or opens a container: then there is none yet.
    fn begin_value(&mut self) -> Result<Option<Id>, PickleError> {
        let value = match self.next_byte() {
            Some(b'[') => {
                self.open_container()?;
                if self.next_byte() != Some(b']') {
                    self.open.push(Open::List(Vec::new()));
                    return Ok(None);
                }
                self.position += 1;
                Value::List(Vec::new())
            }
            Some(b'{') => {
                self.open_container()?;
                if self.next_byte() != Some(b'}') {
                    let key = self.read_key()?;
                    self.open.push(Open::Dict(Vec::new(), key));
                    return Ok(None);
                }
                self.position += 1;
                Value::Dict(Vec::new())
            }
            Some(b'"') => Value::Str(self.read_string()?),
            Some(b'-' | b'0'..=b'9') => self.read_number()?,
            _ => self.read_word()?,
        };
        Ok(Some(self.data.add(value)?))
    }

    fn open_container(&mut self) -> Result<(), PickleError> {
        self.position += 1;
        let limit = self.data.limits().depth;
        if self.open.len() >= limit {
            return Err(PickleError::Depth { limit });
        }
        self.data.charge(2 * size_of::<Open>())
    }

    /// A key and the colon behind it.
    fn read_key(&mut self) -> Result<Id, PickleError> {
        if self.next_byte() != Some(b'"') {
            return Err(self.malformed("a key in double quotes is expected"));
        }
        let key = Value::Str(self.read_string()?);
        if self.next_byte() != Some(b':') {
            return Err(self.malformed("`:` is expected"));
        }
        self.position += 1;
        self.data.add(key)
    }

    /// The next byte that is no white space, which stays where it is.
    fn next_byte(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.position) {
            self.position += 1;
        }
        self.text.get(self.position).copied()
    }

    fn read_word(&mut self) -> Result<Value, PickleError> {
        let words = [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ];
        let rest = self.text.get(self.position..).unwrap_or_default();
        for (word, value) in words {
            if rest.starts_with(word.as_bytes()) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(self.malformed("a value is expected"))
    }

    fn count_digits(&self, from: usize) -> usize {
        self.text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn read_number(&mut self) -> Result<Value, PickleError> {
        let start = self.position;
        let is_negative = self.text.get(start) == Some(&b'-');
        let digits_start = start + usize::from(is_negative);
        if is_negative && self.text.get(digits_start..).is_some_and(|rest| rest.starts_with(b"Infinity")) {
            self.position = digits_start + "Infinity".len();
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let digits = self.count_digits(digits_start);
        if digits == 0 || digits > 1 && self.text.get(digits_start) == Some(&b'0') {
            return Err(self.malformed("not a number"));
        }
        let mut end = digits_start + digits;
        let mut is_float = false;
        if self.text.get(end) == Some(&b'.') {
            is_float = true;
            let fraction = self.count_digits(end + 1);
            if fraction == 0 {
                return Err(self.malformed("not a number"));
            }
            end += 1 + fraction;
        }
        if let Some(b'e' | b'E') = self.text.get(end) {
            is_float = true;
            let signed = usize::from(matches!(self.text.get(end + 1), Some(b'+' | b'-')));
            let exponent = self.count_digits(end + 1 + signed);
            if exponent == 0 {
                return Err(self.malformed("not a number"));
            }
            end += 1 + signed + exponent;
        }
        let text = self.text.get(start..end).unwrap_or_default();
        let value = if is_float {
            let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            Value::Float(number.ok_or_else(|| self.malformed("not a number"))?)
        } else {
            Value::int_from_decimal(is_negative, self.text.get(digits_start..end).unwrap_or_default())?
        };
        self.position = end;
        Ok(value)
    }

    /// A string, from its quotation mark on.
    fn read_string(&mut self) -> Result<String, PickleError> {
        self.position += 1;
        let mut content = String::new();
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            let Some(plain) = plain else { return Err(self.malformed("a string without an end")) };
            let (piece, rest) = rest.split_at(plain);
            // Cut at ASCII characters, so it is UTF-8 as the whole is.
            content.push_str(str::from_utf8(piece).map_err(|_| self.malformed("not UTF-8"))?);
            self.position += plain + 1;
            match rest.first() {
                Some(b'"') => return Ok(content),
                Some(b'\\') => content.push(self.read_escape()?),
                _ => {
                    self.position -= 1;
                    return Err(self.malformed("a control character in a string; write it as \\n, \\t or \\u00xx"));
                }
            }
        }
    }

    fn read_escape(&mut self) -> Result<char, PickleError> {
        let letter = self.text.get(self.position).copied();
        self.position += 1;
        Ok(match letter {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.read_unicode_escape()?,
            _ => {
                self.position -= 1;
                return Err(self.malformed("an unknown escape in a string"));
            }
        })
    }

    /// What is behind `\u`: four hexadecimal digits, or a pair of such for one character.
    fn read_unicode_escape(&mut self) -> Result<char, PickleError> {
        let unit = self.read_hex()?;
        let high_surrogate = 0xd800..0xdc00;
        let rest = self.text.get(self.position..).unwrap_or_default();
        if !high_surrogate.contains(&unit) || !rest.starts_with(b"\\u") {
            return char::from_u32(unit).ok_or(PickleError::LoneSurrogate);
        }
        self.position += 2;
        let low = self.read_hex()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(PickleError::LoneSurrogate);
        }
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(PickleError::LoneSurrogate)
    }

    fn read_hex(&mut self) -> Result<u32, PickleError> {
        let digits = self.text.get(self.position..self.position + 4).unwrap_or_default();
        let value = digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?));
        let value = value
            .filter(|_| digits.len() == 4)
            .ok_or_else(|| self.malformed("four hexadecimal digits are expected"))?;
        self.position += 4;
        Ok(value)
    }
}
