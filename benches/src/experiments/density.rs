//! Many runtimes at once: how long until all of them answer, what each takes when it idles, whether all of it goes again.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::task::JoinSet;

use super::{mib, milliseconds};
use crate::bench::Bench;
use crate::client::Client;
use crate::engine::{Engine, EnginePlaces};
use crate::processes::{self, SharedMemory};
use crate::report::{Row, Section};
use crate::runtimes;

/// Memory that an idle runtime may take.
const TARGET_MIB: f64 = 48.0;
/// Between two looks at how many run.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long all of them may take.
const TIMEOUT: Duration = Duration::from_secs(300);
/// How long the engine gets to clean up.
const CLEANING: Duration = Duration::from_secs(5);
/// After the last call, before idle memory is looked at.
const IDLE: Duration = Duration::from_secs(5);

/// A runtime that has answered.
struct Answered {
    id: u64,
    created_ms: f64,
    answered_ms: f64,
}

/// Measures.
///
/// # Errors
/// When anything does not start, answer, or go.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let count = bench.arguments.count as usize;
    let places = EnginePlaces::new(&bench.engine, "density")?;
    let mut engine = Engine::start(&bench.engine, &places, &["--pool", "minimal=0", "--spares", "0"]).await?;
    let mut client = engine.client().await?;
    let engine_before = processes::shared_memory(engine.process_id())?;
    let available_before = processes::available_kib();
    let begun = Instant::now();
    let mut starting = JoinSet::new();
    for _ in 0..count {
        starting.spawn(start(engine.address, begun));
    }
    let all_running = wait_until_running(&mut client, count, begun).await?;
    let mut answered = Vec::new();
    while let Some(one) = starting.join_next().await {
        answered.push(one.context("a client panicked")??);
    }
    let all_answered = begun.elapsed();
    engine.check()?;
    eprintln!("  {count} runtimes have answered");
    tokio::time::sleep(IDLE).await;
    let idle = Idle::look(&engine, engine_before, available_before)?;
    ensure!(idle.machines.len() == count, "{} machines run, not {count}", idle.machines.len());
    let deleting = Instant::now();
    delete_all(engine.address, &answered).await?;
    let deleted = deleting.elapsed();
    engine.wait_for_machines(0).await?;
    let gone = deleting.elapsed();
    let left = left_behind(&engine, &mut client).await?;
    let mut rows = vec![
        Row::figure("all RUNNING", "ms", milliseconds(all_running)),
        Row::figure("all have answered sum", "ms", milliseconds(all_answered)),
        Row::new("each: POST answered", "ms", answered.iter().map(|one| one.created_ms).collect()),
        Row::new("each: first answer of sum", "ms", answered.iter().map(|one| one.answered_ms).collect()),
    ];
    rows.extend(idle.rows());
    rows.extend([
        Row::figure("all deleted", "ms", milliseconds(deleted)),
        Row::figure("all machines gone", "ms", milliseconds(gone)),
        Row::figure("left: runtimes, machines, files", "", left).at_most(0.0),
    ]);
    let how =
        format!("{count} runtimes created at once, sum called on each, {} s of idling, all deleted", IDLE.as_secs());
    Ok(Section { name: "density", how, rows, notes: Vec::new() })
}

/// Creates a runtime and calls `sum` at once: the gateway keeps the call until there is a machine.
async fn start(address: SocketAddr, begun: Instant) -> anyhow::Result<Answered> {
    let mut client = Client::connect(address).await?;
    let id = runtimes::create(&mut client).await?;
    let created_ms = milliseconds(begun.elapsed());
    runtimes::call_sum(&mut client, id).await?;
    Ok(Answered { id, created_ms, answered_ms: milliseconds(begun.elapsed()) })
}

async fn wait_until_running(client: &mut Client, count: usize, begun: Instant) -> anyhow::Result<Duration> {
    loop {
        let running = runtimes::count_in(client, "RUNNING").await?;
        if running >= count as u64 {
            return Ok(begun.elapsed());
        }
        let failed = runtimes::count_in(client, "ERROR").await?;
        ensure!(failed == 0, "{failed} runtimes are in ERROR");
        ensure!(begun.elapsed() < TIMEOUT, "{running} of {count} runtimes are RUNNING after {} s", TIMEOUT.as_secs());
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn delete_all(address: SocketAddr, runtimes: &[Answered]) -> anyhow::Result<()> {
    let mut deleting = JoinSet::new();
    for id in runtimes.iter().map(|runtime| runtime.id) {
        deleting.spawn(async move {
            let mut client = Client::connect(address).await?;
            runtimes::delete(&mut client, id).await
        });
    }
    while let Some(deleted) = deleting.join_next().await {
        deleted.context("a client panicked")??;
    }
    Ok(())
}

/// Counts what should be gone: runtimes, machines, machines' folders. A folder goes a moment after its machine.
async fn left_behind(engine: &Engine, client: &mut Client) -> anyhow::Result<f64> {
    let deadline = Instant::now() + CLEANING;
    loop {
        let list = client.get("/serverless-runtimes?limit=1").await?.expect(200)?.json()?;
        let left = runtimes::total(&list)? + (engine.machines().len() + folders_in(engine.state_dir())) as u64;
        if left == 0 || Instant::now() > deadline {
            return Ok(f64::from(u32::try_from(left)?));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Everything in the engine's own folder in the state directory.
fn folders_in(state_dir: &Path) -> usize {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    entries(state_dir).map(|engine| entries(&engine.path()).count()).sum()
}

/// What all of it takes when nobody asks.
struct Idle {
    machines: Vec<SharedMemory>,
    engine: SharedMemory,
    engine_before: SharedMemory,
    taken_kib: Option<u64>,
}

impl Idle {
    fn look(engine: &Engine, engine_before: SharedMemory, available_before: Option<u64>) -> anyhow::Result<Self> {
        let machines =
            engine.machines().into_iter().map(processes::shared_memory).collect::<anyhow::Result<Vec<_>>>()?;
        let available = processes::available_kib();
        let taken_kib = available_before.zip(available).map(|(before, now)| before.saturating_sub(now));
        Ok(Self { machines, engine: processes::shared_memory(engine.process_id())?, engine_before, taken_kib })
    }

    fn rows(&self) -> Vec<Row> {
        let count = f64::from(u32::try_from(self.machines.len().max(1)).unwrap_or(u32::MAX));
        let all =
            |part: fn(&SharedMemory) -> u64| self.machines.iter().map(|machine| mib(part(machine))).collect::<Vec<_>>();
        let totals = all(|machine| machine.total_kib);
        let engine = mib(self.engine.total_kib);
        let each = (totals.iter().sum::<f64>() + engine) / count;
        let grown = engine - mib(self.engine_before.total_kib);
        let mut rows = vec![
            Row::figure("PSS of an idle runtime, the engine's share in it", "MiB", each).at_most(TARGET_MIB),
            Row::new("  its QEMU", "MiB", totals),
            Row::new("    anonymous: the guest's memory, QEMU's heap", "MiB", all(|machine| machine.anonymous_kib)),
            Row::new("    files", "MiB", all(|machine| machine.files_kib)),
            Row::new("    shared", "MiB", all(|machine| machine.shared_kib)),
            Row::figure("  the engine, by runtime", "MiB", engine / count),
            Row::figure("  the engine's growth, by runtime", "MiB", grown / count),
            Row::figure("  the engine, whole", "MiB", engine),
        ];
        let taken = self.taken_kib.map(|kib| mib(kib) / count);
        rows.extend(taken.map(|each| Row::figure("  fall of the host's available memory, by runtime", "MiB", each)));
        rows
    }
}
