//! What was measured, as a Markdown table for people and as JSON for programs.

use serde_json::{Map, Value, json};

use super::guest::GCC;
use super::kernels::Kernel;
use super::small::Small;
use crate::statistics::median;

/// One kernel in one language of one flavour.
#[derive(Debug)]
pub(super) enum Cell {
    /// Times of each call in ms: in the guest, and of its peer on the host.
    Measured { guest_ms: Vec<f64>, host_ms: Vec<f64> },
    /// There was nothing to send, or to compare with.
    Missing,
    /// The call failed, or its result was wrong.
    Failed(String),
}

impl Cell {
    /// The medians: guest, host.
    fn medians(&self) -> Option<(f64, f64)> {
        match self {
            Self::Measured { guest_ms, host_ms } => Some((median(guest_ms)?, median(host_ms)?)),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match (self, self.medians()) {
            (_, Some((guest, host))) => format!("{} ({}×)", number(guest), number(guest / host)),
            (Self::Failed(_), _) => "FAILED".to_owned(),
            _ => "–".to_owned(),
        }
    }
}

/// All kernels in one language of one flavour.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) flavour: &'static str,
    pub(super) language: &'static str,
    pub(super) cells: Vec<Cell>,
}

impl Column {
    fn heading(&self) -> String {
        format!("{} `{}`", self.language, self.flavour)
    }

    /// The column alone, while others are still measured.
    pub(super) fn render(&self, kernels: &[&Kernel]) -> String {
        let lines = kernels.iter().zip(&self.cells).map(|(kernel, cell)| {
            let why = if let Cell::Failed(why) = cell { why.as_str() } else { "" };
            format!("  {:<12} {:>18} {why}\n", kernel.name, cell.text())
        });
        format!("{}, ms in the guest (ratio to the peer on the host)\n{}", self.heading(), lines.collect::<String>())
    }
}

/// Everything.
#[derive(Debug)]
pub(super) struct Table {
    kernels: Vec<&'static str>,
    rounds: u32,
    pub(super) facts: Map<String, Value>,
    pub(super) columns: Vec<Column>,
    pub(super) small: Vec<Vec<Small>>,
    notes: Vec<String>,
}

impl Table {
    pub(super) fn new(kernels: &[&Kernel], rounds: u32) -> Self {
        let kernels = kernels.iter().map(|kernel| kernel.name).collect();
        Self { kernels, rounds, facts: Map::new(), columns: Vec::new(), small: Vec::new(), notes: Vec::new() }
    }

    /// Adds what no figure says.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Whether nothing failed.
    pub(super) fn is_right(&self) -> bool {
        self.columns.iter().flat_map(|column| &column.cells).all(|cell| !matches!(cell, Cell::Failed(_)))
    }

    /// The host's median for a row: of the first column whose peer it is.
    fn host(&self, row: usize, is_python: bool) -> String {
        let mut columns = self.columns.iter().filter(|column| (column.language == "PY") == is_python);
        let host = columns.find_map(|column| Some(column.cells.get(row)?.medians()?.1));
        host.map_or_else(|| "–".to_owned(), number)
    }

    /// Each column as a multiple of gcc -O2 in the guest, where that was measured.
    fn ratios_in_guest(&self) -> String {
        let Some(gcc) = self.columns.iter().find(|column| column.language == GCC) else { return String::new() };
        let others: Vec<&Column> =
            self.columns.iter().filter(|column| column.language != GCC && column.language != "PY").collect();
        let mut text = String::from("\n| ratio to gcc -O2 in the guest |");
        text.extend(others.iter().map(|column| format!(" {} |", column.heading())));
        text += &format!("\n|---|{}\n", "--:|".repeat(others.len()));
        for (row, kernel) in self.kernels.iter().enumerate() {
            let guest_ms = |column: &Column| Some(column.cells.get(row)?.medians()?.0);
            text += &format!("| {kernel} |");
            for column in &others {
                let ratio = guest_ms(column).zip(guest_ms(gcc)).map(|(one, other)| number(one / other));
                text += &format!(" {} |", ratio.unwrap_or_else(|| "–".to_owned()));
            }
            text.push('\n');
        }
        text
    }

    /// Markdown: kernels by columns, then small functions.
    pub(super) fn render(&self) -> String {
        let mut text = String::from("| kernel | gcc -O2, host |");
        for column in &self.columns {
            text += &format!(" {} |", column.heading());
        }
        let has_python = self.columns.iter().any(|column| column.language == "PY");
        text += if has_python { " CPython, host |\n|---|--:|--:|" } else { "\n|---|--:|" };
        text += &"--:|".repeat(self.columns.len());
        text.push('\n');
        for (row, kernel) in self.kernels.iter().enumerate() {
            text += &format!("| {kernel} | {} |", self.host(row, false));
            for column in &self.columns {
                text += &format!(" {} |", column.cells.get(row).map_or_else(String::new, Cell::text));
            }
            text += &if has_python { format!(" {} |\n", self.host(row, true)) } else { "\n".to_owned() };
        }
        text += &self.ratios_in_guest();
        text += "\n| small function | ready to first result, ms | later calls, ms: median, p95 | run alone, ms |\n|---|--:|--:|--:|\n";
        for small in self.small.iter().flatten() {
            let p95 = crate::statistics::quantile(&crate::statistics::sorted(&small.later_ms), 0.95);
            let [first, later, p95] = [median(&small.first_ms), median(&small.later_ms), p95]
                .map(|value| value.map_or_else(|| "–".to_owned(), number));
            let run = number(small.run_ms);
            text += &format!("| {} `{}` | {first} | {later}, {p95} | {run} |\n", small.language, small.flavour);
        }
        for note in &self.notes {
            text += &format!("\n{note}\n");
        }
        text
    }

    /// Everything, with all samples.
    pub(super) fn to_json(&self) -> Value {
        let cell = |cell: &Cell| match cell {
            Cell::Measured { guest_ms, host_ms } => json!({"guest_ms": guest_ms, "host_ms": host_ms}),
            Cell::Missing => json!({"missing": true}),
            Cell::Failed(why) => json!({"failed": why}),
        };
        let column = |column: &Column| {
            let cells: Map<String, Value> =
                self.kernels.iter().zip(&column.cells).map(|(kernel, one)| ((*kernel).to_owned(), cell(one))).collect();
            json!({"flavour": column.flavour, "language": column.language, "kernels": cells})
        };
        let small = |small: &Small| {
            json!({
                "flavour": small.flavour,
                "language": small.language,
                "first_ms": small.first_ms,
                "later_ms": small.later_ms,
                "run_ms": small.run_ms,
            })
        };
        json!({
            "machine": self.facts,
            "rounds": self.rounds,
            "columns": self.columns.iter().map(column).collect::<Vec<_>>(),
            "small": self.small.iter().flatten().map(small).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// Two to three figures, as many as such a measurement is worth.
fn number(value: f64) -> String {
    match value.abs() {
        size if size < 1.0 => format!("{value:.2}"),
        size if size < 10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::kernels::KERNELS;

    #[test]
    fn a_cell_shows_the_guests_median_and_its_ratio_to_the_hosts() {
        let cell = Cell::Measured { guest_ms: vec![30.0, 10.0, 20.0], host_ms: vec![5.0, 4.0, 100.0] };
        assert_eq!(cell.text(), "20 (4.0×)");
        assert_eq!(Cell::Missing.text(), "–");
    }

    #[test]
    fn a_wrong_result_makes_the_whole_run_fail() {
        let mut table = Table::new(&[&KERNELS[0]], 1);
        let column = |cell| Column { flavour: "minimal", language: "C", cells: vec![cell] };
        table.columns.push(column(Cell::Missing));
        assert!(table.is_right());
        table.columns.push(column(Cell::Failed("the result is 1, on the host 2".to_owned())));
        assert!(!table.is_right());
        assert!(table.render().contains("FAILED"));
    }
}
