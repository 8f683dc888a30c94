//! What contenders are asked, and what the right answers are.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::faas::{HEALTH_PATH, SYNC_PATH, sum_request};

/// A request and what its answer must be.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The function's name in the data.
    pub(crate) name: &'static str,
    /// The API's path.
    pub(crate) path: &'static str,
    /// The body; none for a GET.
    pub(crate) body: Option<String>,
    expected: Expected,
}

/// An answer that came and is wrong: the one thing that makes a run fail, whoever gave it.
#[derive(Debug, thiserror::Error)]
#[error("a wrong answer to {call}: {answer}, not {expected}")]
pub(crate) struct WrongAnswer {
    call: &'static str,
    answer: String,
    expected: String,
}

#[derive(Clone, Debug)]
enum Expected {
    /// Any answer with status 200.
    Status,
    /// The result, as text.
    Text(String),
    /// The result as a number, within a billionth: languages print the last digits differently.
    Number(f64),
}

/// How long [`Call::wait`] waits.
pub(crate) const WAIT_MS: u32 = 100;

/// Most characters of a wrong answer that are shown.
const MOST_SHOWN: usize = 300;
/// Does nothing. The function is there in the languages that a contender may have.
const EMPTY_C: &str = "int empty(void) { return 0; }";
const EMPTY_PYTHON: &str = "def empty():\n    return 0\n";
const SUM_PYTHON: &str = "def sum(a, b):\n    return a + b\n";
const WAIT_PYTHON: &str = "import time\n\ndef wait(ms):\n    time.sleep(ms / 1000)\n    return ms\n";
const LENGTH_C: &str = "#include <string.h>\nint length(char *text) { return strlen(text); }";
const LENGTH_PYTHON: &str = "def length(text):\n    return len(text)\n";
/// Looks at the clock until the time is over.
const WAIT_C: &str = "#include <time.h>\nint wait_ms(int ms) {\n    struct timespec from, now;\n    \
    clock_gettime(CLOCK_MONOTONIC, &from);\n    do clock_gettime(CLOCK_MONOTONIC, &now);\n    \
    while ((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 < ms);\n    return ms;\n}";

impl Call {
    /// Is it well?
    pub(crate) fn health() -> Self {
        Self { name: "healthz", path: HEALTH_PATH, body: None, expected: Expected::Status }
    }

    /// 3 + 4.5.
    pub(crate) fn sum(language: &str) -> Self {
        match language {
            "PY" => Self::python("sum", SUM_PYTHON, &["3", "4.5"], "7.5"),
            _ => Self {
                name: "sum",
                path: SYNC_PATH,
                body: Some(sum_request()),
                expected: Expected::Text("7.5".to_owned()),
            },
        }
    }

    /// A function that does nothing.
    pub(crate) fn empty(language: &str) -> Self {
        match language {
            "PY" => Self::python("empty", EMPTY_PYTHON, &[], "0"),
            _ => Self::c("empty", EMPTY_C, &[], "0"),
        }
    }

    /// A function that takes [`WAIT_MS`]: in Python it sleeps, in C, where the executors have no sleep, it computes.
    pub(crate) fn wait(language: &str) -> Self {
        let ms = WAIT_MS.to_string();
        match language {
            "PY" => Self::python("wait_100ms", WAIT_PYTHON, &[&ms], &ms),
            _ => Self::c("wait_100ms", WAIT_C, &[("int", "ms", &ms)], &ms),
        }
    }

    /// A function that is sent a text of so many bytes and tells its length.
    pub(crate) fn payload(language: &str, bytes: usize) -> Self {
        let (text, length) = ("x".repeat(bytes), bytes.to_string());
        match language {
            "PY" => Self::python("payload", LENGTH_PYTHON, &[&format!("\"{text}\"")], &length),
            _ => Self::c("payload", LENGTH_C, &[("char *", "text", &text)], &length),
        }
    }

    /// A kernel: a function `run` of one number whose result is a number.
    pub(crate) fn kernel(name: &'static str, language: &str, code: &str, size: u32, result: f64) -> Self {
        let size = size.to_string();
        let call = match language {
            "PY" => Self::python(name, code, &[&size], ""),
            _ => Self::c(name, code, &[("int", "n", &size)], ""),
        };
        Self { expected: Expected::Number(result), ..call }
    }

    /// C: parameters are type, name and value.
    fn c(name: &'static str, code: &str, parameters: &[(&str, &str, &str)], result: &str) -> Self {
        let parameters = parameters.iter().map(|(kind, name, value)| {
            json!({"type": kind, "var_name": name, "value": BASE64_STANDARD.encode(value), "mode": "IN"}).to_string()
        });
        Self::function(name, "C", code, parameters, result)
    }

    /// Python: parameters are JSON.
    fn python(name: &'static str, code: &str, parameters: &[&str], result: &str) -> Self {
        Self::function(name, "PY", code, parameters.iter().map(|&text| text.to_owned()), result)
    }

    fn function(
        name: &'static str,
        language: &str,
        code: &str,
        parameters: impl Iterator<Item = String>,
        result: &str,
    ) -> Self {
        let parameters: Vec<String> = parameters.map(|text| BASE64_STANDARD.encode(text)).collect();
        let code = BASE64_STANDARD.encode(code);
        let body = json!({"lang": language, "fc": code, "fc_hash": "", "params": parameters}).to_string();
        Self { name, path: SYNC_PATH, body: Some(body), expected: Expected::Text(result.to_owned()) }
    }

    /// Checks an answer with status 200.
    ///
    /// # Errors
    /// [`WrongAnswer`].
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), WrongAnswer> {
        let (is_right, expected) = match &self.expected {
            Expected::Status => return Ok(()),
            Expected::Text(expected) => (result(body).as_deref() == Some(expected), expected.clone()),
            Expected::Number(expected) => {
                let number = self.number(body);
                let is_close = number.is_some_and(|number| (number - expected).abs() <= expected.abs() * 1e-9);
                (is_close, expected.to_string())
            }
        };
        if is_right { Ok(()) } else { Err(self.wrong(body, expected)) }
    }

    /// The result of an answer as a number; `None` where it is none.
    pub(super) fn number(&self, body: &[u8]) -> Option<f64> {
        result(body)?.trim().parse().ok()
    }

    /// An error that shows an answer.
    pub(super) fn wrong(&self, body: &[u8], expected: String) -> WrongAnswer {
        let answer = result(body).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
        WrongAnswer { call: self.name, answer: answer.chars().take(MOST_SHOWN).collect(), expected }
    }
}

/// The result of a function as text; `None` where it has none.
fn result(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    String::from_utf8(BASE64_STANDARD.decode(answer["result"].as_str()?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(result: &str) -> Vec<u8> {
        json!({"ret_code": 0, "result": BASE64_STANDARD.encode(result)}).to_string().into_bytes()
    }

    #[test]
    fn only_the_right_answer_is_right() {
        for language in ["C", "PY"] {
            let call = Call::payload(language, 1024);
            assert!(call.check(&answer("1024")).is_ok());
            for wrong in [answer("1023"), answer(""), b"{}".to_vec(), b"[".to_vec()] {
                assert!(call.check(&wrong).is_err());
            }
            assert!(Call::sum(language).check(&answer("7.5")).is_ok());
            assert!(Call::sum(language).check(&answer("7")).is_err());
        }
    }

    #[test]
    fn a_number_may_be_printed_in_any_way() {
        let call = Call::kernel("nbody", "C", "", 1, 0.25);
        assert!(call.check(&answer("2.5e-1")).is_ok());
        assert!(call.check(&answer("0.2500001")).is_err());
    }

    #[test]
    fn a_payload_has_the_size_that_is_asked_for() {
        let body = Call::payload("PY", 3000).body.unwrap();
        // Base64 once: four bytes for three.
        assert!(body.len() > 4000 && body.len() < 4300);
    }
}
