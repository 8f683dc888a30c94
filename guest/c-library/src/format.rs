//! The `printf` family's formatting (C11 7.21.6.1), in glibc's words for what C leaves open.

use crate::environment::{Environment, Fault};
use crate::error_numbers::EOVERFLOW;
use crate::floating::{self, Style};
use crate::number::digits_of;

/// Where formatted text goes.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Output,
    /// To memory: at most so many characters, then a NUL, unless there is not even room for that.
    Memory {
        at: usize,
        room: Option<usize>,
    },
}

/// Formats as the format at `format` says, with the arguments that lie in slots of 8 bytes at `arguments`. What `printf`
/// returns: the length of the whole text, or -1.
pub(crate) fn print(
    environment: &mut Environment<'_>,
    target: Target,
    format: usize,
    arguments: usize,
) -> Result<i32, Fault> {
    let mut printer = Printer { environment, target, arguments, length: 0, is_full: false };
    printer.run(format)?;
    let length = printer.length;
    if let Target::Memory { at, room } = target
        && room != Some(0)
    {
        let end = room.map_or(length, |room| length.min(room as u64 - 1));
        environment.write(at.saturating_add(end as usize), &[0])?;
    }
    environment.charge(length.min(1 << 30) as usize);
    i32::try_from(length).or_else(|_| {
        environment.set_error_number(EOVERFLOW);
        Ok(-1)
    })
}

struct Printer<'e, 'a> {
    environment: &'e mut Environment<'a>,
    target: Target,
    /// Where the next argument lies.
    arguments: usize,
    /// Of the text so far, what was cut off included.
    length: u64,
    /// Nothing more is kept.
    is_full: bool,
}

/// What stands between `%` and the conversion's letter.
#[derive(Default)]
struct Specification {
    minus: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: u32,
    precision: Option<u32>,
    /// Bytes of an integer argument: 1, 2, 4 or 8.
    size: u8,
}

/// A converted argument, in the order in which it is written.
#[derive(Default)]
struct Pieces<'p> {
    prefix: &'p [u8],
    zeros: usize,
    body: &'p [u8],
    inner_zeros: usize,
    suffix: &'p [u8],
}

impl Printer<'_, '_> {
    fn run(&mut self, format: usize) -> Result<(), Fault> {
        let mut at = format;
        loop {
            let literal = at;
            let mut byte = self.environment.byte(at)?;
            while byte != b'%' && byte != 0 {
                at += 1;
                byte = self.environment.byte(at)?;
            }
            self.put_from_memory(literal, at - literal)?;
            if byte == 0 {
                self.environment.charge(at - format);
                return Ok(());
            }
            at = self.conversion(at)?;
        }
    }

    /// One conversion, whose `%` is at `start`; where the text goes on.
    fn conversion(&mut self, start: usize) -> Result<usize, Fault> {
        let mut at = start + 1;
        let mut specification = Specification { size: 4, ..Specification::default() };
        loop {
            match self.environment.byte(at)? {
                b'-' => specification.minus = true,
                b'+' => specification.plus = true,
                b' ' => specification.space = true,
                b'#' => specification.alternate = true,
                b'0' => specification.zero = true,
                // Grouping does nothing in the C locale.
                b'\'' => {}
                _ => break,
            }
            at += 1;
        }
        let (width, after) = self.number_or_argument(at)?;
        at = after;
        specification.minus |= width < 0;
        specification.width = width.unsigned_abs();
        if self.environment.byte(at)? == b'$' {
            return Err(Fault::Ended("printf: arguments by number (%1$d) are not supported"));
        }
        if self.environment.byte(at)? == b'.' {
            let (precision, after) = self.number_or_argument(at + 1)?;
            at = after;
            specification.precision = u32::try_from(precision).ok();
        }
        loop {
            specification.size = match self.environment.byte(at)? {
                b'h' if specification.size == 2 => 1,
                b'h' => 2,
                b'l' | b'z' | b't' | b'j' | b'L' | b'q' => 8,
                _ => break,
            };
            at += 1;
        }
        self.convert(start, at, &specification)?;
        // A format may end within a conversion.
        Ok(if self.environment.byte(at)? == 0 { at } else { at + 1 })
    }

    fn number_or_argument(&mut self, mut at: usize) -> Result<(i32, usize), Fault> {
        if self.environment.byte(at)? == b'*' {
            return Ok((self.argument()? as i32, at + 1));
        }
        let mut number = 0_i32;
        loop {
            let byte = self.environment.byte(at)?;
            if !byte.is_ascii_digit() {
                return Ok((number, at));
            }
            number = number.saturating_mul(10).saturating_add(i32::from(byte - b'0'));
            at += 1;
        }
    }

    fn argument(&mut self) -> Result<u64, Fault> {
        let value = self.environment.read_u64(self.arguments)?;
        self.arguments += 8;
        Ok(value)
    }

    fn convert(&mut self, start: usize, at: usize, specification: &Specification) -> Result<(), Fault> {
        let letter = self.environment.byte(at)?;
        match letter {
            b'%' => self.put(b"%"),
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => self.integer(letter, specification),
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A' => self.floating(letter, specification),
            b'p' => self.pointer(specification),
            b'c' | b's' if specification.size == 8 => {
                Err(Fault::Ended("printf: wide characters (%lc, %ls) are not supported"))
            }
            b'c' => {
                let byte = [self.argument()? as u8];
                self.padded(specification, false, &Pieces { body: &byte, ..Pieces::default() })
            }
            b's' => self.string(specification),
            b'n' => {
                let address = self.argument()? as u32 as usize;
                let length = self.length.to_le_bytes();
                self.environment.write(address, length.get(..usize::from(specification.size)).unwrap_or_default())
            }
            // As glibc does with what it does not know: it is copied.
            _ => self.put_from_memory(start, at + usize::from(letter != 0) - start),
        }
    }

    fn integer(&mut self, letter: u8, specification: &Specification) -> Result<(), Fault> {
        let raw = self.argument()?;
        let is_signed = matches!(letter, b'd' | b'i');
        let unused_bits = 64 - 8 * u32::from(specification.size);
        let (is_negative, magnitude) = if is_signed {
            let value = (raw << unused_bits) as i64 >> unused_bits;
            (value < 0, value.unsigned_abs())
        } else {
            (false, raw << unused_bits >> unused_bits)
        };
        let base = match letter {
            b'o' => 8,
            b'x' | b'X' => 16,
            _ => 10,
        };
        let mut buffer = [0; 24];
        let mut body = digits_of(magnitude, base, letter == b'X', &mut buffer);
        if magnitude == 0 && specification.precision == Some(0) {
            body = b"";
        }
        let precision = specification.precision.unwrap_or(0) as usize;
        let mut zeros = precision.saturating_sub(body.len());
        let prefix: &[u8] = match letter {
            _ if is_signed => sign(is_negative, specification),
            b'x' if specification.alternate && magnitude != 0 => b"0x",
            b'X' if specification.alternate && magnitude != 0 => b"0X",
            _ => b"",
        };
        if letter == b'o' && specification.alternate && zeros == 0 && body.first() != Some(&b'0') {
            zeros = 1;
        }
        let fills = specification.precision.is_none();
        self.padded(specification, fills, &Pieces { prefix, zeros, body, ..Pieces::default() })
    }

    fn pointer(&mut self, specification: &Specification) -> Result<(), Fault> {
        let address = self.argument()? as u32;
        if address == 0 {
            return self.padded(specification, false, &Pieces { body: b"(nil)", ..Pieces::default() });
        }
        let mut buffer = [0; 24];
        let body = digits_of(u64::from(address), 16, false, &mut buffer);
        // As glibc does: like `%#lx`, a sign included.
        let prefix: &[u8] = match (specification.plus, specification.space) {
            (true, _) => b"+0x",
            (_, true) => b" 0x",
            _ => b"0x",
        };
        let zeros = (specification.precision.unwrap_or(0) as usize).saturating_sub(body.len());
        let fills = specification.precision.is_none();
        self.padded(specification, fills, &Pieces { prefix, zeros, body, ..Pieces::default() })
    }

    fn string(&mut self, specification: &Specification) -> Result<(), Fault> {
        let at = self.argument()? as u32 as usize;
        let limit = specification.precision.map_or(usize::MAX, |precision| precision as usize);
        if at == 0 {
            let body: &[u8] = if limit < 6 { b"" } else { b"(null)" };
            return self.padded(specification, false, &Pieces { body, ..Pieces::default() });
        }
        let length = self.environment.length_up_to(at, limit)?;
        self.environment.charge(length);
        let padding = (specification.width as usize).saturating_sub(length);
        if !specification.minus {
            self.repeat(b' ', padding)?;
        }
        self.put_from_memory(at, length)?;
        if specification.minus {
            self.repeat(b' ', padding)?;
        }
        Ok(())
    }

    fn floating(&mut self, letter: u8, specification: &Specification) -> Result<(), Fault> {
        let value = f64::from_bits(self.argument()?);
        let is_upper = letter & 0x20 == 0;
        let mut prefix = sign(value.is_sign_negative(), specification).to_vec();
        if !value.is_finite() {
            let body: &[u8] = match (value.is_nan(), is_upper) {
                (true, false) => b"nan",
                (true, true) => b"NAN",
                (false, false) => b"inf",
                (false, true) => b"INF",
            };
            return self.padded(specification, false, &Pieces { prefix: &prefix, body, ..Pieces::default() });
        }
        match letter {
            b'a' => prefix.extend_from_slice(b"0x"),
            b'A' => prefix.extend_from_slice(b"0X"),
            _ => {}
        }
        let style = Style { letter, precision: specification.precision, alternate: specification.alternate };
        let text = floating::text(value, &style);
        self.environment.charge(text.body.len() * 8);
        let pieces =
            Pieces { prefix: &prefix, zeros: 0, body: &text.body, inner_zeros: text.zeros, suffix: &text.suffix };
        self.padded(specification, true, &pieces)
    }

    /// Writes pieces with what pads them to the width: spaces, or zeros behind the prefix where `zeros_may_fill`.
    fn padded(
        &mut self,
        specification: &Specification,
        zeros_may_fill: bool,
        pieces: &Pieces<'_>,
    ) -> Result<(), Fault> {
        let written = pieces.prefix.len() + pieces.zeros + pieces.body.len() + pieces.inner_zeros + pieces.suffix.len();
        let padding = (specification.width as usize).saturating_sub(written);
        let fills = zeros_may_fill && specification.zero && !specification.minus;
        if !fills && !specification.minus {
            self.repeat(b' ', padding)?;
        }
        self.put(pieces.prefix)?;
        self.repeat(b'0', pieces.zeros + if fills { padding } else { 0 })?;
        self.put(pieces.body)?;
        self.repeat(b'0', pieces.inner_zeros)?;
        self.put(pieces.suffix)?;
        if specification.minus {
            self.repeat(b' ', padding)?;
        }
        Ok(())
    }

    /// How much of so many bytes to write is kept in memory, and where.
    fn keep(&mut self, count: usize) -> Option<(usize, usize)> {
        let Target::Memory { at, room } = self.target else { return None };
        let done = self.length as usize;
        self.length += count as u64;
        let kept = room.map_or(count, |room| count.min(room.saturating_sub(1).saturating_sub(done)));
        Some((at.saturating_add(done), kept))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Some((at, kept)) = self.keep(bytes.len()) {
            return match bytes.get(..kept) {
                Some(bytes) if kept > 0 => self.environment.write(at, bytes),
                _ => Ok(()),
            };
        }
        self.length += bytes.len() as u64;
        if !bytes.is_empty() && !self.is_full {
            self.is_full = !self.environment.output.write(bytes);
        }
        Ok(())
    }

    fn put_from_memory(&mut self, from: usize, count: usize) -> Result<(), Fault> {
        if let Some((at, kept)) = self.keep(count) {
            return if kept > 0 { self.environment.copy(from, at, kept) } else { Ok(()) };
        }
        self.length += count as u64;
        let end = from.saturating_add(count);
        let bytes = self.environment.memory.get(from..end).ok_or(Fault::OutOfBounds)?;
        if count > 0 && !self.is_full {
            self.is_full = !self.environment.output.write(bytes);
        }
        Ok(())
    }

    fn repeat(&mut self, byte: u8, count: usize) -> Result<(), Fault> {
        if let Some((at, kept)) = self.keep(count) {
            if kept > 0 {
                self.environment.bytes_mut(at, kept)?.fill(byte);
            }
            return Ok(());
        }
        self.length += count as u64;
        let chunk = [byte; 64];
        let mut left = count;
        while left > 0 && !self.is_full {
            let now = left.min(chunk.len());
            self.is_full = !self.environment.output.write(chunk.get(..now).unwrap_or_default());
            left -= now;
        }
        Ok(())
    }
}

fn sign(is_negative: bool, specification: &Specification) -> &'static [u8] {
    match (is_negative, specification.plus, specification.space) {
        (true, ..) => b"-",
        (_, true, _) => b"+",
        (_, _, true) => b" ",
        _ => b"",
    }
}
