//! Settings from one source: flags and environment, or the file. What the fields' comments say is their help, too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::{GuestNetwork, Settings, SettingsError};

/// Largest settings file that is read.
const MOST_FILE_BYTES: u64 = 1024 * 1024;

/// Values from one source; what it does not say is `None`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsLayer {
    /// Address to listen on; beyond loopback, users from the settings are required
    #[arg(long, value_name = "ADDRESS", env = "SKERRY_HOST")]
    pub host: Option<String>,
    /// TCP port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", env = "SKERRY_PORT")]
    pub port: Option<u16>,
    /// Base URL under which clients reach the engine, when it is not http://HOST:PORT
    #[arg(long, value_name = "URL", env = "SKERRY_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Folder of the database, snapshots and saved machines (default for root, else below XDG_DATA_HOME)
    #[arg(long, value_name = "DIRECTORY", env = "SKERRY_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Database: empty for SQLite in the data directory, a path, sqlite://…, or postgres://…
    #[arg(long, value_name = "URL", env = "SKERRY_STORAGE")]
    pub storage: Option<String>,
    /// Each runtime also answers at an address of its own: http://127.64.x.y:8000
    #[arg(long, value_name = "BOOL", env = "SKERRY_RUNTIME_ADDRESSES", num_args = 0..=1, default_missing_value = "true")]
    pub runtime_addresses: Option<bool>,
    /// How the gateway reaches guests: `link` (private), `user` (QEMU's user networking), or `auto`
    #[arg(long, value_enum, value_name = "KIND", env = "SKERRY_GUEST_NETWORK")]
    pub guest_network: Option<GuestNetwork>,
    /// Other names of flavours
    #[arg(long, value_name = "NAME=FLAVOUR", env = "SKERRY_ALIAS", value_delimiter = ',', value_parser = pair::<String>)]
    #[serde(default, deserialize_with = "pairs")]
    pub alias: Option<Vec<(String, String)>>,
    /// Machines that are kept ready, by flavour
    #[arg(long, value_name = "FLAVOUR=COUNT", env = "SKERRY_POOL", value_delimiter = ',', value_parser = pair::<u32>)]
    #[serde(default, deserialize_with = "pairs")]
    pub pool: Option<Vec<(String, u32)>>,
    /// Seconds after which a pooled machine is replaced
    #[arg(long, value_name = "SECONDS", env = "SKERRY_POOL_MAX_AGE_S")]
    pub pool_max_age_s: Option<u64>,
    /// Whether snapshots are made and used
    #[arg(long, value_name = "BOOL", env = "SKERRY_SNAPSHOTS", num_args = 0..=1, default_missing_value = "true")]
    pub snapshots: Option<bool>,
    /// MiB that snapshots may take on disk; the least recently used go first
    #[arg(long, value_name = "MIB", env = "SKERRY_SNAPSHOTS_MIB")]
    pub snapshots_mib: Option<u64>,
    /// Machines that are restored from a snapshot in advance and stand still, of each kind asked for lately; 0 for none
    #[arg(long, value_name = "COUNT", env = "SKERRY_SPARES")]
    pub spares: Option<u32>,
    /// MEMORY of a runtime that does not ask for any, in MB
    #[arg(long, value_name = "MIB", env = "SKERRY_DEFAULT_MEMORY_MIB")]
    pub default_memory_mib: Option<u32>,
    /// MiB of the host's memory that machines never get; 0 means a tenth, at least 512
    #[arg(long, value_name = "MIB", env = "SKERRY_RESERVE_MIB")]
    pub reserve_mib: Option<u64>,
    /// Virtual processors that one of the host's may stand for
    #[arg(long, value_name = "COUNT", env = "SKERRY_CPU_OVERCOMMIT")]
    pub cpu_overcommit: Option<u32>,
    /// Machines that are started at the same time; 0 means twice the processors
    #[arg(long, value_name = "COUNT", env = "SKERRY_STARTS")]
    pub starts: Option<usize>,
    /// Requests that a runtime serves at once unless it says otherwise
    #[arg(long, value_name = "COUNT", env = "SKERRY_CONCURRENCY")]
    pub concurrency: Option<u32>,
    /// Requests that may wait for one runtime; more get 429
    #[arg(long, value_name = "COUNT", env = "SKERRY_QUEUE")]
    pub queue: Option<u32>,
    /// Seconds without a request after which a runtime sleeps unless it says otherwise; 0 never
    #[arg(long, value_name = "SECONDS", env = "SKERRY_IDLE_TIMEOUT_S")]
    pub idle_timeout_s: Option<u32>,
    /// Milliseconds that a request waits for a runtime that starts or wakes; then 503
    #[arg(long, value_name = "MILLISECONDS", env = "SKERRY_WAKE_TIMEOUT_MS")]
    pub wake_timeout_ms: Option<u64>,
    /// Starts in a row that may fail before a runtime is given up (ERROR)
    #[arg(long, value_name = "COUNT", env = "SKERRY_RESTART_TRIES")]
    pub restart_tries: Option<u32>,
    /// Seconds that a machine must have run for its earlier failures to be forgotten
    #[arg(long, value_name = "SECONDS", env = "SKERRY_RESTART_FORGET_S")]
    pub restart_forget_s: Option<u64>,
    /// Milliseconds that a machine may take from its start to its first answer
    #[arg(long, value_name = "MILLISECONDS", env = "SKERRY_START_TIMEOUT_MS")]
    pub start_timeout_ms: Option<u64>,
    /// Seconds that an asynchronous task's answer is kept
    #[arg(long, value_name = "SECONDS", env = "SKERRY_TASK_RETENTION_S")]
    pub task_retention_s: Option<u64>,
    /// Seconds that requests in progress get at SIGTERM before they are cut off
    #[arg(long, value_name = "SECONDS", env = "SKERRY_DRAIN_TIMEOUT_S")]
    pub drain_timeout_s: Option<u64>,
    /// Whether machines go on when the engine stops; the next start then adopts them
    #[arg(long, value_name = "BOOL", env = "SKERRY_KEEP_MACHINES", num_args = 0..=1, default_missing_value = "true")]
    pub keep_machines: Option<bool>,
    /// Boot options of every guest: log=debug, call-time-limit-ms=1000, …
    #[arg(long = "boot-option", value_name = "NAME=VALUE", env = "SKERRY_BOOT_OPTION", value_delimiter = ',',
          value_parser = pair::<String>)]
    #[serde(default, deserialize_with = "pairs")]
    pub boot_option: Option<Vec<(String, String)>>,
    /// Users and the argon2id hashes of their passwords; `skerry engine hash-password` makes one
    #[arg(long, value_name = "NAME=HASH", env = "SKERRY_USERS", value_parser = pair::<String>)]
    #[serde(default, deserialize_with = "pairs")]
    pub users: Option<Vec<(String, String)>>,
}

impl SettingsLayer {
    /// Reads a settings file. An empty one says nothing.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let unreadable = |source| SettingsError::Unreadable { path: path.to_path_buf(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut std::io::Read::take(file, MOST_FILE_BYTES), &mut text)
            .map_err(unreadable)?;
        Self::parse(&text).map_err(|reason| SettingsError::Malformed { path: path.to_path_buf(), reason })
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let says_something = text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        if !says_something {
            return Ok(Self::default());
        }
        serde_saphyr::from_str(text).map_err(|error| error.to_string().trim().to_owned())
    }

    /// Fills what this layer does not say from `lower`.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        Self {
            host: self.host.or(lower.host),
            port: self.port.or(lower.port),
            public_url: self.public_url.or(lower.public_url),
            data_dir: self.data_dir.or(lower.data_dir),
            storage: self.storage.or(lower.storage),
            runtime_addresses: self.runtime_addresses.or(lower.runtime_addresses),
            guest_network: self.guest_network.or(lower.guest_network),
            alias: self.alias.or(lower.alias),
            pool: self.pool.or(lower.pool),
            pool_max_age_s: self.pool_max_age_s.or(lower.pool_max_age_s),
            snapshots: self.snapshots.or(lower.snapshots),
            snapshots_mib: self.snapshots_mib.or(lower.snapshots_mib),
            spares: self.spares.or(lower.spares),
            default_memory_mib: self.default_memory_mib.or(lower.default_memory_mib),
            reserve_mib: self.reserve_mib.or(lower.reserve_mib),
            cpu_overcommit: self.cpu_overcommit.or(lower.cpu_overcommit),
            starts: self.starts.or(lower.starts),
            concurrency: self.concurrency.or(lower.concurrency),
            queue: self.queue.or(lower.queue),
            idle_timeout_s: self.idle_timeout_s.or(lower.idle_timeout_s),
            wake_timeout_ms: self.wake_timeout_ms.or(lower.wake_timeout_ms),
            restart_tries: self.restart_tries.or(lower.restart_tries),
            restart_forget_s: self.restart_forget_s.or(lower.restart_forget_s),
            start_timeout_ms: self.start_timeout_ms.or(lower.start_timeout_ms),
            task_retention_s: self.task_retention_s.or(lower.task_retention_s),
            drain_timeout_s: self.drain_timeout_s.or(lower.drain_timeout_s),
            keep_machines: self.keep_machines.or(lower.keep_machines),
            boot_option: self.boot_option.or(lower.boot_option),
            users: self.users.or(lower.users),
        }
    }

    /// All settings: what this layer says, and the defaults for the rest. `data_dir` is where data goes by default.
    ///
    /// # Errors
    /// When values do not fit each other.
    pub fn complete(self, data_dir: &Path) -> Result<Settings, SettingsError> {
        let default = Settings::defaults(data_dir);
        let settings = Settings {
            host: self.host.unwrap_or(default.host),
            port: self.port.unwrap_or(default.port),
            public_url: self.public_url.unwrap_or(default.public_url),
            data_dir: self.data_dir.unwrap_or(default.data_dir),
            storage: self.storage.unwrap_or(default.storage),
            runtime_addresses: self.runtime_addresses.unwrap_or(default.runtime_addresses),
            guest_network: self.guest_network.unwrap_or(default.guest_network),
            alias: self.alias.map_or(default.alias, |pairs| pairs.into_iter().collect()),
            pool: self.pool.map_or(default.pool, |pairs| pairs.into_iter().collect()),
            pool_max_age_s: self.pool_max_age_s.unwrap_or(default.pool_max_age_s),
            snapshots: self.snapshots.unwrap_or(default.snapshots),
            snapshots_mib: self.snapshots_mib.unwrap_or(default.snapshots_mib),
            spares: self.spares.unwrap_or(default.spares),
            default_memory_mib: self.default_memory_mib.unwrap_or(default.default_memory_mib),
            reserve_mib: self.reserve_mib.unwrap_or(default.reserve_mib),
            cpu_overcommit: self.cpu_overcommit.unwrap_or(default.cpu_overcommit),
            starts: self.starts.unwrap_or(default.starts),
            concurrency: self.concurrency.unwrap_or(default.concurrency),
            queue: self.queue.unwrap_or(default.queue),
            idle_timeout_s: self.idle_timeout_s.unwrap_or(default.idle_timeout_s),
            wake_timeout_ms: self.wake_timeout_ms.unwrap_or(default.wake_timeout_ms),
            restart_tries: self.restart_tries.unwrap_or(default.restart_tries),
            restart_forget_s: self.restart_forget_s.unwrap_or(default.restart_forget_s),
            start_timeout_ms: self.start_timeout_ms.unwrap_or(default.start_timeout_ms),
            task_retention_s: self.task_retention_s.unwrap_or(default.task_retention_s),
            drain_timeout_s: self.drain_timeout_s.unwrap_or(default.drain_timeout_s),
            keep_machines: self.keep_machines.unwrap_or(default.keep_machines),
            boot_option: self.boot_option.map_or(default.boot_option, |pairs| pairs.into_iter().collect()),
            users: self.users.map_or(default.users, |pairs| pairs.into_iter().collect()),
        };
        settings.check()?;
        Ok(settings)
    }
}

/// `NAME=VALUE` on the command line.
fn pair<T: std::str::FromStr>(text: &str) -> Result<(String, T), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("it is not NAME=VALUE")?;
    Ok((name.to_owned(), value.parse().map_err(|_| format!("`{value}` is not a value for it"))?))
}

/// A mapping in the file.
fn pairs<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<(String, T)>>, D::Error> {
    Ok(Option::<BTreeMap<String, T>>::deserialize(deserializer)?.map(|mapping| mapping.into_iter().collect()))
}
