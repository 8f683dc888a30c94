//! Admission: what the host has, what is given out, and whether more fits. Never more memory than there is.
//!
//! Memory is never overcommitted. Processors are, by a stated factor: functions are idle most of the time, and a machine
//! that gets less of a processor is slow where one without memory would be dead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a host may give to machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostSize {
    /// Memory for machines in MiB: the host's less the reserve.
    pub memory_mib: u64,
    /// The host's processors.
    pub cores: u32,
    /// Virtual processors that one of the host's may stand for.
    pub cpu_overcommit: u32,
}

/// What one machine takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Guest memory and the VMM's own, in MiB.
    pub memory_mib: u64,
    /// Virtual processors.
    pub cpus: u32,
}

/// The host has no room, with the numbers (507).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// Too little memory left.
    #[error(
        "the host has no room: {wanted_mib} MiB of memory are needed, {free_mib} of {total_mib} MiB are free; delete \
         runtimes, or ask for less MEMORY"
    )]
    Memory {
        /// What the machine needs, the VMM's own included.
        wanted_mib: u64,
        /// What is left.
        free_mib: u64,
        /// What there is.
        total_mib: u64,
    },
    /// More processors than the host has.
    #[error("the host has {cores} processors; a machine of {wanted} does not fit")]
    Cores {
        /// What is asked for.
        wanted: u32,
        /// What there is.
        cores: u32,
    },
    /// Too many virtual processors together.
    #[error(
        "the host has no room: {wanted} virtual processors are needed, {free} of {total} are free; delete runtimes, or \
         raise cpu_overcommit"
    )]
    Cpus {
        /// What is asked for.
        wanted: u32,
        /// What is left.
        free: u64,
        /// What there is.
        total: u64,
    },
}

/// The host's account. Clones are of the same account.
#[derive(Clone, Debug)]
pub struct Capacity {
    size: HostSize,
    given: Arc<Mutex<Given>>,
}

#[derive(Debug, Default)]
struct Given {
    memory_mib: u64,
    cpus: u64,
}

/// Room that is taken until this is dropped.
#[derive(Debug)]
pub struct Reservation {
    demand: Demand,
    given: Arc<Mutex<Given>>,
}

impl Capacity {
    /// An account with nothing given out.
    #[must_use]
    pub fn new(size: HostSize) -> Self {
        Self { size, given: Arc::default() }
    }

    /// What there is.
    #[must_use]
    pub fn size(&self) -> HostSize {
        self.size
    }

    /// What is given out: MiB of memory, virtual processors.
    #[must_use]
    pub fn given(&self) -> (u64, u64) {
        let given = lock(&self.given);
        (given.memory_mib, given.cpus)
    }

    /// Takes room for a machine.
    ///
    /// # Errors
    /// There is none, with the numbers; nothing was taken.
    pub fn reserve(&self, demand: Demand) -> Result<Reservation, NoRoom> {
        if demand.cpus > self.size.cores {
            return Err(NoRoom::Cores { wanted: demand.cpus, cores: self.size.cores });
        }
        let mut given = lock(&self.given);
        let free_mib = self.size.memory_mib.saturating_sub(given.memory_mib);
        if demand.memory_mib > free_mib {
            let (wanted_mib, total_mib) = (demand.memory_mib, self.size.memory_mib);
            return Err(NoRoom::Memory { wanted_mib, free_mib, total_mib });
        }
        let total = u64::from(self.size.cores) * u64::from(self.size.cpu_overcommit);
        let free = total.saturating_sub(given.cpus);
        if u64::from(demand.cpus) > free {
            return Err(NoRoom::Cpus { wanted: demand.cpus, free, total });
        }
        Ok(self.take(&mut given, demand))
    }

    /// Takes room for a machine that runs already, whether there is any or not.
    #[must_use]
    pub fn acknowledge(&self, demand: Demand) -> Reservation {
        self.take(&mut lock(&self.given), demand)
    }

    fn take(&self, given: &mut Given, demand: Demand) -> Reservation {
        given.memory_mib += demand.memory_mib;
        given.cpus += u64::from(demand.cpus);
        Reservation { demand, given: Arc::clone(&self.given) }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut given = lock(&self.given);
        given.memory_mib -= self.demand.memory_mib;
        given.cpus -= u64::from(self.demand.cpus);
    }
}

fn lock(given: &Mutex<Given>) -> MutexGuard<'_, Given> {
    // Two additions cannot leave the account half changed.
    given.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The host's memory in MiB that a process here can have: what the kernel has, or the limit of the control group around it.
#[must_use]
pub fn host_memory_mib() -> u64 {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| meminfo_total_mib(&text)).unwrap_or(0);
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limits = limits.iter().filter_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    limits.map(|bytes| bytes >> 20).chain([total]).min().unwrap_or(total)
}

fn meminfo_total_mib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn capacity() -> Capacity {
        Capacity::new(HostSize { memory_mib: 1000, cores: 2, cpu_overcommit: 4 })
    }

    #[test]
    fn memory_is_never_given_out_twice_and_comes_back() {
        let capacity = capacity();
        let demand = Demand { memory_mib: 600, cpus: 1 };
        let first = capacity.reserve(demand).unwrap();
        let refused = capacity.reserve(demand).unwrap_err();
        assert_eq!(refused, NoRoom::Memory { wanted_mib: 600, free_mib: 400, total_mib: 1000 });
        drop(first);
        assert!(capacity.reserve(demand).is_ok());
        assert_eq!(capacity.given(), (0, 0));
    }

    #[test]
    fn processors_are_overcommitted_by_the_factor_and_no_machine_has_more_than_the_host() {
        let capacity = capacity();
        assert_eq!(
            capacity.reserve(Demand { memory_mib: 1, cpus: 3 }).unwrap_err(),
            NoRoom::Cores { wanted: 3, cores: 2 }
        );
        let _four: Vec<_> = (0..4).map(|_| capacity.reserve(Demand { memory_mib: 1, cpus: 2 }).unwrap()).collect();
        let refused = capacity.reserve(Demand { memory_mib: 1, cpus: 1 }).unwrap_err();
        assert_eq!(refused, NoRoom::Cpus { wanted: 1, free: 0, total: 8 });
    }

    #[test]
    fn a_machine_that_runs_is_counted_even_beyond_the_limit() {
        let capacity = capacity();
        let _found = capacity.acknowledge(Demand { memory_mib: 5000, cpus: 1 });
        assert!(matches!(capacity.reserve(Demand { memory_mib: 1, cpus: 1 }), Err(NoRoom::Memory { free_mib: 0, .. })));
    }

    #[test]
    fn the_hosts_memory_is_read_from_the_kernels_table() {
        assert_eq!(meminfo_total_mib("MemTotal:       24689764 kB\nMemFree: 1 kB\n"), Some(24111));
        assert_eq!(meminfo_total_mib("nonsense"), None);
        assert!(host_memory_mib() > 0);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_no_more_is_given_than_there_is(demands in proptest::collection::vec((0_u64..500, 0_u32..4), 0..40)) {
            let capacity = capacity();
            let held: Vec<_> = demands.iter().filter_map(|&(memory_mib, cpus)| capacity.reserve(Demand { memory_mib, cpus }).ok()).collect();
            let (memory, cpus) = capacity.given();
            prop_assert!(memory <= 1000 && cpus <= 8);
            drop(held);
            prop_assert_eq!(capacity.given(), (0, 0));
        }
    }
}
