//! Who is who on the cable. The same for every guest, since each has a cable of its own.

use std::net::Ipv4Addr;

use smoltcp::wire::EthernetAddress;

/// The guest's address, which its kernel command line gives it.
pub const GUEST_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
/// Our address, which is the guest's gateway.
pub const HOST_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
/// Bits of the network's mask.
pub(crate) const PREFIX_BITS: u8 = 24;
/// Our Ethernet address: the one that QEMU's user network has, so that a guest saved behind it finds us at once.
pub(crate) const HOST_ETHERNET: EthernetAddress = EthernetAddress([0x52, 0x55, 10, 0, 2, 2]);
