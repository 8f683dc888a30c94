//! What the engine counts, and the page that shows it together with the gateway's and the guests' own metrics.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::StreamExt;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use skerry_api::provisioning::RuntimeState;
use skerry_gateway::Connector;

use crate::core::Core;
use crate::guest;
use crate::guest_metrics::GuestPages;
use crate::machines::StartReport;

/// Upper bounds of the start histogram's buckets in seconds: a pool's microseconds to a slow boot's seconds.
const START_BUCKETS: [f64; 14] =
    [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// How long one guest may take to tell its metrics.
const GUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// Guests that are asked at the same time.
const GUESTS_AT_ONCE: usize = 16;

/// The engine's counters.
#[derive(Debug)]
pub struct Metrics {
    starts: Family<StartLabels, Counter>,
    start_failures: Family<StartLabels, Counter>,
    start_seconds: Family<StartLabels, Histogram, fn() -> Histogram>,
    pool: Family<TakeLabels, Counter>,
    spares: Family<TakeLabels, Counter>,
    machine_ends: Counter,
    given_up: Counter,
    adopted: Counter,
    slept: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StartLabels {
    flavour: String,
    path: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TakeLabels {
    outcome: &'static str,
}

impl TakeLabels {
    fn of(hit: bool) -> Self {
        Self { outcome: if hit { "hit" } else { "miss" } }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuntimeLabels {
    state: &'static str,
    flavour: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FlavourLabels {
    flavour: String,
}

impl Metrics {
    /// Counters that start at zero, made known to `registry`.
    #[must_use]
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            starts: Family::default(),
            start_failures: Family::default(),
            start_seconds: Family::new_with_constructor(|| Histogram::new(START_BUCKETS)),
            pool: Family::default(),
            spares: Family::default(),
            machine_ends: Counter::default(),
            given_up: Counter::default(),
            adopted: Counter::default(),
            slept: Counter::default(),
        };
        registry.register("skerry_starts", "Machines that were started, by way", metrics.starts.clone());
        registry.register("skerry_start_failures", "Starts that failed, by way", metrics.start_failures.clone());
        let help = "Time from the wish for a machine to its first answer, by way";
        registry.register("skerry_start_seconds", help, metrics.start_seconds.clone());
        registry.register(
            "skerry_pool_takes",
            "Wishes for a machine, by whether the pool had one",
            metrics.pool.clone(),
        );
        registry.register(
            "skerry_spare_takes",
            "Starts of runtimes by snapshot, by whether a spare machine served",
            metrics.spares.clone(),
        );
        registry.register("skerry_machine_ends", "Machines that ended by themselves", metrics.machine_ends.clone());
        registry.register("skerry_runtimes_given_up", "Runtimes that went to ERROR", metrics.given_up.clone());
        registry.register(
            "skerry_machines_adopted",
            "Machines taken over from an earlier engine",
            metrics.adopted.clone(),
        );
        registry.register("skerry_sleeps", "Runtimes that fell asleep", metrics.slept.clone());
        metrics
    }

    /// A start is over.
    pub fn started(&self, start: &StartReport<'_>) {
        let labels = StartLabels { flavour: start.flavour.to_owned(), path: start.path.name() };
        match start.took {
            Some(took) => {
                self.starts.get_or_create(&labels).inc();
                self.start_seconds.get_or_create(&labels).observe(took.as_secs_f64());
            }
            None => {
                self.start_failures.get_or_create(&labels).inc();
            }
        }
        if let Some(hit) = start.spare {
            self.spares.get_or_create(&TakeLabels::of(hit)).inc();
        }
    }

    /// The pool was asked, and had a machine or not.
    pub fn pool(&self, hit: bool) {
        self.pool.get_or_create(&TakeLabels::of(hit)).inc();
    }

    /// A machine ended by itself.
    pub fn machine_ended(&self) {
        self.machine_ends.inc();
    }

    /// A runtime went to ERROR.
    pub fn given_up(&self) {
        self.given_up.inc();
    }

    /// A machine was adopted.
    pub fn adopted(&self) {
        self.adopted.inc();
    }

    /// A runtime fell asleep.
    pub fn slept(&self) {
        self.slept.inc();
    }
}

/// The whole page: `registry` (engine and gateway), what there is now, and the guests' own with a label `runtime`.
pub(crate) async fn page(core: &Core, registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = prometheus_client::encoding::text::encode_registry(&mut text, registry);
    let _ = prometheus_client::encoding::text::encode(&mut text, &present(core));
    let body = text.strip_suffix("# EOF\n").unwrap_or(&text).to_owned();
    let own = body.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let guests = guests(core).await.render(&own);
    body + &guests
}

/// What is counted when it is asked for.
fn present(core: &Core) -> Registry {
    let mut registry = Registry::default();
    let runtimes = Family::<RuntimeLabels, Gauge>::default();
    for runtime in core.registry.all() {
        let labels = RuntimeLabels { state: runtime.state().name(), flavour: runtime.flavour.clone() };
        runtimes.get_or_create(&labels).inc();
    }
    for flavour in core.machines.flavours() {
        for state in RuntimeState::ALL {
            // All of them, so that a zero is a zero and not a gap.
            let _ = runtimes.get_or_create(&RuntimeLabels { state: state.name(), flavour: flavour.to_owned() });
        }
    }
    registry.register("skerry_runtimes", "Runtimes by state and flavour", runtimes);
    let pooled = Family::<FlavourLabels, Gauge>::default();
    for (flavour, count) in core.pool.sizes() {
        pooled.get_or_create(&FlavourLabels { flavour }).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register("skerry_pool_machines", "Machines that wait in the pool", pooled);
    let spare = Family::<FlavourLabels, Gauge>::default();
    for (flavour, count) in core.machines.spares() {
        spare.get_or_create(&FlavourLabels { flavour }).inc_by(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register("skerry_spare_machines", "Machines that were restored in advance and stand still", spare);
    let (memory_mib, cpus) = core.capacity.given();
    gauge(&mut registry, "skerry_memory_given_bytes", "Memory that machines have", memory_mib << 20);
    let size = core.capacity.size();
    gauge(&mut registry, "skerry_memory_capacity_bytes", "Memory that machines may have", size.memory_mib << 20);
    gauge(&mut registry, "skerry_cpus_given", "Virtual processors that machines have", cpus);
    registry
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge = Gauge::<u64, AtomicU64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

/// One guest's page, with the number of its runtime.
async fn guest_page(id: u64, connector: Arc<dyn Connector>) -> Option<(u64, String)> {
    guest::metrics(connector.as_ref(), GUEST_TIMEOUT).await.ok().map(|page| (id, page))
}

/// The metrics of all guests that are awake and answer in time.
async fn guests(core: &Core) -> GuestPages {
    let runtimes = core.registry.all().into_iter();
    let awake = runtimes.filter_map(|runtime| Some((runtime.id, runtime.connector()?)));
    let asked: Vec<_> = awake.map(|(id, connector)| guest_page(id, connector)).collect();
    let mut pages = GuestPages::default();
    let mut answers = futures_util::stream::iter(asked).buffer_unordered(GUESTS_AT_ONCE);
    while let Some(answer) = answers.next().await {
        if let Some((id, page)) = answer {
            pages.add(id, &page);
        }
    }
    pages
}
