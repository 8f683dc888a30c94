//! A line per contender over something that is varied, its name at the line's end.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::{Axis, PAYLOAD, Scale};
use super::{Drawing, GRID, INK, MUTED, colour_of, failed, is_skerry, label, text_style};

const SIZE: (u32, u32) = (900, 400);
const LEFT: u32 = 74;
const RIGHT: u32 = 210;
const BOTTOM: u32 = 46;
const TOP: u32 = 14;
/// The least distance between two names.
const NAME_DISTANCE: i32 = 17;
const MOST_LABEL: usize = 26;

/// A contender's line.
#[derive(Clone, Debug)]
pub(in crate::comparison::report) struct Line {
    /// Its name in the data.
    pub(in crate::comparison::report) name: String,
    /// Its title.
    pub(in crate::comparison::report) title: String,
    /// What was varied, and what came out; rising.
    pub(in crate::comparison::report) points: Vec<(f64, f64)>,
}

/// Draws all lines on logarithmic axes; `None` where nothing can be shown. `across` names what is varied.
pub(in crate::comparison::report) fn lines(
    lines: &[Line],
    across: &str,
    unit: &str,
) -> anyhow::Result<Option<Drawing>> {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let logarithmic = Scale::Logarithmic;
    let (Some(x), Some(y)) = (
        Axis::of(logarithmic, if across == "bytes" { PAYLOAD } else { "count" }, points().map(|point| point.0)),
        Axis::of(logarithmic, unit, points().map(|point| point.1)),
    ) else {
        return Ok(None);
    };
    let x = x.with_ticks(points().map(|point| point.0).collect());
    Drawing::new(SIZE, |area| {
        let (to, bottom) = (x.high(), y.low());
        let mut chart = ChartBuilder::on(area)
            .margin_top(TOP)
            .margin_right(RIGHT)
            .set_label_area_size(LabelAreaPosition::Left, LEFT)
            .set_label_area_size(LabelAreaPosition::Bottom, BOTTOM)
            .build_cartesian_2d(x, y.clone())
            .map_err(failed)?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style(text_style(MUTED, HPos::Center))
            .x_desc(label(across, 60))
            .y_desc(y.name())
            .draw()
            .map_err(failed)?;
        let mut names: Vec<(i32, &Line)> = Vec::new();
        // Skerry's last, above the others.
        let (ours, others): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| is_skerry(&line.name));
        for line in others.into_iter().chain(ours) {
            let Some(last) = line.points.last() else { continue };
            let width = if is_skerry(&line.name) { 3 } else { 2 };
            let colour = colour_of(&line.name);
            names.push((chart.backend_coord(last).1, line));
            let style = colour.stroke_width(width);
            if line.name.contains("python") {
                // The same colours as those of the other flavour, in dashes.
                let path = DashedPathElement::new(line.points.iter().copied(), 8, 5, style);
                chart.draw_series([path]).map_err(failed)?;
            } else {
                chart.draw_series([PathElement::new(line.points.clone(), style)]).map_err(failed)?;
            }
            chart
                .draw_series(line.points.iter().map(|place| Circle::new(*place, 4, colour.filled())))
                .map_err(failed)?;
            let end = chart.backend_coord(&(to, last.1));
            let last = chart.backend_coord(last);
            area.draw(&PathElement::new([last, end], colour.mix(0.5))).map_err(failed)?;
        }
        let edge = chart.backend_coord(&(to, bottom)).0;
        let lowest = chart.backend_coord(&(to, bottom)).1;
        for (at, name_at, line) in apart(names, lowest) {
            let colour = colour_of(&line.name);
            area.draw(&PathElement::new([(edge, at), (edge + 16, name_at)], colour.mix(0.5))).map_err(failed)?;
            area.draw(&Circle::new((edge + 20, name_at), 4, colour.filled())).map_err(failed)?;
            let style = text_style(INK, HPos::Left);
            area.draw(&Text::new(label(&line.title, MOST_LABEL), (edge + 30, name_at), style)).map_err(failed)?;
        }
        Ok(())
    })
    .map(Some)
}

/// Moves names that would cover each other apart: where each line ends, and where its name stands.
fn apart(mut names: Vec<(i32, &Line)>, lowest: i32) -> Vec<(i32, i32, &Line)> {
    names.sort_by_key(|(at, _)| *at);
    let mut placed: Vec<(i32, i32, &Line)> = Vec::new();
    for (at, line) in names {
        let least = placed.last().map_or(i32::MIN, |(_, above, _)| above + NAME_DISTANCE);
        placed.push((at, at.max(least), line));
    }
    // What was pushed out at the bottom pushes back.
    let mut most = lowest;
    for (_, name_at, _) in placed.iter_mut().rev() {
        *name_at = (*name_at).min(most);
        most = *name_at - NAME_DISTANCE;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_distance_and_stay_inside() {
        let line = Line { name: "a".to_owned(), title: "a".to_owned(), points: Vec::new() };
        let placed = apart(vec![(100, &line), (101, &line), (99, &line), (300, &line)], 300);
        let at: Vec<i32> = placed.iter().map(|(_, at, _)| *at).collect();
        assert_eq!(at, [99, 116, 133, 300]);
        let crowded = apart(vec![(300, &line), (299, &line), (298, &line)], 300);
        assert_eq!(crowded.iter().map(|(_, at, _)| *at).collect::<Vec<_>>(), [266, 283, 300]);
    }
}
