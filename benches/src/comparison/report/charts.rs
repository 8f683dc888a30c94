//! Which charts each experiment has, and what of the record they show.

use std::collections::{BTreeMap, BTreeSet};

use plotters::style::RGBColor;

use super::drawing::{Bar, Drawing, Line, Mark, PARTS, Row, Scale, is_skerry, lines, rows};
use super::overview::{contenders_of, find, parameter};
use crate::comparison::figure::with_unit;
use crate::comparison::record::{Record, Series};
use crate::comparison::statistics::Estimate;

/// A chart with the sentence that explains it.
pub(super) struct Chart {
    /// What it shows.
    pub(super) title: String,
    /// What is shown and which direction is good.
    pub(super) explanation: String,
    /// Its figures in words, for who cannot see it.
    pub(super) description: String,
    /// What colours mean, where a row has several.
    pub(super) legend: Vec<(String, RGBColor)>,
    /// Whether it is one that few will look at.
    pub(super) folded: bool,
    /// The chart, or why there is none.
    pub(super) drawing: Result<Drawing, String>,
}

/// The charts of an experiment; those without any figure are left out.
pub(super) fn charts(record: &Record, experiment: &str) -> Vec<Chart> {
    let charts = match experiment {
        "cold_start" => vec![
            strips(
                record,
                ("cold_start", "first_answer"),
                "Start to first answer",
                "Each point is one start, the line the median; further left is better. The axis is logarithmic: equal \
                 distances are equal ratios.",
            ),
            phases(record, true),
            phases(record, false),
        ],
        "size" => vec![sizes(record)],
        "alloc" => vec![over(
            record,
            ("alloc", "pss"),
            "instances",
            &[],
            "Memory against instances",
            "Memory of everything that exists because of so many idle instances; lower is better.",
        )],
        "burst" => vec![strips(
            record,
            ("burst", "each_answer"),
            "Many starts at once: when each has answered",
            "Each point is one instance of the crowd, the line the median; further left is better, and the rightmost \
                 point is when the last was served.",
        )],
        "serving" => serving(record),
        "energy" => bars_by(record, ("energy", "work"), |work| match work {
            "start" => "What a start takes".to_owned(),
            "1000_calls" => "What a thousand calls take".to_owned(),
            work => format!("What “{work}” takes"),
        }),
        "idle_instructions" => bars_by(record, ("idle_instructions", ""), |metric| match metric {
            "processor_ms_per_s" => "Processor time of an idle instance".to_owned(),
            metric => metric.replace('_', " "),
        }),
        _ => Vec::new(),
    };
    charts.into_iter().flatten().collect()
}

/// A row per contender of a metric, all samples in it.
fn strips(record: &Record, (experiment, metric): (&str, &str), title: &str, explanation: &str) -> Option<Chart> {
    let mut unit = String::new();
    let strips: Vec<Row> = record
        .series_of(experiment, metric)
        .filter_map(|series| {
            let estimate = Estimate::of(&series.samples)?;
            unit.clone_from(&series.unit);
            let mark = Mark::Strip { samples: series.samples.clone(), median: estimate.median };
            Some(row(record, &series.contender, mark, with_unit(estimate.median, &series.unit)))
        })
        .collect();
    row_chart(title, explanation, &strips, Scale::Logarithmic, &unit, Vec::new())
}

fn row(record: &Record, contender: &str, mark: Mark, figure: String) -> Row {
    Row { name: contender.to_owned(), title: record.title(contender).to_owned(), mark, figure }
}

fn row_chart(
    title: &str,
    explanation: &str,
    of: &[Row],
    scale: Scale,
    unit: &str,
    legend: Vec<(String, RGBColor)>,
) -> Option<Chart> {
    let drawing = shown(rows(of, scale, unit))?;
    let words: Vec<String> = of.iter().map(|row| format!("{}: {}", row.title, row.figure)).collect();
    Some(Chart {
        title: title.to_owned(),
        explanation: explanation.to_owned(),
        description: words.join("; "),
        legend,
        folded: false,
        drawing,
    })
}

/// A chart that failed is shown as that; one without anything to show is not shown.
fn shown(drawn: anyhow::Result<Option<Drawing>>) -> Option<Result<Drawing, String>> {
    match drawn {
        Ok(None) => None,
        Ok(Some(drawing)) => Some(Ok(drawing)),
        Err(error) => Some(Err(format!("{error:#}"))),
    }
}

/// A phase's place in the order of time, its name, its length.
type Phase = (u32, String, f64);

/// Starts by phase: Skerry's apart from the others', which may take twenty times as long.
fn phases(record: &Record, ours: bool) -> Option<Chart> {
    let mut order: BTreeMap<String, u32> = BTreeMap::new();
    let mut by_contender: Vec<(String, Vec<Phase>)> = Vec::new();
    let mut unit = String::new();
    for series in record.series_of("cold_start", "phase").filter(|series| is_skerry(&series.contender) == ours) {
        let (Some(phase), Some(estimate)) = (series.parameters.get("phase"), Estimate::of(&series.samples)) else {
            continue;
        };
        let place = series.parameters.get("order").and_then(|order| order.parse().ok()).unwrap_or(u32::MAX);
        let known = order.entry(phase.clone()).or_insert(place);
        *known = (*known).min(place);
        unit.clone_from(&series.unit);
        let part = (place, phase.clone(), estimate.median);
        match by_contender.last_mut().filter(|(contender, _)| *contender == series.contender) {
            Some((_, parts)) => parts.push(part),
            None => by_contender.push((series.contender.clone(), vec![part])),
        }
    }
    let mut names: Vec<(u32, String)> = order.into_iter().map(|(name, place)| (place, name)).collect();
    names.sort();
    let colours = PARTS.into_iter().cycle();
    let legend: Vec<(String, RGBColor)> = names.into_iter().map(|(_, name)| name).zip(colours).collect();
    let stacks: Vec<Row> = by_contender
        .into_iter()
        .map(|(contender, mut parts)| {
            parts.sort_by_key(|(place, _, _)| *place);
            let total: f64 = parts.iter().map(|(_, _, length)| length).sum();
            let bars = parts.iter().filter_map(|(_, phase, length)| {
                let colour = legend.iter().find(|(name, _)| name == phase)?.1;
                Some(Bar { length: *length, colour })
            });
            row(record, &contender, Mark::Stack(bars.collect()), with_unit(total, &unit))
        })
        .collect();
    let title = if ours { "Skerry's start by phase" } else { "The others' start by phase" };
    let explanation = "Medians of what a start is made of, in the order of time, as far as the contender itself tells; \
                       shorter is better.";
    row_chart(title, explanation, &stacks, Scale::Linear, &unit, legend)
}

fn sizes(record: &Record) -> Option<Chart> {
    let median = |contender: &str, metric: &str| {
        let series = find(record, contender, "size", metric, &[])?;
        Some(Estimate::of(&series.samples)?.median)
    };
    let bars: Vec<Row> = contenders_of(record, "size")
        .into_iter()
        .filter_map(|contender| {
            let value = median(&contender, "compressed_bytes")?;
            let mark = Mark::Bar { value, paler: median(&contender, "bytes") };
            Some(row(record, &contender, mark, with_unit(value, "bytes")))
        })
        .collect();
    let explanation = "What is shipped, compressed (full colour) and on disk (pale), on a logarithmic axis; further left is \
                       better.";
    row_chart("Size of what is shipped", explanation, &bars, Scale::Logarithmic, "bytes", Vec::new())
}

/// A line per contender of a metric over a parameter, where others have the values given.
fn over(
    record: &Record,
    (experiment, metric): (&str, &str),
    across: &str,
    fixed: &[(&str, &str)],
    title: &str,
    explanation: &str,
) -> Option<Chart> {
    let (mut unit, mut words) = (String::new(), Vec::new());
    let mut all = Vec::new();
    for contender in contenders_of(record, experiment) {
        let mut points: Vec<(f64, f64)> = record
            .series
            .iter()
            .filter(|series| {
                series.contender == contender && series.experiment == experiment && series.metric == metric
            })
            .filter(|series| {
                fixed.iter().all(|(name, value)| series.parameters.get(*name).is_some_and(|is| is == value))
            })
            .filter_map(|series| {
                unit.clone_from(&series.unit);
                Some((parameter(series, across)?, Estimate::of(&series.samples)?.median))
            })
            .filter(|point| point.0 > 0.0 && point.1 > 0.0)
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            let title = record.title(&contender).to_owned();
            let [from, to] = [first, last].map(|point| format!("{} at {}", with_unit(point.1, &unit), point.0));
            words.push(format!("{title}: {from}, {to}"));
            all.push(Line { name: contender, title, points });
        }
    }
    // A single point is no line: the table says as much.
    if all.iter().all(|line| line.points.len() < 2) {
        return None;
    }
    let drawing = shown(lines(&all, across, &unit))?;
    Some(Chart {
        title: title.to_owned(),
        explanation: explanation.to_owned(),
        description: words.join("; "),
        legend: Vec::new(),
        folded: false,
        drawing,
    })
}

/// The values of a parameter in an experiment, in the order of the record.
fn values_of(record: &Record, experiment: &str, name: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for series in record.series.iter().filter(|series| series.experiment == experiment && !series.samples.is_empty()) {
        if let Some(value) = series.parameters.get(name).filter(|value| !values.contains(value)) {
            values.push(value.clone());
        }
    }
    values
}

fn serving(record: &Record) -> Vec<Option<Chart>> {
    let functions = values_of(record, "serving", "function");
    let mut charts: Vec<Option<Chart>> = functions
        .iter()
        .filter(|function| *function != "payload")
        .map(|function| best_rate(record, function))
        .collect();
    for function in functions.iter().filter(|function| *function != "payload") {
        for (metric, quantile) in [("latency_p50", "median"), ("latency_p99", "99th percentile")] {
            let chart = over(
                record,
                ("serving", metric),
                "connections",
                &[("function", function)],
                &format!("Latency against load: “{function}”, {quantile}"),
                "How long a call takes with so many connections that all ask without a pause; lower is better, and flat is \
                 best.",
            );
            charts.push(chart.map(|chart| Chart { folded: function != "sum", ..chart }));
        }
    }
    let busiest = values_of(record, "serving", "connections").into_iter().filter_map(|value| value.parse::<u32>().ok());
    if let Some(connections) = busiest.max().map(|connections| connections.to_string()) {
        charts.push(over(
            record,
            ("serving", "requests_per_second"),
            "bytes",
            &[("function", "payload"), ("connections", &connections)],
            &format!("Calls per second by the size of their parameter, {connections} connections"),
            "Calls of a function that is sent so many bytes; higher is better.",
        ));
    }
    charts
}

/// The most calls per second that each contender reached, at whichever number of connections that was.
fn best_rate(record: &Record, function: &str) -> Option<Chart> {
    let mut best: BTreeMap<&str, (f64, &Series)> = BTreeMap::new();
    for series in record.series_of("serving", "requests_per_second") {
        let of_function = series.parameters.get("function").is_some_and(|is| is == function);
        let Some(estimate) = Estimate::of(&series.samples).filter(|_| of_function) else { continue };
        if best.get(series.contender.as_str()).is_none_or(|(most, _)| estimate.median > *most) {
            best.insert(&series.contender, (estimate.median, series));
        }
    }
    let bars: Vec<Row> = contenders_of(record, "serving")
        .into_iter()
        .filter_map(|contender| {
            let (value, series) = best.get(contender.as_str())?;
            let figure = with_unit(*value, &series.unit);
            Some(row(record, &contender, Mark::Bar { value: *value, paler: None }, figure))
        })
        .collect();
    let explanation = "The best that each reached with any number of connections; longer is better.";
    row_chart(&format!("Calls per second: “{function}”"), explanation, &bars, Scale::Linear, "1/s", Vec::new())
}

/// A chart of bars for each value of a parameter, or, without a parameter, for each metric.
fn bars_by(record: &Record, (experiment, by): (&str, &str), title: impl Fn(&str) -> String) -> Vec<Option<Chart>> {
    let here: Vec<&Series> = record.series.iter().filter(|series| series.experiment == experiment).collect();
    let key = |series: &Series| {
        let of =
            if by.is_empty() { series.metric.clone() } else { series.parameters.get(by).cloned().unwrap_or_default() };
        (of, series.unit.clone())
    };
    let kinds: BTreeSet<(String, String)> = here.iter().map(|series| key(series)).collect();
    kinds
        .into_iter()
        .map(|kind| {
            let bars: Vec<Row> = contenders_of(record, experiment)
                .into_iter()
                .filter_map(|contender| {
                    let series = here.iter().find(|series| series.contender == contender && key(series) == kind)?;
                    let value = Estimate::of(&series.samples)?.median;
                    let mark = Mark::Bar { value, paler: None };
                    Some(row(record, &contender, mark, with_unit(value, &series.unit)))
                })
                .collect();
            let explanation = "Medians, on a logarithmic axis; further left is better.";
            row_chart(&title(&kind.0), explanation, &bars, Scale::Logarithmic, &kind.1, Vec::new())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::samples::{empty_record, example};

    #[test]
    fn a_full_run_has_all_charts_and_an_empty_one_none() {
        let titles = |record: &Record, experiment: &str| -> Vec<String> {
            charts(record, experiment).into_iter().map(|chart| chart.title).collect()
        };
        let record = example();
        assert_eq!(titles(&record, "cold_start").len(), 3);
        for (experiment, count) in [("size", 1), ("alloc", 1), ("burst", 1), ("serving", 9), ("energy", 2)] {
            assert_eq!(titles(&record, experiment).len(), count, "{experiment}");
            assert!(titles(&empty_record(), experiment).is_empty());
        }
    }

    #[test]
    fn every_chart_is_drawn_explained_and_described() {
        let record = example();
        for chart in charts(&record, "cold_start").into_iter().chain(charts(&record, "serving")) {
            assert!(chart.drawing.is_ok(), "{}", chart.title);
            assert!(chart.explanation.ends_with('.') && chart.explanation.contains("better"), "{}", chart.explanation);
            let described =
                ["Skerry, cold boot: ", "Linux microVM: "].iter().any(|name| chart.description.contains(name));
            assert!(described, "{}", chart.description);
        }
    }
}
