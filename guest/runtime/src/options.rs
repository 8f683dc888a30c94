//! The boot options: `name=value` words, with defaults that fit a machine of 64 MiB.
//!
//! Unknown names and values out of range are refused, so that a misspelt limit is never silently the default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use skerry_api::boot;
use skerry_api::faas::GUEST_PORT;

use crate::log::Level;

const MIB: u64 = 1024 * 1024;

/// The value of `compat` that makes `execute-async` answer 200.
const COMPAT_COGNIT: &str = "cognit-1.0";

/// A boot option that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// A word without `=`.
    #[error("`{0}` is not of the form name=value; the options are: {names}", names = known_names())]
    NotAnOption(String),
    /// A name that stands for nothing.
    #[error("no option is called `{0}`; the options are: {names}", names = known_names())]
    UnknownName(String),
    /// The same name twice.
    #[error("option `{0}` is given twice")]
    GivenTwice(String),
    /// A value that the option cannot have.
    #[error("option `{name}` cannot be `{value}`: it must be {expected}")]
    BadValue {
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it can be.
        expected: String,
    },
}

/// How the runtime is to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Least severe level that is logged.
    pub log: Level,
    /// Answer `execute-async` with 200, as the first public COGNIT release does.
    pub cognit_compatible: bool,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Largest request body in bytes; `None` for what suits the machine's memory.
    pub body_limit_bytes: Option<usize>,
    /// Wall-clock limit of one call.
    pub call_time_limit: Duration,
    /// Most linear memory of one call in bytes.
    pub call_memory_limit_bytes: usize,
    /// How long a connection may stay open without a request.
    pub idle_time_limit: Duration,
    /// How long a client may take to send one request, and to take any of an answer.
    pub read_time_limit: Duration,
    /// Most connections at once.
    pub connections: usize,
    /// How many functions run at once.
    pub workers: usize,
    /// Most asynchronous tasks remembered at once.
    pub tasks: usize,
    /// How long a finished task's result is kept.
    pub task_retention: Duration,
    /// Offer the host's renewal after a restore.
    pub renewal: bool,
}

impl Default for Options {
    fn default() -> Self {
        // Inside a microVM the machine's own network is the boundary; a plain program must not offer itself to the world.
        let address = if cfg!(target_os = "hermit") { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        Self {
            log: Level::Info,
            cognit_compatible: false,
            listen: SocketAddr::new(IpAddr::V4(address), GUEST_PORT),
            body_limit_bytes: None,
            call_time_limit: Duration::from_secs(60),
            call_memory_limit_bytes: skerry_executors::Limits::USUAL_MEMORY_BYTES,
            idle_time_limit: Duration::from_secs(60),
            read_time_limit: Duration::from_secs(10),
            connections: 64,
            workers: usual_workers(processors()),
            tasks: 256,
            task_retention: Duration::from_secs(600),
            renewal: false,
        }
    }
}

/// How to set one option from its text.
struct Known {
    name: &'static str,
    help: &'static str,
    set: fn(&mut Options, &'static str, &str) -> Result<(), OptionError>,
}

/// How many processors the machine has.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// One for each processor, and one more, for tasks never take the last worker. Each takes a stack's memory.
fn usual_workers(processors: usize) -> usize {
    (processors + 1).clamp(4, 17)
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// All options, in the order in which the help lists them.
const KNOWN: [Known; 14] = [
    Known {
        name: boot::OPTION_LOG,
        help: "least severe level to log: error, warn, info (default) or debug",
        set: |options, name, value| {
            let level = Level::ALL.into_iter().find(|level| level.name() == value);
            options.log = level.ok_or_else(|| bad(name, value, "error, warn, info or debug"))?;
            Ok(())
        },
    },
    Known {
        name: boot::OPTION_COMPAT,
        help: "cognit-1.0: execute-async answers 200, not 201",
        set: |options, name, value| {
            options.cognit_compatible = value == COMPAT_COGNIT;
            if options.cognit_compatible { Ok(()) } else { Err(bad(name, value, COMPAT_COGNIT)) }
        },
    },
    Known {
        name: boot::OPTION_ADDRESS,
        help: "IPv4 address to listen on",
        set: |options, name, value| {
            let address: Ipv4Addr = value.parse().map_err(|_| bad(name, value, "an IPv4 address"))?;
            options.listen.set_ip(IpAddr::V4(address));
            Ok(())
        },
    },
    Known {
        name: boot::OPTION_PORT,
        help: "TCP port to listen on (default 8000; 0 picks a free one, except in a microVM)",
        set: |options, name, value| {
            let least = if cfg!(target_os = "hermit") { 1 } else { 0 };
            options.listen.set_port(number(name, value, least..=u64::from(u16::MAX))? as u16);
            Ok(())
        },
    },
    Known {
        name: boot::OPTION_BODY_LIMIT_BYTES,
        help: "largest request body (default 16 MiB, or a sixteenth of the memory if that is less)",
        set: |options, name, value| {
            options.body_limit_bytes = Some(number(name, value, 1024..=1024 * MIB)? as usize);
            Ok(())
        },
    },
    Known {
        name: boot::OPTION_CALL_TIME_LIMIT_MS,
        help: "longest that one call may run (default 60000)",
        set: |options, name, value| set_duration(&mut options.call_time_limit, name, value),
    },
    Known {
        name: boot::OPTION_CALL_MEMORY_LIMIT_BYTES,
        help: "most memory that one call may use (default 16 MiB; with Python 32 MiB)",
        set: |options, name, value| {
            options.call_memory_limit_bytes = number(name, value, 64 * 1024..=4096 * MIB)? as usize;
            Ok(())
        },
    },
    Known {
        name: boot::OPTION_IDLE_TIME_LIMIT_MS,
        help: "how long a connection may stay open without a request (default 60000)",
        set: |options, name, value| set_duration(&mut options.idle_time_limit, name, value),
    },
    Known {
        name: boot::OPTION_READ_TIME_LIMIT_MS,
        help: "how long a client may take to send one request (default 10000)",
        set: |options, name, value| set_duration(&mut options.read_time_limit, name, value),
    },
    Known {
        name: boot::OPTION_CONNECTIONS,
        help: "most connections at once (default 64)",
        set: |options, name, value| set_count(&mut options.connections, name, value),
    },
    Known {
        name: boot::OPTION_WORKERS,
        help: "how many functions run at once (default 4, or one more than there are processors)",
        set: |options, name, value| {
            options.workers = number(name, value, 1..=64)? as usize;
            Ok(())
        },
    },
    Known {
        name: boot::OPTION_TASKS,
        help: "most asynchronous tasks remembered at once (default 256)",
        set: |options, name, value| set_count(&mut options.tasks, name, value),
    },
    Known {
        name: boot::OPTION_TASK_RETENTION_MS,
        help: "how long a finished task's result is kept (default 600000)",
        set: |options, name, value| set_duration(&mut options.task_retention, name, value),
    },
    Known {
        name: boot::OPTION_RENEWAL,
        help: "on: offer the host's renewal after a restore from a snapshot (default off)",
        set: |options, name, value| {
            let is_on = match value {
                "on" => Some(true),
                "off" => Some(false),
                _ => None,
            };
            options.renewal = is_on.ok_or_else(|| bad(name, value, "on or off"))?;
            Ok(())
        },
    },
];

impl Options {
    /// Reads the options from `name=value` words; what is not given has its default.
    ///
    /// # Errors
    /// The first word that is no known option, is given twice or has a value that it cannot have.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, OptionError> {
        let mut options = Self::default();
        let mut given = [false; KNOWN.len()];
        for word in words {
            let Some((name, value)) = word.split_once('=') else {
                return Err(OptionError::NotAnOption(word));
            };
            let Some(index) = KNOWN.iter().position(|known| known.name == name) else {
                return Err(OptionError::UnknownName(name.to_owned()));
            };
            if std::mem::replace(&mut given[index], true) {
                return Err(OptionError::GivenTwice(name.to_owned()));
            }
            (KNOWN[index].set)(&mut options, KNOWN[index].name, value)?;
        }
        Ok(options)
    }

    /// One line for each option, for a program's help.
    #[must_use]
    pub fn help() -> String {
        KNOWN.iter().map(|known| format!("  {:<26}{}\n", format!("{}=", known.name), known.help)).collect()
    }

    /// Largest request body in bytes on a machine with this much memory (0 for unknown).
    pub(crate) fn body_limit_for(&self, memory_total_bytes: u64) -> usize {
        let usual = 16 * MIB;
        // A body is in memory up to three times: as it came, decoded, and compiled.
        let fitting = if memory_total_bytes == 0 { usual } else { (memory_total_bytes / 16).clamp(MIB, usual) };
        self.body_limit_bytes.unwrap_or(fitting as usize)
    }
}

fn known_names() -> String {
    KNOWN.map(|known| known.name).join(", ")
}

fn bad(name: &'static str, value: &str, expected: &str) -> OptionError {
    OptionError::BadValue { name, value: value.to_owned(), expected: expected.to_owned() }
}

fn number(name: &'static str, value: &str, range: RangeInclusive<u64>) -> Result<u64, OptionError> {
    let parsed = if value.starts_with('+') { None } else { value.parse().ok() };
    parsed
        .filter(|number| range.contains(number))
        .ok_or_else(|| bad(name, value, &format!("a number from {} to {}", range.start(), range.end())))
}

fn set_duration(field: &mut Duration, name: &'static str, value: &str) -> Result<(), OptionError> {
    *field = Duration::from_millis(number(name, value, 1..=DAY_MS)?);
    Ok(())
}

fn set_count(field: &mut usize, name: &'static str, value: &str) -> Result<(), OptionError> {
    *field = number(name, value, 1..=65_536)? as usize;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, OptionError> {
        Options::parse(words.iter().map(ToString::to_string))
    }

    #[test]
    fn no_words_are_the_defaults() {
        assert_eq!(parse(&[]), Ok(Options::default()));
    }

    #[test]
    fn each_option_changes_its_own_field() {
        let options = parse(&[
            "log=debug",
            "compat=cognit-1.0",
            "address=10.0.0.2",
            "port=80",
            "body-limit-bytes=4096",
            "call-time-limit-ms=5",
            "call-memory-limit-bytes=65536",
            "idle-time-limit-ms=6",
            "read-time-limit-ms=7",
            "connections=8",
            "workers=2",
            "tasks=9",
            "task-retention-ms=10",
            "renewal=on",
        ]);
        let expected = Options {
            log: Level::Debug,
            cognit_compatible: true,
            listen: "10.0.0.2:80".parse().unwrap(),
            body_limit_bytes: Some(4096),
            call_time_limit: Duration::from_millis(5),
            call_memory_limit_bytes: 65_536,
            idle_time_limit: Duration::from_millis(6),
            read_time_limit: Duration::from_millis(7),
            connections: 8,
            workers: 2,
            tasks: 9,
            task_retention: Duration::from_millis(10),
            renewal: true,
        };
        assert_eq!(options, Ok(expected));
    }

    #[test]
    fn a_misspelt_name_is_refused_with_the_names_that_exist() {
        let error = parse(&["task=1"]).unwrap_err();
        assert_eq!(error, OptionError::UnknownName("task".to_owned()));
        assert!(error.to_string().contains("task-retention-ms"), "{error}");
        assert_eq!(parse(&["debug"]), Err(OptionError::NotAnOption("debug".to_owned())));
    }

    #[test]
    fn a_value_out_of_range_is_refused_and_the_range_named() {
        for word in
            ["port=65536", "port=-1", "port=+1", "port=", "connections=0", "log=loud", "compat=cognit-2.0", "renewal=1"]
        {
            let error = parse(&[word]).unwrap_err();
            assert!(matches!(error, OptionError::BadValue { .. }), "{word}: {error}");
        }
        assert_eq!(
            parse(&["workers=65"]).unwrap_err().to_string(),
            "option `workers` cannot be `65`: it must be a number from 1 to 64"
        );
    }

    #[test]
    fn an_option_given_twice_is_refused() {
        assert_eq!(parse(&["port=1", "port=2"]), Err(OptionError::GivenTwice("port".to_owned())));
    }

    #[test]
    fn the_body_limit_follows_the_memory_unless_it_is_given() {
        let mut options = Options::default();
        assert_eq!(options.body_limit_for(0), 16 * 1024 * 1024);
        assert_eq!(options.body_limit_for(64 * MIB), 4 * 1024 * 1024);
        assert_eq!(options.body_limit_for(4096 * MIB), 16 * 1024 * 1024);
        options.body_limit_bytes = Some(5000);
        assert_eq!(options.body_limit_for(64 * MIB), 5000);
    }
}
