//! How the gateway reaches a guest: any stream of bytes will do. It does not know what a link is made of.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use skerry_link::Link;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connection to a guest.
pub trait GuestIo: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> GuestIo for T {}

/// Opens connections to one guest. Time-outs are the gateway's.
pub trait Connector: Send + Sync {
    /// Opens one.
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn GuestIo>>>;
}

/// Reaches a guest that has an address: one behind QEMU's user networking, or the runtime's Linux build.
#[derive(Clone, Copy, Debug)]
pub struct TcpConnector(pub SocketAddr);

impl Connector for TcpConnector {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn GuestIo>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(self.0).await?;
            // Heads and small answers are whole when they are written: nothing to gain from waiting for more.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn GuestIo>)
        })
    }
}

/// Reaches a guest over its private link.
#[derive(Clone)]
pub struct LinkConnector {
    /// The link.
    pub link: Link,
    /// The guest's TCP port.
    pub port: u16,
    /// How long a connection may take.
    pub timeout: Duration,
}

impl Connector for LinkConnector {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn GuestIo>>> {
        Box::pin(async move {
            let stream = self.link.open(self.port, self.timeout).await.map_err(io::Error::other)?;
            Ok(Box::new(stream) as Box<dyn GuestIo>)
        })
    }
}
