//! One client's socket: reads, hands requests to the service, writes the answers, and knows when its time is over.
//! Never blocks, and never asks for the time.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use crate::http::{CONTINUE, Delivery, RequestStream, Response, Step};
use crate::poller::Readiness;
use crate::service::{Caller, Pending, Reply, Service};
use crate::turns::Client;

/// How much a client may send ahead while its request is being worked on, in bytes.
const PIPELINE_LIMIT_BYTES: usize = 16 * 1024;
/// Answers that wait to be sent: beyond this no further request of the client is looked at.
const OUTBOX_LIMIT_BYTES: usize = 64 * 1024;
/// More than this much kept for an idle connection is given back, in bytes.
const SPARE_LIMIT_BYTES: usize = 4096;
/// How long a refused client's further bytes are read and dropped, so that they do not make the system discard the
/// answer before the client has read it (RFC 9112, section 9.6).
const LINGER: Duration = Duration::from_secs(1);

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Close,
}

/// What a connection is doing; decides what it waits for and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Between requests: may be closed when its place is needed.
    Idle,
    /// A request has begun and is not complete.
    Receiving,
    /// A worker has its request.
    Waiting,
    /// The client has not taken its answer yet.
    Sending,
    /// The last answer is sent; what still comes is dropped.
    Lingering,
}

/// The times that a client has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimits {
    pub(crate) idle: Duration,
    pub(crate) read: Duration,
}

/// How far the connection is from its end.
enum Phase {
    Open,
    /// A worker has the request; the answer goes out as `Delivery` says.
    Waiting(Pending, Delivery),
    /// Closes when everything is sent.
    Closing,
    /// Half closed: dropping what still comes.
    Lingering,
}

/// One client's connection.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Who is at its far end.
    peer: Client,
    requests: RequestStream,
    outbox: Vec<u8>,
    sent: usize,
    phase: Phase,
    /// The client may still be sending something that nobody will read: linger before closing.
    unread_may_follow: bool,
    /// The client will send no more.
    ended: bool,
    activity: Activity,
    deadline: Option<Instant>,
}

impl Connection {
    /// A connection that is served.
    pub(crate) fn new(
        stream: TcpStream,
        peer: Client,
        requests: RequestStream,
        now: Instant,
        limits: TimeLimits,
    ) -> Self {
        Self {
            stream,
            peer,
            requests,
            outbox: Vec::new(),
            sent: 0,
            phase: Phase::Open,
            unread_may_follow: false,
            ended: false,
            activity: Activity::Idle,
            deadline: Some(now + limits.idle),
        }
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.stream.as_raw_fd()
    }

    pub(crate) fn activity(&self) -> Activity {
        self.activity
    }

    /// When the client's time is over; `None` while it waits for us.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether to wait for bytes to read, and for room to write.
    pub(crate) fn interest(&self) -> (bool, bool) {
        let wants_to_send = self.sent < self.outbox.len();
        let wants_to_read = match self.phase {
            // A client that does not take its answers is not read from.
            Phase::Open => !wants_to_send,
            // Only to notice that the client has gone.
            Phase::Waiting(..) => self.requests.unread_bytes() < PIPELINE_LIMIT_BYTES,
            Phase::Closing => false,
            Phase::Lingering => true,
        };
        (wants_to_read && !self.ended, wants_to_send)
    }

    /// Does what the socket is ready for.
    pub(crate) fn serve(
        &mut self,
        caller: Caller,
        ready: Readiness,
        scratch: &mut [u8],
        service: &mut Service,
        now: Instant,
        limits: TimeLimits,
    ) -> Fate {
        if ready.readable || ready.hung_up {
            match self.receive(scratch) {
                Ok(true) => {}
                Ok(false) if ready.hung_up => return self.abandon(),
                Ok(false) => {}
                Err(_) => return self.abandon(),
            }
            if self.ended && matches!(self.phase, Phase::Waiting(..) | Phase::Lingering) {
                return self.abandon();
            }
        }
        self.progress(caller, service, now, limits)
    }

    /// Takes the answer that the connection waits for.
    pub(crate) fn finish(
        &mut self,
        caller: Caller,
        response: &Response,
        service: &mut Service,
        now: Instant,
        limits: TimeLimits,
    ) -> Fate {
        if let Phase::Waiting(_, delivery) = self.phase {
            self.phase = Phase::Open;
            self.send(response, delivery);
        }
        self.progress(caller, service, now, limits)
    }

    /// Answers with `response`, whatever the client sends, and closes.
    pub(crate) fn refuse(&mut self, response: &Response, now: Instant, limits: TimeLimits) -> Fate {
        self.unread_may_follow = true;
        self.send(response, Delivery::LAST);
        self.flush_and_settle(false, now, limits)
    }

    /// Gives up: a call in progress is stopped.
    pub(crate) fn abandon(&mut self) -> Fate {
        if let Phase::Waiting(pending, _) = &self.phase {
            pending.stop();
        }
        Fate::Close
    }

    /// Reads once; whether anything came. A short read has emptied the socket, so no second one is tried.
    fn receive(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        match self.stream.read(scratch) {
            Ok(0) => {
                self.ended = true;
                Ok(true)
            }
            Ok(count) => {
                // Nothing of what comes after the last answer is kept.
                if !matches!(self.phase, Phase::Closing | Phase::Lingering) {
                    self.requests.push(&scratch[..count]);
                }
                Ok(true)
            }
            Err(error) if is_temporary(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Answers what can be answered and sends what can be sent.
    fn progress(&mut self, caller: Caller, service: &mut Service, now: Instant, limits: TimeLimits) -> Fate {
        loop {
            let answered = self.answer_requests(caller, service, now);
            // Requests that are here already were perhaps not looked at; no event would come for them later.
            let was_full = self.outbox.len() >= OUTBOX_LIMIT_BYTES;
            let fate = self.flush_and_settle(answered, now, limits);
            let may_go_on = was_full && self.outbox.is_empty() && matches!(self.phase, Phase::Open);
            if fate == Fate::Close || !may_go_on {
                return fate;
            }
        }
    }

    /// Takes requests in order until there is none, one has to wait, or enough answers wait to be sent. Whether a
    /// request was taken.
    fn answer_requests(&mut self, caller: Caller, service: &mut Service, now: Instant) -> bool {
        let mut answered = false;
        while matches!(self.phase, Phase::Open) && self.outbox.len() < OUTBOX_LIMIT_BYTES {
            match self.requests.advance() {
                Step::NeedMore => break,
                Step::SendContinue => self.outbox.extend_from_slice(CONTINUE),
                Step::Refuse(fault) => {
                    self.unread_may_follow = true;
                    self.send(&service.fault(fault), Delivery::LAST);
                }
                Step::Answer(request) => {
                    answered = true;
                    let delivery = Delivery {
                        head_only: request.head_only,
                        keep_alive: request.keep_alive,
                        version_1_0: request.version_1_0,
                    };
                    match service.handle(request, caller, self.peer, now) {
                        Reply::Now(response) => self.send(&response, delivery),
                        Reply::Later(pending) => self.phase = Phase::Waiting(pending, delivery),
                    }
                }
            }
        }
        answered
    }

    fn send(&mut self, response: &Response, delivery: Delivery) {
        response.write(delivery, &mut self.outbox);
        if !delivery.keep_alive {
            self.phase = Phase::Closing;
        }
    }

    /// Sends what the socket takes, then works out what the connection waits for next.
    fn flush_and_settle(&mut self, answered: bool, now: Instant, limits: TimeLimits) -> Fate {
        let Ok(sent_some) = self.flush() else {
            return self.abandon();
        };
        let all_sent = self.outbox.is_empty();
        if all_sent && matches!(self.phase, Phase::Closing) {
            if !self.unread_may_follow || self.ended || self.stream.shutdown(Shutdown::Write).is_err() {
                return Fate::Close;
            }
            self.phase = Phase::Lingering;
        }
        if all_sent && self.ended && matches!(self.phase, Phase::Open) {
            return Fate::Close;
        }
        let activity = self.current_activity();
        let renewed = activity != self.activity || answered || (activity == Activity::Sending && sent_some);
        if renewed {
            self.activity = activity;
            self.deadline = match activity {
                Activity::Idle => Some(now + limits.idle),
                Activity::Receiving | Activity::Sending => Some(now + limits.read),
                Activity::Lingering => Some(now + LINGER),
                Activity::Waiting => None,
            };
        }
        Fate::Keep
    }

    fn current_activity(&self) -> Activity {
        match self.phase {
            Phase::Waiting(..) => Activity::Waiting,
            Phase::Lingering => Activity::Lingering,
            Phase::Open | Phase::Closing if !self.outbox.is_empty() => Activity::Sending,
            Phase::Open | Phase::Closing if self.requests.is_within_request() => Activity::Receiving,
            Phase::Open | Phase::Closing => Activity::Idle,
        }
    }

    /// Writes once or twice; whether anything went out. The outbox is empty when all of it has.
    fn flush(&mut self) -> io::Result<bool> {
        let before = self.sent;
        while self.sent < self.outbox.len() {
            match self.stream.write(&self.outbox[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if is_temporary(&error) => return Ok(self.sent > before),
                Err(error) => return Err(error),
            }
        }
        let sent_some = self.sent > before;
        self.outbox.clear();
        self.outbox.shrink_to(SPARE_LIMIT_BYTES);
        self.sent = 0;
        Ok(sent_some)
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
