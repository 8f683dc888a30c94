//! Spare machines: restored from a snapshot in advance, with their link, and standing still before the first instruction of
//! their guest. To start one is to let it go and renew it, which leaves out what a VMM's process takes to start.
//!
//! They are no pool: their guests have not run since the snapshot was made, so their memory is the snapshot's, which they
//! share, and their processor has done nothing yet. There are some of each kind that was asked for lately, made while no
//! machine is being started. One that fails, for whatever reason, is followed by a restored machine as if there were none.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use skerry_api::provisioning::StartPath;
use skerry_vmm::Backend;
use tokio::sync::Notify;
use uuid::Uuid;

use super::stopwatch::Stopwatch;
use super::{MachineSpec, Machines, abandoned, blocking, connected};
use crate::capacity::{Capacity, Demand};
use crate::live_vm::{LiveVm, chain};

/// What a spare machine takes, in MiB: QEMU, without the guest's memory.
const SPARE_MIB: u64 = 24;
/// How long after it was last asked for a kind of machine has spares.
const LATELY: Duration = Duration::from_secs(600);
/// Kinds that have spares at the same time; those last asked for.
const MOST_KINDS: usize = 4;
/// At most so long between two looks at what waits.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long whoever has got a machine has the processors for its first calls before a spare one is made.
const REFILL_PAUSE: Duration = Duration::from_millis(100);
/// Between two looks whether machines are still being started.
const STARTING_PAUSE: Duration = Duration::from_millis(20);

/// The spare machines of all kinds.
pub(super) struct Spares {
    /// How many of each kind there are to be.
    count: usize,
    capacity: Capacity,
    shelf: Mutex<Shelf>,
    changed: Notify,
}

#[derive(Default)]
struct Shelf {
    wishes: Wishes,
    waiting: HashMap<MachineSpec, VecDeque<Spare>>,
    closed: bool,
}

struct Spare {
    vm: LiveVm,
    /// The folder of the snapshot that it is from.
    snapshot: PathBuf,
}

/// Which kinds were asked for lately, and when; the last one first.
#[derive(Debug, Default)]
struct Wishes(VecDeque<(MachineSpec, Instant)>);

impl Wishes {
    fn note(&mut self, spec: &MachineSpec, now: Instant) {
        self.0.retain(|(known, _)| known != spec);
        self.0.push_front((spec.clone(), now));
        self.0.truncate(MOST_KINDS);
    }

    fn at(&mut self, now: Instant) -> Vec<MachineSpec> {
        self.0.retain(|(_, asked)| now.saturating_duration_since(*asked) < LATELY);
        self.0.iter().map(|(spec, _)| spec.clone()).collect()
    }
}

impl Spares {
    pub(super) fn new(count: usize, capacity: Capacity) -> Self {
        Self { count, capacity, shelf: Mutex::default(), changed: Notify::new() }
    }

    /// Whether there are to be any.
    pub(super) fn are_kept(&self) -> bool {
        self.count > 0
    }

    /// Something is different: a wish, or a snapshot.
    pub(super) fn look_again(&self) {
        self.changed.notify_one();
    }

    /// One that waits and lives. Those that have ended are left to be collected.
    fn take(&self, spec: &MachineSpec) -> Option<LiveVm> {
        let mut shelf = self.shelf();
        let waiting = shelf.waiting.get_mut(spec)?;
        let position = waiting.iter().position(|spare| !spare.vm.has_ended())?;
        waiting.remove(position).map(|spare| spare.vm)
    }

    fn count_of(&self, spec: &MachineSpec) -> usize {
        self.shelf().waiting.get(spec).map_or(0, VecDeque::len)
    }

    /// Takes out those that are `unfit`.
    fn remove_where(&self, unfit: impl Fn(&MachineSpec, &Spare) -> bool) -> Vec<LiveVm> {
        let mut removed = Vec::new();
        for (spec, spares) in &mut self.shelf().waiting {
            while let Some(position) = spares.iter().position(|spare| unfit(spec, spare)) {
                removed.extend(spares.remove(position).map(|spare| spare.vm));
            }
        }
        removed
    }

    fn is_closed(&self) -> bool {
        self.shelf().closed
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Machines {
    /// Starts a machine that waits for this; `None` where there is none, or none that works.
    pub(super) async fn start_spare(&self, spec: &MachineSpec) -> Option<LiveVm> {
        let begun = Instant::now();
        let mut vm = self.spares.take(spec)?;
        // The runtime has room of its own already.
        drop(vm.reservation.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut phases = Stopwatch::start();
        let started = match vm.resume().await {
            Ok(()) => {
                phases.lap("spare");
                vm.since = Instant::now();
                self.renewed(vm, phases).await
            }
            Err(error) => Err(abandoned(vm, &chain(&error)).await),
        };
        match started {
            Ok(vm) => {
                self.report(spec, StartPath::Snapshot, Some(begun.elapsed()), Some(true));
                Some(vm)
            }
            Err(failure) => {
                tracing::warn!(flavour = spec.flavour, "a spare machine does not start, restoring another: {failure}");
                None
            }
        }
    }

    /// A runtime has asked for such a machine: it has spares for a while.
    pub(super) fn want_spares(&self, spec: &MachineSpec) {
        if self.spares.are_kept() && self.snapshots.is_some() {
            self.spares.shelf().wishes.note(spec, Instant::now());
            self.spares.look_again();
        }
    }

    /// Keeps spare machines until [`Machines::close`].
    pub(crate) async fn keep_spares(self: Arc<Self>) {
        while !self.spares.is_closed() {
            let wanted = self.spares.shelf().wishes.at(Instant::now());
            self.end_useless_spares(&wanted).await;
            for spec in &wanted {
                if let Err(reason) = self.fill_up(spec).await {
                    tracing::warn!(flavour = spec.flavour, "no spare machine could be made: {reason}");
                }
            }
            if tokio::time::timeout(LOOK_AGAIN, self.spares.changed.notified()).await.is_ok() {
                tokio::time::sleep(REFILL_PAUSE).await;
            }
        }
    }

    /// How many of each flavour wait.
    #[must_use]
    pub(crate) fn spares(&self) -> Vec<(String, usize)> {
        let shelf = self.spares.shelf();
        shelf.waiting.iter().map(|(spec, spares)| (spec.flavour.clone(), spares.len())).collect()
    }

    /// Gives up one, so that a runtime gets its room; false when none waits.
    pub(crate) async fn give_up_spare(&self) -> bool {
        let given_up = self.spares.shelf().waiting.values_mut().find_map(VecDeque::pop_front);
        match given_up {
            Some(spare) => {
                spare.vm.stop().await;
                true
            }
            None => false,
        }
    }

    /// Ends those of a snapshot that proved to be none.
    pub(super) async fn end_spares_of(&self, spec: &MachineSpec) {
        end_all(self.spares.remove_where(|kind, _| kind == spec)).await;
    }

    /// Ends all; none is made from now on.
    pub(super) async fn close_spares(&self) {
        self.spares.shelf().closed = true;
        self.spares.look_again();
        end_all(self.spares.remove_where(|_, _| true)).await;
    }

    async fn end_useless_spares(&self, wanted: &[MachineSpec]) {
        let is_useless = |spec: &MachineSpec, spare: &Spare| {
            !wanted.contains(spec) || spare.vm.has_ended() || !spare.snapshot.is_dir()
        };
        let useless = self.spares.remove_where(is_useless);
        for vm in useless.iter().filter(|vm| vm.has_ended()) {
            let exit = vm.exit().await.map(|exit| exit.to_string()).unwrap_or_default();
            tracing::warn!(vm = vm.id, "a spare machine ended by itself: {exit}");
        }
        end_all(useless).await;
    }

    /// Makes what is missing of a kind that has a snapshot, as long as the host has room and nothing else is being started.
    async fn fill_up(&self, spec: &MachineSpec) -> Result<(), String> {
        while !self.spares.is_closed() && self.spares.count_of(spec) < self.spares.count {
            while self.is_starting() {
                tokio::time::sleep(STARTING_PAUSE).await;
            }
            let demand = Demand { memory_mib: SPARE_MIB, cpus: 0 };
            let Ok(reservation) = self.spares.capacity.reserve(demand) else { return Ok(()) };
            let Some(spare) = self.prepare(spec).await? else { return Ok(()) };
            let spare = Spare { vm: spare.vm.holding(reservation), ..spare };
            let refused = {
                let mut shelf = self.spares.shelf();
                if shelf.closed {
                    Some(spare)
                } else {
                    shelf.waiting.entry(spec.clone()).or_default().push_back(spare);
                    None
                }
            };
            if let Some(spare) = refused {
                spare.vm.stop().await;
                return Ok(());
            }
        }
        Ok(())
    }

    /// A machine that stands still; `None` where there is no snapshot to restore it from.
    async fn prepare(&self, spec: &MachineSpec) -> Result<Option<Spare>, String> {
        let Some(snapshots) = self.snapshots.clone() else { return Ok(None) };
        let vm_spec = self.vm_spec(spec).map_err(|failure| failure.to_string())?;
        let (key, qemu) = (self.snapshot_key(spec, &vm_spec), self.qemu.clone());
        let prepared = blocking(move || {
            let Some(snapshot) = snapshots.find(&key).map_err(|error| chain(&error))? else { return Ok(None) };
            let vm = qemu.prepare(&vm_spec, &snapshot).map_err(|error| chain(&error))?;
            Ok::<_, String>(Some((vm, snapshot)))
        });
        let Some((vm, snapshot)) = prepared.await? else { return Ok(None) };
        let vm = connected(Uuid::new_v4().to_string(), vm, StartPath::Snapshot).await;
        Ok(Some(Spare { vm: vm.map_err(|failure| failure.to_string())?, snapshot }))
    }
}

async fn end_all(machines: Vec<LiveVm>) {
    futures_util::future::join_all(machines.iter().map(LiveVm::stop)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(memory_mib: u32) -> MachineSpec {
        MachineSpec { flavour: "minimal".to_owned(), cpus: 1, memory_mib }
    }

    #[test]
    fn the_kinds_last_asked_for_have_spares_and_no_more_than_so_many() {
        let (mut wishes, now) = (Wishes::default(), Instant::now());
        (0..=4).for_each(|kind| wishes.note(&spec(64 + kind), now));
        wishes.note(&spec(66), now);
        assert_eq!(wishes.at(now), [66, 68, 67, 65].map(spec));
    }

    #[test]
    fn what_nobody_has_asked_for_lately_has_none() {
        let (mut wishes, now) = (Wishes::default(), Instant::now());
        wishes.note(&spec(64), now);
        wishes.note(&spec(65), now + LATELY / 2);
        assert_eq!(wishes.at(now + LATELY), [spec(65)]);
        wishes.note(&spec(64), now + LATELY);
        assert_eq!(wishes.at(now + LATELY), [64, 65].map(spec));
        assert!(wishes.at(now + 2 * LATELY).is_empty());
    }
}
