//! Tables and paragraphs for a terminal of a given width.

/// The least that a column of text is cut down to.
const LEAST_TEXT_WIDTH: usize = 12;

/// Which side of a column the padding goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows below a heading.
#[derive(Clone, Debug)]
pub(crate) struct TextTable {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        Self { columns: columns.iter().map(|&(name, align)| (harmless(name), align)).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| harmless(cell)).collect());
    }

    /// The table; where it is too wide, its first column is broken into several lines.
    pub(crate) fn render(&self, width: usize) -> String {
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|column| self.rows.iter().chain([&heading]).map(|row| length(cell(row, column))).max().unwrap_or(0))
            .collect();
        let whole: usize = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if let Some(first) = widths.first_mut() {
            *first = (*first).saturating_sub(whole.saturating_sub(width)).max(LEAST_TEXT_WIDTH.min(*first));
        }
        let mut text = String::new();
        for row in std::iter::once(&heading).chain(&self.rows) {
            let first_width = widths.first().copied().unwrap_or(0);
            let mut lines = broken(cell(row, 0), first_width).into_iter();
            let first_line = lines.next().unwrap_or_default();
            let cells: Vec<String> = self
                .columns
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, ((_, align), &width))| {
                    let content = if column == 0 { first_line.as_str() } else { cell(row, column) };
                    match align {
                        Align::Left => format!("{content:<width$}"),
                        Align::Right => format!("{content:>width$}"),
                    }
                })
                .collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
            for line in lines {
                text.push_str(&format!("  {line}").chars().take(width).collect::<String>());
                text.push('\n');
            }
        }
        text
    }
}

fn cell(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", String::as_str)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// A text in lines of at most `width` characters, all below the prefix of the first; ends with a line feed.
pub(crate) fn wrapped(prefix: &str, text: &str, width: usize) -> String {
    let indent = " ".repeat(length(prefix));
    let lines = broken(text, width.saturating_sub(length(prefix)).max(1));
    let mut wrapped = String::new();
    for (index, line) in lines.iter().enumerate() {
        wrapped.push_str(format!("{}{line}", if index == 0 { prefix } else { &indent }).trim_end());
        wrapped.push('\n');
    }
    wrapped
}

/// Control characters become spaces: what others wrote must not steer the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Breaks at spaces, and within a word only where it alone is too long.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in harmless(text).split(' ').filter(|word| !word.is_empty()) {
        let mut rest: Vec<char> = word.chars().collect();
        let fits = lines.last().is_some_and(|line| line.is_empty() || length(line) + 1 + rest.len() <= width);
        if !fits {
            lines.push(String::new());
        }
        while !rest.is_empty() {
            let Some(line) = lines.last_mut() else { break };
            if !line.is_empty() {
                line.push(' ');
            }
            let room = width.saturating_sub(length(line)).max(1);
            line.extend(rest.drain(..room.min(rest.len())));
            if !rest.is_empty() {
                lines.push(String::new());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_too_wide_breaks_its_first_column() {
        let mut table = TextTable::new(&[("what", Align::Left), ("ms", Align::Right)]);
        table.row(vec!["a thing with a long name".to_owned(), "12.5".to_owned()]);
        assert_eq!(table.render(40), "what                        ms\na thing with a long name  12.5\n");
        assert_eq!(table.render(20), "what              ms\na thing with a  12.5\n  long name\n");
    }

    #[test]
    fn paragraphs_keep_their_width_and_no_control_characters() {
        assert_eq!(wrapped("- ", "one two\u{1b}[31m three", 12), "- one two\n  [31m three\n");
        assert_eq!(wrapped("", "abcdefgh", 3), "abc\ndef\ngh\n");
        assert_eq!(wrapped("x: ", "", 10), "x:\n");
    }
}
