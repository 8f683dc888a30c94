//! The one function that is called here, in its wire form.

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Where functions are called.
pub(crate) const SYNC_PATH: &str = "/v1/faas/execute-sync";
/// Where a runtime says that it is well.
pub(crate) const HEALTH_PATH: &str = "/healthz";
/// The example of the documentation: its result comes back through an OUT parameter.
const SUM: &str = "void sum(float a, float b, float *c) { *c = a + b; }";

/// The body of a call of `sum` with 3 and 4.5. The same each time, so that all calls but a guest's first find it compiled.
pub(crate) fn sum_request() -> String {
    let parameter = |name: &str, value: &str, mode: &str| {
        let value = BASE64_STANDARD.encode(value);
        BASE64_STANDARD.encode(json!({"type": "float", "var_name": name, "value": value, "mode": mode}).to_string())
    };
    let params = [parameter("a", "3", "IN"), parameter("b", "4.5", "IN"), parameter("c", "", "OUT")];
    json!({"lang": "C", "fc": BASE64_STANDARD.encode(SUM), "params": params}).to_string()
}

/// Checks that an answer to [`sum_request`] has the right sum.
///
/// # Errors
/// When it has anything else.
pub(crate) fn check_sum(body: &[u8]) -> anyhow::Result<()> {
    let answer: Value = serde_json::from_slice(body).context("the answer of sum is no JSON")?;
    let result = answer["result"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
    if result.as_deref() != Some(b"7.5") {
        bail!("the answer of sum is {answer}, not 7.5");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_sum_is_right() {
        let answer = |result: &str| json!({"ret_code": 0, "result": BASE64_STANDARD.encode(result)}).to_string();
        assert!(check_sum(answer("7.5").as_bytes()).is_ok());
        for wrong in [answer("7").as_str(), r#"{"ret_code":-1,"result":null}"#, "{}", "", "[", r#"{"result":"%"}"#] {
            assert!(check_sum(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
