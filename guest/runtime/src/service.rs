//! The runtime's state behind the sockets: answers each request at once or hands it to a worker, and turns the workers'
//! reports into answers. Belongs to the event loop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use skerry_api::console::{EVENT_READY, EVENT_RENEWED, Milestones, ReadyLine};
use skerry_api::faas::{ActivityAnswer, TaskState};
use skerry_executors::{CacheLimits, Executors, Lang, Limits, Outcome, StopFlag};
use skerry_native::Registry;

use crate::answers;
use crate::entropy;
use crate::exposition;
use crate::function_log::FunctionLog;
use crate::http::{Body, Fault, Request, Response};
use crate::identifiers::Uuid;
use crate::log::{Level, Log};
use crate::metrics::{Gauges, Metrics};
use crate::options::{Options, processors};
use crate::platform::Platform;
use crate::poller::Waker;
use crate::renewal::{Renewal, unix_time_us};
use crate::router::{Label, Refusal, Route};
use crate::tasks::{AllWorking, TaskLimits, TaskTable};
use crate::turns::{Client, Kind};
use crate::workers::{Event, Job, QueueFull, Report, Ticket, Workers};

/// Which connection asked; a number that is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller(pub(crate) u64);

/// A call whose answer will come.
pub(crate) struct Pending {
    stop: StopFlag,
}

impl Pending {
    /// Nobody waits for the answer any more.
    pub(crate) fn stop(&self) {
        self.stop.set();
    }
}

/// An answer, now or later.
pub(crate) enum Reply {
    Now(Response),
    Later(Pending),
}

/// A call that a worker has or will have.
struct Call {
    /// Who waits for an answer; nobody once an asynchronous call has been accepted.
    caller: Option<Caller>,
    /// Its name: the task's, or one for the log.
    uuid: Uuid,
    kind: Kind,
    stop: StopFlag,
}

/// What the service consists of.
pub(crate) struct Service {
    workers: Workers,
    tasks: TaskTable,
    log: Log,
    function_log: FunctionLog,
    platform: Platform,
    milestones_us: Milestones,
    cognit_compatible: bool,
    started: Instant,
    metrics: Metrics,
    calls: BTreeMap<Ticket, Call>,
    next_ticket: u64,
    /// A worker has got something to do since the event loop last asked.
    handed_over: bool,
    /// Who this runtime is; another one after a renewal.
    instance: Uuid,
    offers_renewal: bool,
    /// The answer to the renewal that has just been made, and to whom.
    renewed: Option<(Caller, Response)>,
    /// Told by the event loop, for the metrics.
    pub(crate) connections: usize,
}

impl Service {
    /// A service without tasks, whose workers start when they are needed.
    pub(crate) fn new(
        options: &Options,
        platform: Platform,
        natives: Registry,
        instance: Uuid,
        waker: Arc<Waker>,
    ) -> Self {
        let body_limit_bytes = options.body_limit_for(platform.memory_total_bytes);
        let limits = call_limits(options, platform.memory_total_bytes);
        let executors = Executors::new(limits, CacheLimits::default(), entropy::fill).with_natives(natives);
        let tasks =
            TaskLimits { tasks: options.tasks, retention: options.task_retention, answers_bytes: body_limit_bytes };
        Self {
            workers: Workers::new(executors, options.workers, waker),
            tasks: TaskTable::new(tasks),
            log: Log::new(options.log, platform.now_us),
            function_log: FunctionLog::new(Instant::now()),
            platform,
            milestones_us: platform.milestones,
            cognit_compatible: options.cognit_compatible,
            started: Instant::now(),
            metrics: Metrics::new(),
            calls: BTreeMap::new(),
            next_ticket: 0,
            handed_over: false,
            instance,
            offers_renewal: options.renewal,
            renewed: None,
            connections: 0,
        }
    }

    /// Writes the line that the host waits for: the runtime listens on `port`.
    pub(crate) fn announce(&mut self, port: u16) {
        if self.platform.milestones.runtime_start != 0 {
            self.milestones_us.ready = (self.platform.now_us)();
        }
        let names: Vec<&str> = self.workers.languages().iter().map(|lang| lang.name()).collect();
        let line = ReadyLine {
            event: EVENT_READY.to_owned(),
            port,
            langs: names.join(","),
            memory_total_bytes: self.platform.memory_total_bytes,
            memory_free_bytes: (self.platform.memory_free_bytes)(),
            milestones_us: self.milestones_us,
        };
        self.log.write_object(Level::Info, &serde_json::to_string(&line).unwrap_or_default());
        self.workers.warm_up();
    }

    /// Answers a request or hands it to a worker.
    pub(crate) fn handle(&mut self, request: Request, caller: Caller, peer: Client, now: Instant) -> Reply {
        // Behind a gateway all requests come from one address.
        let client = request.client.unwrap_or(peer);
        let label = request.resolution.label;
        let response = match request.resolution.route {
            _ if label == Label::Renew && !self.offers_renewal => refuse(Refusal::UnknownPath),
            Ok(Route::Index) => {
                answers::index(self.instance, unix_time_us(), self.offers_renewal, self.workers.natives())
            }
            Ok(Route::Health) => Response::json(200, answers::HEALTHY.as_bytes()),
            Ok(Route::Metrics) => self.metrics_page(now),
            Ok(Route::Status(task)) => self.status(task, now),
            Ok(Route::Cancel(task)) => self.cancel(task, now),
            Ok(Route::Activity) => answers::activity(self.activity(now)),
            Ok(Route::Renew) => match self.renew(&request.body, caller, now) {
                Ok(pending) => return Reply::Later(pending),
                Err(response) => response,
            },
            Ok(Route::ExecuteSync) => match self.submit_call(request.body, caller, client) {
                Ok(pending) => return Reply::Later(pending),
                Err(response) => response,
            },
            Ok(Route::ExecuteAsync) => match self.submit_task(request.body, caller, client, now) {
                Ok(pending) => return Reply::Later(pending),
                Err(response) => response,
            },
            Err(refusal) => refuse(refusal),
        };
        self.count(label, &response);
        Reply::Now(response)
    }

    /// The answer to bytes that are no request.
    pub(crate) fn fault(&mut self, fault: Fault) -> Response {
        let response = answers::error(fault.status(), &fault.message());
        self.count(Label::Invalid, &response);
        response
    }

    /// The answer to a client for whom there is no connection free.
    pub(crate) fn turn_away(&mut self) -> Response {
        let response = answers::error(503, "all connections are busy; try again later");
        self.count(Label::Invalid, &response);
        response
    }

    /// Takes note of what workers have done; the answers that follow from it, and to whom.
    pub(crate) fn take_reports(&mut self, now: Instant) -> Vec<(Caller, Response)> {
        let reports = self.workers.take_reports();
        reports.into_iter().filter_map(|report| self.take_report(report, now)).collect()
    }

    fn take_report(&mut self, report: Report, now: Instant) -> Option<(Caller, Response)> {
        let call = self.calls.get_mut(&report.ticket)?;
        let (uuid, is_task) = (call.uuid, call.kind == Kind::Task);
        let label = if is_task { Label::ExecuteAsync } else { Label::ExecuteSync };
        // An accepted task has been answered once; what follows goes into the table.
        // A call that was stopped has nobody who waits, and an answer that nobody gets is not counted.
        let is_wanted = !call.stop.is_set();
        let caller = call.caller.take().filter(|_| is_wanted);
        let response = match report.event {
            Event::Prepared => answers::accepted(uuid, self.cognit_compatible),
            Event::Refused(error) => {
                self.calls.remove(&report.ticket);
                if is_task {
                    self.tasks.withdraw(uuid);
                }
                answers::refused(&error)?
            }
            Event::Finished { lang, input_bytes, wants_log, outcome } => {
                self.calls.remove(&report.ticket);
                self.metrics.count_call(lang, input_bytes, &outcome);
                self.function_log.write(&self.log, uuid, lang, &outcome.log, now);
                self.log_outcome(uuid, lang, &outcome);
                let duration = outcome.duration;
                let answer = answers::execute_answer(outcome, wants_log);
                if is_task {
                    self.tasks.finish(uuid, answer, now);
                    return None;
                }
                answers::executed(uuid, &answer, duration)
            }
        };
        let caller = caller?;
        self.count(label, &response);
        Some((caller, response))
    }

    /// Hands a body to the workers.
    fn submit(
        &mut self,
        body: Body,
        caller: Caller,
        client: Client,
        uuid: Uuid,
        kind: Kind,
    ) -> Result<Pending, QueueFull> {
        let stop = StopFlag::default();
        let ticket = Ticket(self.next_ticket);
        let job = Job { ticket, body, kind, client, stop: stop.clone() };
        self.workers.submit(job)?;
        self.next_ticket += 1;
        self.handed_over = true;
        self.calls.insert(ticket, Call { caller: Some(caller), uuid, kind, stop: stop.clone() });
        Ok(Pending { stop })
    }

    /// Whether a worker has got something to do since the last time.
    pub(crate) fn take_handed_over(&mut self) -> bool {
        std::mem::take(&mut self.handed_over)
    }

    fn submit_call(&mut self, body: Body, caller: Caller, client: Client) -> Result<Pending, Response> {
        let uuid = new_uuid()?;
        let full = |QueueFull| answers::error(429, "too many calls wait already; try again later");
        self.submit(body, caller, client, uuid, Kind::Call).map_err(full)
    }

    fn submit_task(&mut self, body: Body, caller: Caller, client: Client, now: Instant) -> Result<Pending, Response> {
        let task = new_uuid()?;
        let full = || answers::error(429, "too many tasks are working already; try again later");
        self.tasks.begin(task, now).map_err(|AllWorking| full())?;
        self.submit(body, caller, client, task, Kind::Task).map_err(|QueueFull| {
            self.tasks.withdraw(task);
            full()
        })
    }

    fn status(&mut self, task: Uuid, now: Instant) -> Response {
        match self.tasks.status(task, now) {
            Some((state, answer)) => answers::status(task, state, answer),
            None => unknown_task(),
        }
    }

    /// Ends a task that works; one that has finished stays as it is.
    fn cancel(&mut self, task: Uuid, now: Instant) -> Response {
        match self.tasks.status(task, now) {
            None => return unknown_task(),
            Some((TaskState::Working, _)) => {
                self.tasks.finish(task, answers::cancelled(), now);
                let call = self.calls.values().find(|call| call.uuid == task);
                call.inspect(|call| call.stop.set());
                self.workers.drop_stopped();
            }
            Some(_) => {}
        }
        Response::json(204, &b""[..])
    }

    /// What the runtime has to do, for a host that would put it to sleep.
    fn activity(&mut self, now: Instant) -> ActivityAnswer {
        let (tasks_running, tasks_finished) = self.tasks.counts(now);
        let (calls_in_progress, connections) = (self.calls.len(), self.connections);
        ActivityAnswer { calls_in_progress, tasks_running, tasks_finished, connections }
    }

    /// Makes a restored machine one of its own. The answer is for [`Service::take_renewed`]: before it goes out, all other
    /// connections are to be closed. Calls and tasks go on; their time runs on a clock that is not set. `arrived` is when
    /// the request's last byte was there: it tells the time of then, and the first request after a restore takes a while.
    fn renew(&mut self, body: &Body, caller: Caller, arrived: Instant) -> Result<Pending, Response> {
        let renewal = Renewal::read(body.bytes()).map_err(|error| answers::error(400, &error.to_string()))?;
        let unix_now_us = renewal.unix_time_us.saturating_add(whole_microseconds(arrived.elapsed()));
        // The identity is this clone's alone: should a host ever hand out the same entropy twice, it tells them apart.
        let given = [&renewal.entropy[..], renewal.instance.bytes()].concat();
        entropy::renew_machine(&given, unix_now_us)
            .map_err(|_| answers::error(500, "the machine has no source of entropy of its own"))?;
        self.instance = renewal.instance;
        for call in self.calls.values_mut() {
            call.caller = None;
        }
        let (instance, now_us) = (renewal.instance, unix_time_us());
        self.log.write(Level::Info, EVENT_RENEWED, |line| {
            line.text("instance", &instance.to_string()).number("unix_time_us", now_us)
        });
        self.renewed = Some((caller, answers::renewed(instance, now_us)));
        Ok(Pending { stop: StopFlag::default() })
    }

    /// The answer to a renewal that has just been made, for whoever closes the connections first.
    pub(crate) fn take_renewed(&mut self) -> Option<(Caller, Response)> {
        let (caller, response) = self.renewed.take()?;
        self.count(Label::Renew, &response);
        Some((caller, response))
    }

    fn metrics_page(&mut self, now: Instant) -> Response {
        let (tasks_running, tasks_finished) = self.tasks.counts(now);
        let gauges = Gauges {
            connections: self.connections,
            calls_in_progress: self.calls.len(),
            tasks_running,
            tasks_finished,
            function_log_left_out_lines: self.function_log.left_out_lines(),
            cache: self.workers.cache_statistics(),
            processors: processors(),
            memory_total_bytes: self.platform.memory_total_bytes,
            memory_free_bytes: (self.platform.memory_free_bytes)(),
            uptime_us: whole_microseconds(now.saturating_duration_since(self.started)),
            milestones_us: self.milestones_us,
        };
        let page = self.metrics.page(self.workers.languages(), &gauges);
        Response { content_type: exposition::CONTENT_TYPE, ..Response::json(200, page.into_bytes()) }
    }

    fn count(&mut self, label: Label, response: &Response) {
        self.metrics.count_request(label, response.status);
        let status = u64::from(response.status);
        self.log.write(Level::Debug, "request", |line| line.text("route", label.name()).number("status", status));
    }

    fn log_outcome(&self, call: Uuid, lang: Lang, outcome: &Outcome) {
        let duration_us = whole_microseconds(outcome.duration);
        let (level, event, kind) = match &outcome.result {
            Ok(_) => (Level::Debug, "function_finished", None),
            Err(failure) => (Level::Info, "function_failed", Some(failure.kind.name())),
        };
        self.log.write(level, event, |line| {
            let line = line.text("uuid", &call.to_string()).text("lang", lang.name());
            let line = if let Some(kind) = kind { line.text("kind", kind) } else { line };
            line.number("duration_us", duration_us)
        });
    }
}

/// The executors' limits, as far as options and the machine's memory (0 for unknown) set them.
fn call_limits(options: &Options, memory_total_bytes: u64) -> Limits {
    let defaults = Limits::default();
    let memory_bytes = options.call_memory_limit_bytes;
    // Of a small machine a quarter: bodies, compiled code, results and connections may each take their share as well.
    let quarter = if memory_total_bytes == 0 { usize::MAX } else { (memory_total_bytes / 4) as usize };
    let memory_all_calls_bytes = defaults.memory_all_calls_bytes.min(quarter).max(memory_bytes);
    // An answer repeats each value up to three times, and in base64.
    let result_bytes = options.body_limit_for(memory_total_bytes) / 4;
    Limits { time: options.call_time_limit, memory_bytes, memory_all_calls_bytes, result_bytes, ..defaults }
}

impl Drop for Service {
    /// Ends the calls in progress.
    fn drop(&mut self) {
        for call in self.calls.values() {
            call.stop.set();
        }
    }
}

fn unknown_task() -> Response {
    answers::error(404, "no such task; finished ones are forgotten after a while")
}

fn new_uuid() -> Result<Uuid, Response> {
    Uuid::random().map_err(|_| answers::error(500, "the system has no random bytes for the call's name"))
}

/// The answer to a request that leads nowhere.
fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::UnknownPath => answers::error(404, "no such path; GET / lists those that exist"),
        Refusal::WrongMethod(allow) => {
            Response { allow: Some(allow), ..answers::error(405, &format!("the methods of this path are {allow}")) }
        }
        Refusal::MalformedUuid => answers::error(400, "the task's name in the path is not a UUID"),
        Refusal::NoDataService => answers::error(501, "the data service is not part of this runtime"),
    }
}

fn whole_microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
