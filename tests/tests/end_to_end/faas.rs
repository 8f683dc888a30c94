//! Functions that work: offloaded over REST, synchronously and as tasks, in C and as WebAssembly.

use serde_json::{Value, json};
use skerry_tests::faas::{ASYNC, SYNC, c, decode, failure, input, output, parameter, result, status_path, sum, wasm};
use skerry_tests::http::Answer;
use skerry_tests::runtime::Runtime;

/// The fields of an object, in the order of the alphabet.
fn field_names(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn outs(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.json();
    let out = |out: &Value| (out["var_name"].as_str().unwrap().to_owned(), decode(out["value"].as_str().unwrap()));
    body["outs"].as_array().unwrap().iter().map(out).collect()
}

#[test]
fn the_sum_comes_back_through_its_out_parameter_in_both_field_sets() {
    let runtime = Runtime::start(&[]);
    let answer = runtime.post(SYNC, &sum("3", "4.5"));
    assert_eq!(result(&answer), "7.5");
    assert_eq!(field_names(&answer.json()), ["err", "outs", "res", "result", "ret_code"]);
    assert_eq!(outs(&answer), [("c".to_owned(), "7.5".to_owned())]);
    assert_eq!(answer.field("content-type"), Some("application/json"));
    let seconds: f64 = answer.field("x-duration-seconds").unwrap().parse().unwrap();
    assert!(seconds >= 0.0);
}

#[test]
fn c_functions_of_every_shape_give_what_c_says() {
    let runtime = Runtime::start(&[]);
    let helpers = "static double square(double x) { return x * x; }\n\
        double length(double a, double b) { return sqrt(square(a) + square(b)); }";
    let answers = [
        (c("int twice(int x) { return 2 * x; }", &[input("int", "21")]), "42"),
        (c(&format!("#include <math.h>\n{helpers}"), &[input("double", "3"), input("double", "4")]), "5"),
        (
            c(
                "unsigned long fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }",
                &[input("unsigned", "20")],
            ),
            "6765",
        ),
        (
            c(
                "#define COUNT 4\nlong total(const int *v) { long s = 0; for (int i = 0; i < COUNT; i++) s += v[i]; return s; }",
                &[input("int[4]", "[1, 2, 3, 2147483647]")],
            ),
            "2147483653",
        ),
        (c("char wrap(unsigned char x) { return (char)(x + 100); }", &[input("unsigned char", "100")]), "-56"),
        (c("float third(int x) { return x / 3.0f; }", &[input("int", "1")]), "0.33333334"),
    ];
    for (body, expected) in answers {
        assert_eq!(result(&runtime.post(SYNC, &body)), expected, "{body}");
    }
}

#[test]
fn several_out_parameters_come_back_by_name_and_the_last_is_the_result() {
    let runtime = Runtime::start(&[]);
    let source = "void divide(int a, int b, int *q, int *r) { *q = a / b; *r = a % b; }";
    let params = [input("int", "17"), input("int", "5"), output("int", "q"), output("int", "r")];
    let answer = runtime.post(SYNC, &c(source, &params));
    assert_eq!(outs(&answer), [("q".to_owned(), "3".to_owned()), ("r".to_owned(), "2".to_owned())]);
    assert_eq!(result(&answer), "2");
    let array = "void squares(int n, long *v) { for (int i = 0; i < n; i++) v[i] = (long)i * i; }";
    let params = [input("int", "5"), parameter("long[5]", "v", "", "OUT")];
    assert_eq!(result(&runtime.post(SYNC, &c(array, &params))), "[0,1,4,9,16]");
}

#[test]
fn a_function_that_returns_nothing_has_no_result() {
    let runtime = Runtime::start(&[]);
    let answer = runtime.post(SYNC, &c("void nothing(int x) { x = x + 1; }", &[input("int", "1")]));
    assert_eq!(answer.json(), json!({"result": null, "ret_code": 0, "res": null, "err": null}));
}

#[test]
fn a_module_runs_by_its_export_named_run_or_by_its_only_one() {
    let runtime = Runtime::start(&[]);
    let add = r#"(func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))"#;
    let params = [input("int", "40"), input("int", "2")];
    let named = format!(r#"(module (func (export "other") unreachable) {add} (export "run" (func 1)))"#);
    assert_eq!(result(&runtime.post(SYNC, &wasm(&named, &params))), "42");
    let only = format!(r#"(module {add} (export "whatever" (func 0)))"#);
    assert_eq!(result(&runtime.post(SYNC, &wasm(&only, &params))), "42");
    let out = r#"(module (memory (export "memory") 1) (func (export "run") (param f64 i32)
        (f64.store (local.get 1) (f64.mul (local.get 0) (f64.const 2)))))"#;
    assert_eq!(result(&runtime.post(SYNC, &wasm(out, &[input("double", "1.25"), output("double", "y")]))), "2.5");
}

#[test]
fn a_task_is_accepted_works_and_is_ready_under_its_uuid() {
    let runtime = Runtime::start(&[]);
    let answer = runtime.post(ASYNC, &sum("3", "4.5"));
    assert_eq!(answer.status, 201);
    let accepted = answer.json();
    assert_eq!(field_names(&accepted), ["exec_id", "faas_uuid", "res", "status"]);
    let task = accepted["faas_uuid"].as_str().unwrap();
    assert_eq!(
        accepted,
        json!({"faas_uuid": task, "status": "WORKING", "res": null, "exec_id": {"faas_task_uuid": task}})
    );
    assert_eq!(answer.field("location"), Some(status_path(task).as_str()));

    let status = runtime.finished_task(task);
    assert_eq!(field_names(&status), ["exec_id", "res", "result", "state", "status"]);
    assert_eq!((&status["state"], &status["status"]), (&json!("READY"), &json!("READY")));
    assert_eq!(decode(status["result"].as_str().unwrap()), "7.5");
    assert_eq!((&status["res"]["res"], &status["res"]["ret_code"]), (&status["result"], &json!(0)));
    assert_eq!(status["exec_id"]["faas_task_uuid"], task);
    assert_eq!(runtime.finished_task(&task.to_uppercase()), status, "a UUID is the same in capitals");
}

#[test]
fn a_task_works_until_its_function_has_ended_and_a_failed_one_says_why() {
    let runtime = Runtime::start(&["call-time-limit-ms=1000"]);
    let task = runtime.start_task(&skerry_tests::faas::endless());
    let status = runtime.get(&status_path(&task)).json();
    if status["state"] == "WORKING" {
        assert_eq!((&status["result"], &status["res"]), (&Value::Null, &Value::Null));
    }
    let status = runtime.finished_task(&task);
    assert_eq!((&status["state"], &status["status"]), (&json!("FAILED"), &json!("FAILED")));
    assert_eq!((&status["result"], &status["res"]["ret_code"]), (&Value::Null, &json!(-1)));
    assert!(status["res"]["err"].as_str().unwrap().contains("longer than 1 s"), "{status}");
    runtime.serves_the_next_client();
}

#[test]
fn a_client_of_the_first_public_release_gets_the_code_that_it_knows() {
    let runtime = Runtime::start(&["compat=cognit-1.0"]);
    let answer = runtime.post(ASYNC, &sum("1", "2"));
    assert_eq!(answer.status, 200);
    let task = answer.json()["exec_id"]["faas_task_uuid"].as_str().unwrap().to_owned();
    assert_eq!(runtime.finished_task(&task)["res"]["ret_code"], 0);
}

#[test]
fn the_clients_own_hash_is_accepted_and_not_trusted() {
    let runtime = Runtime::start(&[]);
    let with_hash = |source: &str, hash: Value| {
        let mut body: Value = serde_json::from_str(&c(source, &[input("int", "1")])).unwrap();
        body["fc_hash"] = hash;
        runtime.post(SYNC, &body.to_string())
    };
    let (one, two) = ("int f(int x) { return x + 1; }", "int f(int x) { return x + 2; }");
    assert_eq!(result(&with_hash(one, json!("same"))), "2");
    assert_eq!(
        result(&with_hash(two, json!("same"))),
        "3",
        "a hash that collides must not bring back the other function"
    );
    assert_eq!(result(&with_hash(one, json!(""))), "2");
    assert_eq!(result(&with_hash(one, Value::Null)), "2");
}

#[test]
fn a_call_sees_nothing_of_the_one_before() {
    let runtime = Runtime::start(&[]);
    let source = "static int calls = 0; int count(int fail) { calls++; return calls / (1 - fail); }";
    for _ in 0..3 {
        assert_eq!(result(&runtime.post(SYNC, &c(source, &[input("int", "0")]))), "1");
        assert!(failure(&runtime.post(SYNC, &c(source, &[input("int", "1")]))).contains("zero"));
    }
}

#[test]
fn the_index_lists_the_routes_and_health_is_ok() {
    let runtime = Runtime::start(&[]);
    let index = runtime.get("/").json();
    let routes: Vec<_> = index["routes"].as_array().unwrap().iter().map(|route| route.as_str().unwrap()).collect();
    for route in [
        "POST /v1/faas/execute-sync",
        "POST /v1/faas/execute-async",
        "GET /v1/faas/{uuid}/status",
        "DELETE /v1/faas/{uuid}",
        "GET /metrics",
    ] {
        assert!(routes.contains(&route), "{route} is missing from {routes:?}");
    }
    assert_eq!(runtime.get("/healthz").json(), json!({"status": "ok"}));
    runtime.get("/v1/daas/anything").is_error(501, "data service");
}
