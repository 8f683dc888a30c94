//! Two runs side by side, for a terminal.

use std::fmt::{self, Display, Formatter};

use super::{Change, Changes, LEAST_CHANGE, Verdict, name};
use crate::comparison::figure::with_unit;
use crate::comparison::text_table::{Align, TextTable, wrapped};

/// Names of what only one run has are listed up to here; the JSON has all.
const MOST_NAMES: usize = 12;
/// How wide a line may be.
const WIDTH: usize = 100;

impl Display for Changes {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for warning in &self.warnings {
            write!(formatter, "{}", wrapped("warning: ", warning, WIDTH))?;
        }
        if !self.warnings.is_empty() {
            writeln!(formatter, "{}", wrapped("", "What differs below may come from that alone.", WIDTH))?;
        }
        let run = |run: &super::Run| format!("revision {} of {}", run.revision, run.started);
        write!(formatter, "{}", wrapped("before: ", &run(&self.before), WIDTH))?;
        writeln!(formatter, "{}", wrapped("after:  ", &run(&self.after), WIDTH))?;
        let changed: Vec<&Change> = self.changes.iter().filter(|change| change.verdict.is_change()).collect();
        if changed.is_empty() {
            writeln!(formatter, "Nothing changed beyond noise.")?;
        } else {
            write!(formatter, "{}", table(&changed))?;
        }
        writeln!(formatter)?;
        let count = |verdict| self.changes.iter().filter(|change| change.verdict == verdict).count();
        write!(
            formatter,
            "{}",
            wrapped(
                "",
                &format!(
                    "{} of {} series changed by at least {:.0} % and beyond noise; {} did not; {} have too few samples to say.",
                    changed.len(),
                    self.changes.len(),
                    LEAST_CHANGE * 100.0,
                    count(Verdict::WithinNoise),
                    count(Verdict::TooFewSamples)
                ),
                WIDTH
            )
        )?;
        only(formatter, "first", &self.only_before)?;
        only(formatter, "second", &self.only_after)
    }
}

fn table(changed: &[&Change]) -> String {
    let mut table = TextTable::new(&[
        ("", Align::Left),
        ("before", Align::Right),
        ("after", Align::Right),
        ("change", Align::Right),
        ("95 % interval", Align::Right),
        ("", Align::Left),
    ]);
    for change in changed {
        let percent = |ratio: f64| format!("{:+.0} %", (ratio - 1.0) * 100.0);
        let interval = change.ratio.and_then(|ratio| ratio.interval);
        let judgement = match change.improved {
            Some(true) => " (better)",
            Some(false) => " (worse)",
            None => "",
        };
        table.row(vec![
            name(&change.experiment, &change.contender, &change.metric, &change.parameters),
            with_unit(change.before.median, &change.unit),
            with_unit(change.after.median, &change.unit),
            change.ratio.map_or_else(|| "-".to_owned(), |ratio| percent(ratio.value)),
            interval.map_or_else(String::new, |ends| format!("{} to {}", percent(ends.low), percent(ends.high))),
            format!("{}{judgement}", change.verdict.words()),
        ]);
    }
    table.render(WIDTH)
}

fn only(formatter: &mut Formatter<'_>, which: &str, names: &[String]) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    writeln!(formatter, "\nOnly in the {which} run: {} series", names.len())?;
    for name in names.iter().take(MOST_NAMES) {
        write!(formatter, "{}", wrapped("  ", name, WIDTH))?;
    }
    match names.len().saturating_sub(MOST_NAMES) {
        0 => Ok(()),
        more => writeln!(formatter, "  and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use crate::comparison::changes::compare;
    use crate::comparison::samples::example;

    #[test]
    fn a_change_is_shown_with_both_figures_and_a_word() {
        let before = example();
        let mut after = example();
        for series in after.series.iter_mut().filter(|series| series.contender == "skerry-cold") {
            for sample in series.samples.iter_mut().filter(|_| series.metric == "first_answer") {
                *sample *= 0.5;
            }
        }
        let text = compare(&before, &after).to_string();
        let line = text.lines().find(|line| line.contains("first_answer")).unwrap_or_else(|| panic!("{text}"));
        assert!(line.contains("-50 %") && line.contains("faster (better)"), "{text}");
        assert!(!text.contains("warning"), "{text}");
    }

    #[test]
    fn equal_runs_say_so() {
        let text = compare(&example(), &example()).to_string();
        assert!(text.contains("Nothing changed beyond noise."), "{text}");
    }
}
