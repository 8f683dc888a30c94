//! C functions from source to result.

use crate::support::{
    assert_next_call_works, executors, failure, input, limits, output, parameter, random, result, run, success, text_of,
};
use skerry_executors::{CacheLimits, CallOptions, Executors, FailureKind, Lang, Limits, Outcome, RequestError};
use std::time::Duration;

const SUM: &str = "void sum(float a, float b, float *c) { *c = a + b; }";

fn run_c(executors: &Executors, source: &str, params: &[Vec<u8>]) -> Outcome {
    run(executors, Lang::C, source.as_bytes(), params).unwrap()
}

#[track_caller]
fn refusal(source: &[u8], params: &[Vec<u8>]) -> String {
    match executors().prepare(Lang::C, source, params, &CallOptions::default()) {
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
        assert_eq!(text_of(&success), Some("7.5"));
        assert_eq!(success.outs, [("c".to_owned(), "7.5".into())]);
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
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[1..], ["    2 |   return x +;", "      |             ^"], "{message}");
    assert!(lines[0].starts_with("function.c:2:13: error: "), "{message}");
    assert!(refusal(b"int f(void) {\n  return \xff;\n}\n", &[]).starts_with("function.c:2:"));
    refusal(b"", &[]);
}

#[test]
fn every_scalar_type_of_c_goes_in_and_comes_out() {
    let executors = executors();
    for (type_name, value) in [
        ("_Bool", "1"),
        ("char", "-128"),
        ("unsigned char", "255"),
        ("short", "-32768"),
        ("unsigned short", "65535"),
        ("int", "-2147483648"),
        ("unsigned int", "4294967295"),
        ("long", "-9223372036854775808"),
        ("unsigned long", "18446744073709551615"),
        ("unsigned long long", "18446744073709551615"),
        ("float", "0.1"),
        ("double", "-1e300"),
    ] {
        let identity = format!("{type_name} f({type_name} x) {{ return x; }}");
        assert_eq!(result(run_c(&executors, &identity, &[input(type_name, value)])), value, "{type_name}");
        let copy = format!("void f({type_name} x, {type_name} *y) {{ *y = x; }}");
        let params = [input(type_name, value), output(type_name, "y")];
        assert_eq!(result(run_c(&executors, &copy, &params)), value, "{type_name}");
    }
}

#[test]
fn arrays_go_in_and_come_out() {
    let source = "void f(const double *from, int n, double *to, double *sum) {
        for (int i = 0; i < n; i++) { to[n - 1 - i] = from[i]; *sum += from[i]; } }";
    let params = [
        parameter("double[]", "from", "[0.5, 1, 2]", "IN"),
        input("int", "3"),
        output("double[3]", "to"),
        output("double", "sum"),
    ];
    let success = success(run_c(&executors(), source, &params));
    assert_eq!(text_of(&success), Some("3.5"));
    assert_eq!(success.outs[0], ("to".to_owned(), "[2,1,0.5]".into()));
}

#[test]
fn math_functions_are_those_of_the_c_library() {
    let source =
        "#include <math.h>\ndouble f(double x) { return pow(sin(x), 2) + pow(cos(x), 2) + sqrt(2) * sqrt(2); }";
    let sum: f64 = result(run_c(&executors(), source, &[input("double", "0.7")])).parse().unwrap();
    assert!((sum - 3.0).abs() < 1e-12, "{sum}");
    let remainder = "#include <math.h>\ndouble f(double x, double y) { return fmod(x, y); }";
    assert_eq!(result(run_c(&executors(), remainder, &[input("double", "-7.5"), input("double", "2")])), "-1.5");
}

#[test]
fn globals_begin_anew_in_each_call() {
    let executors = executors();
    let source = "static int count = 40; int next(void) { count += 1; return count; }";
    for _ in 0..3 {
        assert_eq!(result(run_c(&executors, source, &[])), "41");
    }
}

#[test]
fn failures_of_c_functions_have_their_reasons() {
    let executors = executors();
    let divide = "int divide(int a, int b) { return a / b; }";
    let reason = failure(run_c(&executors, divide, &[input("int", "1"), input("int", "0")]), FailureKind::Trap);
    assert_eq!(reason, "integer division by zero");
    assert_next_call_works(&executors);
}

#[test]
fn a_c_function_cannot_get_away_with_anything() {
    let limits = Limits { time: Duration::from_millis(50), ..limits() };
    let executors = Executors::new(limits, CacheLimits::default(), random);
    for (source, kind) in [
        ("int f(void) { for (;;) { } return 0; }", FailureKind::Time),
        ("int g(int x) { return g(x + 1) + 1; } int f(void) { return g(0); }", FailureKind::Stack),
        (
            "int g(int x) { int a[100]; a[x % 100] = x; return g(a[x % 100] + 1) + a[0]; } int f(void) { return g(0); }",
            FailureKind::Stack,
        ),
        ("int f(void) { int a[4]; return a[100000000]; }", FailureKind::Trap),
        ("int f(void) { int a[4]; a[-100000000] = 1; return a[0]; }", FailureKind::Trap),
        ("int f(void) { int x = 0; return 5 % x; }", FailureKind::Trap),
    ] {
        let reason = failure(run_c(&executors, source, &[]), kind);
        assert_eq!(reason.contains("stack overflow"), kind == FailureKind::Stack, "{source}: {reason}");
        assert_eq!(result(run_c(&executors, "int f(void) { return 7; }", &[])), "7");
    }
}

#[track_caller]
fn result_of(source: &[u8], params: &[Vec<u8>]) -> String {
    result(run(&executors(), Lang::C, source, params).unwrap())
}

#[test]
fn texts_go_in_and_out_as_they_are() {
    let count = b"unsigned long count(const char *s) { unsigned long n = 0; while (s[n]) n++; return n; }";
    assert_eq!(result_of(count, &[input("char*", "h\u{e4}llo")]), "6");
    assert_eq!(result_of(count, &[input("const char *", "")]), "0");
    assert_eq!(result_of(count, &[input("char[64]", "abc")]), "3");
    let upper = b"void upper(char *s) { for (; *s; s++) if (*s >= 'a' && *s <= 'z') *s -= 32; }";
    assert_eq!(result_of(upper, &[parameter("char*", "s", "hello", "INOUT")]), "HELLO");
    let twice = b"void twice(char *s) { int n = 0; while (s[n]) n++; for (int i = 0; i < n; i++) s[n + i] = s[i]; s[2 * n] = 0; }";
    assert_eq!(result_of(twice, &[parameter("char[16]", "s", "ab", "INOUT")]), "abab");
    let write = b"void digits(int n, char out[]) { for (int i = 0; i < n; i++) out[i] = '0' + i; }";
    assert_eq!(result_of(write, &[input("int", "5"), output("char[8]", "out")]), "01234");
    assert_eq!(result_of(write, &[input("int", "8"), output("char[8]", "out")]), "01234567");
    let name = b"const char *name(int n) { static const char *names[] = {\"zero\", \"\", \"\\u00e4\"}; return n < 3 ? names[n] : 0; }";
    for (argument, expected) in [("0", "zero"), ("1", ""), ("2", "\u{e4}")] {
        assert_eq!(result_of(name, &[input("int", argument)]), expected);
    }
    let outcome = run(&executors(), Lang::C, name, &[input("int", "3")]).unwrap();
    assert_eq!(success(outcome).result, None, "a null pointer is no text");
    let wild = b"char *wild(unsigned address) { return (char *)address; }";
    let outcome = run(&executors(), Lang::C, wild, &[input("unsigned", "4294967295")]).unwrap();
    assert!(failure(outcome, FailureKind::Trap).contains("points to no text"));
    assert!(refusal(upper, &[input("char", "1")]).contains("a text (type `char*`)"));
    assert!(refusal(count, &[output("char[9]", "s")]).contains("pass it as IN"));
}

#[test]
fn arrays_go_both_ways_and_in_rows() {
    let sort = b"void sort(int n, int a[]) { for (int i = 0; i < n; i++) for (int j = i; j > 0 && a[j] < a[j-1]; j--) { int t = a[j]; a[j] = a[j-1]; a[j-1] = t; } }";
    assert_eq!(result_of(sort, &[input("int", "4"), parameter("int[]", "a", "[3,1,-2,2]", "INOUT")]), "[-2,1,2,3]");
    let bump = b"void bump(long *x) { *x += 1; }";
    assert_eq!(result_of(bump, &[parameter("long", "x", "41", "INOUT")]), "42");
    let transpose = b"void transpose(int a[2][3], int b[3][2]) { for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) b[j][i] = a[i][j]; }";
    let expected = "[[1,4],[2,5],[3,6]]";
    for a in
        [input("int[2][3]", "[[1,2,3],[4,5,6]]"), input("int[][3]", "[1,2,3,4,5,6]"), input("int[]", "[1,2,3,4,5,6]")]
    {
        assert_eq!(result_of(transpose, &[a, output("int[3][2]", "b")]), expected);
    }
    let flat = result_of(transpose, &[input("int[]", "[1,2,3,4,5,6]"), output("int[6]", "b")]);
    assert_eq!(flat, "[1,4,2,5,3,6]");
    let message = refusal(transpose, &[input("int[3][2]", "[1,2,3,4,5,6]"), output("int[3][2]", "b")]);
    assert!(message.contains("params[0]") && message.contains("`int a[][3]`"), "{message}");
}

#[test]
fn every_scalar_type_is_a_parameter_and_a_result_of() {
    for (name, value) in [
        ("_Bool", "1"),
        ("char", "-5"),
        ("signed char", "-128"),
        ("unsigned char", "255"),
        ("short", "-32768"),
        ("unsigned short", "65535"),
        ("int", "-7"),
        ("unsigned", "4294967295"),
        ("long", "-9223372036854775808"),
        ("unsigned long", "18446744073709551615"),
        ("long long", "-1"),
        ("unsigned long long", "18446744073709551615"),
        ("float", "-2.5"),
        ("double", "1e300"),
    ] {
        let source = format!("{name} same({name} x) {{ return x; }}");
        assert_eq!(result_of(source.as_bytes(), &[input(name, value)]), value, "{name}");
        let through = format!("void same({name} *x) {{ *x = *x; }}");
        assert_eq!(result_of(through.as_bytes(), &[parameter(name, "x", value, "INOUT")]), value, "{name}");
    }
    let color = b"enum color { RED, GREEN, BLUE }; enum color next(enum color c) { return (c + 1) % 3; }";
    assert_eq!(result_of(color, &[input("enum color", "2")]), "0");
    assert_eq!(result_of(color, &[input("unsigned int", "1")]), "2");
}
