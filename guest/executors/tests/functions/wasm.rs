//! WASM functions from request to result: which function is run, values in and out, imports, start functions.

use crate::support::{executors, input, output, parameter, refusal_of_wat, result, run, run_wat, success};
use skerry_executors::{Executors, Lang};

const SUM: &str = r#"(module (memory (export "memory") 1)
    (func (export "run") (param f32 f32 i32)
        (f32.store (local.get 2) (f32.add (local.get 0) (local.get 1)))))"#;

#[test]
fn the_sum_comes_back_through_its_out_parameter() {
    let params = [input("float", "3"), input("float", "4.5"), output("float", "c")];
    let success = success(run_wat(&executors(), SUM, &params));
    assert_eq!(success.result.as_deref(), Some("7.5"));
    assert_eq!(success.outs, [("c".to_owned(), "7.5".to_owned())]);
}
