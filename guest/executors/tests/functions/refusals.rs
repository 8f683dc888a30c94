//! Requests that cannot be run: refused before anything runs, with a message that says why.

use crate::support::{assert_mentions, executors, input, limits, output, random, refusal_of_wat};
use skerry_executors::{CacheLimits, CallOptions, Executors, Lang, Limits, RequestError};

/// Why code cannot be used.
#[track_caller]
fn refusal(executors: &Executors, lang: Lang, code: &[u8], params: &[Vec<u8>]) -> RequestError {
    match executors.prepare(lang, code, params, &CallOptions::default()) {
        Err(error) => error,
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn what_is_no_module_is_refused() {
    for code in [&b""[..], b"\0", b"garbage", b"\0asm\x02\0\0\0", b"int f(void) { return 1; }"] {
        let error = refusal(&executors(), Lang::Wasm, code, &[]);
        assert_mentions(&error.to_string(), &["not a WebAssembly module"]);
    }
    let cut = &wat::parse_str(r#"(module (func (export "run")))"#).unwrap()[..20];
    assert_mentions(&refusal(&executors(), Lang::Wasm, cut, &[]).to_string(), &["not valid"]);
}

#[test]
fn code_that_does_not_validate_is_refused() {
    for wat in [
        r#"(module (func (export "run") (result i32)))"#,
        r#"(module (func (export "run") (drop (i32.load (i32.const 0)))))"#,
        r#"(module (func $init (param i32)) (start $init) (func (export "run")))"#,
        r#"(module (memory 1) (memory 1) (func (export "run")))"#,
        r#"(module (memory i64 1) (func (export "run")))"#,
        r#"(module (memory 1 1 shared) (func (export "run")))"#,
    ] {
        assert_mentions(&refusal_of_wat(wat, &[]), &["not valid"]);
    }
}

#[test]
fn imports_that_are_not_offered_are_named() {
    for (import, name) in [
        (r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#, "fd_write"),
        (r#"(import "env" "memory" (memory 1))"#, "env.memory"),
        (r#"(import "env" "table" (table 1 funcref))"#, "env.table"),
        (r#"(import "env" "g" (global i32))"#, "env.g"),
        (r#"(import "skerry" "exit" (func))"#, "skerry.exit"),
        (r#"(import "math" "sin" (func (param f64) (result f64)))"#, "math.sin"),
    ] {
        assert_mentions(&refusal_of_wat(&format!(r#"(module {import} (func (export "run")))"#), &[]), &[name]);
    }
}

#[test]
fn the_log_function_must_be_imported_as_what_it_is() {
    for import in
        ["(func (param i32))", "(func (param i32 i32) (result i32))", "(func (param i64 i64))", "(global i32)"]
    {
        let wat =
            format!(r#"(module (import "skerry" "log" {import}) (memory (export "memory") 1) (func (export "run")))"#);
        assert_mentions(&refusal_of_wat(&wat, &[]), &["skerry.log", "(i32, i32) -> ()"]);
    }
    let no_memory = r#"(module (import "skerry" "log" (func (param i32 i32))) (memory 1) (func (export "run")))"#;
    assert_mentions(&refusal_of_wat(no_memory, &[]), &["does not export `memory`"]);
}

#[test]
fn a_module_must_say_which_function_to_run() {
    assert_mentions(&refusal_of_wat("(module)", &[]), &["exports no function"]);
    assert_mentions(&refusal_of_wat(r#"(module (func $f) (start $f))"#, &[]), &["exports no function"]);
    assert_mentions(&refusal_of_wat(r#"(module (memory (export "run") 1))"#, &[]), &["exports no function"]);
    let several = r#"(module (func (export "first")) (func (export "second")))"#;
    assert_mentions(&refusal_of_wat(several, &[]), &["2 functions", "first", "second", "`run`"]);
}

#[test]
fn signatures_that_no_request_can_express_are_refused() {
    assert_mentions(
        &refusal_of_wat(r#"(module (func (export "run") (result i32 funcref) unreachable))"#, &[]),
        &["funcref"],
    );
    assert_mentions(&refusal_of_wat(r#"(module (func (export "run") (param externref)))"#, &[]), &["externref"]);
    assert_mentions(&refusal_of_wat(r#"(module (func (export "run") (param v128)))"#, &[]), &["v128"]);
}

#[test]
fn parameters_that_do_not_fit_are_refused() {
    let takes_long = r#"(module (func (export "run") (param i64)))"#;
    assert_mentions(&refusal_of_wat(takes_long, &[]), &["takes 1 parameters", "has 0"]);
    assert_mentions(&refusal_of_wat(takes_long, &[input("int", "1")]), &["params[0]", "`int`", "`i64`"]);
    assert_mentions(&refusal_of_wat(takes_long, &[output("long", "c")]), &["OUT", "i32 address"]);
    let no_memory = r#"(module (func (export "run") (param i32)))"#;
    assert_mentions(&refusal_of_wat(no_memory, &[output("int", "c")]), &["must export", "`memory`"]);
}

#[test]
fn a_parameter_that_is_not_well_formed_is_named_before_the_code_is_looked_at() {
    let error = refusal(&executors(), Lang::Wasm, b"garbage", &[input("char", "1"), input("char", "300")]);
    let RequestError::BadParameter { field, message } = error else { panic!("{error:?}") };
    assert_eq!(field, "params[1].value");
    assert_mentions(&message, &["300", "out of range", "char"]);
}

#[test]
fn languages_that_this_build_lacks_are_refused_as_such() {
    let executors = executors();
    assert_eq!(executors.languages().last(), Some(&Lang::Wasm));
    for lang in Lang::ALL {
        // Python's parameters have another form, which must not be held against them here.
        let lacks = refusal(&executors, lang, b"", &[b"7".to_vec()]) == RequestError::LanguageNotHere { lang };
        assert_eq!(lacks, !executors.languages().contains(&lang));
    }
}

#[test]
fn code_that_is_too_large_is_refused() {
    let executors = Executors::new(Limits { code_bytes: 10, ..limits() }, CacheLimits::default(), random);
    let wasm = wat::parse_str(r#"(module (func (export "run")))"#).unwrap();
    assert_mentions(&refusal(&executors, Lang::Wasm, &wasm, &[]).to_string(), &["at most 10"]);
}
