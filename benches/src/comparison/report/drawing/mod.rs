//! Charts as SVG: what is common to all of them. Drawn by plotters in the colours of a light page; the page's style sheet
//! replaces exactly these colours for a dark one.
//!
//! - [`axis`]: scales. - [`rows`]: a row per contender: strips, bars, stacks. - [`lines`]: a line per contender.

mod axis;
mod lines;
mod rows;

use anyhow::anyhow;
use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) use axis::Scale;
pub(super) use lines::{Line, lines};
pub(super) use rows::{Bar, Mark, Row, rows};

/// Text and marks that must be seen.
pub(super) const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
/// Text of axes.
pub(super) const MUTED: RGBColor = RGBColor(0x59, 0x63, 0x6e);
/// Lines of the grid.
pub(super) const GRID: RGBColor = RGBColor(0xd8, 0xde, 0xe4);
/// Skerry, wherever the others are grey.
pub(super) const SKERRY: RGBColor = RGBColor(0x09, 0x69, 0xda);
/// The others.
pub(super) const OTHERS: RGBColor = RGBColor(0x8c, 0x95, 0x9f);
/// Parts of a whole, apart for every kind of colour vision (Okabe and Ito's palette).
pub(super) const PARTS: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0xf0, 0xe4, 0x42),
    RGBColor(0x99, 0x99, 0x99),
];

/// Size of text, in pixels at the chart's own size.
const TEXT_PIXELS: f64 = 13.0;
/// plotters' sizes are of another measure than SVG's `font-size`: it divides by this.
const PLOTTERS_TEXT_FACTOR: f64 = 1.24;

/// A finished chart: the inside of an SVG.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    inside: String,
    size: (u32, u32),
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

impl Drawing {
    /// Lets `draw` fill a chart of this size.
    fn new(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            draw(&area)?;
            area.present().map_err(failed)?;
        }
        // The element around it is ours, with a title, a description and no fixed size.
        let begin = svg.find('>').ok_or_else(|| anyhow!("the drawing is no SVG"))?;
        let end = svg.rfind("</svg>").ok_or_else(|| anyhow!("the drawing is no SVG"))?;
        Ok(Self { inside: svg.get(begin + 1..end).unwrap_or_default().to_owned(), size })
    }

    /// The chart for the page. `id` is unique there.
    pub(super) fn svg(&self, id: &str, title: &str, description: &str) -> Markup {
        let (width, height) = self.size;
        let (title_id, description_id) = (format!("{id}-title"), format!("{id}-description"));
        html! {
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-labelledby={ (title_id) " " (description_id) }
                xmlns="http://www.w3.org/2000/svg" style={ "max-width:" (width) "px" } {
                title id=(title_id) { (title) }
                desc id=(description_id) { (description) }
                // plotters escapes the text that it writes.
                (PreEscaped(&self.inside))
            }
        }
    }
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the chart cannot be drawn: {error}")
}

/// Text of the charts' size, anchored.
fn text_style(colour: RGBColor, horizontal: HPos) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", TEXT_PIXELS * PLOTTERS_TEXT_FACTOR).into_font());
    style.color = colour.to_backend_color();
    style.pos(Pos::new(horizontal, VPos::Center))
}

/// The colour as CSS writes it.
pub(super) fn css(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}

/// Shortens a label to what fits; the table beside the chart has the whole.
fn label(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Whether a contender is Skerry, by its name in the data.
pub(super) fn is_skerry(name: &str) -> bool {
    name.starts_with("skerry")
}

/// A contender's colour where each has its own: blues are Skerry's, by the way it starts.
pub(super) fn colour_of(name: &str) -> RGBColor {
    let colours: [(&str, RGBColor); 9] = [
        ("skerry-snapshot", RGBColor(0x54, 0xae, 0xff)),
        ("skerry-python-snapshot", RGBColor(0x54, 0xae, 0xff)),
        ("skerry-pool", RGBColor(0x0a, 0x30, 0x69)),
        ("skerry-python-pool", RGBColor(0x0a, 0x30, 0x69)),
        ("skerry", SKERRY),
        ("runc-fastapi", RGBColor(0xd5, 0x5e, 0x00)),
        ("runc", RGBColor(0xe6, 0x9f, 0x00)),
        ("podman", RGBColor(0x00, 0x9e, 0x73)),
        ("linux-microvm", RGBColor(0xcc, 0x79, 0xa7)),
    ];
    colours.iter().find(|(beginning, _)| name.starts_with(beginning)).map_or(OTHERS, |(_, colour)| *colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_shortened_and_escaped() {
        assert_eq!(label("abcdef", 4), "abc…");
        let drawing = Drawing::new((100, 50), |area| {
            area.draw(&Text::new("<b>&", (5, 5), text_style(INK, HPos::Left))).map_err(failed)
        });
        let svg = drawing.unwrap().svg("x", "a < b", "\"quoted\"").into_string();
        assert!(svg.contains("&lt;b&gt;&amp;") && svg.contains("a &lt; b") && !svg.contains("<b>"), "{svg}");
        assert_eq!(svg.matches("<svg").count(), 1);
    }

    #[test]
    fn the_style_sheet_knows_every_colour_of_text_and_grid() {
        let style = include_str!("../style.css");
        let contenders = ["skerry-cold", "skerry-pool", "skerry-snapshot", "runc", "podman"].map(colour_of);
        for colour in [INK, MUTED, GRID].into_iter().chain(contenders.into_iter().take(2)) {
            assert!(style.contains(&css(colour)), "{}", css(colour));
        }
    }
}
