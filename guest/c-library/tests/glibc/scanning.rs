//! `sscanf`.

use crate::support::Machine;
use proptest::prelude::*;
use std::ffi::CString;

const FORMAT: usize = 1024;
const TEXT: usize = 2048;
const SLOTS: usize = 3000;
/// Where the values go, and how far they are apart.
const VALUES: usize = 8192;
const APART: usize = 128;
const COUNT: usize = 4;

fn conversion() -> impl Strategy<Value = String> {
    let number = ("%\\*?[0-9]?(hh|h|l|ll|j|z|t|)[diuoxX]").boxed();
    let other = prop_oneof![
        "%\\*?([0-9]{0,2}l?[fe]|l?[ga])",
        "%\\*?[0-9]?s",
        "%\\*?[0-9]?c",
        "%\\*?[0-9]?\\[\\^?[]]?[a-c0-5 -]{1,4}\\]",
        Just("%n".to_owned()),
        Just("%%".to_owned()),
    ];
    prop_oneof![3 => number, 5 => other]
}

fn format() -> impl Strategy<Value = String> {
    let piece = (conversion(), prop_oneof![4 => Just(String::new()), 2 => Just(" ".to_owned()), 1 => "[,a-c]"]);
    proptest::collection::vec(piece, 1..=COUNT)
        .prop_map(|pieces| pieces.into_iter().map(|(conversion, between)| conversion + &between).collect())
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[-+]?[0-9]{1,4}",
        "[-+]?0[xX]?[0-9a-f]{0,3}",
        "-?[0-9]{0,3}\\.?[0-9]{0,3}(e[-+]?[0-9]{0,2})?",
        "-?0x[0-9a-f]{0,2}\\.?[0-9a-f]{0,2}(p[-+]?[0-9]{0,2})?",
        "[a-c]{1,4}",
        "(inf|infinity|infinite|nan|INF)",
        "[,%\\]^-]",
        "[0-9]{18,22}",
    ];
    proptest::collection::vec((piece, "[ \t\n]{0,2}"), 0..6)
        .prop_map(|pieces| pieces.into_iter().map(|(word, space)| word + &space).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(15_000))]

    #[test]
    fn the_same_is_read_and_stored(format in format(), text in text()) {
        // How a width and `0x` go together is not glibc's strength.
        prop_assume!(!text.contains(['x', 'X']) || !format.contains(['e', 'f']));
        let (c_format, c_text) = (CString::new(format.clone()).unwrap(), CString::new(text.clone()).unwrap());
        let mut expected = vec![0xee_u8; COUNT * APART];
        let [one, two, three, four] = [0, 1, 2, 3].map(|index| expected[index * APART..].as_mut_ptr());
        // SAFETY: each conversion has a place of 128 bytes, more than any reads from texts this short.
        let count = unsafe { libc::sscanf(c_text.as_ptr(), c_format.as_ptr(), one, two, three, four) };
        let mut machine = Machine::new();
        let at = [machine.put(TEXT, text.as_bytes()), machine.put(FORMAT, format.as_bytes())];
        let values = [0, 1, 2, 3].map(|index| (VALUES + index * APART) as u64);
        let slots = machine.slots(SLOTS, &values);
        let actual = machine.call("sscanf", &[at[0], at[1], slots]).unwrap() as i32;
        prop_assert_eq!(actual, count, "{:?} in {:?}", format, text);
        let stored = machine.memory[VALUES..VALUES + COUNT * APART].to_vec();
        // A NaN's sign and payload are nobody's promise.
        if !text.to_lowercase().contains("nan") {
            prop_assert_eq!(stored, expected, "{:?} in {:?}", format, text);
        }
    }

    #[test]
    fn nothing_makes_it_panic(
        format in proptest::collection::vec(prop_oneof![Just(b'%'), Just(b'['), 1_u8..=255], 0..20),
        text in proptest::collection::vec(1_u8..=255, 0..20),
    ) {
        let mut machine = Machine::new();
        let at = [machine.put(TEXT, &text), machine.put(FORMAT, &format)];
        let slots = machine.slots(SLOTS, &[VALUES as u64; 20]);
        let _ = machine.call("sscanf", &[at[0], at[1], slots]);
    }
}
