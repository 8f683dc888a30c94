//! `time.h`.

use crate::support::Machine;
use proptest::prelude::*;
use std::ffi::CString;

const SECONDS: usize = 512;
const TIME: usize = 1024;
const FORMAT: usize = 2048;
const BUFFER: usize = 4096;
/// `struct tm` up to what only glibc has.
const BYTES: usize = 36;

fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![-70_000_000_000_i64..300_000_000_000, any::<i32>().prop_map(i64::from), any::<i64>()]
}

fn native(seconds: i64) -> Option<libc::tm> {
    // SAFETY: all-zero is a valid `tm`, and both pointers are to variables.
    unsafe {
        let mut time: libc::tm = std::mem::zeroed();
        (!libc::gmtime_r(&seconds, &mut time).is_null()).then_some(time)
    }
}

fn bytes(time: &libc::tm) -> Vec<u8> {
    [
        time.tm_sec,
        time.tm_min,
        time.tm_hour,
        time.tm_mday,
        time.tm_mon,
        time.tm_year,
        time.tm_wday,
        time.tm_yday,
        time.tm_isdst,
    ]
    .iter()
    .flat_map(|field| field.to_le_bytes())
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn times_are_broken_down_alike_and_put_together_again(seconds in seconds()) {
        let mut machine = Machine::new();
        machine.slots(SECONDS, &[seconds as u64]);
        let at = machine.call("gmtime", &[SECONDS as u64]).unwrap() as usize;
        let Some(time) = native(seconds) else {
            prop_assert_eq!(at, 0);
            return Ok(());
        };
        prop_assert_eq!(&machine.memory[at..at + BYTES], &bytes(&time));
        prop_assert_eq!(machine.call("mktime", &[at as u64]).unwrap() as i64, seconds);
    }

    #[test]
    fn fields_out_of_range_are_normalised(fields in proptest::array::uniform6(-100_i32..1000)) {
        let [sec, min, hour, mday, mon, year] = fields;
        // SAFETY: all-zero is a valid `tm`.
        let mut time: libc::tm = unsafe { std::mem::zeroed() };
        (time.tm_sec, time.tm_min, time.tm_hour) = (sec, min, hour);
        (time.tm_mday, time.tm_mon, time.tm_year) = (mday, mon, year);
        let mut machine = Machine::new();
        machine.memory[TIME..TIME + BYTES].copy_from_slice(&bytes(&time));
        // SAFETY: a pointer to a variable.
        let expected = unsafe { libc::timegm(&mut time) };
        prop_assert_eq!(machine.call("mktime", &[TIME as u64]).unwrap() as i64, expected);
        prop_assert_eq!(&machine.memory[TIME..TIME + BYTES], &bytes(&time));
    }

    #[test]
    fn times_are_formatted_alike(
        seconds in -70_000_000_000_i64..300_000_000_000,
        format in "(%[-_]?[dHImMSyjekUWVgGYwuCs]|%[aAbBhpPcDxFrRTXznt%]|[a-z:]){1,5}",
        room in prop_oneof![Just(200_usize), 0_usize..30],
    ) {
        let time = native(seconds).unwrap();
        let c_format = CString::new(format.clone()).unwrap();
        let mut expected = [0_u8; 256];
        // SAFETY: the buffer has more than `room` bytes.
        let length = unsafe { libc::strftime(expected.as_mut_ptr().cast(), room, c_format.as_ptr(), &time) };
        let mut machine = Machine::new();
        machine.memory[TIME..TIME + BYTES].copy_from_slice(&bytes(&time));
        let at = machine.put(FORMAT, format.as_bytes());
        let actual = machine.call("strftime", &[BUFFER as u64, room as u64, at, TIME as u64]).unwrap() as usize;
        prop_assert_eq!(actual, length, "{}", format);
        if length > 0 {
            prop_assert_eq!(machine.text(BUFFER), &expected[..length], "{}", format);
        }
    }

    #[test]
    fn no_fields_make_it_panic(fields in proptest::array::uniform9(any::<i32>()), format in "(%[a-zA-Z]){1,20}") {
        let mut machine = Machine::new();
        for (index, field) in fields.iter().enumerate() {
            machine.memory[TIME + 4 * index..][..4].copy_from_slice(&field.to_le_bytes());
        }
        let at = machine.put(FORMAT, format.as_bytes());
        let _ = machine.call("strftime", &[BUFFER as u64, 4096, at, TIME as u64]);
        let _ = machine.call("asctime", &[TIME as u64]);
        let _ = machine.call("mktime", &[TIME as u64]);
    }
}

#[test]
fn the_texts_of_a_time_have_their_usual_form() {
    let mut machine = Machine::new();
    machine.slots(SECONDS, &[1_700_000_000]);
    let at = machine.call("ctime", &[SECONDS as u64]).unwrap() as usize;
    assert_eq!(machine.text(at), b"Tue Nov 14 22:13:20 2023\n");
}
