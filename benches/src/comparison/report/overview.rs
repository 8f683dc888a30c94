//! The most important figures of an experiment: a row per contender, few columns. The terminal and the page show the same.

use std::collections::BTreeSet;

use crate::comparison::figure::{number, with_unit};
use crate::comparison::record::{Record, Series};
use crate::comparison::statistics::{Estimate, geometric_mean};

/// Columns of an experiment that the report does not know.
const MOST_UNKNOWN_COLUMNS: usize = 6;

/// An experiment in few figures.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Overview {
    /// What stands above the columns of figures.
    pub(super) headings: Vec<String>,
    /// A contender's name and its figures; `-` for what was not measured.
    pub(super) rows: Vec<(String, Vec<String>)>,
}

/// Finds a contender's figure.
type Cell<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// A column: its heading and how a contender's figure is found.
struct Column<'a> {
    heading: String,
    cell: Cell<'a>,
}

/// What of a sample is shown.
#[derive(Clone, Copy)]
enum Part {
    Median,
    MedianWithInterval,
    P95,
}

/// The overview of an experiment; `None` where nothing of it was measured.
pub(super) fn overview(record: &Record, experiment: &str) -> Option<Overview> {
    let columns = columns(record, experiment);
    let rows: Vec<(String, Vec<String>)> = contenders_of(record, experiment)
        .into_iter()
        .map(|contender| {
            let cells = columns.iter().map(|column| (column.cell)(&contender).unwrap_or_else(|| "-".to_owned()));
            (contender.clone(), cells.collect())
        })
        .collect();
    // What no contender was measured for is no column.
    let kept: Vec<usize> =
        (0..columns.len()).filter(|column| rows.iter().any(|(_, cells)| cells[*column] != "-")).collect();
    if kept.is_empty() {
        return None;
    }
    let pick = |cells: Vec<String>| kept.iter().map(|column| cells[*column].clone()).collect();
    Some(Overview {
        headings: pick(columns.iter().map(|column| column.heading.clone()).collect()),
        rows: rows.into_iter().map(|(contender, cells)| (contender, pick(cells))).collect(),
    })
}

/// Whoever has figures in an experiment: those that the record introduces in their order, then others.
pub(super) fn contenders_of(record: &Record, experiment: &str) -> Vec<String> {
    let measured = |name: &str| {
        record
            .series
            .iter()
            .any(|series| series.contender == name && series.experiment == experiment && !series.samples.is_empty())
    };
    let mut names: Vec<String> = Vec::new();
    let introduced = record.contenders.iter().map(|contender| &contender.name);
    for name in introduced.chain(record.series.iter().map(|series| &series.contender)) {
        if measured(name) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn columns<'a>(record: &'a Record, experiment: &'a str) -> Vec<Column<'a>> {
    let column =
        |heading: &str, metric: &'static str, parameters: &'static [(&'static str, &'static str)], part: Part| Column {
            heading: heading.to_owned(),
            cell: Box::new(move |contender| shown(find(record, contender, experiment, metric, parameters)?, part)),
        };
    match experiment {
        "cold_start" => vec![
            column("first answer", "first_answer", &[], Part::MedianWithInterval),
            column("p95", "first_answer", &[], Part::P95),
            column("first result, C", "first_result", &[("language", "C")], Part::Median),
            column("PY", "first_result", &[("language", "PY")], Part::Median),
            column("processor time", "processor_time", &[], Part::Median),
        ],
        "size" => vec![
            column("compressed", "compressed_bytes", &[], Part::Median),
            column("on disk", "bytes", &[], Part::Median),
            column("machine code", "code_bytes", &[], Part::Median),
            column("files", "files", &[], Part::Median),
            column("components", "components", &[], Part::Median),
        ],
        "alloc" => vec![
            column("each further", "per_instance", &[], Part::Median),
            column("the first", "first_instance", &[], Part::Median),
            most_instances(record, experiment),
        ],
        "burst" => vec![
            column("all answered", "all_answer", &[], Part::Median),
            column("each, median", "each_answer", &[], Part::Median),
            column("p95", "each_answer", &[], Part::P95),
        ],
        "serving" => vec![
            column(
                "empty, 1 conn.",
                "requests_per_second",
                &[("function", "empty"), ("connections", "1")],
                Part::Median,
            ),
            column("64", "requests_per_second", &[("function", "empty"), ("connections", "64")], Part::Median),
            column("sum, 1 conn.", "requests_per_second", &[("function", "sum"), ("connections", "1")], Part::Median),
            column("64", "requests_per_second", &[("function", "sum"), ("connections", "64")], Part::Median),
            column("p99, 64", "latency_p99", &[("function", "sum"), ("connections", "64")], Part::Median),
        ],
        "cpu" => ["C", "PY"].into_iter().map(|language| mean_of_kernels(record, language)).collect(),
        "isolation" => vec![
            column("syscalls used", "syscalls_used", &[], Part::Median),
            column("allowed", "syscalls_allowed", &[], Part::Median),
            column("open files", "open_files", &[], Part::Median),
            column("capabilities", "capabilities", &[], Part::Median),
            column("processes", "processes", &[], Part::Median),
        ],
        _ => unknown_columns(record, experiment),
    }
}

/// The series of a contender with these parameters, whatever others it has.
pub(super) fn find<'a>(
    record: &'a Record,
    contender: &str,
    experiment: &str,
    metric: &str,
    parameters: &[(&str, &str)],
) -> Option<&'a Series> {
    record.series.iter().find(|series| {
        series.contender == contender
            && series.experiment == experiment
            && series.metric == metric
            && parameters.iter().all(|(name, value)| series.parameters.get(*name).is_some_and(|is| is == value))
    })
}

fn shown(series: &Series, part: Part) -> Option<String> {
    let estimate = Estimate::of(&series.samples)?;
    Some(match (part, estimate.interval) {
        (Part::P95, _) => with_unit(estimate.p95, &series.unit),
        (Part::MedianWithInterval, Some(interval)) => {
            format!("{} ({}–{})", with_unit(estimate.median, &series.unit), number(interval.low), number(interval.high))
        }
        _ => with_unit(estimate.median, &series.unit),
    })
}

/// The number that a parameter is, for sorting and drawing.
pub(super) fn parameter(series: &Series, name: &str) -> Option<f64> {
    series.parameters.get(name)?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Memory at the greatest number of instances that any contender reached.
fn most_instances<'a>(record: &'a Record, experiment: &'a str) -> Column<'a> {
    let of = move |contender: &str| {
        record
            .series
            .iter()
            .filter(|series| series.contender == contender && series.experiment == experiment && series.metric == "pss")
            .filter(|series| !series.samples.is_empty())
            .max_by(|one, other| {
                parameter(one, "instances").unwrap_or(0.0).total_cmp(&parameter(other, "instances").unwrap_or(0.0))
            })
    };
    Column {
        heading: "the most".to_owned(),
        cell: Box::new(move |contender| {
            let series = of(contender)?;
            let instances = parameter(series, "instances")?;
            Some(format!("{instances:.0}: {}", shown(series, Part::Median)?))
        }),
    }
}

/// The geometric mean over the kernels, so that each weighs the same.
fn mean_of_kernels<'a>(record: &'a Record, language: &'static str) -> Column<'a> {
    Column {
        heading: format!("{language}, geometric mean"),
        cell: Box::new(move |contender| {
            let kernels: Vec<&Series> = record
                .series
                .iter()
                .filter(|series| {
                    series.contender == contender
                        && series.experiment == "cpu"
                        && series.metric == "kernel_time"
                        && series.parameters.get("language").is_some_and(|is| is == language)
                })
                .collect();
            let medians: Vec<f64> =
                kernels.iter().filter_map(|series| Some(Estimate::of(&series.samples)?.median)).collect();
            let unit = &kernels.first()?.unit;
            Some(format!("{} ({} kernels)", with_unit(geometric_mean(&medians)?, unit), medians.len()))
        }),
    }
}

/// A column for each metric and its parameters, as far as there is room.
fn unknown_columns<'a>(record: &'a Record, experiment: &'a str) -> Vec<Column<'a>> {
    let kinds: BTreeSet<_> = record
        .series
        .iter()
        .filter(|series| series.experiment == experiment && !series.samples.is_empty())
        .map(|series| (&series.metric, &series.parameters))
        .collect();
    kinds
        .into_iter()
        .take(MOST_UNKNOWN_COLUMNS)
        .map(|(metric, parameters)| {
            let mut words = vec![metric.replace('_', " ")];
            words.extend(parameters.values().map(|value| value.replace('_', " ")));
            Column {
                heading: words.join(", "),
                cell: Box::new(move |contender| {
                    let series = record.series.iter().find(|series| {
                        series.contender == contender
                            && series.experiment == experiment
                            && series.metric == *metric
                            && series.parameters == *parameters
                    });
                    shown(series?, Part::Median)
                }),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::report::experiments::EXPERIMENTS;
    use crate::comparison::samples::{empty_record, example};

    #[test]
    fn every_experiment_of_a_full_run_has_an_overview_of_all_contenders() {
        let record = example();
        for experiment in EXPERIMENTS {
            let overview = overview(&record, experiment.name).unwrap_or_else(|| panic!("{}", experiment.name));
            assert_eq!(overview.rows.len(), record.contenders.len(), "{}", experiment.name);
            assert!(overview.rows.iter().all(|(_, cells)| cells.len() == overview.headings.len()));
        }
    }

    #[test]
    fn what_was_not_measured_has_none() {
        assert_eq!(overview(&empty_record(), "cold_start"), None);
    }

    #[test]
    fn an_unknown_experiment_is_shown_too() {
        let series = Series::new("novelty", "runc", "wonder", "ms").with("kind", "great").samples(vec![3.0]);
        let record = Record { series: vec![series], ..empty_record() };
        let overview = overview(&record, "novelty").unwrap();
        assert_eq!(overview.headings, ["wonder, great"]);
        assert_eq!(overview.rows, [("runc".to_owned(), vec!["3.00 ms".to_owned()])]);
    }
}
