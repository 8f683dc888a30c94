//! `sscanf` and `vsscanf` (C11 7.21.6.2), in glibc's reading of what C leaves open.

use crate::environment::{Environment, Fault};
use crate::number::{self, Width, is_space};

/// What `sscanf` returns when the input ends before the first conversion.
const END_OF_FILE: i32 = -1;

/// Reads the text at `text` as the format at `format` says; the arguments, pointers all, lie in slots of 8 bytes.
pub(crate) fn scan(
    environment: &mut Environment<'_>,
    text: usize,
    format: usize,
    arguments: usize,
) -> Result<i32, Fault> {
    let end = text + environment.length(text)?;
    let mut scanner = Scanner { environment, start: text, at: text, end, format, arguments, converted: 0 };
    let stop = scanner.run()?;
    let converted = scanner.converted;
    Ok(if stop == Stop::InputEnded && converted == 0 { END_OF_FILE } else { converted })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    FormatEnded,
    InputEnded,
    Mismatch,
}

struct Scanner<'e, 'a> {
    environment: &'e mut Environment<'a>,
    start: usize,
    at: usize,
    /// Where the text's NUL lies.
    end: usize,
    /// Where the format goes on.
    format: usize,
    arguments: usize,
    converted: i32,
}

struct Conversion {
    is_suppressed: bool,
    /// `None`: as long as it goes.
    width: Option<usize>,
    /// Bytes of an integer, and 4 or 8 for `float` or `double`.
    size: usize,
    letter: u8,
}

impl Scanner<'_, '_> {
    fn run(&mut self) -> Result<Stop, Fault> {
        loop {
            let byte = self.environment.byte(self.format)?;
            self.format += 1;
            self.environment.charge(0);
            let stop = match byte {
                0 => return Ok(Stop::FormatEnded),
                b'%' => self.conversion()?,
                _ if is_space(byte) => {
                    self.skip_space();
                    None
                }
                _ => self.literal(byte),
            };
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }

    /// What is left of the text.
    fn rest(&self) -> &[u8] {
        self.environment.memory.get(self.at..self.end).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| is_space(**byte)).count();
    }

    fn literal(&mut self, wanted: u8) -> Option<Stop> {
        match self.rest().first() {
            None => Some(Stop::InputEnded),
            Some(byte) if *byte == wanted => {
                self.at += 1;
                None
            }
            Some(_) => Some(Stop::Mismatch),
        }
    }

    fn next_of_format(&mut self) -> Result<u8, Fault> {
        let byte = self.environment.byte(self.format)?;
        self.format += 1;
        Ok(byte)
    }

    fn conversion(&mut self) -> Result<Option<Stop>, Fault> {
        let mut conversion = Conversion { is_suppressed: false, width: None, size: 4, letter: self.next_of_format()? };
        if conversion.letter == b'*' {
            conversion.is_suppressed = true;
            conversion.letter = self.next_of_format()?;
        }
        while conversion.letter.is_ascii_digit() {
            let digit = usize::from(conversion.letter - b'0');
            let width = conversion.width.unwrap_or(0).saturating_mul(10).saturating_add(digit);
            conversion.width = Some(width);
            conversion.letter = self.next_of_format()?;
        }
        // A width of 0 is none, to glibc.
        conversion.width = conversion.width.filter(|width| *width != 0);
        loop {
            conversion.size = match conversion.letter {
                b'h' if conversion.size == 2 => 1,
                b'h' => 2,
                b'l' | b'z' | b't' | b'j' | b'L' | b'q' => 8,
                _ => break,
            };
            conversion.letter = self.next_of_format()?;
        }
        self.convert(&conversion)
    }

    fn convert(&mut self, conversion: &Conversion) -> Result<Option<Stop>, Fault> {
        let letter = conversion.letter;
        if matches!(letter, b'c' | b's' | b'[') && conversion.size == 8 {
            return Err(Fault::Ended("sscanf: wide characters (%lc, %ls) are not supported"));
        }
        if letter == b'n' {
            let read = ((self.at - self.start) as u64).to_le_bytes();
            if !conversion.is_suppressed {
                self.store(read.get(..conversion.size).unwrap_or_default())?;
            }
            return Ok(None);
        }
        if !matches!(letter, b'c' | b'[') {
            self.skip_space();
        }
        if letter == b'%' {
            return Ok(self.literal(b'%'));
        }
        // What does not know the letter does not look for input.
        let base = match letter {
            b'd' | b'u' => Some(10),
            b'i' => Some(0),
            b'o' => Some(8),
            b'x' | b'X' | b'p' => Some(16),
            b'c' | b's' | b'[' | b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => None,
            _ => return Ok(Some(Stop::Mismatch)),
        };
        if letter == b'[' {
            return self.set(conversion);
        }
        if self.rest().is_empty() {
            return Ok(Some(Stop::InputEnded));
        }
        match (letter, base) {
            (_, Some(base)) => self.integer(conversion, base),
            (b'c', _) => {
                let length = self.rest().len().min(conversion.width.unwrap_or(1));
                self.text(conversion, length, false)
            }
            (b's', _) => {
                let length = self.within(conversion).iter().take_while(|byte| !is_space(**byte)).count();
                self.text(conversion, length, true)
            }
            _ => self.floating(conversion),
        }
    }

    /// What is left of the text, up to the conversion's width.
    fn within(&self, conversion: &Conversion) -> &[u8] {
        let rest = self.rest();
        rest.get(..conversion.width.unwrap_or(rest.len()).min(rest.len())).unwrap_or_default()
    }

    fn pointer(&mut self) -> Result<usize, Fault> {
        let address = self.environment.read_u32(self.arguments)?;
        self.arguments += 8;
        Ok(address as usize)
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let address = self.pointer()?;
        self.environment.write(address, bytes)
    }

    /// A value that was read; counted and stored unless it is suppressed.
    fn take(&mut self, conversion: &Conversion, length: usize, bytes: &[u8]) -> Result<Option<Stop>, Fault> {
        self.at += length;
        self.environment.charge(length);
        if !conversion.is_suppressed {
            self.store(bytes)?;
            self.converted += 1;
        }
        Ok(None)
    }

    fn text(&mut self, conversion: &Conversion, length: usize, ends_with_nul: bool) -> Result<Option<Stop>, Fault> {
        let from = self.at;
        self.at += length;
        self.environment.charge(length);
        if !conversion.is_suppressed {
            let to = self.pointer()?;
            self.environment.copy(from, to, length)?;
            if ends_with_nul {
                self.environment.write(to.saturating_add(length), &[0])?;
            }
            self.converted += 1;
        }
        Ok(None)
    }

    /// `%[…]`.
    fn set(&mut self, conversion: &Conversion) -> Result<Option<Stop>, Fault> {
        let mut byte = self.next_of_format()?;
        let is_complement = byte == b'^';
        if is_complement {
            byte = self.next_of_format()?;
        }
        let mut set = [is_complement; 256];
        let mut previous = None;
        loop {
            if byte == 0 {
                return Ok(Some(Stop::Mismatch));
            }
            let next = self.environment.byte(self.format)?;
            match previous {
                // The range's end is a member by itself, next.
                Some(first) if byte == b'-' && !matches!(next, b']' | 0) && first <= next => {
                    for member in first..next {
                        set[usize::from(member)] = !is_complement;
                    }
                }
                _ => set[usize::from(byte)] = !is_complement,
            }
            previous = Some(byte);
            byte = self.next_of_format()?;
            // In the first place, `]` is a member.
            if byte == b']' {
                break;
            }
        }
        if self.rest().is_empty() {
            return Ok(Some(Stop::InputEnded));
        }
        let length = self.within(conversion).iter().take_while(|byte| set[usize::from(**byte)]).count();
        if length == 0 {
            return Ok(Some(Stop::Mismatch));
        }
        self.text(conversion, length, true)
    }

    fn integer(&mut self, conversion: &Conversion, base: u32) -> Result<Option<Stop>, Fault> {
        let text = self.within(conversion);
        if conversion.letter == b'p' && text.starts_with(b"(nil)") {
            return self.take(conversion, 5, &[0; 4]);
        }
        let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
        // `0x` belongs to the number even if no digit follows.
        let has_prefix =
            matches!(base, 0 | 16) && text.get(sign) == Some(&b'0') && matches!(text.get(sign + 1), Some(b'x' | b'X'));
        let read = number::integer(text, base);
        let length = if has_prefix { read.length.max(sign + 2) } else { read.length };
        if length == 0 {
            return Ok(Some(Stop::Mismatch));
        }
        let value = match conversion.letter {
            b'd' | b'i' => read.signed().0 as u64,
            _ => read.unsigned().0,
        };
        let size = if conversion.letter == b'p' { 4 } else { conversion.size };
        self.take(conversion, length, value.to_le_bytes().get(..size).unwrap_or_default())
    }

    fn floating(&mut self, conversion: &Conversion) -> Result<Option<Stop>, Fault> {
        let text = self.within(conversion);
        let Some(length) = floating_length(text) else {
            return Ok(Some(Stop::Mismatch));
        };
        let is_double = conversion.size == 8;
        let width = if is_double { Width::Double } else { Width::Float };
        let read = number::floating(text.get(..length).unwrap_or_default(), width);
        if read.length == 0 {
            self.at += length;
            return Ok(Some(Stop::Mismatch));
        }
        if is_double {
            self.take(conversion, length, &read.value.to_le_bytes())
        } else {
            self.take(conversion, length, &(read.value as f32).to_le_bytes())
        }
    }
}

/// How many bytes look like a floating-point number. An exponent without digits is taken, too, and then ignored.
fn floating_length(text: &[u8]) -> Option<usize> {
    let at = |index: usize| text.get(index).copied().unwrap_or(0);
    let sign = usize::from(matches!(at(0), b'-' | b'+'));
    let word = |word: &[u8]| text.get(sign..sign + word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if word(b"nan") {
        return Some(sign + 3);
    }
    if word(b"inf") {
        // Once it goes on like `infinity`, it must be that.
        return match (at(sign + 3) | 0x20 == b'i', word(b"infinity")) {
            (false, _) => Some(sign + 3),
            (true, true) => Some(sign + 8),
            (true, false) => None,
        };
    }
    let is_hexadecimal = at(sign) == b'0' && at(sign + 1) | 0x20 == b'x';
    let first = if is_hexadecimal { sign + 2 } else { sign };
    let exponent_letter = if is_hexadecimal { b'p' } else { b'e' };
    let (mut index, mut has_digits, mut has_point) = (first, false, false);
    loop {
        let byte = at(index);
        if byte.is_ascii_digit() || is_hexadecimal && byte.is_ascii_hexdigit() {
            has_digits = true;
        } else if byte == b'.' && !has_point {
            has_point = true;
        } else {
            break;
        }
        index += 1;
    }
    if index == first {
        return None;
    }
    if has_digits && at(index) | 0x20 == exponent_letter {
        index += 1;
        index += usize::from(matches!(at(index), b'-' | b'+'));
        while at(index).is_ascii_digit() {
            index += 1;
        }
    }
    Some(index)
}
