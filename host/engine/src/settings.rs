//! The engine's settings: one list of them, from which the flags, the environment variables, the file's keys, the commented
//! file and what `/server/config` shows are all made.
//!
//! A flag goes before its environment variable (`SKERRY_` and the flag's name), that before the file, that before the
//! default. The file is YAML (`provisioning-engine.conf`), because the report says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Deserializer, Serialize};
use skerry_api::provisioning::ENGINE_PORT;

/// Calls that the gateway has at one guest at once: its connections, less those for what is answered at once.
const MOST_CONCURRENCY: u32 = 24;
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

/// How the gateway reaches guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum GuestNetwork {
    /// The private link where QEMU has it, else its user networking.
    Auto,
    /// Ethernet frames on a socket that only the engine can reach, and a TCP/IP stack in the engine.
    Link,
    /// QEMU's user networking: a port of 127.0.0.1, which other local users can reach, too.
    User,
}

/// All settings, each with a value. The order is that of the commented file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// See [`SettingsLayer::host`]; the same holds for all that follow.
    pub host: String,
    #[allow(missing_docs)]
    pub port: u16,
    #[allow(missing_docs)]
    pub public_url: String,
    #[allow(missing_docs)]
    pub data_dir: PathBuf,
    #[allow(missing_docs)]
    pub storage: String,
    #[allow(missing_docs)]
    pub runtime_addresses: bool,
    #[allow(missing_docs)]
    pub guest_network: GuestNetwork,
    #[allow(missing_docs)]
    pub alias: BTreeMap<String, String>,
    #[allow(missing_docs)]
    pub pool: BTreeMap<String, u32>,
    #[allow(missing_docs)]
    pub pool_max_age_s: u64,
    #[allow(missing_docs)]
    pub snapshots: bool,
    #[allow(missing_docs)]
    pub snapshots_mib: u64,
    #[allow(missing_docs)]
    pub default_memory_mib: u32,
    #[allow(missing_docs)]
    pub reserve_mib: u64,
    #[allow(missing_docs)]
    pub cpu_overcommit: u32,
    #[allow(missing_docs)]
    pub starts: usize,
    #[allow(missing_docs)]
    pub concurrency: u32,
    #[allow(missing_docs)]
    pub queue: u32,
    #[allow(missing_docs)]
    pub idle_timeout_s: u32,
    #[allow(missing_docs)]
    pub wake_timeout_ms: u64,
    #[allow(missing_docs)]
    pub restart_tries: u32,
    #[allow(missing_docs)]
    pub restart_forget_s: u64,
    #[allow(missing_docs)]
    pub start_timeout_ms: u64,
    #[allow(missing_docs)]
    pub task_retention_s: u64,
    #[allow(missing_docs)]
    pub drain_timeout_s: u64,
    #[allow(missing_docs)]
    pub keep_machines: bool,
    #[allow(missing_docs)]
    pub boot_option: BTreeMap<String, String>,
    #[allow(missing_docs)]
    pub users: BTreeMap<String, String>,
}

/// Settings that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The file is not YAML, or has a key or a value that it cannot have.
    #[error("the settings file {} is wrong: {reason}; `skerry engine print-config` shows a right one", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What and where.
        reason: String,
    },
    /// A value that does not fit the others.
    #[error("{0}")]
    Invalid(String),
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

    fn parse(text: &str) -> Result<Self, String> {
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

impl Settings {
    /// What holds where nobody says otherwise.
    #[must_use]
    pub fn defaults(data_dir: &Path) -> Self {
        let alias = ["Nature", "Energy", "Function"].map(|name| (name.to_owned(), "minimal".to_owned()));
        Self {
            host: "127.0.0.1".to_owned(),
            port: ENGINE_PORT,
            public_url: String::new(),
            data_dir: data_dir.to_path_buf(),
            storage: String::new(),
            runtime_addresses: false,
            guest_network: GuestNetwork::Auto,
            alias: alias.into(),
            pool: BTreeMap::from([("minimal".to_owned(), 1)]),
            pool_max_age_s: 3600,
            snapshots: true,
            snapshots_mib: 1024,
            default_memory_mib: 64,
            reserve_mib: 0,
            cpu_overcommit: 100,
            starts: 0,
            concurrency: 16,
            queue: 256,
            idle_timeout_s: 300,
            wake_timeout_ms: 10_000,
            restart_tries: 5,
            restart_forget_s: 60,
            start_timeout_ms: 30_000,
            task_retention_s: 600,
            drain_timeout_s: 30,
            keep_machines: true,
            boot_option: BTreeMap::new(),
            users: BTreeMap::new(),
        }
    }

    fn check(&self) -> Result<(), SettingsError> {
        let invalid = |message: String| Err(SettingsError::Invalid(message));
        let Ok(address) = self.host.parse::<std::net::IpAddr>() else {
            return invalid(format!("host `{}` is not an IP address, such as 127.0.0.1 or 0.0.0.0", self.host));
        };
        if !address.is_loopback() && self.users.is_empty() {
            return invalid(format!(
                "host {address} is open to others, and there are no users; list some under `users` (`skerry engine \
                 hash-password` makes the hashes)"
            ));
        }
        for (name, value) in [("concurrency", self.concurrency), ("cpu_overcommit", self.cpu_overcommit)] {
            if value == 0 {
                return invalid(format!("{name} must be at least 1"));
            }
        }
        if self.concurrency > MOST_CONCURRENCY {
            return invalid(format!(
                "concurrency is {}; a runtime serves at most {MOST_CONCURRENCY} at once",
                self.concurrency
            ));
        }
        if !(16..=3072).contains(&self.default_memory_mib) {
            return invalid(format!("default_memory_mib is {}; a machine has 16 to 3072 MiB", self.default_memory_mib));
        }
        if !(self.public_url.is_empty()
            || self.public_url.starts_with("http://")
            || self.public_url.starts_with("https://"))
        {
            return invalid(format!("public_url `{}` does not begin with http:// or https://", self.public_url));
        }
        Ok(())
    }

    /// What `/server/config` shows: everything but secrets.
    #[must_use]
    pub fn public_view(&self) -> serde_json::Value {
        let mut view = serde_json::to_value(self).unwrap_or_default();
        view["users"] = self.users.keys().cloned().collect();
        // A database's URL may hold a password.
        view["storage"] = if self.storage.starts_with("postgres") { "postgresql".into() } else { "sqlite".into() };
        view
    }

    /// How long a request waits for a runtime that starts or wakes.
    #[must_use]
    pub fn wake_timeout(&self) -> Duration {
        Duration::from_millis(self.wake_timeout_ms)
    }

    /// How long a machine may take to its first answer.
    #[must_use]
    pub fn start_timeout(&self) -> Duration {
        Duration::from_millis(self.start_timeout_ms)
    }
}

/// The settings file with every key, its meaning and its default, all commented out.
#[must_use]
pub fn commented_file(data_dir: &Path) -> String {
    let defaults = serde_json::to_value(Settings::defaults(data_dir)).unwrap_or_default();
    let mut text = String::from(
        "# Settings of the provisioning engine: `skerry engine --config FILE`. YAML.\n\
         # Each is also a flag (--pool-max-age-s) and an environment variable (SKERRY_POOL_MAX_AGE_S); a flag goes before\n\
         # the variable, that before this file, that before the default, which is what stands here.\n",
    );
    for argument in SettingsLayer::augment_args(clap::Command::new("engine")).get_arguments() {
        let key = argument.get_id().as_str();
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let Some(value) = defaults.get(key) else { continue };
        let _ = writeln!(text, "\n# {help}.");
        match value {
            serde_json::Value::Object(members) if !members.is_empty() => {
                let _ = writeln!(text, "#{key}:");
                for (name, value) in members {
                    let _ = writeln!(text, "#  {name}: {value}");
                }
            }
            value => {
                let _ = writeln!(text, "#{key}: {value}");
            }
        }
    }
    text
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

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;
    use proptest::prelude::*;

    use super::*;

    fn data_dir() -> &'static Path {
        Path::new("/var/lib/skerry")
    }

    fn from_flags(words: &[&str]) -> SettingsLayer {
        let command = SettingsLayer::augment_args(clap::Command::new("engine").no_binary_name(true));
        SettingsLayer::from_arg_matches(&command.get_matches_from(words)).unwrap()
    }

    #[test]
    fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
        let file = SettingsLayer::parse("port: 1\nqueue: 7\npool:\n  minimal: 3\n").unwrap();
        let settings = from_flags(&["--port", "2", "--alias", "A=minimal,B=minimal"]).over(file).complete(data_dir());
        let settings = settings.unwrap();
        assert_eq!((settings.port, settings.queue, settings.pool["minimal"]), (2, 7, 3));
        assert_eq!(settings.alias.keys().collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(settings.concurrency, Settings::defaults(data_dir()).concurrency);
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_refused_with_their_place() {
        for (text, wanted) in
            [("prot: 1", "prot"), ("port: lots", "port"), ("pool: 3", ""), ("port: 1\nport: 2", ""), ("[", "")]
        {
            let error = SettingsLayer::parse(text).unwrap_err();
            assert!(error.contains(wanted) && !error.is_empty(), "{text}: {error}");
        }
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert!(SettingsLayer::parse("").unwrap().port.is_none());
        assert!(SettingsLayer::parse("# port: 1\n\n").unwrap().port.is_none());
    }

    #[test]
    fn beyond_loopback_there_must_be_users() {
        let open = from_flags(&["--host", "0.0.0.0"]).complete(data_dir()).unwrap_err();
        assert!(open.to_string().contains("no users"), "{open}");
        assert!(from_flags(&["--host", "0.0.0.0", "--users", "a=h"]).complete(data_dir()).is_ok());
        assert!(from_flags(&["--host", "localhost"]).complete(data_dir()).is_err());
    }

    #[test]
    fn the_commented_file_has_every_setting_and_says_the_defaults() {
        let file = commented_file(data_dir());
        let defaults = Settings::defaults(data_dir());
        let keys = serde_json::to_value(&defaults).unwrap();
        for key in keys.as_object().unwrap().keys() {
            assert!(file.contains(&format!("\n#{key}:")), "{key} is missing");
        }
        let uncommented: String = file
            .lines()
            .filter(|line| !line.starts_with("# "))
            .map(|line| line.strip_prefix('#').unwrap_or(line).to_owned() + "\n")
            .collect();
        assert_eq!(SettingsLayer::parse(&uncommented).unwrap().complete(Path::new("/x")).unwrap(), defaults);
    }

    #[test]
    fn no_secret_is_shown() {
        let layer = from_flags(&["--users", "a=$argon2id$secret", "--storage", "postgres://u:secret@h/d"]);
        let view = layer.complete(data_dir()).unwrap().public_view().to_string();
        assert!(!view.contains("secret"), "{view}");
        assert!(view.contains("\"users\":[\"a\"]"), "{view}");
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_an_error(text in "\\PC{0,200}") {
            let _ = SettingsLayer::parse(&text);
        }
    }
}
