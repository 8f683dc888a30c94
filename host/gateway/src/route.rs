//! One runtime: where its requests go now, and who is here.
//!
//! ```text
//!                   try_sleep                      a request comes: Hooks::wake
//!        ┌─────────────────────────────────▶ Asleep ───────────────────────────────▶ Waking
//!        │ up                 try_sleep         ▲       nobody came in time            │
//! Starting ──────▶ Up ──────────────────────────┴──────────────────────────────────────┘
//!        ▲         │ forget
//!        └─────────┘
//! from each: up ─▶ Up, starting ─▶ Starting, failed ─▶ Failed, remove ─▶ Removed (for good)
//! ```

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::answers::Refusal;
use crate::guest::{Guest, InFlight};
use crate::hooks::Hooks;
use crate::lane::Lane;
use crate::metrics::Metrics;
use crate::routes::RouteOptions;
use crate::settings::GatewaySettings;
use crate::task_ends::TaskEnds;

/// Whose turn it is when requests wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientKey {
    /// A user.
    User(Arc<str>),
    /// Somebody without credentials, by address.
    Peer(Option<IpAddr>),
}

/// How many VMs that are gone are remembered: those of many restarts in a row.
const MOST_ENDED: usize = 64;

/// A runtime's route.
pub(crate) struct Route {
    pub(crate) id: u64,
    state: Mutex<State>,
    /// Told at each change of phase.
    changed: Notify,
    /// For what takes as long as a function runs.
    pub(crate) calls: Lane<ClientKey>,
    /// For everything else.
    pub(crate) quick: Lane<ClientKey>,
    pub(crate) task_ends: TaskEnds,
}

struct State {
    options: RouteOptions,
    phase: Phase,
    /// VMs that were the target, and still have requests in flight or tasks.
    former: Vec<Arc<Guest>>,
    /// VMs that are gone, the last ones.
    ended: VecDeque<Arc<str>>,
    present: usize,
    /// Of these, how many wait for a target.
    waiting: usize,
    idle_since: Instant,
}

enum Phase {
    Starting,
    Up(Arc<Guest>),
    /// The VM that fell asleep, if it is known, may come back; or another one.
    Asleep(Option<Arc<str>>),
    /// The engine was told that a request waits.
    Waking(Option<Arc<str>>),
    Failed(Arc<str>),
    Removed(Arc<str>),
}

/// A request is here: it keeps the runtime awake until this is dropped.
pub(crate) struct Presence(Arc<Route>);

impl Drop for Presence {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.present -= 1;
        state.idle_since = Instant::now();
    }
}

/// A request waits for a target.
struct Waiting<'a>(&'a Route);

impl<'a> Waiting<'a> {
    fn new(route: &'a Route) -> Self {
        route.lock().waiting += 1;
        Self(route)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

/// Where a task's VM is.
pub(crate) enum Whereabouts {
    /// Here.
    Here(InFlight),
    /// It may yet come back.
    Unknown,
    /// Gone, with its tasks.
    Gone,
}

/// What a request finds when it looks for the target.
enum Look {
    Target(InFlight),
    Wait { wake: bool },
    Refused(Refusal),
}

impl Route {
    pub(crate) fn new(id: u64, options: RouteOptions, settings: &GatewaySettings) -> Self {
        let (slots, queue) = bounds(&options, settings);
        let state = State {
            options,
            phase: Phase::Starting,
            former: Vec::new(),
            ended: VecDeque::new(),
            present: 0,
            waiting: 0,
            idle_since: Instant::now(),
        };
        Self {
            id,
            state: Mutex::new(state),
            changed: Notify::new(),
            calls: Lane::new(slots, queue),
            quick: Lane::new(settings.quick_connections_per_guest, queue),
            task_ends: TaskEnds::default(),
        }
    }

    // For requests.

    /// Counts a request until what this returns is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Presence, Refusal> {
        let mut state = self.lock();
        if let Phase::Removed(reason) = &state.phase {
            return Err(Refusal::removed(reason));
        }
        state.present += 1;
        Ok(Presence(Arc::clone(self)))
    }

    /// Whether no credentials are asked for, and whose the runtime is.
    pub(crate) fn access(&self) -> (bool, Arc<str>) {
        let state = self.lock();
        (state.options.public, Arc::clone(&state.options.owner))
    }

    pub(crate) fn is_removed(&self) -> bool {
        matches!(self.lock().phase, Phase::Removed(_))
    }

    /// The present target; waits for one that starts or wakes until `deadline`.
    pub(crate) async fn target(
        &self,
        hooks: &dyn Hooks,
        metrics: &Metrics,
        deadline: tokio::time::Instant,
    ) -> Result<InFlight, Refusal> {
        let mut waiting = None;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let wake = match self.look() {
                Look::Target(in_flight) => return Ok(in_flight),
                Look::Refused(refusal) => return Err(refusal),
                Look::Wait { wake } => wake,
            };
            if waiting.is_none() {
                waiting = Some(Waiting::new(self));
                metrics.wakes_waited.inc();
            }
            if wake {
                hooks.wake(self.id);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                self.wake_anew();
                return Err(Refusal::unavailable("the runtime is still starting; try again"));
            }
        }
    }

    fn look(&self) -> Look {
        let mut state = self.lock();
        match &state.phase {
            Phase::Up(guest) => Look::Target(guest.begin()),
            Phase::Starting | Phase::Waking(_) => Look::Wait { wake: false },
            Phase::Asleep(sleeper) => {
                state.phase = Phase::Waking(sleeper.clone());
                Look::Wait { wake: true }
            }
            Phase::Failed(reason) => Look::Refused(Refusal::unavailable(format!("the runtime failed: {reason}"))),
            Phase::Removed(reason) => Look::Refused(Refusal::removed(reason)),
        }
    }

    /// A runtime did not wake in time: the next request tells the engine once more, in case it could not help it then.
    fn wake_anew(&self) {
        let mut state = self.lock();
        if let Phase::Waking(sleeper) = &mut state.phase {
            state.phase = Phase::Asleep(sleeper.take());
        }
    }

    /// Waits until the target is another one than `guest`, for at most `patience`; whether it is.
    pub(crate) async fn moved_on(&self, guest: &Arc<Guest>, patience: Duration) -> bool {
        let moving = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                if !matches!(&self.lock().phase, Phase::Up(target) if Arc::ptr_eq(target, guest)) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(patience, moving).await.is_ok()
    }

    /// Where a VM that accepted a task is.
    pub(crate) fn whereabouts(&self, vm_id: &str) -> Whereabouts {
        let state = self.lock();
        if let Some(guest) = state.guests().find(|guest| &*guest.vm_id == vm_id) {
            return Whereabouts::Here(guest.begin());
        }
        let may_come = match &state.phase {
            Phase::Starting => !state.ended.iter().any(|ended| &**ended == vm_id),
            Phase::Asleep(sleeper) | Phase::Waking(sleeper) => {
                sleeper.as_ref().is_none_or(|sleeper| &**sleeper == vm_id)
            }
            Phase::Up(_) | Phase::Failed(_) | Phase::Removed(_) => false,
        };
        if may_come { Whereabouts::Unknown } else { Whereabouts::Gone }
    }

    // For the engine.

    pub(crate) fn set_options(&self, options: RouteOptions, settings: &GatewaySettings) {
        let (slots, queue) = bounds(&options, settings);
        self.lock().options = options;
        self.calls.resize(slots, queue);
        self.quick.resize(settings.quick_connections_per_guest, queue);
    }

    pub(crate) fn up(&self, guest: Guest) {
        let guest = Arc::new(guest);
        let mut state = self.lock();
        if matches!(state.phase, Phase::Removed(_)) {
            return;
        }
        state.ended.retain(|ended| *ended != guest.vm_id);
        let replaced = state.take_out(&guest.vm_id);
        state.step_down();
        state.phase = Phase::Up(guest);
        state.idle_since = Instant::now();
        drop(state);
        self.changed.notify_waiters();
        // The same VM by another way, after a sleep for example: nothing comes from its former connections any more.
        end_all(replaced, &"it was replaced".into());
    }

    pub(crate) fn starting(&self) {
        self.become_phase(Phase::Starting);
    }

    pub(crate) fn failed(&self, reason: &str) {
        self.become_phase(Phase::Failed(reason.into()));
    }

    fn become_phase(&self, phase: Phase) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Removed(_)) {
            return;
        }
        state.step_down();
        state.phase = phase;
        drop(state);
        self.changed.notify_waiters();
    }

    pub(crate) fn remove(&self, reason: &str) {
        let reason: Arc<str> = reason.into();
        let mut state = self.lock();
        state.step_down();
        state.phase = Phase::Removed(Arc::clone(&reason));
        let guests = std::mem::take(&mut state.former);
        drop(state);
        self.changed.notify_waiters();
        self.calls.close(&reason);
        self.quick.close(&reason);
        end_all(guests, &format!("the runtime is gone: {reason}").into());
    }

    pub(crate) fn forget(&self, vm_id: &str) {
        let mut state = self.lock();
        let gone = state.take_out(vm_id);
        if state.ended.len() == MOST_ENDED {
            state.ended.pop_front();
        }
        state.ended.push_back(vm_id.into());
        drop(state);
        self.changed.notify_waiters();
        end_all(gone, &"its machine has ended".into());
    }

    pub(crate) fn try_sleep(&self) -> bool {
        let mut state = self.lock();
        let sleeper = match &state.phase {
            Phase::Up(_) if state.present > 0 => return false,
            Phase::Up(guest) => Some(Arc::clone(guest)),
            Phase::Starting => None,
            Phase::Asleep(_) | Phase::Waking(_) => return true,
            Phase::Failed(_) | Phase::Removed(_) => return false,
        };
        state.phase = Phase::Asleep(sleeper.as_ref().map(|guest| Arc::clone(&guest.vm_id)));
        drop(state);
        // Whoever waited for a start wakes it.
        self.changed.notify_waiters();
        if let Some(guest) = sleeper {
            // Nothing is in flight; this closes the idle connections.
            guest.end(&"it sleeps".into());
        }
        true
    }

    /// The VM `vm_id`, if it is not gone.
    pub(crate) fn guest(&self, vm_id: &str) -> Option<Arc<Guest>> {
        self.lock().guests().find(|guest| &*guest.vm_id == vm_id).cloned()
    }

    pub(crate) fn idle_for(&self) -> Option<Duration> {
        let state = self.lock();
        (state.present == 0).then(|| state.idle_since.elapsed())
    }

    pub(crate) fn in_flight(&self) -> usize {
        let present = self.lock().present;
        present.saturating_sub(self.queued())
    }

    pub(crate) fn queued(&self) -> usize {
        self.lock().waiting + self.calls.waiting() + self.quick.waiting()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics between two steps that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn guests(&self) -> impl Iterator<Item = &Arc<Guest>> {
        let target = if let Phase::Up(guest) = &self.phase { Some(guest) } else { None };
        target.into_iter().chain(&self.former)
    }

    /// The target becomes a former one; a phase must follow.
    fn step_down(&mut self) {
        if let Phase::Up(guest) = std::mem::replace(&mut self.phase, Phase::Starting) {
            self.former.push(guest);
        }
    }

    /// Takes a VM out, whatever it is.
    fn take_out(&mut self, vm_id: &str) -> Vec<Arc<Guest>> {
        if matches!(&self.phase, Phase::Up(guest) if &*guest.vm_id == vm_id) {
            self.step_down();
        }
        self.former.extract_if(.., |guest| &*guest.vm_id == vm_id).collect()
    }
}

fn end_all(guests: Vec<Arc<Guest>>, reason: &Arc<str>) {
    for guest in guests {
        guest.end(reason);
    }
}

/// Slots for calls, and places in each queue.
fn bounds(options: &RouteOptions, settings: &GatewaySettings) -> (usize, usize) {
    (options.concurrency.clamp(1, settings.most_long_calls()), options.queue)
}
