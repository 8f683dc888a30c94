//! How much the guest is ready to take on each connection, as its frames tell.
//!
//! The stack knows too, but when it has more to send than the guest takes, it sends a byte too many now and then to find out
//! whether that has changed (a zero-window probe; RFC 9293, 3.8.6.1). On this cable nothing gets lost, so there is nothing to
//! find out, and if something did, the answer to a keep-alive of ours would tell. And each probe that the guest's stack does not
//! like costs it work. So the stack is given what the guest takes, and no more.

use std::collections::HashMap;

use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpOption, TcpPacket};

/// The highest scale there is (RFC 7323, 2.3).
const MAX_SCALE: u8 = 14;

/// The windows of all connections, by our port.
#[derive(Debug, Default)]
pub(crate) struct Windows(HashMap<u16, Window>);

#[derive(Debug, Default)]
struct Window {
    /// Set once the guest has answered.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// Sequence number of our first byte.
    first: u32,
    /// Sequence number behind the last byte that the guest takes.
    edge: u32,
    /// Sequence number of the guest's next byte.
    next: u32,
    /// By how many bits windows are shifted.
    scale: u8,
}

impl Windows {
    /// Takes note of a new connection; whether the port was free.
    pub(crate) fn add(&mut self, port: u16) -> bool {
        let is_free = !self.0.contains_key(&port);
        self.0.entry(port).or_default();
        is_free
    }

    /// Forgets a connection.
    pub(crate) fn remove(&mut self, port: u16) {
        self.0.remove(&port);
    }

    /// How many bytes the guest takes beside the `sent` bytes that the stack has been given.
    pub(crate) fn room(&self, port: u16, sent: u64) -> usize {
        // Without an answer to our first packet nothing is known, and the stack decides alone.
        let Some(open) = self.0.get(&port).and_then(|window| window.open.as_ref()) else { return usize::MAX };
        // Sequence numbers wrap around, and so may the count.
        let room = open.edge.wrapping_sub(open.first.wrapping_add(sent as u32)) as i32;
        usize::try_from(room).unwrap_or(0)
    }

    /// Looks at a frame of the guest's. Nothing in it is trusted: a wrong window harms its own connection only.
    pub(crate) fn note(&mut self, frame: &[u8]) {
        // What cannot be parsed the stack passes over too.
        let _ = self.note_segment(frame);
    }

    fn note_segment(&mut self, frame: &[u8]) -> Option<()> {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        if frame.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
        if packet.next_header() != IpProtocol::Tcp {
            return None;
        }
        let segment = TcpPacket::new_checked(packet.payload()).ok()?;
        let window = self.0.get_mut(&segment.dst_port())?;
        if segment.rst() || !segment.ack() {
            return None;
        }
        let sequence = segment.seq_number().0 as u32;
        let acknowledged = segment.ack_number().0 as u32;
        let offered = u32::from(segment.window_len());
        match &mut window.open {
            None if segment.syn() => {
                let scale = scale(segment.options()).unwrap_or(0).min(MAX_SCALE);
                // The first window is not shifted.
                let edge = acknowledged.wrapping_add(offered);
                window.open = Some(Open { first: acknowledged, edge, next: sequence.wrapping_add(1), scale });
            }
            // Of segments from before, keep-alives among them, the stack does not take the window, so it must not count here.
            Some(open) if !segment.syn() && sequence.wrapping_sub(open.next) as i32 >= 0 => {
                let bytes = segment.payload().len() as u32 + u32::from(segment.fin());
                open.next = sequence.wrapping_add(bytes);
                let edge = acknowledged.wrapping_add(offered << open.scale);
                // An edge never moves back (RFC 9293, 3.8.6), but segments may come twice.
                if edge.wrapping_sub(open.edge) as i32 > 0 {
                    open.edge = edge;
                }
            }
            _ => {}
        }
        Some(())
    }
}

fn scale(mut options: &[u8]) -> Option<u8> {
    while !options.is_empty() {
        match TcpOption::parse(options).ok()? {
            (_, TcpOption::EndOfList) => return None,
            (_, TcpOption::WindowScale(scale)) => return Some(scale),
            (rest, _) => options = rest,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smoltcp::phy::ChecksumCapabilities;
    use smoltcp::wire::{EthernetAddress, Ipv4Repr, TcpControl, TcpRepr, TcpSeqNumber};

    use super::*;
    use crate::addresses::{GUEST_ADDRESS, HOST_ADDRESS};

    const PORT: u16 = 5000;

    fn frame(control: TcpControl, ack: u32, window_len: u16, window_scale: Option<u8>) -> Vec<u8> {
        let sequence = if control == TcpControl::Syn { 9 } else { 10 };
        frame_at(sequence, control, ack, window_len, window_scale)
    }

    fn frame_at(seq: i32, control: TcpControl, ack: u32, window_len: u16, window_scale: Option<u8>) -> Vec<u8> {
        let tcp = TcpRepr {
            src_port: 8000,
            dst_port: PORT,
            control,
            seq_number: TcpSeqNumber(seq),
            ack_number: Some(TcpSeqNumber(ack as i32)),
            window_len,
            window_scale,
            max_seg_size: window_scale.map(|_| 1460),
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        let ip = Ipv4Repr {
            src_addr: GUEST_ADDRESS,
            dst_addr: HOST_ADDRESS,
            next_header: IpProtocol::Tcp,
            payload_len: tcp.buffer_len(),
            hop_limit: 64,
        };
        let mut bytes = vec![0; 34 + tcp.buffer_len()];
        let mut ethernet = EthernetFrame::new_unchecked(&mut bytes[..]);
        ethernet.set_src_addr(EthernetAddress([2; 6]));
        ethernet.set_ethertype(EthernetProtocol::Ipv4);
        let checksums = ChecksumCapabilities::ignored();
        ip.emit(&mut Ipv4Packet::new_unchecked(ethernet.payload_mut()), &checksums);
        let mut segment = TcpPacket::new_unchecked(&mut bytes[34..]);
        tcp.emit(&mut segment, &GUEST_ADDRESS.into(), &HOST_ADDRESS.into(), &checksums);
        bytes
    }

    /// A connection whose first byte has this number, and whose first window is 100.
    fn open(first: u32, scale: Option<u8>) -> Windows {
        let mut windows = Windows::default();
        assert!(windows.add(PORT));
        windows.note(&frame(TcpControl::Syn, first, 100, scale));
        windows
    }

    #[test]
    fn a_window_opens_and_is_used_up_wherever_the_numbers_wrap() {
        for first in [1, u32::MAX, u32::MAX - 50, 1 << 31] {
            let mut windows = open(first, None);
            assert_eq!(windows.room(PORT, 0), 100);
            assert_eq!(windows.room(PORT, 100), 0);
            windows.note(&frame(TcpControl::None, first.wrapping_add(100), 0, None));
            assert_eq!(windows.room(PORT, 100), 0);
            windows.note(&frame(TcpControl::None, first.wrapping_add(100), 70, None));
            assert_eq!(windows.room(PORT, 100), 70);
            windows.note(&frame(TcpControl::None, first, 100, None));
            assert_eq!(windows.room(PORT, 100), 70, "an old segment takes nothing back");
            assert_eq!(windows.room(PORT, 200), 0, "more than there was room for leaves none");
        }
    }

    #[test]
    fn the_window_of_a_keep_alive_does_not_count() {
        let mut windows = open(7, None);
        windows.note(&frame_at(9, TcpControl::None, 107, 500, None));
        assert_eq!(windows.room(PORT, 100), 0);
        windows.note(&frame_at(10, TcpControl::None, 107, 500, None));
        assert_eq!(windows.room(PORT, 100), 500);
        windows.note(&frame_at(10, TcpControl::Fin, 107, 600, None));
        windows.note(&frame_at(10, TcpControl::None, 107, 700, None));
        assert_eq!(windows.room(PORT, 100), 600, "the end of the guest's side is a byte too");
    }

    #[test]
    fn all_windows_but_the_first_are_scaled() {
        let mut windows = open(7, Some(3));
        assert_eq!(windows.room(PORT, 0), 100);
        windows.note(&frame(TcpControl::None, 7, 100, None));
        assert_eq!(windows.room(PORT, 0), 800);
    }

    #[test]
    fn ports_are_taken_once_and_forgotten() {
        let mut windows = open(7, None);
        assert!(!windows.add(PORT));
        assert_eq!(windows.room(PORT, 0), 100, "a second taker changes nothing");
        windows.remove(PORT);
        windows.note(&frame(TcpControl::Syn, 7, 100, None));
        assert_eq!(windows.0.len(), 0, "the guest opens nothing");
        assert_eq!(windows.room(PORT, 0), usize::MAX);
    }

    #[test]
    fn the_highest_scale_is_that_of_the_standard() {
        assert_eq!(open(7, Some(255)).0[&PORT].open.as_ref().map(|open| open.scale), Some(MAX_SCALE));
    }

    proptest! {
        #[test]
        fn any_frame_is_looked_at(
            mut bytes in prop::collection::vec(any::<u8>(), 0..120),
            cut in 0..60_usize,
            change in prop::option::of((0..60_usize, any::<u8>())),
        ) {
            let mut windows = open(7, Some(3));
            if let Some(header) = bytes.get_mut(12..15) {
                header.copy_from_slice(&[8, 0, 0x45]);
            }
            windows.note(&bytes);
            let mut near = frame(TcpControl::None, 7, 100, Some(3));
            if let Some((place, byte)) = change && let Some(changed) = near.get_mut(place) {
                *changed = byte;
            }
            near.truncate(cut);
            windows.note(&near);
            prop_assert!(windows.room(PORT, 0) < 1 << 31);
            prop_assert_eq!(windows.0.len(), 1);
        }
    }
}
