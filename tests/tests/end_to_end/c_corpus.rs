//! The corpus of C programs (`skerry-c-corpus`), sent to a machine: each gives there what it gives when gcc compiles it, and
//! its log is what it prints.

use serde_json::{Value, json};
use skerry_c_corpus::{Expected, Program, programs, with_gcc};
use skerry_tests::faas::{SYNC, decode, encode};
use skerry_tests::http::Connection;
use skerry_tests::runtime::Runtime;

/// Lines, however the last one ends.
fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// In what an answer differs from what gcc's program did.
fn difference(connection: &mut Connection, program: &Program, expected: &Expected) -> Option<String> {
    let request = json!({"lang": "C", "fc": encode(&program.source), "params": [], "log": true});
    let answer = connection.post(SYNC, &request.to_string());
    if answer.status != 200 {
        return Some(format!("is refused: {answer:?}"));
    }
    let body = answer.json();
    let text = |name: &str| body[name].as_str();
    let result = text("result").map(decode);
    let outcome = match text("err") {
        None => Ok(result.as_deref()),
        Some(reason) => Err(reason),
    };
    let log = body["logs"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let expected = Expected { log: lines(expected.log.lines()), ..expected.clone() };
    expected.difference(outcome, &lines(log))
}

#[test]
fn every_program_of_the_corpus_gives_and_prints_in_a_machine_what_it_does_with_gcc() {
    let programs = programs();
    let Some(expected) = with_gcc(&programs) else { return };
    let runtime = Runtime::start(&[]);
    let mut connection = runtime.connect();
    let different = programs.iter().zip(&expected).filter_map(|(program, expected)| {
        difference(&mut connection, program, expected).map(|difference| format!("{} {difference}", program.name))
    });
    let different: Vec<String> = different.collect();
    let count = different.len();
    assert!(different.is_empty(), "{count} of {} programs differ:\n{}", programs.len(), different.join("\n"));
    runtime.serves_the_next_client();
}
