//! Programs through gcc: all in one executable for each level of optimisation, each run as a process of its own.

use crate::{Ending, Expected, Program};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// How gcc is to read C where the standard leaves a choice: as Skerry's compiler does.
const DIALECT: [&str; 6] =
    ["-w", "-std=gnu11", "-fwrapv", "-fno-strict-aliasing", "-ffp-contract=off", "-fsigned-char"];
/// A program must give the same with each of these, or it is not a good one.
const LEVELS: [&str; 2] = ["-O0", "-O2"];
/// Comes before the result, after all that the program printed.
const RESULT_MARK: &str = "\u{1}result ";

/// What each program does when gcc compiles it, in order; `None`, said on the standard error, where there is no gcc.
///
/// # Panics
/// When gcc refuses a program, or the levels of optimisation disagree on one.
#[must_use]
pub fn with_gcc(programs: &[Program]) -> Option<Vec<Expected>> {
    if Command::new("gcc").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped the comparison with gcc: gcc is not installed");
        return None;
    }
    let [plain, optimised] = thread::scope(|scope| {
        LEVELS.map(|level| scope.spawn(move || at_level(programs, level))).map(|thread| thread.join().unwrap())
    });
    for ((program, plain), optimised) in programs.iter().zip(&plain).zip(&optimised) {
        let [first, second] = LEVELS;
        assert_eq!(plain, optimised, "{}: gcc {first} and {second} disagree, so the program is wrong", program.name);
    }
    Some(plain)
}

fn at_level(programs: &[Program], level: &str) -> Vec<Expected> {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let mut sources = vec!["main.c".to_owned()];
    for (index, program) in programs.iter().enumerate() {
        // In the program's own file, so that its other names can be hidden from the other programs.
        let text = format!(
            "{}\n#undef run\n{} entry_{index}(void) {{ return run(); }}\n",
            program.source, program.result_type
        );
        fs::write(place.join(format!("{index}.c")), text).unwrap();
        sources.push(format!("{index}.c"));
    }
    fs::write(place.join("main.c"), main_of(programs)).unwrap();
    gcc(place, level, &[&["-c".to_owned()], sources.as_slice()].concat());
    for index in 0..programs.len() {
        let keep = format!("--keep-global-symbol=entry_{index}");
        let status = Command::new("objcopy").current_dir(place).arg(keep).arg(format!("{index}.o")).status();
        assert!(status.unwrap().success(), "objcopy failed");
    }
    let objects = sources.iter().map(|source| source.replace(".c", ".o"));
    let link: Vec<String> = objects.chain(["-o", "all", "-lm"].map(str::to_owned)).collect();
    gcc(place, level, &link);
    programs.iter().enumerate().map(|(index, program)| run(place, index, program)).collect()
}

fn main_of(programs: &[Program]) -> String {
    let mut declarations = String::new();
    let mut cases = String::new();
    for (index, program) in programs.iter().enumerate() {
        let ty = &program.result_type;
        let _ = writeln!(declarations, "{ty} entry_{index}(void);");
        let call = if program.is_void() {
            format!("entry_{index}(); SHOW(\"nothing\")")
        } else if program.is_floating() {
            format!("double r = entry_{index}(); unsigned long b; memcpy(&b, &r, 8); SHOW(\"%lu\", b)")
        } else {
            format!(
                "{ty} r = entry_{index}(); if (r < 0) SHOW(\"%lld\", (long long)r); else SHOW(\"%llu\", (unsigned long long)r)"
            )
        };
        let _ = writeln!(cases, "case {index}: {{ {call}; }} break;");
    }
    format!(
        "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n\
         #define SHOW(...) (printf(\"\\1result \"), printf(__VA_ARGS__))\n{declarations}\
         int main(int count, char **words) {{\nalarm(30);\nsetvbuf(stdout, NULL, _IONBF, 0);\ndup2(1, 2);\n\
         switch (atoi(words[1])) {{\n{cases}}}\nreturn 0; }}\n"
    )
}

fn gcc(place: &Path, level: &str, arguments: &[String]) {
    let output = Command::new("gcc").current_dir(place).args(DIALECT).arg(level).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "gcc refuses (programs are numbered by name):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn run(place: &Path, index: usize, program: &Program) -> Expected {
    let output = Command::new(place.join("all")).env("TZ", "UTC").arg(index.to_string()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (name, status) = (&program.name, output.status);
    match (text.split_once(RESULT_MARK), &program.fails) {
        (None, Some(piece)) => {
            // What the C library says of a failed assertion or an abort comes on the standard error, after the log.
            let log = text.split_once("all: ").map_or(text.as_str(), |(log, _)| log).to_owned();
            Expected { ending: Ending::Failed(piece.clone()), log }
        }
        (Some((log, result)), None) => {
            let ending = match result {
                "nothing" => Ending::Nothing,
                bits if program.is_floating() => Ending::Floating(bits.parse().unwrap()),
                integer => Ending::Integer(integer.to_owned()),
            };
            Expected { ending, log: log.to_owned() }
        }
        (None, None) => panic!("{name}: the program that gcc made failed: {status}\n{text}"),
        (Some(_), Some(_)) => panic!("{name} is to fail, and does not"),
    }
}
