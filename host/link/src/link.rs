//! The handle by which the host holds a link and opens connections over it.

use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::driver::Driver;
use crate::opening::OpenRequest;
use crate::{GuestStream, LinkError, socket_path};

/// Requests that wait for the link's task; further ones wait for these.
const MAX_WAITING_REQUESTS: usize = 32;

/// The private network of one guest, seen from our end.
///
/// Cheap to clone. When the last clone is dropped the link ends, and with it all of its connections.
#[derive(Debug, Clone)]
pub struct Link {
    requests: mpsc::Sender<OpenRequest>,
}

impl Link {
    /// Connects to the socket that QEMU listens on, and starts a TCP/IP stack for it, which runs as a task of the current
    /// runtime. The guest need not have booted: frames for it wait in QEMU until it has a driver.
    ///
    /// # Errors
    /// [`LinkError::Connect`] if nobody listens there, [`LinkError::Random`].
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time.
    pub async fn connect(socket: &Path) -> Result<Self, LinkError> {
        let stream = socket_path::connect(socket)
            .await
            .map_err(|source| LinkError::Connect { path: socket.to_owned(), source })?;
        let (requests, receiver) = mpsc::channel(MAX_WAITING_REQUESTS);
        let driver = Driver::new(stream, receiver)?;
        tokio::spawn(driver.run());
        Ok(Self { requests })
    }

    /// Opens a TCP connection to the guest's port.
    ///
    /// # Errors
    /// - [`LinkError::Refused`] if nobody listens there, at once: a guest that boots may listen a moment later
    /// - [`LinkError::NoAnswer`] if the guest has not answered within `timeout`
    /// - [`LinkError::Busy`] if the link has too many connections
    /// - [`LinkError::Gone`] if QEMU has ended
    /// - [`LinkError::Random`]
    pub async fn open(&self, port: u16, timeout: Duration) -> Result<GuestStream, LinkError> {
        let (reply, answer) = oneshot::channel();
        let opened = async {
            let request = OpenRequest { port, timeout, reply };
            self.requests.send(request).await.map_err(|_| LinkError::Gone)?;
            answer.await.map_err(|_| LinkError::Gone)?
        };
        match tokio::time::timeout(timeout, opened).await {
            Ok(opened) => opened,
            Err(_) => Err(LinkError::NoAnswer { port, timeout_ms: timeout.as_millis() }),
        }
    }

    /// Resolves when the link is gone: QEMU has ended or closed its end.
    pub async fn closed(&self) {
        self.requests.closed().await;
    }
}
