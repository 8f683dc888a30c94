//! Prometheus' text format, version 0.0.4: families, samples, histograms. Knows no metric by name.

use std::fmt::Write as _;

/// The format's media type.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A histogram over fixed bounds.
#[derive(Clone, Debug)]
pub(crate) struct Histogram<const N: usize> {
    bounds: &'static [Bound; N],
    /// How many observations lie in each bucket and in none before it.
    counts: [u64; N],
    /// How many lie above the last bound.
    above: u64,
    sum: u64,
}

/// A bucket's upper bound: as a number in the histogram's unit, and as the format writes it in the base unit.
#[derive(Debug)]
pub(crate) struct Bound(pub(crate) u64, pub(crate) &'static str);

impl<const N: usize> Histogram<N> {
    pub(crate) const fn new(bounds: &'static [Bound; N]) -> Self {
        Self { bounds, counts: [0; N], above: 0, sum: 0 }
    }

    /// Counts one observation.
    pub(crate) fn observe(&mut self, value: u64) {
        match self.bounds.iter().position(|bound| value <= bound.0) {
            Some(bucket) => self.counts[bucket] += 1,
            None => self.above += 1,
        }
        self.sum = self.sum.saturating_add(value);
    }

    /// How many observations there were.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.above
    }
}

/// How a number is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// As it is.
    One,
    /// Microseconds, written in seconds.
    Microseconds,
}

/// A page of metrics in the making.
#[derive(Default)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    /// Begins a family; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample; `labels` is `a="b",c="d"` or empty. Label values are the runtime's own words and need no escapes.
    pub(crate) fn sample(&mut self, name: &str, labels: &str, value: u64, unit: Unit) {
        self.text.push_str(name);
        if !labels.is_empty() {
            let _ = write!(self.text, "{{{labels}}}");
        }
        let _ = match unit {
            Unit::One => writeln!(self.text, " {value}"),
            Unit::Microseconds => writeln!(self.text, " {}.{:06}", value / 1_000_000, value % 1_000_000),
        };
    }

    /// A family of one sample without labels.
    pub(crate) fn single(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        self.sample(name, "", value, Unit::One);
    }

    /// The samples of one histogram.
    pub(crate) fn histogram<const N: usize>(&mut self, name: &str, labels: &str, histogram: &Histogram<N>, unit: Unit) {
        let separator = if labels.is_empty() { "" } else { "," };
        let mut cumulative = 0;
        for (bound, count) in histogram.bounds.iter().zip(histogram.counts) {
            cumulative += count;
            let labels = format!("{labels}{separator}le=\"{}\"", bound.1);
            self.sample(&format!("{name}_bucket"), &labels, cumulative, Unit::One);
        }
        let total = histogram.count();
        self.sample(&format!("{name}_bucket"), &format!("{labels}{separator}le=\"+Inf\""), total, Unit::One);
        self.sample(&format!("{name}_sum"), labels, histogram.sum, unit);
        self.sample(&format!("{name}_count"), labels, total, Unit::One);
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOUNDS: [Bound; 2] = [Bound(1_000, "0.001"), Bound(2_000_000, "2")];

    #[test]
    fn buckets_are_cumulative_and_their_bounds_belong_to_them() {
        let mut histogram = Histogram::new(&BOUNDS);
        for value in [0, 1_000, 1_001, 2_000_001] {
            histogram.observe(value);
        }
        let mut page = Page::default();
        page.family("t", "histogram", "Times.");
        page.histogram("t", "lang=\"C\"", &histogram, Unit::Microseconds);
        let expected = "# HELP t Times.\n# TYPE t histogram\n\
            t_bucket{lang=\"C\",le=\"0.001\"} 2\n\
            t_bucket{lang=\"C\",le=\"2\"} 3\n\
            t_bucket{lang=\"C\",le=\"+Inf\"} 4\n\
            t_sum{lang=\"C\"} 2.002002\n\
            t_count{lang=\"C\"} 4\n";
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn a_sample_without_labels_has_no_braces() {
        let mut page = Page::default();
        page.single("g", "gauge", "A gauge.", 7);
        assert_eq!(page.into_text(), "# HELP g A gauge.\n# TYPE g gauge\ng 7\n");
    }
}
