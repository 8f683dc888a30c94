//! A run's raw data: all samples, and what they hold for. Written as JSON, read again to compare two runs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

/// The form of the file. A reader refuses others.
pub const FORMAT: u32 = 1;

/// One run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u32,
    /// When it began: RFC 3339, in UTC.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// The command line that makes such a run.
    #[serde(default)]
    pub command: String,
    /// Whether it was a quick one, with fewer samples and smaller crowds.
    pub quick: bool,
    /// On what it ran.
    pub machine: Machine,
    /// Versions by the name of the program or package.
    pub versions: BTreeMap<String, String>,
    /// The source's revision, `-dirty` behind it when files had changed.
    pub revision: String,
    /// Who took part.
    pub contenders: Vec<ContenderRecord>,
    /// Who or what could not, and why.
    pub missing: Vec<Missing>,
    /// All figures.
    pub series: Vec<Series>,
    /// What went wrong: wrong answers, instances that did not start. Empty in a good run.
    pub failures: Vec<String>,
    /// What a reader should know beside the figures: disturbances, repetitions.
    pub notes: Vec<String>,
}

/// The machine that was measured on.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Processors that the run could use.
    pub processors: usize,
    /// Memory.
    pub memory_mib: u64,
    /// The host's kernel.
    pub kernel: String,
    /// What decides on the processors' frequency; `unknown` where the kernel does not say.
    pub governor: String,
    /// Control groups: `v1`, `v2`.
    pub cgroups: String,
    /// What executes guests.
    pub accelerator: String,
    /// Why that.
    pub accelerator_reason: String,
    /// The load average of one minute before the run.
    pub load_before: f64,
    /// And after it.
    pub load_after: f64,
}

/// Who took part.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ContenderRecord {
    /// Its name in the data.
    pub name: String,
    /// Its name in tables.
    pub title: String,
    /// What it is.
    pub description: String,
}

/// What was not measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Missing {
    /// The contender or the experiment.
    pub what: String,
    /// The reason, and what a user can do about it.
    pub why: String,
}

/// Measurements of one thing.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Series {
    /// The experiment: `cold_start`, `burst`, `alloc`, `size`, …
    pub experiment: String,
    /// The contender's name.
    pub contender: String,
    /// What was measured: `first_answer`, `pss`, …
    pub metric: String,
    /// Its unit: `ms`, `MiB`, `bytes`, `1/s`, `count`, …
    pub unit: String,
    /// Which values are good.
    pub better: Better,
    /// What was varied: `connections` → `8`, `function` → `sum`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The samples in the order in which they were taken.
    pub samples: Vec<f64>,
}

/// Which values of a series are good.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The lower, the better.
    Lower,
    /// The higher, the better.
    Higher,
    /// A fact without a direction.
    Neither,
}

impl Series {
    /// An empty series of something of which less is better.
    #[must_use]
    pub fn new(experiment: &str, contender: &str, metric: &str, unit: &str) -> Self {
        Self {
            experiment: experiment.to_owned(),
            contender: contender.to_owned(),
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            better: Better::Lower,
            parameters: BTreeMap::new(),
            samples: Vec::new(),
        }
    }

    /// The same with another direction.
    #[must_use]
    pub fn better(self, better: Better) -> Self {
        Self { better, ..self }
    }

    /// The same for a value of something that is varied.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: impl ToString) -> Self {
        self.parameters.insert(parameter.to_owned(), value.to_string());
        self
    }

    /// The same with these samples.
    #[must_use]
    pub fn samples(self, samples: Vec<f64>) -> Self {
        Self { samples, ..self }
    }

    /// Whether both measure the same thing.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.experiment == other.experiment
            && self.contender == other.contender
            && self.metric == other.metric
            && self.unit == other.unit
            && self.parameters == other.parameters
    }
}

impl Record {
    /// Reads a run's file.
    ///
    /// # Errors
    /// When it cannot be read, is no run, or is one of another form.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no result of `skerry bench all`", path.display()))
    }

    /// Reads a run from its text.
    ///
    /// # Errors
    /// When it is none, or one of another form.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let record: Self = serde_json::from_str(text)?;
        ensure!(record.format == FORMAT, "its form is {}, and this program reads {FORMAT}", record.format);
        for series in &record.series {
            ensure!(
                series.samples.iter().all(|sample| sample.is_finite()),
                "a sample of {} is no number",
                series.metric
            );
        }
        Ok(record)
    }

    /// The series of an experiment and metric, in the order of the contenders.
    pub fn series_of<'a>(&'a self, experiment: &'a str, metric: &'a str) -> impl Iterator<Item = &'a Series> {
        self.contenders.iter().flat_map(move |contender| {
            self.series.iter().filter(move |series| {
                series.contender == contender.name && series.experiment == experiment && series.metric == metric
            })
        })
    }

    /// The one series of a contender without parameters.
    #[must_use]
    pub fn one(&self, experiment: &str, metric: &str, contender: &str) -> Option<&Series> {
        self.series.iter().find(|series| {
            series.experiment == experiment
                && series.metric == metric
                && series.contender == contender
                && series.parameters.is_empty()
        })
    }

    /// A contender's title, or its name where it has none.
    #[must_use]
    pub fn title<'a>(&'a self, name: &'a str) -> &'a str {
        self.contenders.iter().find(|contender| contender.name == name).map_or(name, |contender| &contender.title)
    }
}
