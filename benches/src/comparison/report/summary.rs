//! A run in a terminal of 100 columns: what was missed first, then the most important figures.

use super::experiments::EXPERIMENTS;
use super::overview::{Overview, overview};
use crate::comparison::figure::{number, times, with_unit};
use crate::comparison::record::Record;
use crate::comparison::targets::{Outcome, Verdict, evaluate};
use crate::comparison::text_table::{Align, TextTable, wrapped};

/// How wide a line may be.
const WIDTH: usize = 100;

/// The run as text, each line ending with a line feed.
#[must_use]
pub fn summary(record: &Record) -> String {
    let mut text = String::new();
    let outcomes = evaluate(record);
    text.push_str(&wrapped("", &headline(&outcomes), WIDTH));
    text.push_str(&targets(&outcomes));
    for (heading, lines) in [("went wrong", &record.failures), ("note", &record.notes)] {
        for line in lines {
            text.push_str(&wrapped(&format!("{heading}: "), line, WIDTH));
        }
    }
    for missing in &record.missing {
        text.push_str(&wrapped("missing: ", &format!("{}: {}", missing.what, missing.why), WIDTH));
    }
    text.push('\n');
    text.push_str(&wrapped("", &conditions(record), WIDTH));
    for (name, title) in titles(record) {
        text.push_str(&format!("\n{}", wrapped("", &title, WIDTH)));
        match overview(record, &name) {
            Some(overview) => text.push_str(&table(record, &overview)),
            None => text.push_str("  not measured\n"),
        }
    }
    text
}

/// The experiments that the report knows, and those that only the record does.
pub(super) fn titles(record: &Record) -> Vec<(String, String)> {
    let mut titles: Vec<(String, String)> = EXPERIMENTS
        .iter()
        .map(|experiment| (experiment.name.to_owned(), format!("{} ({})", experiment.title, experiment.name)))
        .collect();
    for series in &record.series {
        if !titles.iter().any(|(name, _)| *name == series.experiment) {
            titles.push((series.experiment.clone(), series.experiment.clone()));
        }
    }
    titles
}

/// What became of the promises, in a sentence.
pub(super) fn headline(outcomes: &[Outcome]) -> String {
    let promised: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.target.promised).collect();
    let count = |verdict| promised.iter().filter(|outcome| outcome.verdict == verdict).count();
    let (missed, met, open) = (count(Verdict::Missed), count(Verdict::Met), count(Verdict::NotMeasured));
    let measured = missed + met;
    let open = if open == 0 { String::new() } else { format!(" {open} could not be judged: figures are missing.") };
    match (missed, measured) {
        (_, 0) => "No target could be judged: figures are missing.".to_owned(),
        (0, _) => format!("All {measured} targets that were measured are met.{open}"),
        (missed, _) => format!("{missed} of {measured} targets MISSED.{open}"),
    }
}

/// Promises by their verdict, what was missed on top.
pub(super) fn by_verdict(outcomes: &[Outcome]) -> Vec<&Outcome> {
    let mut promised: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.target.promised).collect();
    promised.sort_by_key(|outcome| match outcome.verdict {
        Verdict::Missed => 0,
        Verdict::Met => 1,
        Verdict::NotMeasured => 2,
    });
    promised
}

fn targets(outcomes: &[Outcome]) -> String {
    let mut table = TextTable::new(&[
        ("target", Align::Left),
        ("", Align::Left),
        ("Skerry", Align::Right),
        ("other", Align::Right),
        ("ratio", Align::Right),
        ("interval", Align::Right),
        ("wanted", Align::Right),
    ]);
    for outcome in by_verdict(outcomes) {
        table.row(target_cells(outcome, verdict_words(outcome)));
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.target.promised && outcome.figures.is_some()) {
        table.row(target_cells(outcome, "(no target)".to_owned()));
    }
    table.render(WIDTH)
}

fn target_cells(outcome: &Outcome, verdict: String) -> Vec<String> {
    let statement = outcome.target.statement.to_owned();
    let bound = if outcome.target.promised { outcome.target.bound.to_string() } else { String::new() };
    let Some(figures) = &outcome.figures else {
        return vec![statement, verdict, "-".to_owned(), "-".to_owned(), "-".to_owned(), String::new(), bound];
    };
    vec![
        statement,
        verdict,
        with_unit(figures.subject.median, &figures.unit),
        with_unit(figures.reference.median, &figures.unit),
        times(figures.ratio.value),
        figures.ratio.interval.map_or_else(String::new, |ends| format!("{}–{}", number(ends.low), number(ends.high))),
        bound,
    ]
}

/// A verdict in words; `close` where another run may say otherwise.
pub(super) fn verdict_words(outcome: &Outcome) -> String {
    let word = match outcome.verdict {
        Verdict::Missed => "MISSED",
        verdict => verdict.word(),
    };
    if outcome.close { format!("{word}, close") } else { word.to_owned() }
}

fn conditions(record: &Record) -> String {
    let machine = &record.machine;
    let kind = if record.quick { "A quick run" } else { "A run" };
    format!(
        "{kind} of {:.0} s from {} on, revision {}: {} processors ({}), {} MiB, Linux {}; guests under {} ({}).",
        record.seconds,
        record.started,
        record.revision,
        machine.processors,
        machine.processor,
        machine.memory_mib,
        machine.kernel,
        machine.accelerator,
        machine.accelerator_reason
    )
}

fn table(record: &Record, overview: &Overview) -> String {
    let mut columns = vec![("", Align::Left)];
    columns.extend(overview.headings.iter().map(|heading| (heading.as_str(), Align::Right)));
    let mut table = TextTable::new(&columns);
    for (contender, cells) in &overview.rows {
        let mut row = vec![record.title(contender).to_owned()];
        row.extend(cells.iter().cloned());
        table.row(row);
    }
    table.render(WIDTH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::comparison::samples::{arbitrary_record, empty_record, example};

    #[test]
    fn what_was_missed_is_said_first() {
        let text = summary(&example());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("targets MISSED."), "{text}");
        assert!(lines[2].contains("MISSED"), "{text}");
        let first_met = lines.iter().position(|line| line.contains("  met")).unwrap();
        assert!(lines[first_met..].iter().all(|line| !line.contains("MISSED")), "{text}");
    }

    #[test]
    fn a_full_run_fits_100_columns() {
        let text = summary(&example());
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(!text.contains("not measured"), "{text}");
    }

    #[test]
    fn a_run_without_figures_says_so() {
        let text = summary(&empty_record());
        assert!(text.starts_with("No target could be judged"), "{text}");
        assert_eq!(text.matches("  not measured\n").count(), EXPERIMENTS.len(), "{text}");
    }

    #[test]
    fn failures_and_what_is_missing_stand_above_the_figures() {
        let mut record = example();
        record.failures.push("skerry-pool: a wrong answer".to_owned());
        let text = summary(&record);
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(at("went wrong: skerry-pool: a wrong answer") < at("Start (cold_start)"));
        assert!(at("missing: skerry-uhyve: KVM is not usable here") < at("Start (cold_start)"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_run_has_a_summary_that_steers_no_terminal(record in arbitrary_record()) {
            let text = summary(&record);
            prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()));
        }
    }
}
