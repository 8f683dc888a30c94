//! The load generator: wrk, driven by a script of ours that checks every answer and prints what it counted as JSON.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::asking::Asking;
use super::contender::Endpoint;
use super::workload::Call;

/// The script for wrk's Lua. `wrk.body`, `expected` and `authorization` are set in front of it.
const SCRIPT: &str = include_str!("wrk.lua");

/// What wrk counted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub(crate) struct Load {
    /// Right answers.
    pub(crate) right: u64,
    /// Answers with status 200 that are wrong.
    pub(crate) wrong: u64,
    /// Answers with another status (a full queue's 429, say), broken connections, time-outs.
    pub(crate) failed: u64,
    /// How long it ran.
    pub(crate) seconds: f64,
    /// Latency of the answers.
    pub(crate) p50_ms: f64,
    /// Latency of the answers.
    pub(crate) p99_ms: f64,
    /// Latency of the answers.
    pub(crate) p999_ms: f64,
}

#[expect(clippy::cast_precision_loss, reason = "answers of some seconds")]
impl Load {
    /// Right answers per second.
    pub(crate) fn answers_per_second(&self) -> f64 {
        self.right as f64 / self.seconds.max(1e-9)
    }

    /// What came to nothing.
    pub(crate) fn errors(&self) -> f64 {
        (self.wrong + self.failed) as f64
    }
}

/// Whether wrk is there, and which.
pub(crate) fn version() -> Option<String> {
    super::host::version_of("wrk", &["--version"])
}

/// Sends a call again and again over so many connections.
///
/// # Errors
/// When wrk does not run, or prints something else.
pub(crate) fn run(
    asking: &Asking,
    endpoint: &Endpoint,
    call: &Call,
    connections: u32,
    duration: Duration,
    folder: &Path,
) -> anyhow::Result<Load> {
    let expected = asking.ask(call)?;
    let script = folder.join("wrk.lua");
    std::fs::write(&script, script_for(endpoint, call, &expected))
        .with_context(|| format!("cannot write {}", script.display()))?;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--timeout", "30s"])
        .arg("--connections")
        .arg(connections.to_string())
        .arg("--duration")
        .arg(format!("{}s", duration.as_secs().max(1)))
        .arg("--script")
        .arg(&script)
        .arg(asking.url(call.path))
        .stdin(Stdio::null())
        .output()
        .context("cannot run wrk; Debian's package wrk has it")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk ended with {}: {text}", output.status);
    parse(&text).with_context(|| format!("wrk printed: {text}"))
}

fn parse(text: &str) -> anyhow::Result<Load> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("skerry ")).context("no result")?;
    Ok(serde_json::from_str(line)?)
}

fn script_for(endpoint: &Endpoint, call: &Call, expected: &[u8]) -> String {
    let mut script = String::new();
    if let Some(body) = &call.body {
        script += &format!(
            "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = {}\n",
            quoted(body.as_bytes())
        );
    }
    if let Some(authorization) = &endpoint.authorization {
        script += &format!("wrk.headers[\"Authorization\"] = {}\n", quoted(authorization.as_bytes()));
    }
    // The body of /healthz may hold counts of its own.
    let expected = if call.body.is_some() { quoted(expected) } else { "nil".to_owned() };
    script + &format!("expected = {expected}\n") + SCRIPT
}

/// A string of Lua: printable characters as they are, others as decimal escapes of three digits.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', byte as char]),
            b' '..=b'~' => text.push(byte as char),
            _ => text += &format!("\\{byte:03}"),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_lua_hold_any_bytes() {
        assert_eq!(quoted(b"a\"b\\c\n\xff1"), r#""a\"b\\c\010\2551""#);
    }

    #[test]
    fn only_the_scripts_own_line_counts() {
        let text = "Running 1s test\nskerry {\"right\":10,\"wrong\":0,\"failed\":2,\"seconds\":1.5,\"p50_ms\":1,\"p99_ms\":2,\"p999_ms\":3}\n";
        assert_eq!(parse(text).unwrap().right, 10);
        assert!(parse("Requests/sec: 5").is_err());
        assert!(parse("skerry {").is_err());
    }

    #[test]
    fn what_is_secret_is_in_the_script_and_not_on_the_command_line() {
        let endpoint = Endpoint {
            address: "127.0.0.1:1".parse().unwrap(),
            prefix: String::new(),
            authorization: Some("Basic eA==".to_owned()),
        };
        let script = script_for(&endpoint, &Call::sum("C"), b"{}");
        assert!(script.contains("Basic eA==") && script.contains("expected = \"{}\""));
        assert!(script_for(&endpoint, &Call::health(), b"{}").contains("expected = nil"));
    }
}
