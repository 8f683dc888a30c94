//! `string.h`.

use crate::support::Machine;
use proptest::prelude::*;
use skerry_c_library::Fault;
use std::ffi::{CStr, CString};

const FIRST: usize = 1024;
const SECOND: usize = 2048;
const BUFFER: usize = 4096;

fn word() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![3 => b'a'..=b'c', 1 => b'A'..=b'C', 1 => 1_u8..=255], 0..12)
}

/// An address of ours as an offset from the string that it is in.
fn offset(address: u64, base: usize) -> Option<usize> {
    (address != 0).then(|| address as usize - base)
}

fn native_offset(pointer: *const i8, base: &CStr) -> Option<usize> {
    (!pointer.is_null()).then(|| pointer as usize - base.as_ptr() as usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn searches_and_comparisons_give_the_same(first in word(), second in word(), byte in prop_oneof![b'a'..=b'c', Just(0)], limit in 0_u64..14) {
        let (a, b) = (CString::new(first.clone()).unwrap(), CString::new(second.clone()).unwrap());
        let (p, q) = (a.as_ptr(), b.as_ptr());
        let mut machine = Machine::new();
        machine.put(FIRST, &first);
        machine.put(SECOND, &second);
        let mut call = |name: &str, more: &[u64]| machine.call(name, &[&[FIRST as u64], more].concat()).unwrap();
        let other = SECOND as u64;
        let sign = |value: u64| (value as i32).signum();
        // SAFETY: both strings end with NUL.
        unsafe {
            prop_assert_eq!(call("strlen", &[]), libc::strlen(p) as u64);
            prop_assert_eq!(call("strnlen", &[limit]), libc::strnlen(p, limit as usize) as u64);
            prop_assert_eq!(sign(call("strcmp", &[other])), libc::strcmp(p, q).signum());
            prop_assert_eq!(sign(call("strncmp", &[other, limit])), libc::strncmp(p, q, limit as usize).signum());
            prop_assert_eq!(sign(call("strcasecmp", &[other])), libc::strcasecmp(p, q).signum());
            prop_assert_eq!(sign(call("strncasecmp", &[other, limit])), libc::strncasecmp(p, q, limit as usize).signum());
            let shorter = (first.len().min(second.len()) + 1) as u64;
            prop_assert_eq!(sign(call("memcmp", &[other, shorter])), libc::memcmp(p.cast(), q.cast(), shorter as usize).signum());
            prop_assert_eq!(offset(call("strchr", &[byte.into()]), FIRST), native_offset(libc::strchr(p, byte.into()), &a));
            prop_assert_eq!(offset(call("strrchr", &[byte.into()]), FIRST), native_offset(libc::strrchr(p, byte.into()), &a));
            let length = first.len() + 1;
            let native = libc::memchr(p.cast(), byte.into(), length).cast_const().cast();
            prop_assert_eq!(offset(call("memchr", &[byte.into(), length as u64]), FIRST), native_offset(native, &a));
            prop_assert_eq!(call("strspn", &[other]), libc::strspn(p, q) as u64);
            prop_assert_eq!(call("strcspn", &[other]), libc::strcspn(p, q) as u64);
            prop_assert_eq!(offset(call("strpbrk", &[other]), FIRST), native_offset(libc::strpbrk(p, q), &a));
            prop_assert_eq!(offset(call("strstr", &[other]), FIRST), native_offset(libc::strstr(p, q), &a));
        }
    }

    #[test]
    fn copies_give_the_same(first in word(), second in word(), limit in 0_usize..14) {
        let b = CString::new(second.clone()).unwrap();
        for name in ["strcpy", "strncpy", "strcat", "strncat"] {
            let mut expected = vec![0xee_u8; 64];
            expected[..first.len()].copy_from_slice(&first);
            expected[first.len()] = 0;
            let to = expected.as_mut_ptr().cast();
            // SAFETY: 64 bytes are more than both strings take together.
            unsafe {
                match name {
                    "strcpy" => libc::strcpy(to, b.as_ptr()),
                    "strncpy" => libc::strncpy(to, b.as_ptr(), limit),
                    "strcat" => libc::strcat(to, b.as_ptr()),
                    _ => libc::strncat(to, b.as_ptr(), limit),
                };
            }
            let mut machine = Machine::new();
            machine.put(FIRST, &first);
            machine.put(SECOND, &second);
            let mut arguments = vec![FIRST as u64, SECOND as u64];
            if name.contains('n') {
                arguments.push(limit as u64);
            }
            prop_assert_eq!(machine.call(name, &arguments).unwrap(), FIRST as u64);
            prop_assert_eq!(&machine.memory[FIRST..FIRST + 64], &expected, "{}", name);
        }
    }

    #[test]
    fn tokens_are_the_same(text in "[a ,]{0,12}", separators in "[ ,]{1,2}") {
        let mut machine = Machine::new();
        let (mut from, set) = (machine.put(FIRST, text.as_bytes()), machine.put(SECOND, separators.as_bytes()));
        let mut tokens = Vec::new();
        loop {
            let token = machine.call("strtok", &[from, set]).unwrap();
            if token == 0 {
                break;
            }
            tokens.push(String::from_utf8(machine.text(token as usize).to_vec()).unwrap());
            from = 0;
        }
        let expected: Vec<_> = text.split(|c| separators.contains(c)).filter(|token| !token.is_empty()).collect();
        prop_assert_eq!(tokens, expected);
        prop_assert_eq!(machine.call("strtok", &[0, set]).unwrap(), 0);
    }
}

#[test]
fn the_texts_of_errors_are_those_of_glibc() {
    let mut machine = Machine::new();
    for number in (0..35).chain([libc::EOVERFLOW, libc::EILSEQ, 9999, -3]) {
        // SAFETY: no other thread calls strerror here.
        let expected = unsafe { CStr::from_ptr(libc::strerror(number)) };
        let at = machine.call("strerror", &[number as u32 as u64]).unwrap();
        assert_eq!(machine.text(at as usize), expected.to_bytes());
    }
}

#[test]
fn what_is_duplicated_lies_on_the_heap() {
    let mut machine = Machine::new();
    let text = machine.put(FIRST, b"some text");
    let copy = machine.call("strdup", &[text]).unwrap();
    assert_eq!(machine.text(copy as usize), b"some text");
    machine.call("free", &[copy]).unwrap();
    assert!(matches!(machine.call("free", &[copy]), Err(Fault::Ended(reason)) if reason.contains("freed before")));
    let short = machine.call("strndup", &[text, 4]).unwrap();
    assert_eq!(machine.text(short as usize), b"some");
}

#[test]
fn bad_pointers_are_faults() {
    let mut machine = Machine::new();
    machine.memory.fill(b'x');
    let (inside, outside) = (BUFFER as u64, 1 << 30);
    for (name, arguments) in [
        ("strlen", &[inside][..]),
        ("strlen", &[outside]),
        ("strcpy", &[inside, outside]),
        ("strcmp", &[inside, inside]),
        ("memcmp", &[inside, inside, u64::MAX]),
        ("memchr", &[inside, 0, u64::MAX]),
        ("strncpy", &[inside, inside, u64::MAX]),
        ("strtol", &[outside, 0, 10]),
        ("strtod", &[outside, 0]),
        ("puts", &[inside]),
        ("fwrite", &[inside, u64::MAX, 2, 1]),
        ("printf", &[inside, 0]),
        ("sscanf", &[inside, inside, 0]),
        ("gmtime", &[outside]),
        ("strftime", &[inside, 100, outside, inside]),
    ] {
        assert_eq!(machine.call(name, arguments), Err(Fault::OutOfBounds), "{name} {arguments:?}");
    }
}
