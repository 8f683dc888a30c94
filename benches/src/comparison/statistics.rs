//! What samples allow to say: medians with their uncertainty, ratios of two, and whether two samples differ at all.
//!
//! The same samples always give the same answer: the bootstrap's random numbers come from a fixed seed. It owns no words
//! and no thresholds of what matters; those are with whoever judges. `docs/benchmarks.md` says how to read the results.

use serde::Serialize;

use crate::statistics::{median, quantile, sorted};

/// How often the bootstrap draws. The ends of the interval then move by less than what they are shown with.
const DRAWS: usize = 2_000;
/// Below this, redrawing a sample says nothing about what was not drawn: no interval is given.
const LEAST_SAMPLES: usize = 5;
/// The bootstrap's seed: any will do, as long as it stays.
const SEED: u64 = 5;
/// Up to here (the product of both sample sizes) the test counts all orders, beyond it approximates.
const MOST_EXACT_PAIRS: usize = 2_500;

/// Where a value lies with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What is left of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// How many samples there are.
    pub count: usize,
    /// Half of them are at most this.
    pub median: f64,
    /// Of the median; `None` for fewer than five samples.
    pub interval: Option<Interval>,
    /// 95 of 100 are at most this.
    pub p95: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// How many times as large one median is as another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// The ratio of the medians.
    pub value: f64,
    /// Of the ratio; `None` where one of the samples has fewer than five values.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// Sums a sample up; `None` for an empty one.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        let sorted = sorted(samples);
        let at = |share| quantile(&sorted, share);
        Some(Self {
            count: sorted.len(),
            median: at(0.5)?,
            interval: median_interval(&sorted),
            p95: at(0.95)?,
            min: at(0.0)?,
            max: at(1.0)?,
        })
    }
}

impl Ratio {
    /// Divides the median of `above` by that of `below`; `None` where one is empty or the quotient is no number.
    #[must_use]
    pub fn of(above: &[f64], below: &[f64]) -> Option<Self> {
        let value = quotient(median(above)?, median(below)?)?;
        if above.len().min(below.len()) < LEAST_SAMPLES {
            return Some(Self { value, interval: None });
        }
        let mut random = fastrand::Rng::with_seed(SEED);
        let draws = (0..DRAWS)
            .filter_map(|_| quotient(drawn_median(above, &mut random)?, drawn_median(below, &mut random)?))
            .collect();
        Some(Self { value, interval: middle_of(draws) })
    }
}

fn quotient(above: f64, below: f64) -> Option<f64> {
    Some(above / below).filter(|quotient| quotient.is_finite())
}

fn median_interval(samples: &[f64]) -> Option<Interval> {
    if samples.len() < LEAST_SAMPLES {
        return None;
    }
    let mut random = fastrand::Rng::with_seed(SEED);
    middle_of((0..DRAWS).filter_map(|_| drawn_median(samples, &mut random)).collect())
}

/// The median of as many values, drawn with replacement.
fn drawn_median(samples: &[f64], random: &mut fastrand::Rng) -> Option<f64> {
    let mut drawn: Vec<f64> =
        (0..samples.len()).filter_map(|_| samples.get(random.usize(..samples.len())).copied()).collect();
    // The same rank as `quantile` takes: of an even number, the lower middle one.
    let middle = drawn.len().checked_sub(1)? / 2;
    Some(*drawn.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// The middle 95 % of what was drawn.
fn middle_of(draws: Vec<f64>) -> Option<Interval> {
    let draws = sorted(&draws);
    Some(Interval { low: quantile(&draws, 0.025)?, high: quantile(&draws, 0.975)? })
}

/// How likely two samples of one and the same thing lie at least this far apart: the two-sided Mann–Whitney U test, which
/// asks only for the order of values, whatever their distribution. `None` where a sample is empty.
#[must_use]
pub fn chance_of_difference(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let (wins, has_ties, tie_term) = compare(first, second);
    let pairs = first.len() * second.len();
    let chance = if has_ties || pairs > MOST_EXACT_PAIRS {
        approximate_chance(wins, first.len(), second.len(), tie_term)
    } else {
        exact_chance(wins, first.len(), second.len())
    };
    Some(chance.clamp(0.0, 1.0))
}

/// The smallest chance that samples of these sizes can have: what no test could call a difference is too few.
#[must_use]
pub fn least_chance(first: usize, second: usize) -> f64 {
    // Two orders of C(first + second, first) are the most extreme ones.
    let orders =
        (1..=first.min(second)).fold(1.0, |orders, taken| orders * as_f64(first.max(second) + taken) / as_f64(taken));
    (2.0 / orders).min(1.0)
}

/// How often a value of `first` exceeds one of `second` (equal ones count half), whether any two values are equal, and
/// the sum of t³ - t over all groups of t equal values.
fn compare(first: &[f64], second: &[f64]) -> (f64, bool, f64) {
    let mut all: Vec<(f64, bool)> =
        first.iter().map(|value| (*value, true)).chain(second.iter().map(|value| (*value, false))).collect();
    all.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let (mut wins, mut tie_term, mut has_ties, mut second_below) = (0.0, 0.0, false, 0);
    #[expect(clippy::float_cmp, reason = "only values that are exactly equal have no order")]
    for group in all.chunk_by(|one, other| one.0 == other.0) {
        let of_first = group.iter().filter(|(_, is_first)| *is_first).count();
        let of_second = group.len() - of_first;
        wins += as_f64(of_first) * (as_f64(second_below) + as_f64(of_second) / 2.0);
        second_below += of_second;
        has_ties |= group.len() > 1;
        tie_term += as_f64(group.len()).powi(3) - as_f64(group.len());
    }
    (wins, has_ties, tie_term)
}

/// Counts, of all orders of both samples, those with at least as extreme a number of wins.
fn exact_chance(wins: f64, first: usize, second: usize) -> f64 {
    let pairs = first * second;
    // `counts[u]`: the number of ways to get u wins; a value of `first` after the other adds its factor of the Gaussian
    // binomial coefficient, (1 - q^(second + i)) / (1 - q^i).
    let mut counts = vec![0.0_f64; pairs + 1];
    if let Some(none) = counts.first_mut() {
        *none = 1.0;
    }
    for step in 1..=first {
        for at in (second + step..=pairs).rev() {
            counts[at] -= counts[at - second - step];
        }
        for at in step..=pairs {
            counts[at] += counts[at - step];
        }
    }
    let extreme = wins.min(as_f64(pairs) - wins);
    let total: f64 = counts.iter().sum();
    let below: f64 = counts.iter().enumerate().take_while(|(u, _)| as_f64(*u) <= extreme).map(|(_, count)| count).sum();
    2.0 * below / total
}

/// The normal approximation, corrected for ties and for continuity.
fn approximate_chance(wins: f64, first: usize, second: usize, tie_term: f64) -> f64 {
    let (first, second) = (as_f64(first), as_f64(second));
    let all = first + second;
    let variance = first * second / 12.0 * (all + 1.0 - tie_term / (all * (all - 1.0)));
    let distance = ((wins - first * second / 2.0).abs() - 0.5).max(0.0);
    if variance <= 0.0 { 1.0 } else { libm::erfc(distance / (2.0 * variance).sqrt()) }
}

/// What chances become when many are looked at: the share of false finds among all that are at most as large
/// (Benjamini–Hochberg). In the order given.
#[must_use]
pub fn adjusted_for_many(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_unstable_by(|one, other| chances[*other].total_cmp(&chances[*one]));
    let mut adjusted = vec![1.0; chances.len()];
    let mut least = 1.0_f64;
    for (from_the_largest, index) in order.into_iter().enumerate() {
        let rank = chances.len() - from_the_largest;
        least = least.min(chances[index] * as_f64(chances.len()) / as_f64(rank));
        adjusted[index] = least;
    }
    adjusted
}

/// The geometric mean; `None` for an empty sample or one with values that are not positive.
#[must_use]
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| *value <= 0.0) {
        return None;
    }
    Some((values.iter().map(|value| value.ln()).sum::<f64>() / as_f64(values.len())).exp())
}

#[expect(clippy::cast_precision_loss, reason = "no sample has 2^52 values")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-3
    }

    fn rising(count: u32, from: f64) -> Vec<f64> {
        (0..count).map(|step| from + f64::from(step)).collect()
    }

    #[test]
    fn the_test_agrees_with_published_tables() {
        let chance = |one: &[f64], other: &[f64]| chance_of_difference(one, other).unwrap();
        // Completely apart: 2 of C(6, 3) = 20 orders, 2 of C(10, 5) = 252.
        assert!(close(chance(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 0.1));
        assert!(close(chance(&rising(5, 10.0), &rising(5, 0.0)), 2.0 / 252.0));
        // scipy.stats.mannwhitneyu's example.
        assert!(close(chance(&[19.0, 22.0, 16.0, 29.0, 24.0], &[20.0, 11.0, 17.0, 12.0]), 0.1111));
        assert!(close(chance(&[1.0; 40], &[1.0; 40]), 1.0));
        assert!(chance(&rising(60, 30.0), &rising(60, 0.0)) < 1e-9);
        assert_eq!(chance_of_difference(&[], &[1.0]), None);
    }

    #[test]
    fn the_least_chance_is_that_of_samples_completely_apart() {
        for (first, second) in [(1, 1), (3, 3), (5, 5), (4, 9)] {
            let (above, below) = (rising(first, 100.0), rising(second, 0.0));
            let chance = chance_of_difference(&above, &below).unwrap();
            assert!(close(chance, least_chance(first as usize, second as usize)), "{first} {second} {chance}");
        }
    }

    #[test]
    fn one_small_chance_among_many_large_ones_weighs_less() {
        let adjusted = adjusted_for_many(&[0.01, 0.5, 0.9, 0.04]);
        assert!(close(adjusted[0], 0.04) && close(adjusted[3], 0.08) && close(adjusted[2], 0.9));
        assert_eq!(adjusted_for_many(&[]), [] as [f64; 0]);
    }

    #[test]
    fn few_samples_give_no_interval_and_no_samples_no_estimate() {
        assert_eq!(Estimate::of(&[]), None);
        assert_eq!(Estimate::of(&[1.0, 2.0, 3.0, 4.0]).unwrap().interval, None);
        assert!(Estimate::of(&rising(5, 1.0)).unwrap().interval.is_some());
        assert_eq!(Ratio::of(&[1.0], &[0.0]), None);
        assert_eq!(Ratio::of(&[6.0], &[2.0]), Some(Ratio { value: 3.0, interval: None }));
    }

    #[test]
    fn a_geometric_mean_wants_positive_values() {
        assert!(close(geometric_mean(&[1.0, 100.0]).unwrap(), 10.0));
        assert_eq!(geometric_mean(&[0.0, 1.0]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_interval_is_of_measured_values_and_always_the_same(samples in prop::collection::vec(0.1..1e6, 5..80)) {
            let estimate = Estimate::of(&samples).unwrap();
            let Interval { low, high } = estimate.interval.unwrap();
            prop_assert!(low <= estimate.median && estimate.median <= high);
            prop_assert!(samples.contains(&low) && samples.contains(&high));
            prop_assert_eq!(Estimate::of(&samples), Some(estimate));
        }

        #[test]
        fn the_ratio_of_a_multiple_is_the_factor(samples in prop::collection::vec(1.0..1e3, 5..40), factor in 0.1..100.0_f64) {
            let multiple: Vec<f64> = samples.iter().map(|sample| sample * factor).collect();
            let ratio = Ratio::of(&multiple, &samples).unwrap();
            prop_assert!((ratio.value / factor - 1.0).abs() < 1e-9);
            let Interval { low, high } = ratio.interval.unwrap();
            prop_assert!(low <= ratio.value && ratio.value <= high);
        }

        #[test]
        fn neither_order_nor_scale_changes_the_chance(
            first in prop::collection::vec(1.0..100.0, 1..30), second in prop::collection::vec(1.0..100.0, 1..30)
        ) {
            let chance = chance_of_difference(&first, &second).unwrap();
            prop_assert!((0.0..=1.0).contains(&chance));
            prop_assert!(close(chance, chance_of_difference(&second, &first).unwrap()));
            let scaled = |values: &[f64]| values.iter().map(|value| value * 8.0).collect::<Vec<_>>();
            prop_assert!(close(chance, chance_of_difference(&scaled(&first), &scaled(&second)).unwrap()));
        }

        #[test]
        fn counting_and_approximating_agree(first in prop::collection::vec(1.0..100.0, 20..30), second in prop::collection::vec(1.0..130.0, 20..30)) {
            let (wins, has_ties, tie_term) = compare(&first, &second);
            prop_assume!(!has_ties);
            let exact = exact_chance(wins, first.len(), second.len());
            let approximate = approximate_chance(wins, first.len(), second.len(), tie_term);
            prop_assert!((exact - approximate).abs() < 0.02, "{exact} {approximate}");
        }

        #[test]
        fn adjusted_chances_are_no_smaller_and_keep_their_order(chances in prop::collection::vec(0.0..1.0, 0..50)) {
            let adjusted = adjusted_for_many(&chances);
            for (before, after) in chances.iter().zip(&adjusted) {
                prop_assert!(after + 1e-12 >= *before && *after <= 1.0);
            }
            for (one, other) in chances.iter().zip(&adjusted).zip(chances.iter().zip(&adjusted).skip(1)) {
                prop_assert!((one.0 < other.0) <= (one.1 <= other.1));
            }
        }
    }
}
