//! Connecting to a Unix socket whose path may be longer than an address can be (108 bytes, `unix(7)`).

use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

/// Most bytes of a path in a socket's address, its final zero not counted.
const MAX_ADDRESS_BYTES: usize = 107;

/// Connects to the socket at `path`.
///
/// # Errors
/// What `open(2)` and `connect(2)` say.
pub(crate) async fn connect(path: &Path) -> io::Result<UnixStream> {
    if path.as_os_str().as_bytes().len() <= MAX_ADDRESS_BYTES {
        return UnixStream::connect(path).await;
    }
    // A handle on the socket's file, by which the file has a short name too. O_PATH opens nothing: sockets cannot be opened.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    UnixStream::connect(short).await
}
