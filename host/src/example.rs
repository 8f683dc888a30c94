//! The function that `provision` offloads to show that the runtime works, and the curl line that repeats it.

use skerry_api::faas::{ExecuteAnswer, ExecuteRequest};

use crate::c_function::{self, CFunctionError};
use crate::faas_client;

/// The function's name.
pub const NAME: &str = "sum";
/// The function: it gives its result through an OUT parameter.
pub const SOURCE: &str = "void sum(float a, float b, float *c) { *c = a + b; }";
/// Its arguments, by name.
pub const ARGUMENTS: [(&str, &str); 2] = [("a", "3"), ("b", "4.5")];
/// What it must give.
pub const EXPECTED: &str = "7.5";

/// The request that offloads the function.
///
/// # Errors
/// Never for the source above: a test compiles it.
pub fn request() -> Result<ExecuteRequest, CFunctionError> {
    let arguments = ARGUMENTS.map(|(name, value)| format!("{name}={value}"));
    c_function::request(SOURCE, Some(NAME), &arguments)
}

/// The call as C would write it: `sum(a=3, b=4.5)`.
#[must_use]
pub fn call_text() -> String {
    let arguments = ARGUMENTS.map(|(name, value)| format!("{name}={value}"));
    format!("{NAME}({})", arguments.join(", "))
}

/// What the function gave, as text; the reason when it failed.
///
/// # Errors
/// Why there is no result, for a user.
pub fn result(endpoint: &str, answer: &ExecuteAnswer) -> Result<String, String> {
    match (&answer.result, &answer.err) {
        (Some(result), _) if answer.ret_code == 0 => {
            faas_client::decode_text(endpoint, result).map_err(|error| error.to_string())
        }
        (_, Some(reason)) => Err(reason.clone()),
        _ => Err(format!("it ended with {} and no result", answer.ret_code)),
    }
}

/// A line for a shell that sends `request` to `endpoint`.
#[must_use]
pub fn curl_line(endpoint: &str, request: &ExecuteRequest) -> String {
    // Base64 and our own keys hold no single quote, so the shell passes the body on as it is.
    let body = serde_json::to_string(request).unwrap_or_default();
    format!("curl -sS {endpoint}/v1/faas/execute-sync -H 'Content-Type: application/json' -d '{body}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_compiles() {
        let request = request().unwrap();
        assert_eq!(request.params.len(), 3, "two arguments and the OUT parameter");
    }

    #[test]
    fn the_curl_line_is_complete_and_safe_to_paste() {
        let line = curl_line("http://127.0.0.1:34567", &request().unwrap());
        assert!(line.starts_with("curl -sS http://127.0.0.1:34567/v1/faas/execute-sync -H "));
        assert_eq!(line.matches('\'').count(), 4);
        assert!(!line.contains('\n'));
    }

    #[test]
    fn only_a_finished_call_has_a_result() {
        let mut answer = ExecuteAnswer {
            result: Some("Ny41".to_owned()),
            ret_code: 0,
            res: None,
            err: None,
            outs: Vec::new(),
            logs: None,
        };
        assert_eq!(result("e", &answer), Ok("7.5".to_owned()));
        answer.ret_code = -1;
        answer.err = Some("out-of-bounds memory access".to_owned());
        assert_eq!(result("e", &answer), Err("out-of-bounds memory access".to_owned()));
    }
}
