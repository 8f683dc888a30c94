//! One task per runtime that owns all of it: its state, its machine, its row in the store. Whoever wants something of a
//! runtime sends an [`Event`]; nothing else changes it.
//!
//! The task never waits for a machine to start: starts run beside it and report back. What it shows and what the gateway
//! does follows what the store has accepted, so that an engine that is killed between two steps finds its way back
//! (`recovery`).
//!
//! - `starting`: machines that start, and what becomes of them.
//! - `ending`: machines that end, are replaced, or fall asleep.
//! - `changing`: what clients change.

mod changing;
mod ending;
mod starting;

pub(crate) use starting::reserve;

use std::sync::Arc;
use std::time::Duration;

use skerry_api::provisioning::{HistoryEntry, RuntimeState, ServerlessRuntime, StartPath};
use skerry_gateway::RouteOptions;
use skerry_rest::{Refusal, Versioned};
use skerry_store::{HistoryRow, RuntimeRecord, StoreError};
use skerry_vmm::RunningMachine;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, Span};

use crate::capacity::Reservation;
use crate::core::{Core, now_ms};
use crate::lifecycle::{Lifecycle, Pending};
use crate::live_vm::{LiveVm, VmRecord, chain};
use crate::machines::MachineSpec;
use crate::registry::Shared;
use crate::runtime_document::{Shown, VmDocument, machine_spec, shown};
use crate::start_failure::StartFailure;

/// Events that may wait for a runtime. Each of its own tasks sends one at a time, and clients wait for their answers.
pub(crate) const MOST_EVENTS: usize = 64;
/// The pause after the store refused a change that is made already.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Something that happens to a runtime.
#[derive(Debug)]
pub enum Event {
    /// A start that this runtime began is over.
    Started {
        /// Which start; an older one than the last is of no interest.
        attempt: u64,
        /// The machine, and what went wrong on the way to it.
        outcome: Result<StartedMachine, StartFailure>,
    },
    /// A machine's process has ended.
    Ended {
        /// Which machine.
        vm_id: String,
    },
    /// A pause before a start is over.
    Retry {
        /// The start that it was for.
        attempt: u64,
    },
    /// A request waits for the runtime.
    Wake,
    /// A replaced machine is gone.
    Retired {
        /// Which machine.
        vm_id: String,
    },
    /// A client's change.
    Update {
        /// What it sent.
        asked: Box<ServerlessRuntime>,
        /// The version that it must have.
        if_match: Option<u64>,
        /// The request that it came with, for log lines.
        span: Span,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<Versioned, Refusal>>,
    },
    /// A client's deletion.
    Delete {
        /// The request that it came with, for log lines.
        span: Span,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<(), Refusal>>,
    },
    /// The last lines of the serial log are wanted.
    Log {
        /// How many.
        lines: usize,
        /// Where they go.
        answer: oneshot::Sender<String>,
    },
    /// The engine ends and does not leave machines behind.
    EndMachine {
        /// Where to say that it is done.
        answer: oneshot::Sender<()>,
    },
}

/// A machine that came out of a start.
#[derive(Debug)]
pub struct StartedMachine {
    /// The machine.
    pub vm: LiveVm,
    /// A way that was tried first and failed, in words.
    pub fallback: Option<String>,
    /// Machines that this one had replaced and that still finish what they had begun.
    pub retiring: Vec<LiveVm>,
}

/// How a supervisor begins.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// A new runtime, or one whose start an earlier engine did not finish.
    Start {
        /// The room that it has been given already.
        reservation: Option<Reservation>,
    },
    /// Its machine runs since before this engine.
    Adopt {
        /// The machine.
        machine: RunningMachine,
        /// Machines that it had replaced, and that had not finished.
        retiring: Vec<(VmRecord, RunningMachine)>,
    },
    /// Its machine was running when the last engine was, and is gone.
    Lost,
    /// It sleeps.
    Asleep,
    /// It had failed.
    Failed,
}

/// What a sleeping machine left behind.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    /// The machine's record, with the folder.
    pub record: VmRecord,
}

/// The owner of one runtime.
pub(crate) struct Supervisor {
    core: Arc<Core>,
    shared: Arc<Shared>,
    /// For the tasks that report back.
    sender: mpsc::Sender<Event>,
    /// `None` only within a transition.
    life: Option<Lifecycle<Arc<LiveVm>, Saved>>,
    wanted: ServerlessRuntime,
    vm: VmDocument,
    record: RuntimeRecord,
    reservation: Option<Reservation>,
    attempt: u64,
    /// History that the store has not accepted yet.
    unsaved: Vec<HistoryRow>,
    is_saved: bool,
    /// Whether the start under way is the adoption of a machine.
    adopting: bool,
    /// The hardware before the change that is being made.
    former_hardware: Option<(Option<u32>, Option<u32>)>,
    /// Serves the runtime's own address, where it has one.
    own_address: Option<tokio::task::AbortHandle>,
}

impl Supervisor {
    /// The owner of a runtime that the store has as `record`. It does nothing until [`Self::run`].
    pub(crate) fn new(
        core: Arc<Core>,
        shared: Arc<Shared>,
        sender: mpsc::Sender<Event>,
        record: RuntimeRecord,
        wanted: ServerlessRuntime,
        vm: VmDocument,
    ) -> Self {
        Self {
            core,
            shared,
            sender,
            life: Some(Lifecycle::Pending(Pending::first())),
            wanted,
            vm,
            record,
            reservation: None,
            attempt: 0,
            unsaved: Vec::new(),
            is_saved: true,
            adopting: false,
            former_hardware: None,
            own_address: None,
        }
    }

    /// Lets the gateway know of the runtime, before anybody can hear of it.
    pub(crate) fn list_route(&mut self) {
        self.core.routes.add(self.id(), self.route_options());
        self.own_address = self.core.address(self.id()).map(|address| {
            let (core, id) = (Arc::clone(&self.core), self.id());
            tokio::spawn(serve_address(core, id, address)).abort_handle()
        });
    }

    /// Lives until the runtime is deleted or the engine ends.
    pub(crate) async fn run(mut self, beginning: Beginning, mut events: mpsc::Receiver<Event>) {
        self.begin(beginning).await;
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = tokio::time::sleep(self.time_to_next_look()) => {
                    self.look().await;
                    continue;
                }
            };
            let Some(event) = event else { return };
            if self.handle(event).await == Go::End {
                return;
            }
        }
    }

    async fn begin(&mut self, beginning: Beginning) {
        match beginning {
            Beginning::Start { reservation } => {
                self.reservation = reservation;
                self.core.routes.starting(self.id());
                self.begin_pending_start().await;
            }
            Beginning::Adopt { machine, retiring } => self.begin_adoption(machine, retiring),
            Beginning::Lost => self.lost().await,
            Beginning::Asleep => {
                let saved = self.vm.current.clone().filter(|current| current.saved.is_some());
                let running =
                    Lifecycle::Asleep(crate::lifecycle::Asleep { saved: saved.map(|record| Saved { record }) });
                self.life = Some(running);
                // Nothing is in flight yet, so this cannot be refused.
                let _ = self.core.routes.try_sleep(self.id());
            }
            Beginning::Failed => {
                let reason = self.vm.error.clone().unwrap_or_default();
                self.core.routes.failed(self.id(), starting::for_callers(&reason));
                self.life = Some(Lifecycle::Failed(crate::lifecycle::Failed { reason }));
            }
        }
    }

    async fn handle(&mut self, event: Event) -> Go {
        match event {
            Event::Started { attempt, outcome } => self.started(attempt, outcome).await,
            Event::Ended { vm_id } => self.ended(&vm_id).await,
            Event::Retry { attempt } if attempt == self.attempt => self.begin_pending_start().await,
            Event::Retry { .. } => {}
            Event::Wake => self.wake().await,
            Event::Retired { vm_id } => self.retired(&vm_id).await,
            Event::Update { asked, if_match, span, answer } => {
                let outcome = self.update(*asked, if_match).instrument(span).await;
                // A client that went away does not undo its change.
                let _ = answer.send(outcome);
            }
            Event::Delete { span, answer } => {
                let outcome = self.delete().instrument(span).await;
                let deleted = outcome.is_ok();
                let _ = answer.send(outcome);
                if deleted {
                    return Go::End;
                }
            }
            Event::Log { lines, answer } => {
                let machine = self.life.as_ref().and_then(Lifecycle::machine).cloned();
                tokio::spawn(async move {
                    let text = match machine {
                        Some(machine) => machine.serial_tail(lines).await,
                        None => String::new(),
                    };
                    let _ = answer.send(text);
                });
            }
            Event::EndMachine { answer } => {
                if let Some(machine) = self.life.as_ref().and_then(Lifecycle::machine).cloned() {
                    machine.stop().await;
                }
                let _ = answer.send(());
                return Go::End;
            }
        }
        Go::On
    }

    fn id(&self) -> u64 {
        self.shared.id
    }

    fn spec(&self) -> MachineSpec {
        machine_spec(&self.wanted, &self.shared.flavour)
    }

    fn route_options(&self) -> RouteOptions {
        let options = self.wanted.skerry.clone().unwrap_or_default();
        RouteOptions {
            public: options.public.unwrap_or(false),
            owner: Arc::clone(&self.shared.owner),
            concurrency: options.concurrency.unwrap_or(self.core.settings.concurrency) as usize,
            queue: self.core.settings.queue as usize,
        }
    }

    /// Stores the present state with what led to it, shows it, and keeps trying where the store refuses.
    async fn commit(&mut self, event: &str, note: Note<'_>) {
        self.stage(event, note);
        if let Err(error) = self.save().await {
            tracing::error!(runtime = self.id(), "a change is not stored yet: {}", chain(&error));
        }
        self.publish();
    }

    /// As [`Self::commit`], but where the store refuses nothing is to be stored later either: the caller undoes its change.
    async fn try_commit(&mut self, event: &str, note: Note<'_>) -> Result<(), StoreError> {
        let (record, staged, was_saved) = (self.record.clone(), self.unsaved.len(), self.is_saved);
        self.stage(event, note);
        if let Err(error) = self.save().await {
            self.record = record;
            self.unsaved.truncate(staged);
            self.is_saved = was_saved;
            return Err(error);
        }
        self.publish();
        Ok(())
    }

    /// Writes the present state into what the store is to get.
    fn stage(&mut self, event: &str, note: Note<'_>) {
        let life = self.life.as_ref();
        let state = life.map_or(RuntimeState::Pending, Lifecycle::state);
        self.vm.error = life.and_then(Lifecycle::reason).map(str::to_owned);
        let current = self.vm.current.as_ref();
        let entry = HistoryEntry {
            at_ms: now_ms(),
            event: event.to_owned(),
            state,
            vm_id: current.map(|vm| vm.id.clone()),
            start: note.start,
            phases_us: note.phases_us.to_vec(),
            detail: note.detail.map(str::to_owned),
        };
        tracing::info!(
            runtime = self.shared.id,
            state = state.name(),
            vm = entry.vm_id.as_deref().unwrap_or_default(),
            start = note.start.map(StartPath::name).unwrap_or_default(),
            detail = note.detail.unwrap_or_default(),
            "{event}"
        );
        self.record.state = state.name().to_owned();
        self.record.updated_ms = entry.at_ms;
        self.record.name = self.wanted.name.clone().unwrap_or_default();
        self.record.document = serde_json::to_string(&self.wanted).unwrap_or_default();
        self.record.vm = serde_json::to_string(&self.vm).ok();
        self.unsaved.push(HistoryRow { at_ms: entry.at_ms, entry: serde_json::to_string(&entry).unwrap_or_default() });
    }

    async fn save(&mut self) -> Result<(), StoreError> {
        let mut next = self.record.clone();
        next.version += 1;
        let saved = self.core.store.save(&next, &self.unsaved).await;
        self.is_saved = saved.is_ok();
        if saved.is_ok() {
            self.record = next;
            self.unsaved.clear();
        }
        saved
    }

    /// Shows the present state.
    fn publish(&self) {
        let view = view_of(&self.core, self.id(), &self.life, &self.wanted, &self.vm);
        self.shared.publish(Versioned { runtime: view, version: self.record.version });
    }

    /// How long until something is to be looked at without an event.
    fn time_to_next_look(&self) -> Duration {
        if self.is_saved { self.time_to_sleep().unwrap_or(Duration::from_secs(3600)) } else { STORE_RETRY }
    }

    async fn look(&mut self) {
        if !self.is_saved {
            if let Err(error) = self.save().await {
                tracing::warn!(runtime = self.id(), "a change is not stored yet: {}", chain(&error));
            } else {
                self.publish();
            }
            return;
        }
        self.sleep_if_idle().await;
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(own_address) = &self.own_address {
            own_address.abort();
        }
    }
}

/// Serves a runtime at an address of its own, until the task is aborted.
async fn serve_address(core: Arc<Core>, id: u64, address: std::net::Ipv4Addr) {
    match tokio::net::TcpListener::bind((address, crate::core::RUNTIME_ADDRESS_PORT)).await {
        Ok(listener) => {
            let (routes, users) = (core.routes.clone(), core.users.clone());
            skerry_gateway::serve_runtime(listener, id, routes, users, std::future::pending()).await;
        }
        Err(error) => tracing::error!(runtime = id, "cannot listen on {}: {error}", own_url(address)),
    }
}

/// Whether a supervisor goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Go {
    On,
    End,
}

/// What a history entry says beside its event.
#[derive(Clone, Copy, Default)]
struct Note<'a> {
    start: Option<StartPath>,
    phases_us: &'a [(String, u64)],
    detail: Option<&'a str>,
}

impl<'a> Note<'a> {
    fn detail(detail: &'a str) -> Self {
        Self { detail: Some(detail), ..Self::default() }
    }

    fn start(vm: &'a LiveVm, detail: Option<&'a str>) -> Self {
        Self { start: Some(vm.start), phases_us: &vm.phases_us, detail }
    }
}

/// A runtime as clients see it.
fn view_of(
    core: &Core,
    id: u64,
    life: &Option<Lifecycle<Arc<LiveVm>, Saved>>,
    wanted: &ServerlessRuntime,
    vm: &VmDocument,
) -> ServerlessRuntime {
    let state = life.as_ref().map_or(RuntimeState::Pending, Lifecycle::state);
    shown(wanted, &Shown { id, state, endpoint: core.endpoint(id), address: core.address(id).map(own_url), vm })
}

/// The URL of a runtime's own address.
#[must_use]
pub(crate) fn own_url(address: std::net::Ipv4Addr) -> String {
    format!("http://{address}:{}", crate::core::RUNTIME_ADDRESS_PORT)
}
