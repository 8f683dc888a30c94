//! How good Skerry promises to be beside the others, and whether a run holds it: ratios of medians of the same run.
//!
//! Data and arithmetic alone; how a verdict is shown is the report's business.

use serde::Serialize;

use super::record::{Record, Series};
use super::statistics::{Estimate, Ratio};

/// A promise, or a figure that belongs beside one.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The promise in words.
    pub statement: &'static str,
    /// The experiment and the metric that tell.
    pub measured_by: (&'static str, &'static str),
    /// Contenders of ours; of several that were measured, the worst counts.
    pub subjects: &'static [&'static str],
    /// What it is compared with.
    pub reference: &'static str,
    /// How they should stand to each other.
    pub bound: Bound,
    /// Whether it is promised. What is not is shown, and never counts as missed.
    pub promised: bool,
}

/// How two medians should stand to each other. Less is better for all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The reference is at least so many times the subject.
    TimesBetter(f64),
    /// The subject is at most so many times the reference.
    AtMostTimes(f64),
    /// The subject is less than the reference.
    Less,
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was not held.
    Missed,
    /// It was held.
    Met,
    /// One of the two figures is not there.
    NotMeasured,
}

/// A target and what the run says about it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The target.
    pub target: Target,
    /// What became of it.
    pub verdict: Verdict,
    /// The figures, where both were measured.
    pub figures: Option<Figures>,
    /// Whether the ratio's interval lies on both sides of the bound, so that another run may say otherwise.
    pub close: bool,
}

/// Both sides of a target.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The contender of ours that counts.
    pub subject_name: String,
    /// Its figure.
    pub subject: Estimate,
    /// The other's.
    pub reference: Estimate,
    /// The unit of both.
    pub unit: String,
    /// Of the larger to the smaller, the way the bound is worded: reference to subject for [`Bound::TimesBetter`], subject
    /// to reference for the others.
    pub ratio: Ratio,
}

const fn promise(
    statement: &'static str,
    measured_by: (&'static str, &'static str),
    subjects: &'static [&'static str],
    reference: &'static str,
    bound: Bound,
) -> Target {
    Target { statement, measured_by, subjects, reference, bound, promised: true }
}

const fn beside(target: Target) -> Target {
    Target { promised: false, ..target }
}

const FIRST_ANSWER: (&str, &str) = ("cold_start", "first_answer");
const FIRST_RESULT: (&str, &str) = ("cold_start", "first_result");
const PER_INSTANCE: (&str, &str) = ("alloc", "per_instance");
const EVERY_SKERRY: &[&str] = &["skerry-cold", "skerry-snapshot", "skerry-pool"];

/// All targets, in the order in which they are shown.
pub const TARGETS: &[Target] = &[
    promise(
        "image at least 85 times smaller, compressed, than FastAPI's",
        ("size", "compressed_bytes"),
        &["skerry-cold"],
        "runc-fastapi",
        Bound::TimesBetter(85.0),
    ),
    promise(
        "cold start at least 3 times faster than FastAPI in runc",
        FIRST_ANSWER,
        &["skerry-cold"],
        "runc-fastapi",
        Bound::TimesBetter(3.0),
    ),
    promise(
        "cold start at least 12 times faster than a Linux microVM",
        FIRST_ANSWER,
        &["skerry-cold"],
        "linux-microvm",
        Bound::TimesBetter(12.0),
    ),
    promise(
        "cold start at most 4 times the same runtime's in runc",
        FIRST_ANSWER,
        &["skerry-cold"],
        "runc",
        Bound::AtMostTimes(4.0),
    ),
    promise(
        "snapshot start at most 1.2 times the same runtime's in runc",
        FIRST_ANSWER,
        &["skerry-snapshot"],
        "runc",
        Bound::AtMostTimes(1.2),
    ),
    promise("pool start faster than the same runtime in runc", FIRST_ANSWER, &["skerry-pool"], "runc", Bound::Less),
    promise(
        "memory of an instance at most a quarter of a Linux microVM's",
        PER_INSTANCE,
        EVERY_SKERRY,
        "linux-microvm",
        Bound::AtMostTimes(0.25),
    ),
    promise(
        "memory of an instance less than FastAPI's in runc",
        PER_INSTANCE,
        EVERY_SKERRY,
        "runc-fastapi",
        Bound::Less,
    ),
    beside(promise(
        "snapshot start without a machine that waits, to the same runtime's in runc",
        FIRST_ANSWER,
        &["skerry-snapshot-alone"],
        "runc",
        Bound::AtMostTimes(1.2),
    )),
    beside(promise(
        "first result of a cold start beside FastAPI's",
        FIRST_RESULT,
        &["skerry-cold"],
        "runc-fastapi",
        Bound::TimesBetter(3.0),
    )),
    beside(promise(
        "first result of a cold start beside a Linux microVM's",
        FIRST_RESULT,
        &["skerry-cold"],
        "linux-microvm",
        Bound::TimesBetter(12.0),
    )),
    beside(promise(
        "first result of a cold start beside runc's",
        FIRST_RESULT,
        &["skerry-cold"],
        "runc",
        Bound::AtMostTimes(4.0),
    )),
    beside(promise(
        "first result of Python's cold start beside FastAPI's",
        FIRST_RESULT,
        &["skerry-python-cold"],
        "runc-fastapi",
        Bound::TimesBetter(3.0),
    )),
    beside(promise(
        "first result of Python from a snapshot beside FastAPI's",
        FIRST_RESULT,
        &["skerry-python-snapshot"],
        "runc-fastapi",
        Bound::TimesBetter(3.0),
    )),
];

/// What a run says about all targets, in their order.
#[must_use]
pub fn evaluate(record: &Record) -> Vec<Outcome> {
    TARGETS.iter().map(|target| outcome(record, *target)).collect()
}

fn outcome(record: &Record, target: Target) -> Outcome {
    let all = target.subjects.iter().filter_map(|subject| figures(record, target, subject));
    let worst = all.max_by(|one, other| one.subject.median.total_cmp(&other.subject.median));
    let verdict = match &worst {
        None => Verdict::NotMeasured,
        Some(figures) if target.bound.is_met_by(figures.ratio.value) => Verdict::Met,
        Some(_) => Verdict::Missed,
    };
    let close = worst
        .as_ref()
        .and_then(|figures| figures.ratio.interval)
        .is_some_and(|interval| target.bound.is_met_by(interval.low) != target.bound.is_met_by(interval.high));
    Outcome { target, verdict, figures: worst, close }
}

fn figures(record: &Record, target: Target, subject: &str) -> Option<Figures> {
    let (ours, theirs) = pair(record, target.measured_by, subject, target.reference)?;
    let ratio = match target.bound {
        Bound::TimesBetter(_) => Ratio::of(&theirs.samples, &ours.samples)?,
        Bound::AtMostTimes(_) | Bound::Less => Ratio::of(&ours.samples, &theirs.samples)?,
    };
    Some(Figures {
        subject_name: subject.to_owned(),
        subject: Estimate::of(&ours.samples)?,
        reference: Estimate::of(&theirs.samples)?,
        unit: ours.unit.clone(),
        ratio,
    })
}

/// The series of both contenders: with the same parameters where there are such, else the first that each has (a
/// contender that runs no C is compared by what it runs).
fn pair<'a>(
    record: &'a Record,
    (experiment, metric): (&str, &str),
    subject: &str,
    reference: &str,
) -> Option<(&'a Series, &'a Series)> {
    let of = |contender: &str| -> Vec<&'a Series> {
        record
            .series
            .iter()
            .filter(|series| {
                series.contender == contender
                    && series.experiment == experiment
                    && series.metric == metric
                    && !series.samples.is_empty()
            })
            .collect()
    };
    let (ours, theirs) = (of(subject), of(reference));
    let alike = ours
        .iter()
        .find_map(|our| theirs.iter().find(|their| their.parameters == our.parameters).map(|their| (*our, *their)));
    alike.or_else(|| Some((*ours.first()?, *theirs.first()?))).filter(|(our, their)| our.unit == their.unit)
}

impl Bound {
    /// Whether a ratio, worded as the bound is, keeps it.
    #[must_use]
    pub fn is_met_by(self, ratio: f64) -> bool {
        match self {
            Self::TimesBetter(least) => ratio >= least,
            Self::AtMostTimes(most) => ratio <= most,
            Self::Less => ratio < 1.0,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimesBetter(least) => write!(formatter, "≥ {least}×"),
            Self::AtMostTimes(most) => write!(formatter, "≤ {most}×"),
            Self::Less => write!(formatter, "< 1×"),
        }
    }
}

impl Verdict {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Met => "met",
            Self::NotMeasured => "not measured",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples::empty_record;

    fn record(series: Vec<Series>) -> Record {
        Record { series, ..empty_record() }
    }

    fn first_answer(contender: &str, ms: f64) -> Series {
        Series::new("cold_start", contender, "first_answer", "ms").samples(vec![ms; 30])
    }

    fn verdict(record: &Record, statement: &str) -> Outcome {
        evaluate(record).into_iter().find(|outcome| outcome.target.statement.contains(statement)).unwrap()
    }

    #[test]
    fn without_figures_nothing_is_met_and_nothing_missed() {
        let outcomes = evaluate(&record(Vec::new()));
        assert_eq!(outcomes.len(), TARGETS.len());
        assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::NotMeasured));
    }

    #[test]
    fn a_ratio_is_worded_as_its_bound() {
        let record = record(vec![
            first_answer("skerry-cold", 100.0),
            first_answer("runc-fastapi", 300.0),
            first_answer("linux-microvm", 1190.0),
            first_answer("runc", 25.0),
        ]);
        let fastapi = verdict(&record, "faster than FastAPI");
        assert_eq!((fastapi.verdict, fastapi.figures.unwrap().ratio.value), (Verdict::Met, 3.0));
        let microvm = verdict(&record, "faster than a Linux microVM");
        assert_eq!((microvm.verdict, microvm.figures.unwrap().ratio.value), (Verdict::Missed, 11.9));
        assert_eq!(verdict(&record, "cold start at most 4").verdict, Verdict::Met);
        assert_eq!(verdict(&record, "pool start").verdict, Verdict::NotMeasured);
    }

    #[test]
    fn of_several_start_paths_the_worst_counts() {
        let slope = |contender: &str, mib| Series::new("alloc", contender, "per_instance", "MiB").samples(vec![mib]);
        let record = record(vec![
            slope("skerry-cold", 20.0),
            slope("skerry-snapshot", 40.0),
            slope("linux-microvm", 100.0),
            slope("runc-fastapi", 41.0),
        ]);
        let microvm = verdict(&record, "quarter of a Linux");
        assert_eq!(microvm.verdict, Verdict::Missed);
        assert_eq!(microvm.figures.unwrap().subject_name, "skerry-snapshot");
        assert_eq!(verdict(&record, "less than FastAPI").verdict, Verdict::Met);
    }

    #[test]
    fn what_another_run_could_turn_is_called_close() {
        let spread = |contender: &str, middle: f64| {
            let samples = (0..20).map(|step| middle + f64::from(step)).collect();
            Series::new("cold_start", contender, "first_answer", "ms").samples(samples)
        };
        let near = record(vec![spread("skerry-pool", 20.0), spread("runc", 21.0)]);
        assert!(verdict(&near, "pool start").close);
        let far = record(vec![spread("skerry-pool", 20.0), spread("runc", 90.0)]);
        assert!(!verdict(&far, "pool start").close);
    }

    #[test]
    fn the_same_language_is_compared_where_both_run_it() {
        let result = |contender: &str, language: &str, ms| {
            Series::new("cold_start", contender, "first_result", "ms").with("language", language).samples(vec![ms; 5])
        };
        let record = record(vec![
            result("skerry-python-cold", "C", 90.0),
            result("skerry-python-cold", "PY", 600.0),
            result("skerry-cold", "C", 80.0),
            result("runc-fastapi", "PY", 400.0),
        ]);
        assert_eq!(verdict(&record, "Python's cold start").figures.unwrap().subject.median, 600.0);
        assert_eq!(verdict(&record, "first result of a cold start beside FastAPI").figures.unwrap().ratio.value, 5.0);
    }

    #[test]
    fn what_is_not_promised_is_shown_last() {
        let first_beside = TARGETS.iter().position(|target| !target.promised).unwrap();
        assert!(TARGETS[first_beside..].iter().all(|target| !target.promised));
    }
}
