//! Texts, bytes and arrays to and from WebAssembly functions: lengths, allocators, results that are buffers.

use crate::support::{
    assert_mentions, assert_next_call_works, executors, executors_with, failure, input, limits, output, parameter,
    refusal_of_wat, result, run_wat, success,
};
use skerry_executors::{FailureKind, Limits};

/// A module with an allocator that counts up from 4096, and one page of memory.
fn with_allocator(functions: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1) (global $next (mut i32) (i32.const 4096))
        (func $alloc (export "alloc") (param $size i32) (result i32)
            (global.get $next) (global.set $next (i32.add (global.get $next) (local.get $size))))
        {functions})"#
    )
}

fn text(value: &str) -> Vec<u8> {
    input("char*", value)
}

#[test]
fn a_text_passes_its_address_and_its_length_where_the_function_has_room_for_it() {
    let first_byte = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    assert_eq!(result(run_wat(&executors(), first_byte, &[text("AB")])), "65");
    let length =
        r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32) (result i32) (local.get 1)))"#;
    assert_eq!(result(run_wat(&executors(), length, &[text("aä")])), "3");
    assert_eq!(result(run_wat(&executors(), length, &[text("")])), "0");
    assert_eq!(result(run_wat(&executors(), length, &[input("double[]", "[1,2]")])), "2");
    assert_eq!(result(run_wat(&executors(), length, &[input("bytes", "abcd")])), "4");
    let both = r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32 f64 i32 i32) (result i32)
        (i32.add (i32.mul (i32.const 10) (local.get 1)) (local.get 4))))"#;
    let parameters = [text("abc"), input("double", "1"), input("short[]", "[1,2,3,4]")];
    assert_eq!(result(run_wat(&executors(), both, &parameters)), "34");
    // A text has a NUL behind it, for C.
    let nul = r#"(module (memory (export "memory") 1) (func (export "run") (param i32) (result i32) (i32.load (local.get 0))))"#;
    assert_eq!(result(run_wat(&executors(), nul, &[text("abc")])), 0x63_6261.to_string());
}

#[test]
fn lengths_want_an_i32_each() {
    let wrong = r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i64)))"#;
    assert_mentions(&refusal_of_wat(wrong, &[text("x")]), &["params[0]", "i32"]);
    let three = r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32 i32)))"#;
    assert_mentions(&refusal_of_wat(three, &[text("x")]), &["takes 3 parameters", "has 1"]);
    // Only arrays have a length.
    let out = r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32)))"#;
    assert_mentions(&refusal_of_wat(out, &[output("int", "c")]), &["takes 2 parameters"]);
}

#[test]
fn buffers_go_where_the_modules_own_allocator_says() {
    let module = with_allocator(
        r#"(func (export "run") (param i32 i32) (result i32)
        (i32.add (local.get 0) (i32.load8_u (local.get 1))))"#,
    );
    assert_eq!(result(run_wat(&executors(), &module, &[text("AB"), text("C")])), (4096 + 67).to_string());
    let malloc = module.replace(r#""alloc""#, r#""malloc""#);
    assert_eq!(result(run_wat(&executors(), &malloc, &[text("AB"), text("C")])), (4096 + 67).to_string());
    let realloc = r#"(module (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.mul (local.get 2) (local.get 3)))
        (func (export "run") (param i32) (result i32) (local.get 0)))"#;
    assert_eq!(result(run_wat(&executors(), realloc, &[input("char[]", "[1,2,3]")])), "24");
    // Another function of that name is none.
    let other = r#"(module (memory (export "memory") 1) (func (export "alloc") (param i64) (result i32) unreachable)
        (func (export "run") (param i32) (result i32) (local.get 0)))"#;
    assert_eq!(result(run_wat(&executors(), other, &[text("x")])), "65536");
}

#[test]
fn an_out_array_of_an_allocator_begins_as_zeroes_and_its_content_comes_back() {
    let module = with_allocator(
        r#"(data (i32.const 4096) "dirt") (func (export "run") (param i32)
        (i32.store8 (local.get 0) (i32.const 9)))"#,
    );
    assert_eq!(result(run_wat(&executors(), &module, &[output("signed char[4]", "c")])), "[9,0,0,0]");
}

#[test]
fn an_allocator_that_lies_or_has_nothing_ends_the_call() {
    let module = |body: &str| {
        format!(
            r#"(module (memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) {body})
            (func (export "run") (param i32)))"#
        )
    };
    for (body, kind, reason) in [
        ("(i32.const -1)", FailureKind::Trap, "outside of its memory"),
        ("(i32.const 65535)", FailureKind::Trap, "outside of its memory"),
        ("(i32.const 0)", FailureKind::Memory, "no memory for the parameters"),
        ("unreachable", FailureKind::Trap, "aborted"),
    ] {
        let executors = executors();
        assert_mentions(&failure(run_wat(&executors, &module(body), &[text("xyz")]), kind), &[reason]);
        assert_next_call_works(&executors);
    }
}

#[test]
fn a_result_may_be_a_buffer_in_an_i64_or_in_two_i32() {
    let hello = r#"(data (i32.const 100) "\e4\bd\a0\01\02\ff\ff")"#;
    let packed = format!(
        r#"(module (memory (export "memory") 1) {hello} (func (export "run") (result i64) (i64.const 0x6400000003)))"#
    );
    let pair = format!(
        r#"(module (memory (export "memory") 1) {hello} (func (export "run") (result i32 i32) (i32.const 100) (i32.const 3)))"#
    );
    for module in [&packed, &pair] {
        let given = success(run_wat(&executors(), module, &[output("char*", "answer")]));
        assert_eq!(given.result.as_deref(), Some("你".as_bytes()));
        assert_eq!(given.outs, [("answer".to_owned(), "你".as_bytes().to_vec())]);
        assert_eq!(success(run_wat(&executors(), module, &[output("bytes", "x")])).result.unwrap(), b"\xe4\xbd\xa0");
        assert_eq!(result(run_wat(&executors(), module, &[output("uint8_t[]", "x")])), "[228,189,160]");
    }
    assert_eq!(result(run_wat(&executors(), &packed, &[])), 0x64_0000_0003_i64.to_string());
    assert_eq!(result(run_wat(&executors(), &pair, &[])), "[100,3]");
}

#[test]
fn a_result_that_is_no_buffer_is_refused_or_ends_the_call() {
    let wrong = r#"(module (memory (export "memory") 1) (func (export "run") (result f64) (f64.const 1)))"#;
    assert_mentions(&refusal_of_wat(wrong, &[output("char*", "c")]), &["`char*`", "address, length"]);
    let no_memory = r#"(module (func (export "run") (result i64) (i64.const 1)))"#;
    assert_mentions(&refusal_of_wat(no_memory, &[output("char*", "c")]), &["must export"]);
    let right = r#"(module (memory (export "memory") 1) (func (export "run") (result i64) (i64.const -1)))"#;
    assert_mentions(&refusal_of_wat(right, &[output("char*", "c"), output("bytes", "d")]), &["only one"]);
    for packed in ["-1", "0x0001000000000001", "0x0000ffff00000002", "0xffffffff"] {
        let module = right.replace("-1", packed);
        let reason = failure(run_wat(&executors(), &module, &[output("bytes", "c")]), FailureKind::Trap);
        assert_mentions(&reason, &["does not lie in its memory"]);
    }
    let large =
        r#"(module (memory (export "memory") 1) (func (export "run") (result i64) (i64.const 0x0000000000001000)))"#;
    let executors = executors_with(Limits { result_bytes: 100, ..limits() });
    for type_name in ["bytes", "char*", "char[]"] {
        failure(run_wat(&executors, large, &[output(type_name, "c")]), FailureKind::Output);
    }
}

#[test]
fn several_results_are_a_list() {
    let module = r#"(module (func (export "run") (param i32) (result i32 i64 f64 f32)
        (local.get 0) (i64.const -5) (f64.const 1.5) (f32.const inf)))"#;
    assert_eq!(result(run_wat(&executors(), module, &[input("int", "7")])), r#"[7,-5,1.5,"inf"]"#);
}

#[cfg(feature = "c")]
#[test]
fn an_array_in_c_without_a_length_is_still_refused() {
    let message = match crate::support::run(
        &executors(),
        skerry_executors::Lang::C,
        b"void f(int *x) { *x = 1; }",
        &[parameter("int[]", "x", "", "OUT")],
    ) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("not refused"),
    };
    assert_mentions(&message, &["needs its length"]);
}
