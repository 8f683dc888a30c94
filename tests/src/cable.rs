//! The host's end of a private link, with TCP made by hand: segments that no well-behaved stack would send.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use skerry_api::faas::GUEST_PORT;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpProtocol,
    Ipv4Address, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};

use crate::PATIENCE;

const GUEST_ADDRESS: Ipv4Address = Ipv4Address::new(10, 0, 2, 15);
const HOST_ADDRESS: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);
const HOST_ETHERNET: EthernetAddress = EthernetAddress([0x52, 0x55, 10, 0, 2, 2]);
const HOST_PORT: u16 = 50_000;
/// Most bytes of the client's in one segment.
const SEGMENT_BYTES: usize = 1460;
const LENGTH_BYTES: usize = 4;
/// So long between two looks for what the guest has sent.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A TCP client whose every segment its test decides upon. Bytes are counted from the stream's first one.
#[derive(Debug)]
pub struct Client {
    socket: UnixStream,
    /// What came and is no whole frame yet.
    unread: Vec<u8>,
    guest: EthernetAddress,
    guest_first: TcpSeqNumber,
    /// How many bytes the guest has acknowledged.
    pub acknowledged: usize,
    /// How many bytes the guest said last that it takes beyond those.
    pub window: usize,
    /// What the guest has sent.
    pub received: Vec<u8>,
    /// How many bytes the guest may send in all.
    pub granted: usize,
}

impl Client {
    /// Connects to the runtime at the other end of the link, which then may send `granted` bytes.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    #[track_caller]
    pub fn connect(link: &Path, granted: usize) -> Self {
        let socket = UnixStream::connect(link).expect("the machine has a link");
        socket.set_write_timeout(Some(PATIENCE)).expect("the socket can be set");
        let mut client = Self {
            socket,
            unread: Vec::new(),
            guest: EthernetAddress::BROADCAST,
            guest_first: TcpSeqNumber::default(),
            acknowledged: 0,
            window: 0,
            received: Vec::new(),
            granted,
        };
        client.send_arp(ArpOperation::Request);
        client.wait("the guest's Ethernet address", |client| client.guest != EthernetAddress::BROADCAST);
        client.send_segment(TcpRepr { control: TcpControl::Syn, ack_number: None, ..client.segment(None) });
        client.wait("the connection", |client| client.window > 0);
        client.acknowledge();
        client
    }

    /// Sends bytes that are the stream's from `position` on, whether the guest takes them or not.
    #[track_caller]
    pub fn send(&mut self, position: usize, bytes: &[u8]) {
        for (index, piece) in bytes.chunks(SEGMENT_BYTES).enumerate() {
            let segment = TcpRepr { payload: piece, ..self.segment(Some(position + index * SEGMENT_BYTES)) };
            self.send_segment(segment);
        }
    }

    /// Tells the guest what has come, and what it may send.
    #[track_caller]
    pub fn acknowledge(&mut self) {
        let next = self.acknowledged;
        self.send_segment(self.segment(Some(next)));
    }

    /// Takes in what the guest sends until `is_done`.
    ///
    /// # Panics
    /// When that takes too long.
    #[track_caller]
    pub fn wait(&mut self, what: &str, is_done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_done(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}: {self:?}");
            self.take_what_is_there();
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Takes in what the guest has sent.
    ///
    /// # Panics
    /// When the link has ended.
    #[track_caller]
    pub fn take_what_is_there(&mut self) {
        let mut bytes = [0; 64 * 1024];
        self.socket.set_nonblocking(true).expect("the socket can be set");
        let read = self.socket.read(&mut bytes);
        self.socket.set_nonblocking(false).expect("the socket can be set");
        match read {
            Ok(0) => panic!("the link has ended"),
            Ok(count) => self.unread.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("the link has failed: {error}"),
        }
        while let Some((length, rest)) = self.unread.split_first_chunk::<LENGTH_BYTES>() {
            let length = u32::from_be_bytes(*length) as usize;
            let Some(frame) = rest.get(..length) else { break };
            let frame = frame.to_vec();
            self.unread.drain(..LENGTH_BYTES + length);
            self.take_frame(&frame);
        }
    }

    #[track_caller]
    fn take_frame(&mut self, frame: &[u8]) {
        let frame = EthernetFrame::new_checked(frame).expect("the guest sends Ethernet frames");
        match frame.ethertype() {
            EthernetProtocol::Arp => {
                self.guest = frame.src_addr();
                let arp = ArpPacket::new_checked(frame.payload()).expect("the guest sends ARP packets");
                if arp.operation() == ArpOperation::Request {
                    self.send_arp(ArpOperation::Reply);
                }
            }
            EthernetProtocol::Ipv4 => {
                let ip = Ipv4Packet::new_checked(frame.payload()).expect("the guest sends IP packets");
                let segment = TcpPacket::new_checked(ip.payload()).expect("the guest sends TCP segments");
                let (guest, host) = (GUEST_ADDRESS.into(), HOST_ADDRESS.into());
                let segment = TcpRepr::parse(&segment, &guest, &host, &ChecksumCapabilities::default());
                self.take_segment(&segment.expect("the guest's segments are sound"));
            }
            _ => {}
        }
    }

    #[track_caller]
    fn take_segment(&mut self, segment: &TcpRepr<'_>) {
        assert!(!matches!(segment.control, TcpControl::Rst | TcpControl::Fin), "the guest ends it: {segment:?}");
        if segment.control == TcpControl::Syn {
            self.guest_first = segment.seq_number + 1;
        }
        let acknowledged = segment.ack_number.expect("all the guest's segments acknowledge") - host_first();
        if acknowledged >= self.acknowledged {
            (self.acknowledged, self.window) = (acknowledged, usize::from(segment.window_len));
        }
        if segment.payload.is_empty() {
            return;
        }
        // Nothing gets lost here; what comes twice, or before it was granted, only wants to hear how it stands.
        let room = self.granted - self.received.len();
        if segment.seq_number == self.guest_first + self.received.len() && segment.payload.len() <= room {
            self.received.extend_from_slice(segment.payload);
        }
        self.acknowledge();
    }

    /// An empty segment at a position of the stream; `None` is before its start.
    fn segment(&self, position: Option<usize>) -> TcpRepr<'static> {
        let window = (self.granted - self.received.len()).min(usize::from(u16::MAX));
        TcpRepr {
            src_port: HOST_PORT,
            dst_port: GUEST_PORT,
            control: TcpControl::None,
            seq_number: position.map_or(host_first() - 1, |position| host_first() + position),
            ack_number: Some(self.guest_first + self.received.len()),
            window_len: u16::try_from(window).unwrap_or(u16::MAX),
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        }
    }

    #[track_caller]
    fn send_segment(&mut self, segment: TcpRepr<'_>) {
        let ip = Ipv4Repr {
            src_addr: HOST_ADDRESS,
            dst_addr: GUEST_ADDRESS,
            next_header: IpProtocol::Tcp,
            payload_len: segment.buffer_len(),
            hop_limit: 64,
        };
        let mut bytes = vec![0; ip.buffer_len() + segment.buffer_len()];
        let checksums = ChecksumCapabilities::default();
        ip.emit(&mut Ipv4Packet::new_unchecked(&mut bytes[..]), &checksums);
        let mut packet = TcpPacket::new_unchecked(&mut bytes[ip.buffer_len()..]);
        segment.emit(&mut packet, &HOST_ADDRESS.into(), &GUEST_ADDRESS.into(), &checksums);
        self.send_frame(EthernetProtocol::Ipv4, &bytes);
    }

    #[track_caller]
    fn send_arp(&mut self, operation: ArpOperation) {
        let arp = ArpRepr::EthernetIpv4 {
            operation,
            source_hardware_addr: HOST_ETHERNET,
            source_protocol_addr: HOST_ADDRESS,
            target_hardware_addr: self.guest,
            target_protocol_addr: GUEST_ADDRESS,
        };
        let mut bytes = vec![0; arp.buffer_len()];
        arp.emit(&mut ArpPacket::new_unchecked(&mut bytes[..]));
        self.send_frame(EthernetProtocol::Arp, &bytes);
    }

    #[track_caller]
    fn send_frame(&mut self, ethertype: EthernetProtocol, payload: &[u8]) {
        let head = EthernetRepr { src_addr: HOST_ETHERNET, dst_addr: self.guest, ethertype };
        let mut bytes = vec![0; LENGTH_BYTES + head.buffer_len() + payload.len()];
        let (length, frame) = bytes.split_at_mut(LENGTH_BYTES);
        length.copy_from_slice(&u32::try_from(frame.len()).expect("frames are short").to_be_bytes());
        head.emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
        frame[head.buffer_len()..].copy_from_slice(payload);
        self.socket.write_all(&bytes).unwrap_or_else(|error| panic!("the link has failed: {error}"));
    }
}

/// The number of our first byte. It wraps soon, as any number does some time.
fn host_first() -> TcpSeqNumber {
    TcpSeqNumber(-10_000)
}
