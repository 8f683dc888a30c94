//! What was measured, as tables for people and as JSON for programs.

use serde_json::{Map, Value, json};

use crate::statistics::Summary;

/// One thing that was measured, once or often.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    what: String,
    unit: &'static str,
    samples: Vec<f64>,
    target: Option<f64>,
}

impl Row {
    /// Many measurements of one thing.
    pub(crate) fn new(what: impl Into<String>, unit: &'static str, samples: Vec<f64>) -> Self {
        Self { what: what.into(), unit, samples, target: None }
    }

    /// One figure.
    pub(crate) fn figure(what: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self::new(what, unit, vec![value])
    }

    /// The median is wanted to be at most this.
    pub(crate) fn at_most(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Whether the target is met; `None` where there is none, or nothing was measured.
    fn meets_target(&self) -> Option<bool> {
        Some(Summary::of(&self.samples)?.median <= self.target?)
    }

    fn verdict(&self) -> String {
        match (self.target, self.meets_target()) {
            (Some(target), Some(true)) => format!("≤ {} met", number(target)),
            (Some(target), _) => format!("≤ {} MISSED", number(target)),
            (None, _) => String::new(),
        }
    }

    fn cells(&self) -> [String; 8] {
        let head = [self.what.clone(), self.unit.to_owned()];
        let figures = match Summary::of(&self.samples) {
            None => ["-", "", "", "", "0"].map(str::to_owned),
            Some(one) if one.count == 1 => {
                [number(one.median), String::new(), String::new(), String::new(), "1".to_owned()]
            }
            Some(many) => {
                let [median, p95, min, max] = [many.median, many.p95, many.min, many.max].map(number);
                [median, p95, min, max, many.count.to_string()]
            }
        };
        let [what, unit] = head;
        let [median, p95, min, max, count] = figures;
        [what, unit, median, p95, min, max, count, self.verdict()]
    }

    fn to_json(&self) -> Value {
        let summary = Summary::of(&self.samples).map(|summary| {
            json!({
                "count": summary.count,
                "median": summary.median,
                "p95": summary.p95,
                "min": summary.min,
                "max": summary.max,
            })
        });
        json!({
            "what": self.what,
            "unit": self.unit,
            "target_at_most": self.target,
            "target_met": self.meets_target(),
            "summary": summary,
            "samples": self.samples.iter().map(|sample| (sample * 1e4).round() / 1e4).collect::<Vec<_>>(),
        })
    }
}

/// What one experiment found.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// The experiment's name.
    pub(crate) name: &'static str,
    /// How it was measured, in a line.
    pub(crate) how: String,
    /// The figures.
    pub(crate) rows: Vec<Row>,
    /// What no figure says.
    pub(crate) notes: Vec<String>,
}

impl Section {
    /// The section as text.
    pub(crate) fn render(&self) -> String {
        let heading = ["", "unit", "median", "p95", "min", "max", "n", "target"].map(str::to_owned);
        let rows: Vec<[String; 8]> = std::iter::once(heading).chain(self.rows.iter().map(Row::cells)).collect();
        let mut widths = [0; 8];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = format!("{}: {}\n", self.name, self.how);
        for row in &rows {
            let [what, unit, figures @ .., verdict] = row;
            let mut line = format!("  {what:<0$}  {unit:<1$}", widths[0], widths[1]);
            for (cell, width) in figures.iter().zip(&widths[2..]) {
                line += &format!("  {cell:>width$}");
            }
            line += &format!("  {verdict}");
            text += line.trim_end();
            text.push('\n');
        }
        for note in &self.notes {
            text += &format!("  {note}\n");
        }
        text
    }

    /// The section as JSON.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "how": self.how,
            "rows": self.rows.iter().map(Row::to_json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// Everything, with all samples.
pub(crate) fn to_json(facts: &Map<String, Value>, sections: &[Section], failures: &[String]) -> Value {
    json!({
        "machine": facts,
        "experiments": sections.iter().map(Section::to_json).collect::<Vec<_>>(),
        "failures": failures,
    })
}

/// Three figures of what is small, whole numbers of what is large.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 10.0 => format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned(),
        size if size < 100.0 => format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned(),
        size if size < 1000.0 => format!("{value:.1}").trim_end_matches('0').trim_end_matches('.').to_owned(),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides_on_a_target_and_nothing_measured_meets_none() {
        let row = |samples: &[f64]| Row::new("x", "ms", samples.to_vec()).at_most(8.0);
        assert_eq!(row(&[1.0, 8.0, 99.0]).meets_target(), Some(true));
        assert_eq!(row(&[1.0, 8.1, 99.0]).meets_target(), Some(false));
        assert_eq!(row(&[]).meets_target(), None);
        assert!(row(&[]).verdict().contains("MISSED"));
        assert_eq!(Row::figure("x", "ms", 3.0).meets_target(), None);
    }

    #[test]
    fn numbers_keep_what_can_be_seen() {
        for (value, text) in
            [(0.0, "0"), (0.3, "0.3"), (-0.0421, "-0.042"), (7.0, "7"), (12.345, "12.35"), (4567.8, "4568")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = vec![Row::new("long name", "ms", vec![1.0, 2.0]).at_most(1.0), Row::figure("x", "MiB", 100.0)];
        let section = Section { name: "start", how: "so".to_owned(), rows, notes: vec!["noted".to_owned()] };
        let text = section.render();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert_eq!(lines[1].find("median").map(|at| at + 6), lines[3].find("100").map(|at| at + 3), "{text}");
        assert!(lines[2].ends_with("≤ 1 met") && lines[4] == "  noted", "{text}");
    }

    #[test]
    fn the_json_keeps_every_sample() {
        let section = Section {
            name: "start",
            how: String::new(),
            rows: vec![Row::new("x", "ms", vec![3.0, 1.0]).at_most(2.0)],
            notes: Vec::new(),
        };
        let json = to_json(&Map::new(), &[section], &["late".to_owned()]);
        assert_eq!(json["experiments"][0]["rows"][0]["samples"], json!([3.0, 1.0]));
        assert_eq!(json["experiments"][0]["rows"][0]["target_met"], json!(true));
        assert_eq!(json["failures"], json!(["late"]));
    }
}
