//! Median, extremes and 95th percentile of a sample.

use serde::Serialize;

/// What is left of many measurements of one thing, in the measurements' own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The smallest.
    pub min: u64,
    /// Half of them are at most this; of an even number, the lower middle one.
    pub median: u64,
    /// 95 of 100 are at most this (nearest rank).
    pub p95: u64,
    /// The largest.
    pub max: u64,
}

impl Summary {
    /// Sums a sample up; `None` for an empty one.
    #[must_use]
    pub fn of(sample: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut sorted: Vec<u64> = sample.into_iter().collect();
        sorted.sort_unstable();
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { min: rank(0)?, median: rank(50)?, p95: rank(95)?, max: rank(100)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        assert_eq!(Summary::of([]), None);
        assert_eq!(Summary::of([7]), Some(Summary { min: 7, median: 7, p95: 7, max: 7 }));
        assert_eq!(Summary::of((1..=20).rev()), Some(Summary { min: 1, median: 10, p95: 19, max: 20 }));
        assert_eq!(Summary::of(1..=101), Some(Summary { min: 1, median: 51, p95: 96, max: 101 }));
    }
}
