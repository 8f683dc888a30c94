//! The engine's settings: one list of them, from which the flags, the environment variables, the file's keys, the commented
//! file and what `/server/config` shows are all made.
//!
//! A flag goes before its environment variable (`SKERRY_` and the flag's name), that before the file, that before the
//! default. The file is YAML (`provisioning-engine.conf`), because the report says so.

mod layer;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use skerry_api::provisioning::ENGINE_PORT;

pub use layer::SettingsLayer;

/// Calls that the gateway has at one guest at once: its connections, less those for what is answered at once.
const MOST_CONCURRENCY: u32 = 24;
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
    pub spares: u32,
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
            spares: 1,
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
