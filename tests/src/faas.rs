//! The FaaS API's requests in their wire form, and its answers taken apart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::http::Answer;

/// Runs a function and waits for it.
pub const SYNC: &str = "/v1/faas/execute-sync";
/// Starts a task.
pub const ASYNC: &str = "/v1/faas/execute-async";
/// Whether the runtime is alive.
pub const HEALTH: &str = "/healthz";

/// The issue's own example: the result comes back through an OUT parameter.
pub const SUM: &str = "void sum(float a, float b, float *c) { *c = a + b; }";
/// A C function that does not end.
pub const ENDLESS: &str = "int spin(int x) { while (1) { x = x * 3 + 1; } return x; }";

/// Where a task's status is.
#[must_use]
pub fn status_path(task: &str) -> String {
    format!("/v1/faas/{task}/status")
}

/// Base64 as the API has it.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The text that is in base64.
///
/// # Panics
/// When it is no base64 of text.
#[must_use]
#[track_caller]
pub fn decode(base64: &str) -> String {
    let bytes = STANDARD.decode(base64).unwrap_or_else(|error| panic!("{base64:?} is not base64: {error}"));
    String::from_utf8(bytes).unwrap_or_else(|error| panic!("{base64:?} is not base64 of text: {error}"))
}

/// A parameter as it stands in `params`.
#[must_use]
pub fn parameter(type_name: &str, name: &str, value: &str, mode: &str) -> String {
    encode(json!({"type": type_name, "var_name": name, "value": encode(value), "mode": mode}).to_string())
}

/// An IN parameter.
#[must_use]
pub fn input(type_name: &str, value: &str) -> String {
    parameter(type_name, "x", value, "IN")
}

/// An OUT parameter.
#[must_use]
pub fn output(type_name: &str, name: &str) -> String {
    parameter(type_name, name, "", "OUT")
}

/// The body of a call of a C function.
#[must_use]
pub fn c(source: &str, params: &[String]) -> String {
    json!({"lang": "C", "fc": encode(source), "params": params}).to_string()
}

/// The body of a call of a WebAssembly module, given in its text format.
///
/// # Panics
/// When the text is not WebAssembly.
#[must_use]
pub fn wasm(text: &str, params: &[String]) -> String {
    let module = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    json!({"lang": "WASM", "fc": encode(module), "params": params}).to_string()
}

/// The body of a call of [`SUM`].
#[must_use]
pub fn sum(a: &str, b: &str) -> String {
    c(SUM, &[parameter("float", "a", a, "IN"), parameter("float", "b", b, "IN"), output("float", "c")])
}

/// The body of a call of [`ENDLESS`].
#[must_use]
pub fn endless() -> String {
    c(ENDLESS, &[input("int", "1")])
}

/// The result of a function that ran to its end, as text; the same under both of its names.
///
/// # Panics
/// When the answer is anything else.
#[must_use]
#[track_caller]
pub fn result(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["ret_code"], &body["err"]), (&json!(0), &Value::Null), "{body}");
    assert_eq!(body["res"], body["result"]);
    decode(&text_at(&body, "/result"))
}

/// Why a function failed, told in an answer of 200.
///
/// # Panics
/// When the answer is anything else.
#[must_use]
#[track_caller]
pub fn failure(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["ret_code"], &body["result"], &body["res"]), (&json!(-1), &Value::Null, &Value::Null), "{body}");
    text_at(&body, "/err")
}

/// The string at a place of a JSON value.
///
/// # Panics
/// When there is none.
#[must_use]
#[track_caller]
pub fn text_at(value: &Value, place: &str) -> String {
    let text = value.pointer(place).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no text at {place} of {value}")).to_owned()
}
