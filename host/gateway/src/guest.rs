//! One VM as the gateway sees it: its idle connections, what is in flight to it, and whether it is gone.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use skerry_api::provisioning::StartPath;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::Instant;

use crate::connector::Connector;
use crate::guest_connection::GuestConnection;

/// A VM that is, or was, a runtime's target.
pub(crate) struct Guest {
    pub(crate) vm_id: Arc<str>,
    connector: Arc<dyn Connector>,
    start: StartPath,
    /// Whether its first answer has passed.
    answered: AtomicBool,
    in_flight: AtomicUsize,
    /// Told whenever nothing is in flight any more.
    quiet: Notify,
    idle: Mutex<Idle>,
    idle_timeout: Duration,
    /// Why it is gone, once it is.
    gone: OnceLock<Arc<str>>,
    going: Arc<Notify>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last is at the end, and used next: the others get old and are closed.
    connections: Vec<GuestConnection>,
    /// Whether a task looks after them.
    watched: bool,
}

/// A request in flight to a guest.
pub(crate) struct InFlight(Arc<Guest>);

impl InFlight {
    pub(crate) fn guest(&self) -> &Arc<Guest> {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.quiet.notify_waiters();
        }
    }
}

impl Guest {
    pub(crate) fn new(vm_id: &str, connector: Arc<dyn Connector>, start: StartPath, idle_timeout: Duration) -> Self {
        Self {
            vm_id: vm_id.into(),
            connector,
            start,
            answered: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            quiet: Notify::new(),
            idle: Mutex::default(),
            idle_timeout,
            gone: OnceLock::new(),
            going: Arc::new(Notify::new()),
        }
    }

    /// Counts a request until what this returns is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(Arc::clone(self))
    }

    /// Ends whatever is in flight, with this reason.
    pub(crate) fn end(&self, reason: &Arc<str>) {
        // Set before anybody is woken, so that whoever is sees it; only the first reason counts.
        let _ = self.gone.set(Arc::clone(reason));
        self.going.notify_waiters();
        self.lock_idle().connections.clear();
    }

    /// Why this VM is gone, if it is.
    pub(crate) fn gone(&self) -> Option<&Arc<str>> {
        self.gone.get()
    }

    /// Resolves when the VM goes. Look at [`Guest::gone`] after making it: it does not tell what was before.
    pub(crate) fn going(&self) -> OwnedNotified {
        Arc::clone(&self.going).notified_owned()
    }

    /// `X-Skerry-Start` of the answer that passes now.
    pub(crate) fn start_name(&self) -> &'static str {
        if self.answered.load(Ordering::Relaxed) || self.answered.swap(true, Ordering::Relaxed) {
            "warm"
        } else {
            self.start.name()
        }
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn quiet(&self) {
        loop {
            let mut quiet = std::pin::pin!(self.quiet.notified());
            quiet.as_mut().enable();
            if self.in_flight.load(Ordering::Acquire) == 0 {
                return;
            }
            quiet.await;
        }
    }

    /// An idle connection that is alive, as far as can be known.
    pub(crate) async fn idle_connection(&self) -> Option<GuestConnection> {
        loop {
            let mut connection = self.lock_idle().connections.pop()?;
            let young = connection.idle_since.elapsed() < self.idle_timeout;
            if young && std::future::poll_fn(|context| connection.is_reusable(context).into()).await {
                return Some(connection);
            }
        }
    }

    /// A new connection.
    pub(crate) async fn connect(&self, timeout: Duration) -> io::Result<GuestConnection> {
        let opening = async {
            let io = self.connector.connect().await?;
            GuestConnection::new(io).await.map_err(io::Error::other)
        };
        let Ok(result) = tokio::time::timeout(timeout, opening).await else {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"));
        };
        result
    }

    /// Keeps a connection for the next request.
    pub(crate) fn keep(self: &Arc<Self>, mut connection: GuestConnection) {
        connection.idle_since = Instant::now();
        let mut idle = self.lock_idle();
        if self.gone().is_some() {
            return;
        }
        idle.connections.push(connection);
        if idle.watched {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            idle.watched = true;
            runtime.spawn(close_old(Arc::downgrade(self), self.idle_timeout));
        }
    }

    /// Closes connections that have idled for too long; whether some are left.
    fn sweep(&self) -> bool {
        let mut idle = self.lock_idle();
        idle.connections.retain(|connection| connection.idle_since.elapsed() < self.idle_timeout);
        idle.watched = !idle.connections.is_empty();
        idle.watched
    }

    fn lock_idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a guest's idle connections when their time has come, and ends when there are none.
async fn close_old(guest: std::sync::Weak<Guest>, idle_timeout: Duration) {
    loop {
        tokio::time::sleep(idle_timeout / 2).await;
        let Some(guest) = guest.upgrade() else { return };
        if !guest.sweep() {
            return;
        }
    }
}

/// Waits for `work`, or for the guest to go.
pub(crate) async fn unless_gone<T>(guest: &Guest, work: impl Future<Output = T>) -> Result<T, Arc<str>> {
    let mut going = std::pin::pin!(guest.going.notified());
    going.as_mut().enable();
    if let Some(reason) = guest.gone() {
        return Err(Arc::clone(reason));
    }
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = going => Err(guest.gone().cloned().unwrap_or_default()),
    }
}
