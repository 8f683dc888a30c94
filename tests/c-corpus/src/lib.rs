//! The corpus of C programs in `guest/c-compiler/tests/programs`, and what gcc makes of each.
//!
//! What the crate owns: reading the programs ([`programs`]), running them through gcc ([`with_gcc`]), and telling how an
//! answer of ours differs ([`Expected::difference`]). What it does not: running them here. `guest/executors` does that in
//! process, the end-to-end tests in a microVM.
//!
//! A program is one file that any compiler takes. Its last function is `TYPE run(void)`, which is what is called; its result
//! and all that it prints are compared. A program that must end otherwise (`exit`, `abort`, a failed assertion) says so in a
//! line `// fails: piece of the reason`. Nothing in it may be undefined, or depend on the size of a pointer.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod gcc;

pub use gcc::with_gcc;
use std::fs;
use std::path::{Path, PathBuf};

/// One program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Topic and name: `structs/by_value`.
    pub name: String,
    /// Its text.
    pub source: String,
    /// What `run` gives, as written; `void` where that is nothing.
    result_type: String,
    /// A piece of the reason that a failing program ends with.
    fails: Option<String>,
}

/// What came of a program that gcc has compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// How it ended.
    pub ending: Ending,
    /// What it printed.
    pub log: String,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// With nothing.
    Nothing,
    /// With an integer, as text.
    Integer(String),
    /// With a floating-point number, by its bits; every NaN is one.
    Floating(u64),
    /// By itself, and a piece of the reason.
    Failed(String),
}

/// All programs, by name.
///
/// # Panics
/// When there are none, or one is not as it should be.
#[must_use]
pub fn programs() -> Vec<Program> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest/c-compiler/tests/programs");
    let mut programs: Vec<Program> =
        entries(&root).iter().filter(|path| path.is_dir()).flat_map(|topic| entries(topic)).map(program).collect();
    programs.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!programs.is_empty(), "no programs in {}", root.display());
    programs
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    read.map(|entry| entry.unwrap().path()).collect()
}

fn program(path: PathBuf) -> Program {
    let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let name = format!("{}/{}", stem(path.parent().unwrap()), stem(&path));
    assert!(path.extension().is_some_and(|extension| extension == "c"), "{} is no C file", path.display());
    let heads: Vec<&str> =
        source.lines().filter_map(|line| line.split_once(" run(void) {").map(|(ty, _)| ty)).collect();
    let [.., result_type] = heads[..] else { panic!("{name} has no line `TYPE run(void) {{`") };
    let result_type = result_type.to_owned();
    let fails = source.lines().find_map(|line| line.strip_prefix("// fails: ")).map(str::to_owned);
    Program { name, source, result_type, fails }
}

impl Program {
    fn is_floating(&self) -> bool {
        matches!(self.result_type.as_str(), "float" | "double")
    }

    fn is_void(&self) -> bool {
        self.result_type == "void"
    }
}

impl Expected {
    /// In what a run of ours differs: its result as text, or the reason of its failure, and what it printed.
    #[must_use]
    pub fn difference(&self, result: Result<Option<&str>, &str>, log: &str) -> Option<String> {
        if !self.has_ended_so(result) {
            return Some(format!("ends with {result:?}, by gcc with {:?}", self.ending));
        }
        if self.log == log {
            return None;
        }
        let number = self.log.lines().zip(log.lines()).take_while(|(expected, given)| expected == given).count();
        let line = |text: &str| text.split_inclusive('\n').nth(number).unwrap_or("(nothing more)").to_owned();
        Some(format!("line {} of the output is {:?}, by gcc {:?}", number + 1, line(log), line(&self.log)))
    }

    fn has_ended_so(&self, result: Result<Option<&str>, &str>) -> bool {
        match (&self.ending, result) {
            (Ending::Nothing, Ok(None)) => true,
            (Ending::Integer(expected), Ok(Some(given))) => expected == given,
            (Ending::Floating(bits), Ok(Some(given))) => given.parse::<f64>().is_ok_and(|given| {
                let expected = f64::from_bits(*bits);
                given.to_bits() == *bits || (given.is_nan() && expected.is_nan())
            }),
            (Ending::Failed(piece), Err(reason)) => reason.contains(piece.as_str()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, Expected};

    #[test]
    fn a_difference_is_found_in_result_reason_and_output() {
        let expected = Expected { ending: Ending::Floating(0.1_f64.to_bits()), log: "a\nb\n".to_owned() };
        assert_eq!(expected.difference(Ok(Some("0.1")), "a\nb\n"), None);
        for (result, log) in [
            (Ok(Some("0.10000000000000002")), "a\nb\n"),
            (Ok(None), "a\nb\n"),
            (Err("exit"), "a\nb\n"),
            (Ok(Some("0.1")), "a\nb"),
            (Ok(Some("0.1")), "a\nb\nc\n"),
            (Ok(Some("0.1")), ""),
        ] {
            assert!(expected.difference(result, log).is_some(), "{result:?} {log:?}");
        }
        let failed = Expected { ending: Ending::Failed("code 3".to_owned()), log: String::new() };
        assert_eq!(failed.difference(Err("exit with code 3"), ""), None);
        assert!(failed.difference(Err("exit with code 4"), "").is_some());
        assert!(failed.difference(Ok(Some("3")), "").is_some());
    }
}
