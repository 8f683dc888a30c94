//! What can go wrong with a link as a whole, or with the opening of a connection.

use std::io;
use std::path::PathBuf;

/// Why there is no link, or no connection over it.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// QEMU's socket could not be connected to.
    #[error("cannot connect to the guest's network at {path}: check that its QEMU runs")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There were no random numbers for ports and sequence numbers.
    #[error("no random numbers for the guest's network: check that the system has getrandom(2)")]
    Random {
        /// What the system said.
        source: getrandom::Error,
    },
    /// The guest does not listen on this port.
    #[error("the guest refuses connections to its port {port}: it does not listen there, or not yet")]
    Refused {
        /// The guest's port.
        port: u16,
    },
    /// The guest did not answer in time.
    #[error("no answer from the guest's port {port} within {timeout_ms} ms: it is busy, has not booted or hangs")]
    NoAnswer {
        /// The guest's port.
        port: u16,
        /// How long was waited.
        timeout_ms: u128,
    },
    /// The link has as many connections as it may have.
    #[error("the link to the guest has {most} connections already: close some first")]
    Busy {
        /// The most that a link may have.
        most: usize,
    },
    /// QEMU has ended or closed its end, or the link was given up.
    #[error("the link to the guest is gone: its virtual machine has ended")]
    Gone,
}
