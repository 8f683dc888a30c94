//! Knowing the guest's Ethernet address before it is needed, so that no connection waits for ARP.
//!
//! The stack does ARP itself, but only once a packet wants to go out, and forgets an address after a minute of silence.
//! So it is helped: the first frame on the cable is a question of ours, which waits for the guest's driver inside QEMU, and
//! before each connection the stack is told again what the guest last said.

use smoltcp::wire::{ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol};

use crate::addresses::{GUEST_ADDRESS, HOST_ADDRESS, HOST_ETHERNET};

/// Bytes of an Ethernet frame with an ARP packet.
pub(crate) const ARP_FRAME_BYTES: usize = 14 + 28;

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
