//! C functions from source to result.

use crate::support::{assert_next_call_works, executors, failure, input, output, parameter, result, run, success};
use skerry_executors::{Executors, FailureKind, Lang, Outcome, RequestError};

const SUM: &str = "void sum(float a, float b, float *c) { *c = a + b; }";

fn run_c(executors: &Executors, source: &str, params: &[Vec<u8>]) -> Outcome {
    run(executors, Lang::C, source.as_bytes(), params).unwrap()
}

#[track_caller]
fn refusal(source: &[u8], params: &[Vec<u8>]) -> String {
    match executors().prepare(Lang::C, source, params) {
        Err(RequestError::Unusable { message }) => message,
        Err(other) => panic!("refused, but as {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn c_is_listed_before_wasm() {
    assert_eq!(executors().languages(), [Lang::C, Lang::Wasm]);
}

#[test]
fn the_sum_comes_back_through_its_out_parameter() {
    let executors = executors();
    let params =
        [parameter("float", "a", "3", "IN"), parameter("float", "b", "4.5", "IN"), parameter("float", "c", "", "OUT")];
    for _ in 0..2 {
        let success = success(run_c(&executors, SUM, &params));
        assert_eq!(success.result.as_deref(), Some("7.5"));
        assert_eq!(success.outs, [("c".to_owned(), "7.5".to_owned())]);
    }
}

#[test]
fn a_return_value_is_the_result_where_nothing_is_out() {
    let source = "int twice(int x) { return 2 * x; }\n";
    assert_eq!(result(run_c(&executors(), source, &[input("int", "-21")])), "-42");
}

#[test]
fn types_must_be_those_of_the_declaration() {
    let message = refusal(SUM.as_bytes(), &[input("double", "1"), input("float", "1"), output("float", "c")]);
    assert!(message.contains("`double`") && message.contains("`float a`"), "{message}");
    let message = refusal(SUM.as_bytes(), &[input("float", "1"), input("float", "1"), input("float", "1")]);
    assert!(message.contains("`float *c`") && message.contains("OUT"), "{message}");
}

#[test]
fn source_that_does_not_compile_is_refused_with_line_and_column() {
    let message = refusal(b"int f(int x) {\n  return x +;\n}\n", &[input("int", "1")]);
    assert!(message.contains("line 2") && message.contains("column"), "{message}");
    assert!(refusal(b"int f(void) {\n  return \xff;\n}\n", &[]).contains("line 2"));
    refusal(b"", &[]);
}

#[test]
fn failures_of_c_functions_have_their_reasons() {
    let executors = executors();
    let divide = "int divide(int a, int b) { return a / b; }";
    let reason = failure(run_c(&executors, divide, &[input("int", "1"), input("int", "0")]), FailureKind::Trap);
    assert_eq!(reason, "integer division by zero");
    assert_next_call_works(&executors);
}
