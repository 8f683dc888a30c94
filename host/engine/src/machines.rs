//! Start paths: from a wish for a machine to one that serves, by the fastest way that there is.
//!
//! 1. the pool: a machine that runs already (`pool`);
//! 2. the flavour's snapshot, restored and renewed: fresh entropy, the right time and an identity of its own before anybody
//!    can ask it anything. Where a machine was restored in advance (`spares`), it only has to be let go;
//! 3. a cold boot. Where there is no snapshot yet, one is made at the first need, and whoever comes meanwhile waits for it
//!    rather than booting beside it.
//!
//! A way that fails is followed by the next one, and the failure is logged and counted.

mod snapshot;
mod spares;
mod stopwatch;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use skerry_api::faas::GUEST_PORT;
use skerry_api::provisioning::StartPath;
use skerry_vmm::{Accelerator, Backend, Lifetime, MicroVm, Network, Qemu, ResourceLimits, RunningMachine, VmSpec};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::boot::{ReadyMachine, boot};
use crate::capacity::{Capacity, Demand};
use crate::guest;
use crate::live_vm::{LiveVm, chain};
use crate::snapshots::Snapshots;
use crate::start_failure::{StartFailure, boot_failure, start_failure};
use snapshot::Making;
use spares::Spares;
use stopwatch::Stopwatch;

/// What a machine with a private link has in its directory.
const LINK_SOCKET: &str = "link.sock";
/// How long the end of an engine waits for starts in progress.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// What the VMM itself takes beside the guest's memory, in MiB; its share of what the benchmark `density` measures.
pub const VMM_OVERHEAD_MIB: u64 = 40;

/// An image that runtimes are started from.
#[derive(Clone, Debug)]
pub struct FlavourImage {
    /// The loader.
    pub loader: PathBuf,
    /// The unikernel.
    pub unikernel: PathBuf,
    /// What names its content.
    pub id: String,
    /// What a machine of it needs, in MiB: the least that a runtime gets whose client says nothing.
    pub usual_memory_mib: u32,
}

/// What a machine is to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MachineSpec {
    /// Which image, by the flavour's own name.
    pub flavour: String,
    /// Virtual processors.
    pub cpus: u32,
    /// Guest memory in MiB.
    pub memory_mib: u32,
}

impl MachineSpec {
    /// What it takes of the host.
    #[must_use]
    pub fn demand(&self) -> Demand {
        Demand { memory_mib: u64::from(self.memory_mib) + VMM_OVERHEAD_MIB, cpus: self.cpus }
    }
}

/// Everything that starting machines needs, found and decided once.
pub struct Machines {
    qemu: Qemu,
    accelerator: Accelerator,
    flavours: BTreeMap<String, FlavourImage>,
    boot_options: Vec<(String, String)>,
    state_dir: PathBuf,
    network: Network,
    start_timeout: Duration,
    snapshots: Option<Arc<Snapshots>>,
    /// Snapshots that are being made, or were tried in vain.
    making: Mutex<HashMap<String, Making>>,
    spares: Spares,
    starts: Semaphore,
    most_starts: usize,
    observer: Box<dyn Fn(&StartReport) + Send + Sync>,
}

/// What [`Machines::new`] is given.
pub struct MachinesSetup {
    /// The VMM.
    pub qemu: Qemu,
    /// What executes guests.
    pub accelerator: Accelerator,
    /// The images by flavour.
    pub flavours: BTreeMap<String, FlavourImage>,
    /// Boot options of every guest.
    pub boot_options: Vec<(String, String)>,
    /// Where machines have their directories; this engine's alone.
    pub state_dir: PathBuf,
    /// The way to guests.
    pub network: Network,
    /// How long a start may take.
    pub start_timeout: Duration,
    /// Where snapshots are; none where none are wanted.
    pub snapshots: Option<Snapshots>,
    /// Machines of each kind that are restored in advance.
    pub spares: usize,
    /// The host's account, for these.
    pub capacity: Capacity,
    /// Machines that are started at the same time.
    pub starts: usize,
}

/// What happened at a start, for metrics.
#[derive(Debug)]
pub struct StartReport<'a> {
    /// The flavour.
    pub flavour: &'a str,
    /// The way.
    pub path: StartPath,
    /// How long it took; `None` when it failed.
    pub took: Option<Duration>,
    /// Whether it was a spare machine's; `None` where none would have done.
    pub spare: Option<bool>,
}

/// What a machine is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A runtime that waits for it.
    Runtime,
    /// To wait itself: spare machines are not for that.
    Pool,
}

impl Machines {
    /// Ready to start machines. `observer` hears of each start.
    pub fn new(setup: MachinesSetup, observer: impl Fn(&StartReport<'_>) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            qemu: setup.qemu,
            accelerator: setup.accelerator,
            flavours: setup.flavours,
            boot_options: setup.boot_options,
            state_dir: setup.state_dir,
            network: setup.network,
            start_timeout: setup.start_timeout,
            snapshots: setup.snapshots.map(Arc::new),
            making: Mutex::default(),
            spares: Spares::new(setup.spares, setup.capacity),
            starts: Semaphore::new(setup.starts.max(1)),
            most_starts: setup.starts.max(1),
            observer: Box::new(observer),
        })
    }

    /// The flavours that there are images of.
    pub fn flavours(&self) -> impl Iterator<Item = &str> {
        self.flavours.keys().map(String::as_str)
    }

    /// The memory of a flavour's machine of which nobody says anything, where `default_mib` is what holds for all.
    #[must_use]
    pub fn memory_mib(&self, flavour: &str, default_mib: u32) -> u32 {
        self.flavours.get(flavour).map_or(default_mib, |image| image.usual_memory_mib.max(default_mib))
    }

    /// Where machines have their directories.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// A new machine by snapshot or cold boot (the pool is asked by `pool`).
    ///
    /// # Errors
    /// [`StartFailure`]; nothing is left of it.
    pub async fn start(self: &Arc<Self>, spec: &MachineSpec, purpose: Purpose) -> Result<LiveVm, StartFailure> {
        let permit = self.permit().await?;
        let started = self.start_by_best(spec, purpose).await;
        drop(permit);
        if purpose == Purpose::Runtime {
            self.want_spares(spec);
        }
        started
    }

    async fn start_by_best(self: &Arc<Self>, spec: &MachineSpec, purpose: Purpose) -> Result<LiveVm, StartFailure> {
        let vm_spec = self.vm_spec(spec)?;
        if purpose == Purpose::Runtime
            && let Some(vm) = self.start_spare(spec).await
        {
            return Ok(vm);
        }
        if let Some((key, snapshot)) = self.usable_snapshot(spec, &vm_spec).await {
            let begun = Instant::now();
            match self.restore(&vm_spec, &snapshot, Uuid::new_v4().to_string()).await {
                Ok(vm) => {
                    let missed = purpose == Purpose::Runtime && self.spares.are_kept();
                    self.report(spec, StartPath::Snapshot, Some(begun.elapsed()), missed.then_some(false));
                    return Ok(vm);
                }
                Err(failure) => {
                    tracing::warn!(flavour = spec.flavour, "a snapshot does not restore, booting instead: {failure}");
                    self.report(spec, StartPath::Snapshot, None, None);
                    if let Some(snapshots) = &self.snapshots {
                        snapshots.discard(&key);
                    }
                    self.end_spares_of(spec).await;
                }
            }
        }
        let booted = self.boot(spec, &vm_spec).await;
        if booted.is_err() {
            self.report(spec, StartPath::Cold, None, None);
        }
        booted
    }

    /// A machine that goes on from what [`LiveVm::save`] wrote into `saved`, under the identity that it had.
    ///
    /// # Errors
    /// [`StartFailure`]; nothing is left of it, and `saved` is as it was.
    pub async fn wake(self: &Arc<Self>, spec: &MachineSpec, saved: &Path, id: &str) -> Result<LiveVm, StartFailure> {
        let _permit = self.permit().await?;
        let begun = Instant::now();
        let woken = self.restore(&self.vm_spec(spec)?, saved, id.to_owned()).await?;
        self.report(spec, StartPath::Snapshot, Some(begun.elapsed()), None);
        Ok(woken)
    }

    /// Starts nothing from now on, and waits (for a bounded time) until the starts in progress are over, so that their
    /// machines are somebody's or gone.
    pub(crate) async fn close(&self) {
        self.starts.close();
        let at_rest = async {
            while self.is_starting() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, at_rest).await.is_err() {
            tracing::warn!("starts in progress are not over after {} s", CLOSE_TIMEOUT.as_secs());
        }
        self.close_spares().await;
    }

    /// Whether anything is being started, machines to take snapshots of included.
    fn is_starting(&self) -> bool {
        let making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        self.starts.available_permits() < self.most_starts
            || making.values().any(|making| matches!(making, Making::Now(_)))
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, StartFailure> {
        let closed = |_| StartFailure::passing("the engine is stopping".to_owned());
        self.starts.acquire().await.map_err(closed)
    }

    /// Takes over a machine that runs since before this process began.
    ///
    /// # Errors
    /// When it cannot be, in words. The machine is as it was.
    pub async fn adopt(&self, running: &RunningMachine, id: &str, start: StartPath) -> Result<LiveVm, String> {
        // It may have been started under other settings.
        let network = if running.directory.join(LINK_SOCKET).exists() { Network::Link } else { Network::User };
        let (qemu, machine) = (self.qemu.clone(), running.clone());
        let adopted =
            blocking(move || qemu.adopt(&machine, Lifetime::Outlives, network).map_err(|error| chain(&error)));
        let mut vm = adopted.await?;
        // It may have been stopped to be saved when its engine died. Going on harms none that runs.
        vm.resume().map_err(|error| chain(&error))?;
        let vm = LiveVm::new(id.to_owned(), vm, start).await.map_err(|error| chain(&error))?;
        match guest::renew(vm.connector.as_ref(), id, self.start_timeout).await {
            Ok(()) => Ok(vm),
            Err(error) => {
                vm.stop().await;
                Err(chain(&error))
            }
        }
    }

    async fn restore(&self, vm_spec: &VmSpec, saved: &Path, id: String) -> Result<LiveVm, StartFailure> {
        let (qemu, vm_spec, saved) = (self.qemu.clone(), vm_spec.clone(), saved.to_path_buf());
        let vm = blocking(move || qemu.restore(&vm_spec, &saved).map_err(|error| start_failure(&error))).await?;
        let mut phases = Stopwatch::after_restore(&vm.timings());
        let vm = connected(id, vm, StartPath::Snapshot).await?;
        phases.lap("link");
        self.renewed(vm, phases).await
    }

    /// Gives a guest what only it may have; from then on it may be asked. One that does not take it is ended.
    async fn renewed(&self, mut vm: LiveVm, mut phases: Stopwatch) -> Result<LiveVm, StartFailure> {
        if let Err(error) = guest::renew(vm.connector.as_ref(), &vm.id, self.start_timeout).await {
            return Err(abandoned(vm, &chain(&error)).await);
        }
        phases.lap("renew");
        vm.phases_us = phases.laps;
        Ok(vm)
    }

    async fn boot(&self, spec: &MachineSpec, vm_spec: &VmSpec) -> Result<LiveVm, StartFailure> {
        let begun = Instant::now();
        let (qemu, vm_spec, timeout) = (self.qemu.clone(), vm_spec.clone(), self.start_timeout);
        let booted = move || boot(&qemu, &vm_spec, timeout, |_| {}).map_err(|error| boot_failure(&error));
        let ReadyMachine { vm, ready } = blocking(booted).await?;
        let mut phases = Stopwatch::after_boot(vm.timings(), &ready.milestones_us);
        let vm = connected(Uuid::new_v4().to_string(), vm, StartPath::Cold).await?;
        phases.lap("link");
        // The machine's clock has whole seconds, so a cold boot too is told the time.
        let vm = self.renewed(vm, phases).await?;
        self.report(spec, StartPath::Cold, Some(begun.elapsed()), None);
        Ok(vm)
    }

    fn report(&self, spec: &MachineSpec, path: StartPath, took: Option<Duration>, spare: Option<bool>) {
        (self.observer)(&StartReport { flavour: &spec.flavour, path, took, spare });
    }

    fn vm_spec(&self, spec: &MachineSpec) -> Result<VmSpec, StartFailure> {
        let Some(image) = self.flavours.get(&spec.flavour) else {
            let reason = format!("there is no image of the flavour `{}`", spec.flavour);
            return Err(StartFailure { reason, is_final: true });
        };
        Ok(VmSpec {
            name: spec.flavour.clone(),
            loader: image.loader.clone(),
            unikernel: image.unikernel.clone(),
            cpu_count: spec.cpus,
            memory_mib: spec.memory_mib,
            boot_options: self.boot_options.clone(),
            accelerator: self.accelerator,
            lifetime: Lifetime::Outlives,
            state_dir: self.state_dir.clone(),
            guest_port: GUEST_PORT,
            network: self.network,
            limits: Some(ResourceLimits { cpu_cores: spec.cpus, memory_bytes: u64::from(spec.memory_mib) << 20 }),
        })
    }
}

async fn connected(id: String, vm: Box<dyn MicroVm>, start: StartPath) -> Result<LiveVm, StartFailure> {
    LiveVm::new(id, vm, start).await.map_err(|error| StartFailure::passing(chain(&error)))
}

/// Ends a machine that does not serve.
async fn abandoned(vm: LiveVm, reason: &str) -> StartFailure {
    let tail = vm.serial_tail(5).await;
    vm.stop().await;
    let reason =
        if tail.is_empty() { reason.to_owned() } else { format!("{reason}; its serial console ends with\n{tail}") };
    StartFailure::passing(reason)
}

async fn blocking<T: Send + 'static, E: Send + 'static + From<PanicInBlocking>>(
    action: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match tokio::task::spawn_blocking(action).await {
        Ok(result) => result,
        Err(error) => Err(E::from(PanicInBlocking(error.to_string()))),
    }
}

/// A thread for blocking calls panicked: a fault of ours that must not take the engine along.
struct PanicInBlocking(String);

impl From<PanicInBlocking> for String {
    fn from(panic: PanicInBlocking) -> Self {
        panic.0
    }
}

impl From<PanicInBlocking> for StartFailure {
    fn from(panic: PanicInBlocking) -> Self {
        Self::passing(panic.0)
    }
}
