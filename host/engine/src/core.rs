//! What all of the engine's tasks share, and nothing that one of them owns.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use skerry_gateway::{Routes, Users};
use skerry_store::Store;

use crate::capacity::Capacity;
use crate::endings::Endings;
use crate::machines::Machines;
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::registry::Registry;
use crate::runtime_document::Defaults;
use crate::settings::Settings;

/// The port at which a runtime's own address answers: that of the reports' clients.
pub(crate) const RUNTIME_ADDRESS_PORT: u16 = 8000;

/// Shared by all tasks of an engine.
pub struct Core {
    /// The settings in force.
    pub settings: Settings,
    /// Starts machines.
    pub machines: Arc<Machines>,
    /// Machines that wait.
    pub pool: Arc<Pool>,
    /// What is remembered.
    pub store: Store,
    /// Where requests go.
    pub routes: Routes,
    /// Who may use the engine.
    pub users: Users,
    /// All runtimes as they are shown.
    pub registry: Registry,
    /// The host's account.
    pub capacity: Capacity,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Base of each ENDPOINT: `http://127.0.0.1:2719`.
    pub base_url: String,
    /// Why the store did not work when it was last tried.
    pub(crate) store_trouble: RwLock<Option<String>>,
    /// Machines that are being ended.
    pub(crate) endings: Endings,
    /// Set once the engine takes no new work.
    pub stopping: AtomicBool,
}

impl Core {
    /// What holds for a runtime of a flavour whose client says nothing.
    #[must_use]
    pub fn defaults(&self, flavour: &str) -> Defaults {
        Defaults {
            memory_mib: self.machines.memory_mib(flavour, self.settings.default_memory_mib),
            idle_timeout_s: self.settings.idle_timeout_s,
            concurrency: self.settings.concurrency,
        }
    }

    /// A flavour's own name, from it or an alias in any case; `None` when there is no image of it.
    #[must_use]
    pub fn flavour(&self, name: &str) -> Option<&str> {
        let alias = self.settings.alias.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        let name = alias.map_or(name, |(_, flavour)| flavour);
        self.machines.flavours().find(|flavour| flavour.eq_ignore_ascii_case(name))
    }

    /// The names that a client may give as FLAVOUR.
    #[must_use]
    pub fn flavour_names(&self) -> Vec<String> {
        let aliases = self.settings.alias.keys().filter(|alias| self.flavour(alias).is_some()).cloned();
        self.machines.flavours().map(str::to_owned).chain(aliases).collect()
    }

    /// Where a runtime answers.
    #[must_use]
    pub fn endpoint(&self, id: u64) -> String {
        format!("{}/r/{id}", self.base_url)
    }

    /// A runtime's own address, where runtimes have one.
    #[must_use]
    pub fn address(&self, id: u64) -> Option<Ipv4Addr> {
        self.settings.runtime_addresses.then(|| runtime_address(id)).flatten()
    }

    /// Where a machine that sleeps is kept.
    #[must_use]
    pub fn saved_folder(&self, vm_id: &str) -> PathBuf {
        self.saved_root().join(vm_id)
    }

    /// Where machines that sleep are kept.
    #[must_use]
    pub fn saved_root(&self) -> PathBuf {
        self.settings.data_dir.join("sleeping")
    }

    /// Whether the engine takes no new work.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// 127.64.0.0/10 has room for four million runtimes, in the order of their numbers.
fn runtime_address(id: u64) -> Option<Ipv4Addr> {
    let offset = u32::try_from(id).ok().filter(|offset| (1..0x0040_0000).contains(offset))?;
    Some(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 64, 0, 0)) + offset))
}

/// Milliseconds since 1970.
#[must_use]
pub(crate) fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runtime_has_a_loopback_address_of_its_own_as_long_as_there_are_any() {
        assert_eq!(runtime_address(1), Some(Ipv4Addr::new(127, 64, 0, 1)));
        assert_eq!(runtime_address(256), Some(Ipv4Addr::new(127, 64, 1, 0)));
        assert_eq!(runtime_address(0x003f_ffff), Some(Ipv4Addr::new(127, 127, 255, 255)));
        assert_eq!((runtime_address(0), runtime_address(0x0040_0000), runtime_address(u64::MAX)), (None, None, None));
    }
}
