//! The corpus of C programs (`skerry-c-corpus`): each gives here what it gives when gcc compiles it, and prints the same.

use skerry_c_corpus::{Program, programs, with_gcc};
use skerry_executors::{CacheLimits, CallOptions, Executors, Lang, Limits, StopFlag};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Random bytes, for programs that must not depend on them.
fn random(bytes: &mut [u8]) -> io::Result<()> {
    bytes.fill(7);
    Ok(())
}

/// Programs that are to be run: all, or those whose names contain the text in `SKERRY_CORPUS`.
fn chosen() -> Vec<Program> {
    let piece = std::env::var("SKERRY_CORPUS").unwrap_or_default();
    programs().into_iter().filter(|program| program.name.contains(&piece)).collect()
}

/// The result or the reason of the failure, and the log.
fn run(executors: &Executors, program: &Program) -> Result<(Result<Option<String>, String>, String), String> {
    let call = executors
        .prepare(Lang::C, program.source.as_bytes(), &[], &CallOptions::default())
        .map_err(|error| error.to_string())?;
    let outcome = executors.run(call, &StopFlag::default());
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let result = outcome.result.map(|success| success.result.map(text)).map_err(|failure| failure.reason);
    Ok((result, outcome.log))
}

#[test]
fn every_program_gives_and_prints_what_it_does_with_gcc() {
    let programs = chosen();
    assert!(programs.len() >= 300 || std::env::var("SKERRY_CORPUS").is_ok(), "only {} programs", programs.len());
    let Some(expected) = with_gcc(&programs) else { return };
    // Ample, for a busy machine.
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    let executors = Executors::new(limits, CacheLimits::default(), random);
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(program) = programs.get(index) else { break };
                    let difference = match run(&executors, program) {
                        Ok((result, log)) => {
                            let result = result.as_ref().map(Option::as_deref).map_err(String::as_str);
                            expected[index].difference(result, &log)
                        }
                        Err(refusal) => Some(format!("is refused: {refusal}")),
                    };
                    if let Some(difference) = difference {
                        failures.lock().unwrap().push(format!("{} {difference}", program.name));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort_unstable();
    assert!(failures.is_empty(), "{} of {} programs differ:\n{}", failures.len(), programs.len(), failures.join("\n"));
}
