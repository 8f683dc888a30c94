//! The clock of running machine code: a thread that looks now and then whether calls have to end.
//!
//! Where the platform can interrupt a call ([`Interrupts`]), machine code knows nothing of that. Elsewhere it compares a
//! counter of the engine's, the epoch, at each function's start and in each loop; the thread advances it, and the call itself
//! looks at its limits.
//!
//! The thread starts with the first call, sleeps for good while none runs, and ends with the engine.

use crate::StopFlag;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// How often somebody looks at clock and stop flags.
const PERIOD: Duration = Duration::from_millis(5);
/// Periods without a call after which the thread sleeps until the next one. Not at once: waking a thread costs more
/// than a short call.
const IDLE_PERIODS: u32 = 100;
/// The thread's stack in bytes; it only sleeps and counts.
const STACK_BYTES: usize = 64 * 1024;

/// How a platform interrupts machine code, which costs that nothing while it runs.
#[derive(Clone, Copy, Debug)]
pub struct Interrupts {
    /// Says that this thread runs code at these addresses, and that an instruction at the other one traps; a number for the
    /// call, if there are not too many.
    pub begin: fn(Range<usize>, usize) -> Option<u32>,
    /// Makes the call trap as if it were at the instruction that does, as soon as it is in its code. Asked again until it
    /// has ended.
    pub interrupt: fn(u32),
    /// The call has ended.
    pub end: fn(u32),
}

static INTERRUPTS: OnceLock<Interrupts> = OnceLock::new();

/// Has machine code interrupted by the platform. To be called before there are any [`Executors`](crate::Executors).
pub fn use_interrupts(interrupts: Interrupts) {
    // A second time changes nothing.
    let _ = INTERRUPTS.set(interrupts);
}

/// How the platform interrupts machine code, if it does.
pub(super) fn interrupts() -> Option<&'static Interrupts> {
    INTERRUPTS.get()
}

pub(super) struct Ticker {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    state: Mutex<State>,
    wanted: Condvar,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    last_id: u64,
    is_started: bool,
    is_asleep: bool,
    is_closed: bool,
}

/// A call under way.
struct Call {
    id: u64,
    /// The platform's number for it.
    number: Option<u32>,
    deadline: Option<Instant>,
    stop: StopFlag,
}

/// A call under way, for as long as it lives.
pub(super) struct Ticking<'a> {
    shared: &'a Shared,
    id: u64,
    number: Option<u32>,
}

/// What of a module can be interrupted.
#[derive(Clone, Debug)]
pub(super) struct Interruptible {
    pub(super) code: Range<usize>,
    pub(super) trap: usize,
}

impl Ticker {
    pub(super) fn new(engine: Engine) -> Self {
        Self { shared: Arc::new(Shared { engine, state: Mutex::default(), wanted: Condvar::new() }) }
    }

    /// Begins a call on this thread, of what can be interrupted; `None` if the machine has no thread for the clock, or runs
    /// too many calls.
    pub(super) fn begin(
        &self,
        of: Option<&Interruptible>,
        deadline: Option<Instant>,
        stop: StopFlag,
    ) -> Option<Ticking<'_>> {
        let mut state = self.shared.lock();
        let is_waking = !state.is_started || state.is_asleep;
        if !state.is_started {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new().name("ticker".to_owned()).stack_size(STACK_BYTES);
            thread.spawn(move || shared.tick()).ok()?;
            state.is_started = true;
        }
        let number = match (interrupts(), of) {
            (Some(interrupts), Some(of)) => Some((interrupts.begin)(of.code.clone(), of.trap)?),
            _ => None,
        };
        state.last_id += 1;
        let id = state.last_id;
        state.calls.push(Call { id, number, deadline, stop });
        if state.is_asleep {
            self.shared.wanted.notify_one();
        }
        drop(state);
        if is_waking {
            // On Hermit a thread that is woken waits for the next interrupt, and code that waits for nothing may see none
            // before the clock has set its timer.
            thread::yield_now();
        }
        Some(Ticking { shared: &self.shared, id, number })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.wanted.notify_one();
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.calls.retain(|call| call.id != self.id);
        if let (Some(interrupts), Some(number)) = (interrupts(), self.number) {
            (interrupts.end)(number);
        }
    }
}

impl Shared {
    // Nothing here panics with the lock held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) {
        let mut idle_periods = 0;
        loop {
            thread::sleep(PERIOD);
            self.engine.increment_epoch();
            let mut state = self.lock();
            state.interrupt();
            idle_periods = if state.calls.is_empty() { idle_periods + 1 } else { 0 };
            while !state.is_closed && state.calls.is_empty() && idle_periods >= IDLE_PERIODS {
                state.is_asleep = true;
                state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.is_asleep = false;
            }
            if state.is_closed {
                return;
            }
        }
    }
}

impl State {
    /// Interrupts the calls that are over.
    fn interrupt(&self) {
        let Some(interrupts) = interrupts() else { return };
        let now = Instant::now();
        for call in &self.calls {
            let is_over = call.stop.is_set() || call.deadline.is_some_and(|deadline| now >= deadline);
            if let Some(number) = call.number.filter(|_| is_over) {
                (interrupts.interrupt)(number);
            }
        }
    }
}
