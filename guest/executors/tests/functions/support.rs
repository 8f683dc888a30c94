//! What the integration tests share: requests in their wire form, and calls in one go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skerry_executors::{
    CacheLimits, CallOptions, Executors, Failure, FailureKind, Lang, Limits, Outcome, RequestError, StopFlag, Success,
};
use std::io;
use std::time::Duration;

/// A parameter as a request carries it, after its outer base64.
pub(crate) fn parameter(type_name: &str, name: &str, value: &str, mode: &str) -> Vec<u8> {
    let value = STANDARD.encode(value);
    format!(r#"{{"type":"{type_name}","var_name":"{name}","value":"{value}","mode":"{mode}"}}"#).into_bytes()
}

/// An `IN` parameter.
pub(crate) fn input(type_name: &str, value: &str) -> Vec<u8> {
    parameter(type_name, "x", value, "IN")
}

/// An `OUT` parameter without initial value.
pub(crate) fn output(type_name: &str, name: &str) -> Vec<u8> {
    parameter(type_name, name, "", "OUT")
}

/// Executors with limits that keep tests short.
pub(crate) fn executors() -> Executors {
    executors_with(limits())
}

/// Executors with other limits.
pub(crate) fn executors_with(limits: Limits) -> Executors {
    Executors::new(limits, CacheLimits::default(), random)
}

/// A source that is anything but random: a test knows what it gave.
pub(crate) fn random(bytes: &mut [u8]) -> io::Result<()> {
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = (index % 251 + 1) as u8;
    }
    Ok(())
}

/// The limits of [`executors`]. Time is ample, for a busy machine; tests of the time limit set their own.
pub(crate) fn limits() -> Limits {
    Limits { time: Duration::from_secs(20), ..Limits::default() }
}

/// Runs a module in the text format.
pub(crate) fn run_wat(executors: &Executors, wat: &str, params: &[Vec<u8>]) -> Outcome {
    let wasm = wat::parse_str(wat).unwrap();
    run(executors, Lang::Wasm, &wasm, params).unwrap()
}

/// Prepares and runs.
pub(crate) fn run(executors: &Executors, lang: Lang, code: &[u8], params: &[Vec<u8>]) -> Result<Outcome, RequestError> {
    let call = executors.prepare(lang, code, params, &CallOptions::default())?;
    Ok(executors.run(call, &StopFlag::default()))
}

/// Why a module in the text format cannot be used.
#[track_caller]
pub(crate) fn refusal_of_wat(wat: &str, params: &[Vec<u8>]) -> String {
    let wasm = wat::parse_str(wat).unwrap();
    match executors().prepare(Lang::Wasm, &wasm, params, &CallOptions::default()) {
        Err(RequestError::Unusable { message }) => message,
        Err(other) => panic!("refused, but as {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

/// A message that has all of these in it.
#[track_caller]
pub(crate) fn assert_mentions(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[track_caller]
pub(crate) fn success(outcome: Outcome) -> Success {
    outcome.result.unwrap()
}

/// The result of a language whose values are texts.
pub(crate) fn text_of(success: &Success) -> Option<&str> {
    success.result.as_deref().map(|bytes| std::str::from_utf8(bytes).unwrap())
}

#[track_caller]
pub(crate) fn result(outcome: Outcome) -> String {
    text_of(&success(outcome)).unwrap().to_owned()
}

#[track_caller]
pub(crate) fn failure(outcome: Outcome, kind: FailureKind) -> String {
    let failure: Failure = outcome.result.unwrap_err();
    assert_eq!(failure.kind, kind, "{}", failure.reason);
    failure.reason
}

/// Asserts that the executors are as good as new: a call works and has all the memory it may use.
#[track_caller]
pub(crate) fn assert_next_call_works(executors: &Executors) {
    let wat = r#"(module (memory 1) (func (export "run") (param i32) (result i32)
        (drop (memory.grow (i32.const 254))) (i32.add (memory.size) (local.get 0))))"#;
    assert_eq!(result(run_wat(executors, wat, &[input("int", "7")])), "262");
}
