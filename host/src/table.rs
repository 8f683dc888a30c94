//! Plain text tables: columns padded to their widest cell, no lines, no colours.

/// Which side of a column the padding goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows of cells beneath a heading.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    #[must_use]
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Self { columns: columns.iter().map(|&(name, align)| (name.to_owned(), align)).collect(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the columns are dropped, missing ones stay empty.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// The table as text, each line ending with a line feed.
    #[must_use]
    pub fn render(&self) -> String {
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.to_uppercase()).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| self.rows.iter().chain([&heading]).map(|row| width(row.get(column))).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&heading).chain(&self.rows) {
            text.push_str(self.render_row(row, &widths).trim_end());
            text.push('\n');
        }
        text
    }

    fn render_row(&self, row: &[String], widths: &[usize]) -> String {
        let cells: Vec<String> = self
            .columns
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, ((_, align), &width))| {
                let cell = row.get(column).map_or("", String::as_str);
                match align {
                    Align::Left => format!("{cell:<width$}"),
                    Align::Right => format!("{cell:>width$}"),
                }
            })
            .collect();
        cells.join("  ")
    }
}

fn width(cell: Option<&String>) -> usize {
    cell.map_or(0, |cell| cell.chars().count())
}

/// Microseconds as milliseconds with one decimal: `12.3`.
#[must_use]
pub fn milliseconds(microseconds: u64) -> String {
    format!("{}.{}", (microseconds + 50) / 1000, (microseconds + 50) % 1000 / 100)
}

/// A duration the way a person says it: `340 µs`, `12 ms`, `3.4 s`, `2 min 5 s`.
#[must_use]
pub fn duration(duration: std::time::Duration) -> String {
    let microseconds = duration.as_micros();
    if microseconds < 1000 {
        format!("{microseconds} µs")
    } else if microseconds < 1_000_000 {
        format!("{} ms", microseconds / 1000)
    } else if duration.as_secs() < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

/// Bytes the way a person says them, in decimal units as package managers do: `512 B`, `21.4 kB`, `2.19 MB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let count = bytes as f64;
    if bytes < 1000 {
        format!("{bytes} B")
    } else if bytes < 1_000_000 {
        format!("{:.1} kB", count / 1e3)
    } else if bytes < 1_000_000_000 {
        format!("{:.2} MB", count / 1e6)
    } else {
        format!("{:.2} GB", count / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&[("phase", Align::Left), ("ms", Align::Right), ("note", Align::Left)]);
        table.row(["loader".to_owned(), "3.1".to_owned(), String::new()]);
        table.row(["first answer".to_owned(), "120.4".to_owned(), "biggest".to_owned()]);
        assert_eq!(
            table.render(),
            "PHASE            MS  NOTE\n\
             loader          3.1\n\
             first answer  120.4  biggest\n"
        );
    }

    #[test]
    fn milliseconds_are_rounded_to_one_decimal() {
        assert_eq!(milliseconds(0), "0.0");
        assert_eq!(milliseconds(49), "0.0");
        assert_eq!(milliseconds(50), "0.1");
        assert_eq!(milliseconds(12_345), "12.3");
        assert_eq!(milliseconds(999_950), "1000.0");
    }

    #[test]
    fn durations_and_sizes_have_the_unit_that_fits() {
        assert_eq!(duration(Duration::from_micros(340)), "340 µs");
        assert_eq!(duration(Duration::from_micros(12_900)), "12 ms");
        assert_eq!(duration(Duration::from_millis(3_400)), "3.4 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(21_400), "21.4 kB");
        assert_eq!(bytes(2_190_000), "2.19 MB");
    }
}
