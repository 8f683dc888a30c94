//! Random programs, statements and all, compared with gcc. A program that differs is cut down before it is shown.
//!
//! `SKERRY_RANDOM_PROGRAMS` says how many (200), `SKERRY_RANDOM_SEED` where to begin (1), for long campaigns.

mod choices;
mod generator;
mod statements;
#[path = "../support/mod.rs"]
mod support;

use choices::Choices;
use std::fmt::Write as _;
use std::process::Command;
use support::Runner;

/// Programs in one run of gcc.
const BATCH: usize = 50;
/// Rounds of cutting down.
const CUTS: usize = 60;

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

/// The simplest list of decisions that still makes a program which differs, or is refused with the same words.
fn cut_down(mut taken: Vec<u32>, first: &str) -> Vec<u32> {
    let kind = |given: &str| given.split(':').next_back().map(|words| words.chars().take(40).collect::<String>());
    let is_refused = first.starts_with("refused");
    let mut piece = (taken.len() / 2).max(1);
    for _ in 0..CUTS {
        let lists = choices::simpler(&taken, piece);
        let found = lists.chunks(BATCH).find_map(|lists| {
            let sources: Vec<String> =
                lists.iter().enumerate().map(|(at, list)| numbered(&mut Choices::given(list.clone()), at)).collect();
            let expected = with_gcc(&sources)?;
            let differs = |at: &usize| {
                let given = ours(&sources[*at]);
                if is_refused { kind(&given) == kind(first) } else { given != expected[*at] && !given.starts_with("refused") }
            };
            (0..lists.len()).find(differs).map(|at| lists[at].clone())
        });
        match found {
            Some(list) => {
                let mut choices = Choices::given(list);
                let _ = numbered(&mut choices, 0);
                taken = choices.into_taken();
            }
            None if piece > 1 => piece /= 2,
            None => break,
        }
        piece = piece.min(taken.len().max(1));
    }
    taken
}

#[test]
fn random_programs_agree_with_gcc() {
    let number = |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
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
