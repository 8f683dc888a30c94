//! QEMU's monitor: the QMP protocol over a socket in the machine's directory, which only we can reach.
//!
//! Source: "QEMU Machine Protocol Specification" in QEMU's documentation (`interop/qmp-spec`). A guest can influence what
//! QEMU says, so lines are bounded and what does not parse is an error, never a panic.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use serde_json::{Map, Value, json};

use crate::process::poll_until;

/// The events that mean something to us; a guest can cause others, at will.
const KNOWN_EVENTS: [&str; 2] = [STOPPED, MIGRATION];
/// The machine stopped.
pub(super) const STOPPED: &str = "STOP";
/// The saving or loading of its state went a step further.
pub(super) const MIGRATION: &str = "MIGRATION";
/// The first command: QEMU takes no other before.
pub(super) const AGREE: &str = "qmp_capabilities";
/// Most greetings for one command.
const MOST_GREETINGS: usize = 4;
/// Most events that are kept until somebody asks. The known ones come a few times in a machine's life.
const MOST_EVENTS: usize = 64;
/// Longest line accepted. Answers to what we ask have a few hundred bytes.
const MOST_LINE_BYTES: usize = 256 * 1024;

/// One line of QMP from QEMU.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    /// The hello.
    Greeting,
    /// The result of the command with this number.
    Return(Number, Value),
    /// The command with this number was refused, with this description.
    Error(Number, String),
    /// Something happened, unasked.
    Event(Event),
}

/// Which command an answer is to; `None` where QEMU could not even read the command.
pub(super) type Number = Option<u64>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// What.
    pub(super) name: String,
    /// The state that it is about, in events of the kind [`MIGRATION`].
    pub(super) status: String,
}

/// Why the monitor is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum MonitorError {
    /// The other end is closed: QEMU is ending.
    #[error("is closed")]
    Closed,
    /// No answer in time.
    #[error("did not answer `{0}` in time")]
    TimedOut(&'static str),
    /// QEMU refused.
    #[error("refused `{command}`: {description}")]
    Refused {
        /// The command.
        command: &'static str,
        /// Its reason.
        description: String,
    },
    /// Not QMP.
    #[error("sent a line that is not QMP: {0}")]
    Garbage(String),
    /// The socket failed.
    #[error("cannot be read or written: {0}")]
    Socket(#[from] io::Error),
}

/// Our end of the monitor's socket.
#[derive(Debug)]
pub(super) struct Monitor {
    stream: UnixStream,
    received: Vec<u8>,
    events: Vec<Event>,
    /// How many commands were sent; the number of the last one.
    sent: u64,
    open: bool,
}

impl Message {
    /// Reads one line. Unknown members are ignored, as the specification asks.
    pub(super) fn parse(line: &[u8]) -> Result<Self, MonitorError> {
        let garbage = || MonitorError::Garbage(String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned());
        let Ok(Value::Object(mut members)) = serde_json::from_slice(line) else { return Err(garbage()) };
        let number = members.get("id").and_then(Value::as_u64);
        if let Some(value) = members.remove("return") {
            return Ok(Self::Return(number, value));
        }
        if let Some(error) = members.get("error") {
            return Ok(Self::Error(number, text_member(error.as_object(), "desc")));
        }
        if members.contains_key("event") {
            let status = text_member(members.get("data").and_then(Value::as_object), "status");
            return Ok(Self::Event(Event { name: text_member(Some(&members), "event"), status }));
        }
        if members.contains_key("QMP") { Ok(Self::Greeting) } else { Err(garbage()) }
    }
}

fn text_member(members: Option<&Map<String, Value>>, name: &str) -> String {
    members.and_then(|members| members.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Monitor {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, received: Vec::new(), events: Vec::new(), sent: 0, open: true })
    }

    /// Waits for QEMU's hello.
    pub(super) fn greeting(&mut self, deadline: Instant) -> Result<(), MonitorError> {
        loop {
            match self.next_message(deadline)? {
                Some(Message::Greeting) => return Ok(()),
                Some(Message::Event(event)) => self.keep(event),
                Some(other) => return Err(MonitorError::Garbage(format!("{other:?} for a greeting"))),
                None => return Err(MonitorError::TimedOut("hello")),
            }
        }
    }

    /// Sends a command and waits for its result; events that come in between are kept for [`Self::take_event`].
    pub(super) fn execute(
        &mut self,
        command: &'static str,
        arguments: &Value,
        deadline: Instant,
    ) -> Result<Value, MonitorError> {
        self.exchange(command, arguments, deadline, |mut stream, line| stream.write_all(line))
    }

    /// As [`Self::execute`], for a command that takes a descriptor.
    pub(super) fn execute_with(
        &mut self,
        command: &'static str,
        arguments: &Value,
        descriptor: BorrowedFd<'_>,
        deadline: Instant,
    ) -> Result<Value, MonitorError> {
        self.exchange(command, arguments, deadline, |mut stream, line| {
            let descriptors = [descriptor.as_raw_fd()];
            let control = [ControlMessage::ScmRights(&descriptors)];
            let slices = [IoSlice::new(line)];
            let sent = sendmsg::<()>(stream.as_raw_fd(), &slices, &control, MsgFlags::MSG_NOSIGNAL, None)?;
            // The descriptor goes with the first byte.
            stream.write_all(&line[sent..])
        })
    }

    /// Sends a command until it is answered. QEMU may greet twice, when a client connects while it sets up its monitor; what
    /// was agreed on before is forgotten then, and a command that comes before the agreement is refused unread.
    fn exchange(
        &mut self,
        command: &'static str,
        arguments: &Value,
        deadline: Instant,
        send: impl Fn(&UnixStream, &[u8]) -> io::Result<()>,
    ) -> Result<Value, MonitorError> {
        for _ in 0..MOST_GREETINGS {
            let line = self.command_line(command, arguments);
            send(&self.stream, line.as_bytes())?;
            if let Some(value) = self.result(command, deadline)? {
                return Ok(value);
            }
            let line = self.command_line(AGREE, &json!({}));
            (&self.stream).write_all(line.as_bytes())?;
            self.result(AGREE, deadline)?;
        }
        Err(MonitorError::Garbage("one greeting after the other".to_owned()))
    }

    fn command_line(&mut self, command: &str, arguments: &Value) -> String {
        self.sent += 1;
        let mut line = json!({ "execute": command, "arguments": arguments, "id": self.sent }).to_string();
        line.push('\n');
        line
    }

    /// `None`: a greeting came instead.
    fn result(&mut self, command: &'static str, deadline: Instant) -> Result<Option<Value>, MonitorError> {
        loop {
            match self.next_message(deadline)? {
                // The answer to a command that was not waited for long enough.
                Some(Message::Return(number, _) | Message::Error(number, _))
                    if number.is_some_and(|it| it < self.sent) => {}
                Some(Message::Return(_, value)) => return Ok(Some(value)),
                Some(Message::Error(_, description)) => return Err(MonitorError::Refused { command, description }),
                Some(Message::Event(event)) => self.keep(event),
                // The agreement comes after it, too.
                Some(Message::Greeting) if command == AGREE => {}
                Some(Message::Greeting) => return Ok(None),
                None => return Err(MonitorError::TimedOut(command)),
            }
        }
    }

    /// The next event that has come, without waiting.
    pub(super) fn take_event(&mut self) -> Result<Option<Event>, MonitorError> {
        while let Some(message) = self.next_message(Instant::now())? {
            if let Message::Event(event) = message {
                self.keep(event);
            }
        }
        Ok(if self.events.is_empty() { None } else { Some(self.events.remove(0)) })
    }

    /// Waits until a state has been saved or loaded, or that has failed or was cancelled; which of these. Other events stay.
    pub(super) fn migration_end(&mut self, command: &'static str, deadline: Instant) -> Result<String, MonitorError> {
        loop {
            let is_end = |event: &Event| {
                event.name == MIGRATION && ["completed", "failed", "cancelled"].contains(&event.status.as_str())
            };
            if let Some(place) = self.events.iter().position(is_end) {
                return Ok(self.events.remove(place).status);
            }
            match self.next_message(deadline)? {
                Some(Message::Event(event)) => self.keep(event),
                Some(Message::Return(..) | Message::Error(..)) => {}
                Some(Message::Greeting) => return Err(MonitorError::Garbage("a second greeting".to_owned())),
                None => return Err(MonitorError::TimedOut(command)),
            }
        }
    }

    /// Forgets what happened while states were saved or loaded: that the machine stopped then was by order.
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    fn keep(&mut self, event: Event) {
        if KNOWN_EVENTS.contains(&event.name.as_str()) && self.events.len() < MOST_EVENTS {
            self.events.push(event);
        }
    }

    /// What to poll for more; `None` once the other end is closed.
    pub(super) fn pollable(&self) -> Option<BorrowedFd<'_>> {
        self.open.then(|| self.stream.as_fd())
    }

    /// The next line; `None` when there is none before `deadline`.
    fn next_message(&mut self, deadline: Instant) -> Result<Option<Message>, MonitorError> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Message::parse(&line).map(Some);
            }
            if self.received.len() > MOST_LINE_BYTES {
                self.open = false;
                return Err(MonitorError::Garbage(format!("more than {MOST_LINE_BYTES} bytes in a line")));
            }
            if !self.open {
                return Err(MonitorError::Closed);
            }
            if !self.receive()? && !poll_until(&mut [PollFd::new(self.stream.as_fd(), PollFlags::POLLIN)], deadline)? {
                return Ok(None);
            }
        }
    }

    /// Takes what has arrived; false when nothing has.
    fn receive(&mut self) -> Result<bool, MonitorError> {
        let mut chunk = [0; 4096];
        match (&self.stream).read(&mut chunk) {
            Ok(0) => self.open = false,
            Ok(count) => self.received.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => self.open = false,
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn pair() -> (Monitor, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Monitor::new(ours).unwrap(), theirs)
    }

    fn stopped() -> Message {
        Message::Event(Event { name: "STOP".into(), status: String::new() })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn each_kind_of_line_is_told_apart() {
        assert_eq!(Message::parse(br#"{"QMP": {"version": {}, "capabilities": []}}"#).unwrap(), Message::Greeting);
        assert_eq!(
            Message::parse(br#"{"return": {"a": 1}, "id": 3}"#).unwrap(),
            Message::Return(Some(3), json!({"a": 1}))
        );
        assert_eq!(
            Message::parse(br#"{"error": {"class": "X", "desc": "no"}}"#).unwrap(),
            Message::Error(None, "no".into())
        );
        assert_eq!(Message::parse(br#"{"event": "STOP", "timestamp": {}}"#).unwrap(), stopped());
    }

    #[test]
    fn what_is_not_qmp_is_refused() {
        for line in [&b""[..], b"hello", b"[]", b"{}", b"{\"QMP\"", b"\xff\xfe", b"null"] {
            assert!(matches!(Message::parse(line), Err(MonitorError::Garbage(_))), "{line:?}");
        }
    }

    #[test]
    fn a_known_event_between_command_and_result_is_kept() {
        let (mut monitor, mut theirs) = pair();
        let events = "{\"event\": \"RTC_CHANGE\"}\r\n{\"event\": \"STOP\"}\r\n";
        theirs.write_all(format!("{{\"QMP\": {{}}}}\r\n{events}{{\"return\": 7}}\r\n").as_bytes()).unwrap();
        monitor.greeting(soon()).unwrap();
        assert_eq!(monitor.execute("query-status", &json!({}), soon()).unwrap(), json!(7));
        assert_eq!(monitor.take_event().unwrap(), Some(Event { name: STOPPED.into(), status: String::new() }));
        assert_eq!(monitor.take_event().unwrap(), None, "what a guest can cause at will is not kept");
    }

    #[test]
    fn an_answer_that_comes_too_late_is_not_taken_for_that_to_the_next_command() {
        let (mut monitor, mut theirs) = pair();
        assert!(matches!(monitor.execute("stop", &json!({}), Instant::now()), Err(MonitorError::TimedOut("stop"))));
        theirs.write_all(b"{\"return\": 1, \"id\": 1}\n{\"return\": 2, \"id\": 2}\n").unwrap();
        assert_eq!(monitor.execute("cont", &json!({}), soon()).unwrap(), json!(2));
    }

    #[test]
    fn a_command_that_a_second_greeting_was_sent_instead_of_is_sent_again_after_a_new_agreement() {
        let (mut monitor, mut theirs) = pair();
        theirs.write_all(b"{\"QMP\": {}}\n{\"return\": {}, \"id\": 1}\n").unwrap();
        monitor.execute(AGREE, &json!({}), soon()).unwrap();
        let refusal = "{\"error\": {\"desc\": \"Expecting capabilities negotiation\"}, \"id\": 2}\n";
        let answers = "{\"return\": {}, \"id\": 3}\n{\"return\": 7, \"id\": 4}\n";
        theirs.write_all(format!("{{\"QMP\": {{}}}}\n{refusal}{answers}").as_bytes()).unwrap();
        assert_eq!(monitor.execute("query-status", &json!({}), soon()).unwrap(), json!(7));
        theirs.write_all("{\"QMP\": {}}\n{\"return\": {}}\n".repeat(9).as_bytes()).unwrap();
        assert!(matches!(monitor.execute("stop", &json!({}), soon()), Err(MonitorError::Garbage(_))));
    }

    #[test]
    fn events_are_kept_up_to_a_bound() {
        let (mut monitor, mut theirs) = pair();
        let writer = std::thread::spawn(move || {
            (0..1000).for_each(|_| theirs.write_all(b"{\"event\": \"STOP\"}\n").unwrap());
            theirs.write_all(b"{\"return\": 7}\n").unwrap();
            theirs
        });
        assert_eq!(monitor.execute("x", &json!({}), soon()).unwrap(), json!(7));
        assert_eq!(monitor.events.len(), MOST_EVENTS);
        writer.join().unwrap();
    }

    #[test]
    fn the_end_of_a_migration_is_waited_for_and_other_events_stay() {
        let (mut monitor, mut theirs) = pair();
        let step = |status: &str| format!("{{\"event\": \"MIGRATION\", \"data\": {{\"status\": \"{status}\"}}}}\n");
        let events = step("setup") + "{\"event\": \"STOP\"}\n" + &step("active") + &step("failed");
        theirs.write_all(events.as_bytes()).unwrap();
        assert_eq!(monitor.migration_end("migrate", soon()).unwrap(), "failed");
        assert!(matches!(monitor.migration_end("migrate", Instant::now()), Err(MonitorError::TimedOut("migrate"))));
        assert!(monitor.events.iter().any(|event| event.name == STOPPED));
    }

    #[test]
    fn a_descriptor_goes_with_its_command() {
        let (mut monitor, mut theirs) = pair();
        theirs.write_all(b"{\"return\": {}}\n").unwrap();
        let null = std::fs::File::open("/dev/null").unwrap();
        monitor.execute_with("getfd", &json!({ "fdname": "x" }), null.as_fd(), soon()).unwrap();
        let (mut bytes, mut space) = ([0; 200], nix::cmsg_space!(std::os::fd::RawFd));
        let mut slices = [std::io::IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message =
            nix::sys::socket::recvmsg::<()>(theirs.as_raw_fd(), &mut slices, Some(&mut space), flags).unwrap();
        let control = message.cmsgs().unwrap().next().unwrap();
        assert!(matches!(control, nix::sys::socket::ControlMessageOwned::ScmRights(list) if list.len() == 1));
    }

    #[test]
    fn a_refusal_carries_qemus_reason() {
        let (mut monitor, mut theirs) = pair();
        theirs.write_all(b"{\"error\": {\"desc\": \"The command x has not been found\"}}\n").unwrap();
        let error = monitor.execute("x", &json!({}), soon()).unwrap_err();
        assert_eq!(error.to_string(), "refused `x`: The command x has not been found");
    }

    #[test]
    fn silence_and_a_closed_socket_are_different_errors() {
        let (mut monitor, theirs) = pair();
        assert!(matches!(monitor.greeting(Instant::now()), Err(MonitorError::TimedOut("hello"))));
        drop(theirs);
        assert!(matches!(monitor.greeting(soon()), Err(MonitorError::Closed)));
        assert!(monitor.pollable().is_none());
    }

    #[test]
    fn a_line_without_end_is_cut_off() {
        let (mut monitor, mut theirs) = pair();
        let writer = std::thread::spawn(move || while theirs.write_all(&[b'x'; 4096]).is_ok() {});
        assert!(matches!(monitor.greeting(soon()), Err(MonitorError::Garbage(_))));
        drop(monitor);
        writer.join().unwrap();
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Message::parse(&line);
        }

        #[test]
        fn any_json_is_a_message_or_an_error(name in "return|error|event|QMP|x", value in "(null|1|\"a\"|\\{\\}|\\[\\]|\\{\"desc\":1\\})") {
            let _ = Message::parse(format!("{{\"{name}\":{value}}}").as_bytes());
        }
    }
}
