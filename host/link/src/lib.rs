//! A private network link to one guest: TCP over Ethernet frames on a Unix socket.
//!
//! QEMU hands the guest's Ethernet frames over a Unix stream socket (`-netdev stream`), and here is the other end of that
//! cable: a TCP/IP stack of our own (smoltcp) for each guest. No port of the host is bound, nothing but this process can
//! reach the guest, and the guest can reach nothing but this process.
//!
//! 1. One task owns a link's stack and its socket; streams reach it through bounded buffers only.
//! 2. Whatever a guest sends, the memory that it costs is bounded, and it costs that guest's link only.
//! 3. Nothing polls: a link with nothing to do sleeps until a frame, a stream or a timer of TCP wakes it.
//!
//! What it does not do: listen for the guest's connections, UDP, ICMP, routing, more than one guest behind a link.
#![forbid(unsafe_code)]

mod addresses;
mod connections;
mod device;
mod driver;
mod error;
mod frames;
mod link;
mod neighbour;
mod opening;
mod pipe;
mod socket_path;
mod stream;
mod windows;

pub use addresses::{GUEST_ADDRESS, HOST_ADDRESS};
pub use error::LinkError;
pub use link::Link;
pub use stream::GuestStream;
