//! Who interprets which call: as many threads as the machine has processors, started when they are wanted.

use crate::RandomSource;
use crate::call::{Call, Failure, FailureKind, Finished};
use crate::worker::{Employer, Job, Worker};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often whoever waits for a call looks whether it is to end.
const LOOK: Duration = Duration::from_millis(5);
/// What an ended call may still take, until its thread is given up.
const PATIENCE_LOOKS: u32 = 600;

/// Interprets calls. Shared between threads by reference.
pub struct Interpreters {
    pool: Arc<Pool>,
}

struct Pool {
    random: RandomSource,
    /// Workers at a time, without those that were given up.
    most: usize,
    crew: Mutex<Crew>,
    changed: Condvar,
}

#[derive(Default)]
struct Crew {
    idle: Vec<&'static Worker>,
    /// Those that are there or on their way, without those that were given up.
    workers: usize,
    given_up: Vec<&'static Worker>,
    failed_starts: u64,
}

impl Pool {
    fn crew(&self) -> MutexGuard<'_, Crew> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pool, as its workers know it.
struct Place(Arc<Pool>);

impl Employer for Place {
    fn rests(&self, worker: &'static Worker) -> bool {
        let mut crew = self.0.crew();
        if let Some(at) = crew.given_up.iter().position(|other| std::ptr::eq(*other, worker)) {
            // It came back after all: it is wanted only if nobody took its place.
            crew.given_up.swap_remove(at);
            if crew.workers == self.0.most {
                return false;
            }
            crew.workers += 1;
        }
        crew.idle.push(worker);
        self.0.changed.notify_one();
        true
    }

    fn failed(&self) {
        let mut crew = self.0.crew();
        crew.workers -= 1;
        crew.failed_starts += 1;
        self.0.changed.notify_all();
    }
}

impl Interpreters {
    /// Starts the first thread, which makes its interpreter at once.
    ///
    /// # Errors
    ///
    /// When there is no memory for a thread.
    pub fn start(random: RandomSource) -> io::Result<Self> {
        // The parser keeps a table for all threads, made when it is first wanted. That must not be in a call, whose memory is
        // set back: `eval` parses, too.
        let _ = ruff_python_ast::str::raw_contents("''");
        let most = thread::available_parallelism().map_or(1, usize::from);
        let pool = Arc::new(Pool { random, most, crew: Mutex::default(), changed: Condvar::new() });
        hire(&pool, &mut pool.crew())?;
        Ok(Self { pool })
    }

    /// Runs a call when a thread is free. The calling thread waits, and asks `check` every few milliseconds whether the call
    /// is to go on.
    ///
    /// # Errors
    ///
    /// What `check` said, when it ended the call.
    pub fn run<E>(&self, call: Call, check: impl Fn() -> Result<(), E>) -> Result<Finished, E> {
        let Some(worker) = self.free_worker(&check)? else {
            let reason = "MemoryError: there is too little memory for a Python interpreter";
            return Ok(Finished { result: Err(Failure::new(FailureKind::Memory, reason)), log: String::new() });
        };
        let (answer, answers) = mpsc::channel();
        let number = next_number();
        worker.give(Job { number, call: Arc::new(call), answer });
        let mut ended: Option<(E, u32)> = None;
        loop {
            match answers.recv_timeout(LOOK) {
                Ok(finished) => return ended.map_or(Ok(finished), |(reason, _)| Err(reason)),
                Err(RecvTimeoutError::Disconnected) => {
                    let reason = "the Python interpreter ended during this call";
                    let result = Err(Failure::new(FailureKind::Interpreter, reason));
                    return Ok(Finished { result, log: String::new() });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            ended = match ended {
                Some((reason, PATIENCE_LOOKS)) => {
                    self.give_up(worker);
                    return Err(reason);
                }
                Some((reason, looks)) => Some((reason, looks + 1)),
                None => check().err().map(|reason| (reason, 0)),
            };
            if ended.is_some() {
                worker.end(number);
            }
        }
    }

    /// A worker that has nothing to do; `None`: none can be started.
    fn free_worker<E>(&self, check: &impl Fn() -> Result<(), E>) -> Result<Option<&'static Worker>, E> {
        let mut crew = self.pool.crew();
        let failed_before = crew.failed_starts;
        loop {
            if let Some(worker) = crew.idle.pop() {
                return Ok(Some(worker));
            }
            if crew.workers == 0 && crew.failed_starts != failed_before {
                return Ok(None);
            }
            if crew.workers < self.pool.most && hire(&self.pool, &mut crew).is_err() && crew.workers == 0 {
                return Ok(None);
            }
            let (back, _) = self.pool.changed.wait_timeout(crew, LOOK).unwrap_or_else(PoisonError::into_inner);
            crew = back;
            check()?;
        }
    }

    /// Leaves a thread to itself: it is in native code that does not look whether it is to end. When it comes back from there,
    /// it asks whether it is still wanted.
    fn give_up(&self, worker: &'static Worker) {
        let mut crew = self.pool.crew();
        crew.workers -= 1;
        crew.given_up.push(worker);
    }
}

fn hire(pool: &Arc<Pool>, crew: &mut Crew) -> io::Result<()> {
    Worker::start(pool.random, Place(Arc::clone(pool)))?;
    crew.workers += 1;
    Ok(())
}

fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
