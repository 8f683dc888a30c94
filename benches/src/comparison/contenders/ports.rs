//! Ports of the loopback address, one for each instance.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::bail;

/// Below what Linux gives to outgoing connections (32768 and more), so that none of those takes a port meanwhile.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// How many were given so far.
static GIVEN: AtomicU16 = AtomicU16::new(0);

/// An address that nobody listens on, another one each time.
///
/// # Errors
/// When all ports are taken.
pub(super) fn free_address() -> anyhow::Result<SocketAddr> {
    // Runs at the same time begin in different places.
    let offset = std::process::id() as u16;
    for _ in 0..COUNT {
        let number = GIVEN.fetch_add(1, Ordering::Relaxed).wrapping_add(offset) % COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST + number));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("all ports of the loopback address from {FIRST} to {} are taken", FIRST + COUNT - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once_and_not_while_somebody_listens() {
        let first = free_address().unwrap();
        let second = free_address().unwrap();
        assert_ne!(first, second);
        let next = SocketAddr::from((Ipv4Addr::LOCALHOST, second.port().saturating_add(1)));
        let listening = TcpListener::bind(next);
        assert!(listening.is_err() || free_address().unwrap() != next);
    }
}
