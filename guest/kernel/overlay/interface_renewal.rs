//! A new network interface in the place of the one that other clones of this machine have, too. A file of our own.
//!
//! smoltcp's interface draws TCP's initial sequence numbers from a generator that is seeded once and that nothing can reach
//! afterwards. So the interface is made anew, with a seed of its own. Connections live beside it and go on; what it has learnt
//! of its neighbours is gone, which is right: on another link they may have other addresses.

use smoltcp::iface::{Config, Interface};

use super::network::{NIC, now};

/// Makes the interface anew, seeded with `random_seed`; address and routes stay. Without a network there is nothing to do.
pub(crate) fn renew_interface(random_seed: u64) {
	let mut guard = NIC.lock();
	let Ok(nic) = guard.as_nic_mut() else {
		return;
	};
	let mut config = Config::new(nic.iface.hardware_addr());
	config.random_seed = random_seed;
	let mut iface = Interface::new(config, &mut nic.device, now());
	iface.update_ip_addrs(|addresses| {
		// Both lists have the same room.
		addresses.extend(nic.iface.ip_addrs().iter().copied());
	});
	nic.iface.routes_mut().update(|old| {
		iface.routes_mut().update(|new| new.extend(old.iter().copied()));
	});
	nic.iface = iface;
}
