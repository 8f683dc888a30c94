//! Progress of a command: a bar with the step's name on a terminal, a plain line per finished step elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::printer::Printer;

/// How often the bar's clock and spinner move.
const TICK: Duration = Duration::from_millis(100);

/// The steps of one command, one after the other. Dropping it removes the bar.
#[derive(Debug)]
pub struct Progress {
    printer: Printer,
    bar: Option<ProgressBar>,
    step: Option<(String, Instant)>,
}

impl Progress {
    pub(crate) fn new(printer: Printer, bars: MultiProgress, total: usize, bar: bool) -> Self {
        let bar = bar.then(|| {
            let bar = bars.add(ProgressBar::new(total as u64));
            bar.set_style(style());
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { printer, bar, step: None }
    }

    /// Begins a step.
    pub fn start(&mut self, name: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(name.to_owned());
        }
        self.step = Some((name.to_owned(), Instant::now()));
    }

    /// Makes room for steps that were not known before.
    pub fn add(&mut self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.inc_length(steps as u64);
        }
    }

    /// Shows what the current step does right now; seen on a terminal only.
    pub fn detail(&self, text: &str) {
        if let (Some(bar), Some((name, _))) = (&self.bar, &self.step) {
            bar.set_message(format!("{name}: {}", printable(text)));
        }
    }

    /// Ends the current step without a word: there was nothing to do.
    pub fn pass(&mut self) {
        self.step = None;
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Adds a step that is over, such as one whose parts were steps too.
    pub fn record(&mut self, name: &str, outcome: &str, took: Duration) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.printer.step(name, outcome, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Ends the current step and says what came of it.
    pub fn finish(&mut self, outcome: &str) -> Duration {
        let Some((name, started)) = self.step.take() else { return Duration::ZERO };
        let took = started.elapsed();
        self.record(&name, outcome, took);
        took
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    // The template is a constant that a test renders; an unknown key would leave it out rather than fail.
    ProgressStyle::with_template("{spinner} [{bar:24}] {pos}/{len} {wide_msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// One line without control characters: what a compiler says is not ours to send to a terminal as it is.
fn printable(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_template_is_valid() {
        assert!(ProgressStyle::with_template("{spinner} [{bar:24}] {pos}/{len} {wide_msg} {elapsed}").is_ok());
    }

    #[test]
    fn a_compilers_line_cannot_move_the_cursor() {
        assert_eq!(printable("\u{1b}[2JCompiling\u{7} core\nsecond"), "[2JCompiling core");
    }
}
