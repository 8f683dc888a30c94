//! Numbers from text, and pseudo-random ones.

use crate::support::Machine;
use proptest::prelude::*;
use std::ffi::CString;

const TEXT: usize = 1024;
const END: usize = 512;

fn clear_errno() {
    // SAFETY: errno's address is valid in each thread.
    unsafe { *libc::__errno_location() = 0 };
}

fn errno() -> i32 {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ \t]{0,2}[-+]?(0|0x|0X|)[0-9a-fA-F]{0,22}[ a-z.]{0,3}",
        1 => "[ -~]{0,12}",
        1 => "-?(9223372036854775807|9223372036854775808|9223372036854775809|18446744073709551615|18446744073709551616)",
    ]
}

fn floating_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ \n]?[-+]?[0-9]{0,20}(\\.[0-9]{0,25})?([eE][-+]?[0-9]{0,3})?[ -~]{0,2}",
        2 => "[-+]?0[xX][0-9a-fA-F]{0,20}(\\.[0-9a-fA-F]{0,20})?([pP][-+]?[0-9]{0,4})?",
        2 => "-?0x1?\\.[0-9a-f]{0,14}p-10[0-9]{2}",
        1 => "[-+]?([iI][nN][fF](inity)?|infini|nan(\\([a-z0-9_]{0,4}\\)?)?|NAN)[a-z]?",
        1 => "[ -~]{0,10}",
        2 => any::<u64>().prop_map(|bits| format!("{:e}", f64::from_bits(bits))),
        2 => any::<u32>().prop_map(|bits| format!("{:e}", f32::from_bits(bits))),
        // Between two neighbours, and a little beside.
        2 => (1_u64..0x7fef_ffff_ffff_ffff, 0_u32..3).prop_map(|(bits, beside)| {
            let middle = CString::new(vec![b'0'; 1200]).unwrap().into_raw();
            let (low, high) = (f64::from_bits(bits), f64::from_bits(bits + 1));
            // SAFETY: `middle` has room for 1200 characters, and is made a CString again.
            let text = unsafe {
                libc::snprintf(middle, 1200, c"%.800e".as_ptr(), low + (high - low) / 2.0);
                CString::from_raw(middle)
            };
            text.to_str().unwrap().replace('e', ["e", "1e", "0e"][beside as usize])
        }),
        1 => (0_u32..50, 300_i32..350).prop_map(|(digit, exponent)| format!("{digit}.5e-{exponent}")),
        1 => Just("2.2250738585072014e-308".to_owned()),
        1 => Just("2.2250738585072011e-308".to_owned()),
        1 => Just("1.7976931348623159e308".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8_000))]

    #[test]
    fn integers_are_read_alike(text in text(), base in prop_oneof![4 => Just(10), 4 => Just(0), 2 => Just(16), 1 => 0..40]) {
        let c_text = CString::new(text.clone()).unwrap();
        for name in ["strtol", "strtoul"] {
            let mut end = std::ptr::null_mut();
            clear_errno();
            // SAFETY: the text ends with NUL, and `end` is a place for a pointer.
            let expected = unsafe {
                match name {
                    "strtol" => libc::strtol(c_text.as_ptr(), &mut end, base) as u64,
                    _ => libc::strtoul(c_text.as_ptr(), &mut end, base),
                }
            };
            let expected_errno = errno();
            let mut machine = Machine::new();
            let at = machine.put(TEXT, text.as_bytes());
            let value = machine.call(name, &[at, END as u64, base as u32 as u64]).unwrap();
            prop_assert_eq!(value, expected, "{} {:?}", name, text);
            prop_assert_eq!(machine.errno(), expected_errno);
            if !end.is_null() {
                let length = end as usize - c_text.as_ptr() as usize;
                let end = u32::from_le_bytes(machine.memory[END..END + 4].try_into().unwrap());
                prop_assert_eq!(end as usize - TEXT, length);
            }
        }
    }

    #[test]
    fn floating_point_numbers_are_read_alike(text in floating_text()) {
        let c_text = CString::new(text.clone()).unwrap();
        for name in ["strtod", "strtof"] {
            let mut end = std::ptr::null_mut();
            clear_errno();
            // SAFETY: as above.
            let expected = unsafe {
                match name {
                    "strtod" => libc::strtod(c_text.as_ptr(), &mut end),
                    _ => f64::from(libc::strtof(c_text.as_ptr(), &mut end)),
                }
            };
            let expected_errno = errno();
            let mut machine = Machine::new();
            let at = machine.put(TEXT, text.as_bytes());
            let raw = machine.call(name, &[at, END as u64]).unwrap();
            let value = if name == "strtod" { f64::from_bits(raw) } else { f32::from_bits(raw as u32).into() };
            // glibc forgets a bit when it rounds a hexadecimal subnormal; what is right stands in the test below.
            let least = if name == "strtod" { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() };
            let unit = if name == "strtod" { f64::from_bits(1) } else { f32::from_bits(1).into() };
            let glibc_rounds_wrong =
                text.contains(['x', 'X']) && expected.abs() <= least && (value - expected).abs() <= unit;
            prop_assert!(
                value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan() || glibc_rounds_wrong,
                "{} {:?}: {:e}, {:e}", name, text, value, expected
            );
            let end_at = u32::from_le_bytes(machine.memory[END..END + 4].try_into().unwrap());
            prop_assert_eq!(end_at as usize - TEXT, end as usize - c_text.as_ptr() as usize, "{} {:?}", name, text);
            // glibc forgets a bit when it asks whether a hexadecimal subnormal is exact.
            if !text.contains(['x', 'X']) {
                prop_assert_eq!(machine.errno(), expected_errno, "{} {:?} {:e}", name, text, value);
            }
        }
    }
}

#[test]
fn a_hexadecimal_subnormal_is_rounded_to_the_nearest() {
    let mut machine = Machine::new();
    let at = machine.put(TEXT, b"0x.2aaa00aa0a00abp-1020");
    let raw = machine.call("strtod", &[at, END as u64]).unwrap();
    assert_eq!(f64::from_bits(raw), 1.483_292_386_216_479_5e-308);
}

#[test]
fn the_pseudo_random_sequence_is_that_of_glibc() {
    for seed in [1_u32, 0, 2, 42, 123_456_789, u32::MAX, 0x8000_0000] {
        let mut machine = Machine::new();
        machine.call("srand", &[seed.into()]).unwrap();
        // SAFETY: no other test uses the generator of the process.
        unsafe { libc::srand(seed) };
        for _ in 0..2000 {
            // SAFETY: as above.
            assert_eq!(machine.call("rand", &[]).unwrap() as i32, unsafe { libc::rand() }, "seed {seed}");
        }
    }
    let mut machine = Machine::new();
    assert_eq!(machine.call("rand", &[]).unwrap(), 1_804_289_383, "without a seed it is 1");
}

unsafe extern "C" {
    fn frexp(x: f64, exponent: *mut i32) -> f64;
    fn modf(x: f64, whole: *mut f64) -> f64;
    fn ldexp(x: f64, exponent: i32) -> f64;
    fn ilogb(x: f64) -> i32;
    fn logb(x: f64) -> f64;
    fn nextafter(x: f64, y: f64) -> f64;
    fn nextafterf(x: f32, y: f32) -> f32;
    fn remainder(x: f64, y: f64) -> f64;
    fn remquo(x: f64, y: f64, quotient: *mut i32) -> f64;
    fn fmaf(x: f32, y: f32, z: f32) -> f32;
    fn erf(x: f64) -> f64;
    fn erfc(x: f64) -> f64;
    fn tgamma(x: f64) -> f64;
    fn lgamma(x: f64) -> f64;
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        -100.0..100.0_f64,
        (-40_i32..40).prop_map(|value| f64::from(value) / 4.0),
        prop_oneof![Just(0.0), Just(-0.0), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::NAN)],
    ]
}

#[track_caller]
fn same(actual: f64, expected: f64) -> Result<(), TestCaseError> {
    prop_assert!(
        actual.to_bits() == expected.to_bits() || actual.is_nan() && expected.is_nan(),
        "{actual:e}, {expected:e}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn exact_mathematics_gives_the_same_numbers(x in number(), y in number(), z in number(), exponent in -2200..2200) {
        let mut machine = Machine::new();
        let mut call = |name: &str, raw: &[u64]| machine.call(name, raw).unwrap();
        let (mut integer, mut whole) = (0, 0.0);
        let at = 512;
        // SAFETY: the pointers are to variables of their types.
        unsafe {
            same(f64::from_bits(call("ldexp", &[x.to_bits(), exponent as u32 as u64])), ldexp(x, exponent))?;
            same(f64::from_bits(call("logb", &[x.to_bits()])), logb(x))?;
            prop_assert_eq!(call("ilogb", &[x.to_bits()]) as i32, ilogb(x));
            same(f64::from_bits(call("nextafter", &[x.to_bits(), y.to_bits()])), nextafter(x, y))?;
            same(f64::from_bits(call("remainder", &[x.to_bits(), y.to_bits()])), remainder(x, y))?;
            let (x32, y32, z32) = (x as f32, y as f32, z as f32);
            let bits = |value: f32| u64::from(value.to_bits());
            same(f32::from_bits(call("nextafterf", &[bits(x32), bits(y32)]) as u32).into(), nextafterf(x32, y32).into())?;
            same(f32::from_bits(call("fmaf", &[bits(x32), bits(y32), bits(z32)]) as u32).into(), fmaf(x32, y32, z32).into())?;
            same(f64::from_bits(call("frexp", &[x.to_bits(), at])), frexp(x, &mut integer))?;
            if x.is_finite() {
                prop_assert_eq!(machine.memory[at as usize..][..4].to_vec(), integer.to_le_bytes().to_vec());
            }
            same(f64::from_bits(machine.call("modf", &[x.to_bits(), at]).unwrap()), modf(x, &mut whole))?;
            let stored = f64::from_le_bytes(machine.memory[at as usize..][..8].try_into().unwrap());
            same(stored, whole)?;
            let expected = remquo(x, y, &mut integer);
            same(f64::from_bits(machine.call("remquo", &[x.to_bits(), y.to_bits(), at]).unwrap()), expected)?;
            if expected.is_finite() && y.is_finite() {
                prop_assert_eq!(machine.memory[at as usize..][..4].to_vec(), integer.to_le_bytes().to_vec(), "{} {}", x, y);
            }
        }
    }

    #[test]
    fn other_mathematics_gives_nearly_the_same_numbers(x in prop_oneof![-30.0..30.0_f64, 0.0..175.0_f64, -1.0..1.0_f64, (-40_i32..340).prop_map(|x| f64::from(x) / 2.0), any::<f64>()]) {
        let mut machine = Machine::new();
        // SAFETY: functions of numbers.
        let expected = unsafe { [("erf", erf(x)), ("erfc", erfc(x)), ("tgamma", tgamma(x)), ("lgamma", lgamma(x))] };
        for (name, expected) in expected {
            let value = f64::from_bits(machine.call(name, &[x.to_bits()]).unwrap());
            if value == expected || value.is_nan() && expected.is_nan() {
                continue;
            }
            let error = (value - expected).abs();
            prop_assert!(error <= 1e-13 * expected.abs() + 1e-300 || name == "lgamma" && error < 1e-14, "{} {}: {:e} {:e}", name, x, value, expected);
        }
    }
}

#[test]
fn the_form_on_float_is_rounded_once() {
    let mut machine = Machine::new();
    let raw = machine.call("sinf", &[1.5_f32.to_bits().into()]).unwrap();
    assert_eq!(f32::from_bits(raw as u32), 1.5_f32.sin());
    let raw = machine.call("modff", &[(-2.75_f32).to_bits().into(), 512]).unwrap();
    assert_eq!(
        (f32::from_bits(raw as u32), machine.memory[512..516].to_vec()),
        (-0.75, (-2_f32).to_le_bytes().to_vec())
    );
}

#[test]
fn errors_of_mathematics_are_in_errno() {
    let mut machine = Machine::new();
    for (name, operands, expected) in [
        ("sqrt", &[-1.0][..], libc::EDOM),
        ("sqrt", &[2.0], 0),
        ("log", &[0.0], libc::ERANGE),
        ("log", &[-1.0], libc::EDOM),
        ("exp", &[1000.0], libc::ERANGE),
        ("exp", &[-1000.0], libc::ERANGE),
        ("exp", &[f64::INFINITY], 0),
        ("pow", &[-8.0, 1.0 / 3.0], libc::EDOM),
        ("pow", &[0.0, 2.0], 0),
        ("pow", &[0.0, -1.0], libc::ERANGE),
        ("fmod", &[1.0, 0.0], libc::EDOM),
        ("acos", &[2.0], libc::EDOM),
        ("acos", &[f64::NAN], 0),
        ("sin", &[f64::INFINITY], libc::EDOM),
        ("tgamma", &[200.0], libc::ERANGE),
    ] {
        machine.clear_errno();
        let raw: Vec<u64> = operands.iter().map(|operand| f64::to_bits(*operand)).collect();
        machine.call(name, &raw).unwrap();
        assert_eq!(machine.errno(), expected, "{name} {operands:?}");
    }
}
