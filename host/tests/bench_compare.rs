//! `skerry bench compare` on files as a run of the comparison writes them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn skerry(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skerry"));
    let output = command.args(arguments).env_remove("SKERRY_OUTPUT").stdin(Stdio::null()).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A run in which starts took about so many milliseconds.
fn run(start_ms: f64, accelerator: &str) -> Value {
    let samples: Vec<f64> = (0..30).map(|step| start_ms + f64::from(step % 5)).collect();
    let series = |contender: &str| {
        json!({"experiment": "cold_start", "contender": contender, "metric": "first_answer", "unit": "ms",
               "better": "lower", "samples": samples})
    };
    json!({
        "format": 1, "started": "2026-11-25T03:00:00Z", "seconds": 60.0, "quick": false, "revision": "0123456789ab",
        "machine": {"processor": "Example", "processors": 2, "memory_mib": 1024, "kernel": "6.1", "governor": "unknown",
                    "cgroups": "v2", "accelerator": accelerator, "accelerator_reason": "", "load_before": 0.0,
                    "load_after": 0.0},
        "versions": {}, "contenders": [], "missing": [], "series": [series("skerry-cold"), series("runc")],
        "failures": [], "notes": [],
    })
}

fn written(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("the file can be written");
    path
}

fn compared(before: &Value, after: &Value, more: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let [before, after] = [("a.json", before), ("b.json", after)]
        .map(|(name, run)| written(folder.path(), name, &run.to_string()).display().to_string());
    skerry(&[&["bench", "compare", &before, &after], more].concat())
}

#[test]
fn a_slower_run_is_a_result_and_no_failure() {
    let (code, stdout, stderr) = compared(&run(80.0, "tcg"), &run(160.0, "tcg"), &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let line = stdout.lines().find(|line| line.starts_with("cold_start skerry-cold")).expect("the series is named");
    assert!(line.contains("slower (worse)") && line.contains("82.0 ms") && line.contains("162 ms"), "{stdout}");
    assert!(!stdout.contains("warning"), "{stdout}");
}

#[test]
fn json_has_every_series_and_its_verdict() {
    let (code, stdout, _) = compared(&run(80.0, "tcg"), &run(80.0, "tcg"), &["-o", "json"]);
    assert_eq!(code, Some(0));
    let changes: Value = serde_json::from_str(&stdout).expect("one JSON object");
    assert_eq!(changes["changes"].as_array().map(Vec::len), Some(2));
    assert_eq!(changes["changes"][0]["verdict"], "within-noise");
    assert_eq!(changes["changes"][0]["before"]["count"], 30);
}

#[test]
fn runs_under_different_accelerators_are_compared_with_a_warning_on_top() {
    let (code, stdout, _) = compared(&run(80.0, "tcg"), &run(20.0, "kvm"), &[]);
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("warning: another accelerator: tcg, then kvm\n"), "{stdout}");
}

#[test]
fn a_file_that_is_no_run_is_wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = written(folder.path(), "good.json", &run(1.0, "tcg").to_string()).display().to_string();
    let mut newer = run(1.0, "tcg");
    newer["format"] = json!(99);
    let bad = [
        written(folder.path(), "text.json", "no JSON").display().to_string(),
        written(folder.path(), "newer.json", &newer.to_string()).display().to_string(),
        folder.path().join("missing.json").display().to_string(),
    ];
    for bad in &bad {
        let (code, stdout, stderr) = skerry(&["bench", "compare", &good, bad]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{bad}");
        assert!(stderr.contains(bad.as_str()) && stderr.contains("\nhint: "), "{stderr}");
    }
}
