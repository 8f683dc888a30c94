//! The life of a Serverless Runtime as a state machine. Pure: who starts and ends machines is not its business.
//!
//! ```text
//!             started                     update            started (new machine)
//!  Pending ───────────▶ Running ───────────────────▶ Updating ──────────▶ Running
//!   ▲  │                 │  ▲ │ ended, restart        │   │ failed
//!   │  │ given up        │  │ └──────────────▶ Pending│   └────────────▶ Running (old machine)
//!   │  ▼           sleeps│  │started                  │ ended
//!   │ Failed ◀───────┐   ▼  │                         ▼
//!   │  │ update      │  Asleep ──wake──▶ Waking     Pending
//!   └──┘             └────── given up ─────┘
//! ```
//!
//! Each state is a type of its own, and a transition takes the state that it leaves: one that is not drawn above does not
//! compile. `DELETE` is possible in each of them except the transient ones (Pending, Updating), and ends the life; there is
//! no state after it. On the wire Asleep and Waking are RUNNING.
//!
//! `V` is the machine, `S` what a machine that sleeps left behind.

use std::time::Duration;

use skerry_api::provisioning::{RestartPolicy, RuntimeState};

/// The first pause before a machine is started again; it doubles with each try.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A runtime's state.
#[derive(Debug)]
pub enum Lifecycle<V, S> {
    /// Its first machine, or one after an end, is being started.
    Pending(Pending),
    /// A machine serves.
    Running(Running<V>),
    /// No machine; the next request wakes it.
    Asleep(Asleep<S>),
    /// A request waits for the machine that is being started.
    Waking(Waking<S>),
    /// A machine serves, and another one is being started to replace it.
    Updating(Updating<V>),
    /// No machine, and none is being started.
    Failed(Failed),
}

impl<V, S> Lifecycle<V, S> {
    /// The state as clients see it.
    #[must_use]
    pub fn state(&self) -> RuntimeState {
        match self {
            Self::Pending(_) => RuntimeState::Pending,
            Self::Running(_) | Self::Asleep(_) | Self::Waking(_) => RuntimeState::Running,
            Self::Updating(_) => RuntimeState::Updating,
            Self::Failed(_) => RuntimeState::Error,
        }
    }

    /// The machine that serves, if one does.
    #[must_use]
    pub fn machine(&self) -> Option<&V> {
        match self {
            Self::Running(running) => Some(&running.machine),
            Self::Updating(updating) => Some(&updating.old.machine),
            _ => None,
        }
    }

    /// What a sleeping machine left behind, if this sleeps or wakes.
    #[must_use]
    pub fn saved(&self) -> Option<&S> {
        match self {
            Self::Asleep(asleep) => asleep.saved.as_ref(),
            Self::Waking(waking) => waking.saved.as_ref(),
            _ => None,
        }
    }

    /// Whether no machine runs until the next request.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        matches!(self, Self::Asleep(_) | Self::Waking(_))
    }

    /// Why there is no machine and will be none.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        if let Self::Failed(failed) = self { Some(&failed.reason) } else { None }
    }
}

/// A machine is being started.
#[derive(Debug, Default)]
pub struct Pending {
    /// How many machines in a row did not last.
    tries: u32,
}

/// A machine serves.
#[derive(Debug)]
pub struct Running<V> {
    /// The machine.
    pub machine: V,
    tries: u32,
}

/// No machine until the next request.
#[derive(Debug)]
pub struct Asleep<S> {
    /// The machine's saved state; without one a new machine is started.
    pub saved: Option<S>,
}

/// A request waits for a machine.
#[derive(Debug)]
pub struct Waking<S> {
    /// What the machine is to go on from.
    pub saved: Option<S>,
}

/// One machine serves, its replacement is being started.
#[derive(Debug)]
pub struct Updating<V> {
    /// The state that goes on meanwhile.
    pub old: Running<V>,
}

/// There is no machine.
#[derive(Debug)]
pub struct Failed {
    /// Why, for a user.
    pub reason: String,
}

/// What follows the end of a machine.
#[derive(Debug)]
pub enum AfterEnd {
    /// Another one, after a pause.
    Again(Pending, Duration),
    /// None.
    GivenUp(Failed),
}

impl Pending {
    /// The start of a life, or of a new one after [`Failed`].
    #[must_use]
    pub fn first() -> Self {
        Self { tries: 0 }
    }

    /// The machine is there.
    #[must_use]
    pub fn started<V>(self, machine: V) -> Running<V> {
        Running { machine, tries: self.tries }
    }

    /// The machine could not be started.
    #[must_use]
    pub fn start_failed(self, most_tries: u32, is_final: bool, reason: String) -> AfterEnd {
        if is_final { AfterEnd::GivenUp(Failed { reason }) } else { again(self.tries, most_tries, reason) }
    }
}

impl<V> Running<V> {
    /// A machine that was found running.
    #[must_use]
    pub fn adopted(machine: V) -> Self {
        Self { machine, tries: 0 }
    }

    /// The machine has ended by itself. `in_order`: the guest switched it off. `lasted`: it had run for so long that
    /// earlier failures are forgotten.
    #[must_use]
    pub fn ended(
        self,
        policy: RestartPolicy,
        in_order: bool,
        lasted: bool,
        most_tries: u32,
        reason: String,
    ) -> AfterEnd {
        let restart = match policy {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => !in_order,
            RestartPolicy::Never => false,
        };
        if !restart {
            return AfterEnd::GivenUp(Failed { reason });
        }
        again(if lasted { 0 } else { self.tries }, most_tries, reason)
    }

    /// Its machine was ended, to be started again at the next request.
    #[must_use]
    pub fn slept<S>(self, saved: Option<S>) -> Asleep<S> {
        Asleep { saved }
    }

    /// A replacement is being started.
    #[must_use]
    pub fn updating(self) -> Updating<V> {
        Updating { old: self }
    }
}

impl<S> Asleep<S> {
    /// A request waits.
    #[must_use]
    pub fn wake(self) -> Waking<S> {
        Waking { saved: self.saved }
    }

    /// Its hardware changed: what was saved no longer fits.
    #[must_use]
    pub fn without_saved(self) -> (Self, Option<S>) {
        (Self { saved: None }, self.saved)
    }
}

impl<S> Waking<S> {
    /// The machine is there.
    #[must_use]
    pub fn started<V>(self, machine: V) -> Running<V> {
        Running { machine, tries: 0 }
    }

    /// There is no room for the machine now; the next request tries again.
    #[must_use]
    pub fn postponed(self) -> Asleep<S> {
        Asleep { saved: self.saved }
    }

    /// It could not be started.
    #[must_use]
    pub fn start_failed(self, most_tries: u32, is_final: bool, reason: String) -> AfterEnd {
        Pending { tries: 0 }.start_failed(most_tries, is_final, reason)
    }
}

impl<V> Updating<V> {
    /// The replacement is there; the old machine is to be retired.
    #[must_use]
    pub fn started(self, machine: V) -> (Running<V>, V) {
        (Running { machine, tries: 0 }, self.old.machine)
    }

    /// The replacement could not be started: the old machine goes on.
    #[must_use]
    pub fn failed(self) -> Running<V> {
        self.old
    }

    /// The old machine ended first: what is being started is no replacement any more.
    #[must_use]
    pub fn old_ended(self) -> Pending {
        Pending { tries: self.old.tries }
    }
}

impl Failed {
    /// A new life: somebody changed the runtime.
    #[must_use]
    pub fn revived(self) -> Pending {
        Pending::first()
    }
}

fn again(tries: u32, most_tries: u32, reason: String) -> AfterEnd {
    let tries = tries + 1;
    if tries > most_tries {
        let reason = format!("given up after {tries} tries in a row: {reason}");
        return AfterEnd::GivenUp(Failed { reason });
    }
    AfterEnd::Again(Pending { tries }, pause_before(tries))
}

/// The pause before try number `tries` (from 1).
fn pause_before(tries: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason() -> String {
        "it burnt".to_owned()
    }

    fn running() -> Running<u8> {
        Pending::first().started(1)
    }

    #[test]
    fn the_policy_decides_whether_an_end_is_followed_by_a_start() {
        use RestartPolicy::{Always, Never, OnFailure};
        for (policy, in_order, again) in [
            (Always, true, true),
            (Always, false, true),
            (OnFailure, true, false),
            (OnFailure, false, true),
            (Never, true, false),
            (Never, false, false),
        ] {
            let after = running().ended(policy, in_order, false, 3, reason());
            assert_eq!(matches!(after, AfterEnd::Again(..)), again, "{policy:?}, in order: {in_order}");
        }
    }

    #[test]
    fn ends_in_a_row_are_given_up_after_the_tries_with_the_last_reason() {
        let mut pending = Pending::first();
        for tries in 1..=3 {
            let after = pending.started(1).ended(RestartPolicy::Always, false, false, 3, reason());
            let AfterEnd::Again(next, pause) = after else { panic!("given up at try {tries}") };
            assert_eq!(pause, FIRST_PAUSE * (1 << (tries - 1)));
            pending = next;
        }
        let after = pending.started(1).ended(RestartPolicy::Always, false, false, 3, reason());
        let AfterEnd::GivenUp(failed) = after else { panic!("not given up") };
        assert!(failed.reason.contains("after 4 tries") && failed.reason.contains("it burnt"), "{}", failed.reason);
    }

    #[test]
    fn a_machine_that_lasted_begins_a_new_row() {
        let AfterEnd::Again(pending, _) = Pending::first().start_failed(1, false, reason()) else { panic!("given up") };
        let after = pending.started(1).ended(RestartPolicy::Always, false, true, 1, reason());
        assert!(matches!(after, AfterEnd::Again(..)));
    }

    #[test]
    fn what_cannot_get_better_is_not_tried_again() {
        assert!(matches!(Pending::first().start_failed(9, true, reason()), AfterEnd::GivenUp(_)));
    }

    #[test]
    fn an_update_that_fails_leaves_the_old_machine() {
        assert_eq!(running().updating().failed().machine, 1);
        let (new, old) = running().updating().started(2);
        assert_eq!((new.machine, old), (2, 1));
    }

    #[test]
    fn pauses_are_bounded() {
        assert_eq!(pause_before(1), FIRST_PAUSE);
        assert_eq!(pause_before(64), LONGEST_PAUSE);
    }

    #[test]
    fn sleepers_are_running_on_the_wire() {
        let asleep: Lifecycle<u8, u8> = Lifecycle::Asleep(running().slept(Some(7)));
        assert_eq!((asleep.state(), asleep.is_asleep(), asleep.saved()), (RuntimeState::Running, true, Some(&7)));
        let Lifecycle::Asleep(asleep) = asleep else { unreachable!() };
        let waking: Lifecycle<u8, u8> = Lifecycle::Waking(asleep.wake());
        assert_eq!((waking.state(), waking.machine()), (RuntimeState::Running, None));
    }
}
