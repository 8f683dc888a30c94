//! Machines that run already and wait for a runtime to need one. The fastest start: nothing but a change of hands.
//!
//! A pooled machine has the engine's default size. It holds its room on the host, and gives it up when a runtime needs it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::capacity::Capacity;
use crate::guest;
use crate::live_vm::LiveVm;
use crate::machines::{MachineSpec, Machines, Purpose};

/// How long filling pauses after a start that failed, and at most between two looks.
const PAUSE: Duration = Duration::from_secs(5);

/// How long whoever has taken a machine has the processors for its first calls before the next one is started.
const REFILL_PAUSE: Duration = Duration::from_millis(100);
/// How long a machine may take for the few answers that warm it up.
const WARM_UP_TIMEOUT: Duration = Duration::from_secs(10);

/// The pools of all flavours.
pub struct Pool {
    machines: Arc<Machines>,
    capacity: Capacity,
    sizes: BTreeMap<String, u32>,
    memory_mib: u32,
    most_age: Duration,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    machines: HashMap<String, VecDeque<LiveVm>>,
    closed: bool,
}

impl Pool {
    /// Empty pools of these sizes, for machines of `memory_mib` and one processor.
    #[must_use]
    pub fn new(
        machines: Arc<Machines>,
        capacity: Capacity,
        sizes: BTreeMap<String, u32>,
        memory_mib: u32,
        most_age: Duration,
    ) -> Arc<Self> {
        Arc::new(Self {
            machines,
            capacity,
            sizes,
            memory_mib,
            most_age,
            waiting: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// A machine that is just what is wanted, if one waits. Its room comes with it.
    #[must_use]
    pub fn take(&self, spec: &MachineSpec) -> Option<LiveVm> {
        if spec.memory_mib != self.memory_mib || spec.cpus != 1 {
            return None;
        }
        let taken = {
            let mut waiting = self.waiting();
            let machines = waiting.machines.get_mut(&spec.flavour)?;
            // One that ended while it waited is left to the filling, which collects it.
            let position = machines.iter().position(|machine| !machine.has_ended())?;
            machines.remove(position)
        };
        self.changed.notify_one();
        taken
    }

    /// Gives up one machine, so that a runtime gets its room; false when none waits.
    pub async fn give_up_one(&self) -> bool {
        let given_up = self.waiting().machines.values_mut().find_map(VecDeque::pop_front);
        match given_up {
            Some(machine) => {
                machine.stop().await;
                true
            }
            None => false,
        }
    }

    /// How many machines of each flavour wait.
    #[must_use]
    pub fn sizes(&self) -> Vec<(String, usize)> {
        self.waiting().machines.iter().map(|(flavour, machines)| (flavour.clone(), machines.len())).collect()
    }

    /// Keeps the pools filled until [`Self::close`].
    pub async fn keep_filled(self: Arc<Self>) {
        loop {
            let ended_early = self.collect_old().await;
            let mut failed = false;
            for (flavour, size) in &self.sizes {
                while !failed && self.waiting().machines.get(flavour).map_or(0, VecDeque::len) < *size as usize {
                    if self.waiting().closed {
                        return;
                    }
                    failed = !self.add(flavour).await;
                }
            }
            if self.waiting().closed {
                return;
            }
            if ended_early && !failed {
                // Machines that die in the pool must not be started again and again without a pause.
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            if tokio::time::timeout(PAUSE, self.changed.notified()).await.is_ok() {
                tokio::time::sleep(REFILL_PAUSE).await;
            }
        }
    }

    /// Ends all that wait; nothing is added from now on.
    pub async fn close(&self) {
        let machines: Vec<LiveVm> = {
            let mut waiting = self.waiting();
            waiting.closed = true;
            waiting.machines.drain().flat_map(|(_, machines)| machines).collect()
        };
        self.changed.notify_one();
        futures_util::future::join_all(machines.iter().map(LiveVm::stop)).await;
    }

    async fn add(&self, flavour: &str) -> bool {
        let spec = MachineSpec { flavour: flavour.to_owned(), cpus: 1, memory_mib: self.memory_mib };
        let Ok(reservation) = self.capacity.reserve(spec.demand()) else { return false };
        match self.machines.start(&spec, Purpose::Pool).await {
            Ok(machine) => {
                let machine = machine.holding(reservation);
                if let Err(error) = guest::warm_up(machine.connector.as_ref(), WARM_UP_TIMEOUT).await {
                    tracing::warn!(
                        flavour,
                        vm = machine.id,
                        "a machine of the pool does not answer and is ended: {error}"
                    );
                    machine.stop().await;
                    return false;
                }
                let refused = {
                    let mut waiting = self.waiting();
                    if waiting.closed {
                        Some(machine)
                    } else {
                        waiting.machines.entry(flavour.to_owned()).or_default().push_back(machine);
                        None
                    }
                };
                if let Some(machine) = refused {
                    machine.stop().await;
                }
                true
            }
            Err(failure) => {
                tracing::warn!(flavour, "the pool cannot be filled: {failure}");
                false
            }
        }
    }

    /// Removes those that are too old or have ended; whether any had ended.
    async fn collect_old(&self) -> bool {
        let removed: Vec<LiveVm> = {
            let mut waiting = self.waiting();
            let is_old = |machine: &LiveVm| machine.has_ended() || machine.since.elapsed() > self.most_age;
            let mut removed = Vec::new();
            for machines in waiting.machines.values_mut() {
                while let Some(position) = machines.iter().position(is_old) {
                    removed.extend(machines.remove(position));
                }
            }
            removed
        };
        let ended = removed.iter().any(LiveVm::has_ended);
        for machine in removed {
            if machine.has_ended() {
                let exit = machine.exit().await.map(|exit| exit.to_string()).unwrap_or_default();
                tracing::warn!(vm = machine.id, "a machine of the pool ended by itself: {exit}");
            }
            machine.stop().await;
        }
        ended
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
