//! The page: one file that works offline, in light and dark, on a screen and on paper, without scripts.

mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::charts::{Chart, charts};
use super::drawing::css;
use super::experiments::EXPERIMENTS;
use super::overview::overview;
use super::summary::{headline, titles};
use super::threats::threats;
use crate::comparison::figure::{times, with_unit};
use crate::comparison::record::Record;
use crate::comparison::targets::{Bound, Outcome, Verdict, evaluate};

const STYLE: &str = include_str!("style.css");

/// The run as a page.
#[must_use]
pub fn html(record: &Record) -> String {
    let outcomes = evaluate(record);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Skerry beside containers and microVMs · " (record.started) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(record, &outcomes))
                main {
                    (trouble(record))
                    section #targets {
                        h2 { "Targets" }
                        p { "What Skerry promises beside the others, judged by this run alone. What was missed stands first." }
                        (tables::targets(record, &outcomes))
                    }
                    @for (name, _) in titles(record) { (experiment(record, &name)) }
                    (contenders(record))
                    (validity(record))
                    (conditions(record))
                }
                footer { p { "Made by " code { "skerry bench all" } " from revision " code { (record.revision) } "." } }
            }
        }
    };
    page.into_string()
}

fn head(record: &Record, outcomes: &[Outcome]) -> Markup {
    let machine = &record.machine;
    html! {
        header {
            p.kicker { "Skerry · benchmark report · " (record.started) @if record.quick { " · quick run" } }
            h1 { "Functions on unikernels, beside containers and Linux microVMs" }
            p.lead { (headline(outcomes)) " " (accelerator(&machine.accelerator)) }
            div.tiles { @for outcome in outcomes.iter().filter(|outcome| outcome.target.promised) { (tile(record, outcome)) } }
            nav aria-label="Parts of this page" {
                a href="#targets" { "Targets" }
                @for experiment in EXPERIMENTS { a href={ "#" (experiment.name) } { (experiment.title) } }
                a href="#contenders" { "Contenders" }
                a href="#validity" { "Threats to validity" }
                a href="#conditions" { "Conditions" }
            }
        }
    }
}

/// What the accelerator means, for who does not know the words.
fn accelerator(name: &str) -> &'static str {
    if name.eq_ignore_ascii_case("kvm") {
        "Guests ran on the processor itself (KVM), as in production."
    } else if name.eq_ignore_ascii_case("tcg") {
        "Guests were emulated in software (TCG), because this machine cannot run them on its processor: every figure of a \
         microVM, Skerry's included, is worse than with KVM, while containers and processes ran at full speed."
    } else {
        "What executed the guests stands under Conditions."
    }
}

/// A promise in one figure.
fn tile(record: &Record, outcome: &Outcome) -> Markup {
    let Some(figures) = &outcome.figures else { return html! {} };
    let (class, mark) = match outcome.verdict {
        Verdict::Missed => ("tile missed", "✗ missed"),
        _ => ("tile met", "✓ met"),
    };
    let ratio = figures.ratio.value;
    let what = match outcome.target.measured_by {
        ("size", _) => ("smaller", "larger", "image, compressed"),
        ("alloc", _) => ("less", "more", "memory of an instance"),
        _ => ("faster", "slower", "start to first answer"),
    };
    // In the reader's direction: how many times better, or worse.
    let better = if matches!(outcome.target.bound, Bound::TimesBetter(_)) { ratio } else { 1.0 / ratio };
    let (factor, word) = if better >= 1.0 { (better, what.0) } else { (1.0 / better, what.1) };
    html! {
        div class=(class) {
            p.big { (times(factor)) " " span { (word) } }
            p { (what.2) ": " (record.title(&figures.subject_name)) " " strong { (with_unit(figures.subject.median, &figures.unit)) }
                ", " (record.title(outcome.target.reference)) " " strong { (with_unit(figures.reference.median, &figures.unit)) } }
            p.mark { (mark) " (wanted: " (wanted(outcome.target.bound, what.0, what.1)) ")" }
        }
    }
}

/// A bound in the words of its tile.
fn wanted(bound: Bound, better: &str, worse: &str) -> String {
    match bound {
        Bound::TimesBetter(least) => format!("{least}× {better}"),
        Bound::AtMostTimes(most) if most < 1.0 => format!("{}× {better}", 1.0 / most),
        Bound::AtMostTimes(most) => format!("at most {most}× {worse}"),
        Bound::Less => better.to_owned(),
    }
}

fn trouble(record: &Record) -> Markup {
    html! {
        @if !record.failures.is_empty() {
            section.notice role="note" {
                h2 { "What went wrong" }
                ul { @for failure in &record.failures { li { (failure) } } }
            }
        }
        @if !record.missing.is_empty() {
            section.notice.mild role="note" {
                h2 { "What is missing" }
                ul { @for missing in &record.missing { li { strong { (missing.what) } ": " (missing.why) } } }
            }
        }
    }
}

fn experiment(record: &Record, name: &str) -> Markup {
    let known = EXPERIMENTS.iter().find(|experiment| experiment.name == name);
    let title = known.map_or(name, |experiment| experiment.title);
    html! {
        section.experiment id=(name) {
            h2 { (title) " " code { (name) } }
            @if let Some(known) = known { p { (known.explanation) } }
            @match overview(record, name) {
                None => { p.absent { "Not measured in this run." } }
                Some(figures) => {
                    (all_charts(name, &charts(record, name)))
                    @if name == "cpu" { (tables::kernels(record)) }
                    (tables::overview(record, title, &figures))
                    (tables::all_figures(record, name, title))
                }
            }
        }
    }
}

fn all_charts(experiment: &str, charts: &[Chart]) -> Markup {
    let numbered = |folded: bool| {
        let those = charts.iter().enumerate().filter(move |(_, one)| one.folded == folded);
        those.map(|(number, one)| chart(one, &format!("{experiment}-{number}")))
    };
    html! {
        @for chart in numbered(false) { (chart) }
        @if charts.iter().any(|one| one.folded) {
            details {
                summary { "More charts" }
                @for chart in numbered(true) { (chart) }
            }
        }
    }
}

fn chart(chart: &Chart, id: &str) -> Markup {
    html! {
        figure {
            figcaption { h3 { (chart.title) } p { (chart.explanation) } }
            @if !chart.legend.is_empty() {
                ul.legend {
                    @for (name, colour) in &chart.legend {
                        li { span.swatch style={ "background:" (css(*colour)) } {} (name) }
                    }
                }
            }
            @match &chart.drawing {
                Ok(drawing) => { div.scroll { (drawing.svg(id, &chart.title, &chart.description)) } }
                Err(error) => { p.absent { (error) } }
            }
        }
    }
}

fn contenders(record: &Record) -> Markup {
    html! {
        section #contenders {
            h2 { "Contenders" }
            @if record.contenders.is_empty() { p.absent { "Nobody took part." } }
            dl { @for contender in &record.contenders {
                dt { (contender.title) " " code { (contender.name) } }
                dd { (contender.description) }
            } }
        }
    }
}

fn validity(record: &Record) -> Markup {
    html! {
        section #validity {
            h2 { "Threats to validity" }
            p { "What to hold against these figures; what follows from this run stands first." }
            ul { @for threat in threats(record) { li { (threat) } } }
        }
    }
}

fn conditions(record: &Record) -> Markup {
    let machine = &record.machine;
    let command = match record.command.as_str() {
        "" if record.quick => "skerry bench all --quick",
        "" => "skerry bench all",
        command => command,
    };
    let rows = [
        ("Processor", format!("{} × {}", machine.processors, machine.processor)),
        ("Memory", format!("{} MiB", machine.memory_mib)),
        ("Host's kernel", machine.kernel.clone()),
        ("Control groups", machine.cgroups.clone()),
        ("Frequency governor", machine.governor.clone()),
        ("Load before and after", format!("{:.2}, {:.2}", machine.load_before, machine.load_after)),
        ("Guests executed by", format!("{}: {}", machine.accelerator, machine.accelerator_reason)),
        ("Begun, took", format!("{}, {:.0} s", record.started, record.seconds)),
        ("Revision", record.revision.clone()),
    ];
    html! {
        section #conditions {
            h2 { "Conditions" }
            p { "To repeat it, in the source tree at this revision: " code { (command) } }
            div.scroll { table.facts {
                caption { "The machine and the programs" }
                tbody {
                    @for (name, value) in rows { tr { th scope="row" { (name) } td.text { (value) } } }
                    @for (name, version) in &record.versions { tr { th scope="row" { (name) } td.text { (version) } } }
                }
            } }
            @if !record.notes.is_empty() {
                h3 { "Notes" }
                ul { @for note in &record.notes { li { (note) } } }
            }
            h3 { "How to read the figures" }
            p { "Figures are medians by nearest rank, so each was measured. Intervals are bootstrapped (percentile, 2,000 draws, \
                 a fixed seed) with a confidence of 95 %; fewer than five samples have none. A verdict is called close when the \
                 interval of its ratio lies on both sides of the target." }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::comparison::samples::{arbitrary_record, empty_record, example};

    #[test]
    fn the_page_needs_nothing_but_itself() {
        let page = html(&example());
        for outside in ["<script", "<link", "@import", "url(", "src="] {
            assert!(!page.contains(outside), "{outside}");
        }
        // The only address is the name of SVG's namespace.
        assert_eq!(page.matches("http").count(), page.matches("http://www.w3.org/2000/svg").count());
    }

    #[test]
    fn every_experiment_is_there_and_says_when_it_was_not_measured() {
        let (full, empty) = (html(&example()), html(&empty_record()));
        for experiment in EXPERIMENTS {
            assert!(
                full.contains(&format!("id=\"{}\"", experiment.name))
                    && full.contains(experiment.explanation.split('&').next().unwrap())
            );
        }
        assert!(!full.contains("Not measured in this run."));
        assert_eq!(empty.matches("Not measured in this run.").count(), EXPERIMENTS.len());
    }

    #[test]
    fn what_was_missed_stands_first() {
        let page = html(&example());
        assert!(page.find("tr class=\"missed\"").unwrap() < page.find("tr class=\"met\"").unwrap());
        assert!(page.find("targets MISSED").unwrap() < page.find("<main>").unwrap());
    }

    #[test]
    fn pictures_have_titles_and_tables_have_captions() {
        let page = html(&example());
        assert_eq!(page.matches("<svg").count(), page.matches("<title id=").count());
        assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_run_is_a_page_that_nobody_can_break_out_of(record in arbitrary_record()) {
            let page = html(&record);
            prop_assert!(!page.contains("<script"));
            prop_assert!(page.ends_with("</html>"));
            prop_assert!(!page.contains("cannot be drawn"), "{}", page);
            prop_assert!(!page.contains("NaN"), "{}", page);
        }
    }

    /// Writes the made-up run's page where it can be looked at: `SKERRY_REPORT_OUT=report.html cargo test -p skerry-benches
    /// page_to_look_at`.
    #[test]
    fn page_to_look_at() {
        if let Some(path) = std::env::var_os("SKERRY_REPORT_OUT") {
            std::fs::write(path, html(&example())).unwrap();
        }
    }
}
