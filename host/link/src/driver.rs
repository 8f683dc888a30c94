//! The task of a link: owns the stack and QEMU's socket, and sleeps whenever there is nothing to do.
//!
//! Each turn: take in frames, let the stack digest them, move bytes from and to the streams, let the stack send, write.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use smoltcp::iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet};
use smoltcp::socket::tcp;
use smoltcp::wire::{HardwareAddress, IpCidr};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, Sleep};

use crate::LinkError;
use crate::addresses::{HOST_ADDRESS, HOST_ETHERNET, PREFIX_BITS};
use crate::connections::{Cause, Connection, Standing};
use crate::device::Card;
use crate::frames::{FrameReader, FrameWriter, OutOfStep};
use crate::neighbour::{self, Neighbour};
use crate::opening::{Ends, OpenRequest, Opening, Progress};
use crate::windows::Windows;

/// Most connections of a link, those that are being opened included. Each has buffers of its own.
const MAX_CONNECTIONS: usize = 256;
/// Bytes that one read takes at most: a few dozen full frames for one system call.
const READ_BYTES: usize = 64 * 1024;
/// Shortest sleep, so that no timer of the stack that is always due can keep a processor busy.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// Pause between looks at the stack's timers while nothing more can be sent: they may be due and unable to go on.
const FULL_SLEEP: Duration = Duration::from_secs(1);

thread_local! {
    /// What is read lands here and is digested before anything else happens: idle links need no memory for it.
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; FrameReader::MAX_PARTIAL_BYTES + READ_BYTES]);
}

/// Why a link has ended.
#[derive(Debug)]
enum Ended {
    /// QEMU has closed its end.
    Closed,
    /// The socket failed.
    Failed(io::Error),
    /// What came over it were no frames.
    OutOfStep(OutOfStep),
    /// Nobody holds the link any more.
    GivenUp,
}

/// The state of one link.
pub(crate) struct Driver {
    incoming: OwnedReadHalf,
    outgoing: OwnedWriteHalf,
    requests: mpsc::Receiver<OpenRequest>,
    /// Rung by streams.
    doorbell: Arc<Notify>,
    interface: Interface,
    sockets: SocketSet<'static>,
    openings: Vec<Opening>,
    connections: Vec<Connection>,
    /// Sockets whose connections are over, kept until their last frames are sent.
    leaving: Vec<SocketHandle>,
    reader: FrameReader,
    frames_out: FrameWriter,
    /// The last read took so much that others should have their turn.
    read_much: bool,
    neighbour: Neighbour,
    windows: Windows,
    alarm: Pin<Box<Sleep>>,
    /// When the alarm rings, if it does.
    alarm_at: Option<Instant>,
    /// The stack's clock begins here.
    started_at: Instant,
}

impl Driver {
    /// A stack for this cable.
    ///
    /// # Errors
    /// [`LinkError::Random`].
    pub(crate) fn new(socket: UnixStream, requests: mpsc::Receiver<OpenRequest>) -> Result<Self, LinkError> {
        let mut frames_out = FrameWriter::default();
        let mut config = Config::new(HardwareAddress::Ethernet(HOST_ETHERNET));
        config.random_seed = getrandom::u64().map_err(|source| LinkError::Random { source })?;
        let mut neighbour = Neighbour::unknown(Instant::now());
        let mut windows = Windows::default();
        let mut interface = {
            let mut card =
                Card { incoming: None, outgoing: &mut frames_out, neighbour: &mut neighbour, windows: &mut windows };
            Interface::new(config, &mut card, smoltcp::time::Instant::ZERO)
        };
        interface.update_ip_addrs(|addresses| {
            // There is room: it is the first.
            let _ = addresses.push(IpCidr::new(HOST_ADDRESS.into(), PREFIX_BITS));
        });
        let (incoming, outgoing) = socket.into_split();
        Ok(Self {
            incoming,
            outgoing,
            requests,
            doorbell: Arc::new(Notify::new()),
            interface,
            sockets: SocketSet::new(Vec::new()),
            openings: Vec::new(),
            connections: Vec::new(),
            leaving: Vec::new(),
            reader: FrameReader::default(),
            frames_out,
            read_much: false,
            neighbour,
            windows,
            alarm: Box::pin(tokio::time::sleep(Duration::ZERO)),
            alarm_at: None,
            started_at: Instant::now(),
        })
    }

    /// Runs until the link ends. Dropping the state then, or when a bug makes this panic, ends all connections.
    pub(crate) async fn run(mut self) {
        match self.live().await {
            Ended::Closed | Ended::GivenUp => tracing::debug!("the link to a guest has ended"),
            Ended::Failed(error) => tracing::warn!(%error, "the link to a guest has failed"),
            Ended::OutOfStep(OutOfStep { announced_bytes }) => {
                tracing::warn!(announced_bytes, "the link to a guest has failed: what came over it are no frames");
            }
        }
    }

    async fn live(&mut self) -> Ended {
        // It may have booted long ago, and then its answer is here before anybody needs it.
        self.ask();
        let mut cause = Cause::Timers;
        loop {
            let look_again_at = self.step(cause);
            cause = match self.wait(look_again_at).await {
                Ok(cause) => cause,
                Err(ended) => return ended,
            };
            if std::mem::take(&mut self.read_much) {
                // A guest that sends without end must not keep this thread from its other tasks.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Does all that can be done now; returns when there is more to do.
    fn step(&mut self, cause: Cause) -> Option<Instant> {
        let look_again_at = self.settle(cause);
        let timer = self.send();
        let question = if self.openings.is_empty() { None } else { self.ask() };
        self.write();
        [look_again_at, timer, question].into_iter().flatten().min()
    }

    /// Asks for the guest's Ethernet address if that is due; returns when it is the next time.
    fn ask(&mut self) -> Option<Instant> {
        if self.neighbour.is_question_due(Instant::now()) && !self.frames_out.is_full() {
            self.frames_out.push(neighbour::ARP_FRAME_BYTES, neighbour::write_question);
        }
        self.neighbour.next_question_at()
    }

    /// Waits for something to happen, and takes it in.
    async fn wait(&mut self, look_again_at: Option<Instant>) -> Result<Cause, Ended> {
        self.set_alarm(look_again_at);
        tokio::select! {
            read = std::future::poll_fn(|context| poll_read(&mut self.incoming, context)) => {
                self.take_in(read)?;
                return Ok(Cause::Frames);
            }
            writable = self.outgoing.writable(), if !self.frames_out.unwritten().is_empty() => {
                writable.map_err(Ended::Failed)?;
                self.write();
            }
            () = self.doorbell.notified() => {}
            request = self.requests.recv() => self.begin(request.ok_or(Ended::GivenUp)?),
            () = self.alarm.as_mut(), if self.alarm_at.is_some() => self.alarm_at = None,
        }
        Ok(Cause::Timers)
    }

    /// Has the alarm ring at this time at the latest. It may ring before, if it was set so: setting it back with each frame
    /// would cost more than the few times that it rings in vain.
    fn set_alarm(&mut self, at: Option<Instant>) {
        let Some(at) = at else { return };
        if self.alarm_at.is_none_or(|set| at < set) {
            self.alarm.as_mut().reset(at);
            self.alarm_at = Some(at);
        }
    }

    fn now(&self) -> smoltcp::time::Instant {
        // 292,000 years until it does not fit.
        smoltcp::time::Instant::from_micros(self.started_at.elapsed().as_micros() as i64)
    }

    /// Begins to open a connection.
    fn begin(&mut self, request: OpenRequest) {
        if self.openings.len() + self.connections.len() >= MAX_CONNECTIONS {
            // The caller may have gone meanwhile.
            let _ = request.reply.send(Err(LinkError::Busy { most: MAX_CONNECTIONS }));
            return;
        }
        if let Some(guest) = self.neighbour.address {
            let answer = neighbour::answer(guest);
            let length = (answer.len() as u32).to_be_bytes();
            // Of a reader of its own, since the stream may be within a frame.
            let _ = self.digest(&mut FrameReader::default(), &[&length[..], &answer[..]].concat());
        }
        let opening = Opening::begin(request, &mut self.ends(), Instant::now());
        self.openings.extend(opening);
    }

    fn ends(&mut self) -> Ends<'_> {
        Ends {
            interface: &mut self.interface,
            sockets: &mut self.sockets,
            windows: &mut self.windows,
            doorbell: &self.doorbell,
        }
    }

    /// Digests what was just read into this thread's buffer.
    fn take_in(&mut self, read: io::Result<usize>) -> Result<(), Ended> {
        let read = match read {
            Ok(0) => return Err(Ended::Closed),
            Ok(read) => read,
            // It ended without having read all that was sent.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(Ended::Closed),
            Err(error) => return Err(Ended::Failed(error)),
        };
        self.read_much = read >= READ_BYTES / 2;
        let mut reader = std::mem::take(&mut self.reader);
        let digested = READ_BUFFER.with_borrow_mut(|buffer| {
            let start = reader.begin(&mut buffer[..FrameReader::MAX_PARTIAL_BYTES]);
            self.digest(&mut reader, &buffer[start..FrameReader::MAX_PARTIAL_BYTES + read])
        });
        self.reader = reader;
        digested.map_err(Ended::OutOfStep)
    }

    /// Has the stack digest frames.
    fn digest(&mut self, reader: &mut FrameReader, bytes: &[u8]) -> Result<(), OutOfStep> {
        let now = self.now();
        let mut card = Card {
            incoming: Some(reader.frames(bytes)),
            outgoing: &mut self.frames_out,
            neighbour: &mut self.neighbour,
            windows: &mut self.windows,
        };
        loop {
            match self.interface.poll_ingress_single(now, &mut card, &mut self.sockets) {
                PollIngressSingleResult::None => break,
                PollIngressSingleResult::PacketProcessed | PollIngressSingleResult::SocketStateChanged => {}
            }
        }
        card.incoming.map_or(Ok(()), |frames| frames.finish())
    }

    /// Has openings and connections go on; returns when they want to be looked at again.
    fn settle(&mut self, cause: Cause) -> Option<Instant> {
        let now = Instant::now();
        let mut look_again_at = None;
        for opening in std::mem::take(&mut self.openings) {
            match opening.look(&mut self.ends(), now) {
                Progress::Waits(opening, at) => {
                    self.openings.push(opening);
                    look_again_at = earlier(look_again_at, Some(at));
                }
                Progress::Open(connection) => self.connections.push(connection),
                Progress::Over => {}
            }
        }
        self.connections.retain_mut(|connection| {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(connection.socket);
            match connection.settle(socket, &self.windows, cause, now) {
                Standing::Lives(at) => {
                    look_again_at = earlier(look_again_at, at);
                    true
                }
                Standing::Over => {
                    self.windows.remove(connection.port);
                    self.leaving.push(connection.socket);
                    false
                }
            }
        });
        look_again_at
    }

    /// Has the stack send what it has; returns when there is more to do for it.
    fn send(&mut self) -> Option<Instant> {
        let now = self.now();
        {
            let mut card = Card {
                incoming: None,
                outgoing: &mut self.frames_out,
                neighbour: &mut self.neighbour,
                windows: &mut self.windows,
            };
            while self.interface.poll_egress(now, &mut card, &mut self.sockets) == PollResult::SocketStateChanged {}
        }
        // Their resets are sent.
        self.leaving.drain(..).for_each(|socket| drop(self.sockets.remove(socket)));
        self.connections.retain_mut(|connection| {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(connection.socket);
            if socket.state() != tcp::State::Closed {
                return true;
            }
            // A timer of the stack has just given the guest up.
            connection.settle(socket, &self.windows, Cause::Timers, Instant::now());
            self.windows.remove(connection.port);
            self.sockets.remove(connection.socket);
            false
        });
        if self.frames_out.is_full() {
            // Nothing goes on before the guest reads, and then the socket wakes this task; but it may never do.
            return Some(Instant::now() + FULL_SLEEP);
        }
        let at = self.interface.poll_at(now, &self.sockets)?;
        let delay = if at <= now { Duration::ZERO } else { Duration::from_micros((at - now).total_micros()) };
        Some(Instant::now() + delay.max(SHORTEST_SLEEP))
    }

    /// Writes what the socket takes; whether that was anything.
    fn write(&mut self) -> bool {
        let mut wrote = false;
        while !self.frames_out.unwritten().is_empty() {
            match self.outgoing.try_write(self.frames_out.unwritten()) {
                Ok(written) => self.frames_out.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // QEMU does not read any more. Reading finds the end, behind the guest's last words.
                Err(_) => self.frames_out.advance(self.frames_out.unwritten().len()),
            }
            wrote = true;
        }
        wrote
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    [one, other].into_iter().flatten().min()
}

/// Reads into this thread's buffer, behind the room for what was left over. Nothing else runs on the thread before that is
/// digested.
fn poll_read(incoming: &mut OwnedReadHalf, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
    READ_BUFFER.with_borrow_mut(|buffer| {
        let mut room = ReadBuf::new(&mut buffer[FrameReader::MAX_PARTIAL_BYTES..]);
        Pin::new(incoming).poll_read(context, &mut room).map_ok(|()| room.filled().len())
    })
}
