//! WASM functions that run: which function it is, values in and out, log, start function.

use crate::support::{executors, input, output, parameter, result, run_wat, success, text_of};

const SUM: &str = r#"(module (memory (export "memory") 1)
    (func (export "run") (param f32 f32 i32)
        (f32.store (local.get 2) (f32.add (local.get 0) (local.get 1)))))"#;

#[test]
fn the_sum_comes_back_through_its_out_parameter() {
    let params = [input("float", "3"), input("float", "4.5"), output("float", "c")];
    let success = success(run_wat(&executors(), SUM, &params));
    assert_eq!(text_of(&success), Some("7.5"));
    assert_eq!(success.outs, [("c".to_owned(), "7.5".into())]);
}

#[test]
fn vectors_are_computed_with_lane_by_lane() {
    for (instruction, sum) in [("i32x4.mul", "70"), ("i32x4.add", "36"), ("i8x16.relaxed_swizzle", "67372035")] {
        let wat = format!(
            r#"(module (func (export "run") (result i32) (local v128)
                (local.set 0 ({instruction} (v128.const i32x4 1 2 3 4) (v128.const i32x4 5 6 7 8)))
                (i32.add (i32.add (i32x4.extract_lane 0 (local.get 0)) (i32x4.extract_lane 1 (local.get 0)))
                    (i32.add (i32x4.extract_lane 2 (local.get 0)) (i32x4.extract_lane 3 (local.get 0))))))"#
        );
        assert_eq!(result(run_wat(&executors(), &wat, &[])), sum, "{instruction}");
    }
}

#[test]
fn every_type_passes_through_a_function_unchanged() {
    for (type_name, wasm_type, values) in [
        ("bool", "i32", &["0", "1"][..]),
        ("char", "i32", &["-128", "127"]),
        ("unsigned char", "i32", &["0", "255"]),
        ("short", "i32", &["-32768", "32767"]),
        ("uint16_t", "i32", &["65535"]),
        ("int", "i32", &["-2147483648", "2147483647"]),
        ("long", "i64", &["-9223372036854775808", "9223372036854775807"]),
        ("long long", "i64", &["-1"]),
        ("float", "f32", &["0.1", "-0", "inf", "nan", "1e-45", "3.4028235e38"]),
        ("double", "f64", &["0.1", "-0", "-inf", "nan", "5e-324", "1.7976931348623157e308"]),
    ] {
        let identity =
            format!(r#"(module (func (export "run") (param {wasm_type}) (result {wasm_type}) (local.get 0)))"#);
        for value in values {
            let outcome = run_wat(&executors(), &identity, &[input(type_name, value)]);
            assert_eq!(result(outcome), *value, "{type_name}");
        }
    }
}

#[test]
fn an_out_parameter_keeps_the_sign_of_its_own_type() {
    let all_ones = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32) (i64.store (local.get 0) (i64.const -1))))"#;
    for (type_name, expected) in [
        ("bool", "1"),
        ("char", "-1"),
        ("unsigned char", "255"),
        ("unsigned short", "65535"),
        ("int", "-1"),
        ("unsigned", "4294967295"),
        ("unsigned long", "18446744073709551615"),
        ("long", "-1"),
        ("float", "nan"),
        ("double", "nan"),
    ] {
        assert_eq!(result(run_wat(&executors(), all_ones, &[output(type_name, "x")])), expected, "{type_name}");
    }
}

#[test]
fn the_last_out_parameter_is_the_result_and_all_are_listed_in_order() {
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32 i32 i32) (result i32)
            (i64.store (local.get 0) (i64.const 10))
            (i32.store8 (local.get 2) (i32.add (local.get 1) (i32.const 1)))
            (i32.const 99)))"#;
    let params = [output("long", "first"), input("int", "4"), output("char", "second")];
    let success = success(run_wat(&executors(), wat, &params));
    assert_eq!(text_of(&success), Some("5"));
    assert_eq!(success.outs, [("first".to_owned(), "10".into()), ("second".to_owned(), "5".into())]);
}

#[test]
fn buffers_are_aligned_zeroed_and_behind_the_modules_own_memory() {
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32 i32 i32)
            (if (i32.lt_u (local.get 0) (i32.const 65536)) (then unreachable))
            (if (i32.rem_u (local.get 1) (i32.const 8)) (then unreachable))
            (if (i64.ne (i64.load (local.get 1)) (i64.const 0)) (then unreachable))
            (i32.store (local.get 2) (i32.sub (local.get 1) (local.get 0)))))"#;
    let params = [output("char", "a"), output("double", "b"), output("int", "distance")];
    assert_eq!(result(run_wat(&executors(), wat, &params)), "8");
}

#[test]
fn arrays_go_in_and_come_out() {
    let double_each = r#"(module (memory (export "memory") 1)
        (func (export "run") (param $from i32) (param $to i32) (param $count i32)
            (block $done (loop $next
                (br_if $done (i32.eqz (local.get $count)))
                (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                (i32.store (i32.add (local.get $to) (i32.mul (local.get $count) (i32.const 4)))
                    (i32.mul (i32.const 2)
                        (i32.load (i32.add (local.get $from) (i32.mul (local.get $count) (i32.const 4))))))
                (br $next)))))"#;
    let params =
        [parameter("int[]", "from", "[1, -2, 3]", "IN"), output("int[4]", "to"), parameter("int", "n", "3", "IN")];
    let success = success(run_wat(&executors(), double_each, &params));
    assert_eq!(success.outs, [("to".to_owned(), "[2,-4,6,0]".into())]);
}

#[test]
fn an_empty_array_has_a_valid_address_even_at_the_end_of_memory() {
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    assert_eq!(result(run_wat(&executors(), wat, &[parameter("int[]", "none", "[]", "IN")])), "0");
}

#[test]
fn a_function_that_returns_nothing_has_no_result() {
    let success = success(run_wat(&executors(), r#"(module (func (export "run")))"#, &[]));
    assert_eq!((success.result, success.outs), (None, vec![]));
}

#[test]
fn run_goes_before_other_exports_and_a_single_export_needs_no_name() {
    let several =
        r#"(module (func (export "other") (result i32) i32.const 1) (func (export "run") (result i32) i32.const 2))"#;
    assert_eq!(result(run_wat(&executors(), several, &[])), "2");
    let single = r#"(module (memory (export "memory") 1) (func (export "anything") (result i32) i32.const 3))"#;
    assert_eq!(result(run_wat(&executors(), single, &[])), "3");
}

#[test]
fn the_start_function_runs_first_and_its_export_does_not_count() {
    let wat = r#"(module (global $x (mut i32) (i32.const 1)) (func $init (global.set $x (i32.const 5))) (start $init)
        (func (export "only") (result i32) (global.get $x)))"#;
    assert_eq!(result(run_wat(&executors(), wat, &[])), "5");
}

#[test]
fn log_messages_come_back_with_the_outcome() {
    let wat = r#"(module (import "skerry" "log" (func $log (param i32 i32))) (memory (export "memory") 1)
        (data (i32.const 8) "hello from within")
        (func (export "run") (call $log (i32.const 8) (i32.const 5)) (call $log (i32.const 19) (i32.const 6))))"#;
    let outcome = run_wat(&executors(), wat, &[]);
    assert_eq!(outcome.log, "hello\nwithin\n");
    assert!(outcome.result.is_ok());
}
