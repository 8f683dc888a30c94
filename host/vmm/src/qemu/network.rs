//! Where a machine's guest is reached, as QEMU says it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::LINK_SOCKET;
use super::monitor::{Monitor, MonitorError};
use crate::{GuestAddress, Network};

/// Time between two looks at a link that is not there yet.
const PAUSE: Duration = Duration::from_micros(200);

/// Where the guest of the machine in `directory` is reached. The way is there when this returns.
pub(super) fn ask_address(
    monitor: &mut Monitor,
    network: Network,
    directory: &Path,
    deadline: Instant,
) -> Result<GuestAddress, MonitorError> {
    match network {
        Network::User => {
            let table = ask(monitor, "info usernet", deadline)?;
            let port = forwarded_port(&table);
            let port = port.ok_or_else(|| MonitorError::Garbage(format!("`{table}` for `info usernet`")))?;
            Ok(GuestAddress::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
        }
        Network::Link => {
            wait_for_link(monitor, deadline)?;
            Ok(GuestAddress::Link(directory.join(LINK_SOCKET)))
        }
    }
}

/// Waits until QEMU listens on the link's socket, which it begins to do when it has nothing else to do. A guest that sends
/// before (one that is restored can) makes it use the connection that is not there, and crash (seen with 10.0.2).
fn wait_for_link(monitor: &mut Monitor, deadline: Instant) -> Result<(), MonitorError> {
    while ask(monitor, "info network", deadline)?.contains("initializing") {
        if Instant::now() >= deadline {
            return Err(MonitorError::TimedOut("info network"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Asks what only QEMU's monitor for humans says.
fn ask(monitor: &mut Monitor, question: &str, deadline: Instant) -> Result<String, MonitorError> {
    let answer = monitor.execute("human-monitor-command", &json!({ "command-line": question }), deadline)?;
    Ok(answer.as_str().unwrap_or_default().to_owned())
}

/// The host's port in the answer to `info usernet`, a table for humans:
///
/// ```text
///   Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
///   TCP[HOST_FORWARD]   3       127.0.0.1 33033       10.0.2.15  8000     0     0
/// ```
fn forwarded_port(table: &str) -> Option<u16> {
    let row = table.lines().find(|line| line.contains("[HOST_FORWARD]"))?;
    let mut cells = row.split_whitespace().skip_while(|cell| *cell != "127.0.0.1").skip(1);
    cells.next()?.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "Hub -1 (net):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n  \
                         TCP[HOST_FORWARD]   3       127.0.0.1 33033       10.0.2.15  8000     0     0\r\n";

    #[test]
    fn the_port_is_read_from_the_table() {
        assert_eq!(forwarded_port(TABLE), Some(33033));
        for table in ["", "TCP[HOST_FORWARD]", "TCP[HOST_FORWARD] 3 127.0.0.1", "TCP[HOST_FORWARD] 3 127.0.0.1 99999 x"]
        {
            assert_eq!(forwarded_port(table), None, "{table}");
        }
    }

    proptest! {
        #[test]
        fn any_table_has_a_port_or_none(table in "(TCP\\[HOST_FORWARD\\]|127.0.0.1|[0-9]{1,6}|\\PC| |\n)*") {
            let _ = forwarded_port(&table);
        }
    }
}
