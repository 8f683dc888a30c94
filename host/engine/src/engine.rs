//! An engine from its start to its end: opens what it needs, recovers, listens, drains.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::registry::Registry as MetricsRegistry;
use skerry_gateway::{GatewaySettings, Routes, Users};
use skerry_store::Store;
use skerry_vmm::{Accelerator, Network, Qemu};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::administrator;
use crate::capacity::{Capacity, HostSize, host_memory_mib};
use crate::core::{Core, now_ms};
use crate::endings::Endings;
use crate::live_vm::chain;
use crate::machines::{FlavourImage, Machines, MachinesSetup};
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::provisioner::EngineProvisioner;
use crate::recovery::{self, Recovered};
use crate::registry::Registry;
use crate::settings::{GuestNetwork, Settings};
use crate::snapshots::{Snapshots, make_private};
use crate::supervisor::Event;
use crate::tasks::EngineHooks;

/// The boot option that lets an engine renew its guests.
const RENEWAL: (&str, &str) = ("renewal", "on");
/// How often expired tasks and keys are removed.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);
/// How long the engine's end waits for machines that are being ended. A machine takes a few milliseconds.
const ENDINGS_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the store is tried.
const STORE_CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// How long the key of a creation is remembered.
const KEYS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// What an engine is made of, found and decided by the caller.
pub struct EngineSetup {
    /// The settings.
    pub settings: Settings,
    /// The VMM.
    pub qemu: Qemu,
    /// What executes guests.
    pub accelerator: Accelerator,
    /// The images by flavour.
    pub flavours: BTreeMap<String, FlavourImage>,
    /// Where machines have their directories; the engine makes one of its own in there.
    pub state_dir: PathBuf,
}

/// An engine that listens. Dropping it without [`Engine::serve`] leaves machines as they are.
pub struct Engine {
    core: Arc<Core>,
    listener: TcpListener,
    app: axum::Router,
    /// The address that it listens on.
    pub address: SocketAddr,
    /// What was found at its start.
    pub recovered: Recovered,
    /// The password of `admin`, when it was made just now: to be shown once.
    pub new_password: Option<String>,
}

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A folder cannot be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The store does not open.
    #[error("cannot open the storage")]
    Store(#[from] skerry_store::StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; is another engine running? --port takes another port")]
    Listen {
        /// The address.
        address: String,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A user of the settings cannot be.
    #[error("{0}")]
    Users(String),
    /// A flavour of the settings is none.
    #[error("{0}")]
    Flavours(String),
    /// The machines of an earlier engine cannot be looked for.
    #[error("cannot look for running machines below {}", path.display())]
    Machines {
        /// Where.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
}

impl Engine {
    /// Opens the store, takes over what an earlier engine left, and listens. Serves nobody before [`Self::serve`].
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn start(setup: EngineSetup) -> Result<Self, EngineError> {
        let settings = setup.settings;
        check_flavours(&settings, &setup.flavours)?;
        private(&settings.data_dir)?;
        let store = Store::open(&storage_location(&settings)).await?;
        let state_dir = setup.state_dir.join(format!("engine-{}", folder_id(&settings.data_dir)));
        private(&state_dir)?;
        private(&settings.data_dir.join("sleeping"))?;
        let (listener, address) = listen(&settings).await?;
        let snapshots = open_snapshots(&settings)?;
        let administrator = administrator::users(&settings, &store).await.map_err(EngineError::Users)?;
        let mut counters = MetricsRegistry::default();
        let metrics = Arc::new(Metrics::new(&mut counters));
        let hooks = Arc::new(EngineHooks::default());
        let routes = Routes::new(gateway_settings(&settings), Arc::clone(&hooks) as _);
        routes.register_metrics(&mut counters);
        let observed = Arc::clone(&metrics);
        let capacity = Capacity::new(host_size(&settings));
        let machines = Machines::new(
            MachinesSetup {
                network: network(settings.guest_network, &setup.qemu),
                qemu: setup.qemu,
                accelerator: setup.accelerator,
                flavours: setup.flavours,
                boot_options: boot_options(&settings),
                state_dir: state_dir.clone(),
                start_timeout: settings.start_timeout(),
                snapshots,
                spares: settings.spares as usize,
                capacity: capacity.clone(),
                starts: starts(&settings),
            },
            move |start| observed.started(start),
        );
        let most_age = Duration::from_secs(settings.pool_max_age_s);
        let pool = Pool::new(
            Arc::clone(&machines),
            capacity.clone(),
            settings.pool.clone(),
            settings.default_memory_mib,
            most_age,
        );
        let base_url = base_url(&settings, address);
        let core = Arc::new(Core {
            settings,
            machines,
            pool,
            store,
            routes: routes.clone(),
            users: administrator.users.clone(),
            registry: Registry::default(),
            capacity,
            metrics,
            base_url,
            store_trouble: RwLock::default(),
            endings: Endings::new(),
            stopping: AtomicBool::new(false),
        });
        hooks.attach(&core);
        let running = running_machines(&state_dir).await?;
        let recovered = recovery::recover(&core, running).await?;
        let provisioner = Arc::new(EngineProvisioner { core: Arc::clone(&core), counters: Arc::new(counters) });
        let app = app(routes, administrator.users, provisioner);
        Ok(Self { core, listener, app, address, recovered, new_password: administrator.new_password })
    }

    /// The URL under which clients reach it.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.core.base_url
    }

    /// Serves until `stop` resolves, then takes no new requests, lets those in progress end (for a bounded time), and ends
    /// the machines that nobody needs.
    /// Says how many machines go on without it.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> usize {
        let Self { core, listener, app, .. } = self;
        let filling = tokio::spawn(Arc::clone(&core.pool).keep_filled());
        let preparing = tokio::spawn(Arc::clone(&core.machines).keep_spares());
        let expiring = tokio::spawn(expire(Arc::clone(&core)));
        let checking = tokio::spawn(check_store(Arc::clone(&core)));
        let (stopped, mut stopping) = watch::channel(false);
        let stop = async move {
            stop.await;
            let _ = stopped.send(true);
        };
        let serving = skerry_gateway::serve(listener, app, core.routes.settings(), stop);
        let drain_timeout = Duration::from_secs(core.settings.drain_timeout_s);
        let at_stop = Arc::clone(&core);
        tokio::select! {
            () = serving => {}
            () = async move {
                // The sender lives as long as the server does.
                let _ = stopping.wait_for(|stopped| *stopped).await;
                at_stop.stopping.store(true, Ordering::Relaxed);
                tokio::time::sleep(drain_timeout).await;
            } => {
                tracing::warn!("requests in progress were cut off after {} s", drain_timeout.as_secs());
            }
        }
        core.stopping.store(true, Ordering::Relaxed);
        expiring.abort();
        checking.abort();
        // First the pool, so that nothing more is started for it, then whatever is being started, then what came of that.
        core.pool.close().await;
        core.machines.close().await;
        // They end by themselves now; they cannot have panicked in a way that leaves a machine.
        let _ = (filling.await, preparing.await);
        if !core.settings.keep_machines {
            end_machines(&core).await;
        }
        if !core.endings.finished(ENDINGS_TIMEOUT).await {
            tracing::warn!("some machines have not ended yet; the next start of the engine ends them");
        }
        core.registry
            .all()
            .iter()
            .filter(|runtime| core.settings.keep_machines && runtime.connector().is_some())
            .count()
    }
}

/// One router for everything: the provisioning API, the gateway, and one decision about who asks.
fn app(routes: Routes, users: Users, provisioner: Arc<EngineProvisioner>) -> axum::Router {
    let identity = axum::middleware::from_fn_with_state(users.clone(), skerry_gateway::require_identity);
    let gateway = skerry_gateway::router(routes, users);
    let protected = skerry_rest::protected(Arc::clone(&provisioner) as _).layer(identity);
    skerry_rest::finish(protected.merge(skerry_rest::open(provisioner)).merge(gateway))
}

async fn end_machines(core: &Core) {
    let ends = core.registry.all().into_iter().map(|runtime| async move {
        let (answer, answered) = oneshot::channel();
        if runtime.events.send(Event::EndMachine { answer }).await.is_ok() {
            let _ = answered.await;
        }
    });
    futures_util::future::join_all(ends).await;
}

/// Tries the store now and then, for `/readyz`.
async fn check_store(core: Arc<Core>) {
    loop {
        let trouble = core.store.check().await.err().map(|error| chain(&error));
        *core.store_trouble.write().unwrap_or_else(PoisonError::into_inner) = trouble;
        tokio::time::sleep(STORE_CHECK_INTERVAL).await;
    }
}

async fn expire(core: Arc<Core>) {
    let keep_tasks_ms = core.settings.task_retention_s * 1000;
    let keep_keys_ms = u64::try_from(KEYS_KEPT.as_millis()).unwrap_or(u64::MAX);
    loop {
        tokio::time::sleep(EXPIRY_INTERVAL).await;
        if let Err(error) = core.store.expire(now_ms(), keep_tasks_ms, keep_keys_ms).await {
            tracing::warn!("expired tasks and keys stay in the store: {}", chain(&error));
        }
    }
}

fn check_flavours(settings: &Settings, flavours: &BTreeMap<String, FlavourImage>) -> Result<(), EngineError> {
    let known: Vec<&str> = flavours.keys().map(String::as_str).collect();
    let named = settings.alias.values().chain(settings.pool.keys());
    for flavour in named {
        if !flavours.contains_key(flavour) {
            let known = known.join(", ");
            return Err(EngineError::Flavours(format!(
                "there is no flavour `{flavour}` for alias or pool; there is {known}"
            )));
        }
    }
    Ok(())
}

fn private(path: &std::path::Path) -> Result<(), EngineError> {
    make_private(path).map_err(|source| EngineError::Folder { path: path.to_path_buf(), source })
}

fn storage_location(settings: &Settings) -> String {
    if settings.storage.is_empty() {
        settings.data_dir.join("engine.db").display().to_string()
    } else {
        settings.storage.clone()
    }
}

/// Names an engine's machines apart from those of other engines on this host: one data directory, one engine.
fn folder_id(data_dir: &std::path::Path) -> String {
    use sha2::Digest;
    use std::os::unix::ffi::OsStrExt;
    let absolute = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_path_buf());
    let digest = sha2::Sha256::digest(absolute.as_os_str().as_bytes());
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn listen(settings: &Settings) -> Result<(TcpListener, SocketAddr), EngineError> {
    let address = if settings.host.contains(':') {
        format!("[{}]:{}", settings.host, settings.port)
    } else {
        format!("{}:{}", settings.host, settings.port)
    };
    let failed = |source| EngineError::Listen { address: address.clone(), source };
    let listener = TcpListener::bind(&address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn open_snapshots(settings: &Settings) -> Result<Option<Snapshots>, EngineError> {
    if !settings.snapshots {
        return Ok(None);
    }
    let path = settings.data_dir.join("snapshots");
    let opened = Snapshots::open(path.clone(), settings.snapshots_mib);
    opened.map(Some).map_err(|source| EngineError::Folder { path, source })
}

fn gateway_settings(settings: &Settings) -> GatewaySettings {
    let defaults = GatewaySettings::default();
    let limit_ms =
        settings.boot_option.get(skerry_api::boot::OPTION_CALL_TIME_LIMIT_MS).and_then(|limit| limit.parse().ok());
    GatewaySettings {
        wake_timeout: settings.wake_timeout(),
        call_time_limit: limit_ms.map_or(defaults.call_time_limit, Duration::from_millis),
        ..defaults
    }
}

fn network(wanted: GuestNetwork, qemu: &Qemu) -> Network {
    match wanted {
        GuestNetwork::User => Network::User,
        GuestNetwork::Link => Network::Link,
        // `-netdev stream` came in 7.2.
        GuestNetwork::Auto if (qemu.version().major, qemu.version().minor) >= (7, 2) => Network::Link,
        GuestNetwork::Auto => Network::User,
    }
}

fn boot_options(settings: &Settings) -> Vec<(String, String)> {
    let renewal = (RENEWAL.0.to_owned(), RENEWAL.1.to_owned());
    let others = settings.boot_option.iter().filter(|(name, _)| *name != RENEWAL.0);
    others.map(|(name, value)| (name.clone(), value.clone())).chain([renewal]).collect()
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn starts(settings: &Settings) -> usize {
    if settings.starts == 0 { 2 * processors() } else { settings.starts }
}

fn host_size(settings: &Settings) -> HostSize {
    let total_mib = host_memory_mib();
    let reserve_mib = if settings.reserve_mib == 0 { (total_mib / 10).max(512) } else { settings.reserve_mib };
    HostSize {
        memory_mib: total_mib.saturating_sub(reserve_mib),
        cores: u32::try_from(processors()).unwrap_or(u32::MAX),
        cpu_overcommit: settings.cpu_overcommit,
    }
}

/// The base of each ENDPOINT. An engine that listens on all addresses is reached by none of that name.
fn base_url(settings: &Settings, address: SocketAddr) -> String {
    if !settings.public_url.is_empty() {
        return settings.public_url.trim_end_matches('/').to_owned();
    }
    if address.ip().is_unspecified() {
        return format!("http://127.0.0.1:{}", address.port());
    }
    format!("http://{address}")
}

async fn running_machines(state_dir: &std::path::Path) -> Result<Vec<skerry_vmm::RunningMachine>, EngineError> {
    let path = state_dir.to_path_buf();
    let failed = |source| EngineError::Machines { path: state_dir.to_path_buf(), source };
    let found = tokio::task::spawn_blocking(move || skerry_vmm::running_machines(&path)).await;
    found.map_err(|error| failed(std::io::Error::other(error)))?.map_err(failed)
}
