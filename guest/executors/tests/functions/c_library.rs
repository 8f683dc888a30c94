//! The C library in compiled functions: its log, its heap, its ends, its limits. What each function computes is tested
//! where it is written, and by the corpus of C programs.

use crate::support::{
    assert_mentions, assert_next_call_works, executors, executors_with, failure, limits, refusal_of_wat, result, run,
};
use skerry_executors::{CallOptions, Executors, FailureKind, Lang, Limits, Outcome, RequestError};
use std::time::Duration;

fn call(executors: &Executors, source: &str) -> Outcome {
    run(executors, Lang::C, source.as_bytes(), &[]).unwrap()
}

#[track_caller]
fn ends_with(source: &str, kind: FailureKind) -> String {
    let executors = executors();
    let reason = failure(call(&executors, source), kind);
    assert_next_call_works(&executors);
    reason
}

#[track_caller]
fn refusal(source: &str) -> String {
    match executors().prepare(Lang::C, source.as_bytes(), &[], &CallOptions::default()) {
        Err(RequestError::Unusable { message }) => message,
        Err(other) => panic!("refused, but as {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn what_is_printed_is_the_calls_log_up_to_its_end() {
    let source = r#"
        #include <stdio.h>
        #include <stdlib.h>
        int run(void) { printf("%d %s", 1, "two"); fputs(" three\n", stderr); puts("last"); exit(4); }"#;
    let outcome = call(&executors(), source);
    assert_eq!(outcome.log, "1 two three\nlast\n");
    assert_eq!(failure(outcome, FailureKind::Trap), "the function called exit(4)");
}

#[test]
fn a_log_that_is_full_takes_no_more_and_the_call_goes_on() {
    let source = r#"
        #include <stdio.h>
        int run(void) { long n = 0; for (int i = 0; i < 1000; i++) n += printf("%1000000d", i); return n / 1000000; }"#;
    let outcome = call(&executors(), source);
    assert!(outcome.log.len() < 100_000);
    assert_eq!(result(outcome), "1000");
}

#[test]
fn the_heap_grows_to_the_calls_limit_and_no_further() {
    let fill = r#"
        #include <stdlib.h>
        #include <string.h>
        int run(void) { int n = 0; for (;;) { char *p = malloc(100000); memset(p, 1, 100000); n++; if (n == LIMIT) return n; } }"#;
    assert_eq!(result(call(&executors(), &fill.replace("LIMIT", "150"))), "150");
    let reason = ends_with(&fill.replace("LIMIT", "-1"), FailureKind::Memory);
    assert_eq!(reason, "the call used more than 16 MiB of memory");
}

#[test]
fn what_no_memory_could_hold_is_a_null_pointer() {
    let source = r#"
        #include <errno.h>
        #include <stdlib.h>
        int run(void) { void *p = malloc((size_t)-1), *q = calloc((size_t)1 << 40, 1 << 30), *r = realloc(0, 1UL << 33);
            return (p == 0) + (q == 0) + (r == 0) + (errno == ENOMEM) * 10; }"#;
    assert_eq!(result(call(&executors(), source)), "13");
}

#[test]
fn the_heap_begins_behind_the_parameters() {
    let source = r#"
        #include <stdlib.h>
        #include <string.h>
        int run(int n, const int *a) { char *p = malloc(1000); memset(p, 255, 1000); int s = 0; for (int i = 0; i < n; i++) s += a[i]; return s; }"#;
    let parameters = [crate::support::input("int", "3"), crate::support::input("int[]", "[1, 2, 3]")];
    assert_eq!(result(run(&executors(), Lang::C, source.as_bytes(), &parameters).unwrap()), "6");
}

#[test]
fn misuse_of_the_heap_ends_the_call_with_its_reason() {
    let of = |body: &str| {
        ends_with(
            &format!(
                "#include <stdlib.h>\nint run(void) {{ char *p = malloc(40), *q = malloc(40); {body} return 0; }}"
            ),
            FailureKind::Trap,
        )
    };
    assert_mentions(&of("free(p); free(p);"), &["freed before"]);
    assert_mentions(&of("free(p + 8);"), &["that malloc did not give"]);
    assert_mentions(&of("int x; free(&x);"), &["that malloc did not give"]);
    assert_mentions(&of("for (int i = 0; i < 100; i++) p[i] = i; free(p); malloc(20);"), &["malloc"]);
    assert!(!of("p = malloc(1); q = realloc(q + 1, 100);").is_empty());
}

#[test]
fn a_failed_assertion_says_where_and_what() {
    let source = "#include <assert.h>\nint run(void) {\n  int a = 1;\n  assert(a > 1 && \"reason\");\n  return a;\n}";
    assert_mentions(
        &ends_with(source, FailureKind::Trap),
        &["function.c:4: run: assertion `a > 1 && \"reason\"` failed"],
    );
    let without = source.replacen("#include", "#define NDEBUG\n#include", 1);
    assert_eq!(result(call(&executors(), &without)), "1");
}

#[test]
fn ends_of_the_program_end_the_call() {
    let of = |body: &str| {
        ends_with(&format!("#include <stdlib.h>\nint run(void) {{ {body} return 0; }}"), FailureKind::Trap)
    };
    assert_eq!(of("abort();"), "the function called abort");
    assert_eq!(of("_Exit(0);"), "the function called exit(0)");
}

#[test]
fn bad_pointers_are_traps() {
    for body in [
        "strlen((char *)0x7fffffff);",
        "memcpy((void *)0x7ffffff0, \"0123456789\", 10);",
        "memset((void *)100, 0, (size_t)-1);",
        "printf((char *)0x7fffffff);",
        "sprintf((char *)0x7fffffff, \"%d\", 1);",
        "printf(\"%s\", (char *)0x7fffffff);",
        "sscanf(\"1\", \"%d\", (int *)0x7fffffff);",
    ] {
        let source = format!("#include <stdio.h>\n#include <string.h>\nint run(void) {{ {body} return 0; }}");
        assert_eq!(ends_with(&source, FailureKind::Trap), "out-of-bounds memory access", "{body}");
    }
}

#[test]
fn work_of_the_library_counts_as_time_and_as_fuel() {
    let source = r#"
        #include <string.h>
        static char text[4000000];
        int run(void) { memset(text, 'a', sizeof text - 1); long n = 0; for (;;) n += strlen(text) + !strstr(text, "ab"); }"#;
    let short = Limits { time: Duration::from_millis(50), ..limits() };
    assert_mentions(&failure(call(&executors_with(short), source), FailureKind::Time), &["longer than 50 ms"]);
    // Each round costs more than a million; on its own, the loop would make many of this.
    let little = Limits { fuel: Some(20_000_000), ..limits() };
    assert_mentions(&failure(call(&executors_with(little), source), FailureKind::Fuel), &["fuel"]);
}

#[test]
fn sorting_is_stable_as_with_glibc_and_calls_back() {
    let source = r#"
        #include <stdlib.h>
        static int compared;
        static int tens(const void *a, const void *b) { compared++; return *(const int *)a / 10 - *(const int *)b / 10; }
        int run(void) { int v[] = {35, 12, 31, 19, 2, 15, 38, 7, 11}, key = 22; qsort(v, 9, sizeof *v, tens);
            int w[] = {2, 7, 12, 19, 15, 11, 35, 31, 38}; for (int i = 0; i < 9; i++) if (v[i] != w[i]) return -i - 1;
            return bsearch(&key, v, 9, sizeof *v, tens) == 0 ? compared : 0; }"#;
    assert_eq!(result(call(&executors(), source)), "24", "so many comparisons as glibc makes");
}

#[test]
fn functions_of_the_library_can_be_pointed_to() {
    let source = r#"
        #include <math.h>
        #include <string.h>
        static double twice(double (*f)(double), double x) { return f(f(x)); }
        static unsigned long with(size_t (*f)(const char *), const char *s) { return f(s); }
        double run(void) { float (*g)(float) = sqrtf; return twice(sqrt, 16) + g(9) + with(strlen, "four") + twice(fabs, -1); }"#;
    assert_eq!(result(call(&executors(), source)), "10");
}

#[test]
fn what_the_library_remembers_does_not_outlive_the_call() {
    let executors = executors();
    let source = "#include <stdlib.h>\nint run(void) { return rand(); }";
    assert_eq!(result(call(&executors, source)), "1804289383");
    assert_eq!(result(call(&executors, source)), "1804289383");
}

#[test]
fn what_there_is_not_is_refused_by_name_with_the_reason() {
    assert_mentions(
        &refusal("#include <stdio.h>\nint run(void) { return fopen(\"a\", \"r\") != 0; }"),
        &["'fopen'", "there are no files"],
    );
    assert_mentions(
        &refusal("#include <stdio.h>\nint run(void) { int x; return scanf(\"%d\", &x); }"),
        &["'scanf'", "no input to read"],
    );
    assert_mentions(&refusal("int run(void) { return pthread_self(); }"), &["there are no threads"]);
    assert_mentions(&refusal("int run(void) { return printf(\"x\"); }"), &["'printf'", "#include <stdio.h>"]);
    assert_mentions(
        &refusal("int strlen(int x); int run(void) { return strlen(1); }"),
        &["'strlen'", "the C library's"],
    );
}

#[test]
fn modules_do_not_get_the_library() {
    let wat = r#"(module (import "c" "malloc" (func (param i64) (result i32))) (memory (export "memory") 1) (func (export "run")))"#;
    assert_mentions(&refusal_of_wat(wat, &[]), &["`c.malloc`"]);
}
