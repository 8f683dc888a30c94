//! Random programs, statements and all, compared with gcc. A program that differs is cut down before it is shown.
//!
//! `SKERRY_RANDOM_PROGRAMS` says how many (200), `SKERRY_RANDOM_SEED` where to begin (1), for long campaigns.

mod choices;
mod expressions;
mod generator;
mod statements;
#[path = "../support/mod.rs"]
mod support;

use choices::{Choices, simpler};
use std::fmt::Write as _;
use std::process::Command;
use support::Runner;

/// Programs in one run of gcc.
const BATCH: usize = 50;
/// Most successful cuts of one program.
const CUTS: usize = 400;

/// What our compiler makes of a program: its result, or the reason why there is none.
fn ours(source: &str) -> String {
    match skerry_c_compiler::compile(source) {
        Ok(function) => Runner::new(&function).run(""),
        Err(errors) => format!("refused: {errors}"),
    }
}

/// The results of all programs by gcc, whose names begin with `p0`, `p1` and so on; `None` where there is no gcc.
fn with_gcc(sources: &[String]) -> Option<Vec<String>> {
    if Command::new("gcc").arg("--version").output().is_err() {
        eprintln!("skipped: gcc is not installed");
        return None;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut text = sources.concat();
    text.push_str("int printf(const char *, ...);\nint main(void) {\n");
    for index in 0..sources.len() {
        let _ = writeln!(text, "printf(\"%ld\\n\", p{index}_run());");
    }
    text.push_str("return 0; }\n");
    std::fs::write(directory.path().join("all.c"), text).expect("written");
    let level = std::env::var("SKERRY_RANDOM_LEVEL").unwrap_or_else(|_| "-O0".to_owned());
    let options = ["-w", "-std=gnu11", "-fwrapv", "-fno-strict-aliasing", "-ffp-contract=off", "all.c", "-o", "all"];
    let gcc = Command::new("gcc").current_dir(&directory).arg(level).args(options).output().expect("runs");
    assert!(gcc.status.success(), "gcc refuses a random program:\n{}", String::from_utf8_lossy(&gcc.stderr));
    let run = Command::new(directory.path().join("all")).output().expect("runs");
    assert!(run.status.success(), "the program that gcc made failed: {}", run.status);
    Some(String::from_utf8_lossy(&run.stdout).lines().map(str::to_owned).collect())
}

fn numbered(choices: &mut Choices, index: usize) -> String {
    generator::program(choices, &format!("p{index}_"))
}

/// Whether two failures are of one kind: both results, or refused in the same words.
fn is_alike(one: &str, other: &str) -> bool {
    let words = |given: &str| given.split("error: ").nth(1).map(|words| words.chars().take(40).collect::<String>());
    one.starts_with("refused") == other.starts_with("refused") && words(one) == words(other)
}

/// The first of the lists that makes a program which fails in the same way.
fn first_failing(lists: &[(usize, Vec<u32>)], failure: &str) -> Option<(usize, Vec<u32>)> {
    lists.chunks(BATCH).find_map(|lists| {
        let program = |(at, list): (usize, &(usize, Vec<u32>))| numbered(&mut Choices::given(list.1.clone()), at);
        let sources: Vec<String> = lists.iter().enumerate().map(program).collect();
        let expected = with_gcc(&sources)?;
        let fails = |at: &usize| {
            let given = ours(&sources[*at]);
            given != expected[*at] && is_alike(&given, failure)
        };
        (0..lists.len()).find(fails).map(|at| lists[at].clone())
    })
}

/// A simpler list of decisions that still makes a program which fails in the same way.
fn cut_down(mut taken: Vec<u32>, failure: &str) -> Vec<u32> {
    let mut cuts = 0;
    for _ in 0..2 {
        let mut piece = (taken.len() / 2).max(1);
        while piece > 0 && cuts < CUTS {
            let mut from = 0;
            while let Some((start, list)) = first_failing(&simpler(&taken, from, piece), failure) {
                cuts += 1;
                let mut choices = Choices::given(list);
                let _ = numbered(&mut choices, 0);
                taken = choices.into_taken();
                from = start;
                if cuts >= CUTS {
                    break;
                }
            }
            piece /= 2;
        }
    }
    taken
}

#[test]
fn random_programs_agree_with_gcc() {
    let number =
        |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (count, start) = (number("SKERRY_RANDOM_PROGRAMS", 200), number("SKERRY_RANDOM_SEED", 1));
    let seeds: Vec<u64> = (start..start + count).collect();
    let mut failures = Vec::new();
    for seeds in seeds.chunks(BATCH) {
        let mut all: Vec<Choices> = seeds.iter().map(|seed| Choices::random(*seed)).collect();
        let sources: Vec<String> = all.iter_mut().enumerate().map(|(at, choices)| numbered(choices, at)).collect();
        let Some(expected) = with_gcc(&sources) else { return };
        for (at, choices) in all.into_iter().enumerate() {
            let given = ours(&sources[at]);
            if given == expected[at] {
                continue;
            }
            let taken = cut_down(choices.into_taken(), &given);
            let source = numbered(&mut Choices::given(taken), 0);
            let expected = with_gcc(std::slice::from_ref(&source)).unwrap_or_default();
            let given = ours(&source);
            failures.push(format!("seed {}: gcc {expected:?}, ours {given}:\n{source}", seeds[at]));
            if failures.len() >= 3 {
                break;
            }
        }
        if failures.len() >= 3 {
            break;
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}
