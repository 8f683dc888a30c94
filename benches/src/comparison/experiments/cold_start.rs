//! From asking for an instance to its first right answer: all contenders in turns, so that all of them see the same machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Course, measured_languages, milliseconds};
use crate::comparison::asking;
use crate::comparison::contender::{Contender, Phase};
use crate::comparison::host::rest;
use crate::comparison::record::Series;
use crate::comparison::workload::Call;

/// How long is waited before a start until nothing else runs.
const MOST_REST: Duration = Duration::from_secs(3);
/// A contender that fails so often one after the other is not started again.
const MOST_FAILURES: usize = 3;

/// One start.
struct Start {
    first_answer_ms: f64,
    first_result: (&'static str, f64),
    phases: Vec<Phase>,
}

/// What was measured of one contender.
struct Samples<'a> {
    contender: &'a Arc<dyn Contender>,
    first_answer_ms: Vec<f64>,
    first_results_ms: BTreeMap<&'static str, Vec<f64>>,
    phases_ms: Vec<(String, Vec<f64>)>,
    failed: usize,
    failed_in_a_row: usize,
}

pub(super) fn measure(course: &mut Course<'_>) -> anyhow::Result<()> {
    let mut all: Vec<Samples> = course.starters().map(Samples::new).collect();
    let (count, mut restless) = (all.len(), 0);
    for round in 0..course.plan.runs {
        (course.tell)(&format!("round {} of {}", round + 1, course.plan.runs));
        for offset in 0..count {
            // Each round begins with another one: none always comes after the same other.
            let samples = &mut all[(round + offset) % count];
            if samples.failed_in_a_row >= MOST_FAILURES {
                continue;
            }
            match start(course, samples.contender.as_ref(), round, &mut restless) {
                Ok(start) => samples.note(start),
                Err(error) => {
                    course.interruption.check()?;
                    samples.failed += 1;
                    samples.failed_in_a_row += 1;
                    if samples.failed_in_a_row == MOST_FAILURES {
                        course.fail(samples.contender.as_ref(), &error.context("does not start, and was left out"));
                    } else {
                        course.mishap(samples.contender.as_ref(), &error.context("a start failed"));
                    }
                }
            }
        }
    }
    course.findings.notes.push(format!(
        "cold_start: {} starts each, in turns; before {restless} of them the machine did not come to rest within {} s",
        course.plan.runs,
        MOST_REST.as_secs()
    ));
    for samples in all {
        samples.keep(course);
    }
    Ok(())
}

/// One start, its instance ended again. Where several languages are there, each round asks in another one first: the first
/// function pays for what the next finds done.
fn start(course: &Course<'_>, contender: &dyn Contender, round: usize, restless: &mut usize) -> anyhow::Result<Start> {
    course.interruption.check()?;
    contender.settle()?;
    if !rest(MOST_REST, course.interruption) {
        *restless += 1;
    }
    let mut started = asking::start(contender, course.interruption)?;
    let languages = measured_languages(contender);
    let language = languages.get(round % languages.len().max(1)).copied().unwrap_or("C");
    let call = Call::sum(language);
    let asked = Instant::now();
    started.asking.ask(&call)?;
    let first_result = started.first_answer + asked.elapsed();
    let phases = started.instance.phases()?;
    started.instance.stop()?;
    Ok(Start {
        first_answer_ms: milliseconds(started.first_answer),
        first_result: (language, milliseconds(first_result)),
        phases,
    })
}

impl<'a> Samples<'a> {
    fn new(contender: &'a Arc<dyn Contender>) -> Self {
        Self {
            contender,
            first_answer_ms: Vec::new(),
            first_results_ms: BTreeMap::new(),
            phases_ms: Vec::new(),
            failed: 0,
            failed_in_a_row: 0,
        }
    }

    fn note(&mut self, start: Start) {
        self.failed_in_a_row = 0;
        self.first_answer_ms.push(start.first_answer_ms);
        let (language, ms) = start.first_result;
        self.first_results_ms.entry(language).or_default().push(ms);
        // What no phase covers belongs to the answer itself: the connection, the request, whatever the instance does first.
        let covered: f64 = start.phases.iter().map(|phase| phase.ms).sum();
        let rest = Phase { name: "rest".to_owned(), ms: (start.first_answer_ms - covered).max(0.0) };
        if start.phases.is_empty() {
            return;
        }
        for phase in start.phases.into_iter().chain([rest]) {
            match self.phases_ms.iter_mut().find(|(name, _)| *name == phase.name) {
                Some((_, samples)) => samples.push(phase.ms),
                None => self.phases_ms.push((phase.name, vec![phase.ms])),
            }
        }
    }

    fn keep(self, course: &mut Course<'_>) {
        let series = |metric| Series::new("cold_start", self.contender.name(), metric, "ms");
        course.keep(series("first_answer").samples(self.first_answer_ms));
        for (language, samples) in self.first_results_ms {
            course.keep(series("first_result").with("language", language).samples(samples));
        }
        for (order, (name, samples)) in self.phases_ms.into_iter().enumerate() {
            course.keep(series("phase").with("phase", name).with("order", order).samples(samples));
        }
        #[expect(clippy::cast_precision_loss, reason = "at most as many as runs")]
        let failed = vec![self.failed as f64];
        course.keep(Series::new("cold_start", self.contender.name(), "failed_starts", "count").samples(failed));
    }
}
