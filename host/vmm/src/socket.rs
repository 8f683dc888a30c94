//! Unix sockets in a machine's own directory.
//!
//! An address of a Unix socket holds 108 bytes (unix(7)), fewer than many paths have, so sockets are made and reached through
//! the directory's descriptor: `/proc/self/fd/<descriptor>/<name>` is short whatever the directory is called.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

/// Makes the socket `name` in `directory` and listens on it.
pub(crate) fn listen_in(directory: &File, name: &str) -> io::Result<UnixListener> {
    UnixListener::bind(short_path(directory, name))
}

/// Connects to the socket `name` in `directory`; the connection does not block. `WouldBlock` when others queue there already.
pub(crate) fn connect_in(directory: &File, name: &str) -> io::Result<UnixStream> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket: OwnedFd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(socket.as_raw_fd(), &UnixAddr::new(short_path(directory, name).as_str())?)?;
    Ok(socket.into())
}

fn short_path(directory: &File, name: &str) -> String {
    format!("/proc/self/fd/{}/{name}", directory.as_raw_fd())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_socket_is_reached_in_a_directory_whose_path_is_longer_than_an_address() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("a".repeat(120));
        std::fs::create_dir(&long).unwrap();
        let directory = File::open(&long).unwrap();
        let listener = listen_in(&directory, "x.sock").unwrap();
        connect_in(&directory, "x.sock").unwrap().write_all(b"hello").unwrap();
        let mut heard = String::new();
        listener.accept().unwrap().0.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "hello");
        assert!(long.join("x.sock").exists());
    }

    #[test]
    fn a_socket_that_nobody_listens_on_or_that_is_not_there_is_an_error() {
        let parent = tempfile::tempdir().unwrap();
        let directory = File::open(parent.path()).unwrap();
        drop(listen_in(&directory, "x.sock").unwrap());
        assert_eq!(connect_in(&directory, "x.sock").unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(connect_in(&directory, "y.sock").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
