//! What has changed between two runs, beyond noise.
//!
//! A series counts as changed when its median moved by at least [`LEAST_CHANGE`] and the test of both samples, adjusted for
//! the number of series looked at, leaves less than [`MOST_CHANCE`] to chance. Figures that are exact (a size, a count of
//! files) count as changed when they differ. It judges nothing else: whether a change is welcome, and why it came about, is
//! for the reader.

mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use super::record::{Better, Machine, Record, Series};
use super::statistics::{Estimate, Ratio, adjusted_for_many, chance_of_difference, least_chance};

/// Medians that moved by less are no change: two runs of the same build on the same machine move by as much.
pub const LEAST_CHANGE: f64 = 0.05;
/// Of what is called changed, this share may be noise.
pub const MOST_CHANCE: f64 = 0.05;
/// A load average per processor from which a run was not alone.
const MOST_LOAD_PER_PROCESSOR: f64 = 0.5;

/// Two runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Changes {
    /// The earlier one, or whichever was named first.
    pub before: Run,
    /// The other.
    pub after: Run,
    /// Why the two should not be compared as they are.
    pub warnings: Vec<String>,
    /// What is in both: what changed first, the biggest change on top.
    pub changes: Vec<Change>,
    /// What only the first run measured.
    pub only_before: Vec<String>,
    /// What only the second run measured.
    pub only_after: Vec<String>,
}

/// Which run it was.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// When it began.
    pub started: String,
    /// Of what.
    pub revision: String,
}

/// One series in both runs.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The experiment.
    pub experiment: String,
    /// The contender's name.
    pub contender: String,
    /// What was measured.
    pub metric: String,
    /// What was varied.
    pub parameters: BTreeMap<String, String>,
    /// The unit of all values.
    pub unit: String,
    /// The first run's samples, summed up.
    pub before: Estimate,
    /// The second run's.
    pub after: Estimate,
    /// The second median as a multiple of the first.
    pub ratio: Option<Ratio>,
    /// How likely chance alone makes such a difference, adjusted for the number of series; `None` for exact figures.
    pub chance: Option<f64>,
    /// What that means.
    pub verdict: Verdict,
    /// Whether the change is for the better; `None` where there is no change, or no direction is good.
    pub improved: Option<bool>,
}

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It takes less time, or does more in the same.
    Faster,
    /// It takes more time, or does less in the same.
    Slower,
    /// There is less of it.
    Smaller,
    /// There is more of it.
    Larger,
    /// Nothing that noise could not make.
    WithinNoise,
    /// So few samples that no difference could stand out.
    TooFewSamples,
}

/// Compares two runs.
#[must_use]
pub fn compare(before: &Record, after: &Record) -> Changes {
    let pairs: Vec<(&Series, &Series)> = before
        .series
        .iter()
        .filter_map(|old| Some((old, after.series.iter().find(|new| new.is_same_as(old))?)))
        .filter(|(old, new)| !old.samples.is_empty() && !new.samples.is_empty())
        .collect();
    let mut changes: Vec<Change> =
        pairs.iter().zip(chances(&pairs)).filter_map(|((old, new), chance)| change(old, new, chance)).collect();
    changes.sort_by(|one, other| {
        let key = |change: &Change| (change.verdict.is_change(), change.distance());
        let ((one_changed, one_distance), (other_changed, other_distance)) = (key(one), key(other));
        other_changed.cmp(&one_changed).then(other_distance.total_cmp(&one_distance))
    });
    Changes {
        before: Run::of(before),
        after: Run::of(after),
        warnings: warnings(before, after),
        changes,
        only_before: only_in(before, after),
        only_after: only_in(after, before),
    }
}

/// The adjusted chance of each pair that can be tested.
fn chances(pairs: &[(&Series, &Series)]) -> Vec<Option<f64>> {
    let tested: Vec<Option<f64>> = pairs
        .iter()
        .map(|(old, new)| {
            let possible = least_chance(old.samples.len(), new.samples.len()) <= MOST_CHANCE;
            chance_of_difference(&old.samples, &new.samples).filter(|_| possible)
        })
        .collect();
    let mut adjusted = adjusted_for_many(&tested.iter().copied().flatten().collect::<Vec<_>>()).into_iter();
    tested.into_iter().map(|chance| chance.and_then(|_| adjusted.next())).collect()
}

fn change(old: &Series, new: &Series, chance: Option<f64>) -> Option<Change> {
    let (before, after) = (Estimate::of(&old.samples)?, Estimate::of(&new.samples)?);
    let differs = match chance {
        Some(chance) => {
            let moved = (after.median - before.median).abs() >= LEAST_CHANGE * before.median.abs();
            Some(moved && chance < MOST_CHANCE)
        }
        #[expect(clippy::float_cmp, reason = "exact figures are compared exactly")]
        None if is_exact(old) && is_exact(new) => Some(before.median != after.median),
        None => None,
    };
    let verdict = match differs {
        None => Verdict::TooFewSamples,
        Some(false) => Verdict::WithinNoise,
        Some(true) => Verdict::of(new, after.median > before.median),
    };
    let improved = match new.better {
        _ if !verdict.is_change() => None,
        Better::Neither => None,
        Better::Lower => Some(after.median < before.median),
        Better::Higher => Some(after.median > before.median),
    };
    Some(Change {
        experiment: new.experiment.clone(),
        contender: new.contender.clone(),
        metric: new.metric.clone(),
        parameters: new.parameters.clone(),
        unit: new.unit.clone(),
        before,
        after,
        ratio: Ratio::of(&new.samples, &old.samples),
        chance,
        verdict,
        improved,
    })
}

/// Whether a single sample says all: what is counted, not measured.
fn is_exact(series: &Series) -> bool {
    matches!(series.unit.as_str(), "bytes" | "count") && series.samples.len() == 1
}

fn only_in(one: &Record, other: &Record) -> Vec<String> {
    let here = one.series.iter().filter(|series| !series.samples.is_empty());
    let missing =
        here.filter(|series| !other.series.iter().any(|there| there.is_same_as(series) && !there.samples.is_empty()));
    missing.map(|series| name(&series.experiment, &series.contender, &series.metric, &series.parameters)).collect()
}

/// A series in words: `serving skerry-cold latency_p99 (connections 8, function sum)`.
fn name(experiment: &str, contender: &str, metric: &str, parameters: &BTreeMap<String, String>) -> String {
    let parameters: Vec<String> = parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let parameters = if parameters.is_empty() { String::new() } else { format!(" ({})", parameters.join(", ")) };
    format!("{experiment} {contender} {metric}{parameters}")
}

fn warnings(before: &Record, after: &Record) -> Vec<String> {
    let (old, new) = (&before.machine, &after.machine);
    let mut warnings = Vec::new();
    let mut differs = |what: &str, old: &str, new: &str| {
        if old != new {
            warnings.push(format!("another {what}: {old}, then {new}"));
        }
    };
    differs("accelerator", &old.accelerator, &new.accelerator);
    differs("processor", &old.processor, &new.processor);
    differs("number of processors", &old.processors.to_string(), &new.processors.to_string());
    differs("amount of memory", &format!("{} MiB", old.memory_mib), &format!("{} MiB", new.memory_mib));
    differs("kernel", &old.kernel, &new.kernel);
    differs("frequency governor", &old.governor, &new.governor);
    differs("version of control groups", &old.cgroups, &new.cgroups);
    for (name, old) in &before.versions {
        if let Some(new) = after.versions.get(name) {
            differs(&format!("version of {name}"), old, new);
        }
    }
    let kind = |record: &Record| if record.quick { "a quick one" } else { "a full one" };
    differs("kind of run", kind(before), kind(after));
    for (which, record) in [("first", before), ("second", after)] {
        if !record.failures.is_empty() {
            warnings.push(format!("the {which} run had {} failures", record.failures.len()));
        }
        if record.machine.is_busy() {
            warnings.push(format!("before the {which} run the machine had a load of {}", record.machine.load_before));
        }
    }
    warnings
}

impl Machine {
    /// Whether something else ran when the run began.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let processors = u32::try_from(self.processors.max(1)).unwrap_or(u32::MAX);
        self.load_before > MOST_LOAD_PER_PROCESSOR * f64::from(processors)
    }
}

impl Run {
    fn of(record: &Record) -> Self {
        Self { started: record.started.clone(), revision: record.revision.clone() }
    }
}

impl Change {
    /// How far apart the medians are, whichever way: of twice and half as much, the same.
    fn distance(&self) -> f64 {
        match self.ratio {
            Some(ratio) if ratio.value > 0.0 => ratio.value.ln().abs(),
            // From or to nothing.
            _ if self.before.median.total_cmp(&self.after.median).is_ne() => f64::INFINITY,
            _ => 0.0,
        }
    }
}

impl Verdict {
    fn of(series: &Series, is_more: bool) -> Self {
        let is_rate = series.unit == "1/s" && series.better == Better::Higher;
        let is_time = matches!(series.unit.as_str(), "ms" | "s" | "us" | "µs" | "ns");
        match (is_rate, is_time) {
            (true, _) if is_more => Self::Faster,
            (true, _) => Self::Slower,
            (_, true) if is_more => Self::Slower,
            (_, true) => Self::Faster,
            _ if is_more => Self::Larger,
            _ => Self::Smaller,
        }
    }

    /// Whether it says that something changed.
    #[must_use]
    pub fn is_change(self) -> bool {
        !matches!(self, Self::WithinNoise | Self::TooFewSamples)
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Smaller => "smaller",
            Self::Larger => "larger",
            Self::WithinNoise => "within noise",
            Self::TooFewSamples => "too few samples",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples::{arbitrary_record, empty_record, example};
    use proptest::prelude::*;

    fn record(series: Vec<Series>) -> Record {
        Record { series, ..empty_record() }
    }

    fn around(middle: f64) -> Vec<f64> {
        (0..30).map(|step| middle * (1.0 + f64::from(step % 7) / 100.0)).collect()
    }

    fn start(contender: &str, samples: Vec<f64>) -> Series {
        Series::new("cold_start", contender, "first_answer", "ms").samples(samples)
    }

    fn verdict_of(before: Series, after: Series) -> (Verdict, Option<bool>) {
        let changes = compare(&record(vec![before]), &record(vec![after])).changes;
        (changes[0].verdict, changes[0].improved)
    }

    #[test]
    fn times_get_faster_and_slower_rates_too_and_sizes_smaller_and_larger() {
        let (less, more) = (around(50.0), around(80.0));
        assert_eq!(verdict_of(start("a", more.clone()), start("a", less.clone())), (Verdict::Faster, Some(true)));
        assert_eq!(verdict_of(start("a", less.clone()), start("a", more.clone())), (Verdict::Slower, Some(false)));
        let rate = Series::new("serving", "a", "requests_per_second", "1/s").better(Better::Higher);
        let pair = (rate.clone().samples(less.clone()), rate.samples(more.clone()));
        assert_eq!(verdict_of(pair.0, pair.1), (Verdict::Faster, Some(true)));
        let memory = Series::new("alloc", "a", "pss", "MiB").better(Better::Neither);
        let pair = (memory.clone().samples(less), memory.samples(more));
        assert_eq!(verdict_of(pair.0, pair.1), (Verdict::Larger, None));
    }

    #[test]
    fn a_small_change_is_noise_however_sure() {
        assert_eq!(verdict_of(start("a", vec![100.0; 30]), start("a", vec![103.0; 30])).0, Verdict::WithinNoise);
    }

    #[test]
    fn few_samples_decide_nothing_but_exact_figures_do() {
        let few = |value| start("a", vec![value; 3]);
        assert_eq!(verdict_of(few(10.0), few(99.0)), (Verdict::TooFewSamples, None));
        let size = |value| Series::new("size", "a", "bytes", "bytes").samples(vec![value]);
        assert_eq!(verdict_of(size(868_000.0), size(868_001.0)), (Verdict::Larger, Some(false)));
        assert_eq!(verdict_of(size(868_000.0), size(868_000.0)), (Verdict::WithinNoise, None));
    }

    #[test]
    fn one_find_among_many_tests_needs_more_than_one_test_alone() {
        // Five against five, completely apart: 2 of 252 by chance.
        let apart = |from: f64| (0..5).map(|step| from + f64::from(step)).collect::<Vec<_>>();
        assert_eq!(verdict_of(start("a", apart(10.0)), start("a", apart(30.0))).0, Verdict::Faster.opposite());
        let quiet = |contender: usize| start(&format!("quiet-{contender}"), apart(10.0));
        let mut before: Vec<Series> = (0..40).map(quiet).collect();
        let mut after = before.clone();
        before.push(start("a", apart(10.0)));
        after.push(start("a", apart(30.0)));
        let changes = compare(&record(before), &record(after)).changes;
        assert!(changes.iter().all(|change| !change.verdict.is_change()));
    }

    #[test]
    fn the_biggest_change_stands_first_and_what_one_run_lacks_is_named() {
        let before = record(vec![start("a", around(10.0)), start("b", around(10.0)), start("gone", around(1.0))]);
        let after = record(vec![start("a", around(12.0)), start("b", around(2.0)), start("new", around(1.0))]);
        let changes = compare(&before, &after);
        let order: Vec<&str> = changes.changes.iter().map(|change| change.contender.as_str()).collect();
        assert_eq!(order, ["b", "a"]);
        assert_eq!(changes.only_before, ["cold_start gone first_answer"]);
        assert_eq!(changes.only_after, ["cold_start new first_answer"]);
    }

    #[test]
    fn another_machine_another_accelerator_and_a_quick_run_are_warned_of() {
        let mut other = example();
        other.machine.accelerator = "kvm".to_owned();
        other.machine.processor = "another".to_owned();
        other.quick = true;
        let warnings = compare(&example(), &other).warnings.join("\n");
        for word in ["accelerator", "processor", "quick"] {
            assert!(warnings.contains(word), "{warnings}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_run_does_not_differ_from_itself(record in arbitrary_record()) {
            let changes = compare(&record, &record);
            prop_assert!(changes.changes.iter().all(|change| !change.verdict.is_change()));
            prop_assert!(changes.only_before.is_empty() && changes.only_after.is_empty());
            prop_assert!(serde_json::to_string(&changes).is_ok());
        }

        #[test]
        fn any_two_runs_can_be_compared(before in arbitrary_record(), after in arbitrary_record()) {
            let text = compare(&before, &after).to_string();
            prop_assert!(text.lines().all(|line| line.chars().count() <= 120), "{}", text);
        }
    }

    impl Verdict {
        fn opposite(self) -> Self {
            match self {
                Self::Faster => Self::Slower,
                Self::Slower => Self::Faster,
                Self::Smaller => Self::Larger,
                Self::Larger => Self::Smaller,
                same => same,
            }
        }
    }
}
