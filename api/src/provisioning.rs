//! The provisioning engine's REST API (`/serverless-runtimes…`): the object that clients create, poll, change and delete.
//!
//! Names and units are those of the COGNIT D3.1 report: capital letters, memory and disk in MB, latency in ms. The member
//! `SKERRY` is ours, and optional. What a client may write is described by the JSON Schema that the engine serves; these
//! types are what is left after validation.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The TCP port on which an engine serves unless told otherwise.
pub const ENGINE_PORT: u16 = 2719;

/// The envelope in which a runtime travels both ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerlessRuntimeBody {
    /// The runtime.
    #[serde(rename = "SERVERLESS_RUNTIME")]
    pub serverless_runtime: ServerlessRuntime,
}

/// A Serverless Runtime as the engine shows it; in a request the members that the engine sets are absent or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct ServerlessRuntime {
    /// What its owner calls it; the engine gives one where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The engine's number for it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The number of the service that stands behind it; with this engine the same as `ID`.
    #[serde(rename = "SERVICE_ID", default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<u64>,
    /// The machine that runs functions.
    pub faas: Machine,
    /// The machine that would keep data: a later piece of work. Kept and shown as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daas: Option<Machine>,
    /// Wishes about placement. Kept and shown; one host has one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<Scheduling>,
    /// Where the device is. Kept and shown.
    #[serde(rename = "DEVICE_INFO", default, skip_serializing_if = "Option::is_none")]
    pub device_info: Option<DeviceInfo>,
    /// What Skerry adds to the report's object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skerry: Option<SkerryOptions>,
}

/// One of a runtime's machines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors, in cores.
    #[serde(rename = "CPU", default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u32>,
    /// Memory in MB (of 1024 × 1024 bytes).
    #[serde(rename = "MEMORY", default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    /// Disk in MB. A unikernel has none: kept and shown only.
    #[serde(rename = "DISK_SIZE", default, skip_serializing_if = "Option::is_none")]
    pub disk_size_mb: Option<u64>,
    /// Which image, by name or alias: `minimal`, `Nature`, ….
    #[serde(rename = "FLAVOUR", default, skip_serializing_if = "Option::is_none")]
    pub flavour: Option<String>,
    /// The base URL that functions are sent to.
    #[serde(rename = "ENDPOINT", default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// How far it is.
    #[serde(rename = "STATE", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RuntimeState>,
    /// Which VM stands behind it now; another one after each restart.
    #[serde(rename = "VM_ID", default, skip_serializing_if = "Option::is_none")]
    pub vm_id: Option<String>,
    /// Why it is in `ERROR`.
    #[serde(rename = "ERROR", default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How far a runtime is. The engine's documentation has the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RuntimeState {
    /// Accepted; its VM is being started.
    Pending,
    /// Its endpoint answers. A sleeping runtime is `RUNNING` too: the next request wakes it.
    Running,
    /// A new VM is being started for changed hardware; the endpoint goes on answering.
    Updating,
    /// It does not answer; `ERROR` says why.
    Error,
}

impl RuntimeState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Running, Self::Updating, Self::Error];

    /// As it is written on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Updating => "UPDATING",
            Self::Error => "ERROR",
        }
    }

    /// Whether the runtime is on its way to another state, so that it cannot be changed now (423).
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Pending | Self::Updating)
    }
}

/// Wishes about placement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct Scheduling {
    /// `energy, latency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `energy_renewal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirements: Option<String>,
}

/// Where the device is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Milliseconds from the device to the engine.
    #[serde(rename = "LATENCY_TO_PE", default, skip_serializing_if = "Option::is_none")]
    pub latency_to_pe_ms: Option<f64>,
    /// WGS84.
    #[serde(rename = "GEOGRAPHIC_LOCATION", default, skip_serializing_if = "Option::is_none")]
    pub geographic_location: Option<String>,
}

/// What Skerry adds to the report's object: how a runtime is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct SkerryOptions {
    /// Whether its endpoint answers without credentials. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// What happens when its VM ends by itself. Default `on-failure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartPolicy>,
    /// Seconds without a request after which it sleeps; 0 never. Default is the engine's.
    #[serde(rename = "IDLE_TIMEOUT", default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout_s: Option<u32>,
    /// Requests that it may serve at once; more wait. Default is the engine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Set by the engine: whether its VM sleeps until the next request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleeping: Option<bool>,
    /// Set by the engine: how its present VM was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartPath>,
    /// Set by the engine: how often its VM was restarted after an end of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<u32>,
    /// Set by the engine: the address of its own that answers beside `ENDPOINT`, where the engine gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What happens when a runtime's VM ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// A new VM, however the old one ended.
    Always,
    /// A new VM, unless the guest switched its machine off in order.
    #[default]
    OnFailure,
    /// None: the runtime is in `ERROR`.
    Never,
}

/// How a VM came to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartPath {
    /// Taken from the pool of VMs that run already.
    Pool,
    /// Restored from a snapshot.
    Snapshot,
    /// Booted.
    Cold,
}

impl StartPath {
    /// All of them, fastest first.
    pub const ALL: [Self; 3] = [Self::Pool, Self::Snapshot, Self::Cold];

    /// As it is written on the wire, in metrics and in `X-Skerry-Start`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Snapshot => "snapshot",
            Self::Cold => "cold",
        }
    }
}

/// One page of `GET /serverless-runtimes`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct ServerlessRuntimePage {
    /// The runtimes, by rising `ID`.
    #[serde(rename = "SERVERLESS_RUNTIMES")]
    pub serverless_runtimes: Vec<ServerlessRuntimeBody>,
    /// How many fit the filters in all.
    pub total: u64,
    /// What to give as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One step of a runtime's life, from `GET /serverless-runtimes/{id}/history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// What happened: `created`, `started`, `slept`, `woke`, `vm-ended`, `updated`, `failed`, `adopted`, ….
    pub event: String,
    /// The state afterwards.
    pub state: RuntimeState,
    /// The VM that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vm_id: Option<String>,
    /// How that VM was started, where it is about a start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartPath>,
    /// How long each phase of it took, in microseconds, in the order in which they passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases_us: Vec<(String, u64)>,
    /// More, in words: a reason, the last lines of a serial log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
