//! Knowing the guest's Ethernet address before it is needed, so that no connection waits for ARP.
//!
//! The stack does ARP itself, but only once a packet wants to go out, at most once a second, and it forgets an address after a
//! minute of silence. QEMU drops what comes before the guest has a driver, so a connection to a booting guest would wait for
//! that second. So the stack is helped: the first frame on the cable is a question of ours, it is repeated while somebody waits
//! for an answer, and before each connection the stack is told again what the guest last said.

use std::time::Duration;

use smoltcp::wire::{ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol};

use tokio::time::Instant;

use crate::addresses::{GUEST_ADDRESS, HOST_ADDRESS, HOST_ETHERNET};

/// Bytes of an Ethernet frame with an ARP packet.
pub(crate) const ARP_FRAME_BYTES: usize = 14 + 28;

/// The first pause between two questions; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// The longest pause: a guest that boots is found this much late at worst, which is before it serves anybody.
const LONGEST_PAUSE: Duration = Duration::from_millis(8);

/// What is known of the guest's Ethernet address.
#[derive(Debug)]
pub(crate) struct Neighbour {
    /// The address as the guest last told it.
    pub(crate) address: Option<EthernetAddress>,
    pause: Duration,
    ask_at: Instant,
}

impl Neighbour {
    /// Nothing is known, and the first question is due.
    pub(crate) fn unknown(now: Instant) -> Self {
        Self { address: None, pause: FIRST_PAUSE, ask_at: now }
    }

    /// Whether to ask now, while somebody waits for the guest.
    pub(crate) fn is_question_due(&mut self, now: Instant) -> bool {
        if self.address.is_some() || now < self.ask_at {
            return false;
        }
        self.ask_at = now + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }

    /// When the next question is due, if one is.
    pub(crate) fn next_question_at(&self) -> Option<Instant> {
        self.address.is_none().then_some(self.ask_at)
    }
}

/// Fills a frame of [`ARP_FRAME_BYTES`] with our question for the guest's Ethernet address.
pub(crate) fn write_question(frame: &mut [u8]) {
    let question = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: HOST_ETHERNET,
        source_protocol_addr: HOST_ADDRESS,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: GUEST_ADDRESS,
    };
    write(frame, HOST_ETHERNET, EthernetAddress::BROADCAST, &question);
}

/// The guest's answer, as it would be if it were asked now.
pub(crate) fn answer(guest: EthernetAddress) -> [u8; ARP_FRAME_BYTES] {
    let mut frame = [0; ARP_FRAME_BYTES];
    let answer = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Reply,
        source_hardware_addr: guest,
        source_protocol_addr: GUEST_ADDRESS,
        target_hardware_addr: HOST_ETHERNET,
        target_protocol_addr: HOST_ADDRESS,
    };
    write(&mut frame, guest, HOST_ETHERNET, &answer);
    frame
}

/// The guest's Ethernet address, if this frame tells it.
pub(crate) fn learn(frame: &[u8]) -> Option<EthernetAddress> {
    let frame = EthernetFrame::new_checked(frame).ok()?;
    if frame.ethertype() != EthernetProtocol::Arp {
        return None;
    }
    let packet = ArpPacket::new_checked(frame.payload()).ok()?;
    let ArpRepr::EthernetIpv4 { source_hardware_addr, source_protocol_addr, .. } = ArpRepr::parse(&packet).ok()? else {
        return None;
    };
    (source_protocol_addr == GUEST_ADDRESS && source_hardware_addr.is_unicast()).then_some(source_hardware_addr)
}

fn write(bytes: &mut [u8], from: EthernetAddress, to: EthernetAddress, arp: &ArpRepr) {
    let mut frame = EthernetFrame::new_unchecked(bytes);
    frame.set_src_addr(from);
    frame.set_dst_addr(to);
    frame.set_ethertype(EthernetProtocol::Arp);
    arp.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUEST: EthernetAddress = EthernetAddress([0x52, 0x54, 0, 1, 2, 3]);

    #[test]
    fn the_guest_tells_its_address_and_nobody_else_does() {
        assert_eq!(learn(&answer(GUEST)), Some(GUEST));
        let mut question = [0; ARP_FRAME_BYTES];
        write_question(&mut question);
        assert_eq!(learn(&question), None, "our own question tells our address, not the guest's");
        assert_eq!(learn(&answer(EthernetAddress::BROADCAST)), None, "an address of one machine is wanted");
    }

    #[test]
    fn questions_end_with_the_answer() {
        let start = Instant::now();
        let mut neighbour = Neighbour::unknown(start);
        assert!(neighbour.is_question_due(start));
        assert!(!neighbour.is_question_due(start), "the next one waits");
        assert!(neighbour.is_question_due(start + LONGEST_PAUSE));
        neighbour.address = Some(GUEST);
        assert!(!neighbour.is_question_due(start + LONGEST_PAUSE * 10));
        assert_eq!(neighbour.next_question_at(), None);
    }

    proptest! {
        #[test]
        fn any_frame_is_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..100), cut in 0..ARP_FRAME_BYTES) {
            let _ = learn(&bytes);
            prop_assert_eq!(learn(&answer(GUEST)[..cut]), None);
        }
    }
}
