//! `snprintf`, conversion by conversion.

use crate::support::Machine;
use proptest::prelude::*;
use std::ffi::CString;

/// How the arguments of one conversion are passed.
#[derive(Clone, Debug)]
enum Value {
    Integer(u64),
    Double(f64),
    Text(Vec<u8>),
}

fn doubles() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (-1_000_000_i64..1_000_000, 0_i32..7).prop_map(|(value, scale)| value as f64 / 10_f64.powi(scale)),
        // Halves, where rounding to even shows.
        (-4000_i64..4000, 0_i32..6).prop_map(|(value, scale)| value as f64 / 2_f64.powi(scale)),
        (-30_i32..30).prop_map(|power| 10_f64.powi(power)),
        (1_u64..100).prop_map(f64::from_bits),
        prop_oneof![
            Just(0.0),
            Just(-0.0),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(f64::NAN),
            Just(f64::MAX)
        ],
    ]
}

fn precision() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => Just(".".to_owned()),
        6 => (0_u32..25).prop_map(|digits| format!(".{digits}")),
        1 => (0_u32..1300).prop_map(|digits| format!(".{digits}")),
    ]
}

fn start() -> impl Strategy<Value = String> {
    let width = prop_oneof![2 => Just(String::new()), 1 => (1_u32..30).prop_map(|width| width.to_string())];
    ("[-+ #0]{0,3}", width).prop_map(|(flags, width)| format!("%{flags}{width}"))
}

fn conversion() -> impl Strategy<Value = (String, Value)> {
    let integer = (start(), precision(), "(hh|h|l|ll|z|t|j|)[diuoxX]", prop_oneof![any::<u64>(), 0_u64..100])
        .prop_map(|(start, precision, end, value)| (start + &precision + &end, Value::Integer(value)));
    let double = (start(), precision(), "[fFeEgGaA]", doubles())
        .prop_map(|(start, precision, end, value)| (start + &precision + &end, Value::Double(value)));
    let text = ("%-?[0-9]{0,2}", precision(), proptest::collection::vec(1_u8..=255, 0..12))
        .prop_map(|(start, precision, text)| (start + &precision + "s", Value::Text(text)));
    let byte = ("%-?[0-9]{0,2}c", any::<u8>()).prop_map(|(format, byte)| (format, Value::Integer(byte.into())));
    prop_oneof![2 => integer, 6 => double, 1 => text, 1 => byte]
}

/// What glibc makes of a format with one argument, in a buffer of some size.
fn expected(format: &str, value: &Value, room: usize) -> (i32, Vec<u8>) {
    let format = CString::new(format).unwrap();
    let mut buffer = vec![0xee_u8; room.max(1)];
    let to = buffer.as_mut_ptr().cast();
    // SAFETY: the format has one conversion, which takes the argument's type, and the buffer is `room` bytes long.
    let length = unsafe {
        match value {
            Value::Integer(value) => libc::snprintf(to, room, format.as_ptr(), *value),
            Value::Double(value) => libc::snprintf(to, room, format.as_ptr(), *value),
            Value::Text(text) => {
                let text = CString::new(text.clone()).unwrap();
                libc::snprintf(to, room, format.as_ptr(), text.as_ptr())
            }
        }
    };
    (length, buffer)
}

const FORMAT: usize = 1024;
const SLOTS: usize = 2048;
const TEXT: usize = 4096;
const BUFFER: usize = 8192;

fn actual(format: &str, value: &Value, room: usize) -> (i32, Vec<u8>) {
    let mut machine = Machine::new();
    let format = machine.put(FORMAT, format.as_bytes());
    let raw = match value {
        Value::Integer(value) => *value,
        Value::Double(value) => value.to_bits(),
        Value::Text(text) => machine.put(TEXT, text),
    };
    let slots = machine.slots(SLOTS, &[raw]);
    let length = machine.call("snprintf", &[BUFFER as u64, room as u64, format, slots]).unwrap();
    (length as i32, machine.memory[BUFFER..BUFFER + room.max(1)].to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn each_conversion_gives_the_same_text((format, value) in conversion(), room in prop_oneof![Just(3000_usize), 0_usize..20]) {
        let (expected_length, expected) = expected(&format, &value, room);
        let (length, text) = actual(&format, &value, room);
        prop_assert_eq!(
            String::from_utf8_lossy(&text[..text.len().min(length.max(0) as usize)]),
            String::from_utf8_lossy(&expected[..expected.len().min(expected_length.max(0) as usize)]),
            "{} of {:?}", format, value
        );
        prop_assert_eq!(length, expected_length);
        prop_assert_eq!(text, expected);
    }

    #[test]
    fn no_format_makes_it_panic(format in proptest::collection::vec(prop_oneof![Just(b'%'), 1_u8..=255], 0..40)) {
        let mut machine = Machine::new();
        let format = machine.put(FORMAT, &format);
        let slots = machine.slots(SLOTS, &[4096; 40]);
        let _ = machine.call("snprintf", &[BUFFER as u64, 100, format, slots]);
        machine.call("strnlen", &[BUFFER as u64, 100]).unwrap();
    }
}

#[track_caller]
fn printed(format: &str, slots: &[u64]) -> (String, i32) {
    let mut machine = Machine::new();
    let format = machine.put(FORMAT, format.as_bytes());
    machine.put(TEXT, b"text");
    let slots = machine.slots(SLOTS, slots);
    let length = machine.call("printf", &[format, slots]).unwrap();
    (String::from_utf8(machine.output.0).unwrap(), length as i32)
}

#[test]
fn what_takes_several_arguments_takes_them_in_order() {
    let minus_seven = -7_i32 as u32;
    assert_eq!(printed("%*d|%-*d|%.*f", &[5, 1, minus_seven.into(), 2, 2, 1.5_f64.to_bits()]).0, "    1|2      |1.50");
    assert_eq!(printed("%.*s|%%|%5s", &[2, TEXT as u64, TEXT as u64]), ("te|%| text".to_owned(), 10));
    assert_eq!(printed("%.*d|", &[u32::MAX.into(), 0]).0, "0|", "a negative precision is none");
}

#[test]
fn null_is_printed_as_glibc_prints_it() {
    assert_eq!(printed("%s|%.3s|%p|%10p", &[0, 0, 0, 255]).0, "(null)||(nil)|      0xff");
}

#[test]
fn what_is_no_conversion_is_copied() {
    assert_eq!(printed("%y %k", &[]).0, "%y %k");
}

#[test]
fn the_count_so_far_is_stored() {
    let mut machine = Machine::new();
    let format = machine.put(FORMAT, b"abc%n");
    let slots = machine.slots(SLOTS, &[TEXT as u64]);
    machine.call("printf", &[format, slots]).unwrap();
    assert_eq!(machine.memory[TEXT..TEXT + 5], [3, 0, 0, 0, 0xee]);
}

#[test]
fn more_than_an_int_can_count_is_an_error_and_takes_no_time() {
    let mut machine = Machine::new();
    let format = machine.put(FORMAT, b"%2000000000d%2000000000d");
    let slots = machine.slots(SLOTS, &[1, 2]);
    assert_eq!(machine.call("snprintf", &[0, 0, format, slots]).unwrap() as i32, -1);
    assert_eq!(machine.errno(), libc::EOVERFLOW);
}

#[test]
fn memory_beyond_the_end_is_never_written() {
    let mut machine = Machine::new();
    let format = machine.put(FORMAT, b"%2000000000d");
    let slots = machine.slots(SLOTS, &[1]);
    assert_eq!(machine.call("sprintf", &[BUFFER as u64, format, slots]), Err(skerry_c_library::Fault::OutOfBounds));
}
