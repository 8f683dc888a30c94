//! Each construct of C: what the compiled code gives, against a written expectation and against gcc.

mod support;

use std::path::Path;
use support::{Job, canonical_expectation, compiled, run, with_gcc};

/// One source with its calls: arguments and expected result, as [`support`] describes them.
struct Case {
    name: String,
    source: String,
    calls: Vec<(String, String)>,
    /// gcc gives something else by design: a trap, or the size of a pointer.
    gcc_differs: bool,
}

/// Reads `tests/cases/*.c`: sources, each after a line `//// name`, with lines `//= arguments -> result` for the calls and
/// `//! gcc differs` where it does.
fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).expect("there").map(|entry| entry.expect("read").path()).collect();
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("//// ") {
                let (name, source) = (name.to_owned(), String::new());
                cases.push(Case { name, source, calls: Vec::new(), gcc_differs: false });
                continue;
            }
            let Some(case) = cases.last_mut() else { continue };
            if let Some(call) = line.strip_prefix("//= ") {
                let (arguments, result) = call.split_once("->").expect("a call has a result");
                case.calls.push((arguments.trim().to_owned(), result.trim().to_owned()));
            } else if line.starts_with("//! gcc differs") {
                case.gcc_differs = true;
            } else {
                case.source.push_str(line);
                case.source.push('\n');
            }
        }
    }
    cases
}

#[test]
fn compiled_code_gives_the_expected_results() {
    let mut failures = Vec::new();
    let mut calls = 0;
    for case in cases() {
        assert!(!case.calls.is_empty(), "{} has no call", case.name);
        let function = match skerry_c_compiler::compile(&case.source) {
            Ok(function) => function,
            Err(errors) => {
                failures.push(format!("{}: {errors}", case.name));
                continue;
            }
        };
        for (arguments, expected) in &case.calls {
            calls += 1;
            let given = run(&function, arguments);
            let expected = canonical_expectation(&function, expected);
            if given != expected {
                failures.push(format!("{}({arguments}): expected {expected}, got {given}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {calls} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(calls >= 150, "only {calls} calls");
}

#[test]
fn compiled_code_agrees_with_gcc() {
    let cases = cases();
    let jobs: Vec<Job<'_>> = cases
        .iter()
        .filter(|case| !case.gcc_differs)
        .flat_map(|case| case.calls.iter().map(|(arguments, _)| Job { source: &case.source, arguments }))
        .collect();
    let Some(results) = with_gcc(&jobs) else { return };
    assert_eq!(results.len(), jobs.len());
    let mut failures = Vec::new();
    for (job, expected) in jobs.iter().zip(&results) {
        let given = run(&compiled("case", job.source), job.arguments);
        if given != *expected {
            failures.push(format!("gcc {expected}, ours {given} for ({}) of:\n{}", job.arguments, job.source));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
