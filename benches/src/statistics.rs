//! Median, extremes and quantiles of a sample, by nearest rank: every figure shown is one that was measured.

/// What is left of many measurements of one thing, in the measurements' own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    /// How many there are.
    pub(crate) count: usize,
    /// The smallest.
    pub(crate) min: f64,
    /// Half of them are at most this; of an even number, the lower middle one.
    pub(crate) median: f64,
    /// 95 of 100 are at most this.
    pub(crate) p95: f64,
    /// The largest.
    pub(crate) max: f64,
}

impl Summary {
    /// Sums a sample up; `None` for an empty one.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let sorted = sorted(samples);
        let at = |share| quantile(&sorted, share);
        Some(Self { count: sorted.len(), min: at(0.0)?, median: at(0.5)?, p95: at(0.95)?, max: at(1.0)? })
    }
}

/// The median; `None` for an empty sample.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    quantile(&sorted(samples), 0.5)
}

/// The smallest measured value that `share` (0 to 1) of a sorted sample does not exceed.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "no sample has 2^52 values")]
    let rank = (sorted.len() as f64 * share.clamp(0.0, 1.0)).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the sample's length")]
    let rank = rank as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The sample in rising order.
pub(crate) fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(range: std::ops::RangeInclusive<u32>) -> Vec<f64> {
        range.map(f64::from).collect()
    }

    #[test]
    fn ranks_are_the_nearest() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[7.0]), Some(Summary { count: 1, min: 7.0, median: 7.0, p95: 7.0, max: 7.0 }));
        let mut twenty = numbers(1..=20);
        twenty.reverse();
        assert_eq!(Summary::of(&twenty), Some(Summary { count: 20, min: 1.0, median: 10.0, p95: 19.0, max: 20.0 }));
        assert_eq!(median(&numbers(1..=101)), Some(51.0));
        assert_eq!(quantile(&numbers(1..=1000), 0.999), Some(999.0));
    }

    #[test]
    fn differences_may_be_negative() {
        assert_eq!(Summary::of(&[-3.0, 1.0, -2.0]).unwrap().median, -2.0);
    }

    proptest! {
        #[test]
        fn each_quantile_was_measured_and_they_rise(samples in prop::collection::vec(-1e9..1e9, 1..200)) {
            let summary = Summary::of(&samples).unwrap();
            let values = [summary.min, summary.median, summary.p95, summary.max];
            prop_assert!(values.is_sorted());
            prop_assert!(values.iter().all(|value| samples.contains(value)));
            let above = samples.iter().filter(|sample| **sample > summary.median).count();
            prop_assert!(above * 2 <= samples.len());
        }
    }
}
