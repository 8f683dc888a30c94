//! The clock of running machine code: a thread that advances the engine's epoch, at which calls look at their limits.
//!
//! The thread starts with the first call, sleeps for good while none runs, and ends with the engine.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use wasmtime::Engine;

/// How often calls look at clock and stop flag.
const PERIOD: Duration = Duration::from_millis(5);
/// Periods without a call after which the thread sleeps until the next one. Not at once: waking a thread costs more
/// than a short call.
const IDLE_PERIODS: u32 = 100;
/// The thread's stack in bytes; it only sleeps and counts.
const STACK_BYTES: usize = 64 * 1024;

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
    running_calls: usize,
    is_started: bool,
    is_asleep: bool,
    is_closed: bool,
}

/// A call under way, for as long as it lives.
pub(super) struct Ticking<'a> {
    shared: &'a Shared,
}

impl Ticker {
    pub(super) fn new(engine: Engine) -> Self {
        Self { shared: Arc::new(Shared { engine, state: Mutex::default(), wanted: Condvar::new() }) }
    }

    /// Begins a call; `None` if the machine has no thread for the clock.
    pub(super) fn begin(&self) -> Option<Ticking<'_>> {
        let mut state = self.shared.lock();
        if !state.is_started {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new().name("ticker".to_owned()).stack_size(STACK_BYTES);
            thread.spawn(move || shared.tick()).ok()?;
            state.is_started = true;
        }
        state.running_calls += 1;
        if state.is_asleep {
            self.shared.wanted.notify_one();
        }
        Some(Ticking { shared: &self.shared })
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
        self.shared.lock().running_calls -= 1;
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
            idle_periods = if state.running_calls > 0 { 0 } else { idle_periods + 1 };
            while !state.is_closed && state.running_calls == 0 && idle_periods >= IDLE_PERIODS {
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
