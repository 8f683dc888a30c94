//! A Python function and arguments in order: made into a request for a runtime.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use skerry_api::faas::ExecuteRequest;

/// Why no request can be made of a source and arguments.
#[derive(Debug, thiserror::Error)]
pub enum PythonFunctionError {
    /// The runtime chooses the function itself.
    #[error("the runtime runs the last function that the file defines at its top level; `{0}` cannot be chosen")]
    Function(String),
}

/// Makes the request that runs the last function of `source` with `arguments`: JSON each, and what is no JSON a `str`.
///
/// # Errors
/// See [`PythonFunctionError`].
pub fn request(
    source: &str,
    wanted: Option<&str>,
    arguments: &[String],
) -> Result<ExecuteRequest, PythonFunctionError> {
    let last = source.lines().rev().find_map(|line| line.strip_prefix("def "));
    let last = last.and_then(|line| line.split('(').next()).map(str::trim);
    if let Some(wanted) = wanted.filter(|wanted| Some(*wanted) != last) {
        return Err(PythonFunctionError::Function(wanted.to_owned()));
    }
    let params = arguments.iter().map(|argument| BASE64_STANDARD.encode(as_json(argument))).collect();
    Ok(ExecuteRequest {
        lang: "PY".to_owned(),
        fc: BASE64_STANDARD.encode(source),
        params,
        ..ExecuteRequest::default()
    })
}

fn as_json(argument: &str) -> String {
    // Python's own JSON has these three beside the standard's.
    let is_json = matches!(argument, "NaN" | "Infinity" | "-Infinity")
        || serde_json::from_str::<serde::de::IgnoredAny>(argument).is_ok();
    if is_json { argument.to_owned() } else { serde_json::Value::from(argument).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_json_and_what_is_none_is_a_str() {
        let arguments = ["1", "[1, 2]", "\"a\"", "hello", "null", "-Infinity"].map(str::to_owned);
        let request = request("def f(*a): pass\n", None, &arguments).unwrap();
        let expected = ["1", "[1, 2]", "\"a\"", "\"hello\"", "null", "-Infinity"];
        assert_eq!(request.params, expected.map(|text| BASE64_STANDARD.encode(text)));
        assert_eq!(request.lang, "PY");
    }

    #[test]
    fn only_the_last_function_can_be_named() {
        let source = "def helper(): pass\ndef f(): pass\n";
        assert!(request(source, Some("f"), &[]).is_ok());
        assert!(request(source, Some("helper"), &[]).is_err());
    }
}
