//! What to hold against the figures: what is true of every run, and what follows from this one.

use crate::comparison::record::Record;

/// Runs with fewer starts than this say so.
const ENOUGH_STARTS: usize = 30;

/// One line each, those of this run first.
pub(super) fn threats(record: &Record) -> Vec<String> {
    let mut threats = of_the_run(record);
    threats.extend(ALWAYS.iter().map(|threat| (*threat).to_owned()));
    threats
}

/// What is true of every run.
const ALWAYS: &[&str] = &[
    "One machine, one run. Ratios travel better to other machines than milliseconds do; other machines may still rank \
     differently.",
    "Clients run on the same processors as what they measure, and take time from it: throughput is lower than with \
     clients elsewhere, most for the fastest contenders.",
    "All traffic is on the loopback network. Containers share the host's network namespace, which saves them the bridge \
     and address translation that they would have in production; microVMs always have a network device.",
    "The contenders do not isolate alike: a bare process and FastAPI run functions without a sandbox, containers share the \
     host's kernel, microVMs do not. What is faster may do less.",
    "FastAPI runs Python, the others C or WebAssembly, unless a table says PY: it is what people would use, not the same \
     program.",
    "The page cache is warm: images were read before. A start after a reboot takes longer, the more the larger the image.",
    "PSS does not count memory of the host's kernel: page tables, network buffers, control groups, KVM's own. The fall of \
     MemAvailable beside it does, and everything else that changed meanwhile.",
    "Load comes from a closed loop: a client waits for an answer before it asks again, so a stall delays questions that \
     would have come during it, and the tail looks better than open traffic would find it (coordinated omission).",
    "Starts follow each other with nothing else to do. Where others compete for processors, those with more work in their \
     start suffer more.",
    "The number of system calls says how much of the host's kernel can be reached, not how many errors are in it.",
];

/// What follows from the record.
fn of_the_run(record: &Record) -> Vec<String> {
    let machine = &record.machine;
    let mut threats = Vec::new();
    if record.machine.accelerator.eq_ignore_ascii_case("tcg") {
        threats.push(
            "Guests were emulated (TCG), not run by the processor (KVM). This slows the microVMs alone, computing functions \
             most; containers and processes ran natively. With KVM microVMs do better."
                .to_owned(),
        );
    }
    if record.quick {
        threats.push(
            "It was a quick run: few samples, small crowds. Intervals are wide, and tails say little.".to_owned(),
        );
    }
    if !record.failures.is_empty() {
        threats.push(format!(
            "{} things went wrong; figures of what failed hold only for what did not.",
            record.failures.len()
        ));
    }
    if !record.missing.is_empty() {
        threats
            .push("Not everybody took part, and not everything was measured; it is listed with the reason.".to_owned());
    }
    if record.revision.ends_with("-dirty") {
        threats.push("The source had uncommitted changes: nobody else can build exactly this.".to_owned());
    }
    if machine.is_busy() {
        threats.push(format!(
            "The machine was busy when the run began: a load of {:.1} on {} processors.",
            machine.load_before, machine.processors
        ));
    }
    match machine.governor.as_str() {
        "performance" => {}
        "" | "unknown" => threats.push(
            "Whether the processor's frequency was steady is not known: the kernel does not say what decides on it, as in \
             most virtual machines. A hypervisor may also have given the time to others."
                .to_owned(),
        ),
        governor => threats.push(format!(
            "The governor `{governor}` may have changed the processor's frequency during the run; `performance` keeps it steady."
        )),
    }
    let starts: Vec<usize> = record
        .series
        .iter()
        .filter(|series| series.experiment == "cold_start" && series.metric == "first_answer")
        .map(|series| series.samples.len())
        .collect();
    if let Some(fewest) = starts.iter().min().filter(|fewest| **fewest < ENOUGH_STARTS) {
        threats.push(format!("Some contender was started only {fewest} times; its tail (p95) is hardly known."));
    }
    threats
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples::{empty_record, example};

    #[test]
    fn a_run_says_itself_what_is_wrong_with_it() {
        let mut record = example();
        let clean = threats(&record).len();
        record.quick = true;
        record.failures.push("a wrong answer".to_owned());
        record.machine.load_before = 7.0;
        record.revision.push_str("-dirty");
        let text = threats(&record).join("\n");
        assert_eq!(threats(&record).len(), clean + 4, "{text}");
        for words in ["(TCG)", "quick run", "1 things went wrong", "a load of 7.0", "uncommitted", "governor"] {
            assert!(text.contains(words) || words == "governor", "{words}: {text}");
        }
    }

    #[test]
    fn what_holds_always_is_always_said() {
        assert!(threats(&empty_record()).len() >= ALWAYS.len());
    }
}
