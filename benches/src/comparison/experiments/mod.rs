//! What is measured, an experiment a file. Each goes through the contenders; one that fails is named and the others go on.
//!
//! Where the published comparison of unikernels for FaaS on the edge (Moebius, Pfandzelter, Bermbach: "Are Unikernels Ready for
//! Serverless on the Edge?", 2024) has an experiment of the kind, ours has its name: `cold_start`, `burst`, `alloc`, `cpu`,
//! `idle_instructions`.

mod alloc;
mod burst;
mod cold_start;
mod cpu;
mod energy;
mod idle_instructions;
mod isolation;
mod serving;
mod size;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;

use super::contender::{Contender, Role};
use super::interruption::Interruption;
use super::plan::Plan;
use super::record::{Missing, Series};
use super::workload::WrongAnswer;

/// An experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Experiment {
    /// What has to be shipped: bytes, files, components, machine code
    Size,
    /// From asking for an instance to its first right answer, by phase
    ColdStart,
    /// Many starts at once
    Burst,
    /// Memory of instances at rest, from one to many
    Alloc,
    /// Requests per second and latency under load
    Serving,
    /// Ten kernels that compute
    Cpu,
    /// What an instance does while nobody asks it anything
    IdleInstructions,
    /// What stands between a function and the host's kernel
    Isolation,
    /// What starts and calls cost in energy, or else in processor time
    Energy,
}

/// What all experiments need, and what they found.
pub(crate) struct Course<'a> {
    /// Who takes part.
    pub(crate) contenders: &'a [Arc<dyn Contender>],
    /// How much of everything.
    pub(crate) plan: &'a Plan,
    /// Ctrl-C.
    pub(crate) interruption: &'a Interruption,
    /// A private folder.
    pub(crate) folder: &'a Path,
    /// Says on which measurement it is.
    pub(crate) tell: &'a dyn Fn(&str),
    /// What was found.
    pub(crate) findings: Findings,
}

/// What experiments found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) series: Vec<Series>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) failures: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl Experiment {
    /// Its name on the command line and in the data.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Measures.
    ///
    /// # Errors
    /// When the run has to end: a signal. What goes wrong with a contender is among the findings.
    pub(crate) fn measure(self, course: &mut Course<'_>) -> anyhow::Result<()> {
        match self {
            Self::Size => size::measure(course),
            Self::ColdStart => cold_start::measure(course),
            Self::Burst => burst::measure(course),
            Self::Alloc => alloc::measure(course),
            Self::Serving => serving::measure(course),
            Self::Cpu => cpu::measure(course),
            Self::IdleInstructions => idle_instructions::measure(course),
            Self::Isolation => isolation::measure(course),
            Self::Energy => energy::measure(course),
        }
    }
}

impl<'a> Course<'a> {
    /// The contenders whose starts are compared.
    fn starters(&self) -> impl Iterator<Item = &'a Arc<dyn Contender>> + use<'a> {
        self.contenders.iter().filter(|contender| contender.profile().role != Role::Serving)
    }

    /// The contenders that differ in more than how they are started: once started, a pool's machine is the snapshot's.
    fn kinds(&self) -> impl Iterator<Item = &'a Arc<dyn Contender>> + use<'a> {
        self.contenders.iter().filter(|contender| contender.profile().role == Role::Everything)
    }

    /// The contenders whose instances serve requests differently.
    fn servers(&self) -> impl Iterator<Item = &'a Arc<dyn Contender>> + use<'a> {
        self.contenders.iter().filter(|contender| contender.profile().role != Role::Starts)
    }

    /// Does something with each of them: what fails is noted, and the next one has its turn.
    ///
    /// # Errors
    /// When a signal came.
    fn each(
        &mut self,
        contenders: impl Iterator<Item = &'a Arc<dyn Contender>>,
        mut measure: impl FnMut(&mut Self, &dyn Contender) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for contender in contenders {
            self.interruption.check()?;
            (self.tell)(contender.name());
            if let Err(error) = measure(self, contender.as_ref()) {
                self.interruption.check()?;
                self.fail(contender.as_ref(), &error);
            }
        }
        Ok(())
    }

    /// Something went wrong so that a figure is missing.
    fn fail(&mut self, contender: &dyn Contender, error: &anyhow::Error) {
        if !self.is_failure(contender, error) {
            self.findings.missing.push(Missing { what: contender.name().to_owned(), why: format!("{error:#}") });
        }
    }

    /// Something went wrong that is made up for by trying again.
    fn mishap(&mut self, contender: &dyn Contender, error: &anyhow::Error) {
        if !self.is_failure(contender, error) {
            self.findings.notes.push(format!("{}: {error:#}", contender.name()));
        }
    }

    /// Whether the run has failed by this, and if so, noted: a wrong answer is a failure whoever gave it, and so is whatever
    /// becomes of Skerry. Others may fail to start or to answer.
    fn is_failure(&mut self, contender: &dyn Contender, error: &anyhow::Error) -> bool {
        (self.tell)(&format!("{} failed: {error:#}", contender.name()));
        let is_failure = contender.profile().is_ours || error.chain().any(|cause| cause.is::<WrongAnswer>());
        if is_failure {
            self.findings.failures.push(format!("{}: {error:#}", contender.name()));
        }
        is_failure
    }

    /// Keeps a series that has samples.
    fn keep(&mut self, series: Series) {
        if !series.samples.is_empty() {
            self.findings.series.push(series);
        }
    }
}

/// The language in which a contender is asked where only one is wanted.
fn language_of(contender: &dyn Contender) -> &'static str {
    contender.profile().languages.first().copied().unwrap_or("C")
}

/// The languages of a contender in which the functions of the experiments are written.
fn measured_languages(contender: &dyn Contender) -> Vec<&'static str> {
    ["C", "PY"].into_iter().filter(|language| contender.profile().languages.contains(language)).collect()
}

/// As milliseconds.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_have_the_names_of_the_data() {
        let names: Vec<String> = Experiment::value_variants().iter().map(|experiment| experiment.name()).collect();
        assert_eq!(
            names,
            ["size", "cold_start", "burst", "alloc", "serving", "cpu", "idle_instructions", "isolation", "energy"]
        );
    }
}
