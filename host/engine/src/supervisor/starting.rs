//! Machines that start, for whatever reason, and what becomes of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use skerry_api::provisioning::StartPath;
use skerry_vmm::RunningMachine;

use super::{Event, Note, Saved, StartedMachine, Supervisor};
use crate::core::Core;
use crate::lifecycle::{AfterEnd, Asleep, Lifecycle, Pending, Running, Waking};
use crate::live_vm::{LiveVm, VmRecord};
use crate::machines::{MachineSpec, Purpose, StartReport};
use crate::start_failure::StartFailure;
use crate::{snapshots, tasks};

/// The pause before a runtime for which there was no room is woken again, as long as requests wait for it.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(200);

impl Supervisor {
    /// Begins a start beside this task; [`Event::Started`] tells of its end.
    pub(super) fn begin_start(&mut self, saved: Option<Saved>) {
        self.attempt += 1;
        let (core, spec, attempt) = (Arc::clone(&self.core), self.spec(), self.attempt);
        let (id, events) = (self.id(), self.sender.clone());
        tokio::spawn(async move {
            let outcome = match saved {
                Some(saved) => go_on_from(&core, id, &spec, &saved).await,
                None => start(&core, &spec).await.map(StartedMachine::alone),
            };
            deliver(&events, Event::Started { attempt, outcome }).await;
        });
    }

    /// Takes over the machine that an earlier engine left; [`Event::Started`] tells of the end of that.
    pub(super) fn begin_adoption(&mut self, machine: RunningMachine, retiring: Vec<(VmRecord, RunningMachine)>) {
        let Some(record) = self.vm.current.clone() else { return };
        self.core.routes.starting(self.id());
        self.reservation = Some(self.core.capacity.acknowledge(self.spec().demand()));
        self.attempt += 1;
        self.adopting = true;
        let (core, attempt, events) = (Arc::clone(&self.core), self.attempt, self.sender.clone());
        tokio::spawn(async move {
            let retiring = adopt_retiring(&core, retiring).await;
            let adopted = core.machines.adopt(&machine, &record.id, record.start).await;
            let outcome = match adopted {
                Ok(vm) => Ok(StartedMachine { vm, fallback: None, retiring }),
                Err(reason) => {
                    for vm in retiring {
                        vm.stop().await;
                    }
                    end(machine).await;
                    Err(StartFailure::passing(reason))
                }
            };
            deliver(&events, Event::Started { attempt, outcome }).await;
        });
    }

    /// What follows a start.
    pub(super) async fn started(&mut self, attempt: u64, outcome: Result<StartedMachine, StartFailure>) {
        if attempt != self.attempt {
            // A start that nobody waits for any more.
            if let Ok(started) = outcome {
                self.core.endings.spawn(async move { started.vm.stop().await });
            }
            return;
        }
        if std::mem::take(&mut self.adopting) {
            return self.adopted(outcome).await;
        }
        match outcome {
            Ok(StartedMachine { vm, fallback, .. }) => self.start_succeeded(vm, fallback).await,
            Err(failure) => self.start_failed(failure).await,
        }
    }

    async fn start_succeeded(&mut self, vm: LiveVm, fallback: Option<String>) {
        let vm = match self.reservation.take() {
            Some(reservation) => vm.holding(reservation),
            None => vm,
        };
        let vm = Arc::new(vm);
        let mut replaced = None;
        let mut event = "started";
        self.life = match self.life.take() {
            Some(Lifecycle::Pending(pending)) => Some(Lifecycle::Running(pending.started(Arc::clone(&vm)))),
            Some(Lifecycle::Waking(waking)) => {
                event = "woke";
                Some(Lifecycle::Running(waking.started(Arc::clone(&vm))))
            }
            Some(Lifecycle::Updating(updating)) => {
                event = "replaced";
                let (running, old) = updating.started(Arc::clone(&vm));
                replaced = Some(old);
                Some(Lifecycle::Running(running))
            }
            other => {
                // No other state has a start under way.
                self.core.endings.spawn(async move { vm.stop().await });
                self.life = other;
                return;
            }
        };
        let saved = self.vm.current.take().and_then(|current| current.saved);
        self.vm.current = Some(vm.record());
        self.vm.retiring.extend(replaced.iter().map(|old| old.record()));
        self.commit(event, Note::start(&vm, fallback.as_deref())).await;
        self.serve(&vm);
        if let Some(saved) = saved {
            remove_later(saved);
        }
        if let Some(old) = replaced {
            self.retire(old);
        }
    }

    /// Lets requests through to a machine and watches for its end.
    pub(super) fn serve(&self, vm: &Arc<LiveVm>) {
        tracing::info!(runtime = self.id(), vm = vm.id, process = vm.process_id, "serving");
        self.shared.set_connector(Some(Arc::clone(&vm.connector)));
        self.core.routes.up(self.id(), &vm.id, Arc::clone(&vm.connector), vm.start);
        let (vm, events) = (Arc::clone(vm), self.sender.clone());
        tokio::spawn(async move {
            vm.ended().await;
            let vm_id = vm.id.clone();
            drop(vm);
            deliver(&events, Event::Ended { vm_id }).await;
        });
    }

    async fn start_failed(&mut self, failure: StartFailure) {
        if self.core.is_stopping() {
            // An engine that stops starts nothing more. What the store has is gone on from by the next one.
            return;
        }
        let most_tries = self.core.settings.restart_tries;
        let StartFailure { reason, is_final } = failure;
        let after = match self.life.take() {
            Some(Lifecycle::Pending(pending)) => pending.start_failed(most_tries, is_final, reason.clone()),
            Some(Lifecycle::Waking(waking)) => waking.start_failed(most_tries, is_final, reason.clone()),
            Some(Lifecycle::Updating(updating)) => {
                // The room was for the replacement.
                self.reservation = None;
                self.life = Some(Lifecycle::Running(updating.failed()));
                if let Some((cpu, memory_mb)) = self.former_hardware.take() {
                    // What is shown is what serves; asking for the same once more is another try.
                    (self.wanted.faas.cpu, self.wanted.faas.memory_mb) = (cpu, memory_mb);
                }
                let detail = format!("the new machine did not start, the old one goes on: {reason}");
                return self.commit("update-failed", Note::detail(&detail)).await;
            }
            other => {
                self.life = other;
                return;
            }
        };
        self.go_on_after(after, "start-failed", &reason).await;
    }

    /// Starts another machine after a pause, or gives up.
    pub(super) async fn go_on_after(&mut self, after: AfterEnd, event: &str, reason: &str) {
        let id = self.id();
        match after {
            AfterEnd::Again(pending, pause) => {
                self.life = Some(Lifecycle::Pending(pending));
                self.core.routes.starting(id);
                self.commit(event, Note::detail(reason)).await;
                self.begin_start_after(pause);
            }
            AfterEnd::GivenUp(failed) => {
                self.core.routes.failed(id, for_callers(&failed.reason));
                self.life = Some(Lifecycle::Failed(failed));
                self.vm.current = None;
                self.reservation = None;
                self.core.metrics.given_up();
                self.commit("failed", Note::detail(reason)).await;
            }
        }
    }

    fn begin_start_after(&mut self, pause: Duration) {
        self.attempt += 1;
        let (attempt, events) = (self.attempt, self.sender.clone());
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            deliver(&events, Event::Retry { attempt }).await;
        });
    }

    async fn adopted(&mut self, outcome: Result<StartedMachine, StartFailure>) {
        match outcome {
            Ok(StartedMachine { vm, retiring, .. }) => {
                let vm = match self.reservation.take() {
                    Some(reservation) => vm.holding(reservation),
                    None => vm,
                };
                let vm = Arc::new(vm);
                self.vm.current = Some(vm.record());
                let was_updating = self.record.state == "UPDATING";
                self.life = Some(Lifecycle::Running(Running::adopted(Arc::clone(&vm))));
                self.core.metrics.adopted();
                self.vm.retiring.retain(|record| retiring.iter().any(|vm| vm.id == record.id));
                self.commit("adopted", Note::default()).await;
                let retiring: Vec<_> = retiring.into_iter().map(Arc::new).collect();
                for old in &retiring {
                    // The gateway asks them for the states of their own tasks, once the present machine is up.
                    self.core.routes.up(self.id(), &old.id, Arc::clone(&old.connector), old.start);
                }
                self.serve(&vm);
                retiring.into_iter().for_each(|old| self.retire(old));
                if was_updating {
                    self.begin_replacement().await;
                }
            }
            Err(failure) => {
                self.reservation = None;
                self.lost_because(&format!("its machine could not be adopted: {}", failure.reason)).await;
            }
        }
    }

    /// Goes on without the machine that it had under the last engine.
    pub(super) async fn lost(&mut self) {
        self.lost_because("its machine ended while no engine was running").await;
    }

    async fn lost_because(&mut self, reason: &str) {
        if let Some(current) = self.vm.current.take() {
            tasks::fail_tasks(&self.core, self.id(), &current.id, reason).await;
        }
        self.vm.restarts += 1;
        self.life = Some(Lifecycle::Pending(Pending::first()));
        self.core.routes.starting(self.id());
        self.commit("vm-ended", Note::detail(reason)).await;
        self.begin_pending_start().await;
    }

    /// Begins the start that a pending runtime waits for, if the host has room for its machine.
    pub(super) async fn begin_pending_start(&mut self) {
        match self.reserve_room().await {
            Ok(()) => self.begin_start(None),
            Err(reason) => self.start_failed(StartFailure::passing(reason)).await,
        }
    }

    /// Makes sure that this runtime has room on the host, at the cost of machines that only wait.
    pub(super) async fn reserve_room(&mut self) -> Result<(), String> {
        if self.reservation.is_some() {
            return Ok(());
        }
        self.reservation = Some(reserve(&self.core, &self.spec()).await.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// A request waits.
    pub(super) async fn wake(&mut self) {
        match self.life.take() {
            Some(Lifecycle::Asleep(asleep)) => self.wake_from(asleep).await,
            other => self.life = other,
        }
    }

    async fn wake_from(&mut self, asleep: Asleep<Saved>) {
        let begun = Instant::now();
        let waking: Waking<Saved> = asleep.wake();
        if let Err(reason) = self.reserve_room().await {
            tracing::warn!(runtime = self.id(), "cannot be woken: {reason}");
            self.life = Some(Lifecycle::Asleep(waking.postponed()));
            self.wake_again_if_wanted();
            return;
        }
        let saved = waking.saved.clone();
        self.life = Some(Lifecycle::Waking(waking));
        self.begin_start(saved);
        tracing::debug!(runtime = self.id(), took = ?begun.elapsed(), "waking");
    }

    fn wake_again_if_wanted(&self) {
        let (core, id, events) = (Arc::clone(&self.core), self.id(), self.sender.clone());
        tokio::spawn(async move {
            tokio::time::sleep(NO_ROOM_PAUSE).await;
            if core.routes.queued(id) > 0 {
                deliver(&events, Event::Wake).await;
            }
        });
    }
}

/// What callers of the runtime may know of its failure: the reason, without what its console said.
pub(super) fn for_callers(reason: &str) -> String {
    reason.split("; its serial console").next().unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

/// A new machine by the fastest way.
async fn start(core: &Core, spec: &MachineSpec) -> Result<LiveVm, StartFailure> {
    let begun = Instant::now();
    if let Some(mut vm) = core.pool.take(spec) {
        // The runtime has room of its own already.
        drop(vm.reservation.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        vm.start = StartPath::Pool;
        vm.since = Instant::now();
        let took = begun.elapsed();
        vm.phases_us = vec![("pool".to_owned(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX))];
        core.metrics.pool(true);
        core.metrics.started(&StartReport {
            flavour: &spec.flavour,
            path: StartPath::Pool,
            took: Some(took),
            spare: None,
        });
        return Ok(vm);
    }
    core.metrics.pool(false);
    core.machines.start(spec, Purpose::Runtime).await
}

/// The machine that slept, or a new one where it cannot be woken.
async fn go_on_from(core: &Core, id: u64, spec: &MachineSpec, saved: &Saved) -> Result<StartedMachine, StartFailure> {
    let reason = match &saved.record.saved {
        Some(folder) => match core.machines.wake(spec, folder, &saved.record.id).await {
            Ok(vm) => return Ok(StartedMachine::alone(vm)),
            Err(failure) => failure.reason,
        },
        None => "it left nothing to wake".to_owned(),
    };
    tracing::warn!(
        runtime = id,
        vm = saved.record.id,
        "a machine that slept does not wake, starting a new one: {reason}"
    );
    tasks::fail_tasks(core, id, &saved.record.id, &format!("it slept, and did not wake: {reason}")).await;
    let vm = start(core, spec).await?;
    let fallback = Some(format!("the machine that slept did not wake: {reason}"));
    Ok(StartedMachine { vm, fallback, retiring: Vec::new() })
}

/// Takes over the machines that had been replaced and had not finished; one that cannot be is ended.
async fn adopt_retiring(core: &Core, machines: Vec<(VmRecord, RunningMachine)>) -> Vec<LiveVm> {
    let mut adopted = Vec::new();
    for (record, machine) in machines {
        match core.machines.adopt(&machine, &record.id, record.start).await {
            Ok(vm) => adopted.push(vm),
            Err(reason) => {
                tracing::warn!(vm = record.id, "a replaced machine cannot be adopted and is ended: {reason}");
                end(machine).await;
            }
        }
    }
    adopted
}

/// Ends a machine that nobody has taken over.
async fn end(machine: RunningMachine) {
    let process = machine.process_id;
    let ended = tokio::task::spawn_blocking(move || skerry_vmm::end_machine(&machine)).await;
    if !matches!(ended, Ok(Ok(()))) {
        tracing::error!(process, "a machine that cannot be adopted cannot be ended either");
    }
}

impl StartedMachine {
    fn alone(vm: LiveVm) -> Self {
        Self { vm, fallback: None, retiring: Vec::new() }
    }
}

/// Room on the host for a machine, at the cost of spare and pooled machines where there is no other.
pub(crate) async fn reserve(
    core: &Core,
    spec: &MachineSpec,
) -> Result<crate::capacity::Reservation, crate::capacity::NoRoom> {
    loop {
        match core.capacity.reserve(spec.demand()) {
            Ok(reservation) => return Ok(reservation),
            Err(refusal) => {
                if !core.machines.give_up_spare().await && !core.pool.give_up_one().await {
                    return Err(refusal);
                }
            }
        }
    }
}

/// Sends an event to a supervisor; where there is none any more, a machine that it would have got is ended.
pub(super) async fn deliver(events: &tokio::sync::mpsc::Sender<Event>, event: Event) {
    if let Err(unsent) = events.send(event).await
        && let Event::Started { outcome: Ok(started), .. } = unsent.0
    {
        started.vm.stop().await;
    }
}

/// Removes what a machine that slept left behind, which may take a while on a slow disk.
pub(super) fn remove_later(folder: PathBuf) {
    tokio::task::spawn_blocking(move || snapshots::remove(&folder));
}
