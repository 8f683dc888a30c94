//! What modules made by AssemblyScript's compiler import, and how its objects lie in memory.
//!
//! An object's address is that of its content; the four bytes in front of it are the content's size. Texts are UTF-16
//! without an end mark.

use crate::sandbox::CallState;
use std::time::{SystemTime, UNIX_EPOCH};
use wasmi::{Val, ValType};

/// The module that its programs import from.
pub(crate) const MODULE: &str = "env";
/// The classes of what is passed to a function: an `ArrayBuffer`, a `string`.
pub(crate) const ARRAY_BUFFER: i32 = 1;
pub(crate) const STRING: i32 = 2;

/// Most of a text that is shown or logged, in bytes.
const TEXT_LIMIT_BYTES: usize = 8 * 1024;
/// What a call of one of the functions costs, in fuel: about what it takes to read the longest text.
pub(crate) const CALL_FUEL: u64 = 5_000;

/// A function that may be imported.
pub(crate) struct Function {
    name: &'static str,
    pub(crate) parameters: &'static [ValType],
    pub(crate) results: &'static [ValType],
    pub(crate) run: Run,
}

/// Acts on linear memory and state; an error ends the call.
type Run = fn(&[Val], &mut [u8], &mut CallState) -> Result<Option<f64>, String>;

const FUNCTIONS: [Function; 4] = [
    Function { name: "abort", parameters: &[ValType::I32; 4], results: &[], run: abort },
    Function { name: "console.log", parameters: &[ValType::I32], results: &[], run: console_log },
    Function { name: "seed", parameters: &[], results: &[ValType::F64], run: seed },
    Function { name: "Date.now", parameters: &[], results: &[ValType::F64], run: date_now },
];

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The content of the object at an address; `None` if no object lies there.
pub(crate) fn content(memory: &[u8], address: u32) -> Option<&[u8]> {
    let start = address as usize;
    let size = memory.get(start.checked_sub(4)?..start)?;
    let size = u32::from_le_bytes(size.try_into().ok()?) as usize;
    memory.get(start..start.checked_add(size)?)
}

/// A text's UTF-16 as UTF-8.
pub(crate) fn text(content: &[u8]) -> String {
    let units = content.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn int(inputs: &[Val], index: usize) -> u32 {
    match inputs.get(index) {
        Some(Val::I32(value)) => value.cast_unsigned(),
        _ => 0,
    }
}

/// The text at an address, as much of it as is shown; of nothing if none lies there.
fn shown(memory: &[u8], address: u32) -> String {
    let content = content(memory, address).unwrap_or_default();
    text(content.get(..TEXT_LIMIT_BYTES).unwrap_or(content))
}

/// `abort(message, file, line, column)`: how a failed assertion or an error that was thrown ends a function.
fn abort(inputs: &[Val], memory: &mut [u8], _state: &mut CallState) -> Result<Option<f64>, String> {
    let (message, file) = (shown(memory, int(inputs, 0)), shown(memory, int(inputs, 1)));
    Err(format!("the function aborted: {message} ({file}:{}:{})", int(inputs, 2), int(inputs, 3)))
}

fn console_log(inputs: &[Val], memory: &mut [u8], state: &mut CallState) -> Result<Option<f64>, String> {
    state.log.add(shown(memory, int(inputs, 0)).as_bytes());
    Ok(None)
}

/// What `Math.random` begins with.
fn seed(_inputs: &[Val], _memory: &mut [u8], state: &mut CallState) -> Result<Option<f64>, String> {
    let mut bytes = [0; 8];
    (state.random)(&mut bytes).map_err(|_| "the machine has no random bytes".to_owned())?;
    // 53 bits, as many as a float holds exactly.
    Ok(Some((u64::from_le_bytes(bytes) >> 11) as f64))
}

fn date_now(_inputs: &[Val], _memory: &mut [u8], _state: &mut CallState) -> Result<Option<f64>, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Some(since.as_millis() as f64))
}

#[cfg(test)]
mod tests {
    use super::{content, text};
    use proptest::prelude::*;

    #[test]
    fn a_content_ends_where_the_size_in_front_of_it_says() {
        let memory = b"\x02\0\0\0a\0\xff\0\0\0";
        assert_eq!(content(memory, 4), Some(&b"a\0"[..]));
        for outside in [0, 3, 5, 9, 10, 11, u32::MAX] {
            assert_eq!(content(memory, outside), None, "{outside}");
        }
    }

    proptest! {
        #[test]
        fn texts_come_back_as_they_went(original in ".{0,20}") {
            let units: Vec<u8> = original.encode_utf16().flat_map(u16::to_le_bytes).collect();
            prop_assert_eq!(text(&units), original);
        }

        #[test]
        fn no_bytes_make_reading_panic(memory in prop::collection::vec(any::<u8>(), 0..40), address in 0..50_u32) {
            let _ = content(&memory, address).map(text);
        }
    }
}
