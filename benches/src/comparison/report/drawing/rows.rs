//! A row per contender, its name on the left, its figure on the right: points, bars or stacks between them.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::{Axis, Scale};
use super::{Drawing, GRID, INK, MUTED, OTHERS, SKERRY, failed, is_skerry, label, text_style};

const WIDTH: u32 = 900;
const LEFT: u32 = 200;
const RIGHT: u32 = 110;
const BOTTOM: u32 = 46;
const ROW: u32 = 30;
/// Of a row's height, what a bar fills.
const BAR_SHARE: f64 = 0.62;
/// The longest label that fits on the left.
const MOST_LABEL: usize = 28;
/// More points than this in a row are thinned: they would cover each other.
const MOST_POINTS: usize = 400;

/// A row.
#[derive(Clone, Debug)]
pub(in crate::comparison::report) struct Row {
    /// The contender's name in the data.
    pub(in crate::comparison::report) name: String,
    /// Its title.
    pub(in crate::comparison::report) title: String,
    /// What is drawn.
    pub(in crate::comparison::report) mark: Mark,
    /// What stands on the right.
    pub(in crate::comparison::report) figure: String,
}

/// What is drawn in a row.
#[derive(Clone, Debug)]
pub(in crate::comparison::report) enum Mark {
    /// Each sample, and a line at the median.
    Strip { samples: Vec<f64>, median: f64 },
    /// From the axis to a value, and perhaps a paler one beyond it.
    Bar { value: f64, paler: Option<f64> },
    /// Bars one behind the other.
    Stack(Vec<Bar>),
}

/// A part of a stack.
#[derive(Clone, Copy, Debug)]
pub(in crate::comparison::report) struct Bar {
    /// How long it is.
    pub(in crate::comparison::report) length: f64,
    /// Its colour.
    pub(in crate::comparison::report) colour: RGBColor,
}

impl Mark {
    fn values(&self) -> Vec<f64> {
        match self {
            Self::Strip { samples, .. } => samples.clone(),
            Self::Bar { value, paler } => std::iter::once(*value).chain(*paler).collect(),
            Self::Stack(bars) => vec![bars.iter().map(|bar| bar.length.max(0.0)).sum()],
        }
    }
}

/// Draws the rows below each other; `None` where there is nothing that this scale can show.
pub(in crate::comparison::report) fn rows(rows: &[Row], scale: Scale, unit: &str) -> anyhow::Result<Option<Drawing>> {
    let values: Vec<f64> = rows.iter().flat_map(|row| row.mark.values()).collect();
    let has_bars = rows.iter().any(|row| matches!(row.mark, Mark::Bar { .. }));
    let Some(axis) =
        Axis::of(scale, unit, values.into_iter()).map(|axis| if has_bars { axis.beginning_at_a_power() } else { axis })
    else {
        return Ok(None);
    };
    let count = u32::try_from(rows.len())?;
    let size = (WIDTH, count * ROW + BOTTOM + 10);
    Drawing::new(size, |area| {
        let (low, high) = (axis.low(), axis.high());
        let bottom = f64::from(count);
        let mut chart = ChartBuilder::on(area)
            .margin_top(10)
            .margin_right(RIGHT)
            .set_label_area_size(LabelAreaPosition::Left, LEFT)
            .set_label_area_size(LabelAreaPosition::Bottom, BOTTOM)
            .build_cartesian_2d(axis.clone(), bottom..0.0)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .y_labels(0)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style(text_style(MUTED, HPos::Center))
            .x_desc(axis.name())
            .draw()
            .map_err(failed)?;
        for (index, row) in (0_u32..).zip(rows) {
            let middle = f64::from(index) + 0.5;
            let half = BAR_SHARE / 2.0;
            let colour = if is_skerry(&row.name) { SKERRY } else { OTHERS };
            let mut block = |from: f64, to: f64, style: ShapeStyle| {
                chart
                    .draw_series([Rectangle::new([(from, middle - half), (to, middle + half)], style)])
                    .map(|_| ())
                    .map_err(failed)
            };
            match &row.mark {
                Mark::Bar { value, paler } => {
                    if let Some(paler) = paler {
                        block(low, *paler, colour.mix(0.35).filled())?;
                    }
                    block(low, *value, colour.filled())?;
                }
                Mark::Stack(bars) => {
                    let mut from = 0.0;
                    for bar in bars {
                        let to = from + bar.length.max(0.0);
                        block(from, to, bar.colour.filled())?;
                        from = to;
                    }
                }
                Mark::Strip { samples, median } => {
                    let step = samples.len().div_ceil(MOST_POINTS).max(1);
                    let points = (0_u32..).zip(samples.iter().step_by(step)).map(|(index, sample)| {
                        let place = (*sample, middle + (shift(index) - 0.5) * BAR_SHARE);
                        Circle::new(place, 3, colour.mix(0.5).filled())
                    });
                    chart.draw_series(points).map_err(failed)?;
                    let line = [(*median, middle - 0.42), (*median, middle + 0.42)];
                    chart.draw_series([PathElement::new(line, INK.stroke_width(2))]).map_err(failed)?;
                }
            }
            let (from, at) = chart.backend_coord(&(low, middle));
            let (to, _) = chart.backend_coord(&(high, middle));
            let name = text_style(INK, HPos::Right);
            area.draw(&Text::new(label(&row.title, MOST_LABEL), (from - 12, at), name)).map_err(failed)?;
            let figure = text_style(INK, HPos::Left);
            area.draw(&Text::new(label(&row.figure, 14), (to + 10, at), figure)).map_err(failed)?;
        }
        Ok(())
    })
    .map(Some)
}

/// Places points above each other, so that equal values are seen: a sequence that fills 0 to 1 evenly however many there
/// are (multiples of the golden ratio).
fn shift(index: u32) -> f64 {
    (f64::from(index) * 0.618_033_988_75).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_show_is_no_chart() {
        assert!(rows(&[], Scale::Linear, "ms").unwrap().is_none());
    }

    #[test]
    fn points_are_spread_evenly() {
        let mean = (0..100).map(shift).sum::<f64>() / 100.0;
        assert!((mean - 0.5).abs() < 0.02);
    }
}
