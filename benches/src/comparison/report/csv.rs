//! All samples as CSV (RFC 4180), for spreadsheets and data frames.

use crate::comparison::record::{Better, Record};

/// The file's first line.
const HEADING: &str = "experiment,contender,metric,unit,better,parameters,sample,value";

/// A row per sample, in the order in which they were taken. Parameters are `name=value`, separated by semicolons.
#[must_use]
pub fn csv(record: &Record) -> String {
    let mut text = format!("{HEADING}\r\n");
    for series in &record.series {
        let parameters: Vec<String> = series.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let better = match series.better {
            Better::Lower => "lower",
            Better::Higher => "higher",
            Better::Neither => "neither",
        };
        let what =
            [&series.experiment, &series.contender, &series.metric, &series.unit].map(|cell| quoted(cell)).join(",");
        let parameters = quoted(&parameters.join(";"));
        for (number, sample) in series.samples.iter().enumerate() {
            text.push_str(&format!("{what},{better},{parameters},{},{sample}\r\n", number + 1));
        }
    }
    text
}

/// A cell, in quotes where it needs them.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::record::Series;
    use crate::comparison::samples::{empty_record, example};

    #[test]
    fn there_is_a_row_per_sample() {
        let record = example();
        let samples: usize = record.series.iter().map(|series| series.samples.len()).sum();
        assert_eq!(csv(&record).lines().count(), samples + 1);
        assert_eq!(csv(&empty_record()), format!("{HEADING}\r\n"));
    }

    #[test]
    fn commas_and_quotes_do_not_break_a_row() {
        let series = Series::new("cpu", "a,\"b\"", "kernel_time", "ms").with("kernel", "fib").with("language", "C");
        let record = Record { series: vec![series.samples(vec![1.5])], ..empty_record() };
        let row = "cpu,\"a,\"\"b\"\"\",kernel_time,ms,lower,kernel=fib;language=C,1,1.5";
        assert_eq!(csv(&record).lines().nth(1), Some(row));
    }
}
