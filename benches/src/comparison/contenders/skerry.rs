//! Skerry, as an administrator runs it: an engine that can take one start path only, asked for runtimes over its REST API.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::json;
use skerry_api::provisioning::StartPath;
use skerry_image::{Flavour, Image};
use skerry_oci::{CreationTime, Unikernel};
use skerry_vmm::Accelerator;
use tokio::runtime::Runtime;

use super::{Setup, artefact, linux_program};
use crate::client::{self, Client};
use crate::comparison::contender::{Artefact, Contender, Endpoint, Instance, Phase, Profile, Role};
use crate::engine::{Engine, EngineParts, EnginePlaces};
use crate::{processes, runtimes};

/// What an artefact of this kind is called.
const OCI_IMAGE: &str = "OCI image FROM scratch";
/// The engine's default: machines restored in advance, of each kind that was asked for lately.
const DEFAULT_SPARES: usize = 1;
/// Machines in the pool.
const POOL_SIZE: usize = 4;
/// Memory of a machine with Python.
const PYTHON_MEMORY_MIB: u32 = 160;
/// How long the pool may take to be filled, and a snapshot to be made. Python's takes seconds to boot.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// Between two looks at something that has no means to tell.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// After a machine was started or ended, so that the kernel's own cleaning up is over.
const SETTLE: Duration = Duration::from_millis(50);

/// One of the ways in which Skerry takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The contender's name.
    pub(super) name: &'static str,
    flavour: Flavour,
    path: StartPath,
    /// Machines restored in advance.
    spares: usize,
    /// Whether guests are emulated even where KVM runs them.
    pub(super) emulated: bool,
}

const fn way(name: &'static str, flavour: Flavour, path: StartPath) -> Way {
    Way { name, flavour, path, spares: DEFAULT_SPARES, emulated: false }
}

const fn emulated(name: &'static str, path: StartPath) -> Way {
    Way { emulated: true, ..way(name, Flavour::Minimal, path) }
}

/// All of them.
pub(super) const WAYS: [Way; 10] = [
    way("skerry-cold", Flavour::Minimal, StartPath::Cold),
    way("skerry-snapshot", Flavour::Minimal, StartPath::Snapshot),
    Way { spares: 0, ..way("skerry-snapshot-alone", Flavour::Minimal, StartPath::Snapshot) },
    way("skerry-pool", Flavour::Minimal, StartPath::Pool),
    emulated("skerry-tcg-cold", StartPath::Cold),
    emulated("skerry-tcg-snapshot", StartPath::Snapshot),
    emulated("skerry-tcg-pool", StartPath::Pool),
    way("skerry-python-cold", Flavour::Python, StartPath::Cold),
    way("skerry-python-snapshot", Flavour::Python, StartPath::Snapshot),
    way("skerry-python-pool", Flavour::Python, StartPath::Pool),
];

impl Way {
    /// Memory of its machines.
    fn memory_mib(self) -> u32 {
        if self.flavour == Flavour::Python { PYTHON_MEMORY_MIB } else { crate::bench::MEMORY_MIB }
    }

    fn profile(self, parts: &EngineParts, artefact: Artefact) -> Profile {
        let is_python = self.flavour == Flavour::Python;
        let (path, how) = match self.path {
            StartPath::Cold => ("cold boot", "each boots a machine".to_owned()),
            StartPath::Snapshot if self.spares == 0 => (
                "snapshot alone",
                "each starts QEMU and goes on from a snapshot that was made before; nothing waits".to_owned(),
            ),
            StartPath::Snapshot => (
                "snapshot",
                format!(
                    "each goes on from a snapshot that was made before; {} machine, restored in advance and not yet running, \
                     waits for the next start, as is the default",
                    self.spares
                ),
            ),
            StartPath::Pool => (
                "pool",
                format!(
                    "each takes one of {POOL_SIZE} machines that wait, and goes on from a snapshot when there is none"
                ),
            ),
        };
        let [emulated, python] =
            [(self.emulated, "emulated, "), (is_python, "Python, ")].map(|(is_so, word)| if is_so { word } else { "" });
        Profile {
            name: self.name,
            title: format!("Skerry, {emulated}{python}{path}"),
            description: format!(
                "`skerry engine` with the flavour {}: a start is a POST of a runtime with {} MiB; {how}. Each call goes through \
                 the engine's gateway, with a password. Image {}, QEMU under {}.",
                self.flavour.name(),
                self.memory_mib(),
                parts.image_id,
                parts.accelerator
            ),
            languages: if is_python { &["PY", "C", "WASM"] } else { &["C", "WASM"] },
            role: if self.path == StartPath::Cold { Role::Everything } else { Role::Starts },
            is_ours: true,
            artefact,
        }
    }
}

/// Skerry by one start path.
pub(super) struct Skerry {
    way: Way,
    parts: EngineParts,
    profile: Profile,
    runtime: Arc<Runtime>,
    /// Started when the first start is prepared: who is not asked costs nothing.
    serving: OnceLock<Arc<Serving>>,
    starting: Mutex<()>,
}

impl Skerry {
    /// Prepares it. The image is built where it is missing, which takes minutes.
    ///
    /// # Errors
    /// When there is no image.
    pub(super) fn prepare(setup: &Setup, way: Way) -> anyhow::Result<Self> {
        let image = setup.image(way.flavour)?;
        let mut parts = setup.engine(&image);
        if way.emulated {
            parts.accelerator = Accelerator::Tcg;
        }
        let profile = way.profile(&parts, artefact_of(setup, &image)?);
        Ok(Self {
            way,
            parts,
            profile,
            runtime: Arc::clone(&setup.runtime),
            serving: OnceLock::new(),
            starting: Mutex::new(()),
        })
    }

    fn serving(&self) -> anyhow::Result<&Arc<Serving>> {
        let _one_at_a_time = locked(&self.starting);
        if let Some(serving) = self.serving.get() {
            return Ok(serving);
        }
        let serving = Serving::start(self).with_context(|| format!("the engine of {}", self.way.name))?;
        Ok(self.serving.get_or_init(|| Arc::new(serving)))
    }
}

/// What an image of Skerry's is: the OCI image that `skerry image build --oci` writes.
pub(super) fn artefact_of(setup: &Setup, image: &Image) -> anyhow::Result<Artefact> {
    let features: &[&str] = if image.flavour == Flavour::Python { &["python"] } else { &[] };
    let mut crates = BTreeSet::new();
    for (folder, package, target, features) in [
        ("guest/unikernel", "skerry-unikernel", "x86_64-unknown-hermit", features),
        ("guest/kernel", "skerry-kernel-source", "x86_64-unknown-none", &[]),
        ("loader", "skerry-loader", "x86_64-unknown-none", &[]),
    ] {
        crates.extend(linux_program::crates(&setup.source_root.join(folder), package, target, features)?);
    }
    let files = artefact::of_files(OCI_IMAGE, &[&image.loader, &image.unikernel], crates.len() as u64)?;
    let unikernel = Unikernel {
        flavour: image.flavour.name().to_owned(),
        description: image.flavour.description().to_owned(),
        revision: image.id.clone(),
        loader: image.loader.clone(),
        unikernel: image.unikernel.clone(),
    };
    let sizes = skerry_oci::pack(&unikernel, CreationTime::default())?.sizes();
    Ok(Artefact { compressed_bytes: sizes.layer_compressed_bytes, ..files })
}

impl Contender for Skerry {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn settle(&self) -> anyhow::Result<()> {
        self.serving()?.settle()
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let serving = self.serving()?;
        let id = serving.ask(async |client| runtimes::create_as(client, json!({"FLAVOUR": serving.flavour})).await)?;
        serving.instances.fetch_add(1, Ordering::Relaxed);
        let endpoint = Endpoint {
            address: serving.engine.address,
            prefix: format!("/r/{id}"),
            authorization: Some(client::authorization()),
        };
        Ok(Box::new(Started { id, path: self.way.path, serving: Arc::clone(serving), endpoint, is_there: true }))
    }

    fn shared_processes(&self) -> Vec<u32> {
        let Some(serving) = self.serving.get() else { return Vec::new() };
        let mut shared = vec![serving.engine.process_id()];
        shared.extend(serving.engine.log.free_machines(&serving.engine.machines()));
        shared
    }
}

/// An engine that serves, and connections to it.
struct Serving {
    runtime: Arc<Runtime>,
    path: StartPath,
    spares: usize,
    flavour: &'static str,
    clients: Mutex<Vec<Client>>,
    instances: AtomicUsize,
    engine: Engine,
}

impl Serving {
    /// Starts an engine that can only take this path, and lets it take it once: the first start touches files and code that
    /// later ones find in memory.
    fn start(skerry: &Skerry) -> anyhow::Result<Self> {
        let flavour = skerry.way.flavour.name();
        // The default names lead to a flavour that this engine has no image of.
        let alias = format!("Function={flavour}");
        let pool = format!("{flavour}={}", if skerry.way.path == StartPath::Pool { POOL_SIZE } else { 0 });
        let snapshots = format!("--snapshots={}", skerry.way.path != StartPath::Cold);
        let memory = skerry.way.memory_mib().to_string();
        let [_, spares] = waiting(skerry.way.path, skerry.way.spares).map(|count| count.to_string());
        let arguments =
            ["--alias", &alias, "--pool", &pool, &snapshots, "--spares", &spares, "--default-memory-mib", &memory];
        let places = EnginePlaces::new(&skerry.parts, skerry.way.name)?;
        let engine = skerry.runtime.block_on(Engine::start(&skerry.parts, &places, &arguments))?;
        let serving = Self {
            runtime: Arc::clone(&skerry.runtime),
            path: skerry.way.path,
            spares: skerry.way.spares,
            flavour,
            clients: Mutex::default(),
            instances: AtomicUsize::new(0),
            engine,
        };
        if serving.path == StartPath::Snapshot {
            serving.start_once(true)?;
        }
        serving.settle()?;
        serving.start_once(false)?;
        Ok(serving)
    }

    fn start_once(&self, makes_snapshot: bool) -> anyhow::Result<()> {
        let faas = json!({"FLAVOUR": self.flavour});
        self.ask(async |client| {
            let id = runtimes::create_as(client, faas).await?;
            if makes_snapshot {
                self.engine.log.wait_for("snapshot made", READY_TIMEOUT).await?;
            }
            runtimes::wait_until_healthy(client, id).await?;
            runtimes::delete(client, id).await
        })
    }

    /// Waits until nothing goes on: those that wait in advance are there, and no machine is left of earlier runtimes.
    fn settle(&self) -> anyhow::Result<()> {
        let wanted = waiting(self.path, self.spares);
        self.ask(async |client| {
            let deadline = Instant::now() + READY_TIMEOUT;
            while runtimes::waiting(client).await? != wanted {
                ensure!(Instant::now() < deadline, "no machines wait in advance; {}", self.engine.log.tail());
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let waiting: usize = wanted.iter().sum();
            self.engine.wait_for_machines(waiting + self.instances.load(Ordering::Relaxed)).await?;
            tokio::time::sleep(SETTLE).await;
            Ok(())
        })
    }

    /// Asks over a connection that nobody else uses meanwhile, and keeps it for the next one.
    fn ask<T>(&self, asking: impl AsyncFnOnce(&mut Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let kept = locked(&self.clients).pop();
        self.runtime.block_on(async {
            let mut client = match kept {
                Some(client) => client,
                None => self.engine.client().await?,
            };
            client.refresh().await?;
            let answer = asking(&mut client).await?;
            locked(&self.clients).push(client);
            Ok(answer)
        })
    }
}

/// How many machines wait in advance for starts by a path: in the pool, and restored from the snapshot.
fn waiting(path: StartPath, spares: usize) -> [usize; 2] {
    match path {
        StartPath::Pool => [POOL_SIZE, 0],
        StartPath::Snapshot => [0, spares],
        StartPath::Cold => [0, 0],
    }
}

/// A runtime.
struct Started {
    id: u64,
    path: StartPath,
    serving: Arc<Serving>,
    endpoint: Endpoint,
    is_there: bool,
}

impl Started {
    /// Its machine's process, once there is one.
    fn machine(&self) -> Option<u32> {
        let waiting = self.serving.engine.log.machine_of(self.id, READY_TIMEOUT);
        self.serving.runtime.block_on(waiting)
    }

    fn delete(&mut self) -> anyhow::Result<()> {
        if !std::mem::take(&mut self.is_there) {
            return Ok(());
        }
        let id = self.id;
        self.serving.instances.fetch_sub(1, Ordering::Relaxed);
        self.serving.ask(async |client| runtimes::delete(client, id).await)
    }
}

impl Instance for Started {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn phases(&mut self) -> anyhow::Result<Vec<Phase>> {
        let id = self.id;
        let (shown, phases) = self
            .serving
            .ask(async |client| Ok((runtimes::show(client, id).await?, runtimes::start_phases(client, id).await?)))?;
        let taken = shown["SKERRY"]["START"].as_str().unwrap_or_default();
        ensure!(taken == self.path.name(), "the start was by {taken}; {}", self.serving.engine.log.tail());
        let phase = |(name, us)| Phase { name, ms: Duration::from_micros(us).as_secs_f64() * 1e3 };
        Ok(phases.into_iter().map(phase).collect())
    }

    fn processes(&self) -> Vec<u32> {
        self.machine().into_iter().collect()
    }

    fn subject(&self) -> u32 {
        self.machine().unwrap_or_default()
    }

    fn stop(mut self: Box<Self>) -> anyhow::Result<()> {
        let machine = self.machine();
        self.delete()?;
        let machine = machine.context("the engine does not say which process was the runtime's")?;
        processes::wait_until_gone(machine).context("the runtime's machine")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Err(error) = self.delete() {
            eprintln!("cannot delete runtime {}: {error:#}", self.id);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in there is whole whatever panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
