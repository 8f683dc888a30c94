//! The other end of the cable, in the place of QEMU and a guest: a real TCP/IP stack, or frames made by hand.
#![allow(dead_code, reason = "each test file uses some of them")]
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use skerry_link::{GUEST_ADDRESS, HOST_ADDRESS, Link};
use smoltcp::iface::{Config, Interface, PollResult, SocketHandle, SocketSet};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet,
    Ipv4Repr, TcpPacket, TcpRepr,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long anything may take before a test gives up; no test waits that long unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// The guest's Ethernet address.
pub(crate) const GUEST_ETHERNET: EthernetAddress = EthernetAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56]);

/// Sends back what it gets, ends its side when the other is ended.
pub(crate) const ECHO: u16 = 7;
/// Accepts, and never reads.
pub(crate) const DEAF: u16 = 9;
/// Accepts, then resets.
pub(crate) const RESETTING: u16 = 13;
/// Reads all, then tells how many bytes came, as text; reports how the connection ended, see [`Peer::endings`].
pub(crate) const COUNTING: u16 = 17;

/// A link and the socket at the guest's end of it.
pub(crate) async fn cable() -> (Link, UnixStream, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("link.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (link, accepted) = tokio::join!(Link::connect(&path), listener.accept());
    (link.unwrap(), accepted.unwrap().0, directory)
}

/// Reads one frame.
pub(crate) async fn read_frame(socket: &mut UnixStream) -> Vec<u8> {
    let length = socket.read_u32().await.unwrap() as usize;
    assert!(length <= 1518, "a frame of {length} bytes is none");
    let mut frame = vec![0; length];
    socket.read_exact(&mut frame).await.unwrap();
    frame
}

/// Writes one frame.
pub(crate) async fn write_frame(socket: &mut UnixStream, frame: &[u8]) {
    socket.write_all(&on_the_wire(frame)).await.unwrap();
}

pub(crate) fn on_the_wire(frame: &[u8]) -> Vec<u8> {
    [&(frame.len() as u32).to_be_bytes()[..], frame].concat()
}

/// An ARP packet of the guest's.
pub(crate) fn arp_frame(operation: ArpOperation, host: EthernetAddress) -> Vec<u8> {
    let arp = ArpRepr::EthernetIpv4 {
        operation,
        source_hardware_addr: GUEST_ETHERNET,
        source_protocol_addr: GUEST_ADDRESS,
        target_hardware_addr: host,
        target_protocol_addr: HOST_ADDRESS,
    };
    let mut bytes = vec![0; 14 + arp.buffer_len()];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    frame.set_src_addr(GUEST_ETHERNET);
    frame.set_dst_addr(host);
    frame.set_ethertype(EthernetProtocol::Arp);
    arp.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
    bytes
}

/// A TCP segment of the guest's.
pub(crate) fn tcp_frame(host: EthernetAddress, tcp: &TcpRepr<'_>) -> Vec<u8> {
    let ip = Ipv4Repr {
        src_addr: GUEST_ADDRESS,
        dst_addr: HOST_ADDRESS,
        next_header: IpProtocol::Tcp,
        payload_len: tcp.buffer_len(),
        hop_limit: 64,
    };
    let mut bytes = vec![0; 14 + 20 + tcp.buffer_len()];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    frame.set_src_addr(GUEST_ETHERNET);
    frame.set_dst_addr(host);
    frame.set_ethertype(EthernetProtocol::Ipv4);
    let checksums = ChecksumCapabilities::default();
    ip.emit(&mut Ipv4Packet::new_unchecked(frame.payload_mut()), &checksums);
    let mut segment = TcpPacket::new_unchecked(&mut bytes[34..]);
    tcp.emit(&mut segment, &GUEST_ADDRESS.into(), &HOST_ADDRESS.into(), &checksums);
    bytes
}

/// The host's Ethernet address and the TCP segment in a frame, if there is one.
pub(crate) fn tcp_segment(bytes: &[u8]) -> Option<(EthernetAddress, TcpRepr<'_>)> {
    let frame = EthernetFrame::new_checked(bytes).unwrap();
    if frame.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let ip = Ipv4Packet::new_checked(frame.payload()).unwrap();
    let header_bytes = 14 + usize::from(ip.header_len());
    let segment = TcpPacket::new_checked(&bytes[header_bytes..]).unwrap();
    let checksums = ChecksumCapabilities::default();
    Some((frame.src_addr(), TcpRepr::parse(&segment, &HOST_ADDRESS.into(), &GUEST_ADDRESS.into(), &checksums).unwrap()))
}

/// Answers ARP until a TCP segment comes.
pub(crate) async fn next_segment(socket: &mut UnixStream) -> Vec<u8> {
    loop {
        let frame = read_frame(socket).await;
        if tcp_segment(&frame).is_some() {
            return frame;
        }
        let host = EthernetFrame::new_checked(&frame[..]).unwrap().src_addr();
        write_frame(socket, &arp_frame(ArpOperation::Reply, host)).await;
    }
}

/// How a connection to [`COUNTING`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In order, after this many bytes.
    Finished(usize),
    /// By a reset, after this many bytes.
    Reset(usize),
}

/// A stack with a few servers, running as a task.
pub(crate) struct Peer {
    /// How connections to [`COUNTING`] ended, in order.
    pub(crate) endings: tokio::sync::mpsc::UnboundedReceiver<Ending>,
    task: JoinHandle<()>,
}

impl Peer {
    pub(crate) fn start(socket: UnixStream) -> Self {
        let (sender, endings) = tokio::sync::mpsc::unbounded_channel();
        Self { endings, task: tokio::spawn(Stack::new(socket, sender).run()) }
    }

    /// Ends as QEMU does when it is killed.
    pub(crate) async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Default)]
struct Card {
    incoming: VecDeque<Vec<u8>>,
    outgoing: Vec<u8>,
}

struct In(Vec<u8>);
struct Out<'a>(&'a mut Vec<u8>);

impl RxToken for In {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Out<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.extend_from_slice(&on_the_wire(&frame));
        result
    }
}

impl Device for Card {
    type RxToken<'a> = In;
    type TxToken<'a> = Out<'a>;

    fn receive(&mut self, _: smoltcp::time::Instant) -> Option<(In, Out<'_>)> {
        Some((In(self.incoming.pop_front()?), Out(&mut self.outgoing)))
    }

    fn transmit(&mut self, _: smoltcp::time::Instant) -> Option<Out<'_>> {
        Some(Out(&mut self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

struct Stack {
    socket: UnixStream,
    card: Card,
    interface: Interface,
    sockets: SocketSet<'static>,
    servers: Vec<(u16, SocketHandle, usize)>,
    endings: tokio::sync::mpsc::UnboundedSender<Ending>,
    unread: Vec<u8>,
    started_at: Instant,
}

impl Stack {
    fn new(socket: UnixStream, endings: tokio::sync::mpsc::UnboundedSender<Ending>) -> Self {
        let mut card = Card::default();
        let mut config = Config::new(GUEST_ETHERNET.into());
        config.random_seed = 4;
        let mut interface = Interface::new(config, &mut card, smoltcp::time::Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(smoltcp::wire::IpCidr::new(GUEST_ADDRESS.into(), 24)).unwrap();
        });
        let mut sockets = SocketSet::new(Vec::new());
        let mut servers = Vec::new();
        for port in [ECHO, DEAF, RESETTING, COUNTING] {
            for _ in 0..40 {
                let buffer = || tcp::SocketBuffer::new(vec![0; 16 * 1024]);
                servers.push((port, sockets.add(tcp::Socket::new(buffer(), buffer())), 0));
            }
        }
        let started_at = Instant::now();
        Self { socket, card, interface, sockets, servers, endings, unread: Vec::new(), started_at }
    }

    async fn run(mut self) {
        loop {
            let now = smoltcp::time::Instant::from_micros(self.started_at.elapsed().as_micros() as i64);
            while self.interface.poll(now, &mut self.card, &mut self.sockets) == PollResult::SocketStateChanged {}
            self.serve();
            while self.interface.poll(now, &mut self.card, &mut self.sockets) == PollResult::SocketStateChanged {}
            let outgoing = std::mem::take(&mut self.card.outgoing);
            if self.socket.write_all(&outgoing).await.is_err() {
                return;
            }
            let delay = self.interface.poll_delay(now, &self.sockets).map_or(PATIENCE, Into::into);
            let mut piece = [0; 16 * 1024];
            tokio::select! {
                read = self.socket.read(&mut piece) => match read {
                    Ok(read) if read > 0 => self.take(&piece[..read]),
                    _ => return,
                },
                () = tokio::time::sleep(delay.max(Duration::from_millis(1))) => {}
            }
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.unread.extend_from_slice(piece);
        while let Some((length, rest)) = self.unread.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            let Some(frame) = rest.get(..length) else { break };
            self.card.incoming.push_back(frame.to_vec());
            self.unread.drain(..4 + length);
        }
    }

    fn serve(&mut self) {
        for (port, handle, count) in &mut self.servers {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(*handle);
            match *port {
                ECHO => echo(socket),
                RESETTING if socket.may_send() => socket.abort(),
                COUNTING => {
                    if let Some(ending) = count_bytes(socket, count) {
                        self.endings.send(ending).unwrap();
                        *count = 0;
                    }
                }
                _ => {}
            }
            // One that was aborted has a reset to send first.
            if !socket.is_open() && socket.remote_endpoint().is_none() {
                socket.set_nagle_enabled(false);
                socket.listen(*port).unwrap();
            }
        }
    }
}

fn echo(socket: &mut tcp::Socket<'_>) {
    while socket.can_recv() && socket.can_send() {
        let room = socket.send_capacity() - socket.send_queue();
        let piece = socket.recv(|bytes| (bytes.len().min(room), bytes[..bytes.len().min(room)].to_vec())).unwrap();
        assert_eq!(socket.send_slice(&piece), Ok(piece.len()));
    }
    if !socket.may_recv() && socket.may_send() && !socket.can_recv() {
        socket.close();
    }
}

fn count_bytes(socket: &mut tcp::Socket<'_>, count: &mut usize) -> Option<Ending> {
    while socket.can_recv() {
        *count += socket.recv(|bytes| (bytes.len(), bytes.len())).unwrap();
    }
    match socket.state() {
        tcp::State::CloseWait => {
            socket.send_slice(count.to_string().as_bytes()).unwrap();
            socket.close();
            Some(Ending::Finished(*count))
        }
        tcp::State::Closed if *count > 0 => Some(Ending::Reset(*count)),
        _ => None,
    }
}
