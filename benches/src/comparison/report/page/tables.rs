//! The page's tables.

use maud::{Markup, html};

use crate::comparison::figure::{number, times, with_unit};
use crate::comparison::record::{Record, Series};
use crate::comparison::report::drawing::is_skerry;
use crate::comparison::report::overview::{Overview, contenders_of};
use crate::comparison::report::summary::{by_verdict, verdict_words};
use crate::comparison::statistics::{Estimate, Ratio};
use crate::comparison::targets::{Outcome, Verdict};

/// How many shades the table of kernels has.
const SHADES: f64 = 6.0;

/// What became of the promises, missed ones on top, then what stands beside them.
pub(super) fn targets(record: &Record, outcomes: &[Outcome]) -> Markup {
    let beside = outcomes.iter().filter(|outcome| !outcome.target.promised && outcome.figures.is_some());
    html! {
        div.scroll {
            table.targets {
                caption { "Targets: medians, their ratio, and where the ratio lies with a confidence of 95 %" }
                thead { tr {
                    th scope="col" { "Target" } th scope="col" { "Verdict" } th scope="col" { "Skerry" }
                    th scope="col" { "The other" } th scope="col" { "Ratio" } th scope="col" { "Wanted" }
                } }
                tbody {
                    @for outcome in by_verdict(outcomes) { (target(record, outcome)) }
                    @for outcome in beside { (target(record, outcome)) }
                }
            }
        }
    }
}

fn target(record: &Record, outcome: &Outcome) -> Markup {
    let class = match outcome.verdict {
        _ if !outcome.target.promised => "beside",
        Verdict::Missed => "missed",
        Verdict::Met => "met",
        Verdict::NotMeasured => "open",
    };
    html! {
        tr class=(class) {
            th scope="row" { (outcome.target.statement) }
            td { span.verdict { @if outcome.target.promised { (verdict_words(outcome)) } @else { "no target" } } }
            @if let Some(figures) = &outcome.figures {
                td { (with_unit(figures.subject.median, &figures.unit)) br; small { (record.title(&figures.subject_name)) } }
                td { (with_unit(figures.reference.median, &figures.unit)) br; small { (record.title(outcome.target.reference)) } }
                td { (times(figures.ratio.value)) br; small { (ratio_interval(figures.ratio)) } }
            } @else {
                td { "–" } td { "–" } td { "–" }
            }
            td { @if outcome.target.promised { (outcome.target.bound) } }
        }
    }
}

fn ratio_interval(ratio: Ratio) -> String {
    ratio.interval.map_or_else(String::new, |ends| format!("{} to {}", number(ends.low), number(ends.high)))
}

/// An experiment in few figures.
pub(super) fn overview(record: &Record, title: &str, overview: &Overview) -> Markup {
    let has_intervals = overview.rows.iter().flat_map(|(_, cells)| cells).any(|cell| cell.contains('–'));
    html! {
        div.scroll {
            table {
                caption { (title) ": medians" @if has_intervals { "; in brackets the 95 % interval" } }
                thead { tr {
                    th scope="col" { "Contender" }
                    @for heading in &overview.headings { th scope="col" { (heading) } }
                } }
                tbody {
                    @for (contender, cells) in &overview.rows {
                        tr.ours[is_skerry(contender)] {
                            th scope="row" { (record.title(contender)) }
                            @for cell in cells { td { @if cell == "-" { "–" } @else { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}

/// Every series of an experiment.
pub(super) fn all_figures(record: &Record, experiment: &str, title: &str) -> Markup {
    let all = contenders_of(record, experiment).into_iter().flat_map(|contender| {
        record
            .series
            .iter()
            .filter(move |series| series.contender == contender && series.experiment == experiment)
            .filter_map(|series| Some((series, Estimate::of(&series.samples)?)))
    });
    html! {
        details {
            summary { "All figures of " (title.to_lowercase()) }
            div.scroll {
                table.small {
                    caption { (title) ": every series; all samples are in the JSON and CSV beside this page" }
                    thead { tr {
                        th scope="col" { "Contender" } th scope="col" { "Metric" } th scope="col" { "Median" }
                        th scope="col" { "95 % interval" } th scope="col" { "p95" } th scope="col" { "Least" }
                        th scope="col" { "Most" } th scope="col" { "Samples" }
                    } }
                    tbody { @for (series, estimate) in all { (figure(record, series, &estimate)) } }
                }
            }
        }
    }
}

fn figure(record: &Record, series: &Series, estimate: &Estimate) -> Markup {
    let shown = |value: f64| with_unit(value, &series.unit);
    let interval = estimate.interval.map(|ends| format!("{} to {}", shown(ends.low), shown(ends.high)));
    html! {
        tr.ours[is_skerry(&series.contender)] {
            th scope="row" { (record.title(&series.contender)) }
            td.text {
                (series.metric.replace('_', " "))
                @for (name, value) in series.parameters.iter().filter(|(name, _)| *name != "order") {
                    " · " (name) " " (value)
                }
            }
            td { (shown(estimate.median)) }
            td { (interval.unwrap_or_default()) }
            td { (shown(estimate.p95)) }
            td { (shown(estimate.min)) }
            td { (shown(estimate.max)) }
            td { (estimate.count) }
        }
    }
}

/// The kernels: a row each, a column per contender, darker the further behind the best of the row.
pub(super) fn kernels(record: &Record) -> Markup {
    let here = || record.series.iter().filter(|series| series.experiment == "cpu" && series.metric == "kernel_time");
    let mut languages: Vec<&str> = Vec::new();
    for language in here().filter_map(|series| series.parameters.get("language")) {
        if !languages.contains(&language.as_str()) {
            languages.push(language);
        }
    }
    html! {
        @for language in languages {
            @let of_language: Vec<&Series> = here()
                .filter(|series| series.parameters.get("language").is_some_and(|is| is == language)).collect();
            (kernels_of(record, language, &of_language))
        }
    }
}

fn kernels_of(record: &Record, language: &str, series: &[&Series]) -> Markup {
    let contenders: Vec<String> = contenders_of(record, "cpu")
        .into_iter()
        .filter(|contender| series.iter().any(|series| series.contender == *contender && !series.samples.is_empty()))
        .collect();
    let mut kernels: Vec<&str> = Vec::new();
    for kernel in series.iter().filter_map(|series| series.parameters.get("kernel")) {
        if !kernels.contains(&kernel.as_str()) {
            kernels.push(kernel);
        }
    }
    let median = |kernel: &str, contender: &str| -> Option<(f64, &str)> {
        let series = series.iter().find(|series| {
            series.contender == contender && series.parameters.get("kernel").is_some_and(|is| is == kernel)
        })?;
        Some((Estimate::of(&series.samples)?.median, series.unit.as_str()))
    };
    html! {
        div.scroll {
            table.heat {
                caption {
                    "Kernels in " (language) ": median of a call; the darker, the further behind the best of the row. Less is \
                     better."
                }
                thead { tr {
                    th scope="col" { "Kernel" }
                    @for contender in &contenders { th scope="col" { (record.title(contender)) } }
                } }
                tbody {
                    @for kernel in kernels {
                        @let best = contenders.iter().filter_map(|contender| median(kernel, contender))
                            .map(|(value, _)| value).min_by(f64::total_cmp);
                        tr {
                            th scope="row" { (kernel) }
                            @for contender in &contenders {
                                @if let Some((value, unit)) = median(kernel, contender) {
                                    td class={ "heat-" (shade(value, best)) } { (with_unit(value, unit)) }
                                } @else {
                                    td { "–" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// 0 for the best, the darkest for a hundred times as much.
fn shade(value: f64, best: Option<f64>) -> u8 {
    let ratio = best.map_or(1.0, |best| value / best);
    let share = if ratio.is_finite() && ratio > 1.0 { (ratio.log10() / 2.0).min(1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of shades")]
    let shade = (share * (SHADES - 1.0)).round() as u8;
    shade
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_pale_and_a_hundredfold_is_darkest() {
        assert_eq!(shade(3.0, Some(3.0)), 0);
        assert_eq!(shade(30.0, Some(3.0)), 3);
        assert_eq!(shade(3e9, Some(3.0)), 5);
        assert_eq!([shade(1.0, Some(0.0)), shade(-1.0, Some(1.0)), shade(1.0, None)], [0, 0, 0]);
    }
}
