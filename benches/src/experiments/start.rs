//! From a POST to a runtime that answers: by pool, by a spare machine of the snapshot, by snapshot alone, by cold boot, and
//! beside them the bare boot, in turns, so that all of them see the same machine at the same time.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use skerry_api::provisioning::StartPath;
use skerry_vmm::Network;

use super::milliseconds;
use crate::bare::Bare;
use crate::bench::Bench;
use crate::client::Client;
use crate::engine::{Engine, EnginePlaces};
use crate::quiet::Quiet;
use crate::report::{Row, Section};
use crate::runtimes;
use crate::statistics::median;

/// Milliseconds that a start may take by each path.
const POOL_TARGET_MS: f64 = 8.0;
const SNAPSHOT_TARGET_MS: f64 = 45.0;
/// How much longer than a bare boot a cold start may take.
const COLD_TARGET: f64 = 1.3;
/// Machines in the pool.
const POOL_SIZE: usize = 4;
/// How long the pool may take to be filled, and a snapshot to be made.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two looks at the pool.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// After a machine was started or ended, so that the kernel's own cleaning up is over.
const SETTLE: Duration = Duration::from_millis(50);

/// Measures.
///
/// # Errors
/// When anything does not start, or takes another path than it should.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let mut paths = Vec::new();
    for way in Way::ALL {
        paths.push(Measured::prepare(bench, way).await?);
    }
    let mut bare = [BareBoots::new("link", Network::Link), BareBoots::new("user networking", Network::User)];
    let ways = paths.len() + bare.len();
    let mut quiet = Quiet::default();
    for round in 0..bench.arguments.runs as usize {
        for offset in 0..ways {
            // Each round begins with another one: none always comes after the same other.
            let way = (round + offset) % ways;
            match paths.get_mut(way) {
                Some(path) => {
                    path.measure(&mut quiet).await.with_context(|| format!("start by {}", path.way.name()))?
                }
                None => bare[way - Way::ALL.len()].measure(bench, &mut quiet).await?,
            }
        }
        eprintln!("  round {} of {}", round + 1, bench.arguments.runs);
    }
    Ok(section(&paths, &bare, &quiet))
}

fn section(paths: &[Measured], bare: &[BareBoots], quiet: &Quiet) -> Section {
    let mut rows: Vec<Row> = bare.iter().flat_map(BareBoots::rows).collect();
    let mut notes = vec![format!("{} starts by each path and as many bare boots, in turns", bare[0].took_ms.len())];
    notes.push(quiet.note());
    for path in paths {
        rows.extend(path.rows());
        if path.way == Way::Cold {
            rows.extend(bare.iter().flat_map(|bare| ratios(path, bare)));
        }
    }
    notes.push(
        "RUNNING is looked for every 1 to 2 ms; the first 200 is that of a request sent when the POST was answered"
            .to_owned(),
    );
    let how = "POST to RUNNING and to the first 200 of /r/{id}/healthz; bare: QEMU's start to the first 200".to_owned();
    Section { name: "start", how, rows, notes }
}

/// How much longer a cold start takes than a bare boot.
fn ratios(cold: &Measured, bare: &BareBoots) -> Vec<Row> {
    let Some(bare_ms) = median(&bare.took_ms) else { return Vec::new() };
    let row = |what: &str, times: &[f64]| {
        let ratio = median(times)? / bare_ms;
        let row = Row::figure(format!("cold, {what} / bare boot ({})", bare.name), "ratio", ratio);
        Some(if bare.is_yardstick() { row.at_most(COLD_TARGET) } else { row })
    };
    [row("RUNNING", &cold.running_ms), row("first 200", &cold.answered_ms)].into_iter().flatten().collect()
}

/// Bare boots over one kind of network.
struct BareBoots {
    name: &'static str,
    network: Network,
    took_ms: Vec<f64>,
    ready_ms: Vec<f64>,
}

impl BareBoots {
    fn new(name: &'static str, network: Network) -> Self {
        Self { name, network, took_ms: Vec::new(), ready_ms: Vec::new() }
    }

    /// The network that the engine uses makes the fair comparison.
    fn is_yardstick(&self) -> bool {
        self.network == Network::Link
    }

    async fn measure(&mut self, bench: &Bench, quiet: &mut Quiet) -> anyhow::Result<()> {
        let network = self.network;
        let boot = async || {
            let bare = Bare::boot(bench, network).await?;
            let took = [bare.took, bare.until_ready].map(milliseconds);
            bare.stop().await?;
            anyhow::Ok(took)
        };
        let [took_ms, ready_ms] = quiet.measure(boot).await?;
        self.took_ms.push(took_ms);
        self.ready_ms.push(ready_ms);
        Ok(())
    }

    fn rows(&self) -> Vec<Row> {
        vec![
            Row::new(format!("bare boot ({})", self.name), "ms", self.took_ms.clone()),
            Row::new("  until the guest is ready", "ms", self.ready_ms.clone()),
        ]
    }
}

/// One start.
struct Start {
    created: Duration,
    running: Duration,
    answered: Duration,
    phases: Vec<(String, u64)>,
}

/// How a machine is started here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Pool,
    /// By snapshot, with a machine that was restored in advance.
    Spare,
    /// By snapshot, without.
    Snapshot,
    Cold,
}

impl Way {
    const ALL: [Self; 4] = [Self::Pool, Self::Spare, Self::Snapshot, Self::Cold];

    fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Spare => "snapshot",
            Self::Snapshot => "snapshot without spare machines",
            Self::Cold => "cold",
        }
    }

    /// What the engine calls it.
    fn path(self) -> StartPath {
        match self {
            Self::Pool => StartPath::Pool,
            Self::Spare | Self::Snapshot => StartPath::Snapshot,
            Self::Cold => StartPath::Cold,
        }
    }

    /// How many machines wait in advance: in the pool, and restored.
    fn waiting(self) -> [usize; 2] {
        match self {
            Self::Pool => [POOL_SIZE, 0],
            Self::Spare => [0, 1],
            Self::Snapshot | Self::Cold => [0, 0],
        }
    }
}

/// An engine that takes one way, and what was measured of it.
struct Measured {
    way: Way,
    asking: Client,
    polling: Client,
    created_ms: Vec<f64>,
    running_ms: Vec<f64>,
    answered_ms: Vec<f64>,
    phases_ms: Vec<(String, Vec<f64>)>,
    rest_ms: Vec<f64>,
    // Ended last.
    engine: Engine,
}

impl Measured {
    /// Starts an engine that can only take this way.
    async fn prepare(bench: &Bench, way: Way) -> anyhow::Result<Self> {
        let [pooled, spares] = way.waiting();
        let (pool, spares) = (format!("minimal={pooled}"), spares.to_string());
        let snapshots = format!("--snapshots={}", way != Way::Cold);
        let places = EnginePlaces::new(&bench.engine, &format!("start-{way:?}"))?;
        let engine = Engine::start(&bench.engine, &places, &["--pool", &pool, "--spares", &spares, &snapshots]).await?;
        let (asking, polling) = (engine.client().await?, engine.client().await?);
        let mut measured = Self {
            way,
            asking,
            polling,
            created_ms: Vec::new(),
            running_ms: Vec::new(),
            answered_ms: Vec::new(),
            phases_ms: Vec::new(),
            rest_ms: Vec::new(),
            engine,
        };
        if way.path() == StartPath::Snapshot {
            let first = runtimes::create(&mut measured.asking).await?;
            measured.engine.log.wait_for("snapshot made", READY_TIMEOUT).await?;
            runtimes::wait_until_healthy(&mut measured.asking, first).await?;
            runtimes::delete(&mut measured.asking, first).await?;
        }
        // The first start by a path touches files and code that later ones find in memory.
        measured.settle().await?;
        let id = runtimes::create(&mut measured.asking).await?;
        runtimes::wait_until_healthy(&mut measured.asking, id).await?;
        runtimes::delete(&mut measured.asking, id).await?;
        Ok(measured)
    }

    /// Waits until nothing goes on: those that wait in advance are there, and no machine is left of earlier runtimes.
    async fn settle(&mut self) -> anyhow::Result<()> {
        let wanted = self.way.waiting();
        let deadline = Instant::now() + READY_TIMEOUT;
        self.asking.refresh().await?;
        while runtimes::waiting(&mut self.asking).await? != wanted {
            ensure!(Instant::now() < deadline, "no machines wait in advance; {}", self.engine.log.tail());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.engine.wait_for_machines(wanted.iter().sum()).await?;
        tokio::time::sleep(SETTLE).await;
        Ok(())
    }

    /// Measures one start that nothing disturbs.
    async fn measure(&mut self, quiet: &mut Quiet) -> anyhow::Result<()> {
        self.settle().await?;
        let start = quiet.measure(async || self.start().await).await?;
        self.note(&start);
        Ok(())
    }

    /// One start, its runtime deleted again.
    async fn start(&mut self) -> anyhow::Result<Start> {
        self.asking.refresh().await?;
        self.polling.refresh().await?;
        let begun = Instant::now();
        let id = runtimes::create(&mut self.asking).await?;
        let created = begun.elapsed();
        let running = async {
            let runtime = runtimes::wait_until_running(&mut self.polling, id).await?;
            anyhow::Ok((begun.elapsed(), runtime))
        };
        let answered = async {
            runtimes::wait_until_healthy(&mut self.asking, id).await?;
            anyhow::Ok(begun.elapsed())
        };
        let ((running, runtime), answered) = tokio::try_join!(running, answered)?;
        let taken = runtime["SKERRY"]["START"].as_str().unwrap_or_default();
        ensure!(taken == self.way.path().name(), "the start was by {taken}; {}", self.engine.log.tail());
        let phases = runtimes::start_phases(&mut self.asking, id).await?;
        runtimes::delete(&mut self.asking, id).await?;
        self.settle().await?;
        Ok(Start { created, running, answered, phases })
    }

    fn note(&mut self, start: &Start) {
        let [created_ms, running_ms, answered_ms] = [start.created, start.running, start.answered].map(milliseconds);
        self.created_ms.push(created_ms);
        self.running_ms.push(running_ms);
        self.answered_ms.push(answered_ms);
        let mut rest_ms = answered_ms - created_ms;
        for (name, us) in &start.phases {
            let ms = milliseconds(Duration::from_micros(*us));
            rest_ms -= ms;
            match self.phases_ms.iter_mut().find(|(known, _)| known == name) {
                Some((_, samples)) => samples.push(ms),
                None => self.phases_ms.push((name.clone(), vec![ms])),
            }
        }
        self.rest_ms.push(rest_ms);
    }

    fn rows(&self) -> Vec<Row> {
        let name = self.way.name();
        let target = |row: Row| match self.way {
            Way::Pool => row.at_most(POOL_TARGET_MS),
            Way::Spare => row.at_most(SNAPSHOT_TARGET_MS),
            Way::Snapshot | Way::Cold => row,
        };
        let mut rows = vec![
            target(Row::new(format!("{name}: POST to RUNNING"), "ms", self.running_ms.clone())),
            target(Row::new(format!("{name}: POST to first 200"), "ms", self.answered_ms.clone())),
            Row::new("  the POST's answer", "ms", self.created_ms.clone()),
        ];
        for (phase, samples) in &self.phases_ms {
            rows.push(Row::new(format!("  phase {phase}"), "ms", samples.clone()));
        }
        rows.push(Row::new("  rest up to the first 200: store, hand-over, the call", "ms", self.rest_ms.clone()));
        rows
    }
}
