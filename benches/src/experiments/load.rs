//! Many clients for a while: how many answers, of which kind, how fast, and what the engine takes meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use http::Method;
use tokio::task::JoinSet;

use super::{mib, milliseconds};
use crate::bench::Bench;
use crate::client::{Answer, Client};
use crate::engine::{Engine, EnginePlaces};
use crate::faas::{HEALTH_PATH, SYNC_PATH, check_sum, sum_request};
use crate::processes;
use crate::report::{Row, Section};
use crate::runtimes;
use crate::statistics::{quantile, sorted};

/// Between two looks at the engine's memory.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// The longest that a client waits after a 429, whatever it is asked to.
const MOST_PAUSE: Duration = Duration::from_secs(2);
/// The pause after a connection broke.
const BROKEN_PAUSE: Duration = Duration::from_millis(50);
/// How much the engine's memory may grow between the middle and the end: by a tenth is noise, a leak grows without end.
const FLAT: f64 = 1.1;
/// Errors whose text is shown.
const SHOWN_ERRORS: usize = 5;

/// What clients saw. Each has one of its own, and they are added up at the end.
#[derive(Default)]
struct Tally {
    health_ms: Vec<f64>,
    sum_ms: Vec<f64>,
    statuses: BTreeMap<u16, u64>,
    broken: u64,
    errors: Vec<String>,
}

/// What the engine took.
#[derive(Default)]
struct Usage {
    resident_mib: Vec<f64>,
    engine_s: f64,
    machines_s: f64,
    clients_s: f64,
}

/// Measures.
///
/// # Errors
/// When anything does not start, or the engine ends.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let arguments = &bench.arguments;
    let places = EnginePlaces::new(&bench.engine, "load")?;
    let mut engine = Engine::start(&bench.engine, &places, &["--pool", "minimal=0", "--spares", "0"]).await?;
    let mut client = engine.client().await?;
    let mut ids = Vec::new();
    for _ in 0..arguments.runtimes {
        ids.push(runtimes::create(&mut client).await?);
    }
    for id in &ids {
        runtimes::call_sum(&mut client, *id).await?;
    }
    eprintln!("  {} runtimes run", ids.len());
    let duration = Duration::from_secs(u64::from(arguments.seconds));
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..arguments.connections as usize {
        clients.spawn(ask(engine.address, ids[number % ids.len()], number, begun + duration));
    }
    let usage = watch(&engine, begun + duration).await;
    let mut tally = Tally::default();
    while let Some(one) = clients.join_next().await {
        tally.add(one.context("a client panicked")?);
    }
    let took = begun.elapsed();
    engine.check()?;
    let after_mib = resident_mib(&engine);
    // The engine closes connections that idle as long as this one did.
    let mut client = engine.client().await?;
    for id in ids {
        runtimes::delete(&mut client, id).await?;
    }
    engine.wait_for_machines(0).await?;
    Ok(section(bench, tally, &usage, took, after_mib))
}

/// One client: requests one after the other on one connection, to one runtime, of both kinds in turns.
async fn ask(address: SocketAddr, id: u64, number: usize, deadline: Instant) -> Tally {
    let mut tally = Tally::default();
    let (health, sum) = (format!("/r/{id}{HEALTH_PATH}"), format!("/r/{id}{SYNC_PATH}"));
    let body = hyper::body::Bytes::from(sum_request());
    let mut client = None;
    let mut request = number;
    while Instant::now() < deadline {
        let mut connected = match client.take() {
            Some(client) => client,
            None => match Client::connect(address).await {
                Ok(client) => client,
                Err(error) => {
                    tally.break_off(&error).await;
                    continue;
                }
            },
        };
        let is_sum = request.is_multiple_of(2);
        request += 1;
        let begun = Instant::now();
        let answer =
            if is_sum { connected.ask(Method::POST, &sum, body.clone()).await } else { connected.get(&health).await };
        match answer {
            Ok(answer) => {
                client = Some(connected);
                tally.note(&answer, is_sum, begun.elapsed()).await;
            }
            Err(error) => tally.break_off(&error).await,
        }
    }
    tally
}

impl Tally {
    async fn note(&mut self, answer: &Answer, is_sum: bool, took: Duration) {
        *self.statuses.entry(answer.status).or_default() += 1;
        match answer.status {
            200 if is_sum => {
                self.sum_ms.push(milliseconds(took));
                if let Err(error) = check_sum(&answer.body) {
                    self.broken += 1;
                    self.remember(format!("{error:#}"));
                }
            }
            200 => self.health_ms.push(milliseconds(took)),
            429 => {
                let wanted = Duration::from_secs(answer.retry_after_s.unwrap_or(1));
                tokio::time::sleep(wanted.min(MOST_PAUSE)).await;
            }
            _ => {
                let beginning = &answer.body[..answer.body.len().min(200)];
                self.remember(format!("{}: {}", answer.status, String::from_utf8_lossy(beginning)));
                tokio::time::sleep(BROKEN_PAUSE).await;
            }
        }
    }

    async fn break_off(&mut self, error: &anyhow::Error) {
        self.broken += 1;
        self.remember(format!("{error:#}"));
        tokio::time::sleep(BROKEN_PAUSE).await;
    }

    fn remember(&mut self, error: String) {
        if self.errors.len() < SHOWN_ERRORS && !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn add(&mut self, other: Self) {
        self.health_ms.extend(other.health_ms);
        self.sum_ms.extend(other.sum_ms);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.broken += other.broken;
        for error in other.errors {
            self.remember(error);
        }
    }

    fn errors_but_429(&self) -> u64 {
        let wrong = self.statuses.iter().filter(|(status, _)| !matches!(status, 200 | 429));
        self.broken + wrong.map(|(_, count)| count).sum::<u64>()
    }
}

/// Looks at the engine's memory until the end, and at the processor time of all that take part.
async fn watch(engine: &Engine, deadline: Instant) -> Usage {
    let seconds = || {
        let machines = engine.machines().into_iter().map(processes::processor_seconds).sum::<f64>();
        [processes::processor_seconds(engine.process_id()), machines, processes::processor_seconds(std::process::id())]
    };
    let before = seconds();
    let mut usage = Usage::default();
    while Instant::now() < deadline {
        usage.resident_mib.extend(resident_mib(engine));
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    let [engine_s, machines_s, clients_s] = seconds();
    Usage {
        engine_s: engine_s - before[0],
        machines_s: machines_s - before[1],
        clients_s: clients_s - before[2],
        ..usage
    }
}

fn resident_mib(engine: &Engine) -> Option<f64> {
    processes::resident_kib(engine.process_id()).ok().map(mib)
}

fn section(bench: &Bench, tally: Tally, usage: &Usage, took: Duration, after_mib: Option<f64>) -> Section {
    let arguments = &bench.arguments;
    let wrong = tally.errors_but_429();
    let statuses: Vec<String> = tally.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
    let mut notes = vec![
        format!("answers: {}; broken or wrong: {}", statuses.join(", "), tally.broken),
        format!(
            "processor seconds in {:.1} s: engine {:.1}, machines {:.1}, these clients {:.1}",
            took.as_secs_f64(),
            usage.engine_s,
            usage.machines_s,
            usage.clients_s
        ),
    ];
    notes.extend(tally.errors.iter().map(|error| format!("error: {error}")));
    let mut rows = vec![Row::figure("errors but 429", "", count(wrong)).at_most(0.0)];
    let answers = count(tally.statuses.values().sum());
    rows.push(Row::figure("requests", "1/s", answers / took.as_secs_f64()));
    for (name, samples) in [("healthz", &tally.health_ms), ("sum", &tally.sum_ms)] {
        let sorted = sorted(samples);
        let quantiles = [("p99", 0.99), ("p99.9", 0.999)];
        rows.push(Row::new(name, "ms", sorted.clone()));
        rows.extend(quantiles.iter().filter_map(|(label, share)| {
            Some(Row::figure(format!("  {name}, {label}"), "ms", quantile(&sorted, *share)?))
        }));
    }
    rows.extend(memory_rows(&usage.resident_mib, after_mib));
    let how = format!(
        "{} connections on {} runtimes for {} s, each healthz and sum in turns",
        arguments.connections, arguments.runtimes, arguments.seconds
    );
    Section { name: "load", how, rows, notes }
}

/// The engine's memory at the beginning, in the middle, at the end, and whether it still grows.
fn memory_rows(resident_mib: &[f64], after_mib: Option<f64>) -> Vec<Row> {
    let (Some(first), Some(last)) = (resident_mib.first(), resident_mib.last()) else { return Vec::new() };
    let middle = resident_mib[resident_mib.len() / 2];
    let mut rows = vec![
        Row::figure("engine, resident: before the first request", "MiB", *first),
        Row::figure("engine, resident: in the middle", "MiB", middle),
        Row::figure("engine, resident: at the end", "MiB", *last),
        Row::figure("engine, resident: end / middle", "ratio", last / middle).at_most(FLAT),
        Row::new("engine, resident: all looks", "MiB", resident_mib.to_vec()),
    ];
    rows.extend(after_mib.map(|after| Row::figure("engine, resident: after the last answer", "MiB", after)));
    rows
}

fn count(number: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no run has 2^52 requests")]
    let number = number as f64;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_429_is_no_error() {
        let tally = Tally { statuses: [(200, 10), (429, 5), (502, 2), (503, 1)].into(), broken: 3, ..Tally::default() };
        assert_eq!(tally.errors_but_429(), 6);
    }

    #[test]
    fn tallies_add_up_and_an_error_is_shown_once() {
        let one = || Tally {
            statuses: [(200, 1)].into(),
            errors: vec!["x".to_owned()],
            sum_ms: vec![1.0],
            ..Tally::default()
        };
        let mut all = one();
        all.add(one());
        assert_eq!((all.statuses[&200], all.sum_ms.len(), all.errors.len()), (2, 2, 1));
    }

    #[test]
    fn memory_that_was_never_seen_gives_no_rows() {
        assert!(memory_rows(&[], Some(1.0)).is_empty());
        assert_eq!(memory_rows(&[1.0, 2.0, 3.0], None).len(), 5);
    }
}
