//! Axes: from what value to what, linear or logarithmic, with round numbers to write beside them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::label;
use crate::comparison::figure::{number, with_unit};

/// A logarithmic axis spans no more than this: what is smaller is drawn at its end.
const MOST_SPAN: f64 = 1e9;
/// About how many numbers stand beside an axis.
const TICKS: f64 = 6.0;
/// The longest unit that is written out.
const MOST_UNIT: usize = 60;

/// The unit of sizes that are powers of two, as those of what is sent.
pub(super) const PAYLOAD: &str = "bytes of payload";

/// How values become places on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::comparison::report) enum Scale {
    /// From zero.
    Linear,
    /// By powers of ten; zero has no place.
    Logarithmic,
}

/// An axis that all given values fit on. What lies beyond it is drawn at its end.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    scale: Scale,
    unit: String,
    low: f64,
    high: f64,
    /// The numbers that stand beside it.
    ticks: Vec<f64>,
}

impl Axis {
    /// An axis for these values; `None` where none of them can be drawn.
    pub(super) fn of(scale: Scale, unit: &str, values: impl Iterator<Item = f64>) -> Option<Self> {
        let drawable = |value: &f64| value.abs() < 1e15 && (scale == Scale::Linear || *value > 1e-12);
        let values: Vec<f64> = values.filter(drawable).collect();
        let high = values.iter().copied().max_by(f64::total_cmp)?;
        let low = values.iter().copied().min_by(f64::total_cmp)?;
        let (low, high, ticks) = match scale {
            Scale::Linear => {
                let high = if high > 1e-12 { high * 1.04 } else { 1.0 };
                (0.0, high, linear_ticks(high))
            }
            Scale::Logarithmic => {
                let (low, high) = ((low / 1.25).max(high / MOST_SPAN), high * 1.25);
                (low, high, logarithmic_ticks(low, high))
            }
        };
        Some(Self { scale, unit: unit.to_owned(), low, high, ticks })
    }

    /// The same axis beginning at a power of ten that is well below the least value: a bar has a length to be compared, and
    /// where it begins should be no accident.
    pub(super) fn beginning_at_a_power(self) -> Self {
        if self.scale == Scale::Linear {
            return self;
        }
        let low = 10_f64.powf((self.low * 0.6).log10().floor());
        Self { low, ticks: logarithmic_ticks(low, self.high), ..self }
    }

    /// The same axis with the few values that were varied beside it, rather than round numbers.
    pub(super) fn with_ticks(self, mut ticks: Vec<f64>) -> Self {
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        ticks.retain(|tick| (self.low..=self.high).contains(tick));
        Self { ticks, ..self }
    }

    /// Where it begins.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// Where it ends.
    pub(super) fn high(&self) -> f64 {
        self.high
    }

    /// What stands along it.
    pub(super) fn name(&self) -> String {
        let unit = match self.unit.as_str() {
            "1/s" => "per second",
            "bytes" => "size",
            "count" => "number",
            unit => unit,
        };
        match self.scale {
            Scale::Linear => label(unit, MOST_UNIT),
            Scale::Logarithmic => format!("{}, logarithmic", label(unit, MOST_UNIT)),
        }
    }

    /// How far along the axis a value is, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        match self.scale {
            Scale::Linear => value / self.high,
            Scale::Logarithmic => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "between two pixels of the chart")]
        let pixels = (f64::from(to - from) * self.share(*value)).round() as i32;
        from + pixels
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(value: &f64) -> String {
        number(*value)
    }

    fn format_ext(&self, value: &f64) -> String {
        tick(*value, &self.unit)
    }
}

/// A number beside an axis, without useless digits.
fn tick(value: f64, unit: &str) -> String {
    let bare = |text: &str| {
        let is_short = text.contains('.') && !text.contains('e');
        if is_short { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    match unit {
        "bytes" => {
            let text = with_unit(value, unit);
            text.split_once(' ').map_or_else(|| text.clone(), |(number, unit)| format!("{} {unit}", bare(number)))
        }
        PAYLOAD if value >= 1024.0 * 1024.0 => format!("{} MiB", bare(&number(value / 1024.0 / 1024.0))),
        PAYLOAD if value >= 1024.0 => format!("{} KiB", bare(&number(value / 1024.0))),
        _ if value.abs() >= 1000.0 => with_unit(value, "count"),
        _ => bare(&number(value)),
    }
}

fn linear_ticks(high: f64) -> Vec<f64> {
    let rough = high / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    (0..=20_u32).map(|number| f64::from(number) * step).take_while(|tick| *tick <= high).collect()
}

fn logarithmic_ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = (high / low).log10();
    let factors: &[f64] = match decades {
        _ if decades < 1.0 => &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        _ if decades < 2.4 => &[1.0, 2.0, 5.0],
        _ if decades < 4.2 => &[1.0, 3.0],
        _ => &[1.0],
    };
    #[expect(clippy::cast_possible_truncation, reason = "the axis ends between 1e-12 and 1e16")]
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    powers
        .flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)))
        .filter(|tick| (low..=high).contains(tick))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(scale: Scale, values: &[f64]) -> Vec<String> {
        let axis = Axis::of(scale, "ms", values.iter().copied()).unwrap();
        axis.ticks.iter().map(|tick| axis.format_ext(tick)).collect()
    }

    #[test]
    fn numbers_beside_an_axis_are_round() {
        assert_eq!(ticks(Scale::Linear, &[3.0, 57.0]), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(ticks(Scale::Logarithmic, &[6.0, 350.0]), ["5", "10", "20", "50", "100", "200"]);
        assert_eq!(ticks(Scale::Logarithmic, &[0.2, 9000.0]), ["1", "10", "100", "1,000", "10,000"]);
        assert_eq!([tick(0.5, "ms"), tick(1e6, "bytes"), tick(20.0, "count")], ["0.5", "1 MB", "20"]);
        assert_eq!([tick(1024.0, PAYLOAD), tick(1_048_576.0, PAYLOAD)], ["1 KiB", "1 MiB"]);
        let bars = Axis::of(Scale::Logarithmic, "ms", [3.0, 50.0].into_iter()).unwrap().beginning_at_a_power();
        assert_eq!(bars.low, 1.0);
    }

    #[test]
    fn what_cannot_be_drawn_makes_no_axis() {
        assert!(Axis::of(Scale::Logarithmic, "", [0.0, -1.0].into_iter()).is_none());
        assert!(Axis::of(Scale::Linear, "", std::iter::empty()).is_none());
    }

    #[test]
    fn what_lies_beyond_an_axis_is_at_its_end() {
        let axis = Axis::of(Scale::Logarithmic, "", [1e-11, 1e14, 0.0].into_iter()).unwrap();
        assert_eq!([0.0, 1e300, -5.0].map(|value| axis.map(&value, (10, 110))), [10, 110, 10]);
        let axis = Axis::of(Scale::Linear, "", [100.0].into_iter()).unwrap();
        assert_eq!([0.0, 52.0, 1e9].map(|value| axis.map(&value, (200, 0))), [200, 100, 0]);
    }
}
