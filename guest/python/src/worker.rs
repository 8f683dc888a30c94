//! A thread that interprets, one call at a time, and how others speak with it.

use crate::call::{Call, Failure, FailureKind, Finished};
use crate::interpreter::{Lost, WarmInterpreter};
use crate::{RandomSource, arena, escape, memory};
use rustpython_vm::signal::{self, Interruption};
use std::cell::Cell;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::thread;

/// The interpreter recurses natively where native code calls Python's; it leaves off at about 4 MiB.
const STACK_BYTES: usize = 6 * 1024 * 1024;

/// How often a worker lets others go first after a call: the answer passes through a runner and the event loop.
const YIELDS: u32 = 4;

pub(crate) const LOST_FOR_MEMORY: u8 = 1;
pub(crate) const LOST_BY_PANIC: u8 = 2;

/// A thread that interprets, as others see it.
pub(crate) struct Worker {
    /// What ends the code that runs; there as soon as the worker takes calls.
    interruption: OnceLock<Interruption>,
    /// Set while the thread's code is to end.
    interrupted: AtomicBool,
    /// The call that runs, so that none is ended in place of another.
    running: Mutex<Option<u64>>,
    next: Mutex<Option<Job>>,
    given: Condvar,
}

/// A call for a worker.
pub(crate) struct Job {
    /// By which it is ended.
    pub(crate) number: u64,
    pub(crate) call: Arc<Call>,
    pub(crate) answer: Sender<Finished>,
}

/// What becomes of a worker, as far as others decide it.
pub(crate) trait Employer: Send + 'static {
    /// The worker has nothing to do. Whether it is still wanted.
    fn rests(&self, worker: &'static Worker) -> bool;
    /// The worker could not start.
    fn failed(&self);
}

thread_local! {
    static THIS_WORKER: Cell<Option<&'static Worker>> = const { Cell::new(None) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    /// Starts a thread, which announces itself when it has an interpreter.
    ///
    /// # Errors
    ///
    /// When there is no memory for a thread.
    pub(crate) fn start(random: RandomSource, employer: impl Employer) -> io::Result<()> {
        keep_program_alive();
        let build = thread::Builder::new().name("python".to_owned()).stack_size(STACK_BYTES);
        build.spawn(move || work(random, &employer)).map(drop)
    }

    /// Gives a call to a worker that has none.
    pub(crate) fn give(&self, job: Job) {
        *lock(&self.next) = Some(job);
        self.given.notify_one();
    }

    /// Ends a call, if it is the one that runs.
    pub(crate) fn end(&self, number: u64) {
        // Held, so that the thread does not go on to another call meanwhile.
        let running = lock(&self.running);
        if *running == Some(number) {
            self.interrupt();
        }
    }

    fn interrupt(&self) {
        if let Some(interruption) = self.interruption.get() {
            interruption.begin();
        }
    }

    fn wait(&self) -> Job {
        let mut next = lock(&self.next);
        loop {
            match next.take() {
                Some(job) => return job,
                None => next = self.given.wait(next).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn begin(&self, number: u64) {
        *lock(&self.running) = Some(number);
    }

    /// After this nobody ends anything.
    fn finish(&self) {
        *lock(&self.running) = None;
        if let Some(interruption) = self.interruption.get() {
            interruption.end();
        }
    }
}

/// The thread's work. Nothing here uses the thread's own storage or the arena beyond a call: both are set back after it.
fn work(random: RandomSource, employer: &impl Employer) {
    // For as long as the program runs, because others may hold it; threads are few.
    let worker: &'static Worker = Box::leak(Box::new(Worker {
        interruption: OnceLock::new(),
        interrupted: AtomicBool::new(false),
        running: Mutex::new(None),
        next: Mutex::new(None),
        given: Condvar::new(),
    }));
    THIS_WORKER.set(Some(worker));
    let _ = worker.interruption.set(signal::watch(&worker.interrupted));
    rustpython_sre_engine::engine::set_interruption_check(signal::is_interrupted);
    memory::when_exceeded(|| {
        if let Some(worker) = THIS_WORKER.get() {
            worker.interrupt();
        }
    });
    match WarmInterpreter::start(random) {
        Ok(interpreter) => serve(worker, interpreter, employer),
        Err(_) => employer.failed(),
    }
    // SAFETY: nothing is interpreted here any more.
    unsafe { arena::release_all_but(&[]) };
    // The thread's variables point into what has been given back: it must not end, for that would look into them.
    loop {
        thread::park();
    }
}

/// Runs calls until the worker is not wanted any more.
fn serve(worker: &'static Worker, mut interpreter: WarmInterpreter, employer: &impl Employer) {
    while employer.rests(worker) {
        let Job { number, call, answer } = worker.wait();
        worker.begin(number);
        let finished = interpreter.run(&call);
        worker.finish();
        // Whoever waits may be gone.
        let _ = answer.send(finished.unwrap_or_else(failed));
        drop(call);
        // On a machine of one processor the answer would wait until all is set back: who sends it goes first.
        for _ in 0..YIELDS {
            thread::yield_now();
        }
        interpreter.set_back();
    }
}

fn failed(lost: Lost) -> Finished {
    let (kind, reason) = match lost.0 {
        LOST_FOR_MEMORY => (FailureKind::Memory, "MemoryError: the call asked for more memory at once than there is"),
        _ => (FailureKind::Interpreter, "the Python interpreter failed on this call"),
    };
    Finished { result: Err(Failure::new(kind, reason)), log: String::new() }
}

/// Sees to it that a failed allocation or a panic of an interpreter ends the call and not the program.
fn keep_program_alive() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::alloc::set_alloc_error_hook(|_| escape::escape(LOST_FOR_MEMORY));
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            arena::outside(|| usual(panic));
            escape::escape(LOST_BY_PANIC);
        }));
    });
}
