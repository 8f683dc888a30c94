//! Whole functions with mistakes: each error is reported, at its place, and no other. gcc
//! has its first error there, too.

use skerry_c_compiler::compile;
use std::path::Path;
use std::process::Command;

/// A source and its errors, in order.
struct Case {
    name: String,
    source: String,
    /// Line, column, and a piece of the message.
    errors: Vec<(u32, u32, String)>,
    /// C that gcc takes, and this compiler does not.
    gcc_takes_it: bool,
}

/// Reads `tests/refused/*.c`: sources, each after a line `//// name`, with lines `//- line:column: piece of the message` for
/// the errors and `//! gcc takes it` where that is so.
fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).expect("there").map(|entry| entry.expect("read").path()).collect();
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("//// ") {
                let (name, source) = (name.to_owned(), String::new());
                cases.push(Case { name, source, errors: Vec::new(), gcc_takes_it: false });
                continue;
            }
            let Some(case) = cases.last_mut() else { continue };
            if let Some(error) = line.strip_prefix("//- ") {
                let mut parts = error.splitn(3, ':');
                let mut part = || parts.next().expect("line:column: message").trim();
                let (line, column) = (part().parse().expect("a line"), part().parse().expect("a column"));
                case.errors.push((line, column, part().to_owned()));
            } else if line.starts_with("//! gcc takes it") {
                case.gcc_takes_it = true;
            } else {
                case.source.push_str(line);
                case.source.push('\n');
            }
        }
    }
    cases
}

#[test]
fn every_mistake_is_reported_at_its_place_and_nothing_else() {
    let cases = cases();
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        assert!(!case.errors.is_empty(), "{} expects no error", case.name);
        let Err(errors) = compile(&case.source) else {
            failures.push(format!("{} compiles", case.name));
            continue;
        };
        let given = errors.diagnostics();
        let is_as_expected = given.len() == case.errors.len()
            && given.iter().zip(&case.errors).all(|(given, (line, column, piece))| {
                (given.line, given.column) == (*line, *column) && given.message.contains(piece.as_str())
            });
        if !is_as_expected {
            let lines: Vec<String> =
                given.iter().map(|error| format!("//- {}:{}: {}", error.line, error.column, error.message)).collect();
            failures.push(format!("{}:\n{}", case.name, lines.join("\n")));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn gcc_has_its_first_error_there_too_where_the_mistake_is_one_of_c() {
    if Command::new("gcc").arg("--version").output().is_err() {
        eprintln!("skipped: gcc is not installed");
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut failures = Vec::new();
    for (index, case) in cases().iter().enumerate() {
        let name = format!("{index}.c");
        std::fs::write(directory.path().join(&name), &case.source).expect("written");
        let options = ["-std=gnu11", "-fsyntax-only", "-pedantic-errors", "-Werror=implicit", "-Werror=int-conversion"];
        let gcc = Command::new("gcc").current_dir(&directory).args(options).arg(&name).output().expect("runs");
        let text = String::from_utf8_lossy(&gcc.stderr);
        let has_error_in = |line: u32| {
            let place = format!("{name}:{line}:");
            text.lines().any(|given| given.starts_with(&place) && given.contains("error:"))
        };
        let lines: Vec<u32> = case.errors.iter().map(|(line, ..)| *line).collect();
        let is_alike = if case.gcc_takes_it {
            !lines.iter().any(|line| has_error_in(*line))
        } else {
            // What is missing at the end of a line, gcc may see at the beginning of the next.
            lines.first().is_some_and(|line| has_error_in(*line) || has_error_in(line + 1))
        };
        if !is_alike {
            failures.push(format!("{}, in lines {lines:?}: {text}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
