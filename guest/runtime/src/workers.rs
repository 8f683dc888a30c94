//! The threads that check and run functions.
//!
//! A job is first prepared (its body read, its code compiled) and then run. Runners do both, one after the other,
//! without a detour. While all of them are busy, one more thread, the preparer, goes on preparing: so a faulty request is
//! refused, and an asynchronous one accepted, without waiting for somebody else's function to end. What it has prepared
//! waits for the next free runner.
//!
//! Whose turn it is, `turns` knows. Tasks never take the last runner: synchronous calls, for which somebody waits, get on
//! whatever tasks there are.
//!
//! Threads start with the first job that finds no free one: a machine that has just booted answers sooner without them.
//!
//! Reports go into a list that the event loop empties when it is woken.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use skerry_executors::{
    CALL_STACK_BYTES, CacheStatistics, Executors, Lang, Outcome, PreparedCall, RequestError, StopFlag,
};

use crate::crew::Crew;
use crate::http::{Body, Charge};
use crate::options::processors;
use crate::poller::Waker;
use crate::request_body::{self, BodyError};
use crate::turns::{Client, Kind, Turns};

/// Jobs of each kind that may wait.
const QUEUE_LENGTH: usize = 64;
/// How many of these may be one client's: no client keeps all others out.
const CLIENT_LENGTH: usize = QUEUE_LENGTH * 3 / 4;

/// Stack of each thread in bytes. In a microVM all of it is taken from the machine's memory, and optimised code gets by
/// with little; elsewhere only what is touched costs anything, and unoptimised code needs more.
const STACK_BYTES: usize = if cfg!(target_os = "hermit") { 512 * 1024 } else { 4 * 1024 * 1024 } + CALL_STACK_BYTES;

/// A job's name; not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(pub(crate) u64);

/// A request to check and run a function.
pub(crate) struct Job {
    pub(crate) ticket: Ticket,
    pub(crate) body: Body,
    /// Of a task, [`Event::Prepared`] is reported once the request is known to be runnable.
    pub(crate) kind: Kind,
    pub(crate) client: Client,
    /// Set by whoever does not need the outcome any more.
    pub(crate) stop: StopFlag,
}

/// What happened to a job.
pub(crate) struct Report {
    pub(crate) ticket: Ticket,
    pub(crate) event: Event,
}

/// How far a job has come.
pub(crate) enum Event {
    /// It cannot be run; the job is over.
    Refused(JobError),
    /// It will run.
    Prepared,
    /// It has run; the job is over.
    Finished {
        lang: Lang,
        /// Size of code and parameters together.
        input_bytes: usize,
        /// The answer is to have the log.
        wants_log: bool,
        outcome: Outcome,
    },
}

/// Why a job cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The body is no call.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The call cannot be run.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Nobody wants it any more.
    #[error("the call was abandoned")]
    Abandoned,
}

/// All places are taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QueueFull;

/// A job that has passed all checks.
struct Prepared {
    ticket: Ticket,
    kind: Kind,
    client: Client,
    lang: Lang,
    input_bytes: usize,
    wants_log: bool,
    call: PreparedCall,
    stop: StopFlag,
    /// Parameters and code came out of a body and are about as large: they count for as long as the call may need them.
    charge: Charge,
}

struct Queues {
    /// To be prepared.
    received: Turns<Job>,
    /// To be run.
    prepared: Turns<Prepared>,
    crew: Crew,
    running_tasks: usize,
    preparer_started: bool,
    closed: bool,
}

impl Queues {
    fn new(processors: usize) -> Self {
        Self {
            received: Turns::new(),
            prepared: Turns::new(),
            crew: Crew::new(processors),
            running_tasks: 0,
            preparer_started: false,
            closed: false,
        }
    }

    /// How many jobs a free runner would find something to do for.
    fn ready(&self, most_tasks: usize) -> usize {
        let ((received_calls, received_tasks), (calls, tasks)) = (self.received.lengths(), self.prepared.lengths());
        received_calls + received_tasks + calls + tasks.min(most_tasks.saturating_sub(self.running_tasks))
    }

    fn has_room(&self, kind: Kind, client: Client) -> bool {
        let (received, own_received) = self.received.waiting(kind, client);
        let (prepared, own_prepared) = self.prepared.waiting(kind, client);
        received + prepared < QUEUE_LENGTH && own_received + own_prepared < CLIENT_LENGTH
    }
}

struct Shared {
    executors: Executors,
    queues: Mutex<Queues>,
    /// One each, so that the right one is woken.
    runners: Vec<Condvar>,
    preparer: Condvar,
    reports: Mutex<Vec<Report>>,
    waker: Arc<Waker>,
    most_tasks: usize,
}

/// The threads, seen from the event loop.
pub(crate) struct Workers {
    shared: Arc<Shared>,
}

impl Workers {
    /// Workers of at most `runners` threads that run, and one that prepares.
    pub(crate) fn new(executors: Executors, runners: usize, waker: Arc<Waker>) -> Self {
        let shared = Arc::new(Shared {
            executors,
            queues: Mutex::new(Queues::new(processors())),
            runners: std::iter::repeat_with(Condvar::new).take(runners).collect(),
            preparer: Condvar::new(),
            reports: Mutex::default(),
            waker,
            most_tasks: (runners - 1).max(1),
        });
        Self { shared }
    }

    /// Makes sure that somebody will take the job that was just queued.
    fn staff(&self, queues: &mut Queues) -> io::Result<()> {
        // A runner that was told of a job counts as idle, and its job as waiting, until it really wakes.
        if queues.crew.free() >= queues.ready(self.shared.most_tasks) {
            self.shared.tell_a_runner(queues);
        } else if queues.crew.len() < self.shared.runners.len() {
            let runner = queues.crew.len();
            self.spawn(format!("runner-{runner}"), move |shared| shared.run_jobs(runner))?;
            queues.crew.add();
        } else if queues.preparer_started {
            self.shared.preparer.notify_one();
        } else {
            self.spawn("preparer".to_owned(), |shared| shared.prepare_jobs())?;
            queues.preparer_started = true;
        }
        Ok(())
    }

    fn spawn(&self, name: String, work: impl FnOnce(&Shared) + Send + 'static) -> io::Result<()> {
        let shared = self.shared.clone();
        thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || work(&shared)).map(drop)
    }

    /// Has the executors start what takes its time to start.
    pub(crate) fn warm_up(&self) {
        self.shared.executors.warm_up();
    }

    /// The languages that the executors run.
    pub(crate) fn languages(&self) -> &[Lang] {
        self.shared.executors.languages()
    }

    /// The names of the native functions.
    pub(crate) fn natives(&self) -> impl Iterator<Item = &'static str> {
        self.shared.executors.natives()
    }

    /// What the cache of compiled functions holds.
    pub(crate) fn cache_statistics(&self) -> CacheStatistics {
        self.shared.executors.cache_statistics()
    }

    /// Takes a job in.
    ///
    /// # Errors
    /// So many jobs wait already that this one would wait for long, or the system refuses the first thread.
    pub(crate) fn submit(&self, job: Job) -> Result<(), QueueFull> {
        let (kind, client) = (job.kind, job.client);
        if !self.shared.lock().has_room(kind, client) {
            self.drop_stopped();
        }
        let mut queues = self.shared.lock();
        if !queues.has_room(kind, client) {
            return Err(QueueFull);
        }
        queues.received.push(kind, client, job);
        if self.staff(&mut queues).is_err() && queues.crew.len() == 0 {
            // Nobody would ever take it, the only one. With fewer threads than wanted it only takes longer.
            queues.received = Turns::new();
            return Err(QueueFull);
        }
        Ok(())
    }

    /// Takes out of the queues what nobody needs any more, and reports it.
    pub(crate) fn drop_stopped(&self) {
        let mut queues = self.shared.lock();
        let received = queues.received.remove(|job| job.stop.is_set());
        let prepared = queues.prepared.remove(|prepared| prepared.stop.is_set());
        drop(queues);
        let tickets = received.iter().map(|job| job.ticket).chain(prepared.iter().map(|prepared| prepared.ticket));
        for ticket in tickets {
            self.shared.report(ticket, Event::Refused(JobError::Abandoned));
        }
    }

    /// Everything that was reported since the last call, in order.
    pub(crate) fn take_reports(&self) -> Vec<Report> {
        std::mem::take(&mut *self.shared.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Workers {
    /// Lets the threads end as soon as their calls do; does not wait for them.
    fn drop(&mut self) {
        let mut queues = self.shared.lock();
        queues.closed = true;
        queues.received = Turns::new();
        queues.prepared = Turns::new();
        drop(queues);
        self.shared.runners.iter().for_each(Condvar::notify_all);
        self.shared.preparer.notify_all();
    }
}

/// What came of a request that can be run.
struct Checked {
    lang: Lang,
    input_bytes: usize,
    wants_log: bool,
    call: PreparedCall,
    charge: Charge,
}

/// What a runner takes from the queues.
enum Work {
    Prepare(Job),
    Run(Prepared),
}

impl Shared {
    // No code here panics with the lock held, so the queues of a poisoned lock are in order too.
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the runner whose turn it is, if one is idle.
    fn tell_a_runner(&self, queues: &mut Queues) {
        if let Some(condition) = queues.crew.choose().and_then(|runner| self.runners.get(runner)) {
            condition.notify_one();
        }
    }

    fn run_jobs(&self, runner: usize) {
        while let Some(work) = self.next_work(runner) {
            let prepared = match work {
                Work::Run(prepared) => Some(prepared),
                Work::Prepare(job) => self.prepare(job).and_then(|prepared| self.begin(prepared)),
            };
            if let Some(prepared) = prepared {
                self.run(prepared);
            }
        }
    }

    fn next_work(&self, runner: usize) -> Option<Work> {
        let condition = self.runners.get(runner)?;
        let mut queues = self.lock();
        loop {
            if queues.closed {
                return None;
            }
            let with_tasks = queues.running_tasks < self.most_tasks;
            let prepared = queues.prepared.pop(with_tasks);
            queues.running_tasks += usize::from(prepared.as_ref().is_some_and(|prepared| prepared.kind == Kind::Task));
            let work = prepared.map(Work::Run).or_else(|| queues.received.pop(true).map(Work::Prepare));
            if let Some(work) = work {
                // This runner was perhaps the one that was meant to take what is left.
                if queues.ready(self.most_tasks) > 0 {
                    if queues.crew.free() > 0 {
                        self.tell_a_runner(&mut queues);
                    } else {
                        self.preparer.notify_one();
                    }
                }
                return Some(work);
            }
            queues.crew.rests(runner);
            queues = condition.wait(queues).unwrap_or_else(PoisonError::into_inner);
            queues.crew.wakes(runner);
        }
    }

    /// Whether what this runner has just prepared may go on at once; otherwise it waits.
    fn begin(&self, prepared: Prepared) -> Option<Prepared> {
        if prepared.kind == Kind::Task {
            let mut queues = self.lock();
            if queues.running_tasks >= self.most_tasks {
                queues.prepared.push(prepared.kind, prepared.client, prepared);
                return None;
            }
            queues.running_tasks += 1;
        }
        Some(prepared)
    }

    fn prepare_jobs(&self) {
        while let Some(job) = self.next_received() {
            if let Some(prepared) = self.prepare(job) {
                let mut queues = self.lock();
                queues.prepared.push(prepared.kind, prepared.client, prepared);
                self.tell_a_runner(&mut queues);
            }
        }
    }

    fn next_received(&self) -> Option<Job> {
        let mut queues = self.lock();
        loop {
            if queues.closed {
                return None;
            }
            // While a runner is free it does the whole job, without a change of thread in between.
            if queues.crew.free() == 0
                && let Some(job) = queues.received.pop(true)
            {
                return Some(job);
            }
            queues = self.preparer.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Checks a job; reports it and returns nothing if it cannot be run.
    fn prepare(&self, job: Job) -> Option<Prepared> {
        let Job { ticket, body, kind, client, stop } = job;
        match self.check(body, &stop) {
            Ok(Checked { lang, input_bytes, wants_log, call, charge }) => {
                if kind == Kind::Task {
                    self.report(ticket, Event::Prepared);
                }
                Some(Prepared { ticket, kind, client, lang, input_bytes, wants_log, call, stop, charge })
            }
            Err(error) => {
                self.report(ticket, Event::Refused(error));
                None
            }
        }
    }

    /// Takes the body, so that its memory is free again as soon as it has been read.
    fn check(&self, body: Body, stop: &StopFlag) -> Result<Checked, JobError> {
        if stop.is_set() {
            return Err(JobError::Abandoned);
        }
        let request = request_body::read(body.bytes())?;
        let charge = body.into_charge();
        let input_bytes = request.code.len() + request.params.iter().map(Vec::len).sum::<usize>();
        let call = self.executors.prepare(request.lang, &request.code, &request.params, &request.options)?;
        Ok(Checked { lang: request.lang, input_bytes, wants_log: request.options.wants_log, call, charge })
    }

    fn run(&self, prepared: Prepared) {
        let Prepared { ticket, kind, lang, input_bytes, wants_log, call, stop, charge, .. } = prepared;
        let outcome = self.executors.run(call, &stop);
        drop(charge);
        if kind == Kind::Task {
            self.lock().running_tasks -= 1;
        }
        self.report(ticket, Event::Finished { lang, input_bytes, wants_log, outcome });
    }

    fn report(&self, ticket: Ticket, event: Event) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.push(Report { ticket, event });
        drop(reports);
        self.waker.wake();
    }
}
