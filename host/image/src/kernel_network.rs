//! What we change in the Hermit kernel's network, and why: a part of [`crate::kernel_edits`].
//!
//! The network is one cable with one peer, and IPv4.

use crate::kernel_edits::{Edit, FileEdits};

const NO_IPV6: &str = "the runtime's one peer speaks IPv4; the other protocol is a fifth of the network's code";
const NO_PACKED_QUEUES: &str =
    "no VMM that boots us offers queues of the packed kind unless told to, and the other kind does as well";

pub(crate) const SOCKETS: FileEdits = FileEdits {
    path: "src/syscalls/socket.rs",
    sha256: "99847159a86f5cfc0233a50ead52bb1079ee504063e408d925428718e276e522",
    edits: &[
        Edit {
            find: "Arc::new(async_lock::RwLock::new(tcp::Socket::new(handle, domain)));",
            replace: "Arc::new(tcp::Socket::new(handle, domain));",
            why: "our own sockets lock what they must themselves",
        },
        Edit {
            find: "\t\t\tIpAddress::Ipv6(_) => panic!(",
            replace: "\t\t\t#[cfg(any())]\n\t\t\tIpAddress::Ipv6(_) => panic!(",
            why: NO_IPV6,
        },
        Edit {
            find: "IpAddress::v6(a0, a1, a2, a3, a4, a5, a6, a7);\n\n\t\t\tIpListenEndpoint",
            replace: "nowhere([a0, a1, a2, a3, a4, a5, a6, a7]);\n\n\t\t\tIpListenEndpoint",
            why: NO_IPV6,
        },
        Edit {
            find: "IpAddress::v6(a0, a1, a2, a3, a4, a5, a6, a7);\n\n\t\tIpEndpoint",
            replace: "nowhere([a0, a1, a2, a3, a4, a5, a6, a7]);\n\n\t\tIpEndpoint",
            why: NO_IPV6,
        },
        Edit {
            find: "\t\t\tIpAddress::Ipv6(ip) => {",
            replace: "\t\t\t#[cfg(any())]\n\t\t\tIpAddress::Ipv6(ip) => {",
            why: NO_IPV6,
        },
        Edit {
            find: "size_of::<sockaddr_in>().try_into().unwrap();\n\t\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            replace: "size_of::<sockaddr_in>().try_into().unwrap();\n\t\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\t#[cfg(any())]\n\t\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            why: NO_IPV6,
        },
        Edit {
            find: "#[cfg(any(feature = \"tcp\", feature = \"udp\"))]\n\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            replace: "#[cfg(any())]\n\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            why: NO_IPV6,
        },
        Edit {
            find: "\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            replace: "\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t#[cfg(any())]\n\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            why: NO_IPV6,
        },
        Edit {
            find: "EINVAL).try_into().unwrap();\n\t\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            replace: "EINVAL).try_into().unwrap();\n\t\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\t}\n\t\t\t\t\t\t\t\t#[cfg(any())]\n\t\t\t\t\t\t\t\tIpAddress::Ipv6(_) => {",
            why: NO_IPV6,
        },
        Edit {
            find: "#[cfg(any(feature = \"tcp\", feature = \"udp\"))]\nimpl From<sockaddr_in6> for IpListenEndpoint {",
            replace: "/// In the place of an IPv6 address: one that no machine has.\nfn nowhere(_address: [u16; 8]) -> IpAddress {\n\tIpAddress::v4(240, 0, 0, 0)\n}\n\n#[cfg(any(feature = \"tcp\", feature = \"udp\"))]\nimpl From<sockaddr_in6> for IpListenEndpoint {",
            why: NO_IPV6,
        },
    ],
};

pub(crate) const DEVICE: FileEdits = FileEdits {
    path: "src/drivers/net/virtio/mod.rs",
    sha256: "d963bf31931a3443eac474399542d709379f1d9cc2d7d13ec1d09cac9aa302dd",
    edits: &[
        Edit {
            find: "packets.into_iter().flatten().collect();",
            replace: "packets.concat();",
            why: "a received packet is copied at once, not byte by byte",
        },
        Edit {
            find: "\tpacket_length: u32,\n}",
            replace: "\tpacket_length: u32,\n\tin_flight: usize,\n}",
            why: "when packets are sent faster than the device takes them, the kernel panicked; now it waits, and drops one if that takes too long",
        },
        Edit {
            find: "Self { vqs, packet_length }",
            replace: "Self { vqs, packet_length, in_flight: 0 }",
            why: "when packets are sent faster than the device takes them, the kernel panicked; now it waits, and drops one if that takes too long",
        },
        Edit {
            find: "\t\t\twhile vq.try_recv().is_ok() {}\n\t\t}\n\t}\n",
            replace: "\t\t\twhile vq.try_recv().is_ok() {\n\t\t\t\tself.in_flight = self.in_flight.saturating_sub(1);\n\t\t\t}\n\t\t}\n\t}\n\n\t/// Waits until the queue takes one more packet, for a bounded time.\n\tfn make_room(&mut self) -> bool {\n\t\t// Header and packet take a descriptor each.\n\t\tlet most = usize::from(u16::from(self.vqs[0].size())) / 2;\n\t\tlet deadline = crate::arch::kernel::processor::get_timer_ticks() + 100_000;\n\t\tloop {\n\t\t\tself.poll();\n\t\t\tif self.in_flight < most {\n\t\t\t\treturn true;\n\t\t\t}\n\t\t\tif crate::arch::kernel::processor::get_timer_ticks() > deadline {\n\t\t\t\treturn false;\n\t\t\t}\n\t\t\tcore::hint::spin_loop();\n\t\t}\n\t}\n",
            why: "when packets are sent faster than the device takes them, the kernel panicked; now it waits, and drops one if that takes too long",
        },
        Edit {
            find: "\t\tself.send_vqs.poll();\n",
            replace: "\t\tlet has_room = self.send_vqs.make_room();\n",
            why: "when packets are sent faster than the device takes them, the kernel panicked; now it waits, and drops one if that takes too long",
        },
        Edit {
            find: "\t\tself.send_vqs.vqs[0]\n\t\t\t.dispatch(buff_tkn, false, BufferType::Direct)\n\t\t\t.unwrap();\n",
            replace: "\t\tif has_room && self.send_vqs.vqs[0].dispatch(buff_tkn, false, BufferType::Direct).is_ok() {\n\t\t\tself.send_vqs.in_flight += 1;\n\t\t}\n",
            why: "when packets are sent faster than the device takes them, the kernel panicked; now it waits, and drops one if that takes too long",
        },
        Edit {
            find: "\t\tlet status = self.isr_stat.is_queue_interrupt();\n\n\t\t#[cfg(not(feature = \"pci\"))]\n\t\tif status.contains(virtio::mmio::InterruptStatus::CONFIGURATION_CHANGE_NOTIFICATION) {\n\t\t\tinfo!(\"Configuration changes are not possible! Aborting\");\n\t\t\ttodo!(\"Implement possibility to change config on the fly...\")\n\t\t}\n\n\t\t#[cfg(feature = \"pci\")]\n\t\tif status.contains(virtio::pci::IsrStatus::DEVICE_CONFIGURATION_INTERRUPT) {\n\t\t\tinfo!(\"Configuration changes are not possible! Aborting\");\n\t\t\ttodo!(\"Implement possibility to change config on the fly...\")\n\t\t}\n\n",
            replace: "",
            why: "a device whose configuration changes, as when its cable is pulled, must not end the guest; nothing of it is used later",
        },
        Edit { find: "EthernetFrame, Ipv4Packet, Ipv6Packet}", replace: "EthernetFrame, Ipv4Packet}", why: NO_IPV6 },
        Edit {
            find: "\t\t\t\tsmoltcp::wire::EthernetProtocol::Ipv6 => {",
            replace: "\t\t\t\t#[cfg(any())]\n\t\t\t\tsmoltcp::wire::EthernetProtocol::Ipv6 => {",
            why: NO_IPV6,
        },
        Edit {
            find: "\t\t\t// Packed Vq can be used\n\t\t\t| virtio::net::F::RING_PACKED\n",
            replace: "",
            why: NO_PACKED_QUEUES,
        },
        Edit {
            find: "if self.dev_cfg.features.contains(virtio::net::F::RING_PACKED) {\n\t\t\t\tself.ctrl_vq",
            replace: "if cfg!(any()) {\n\t\t\t\tself.ctrl_vq",
            why: NO_PACKED_QUEUES,
        },
        Edit {
            find: "if self.dev_cfg.features.contains(virtio::net::F::RING_PACKED) {\n\t\t\t\tlet mut vq",
            replace: "if cfg!(any()) {\n\t\t\t\tlet mut vq",
            why: NO_PACKED_QUEUES,
        },
    ],
};
