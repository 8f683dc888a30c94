//! A machine that runs, as the rest of the engine holds it: its connector, its end, and what can be done to it.
//!
//! skerry-vmm blocks; everything here that may take longer than a few microseconds runs on threads for that.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use skerry_api::faas::GUEST_PORT;
use skerry_api::provisioning::StartPath;
use skerry_gateway::{Connector, LinkConnector, TcpConnector};
use skerry_link::Link;
use skerry_vmm::{ExitCause, GuestAddress, MicroVm, VmExit};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::capacity::Reservation;

/// How long a connection to a guest may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long saving a machine may take. It takes some 20 ms per 10 MB in use.
const SAVE_TIMEOUT: Duration = Duration::from_secs(30);

/// Says once that machines are not held to limits.
static UNLIMITED: Once = Once::new();

/// Microseconds that each phase of a start took, in the order in which they passed.
pub(crate) type Phases = Vec<(String, u64)>;

/// A machine that runs.
pub struct LiveVm {
    /// The engine's name for it, a UUID: `VM_ID`. A machine that was saved and woken is still the same.
    pub id: String,
    /// The way to its guest.
    pub connector: Arc<dyn Connector>,
    /// Its directory, which names it for [`skerry_vmm::running_machines`].
    pub directory: PathBuf,
    /// The VMM's process.
    pub process_id: u32,
    /// How it was started.
    pub start: StartPath,
    /// Where the time of its start went.
    pub phases_us: Phases,
    /// When it began to serve.
    pub since: Instant,
    /// Readable when the process has ended.
    end: OwnedFd,
    control: Arc<Mutex<Option<Box<dyn MicroVm>>>>,
    /// The room that it takes on the host.
    pub reservation: Mutex<Option<Reservation>>,
}

/// What the store remembers of a machine, to find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmRecord {
    /// [`LiveVm::id`].
    pub id: String,
    /// [`LiveVm::directory`]; none while it sleeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// The VMM's process; for people, since only the directory counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_id: Option<u32>,
    /// How it was started.
    pub start: StartPath,
    /// Where its state was saved, while it sleeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<PathBuf>,
}

/// A failure of a blocking operation on a machine, in words.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} the machine: {reason}")]
pub struct ControlError {
    what: &'static str,
    reason: String,
}

impl LiveVm {
    /// Takes over a machine that was started, and finds the way to its guest.
    ///
    /// # Errors
    /// When the way cannot be found. The machine is ended then.
    pub async fn new(id: String, vm: Box<dyn MicroVm>, start: StartPath) -> io::Result<Self> {
        if !vm.is_limited() {
            UNLIMITED.call_once(|| {
                tracing::warn!(
                    "machines are not held to limits of memory and processors: no control groups can be made here"
                );
            });
        }
        let (directory, process_id, address) = (vm.directory().to_path_buf(), vm.process().id(), vm.address());
        let end = vm.process().as_fd().try_clone_to_owned();
        match (end, connect(address).await) {
            (Ok(end), Ok(connector)) => Ok(Self {
                id,
                connector,
                directory,
                process_id,
                start,
                phases_us: Vec::new(),
                since: Instant::now(),
                end,
                control: Arc::new(Mutex::new(Some(vm))),
                reservation: Mutex::new(None),
            }),
            (Err(error), _) | (_, Err(error)) => {
                // The reason why there is no way says more than one why its end failed.
                let _ = tokio::task::spawn_blocking(move || vm.stop()).await;
                Err(error)
            }
        }
    }

    /// What the store is to remember.
    #[must_use]
    pub fn record(&self) -> VmRecord {
        VmRecord {
            id: self.id.clone(),
            directory: Some(self.directory.clone()),
            process_id: Some(self.process_id),
            start: self.start,
            saved: None,
        }
    }

    /// Resolves when the machine's process has ended.
    pub async fn ended(&self) {
        #[expect(
            deprecated,
            reason = "an OwnedFd stays open while it is watched, which is all that the unsafe successor asks"
        )]
        let register = |end| AsyncFd::with_interest(end, Interest::READABLE);
        let watched = self.end.try_clone().and_then(register);
        match watched {
            Ok(watched) => {
                // An error of the poll means that the process can no longer be watched: as good as gone.
                let _ = watched.readable().await;
            }
            Err(error) => {
                tracing::error!(vm = self.id, "cannot watch the machine's process: {error}");
                std::future::pending::<()>().await;
            }
        }
    }

    /// Whether its process has ended already.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let mut fds = [nix::poll::PollFd::new(self.end.as_fd(), nix::poll::PollFlags::POLLIN)];
        nix::poll::poll(&mut fds, nix::poll::PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// Why it ended, once [`Self::ended`] has resolved; `None` when that cannot be said.
    pub async fn exit(&self) -> Option<VmExit> {
        self.with_control("wait for", |vm| vm.wait(Duration::from_secs(1)).map_err(|error| error.to_string()))
            .await
            .ok()
            .flatten()
    }

    /// Stops its processors and writes its state into the folder `to`; it stays stopped.
    ///
    /// # Errors
    /// [`ControlError`]; [`Self::resume`] then lets it go on.
    pub async fn save(&self, to: &Path) -> Result<u64, ControlError> {
        let to = to.to_path_buf();
        let saved = move |vm: &mut dyn MicroVm| vm.save(&to, SAVE_TIMEOUT).map_err(|error| chain(&error));
        self.with_control("save", saved).await.map(|report| report.bytes)
    }

    /// Lets a machine that was saved go on.
    ///
    /// # Errors
    /// [`ControlError`].
    pub async fn resume(&self) -> Result<(), ControlError> {
        self.with_control("resume", |vm| vm.resume().map_err(|error| chain(&error))).await
    }

    /// Ends it and removes its directory. Fine when it has ended already.
    pub async fn stop(&self) {
        let control = Arc::clone(&self.control);
        let stopped = tokio::task::spawn_blocking(move || match lock(&control).take() {
            Some(vm) => vm.stop().map_err(|error| chain(&error)),
            None => Ok(()),
        });
        match stopped.await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => tracing::error!(vm = self.id, "cannot end the machine in order: {reason}"),
            Err(error) => tracing::error!(vm = self.id, "cannot end the machine in order: {error}"),
        }
        drop(self.reservation.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// The last lines of its serial log.
    pub async fn serial_tail(&self, lines: usize) -> String {
        self.with_control("read the log of", move |vm| Ok(vm.serial_tail(lines))).await.unwrap_or_default()
    }

    /// Keeps the room that it takes as long as it runs.
    #[must_use]
    pub fn holding(self, reservation: Reservation) -> Self {
        *self.reservation.lock().unwrap_or_else(PoisonError::into_inner) = Some(reservation);
        self
    }

    async fn with_control<T: Send + 'static>(
        &self,
        what: &'static str,
        action: impl FnOnce(&mut dyn MicroVm) -> Result<T, String> + Send + 'static,
    ) -> Result<T, ControlError> {
        let control = Arc::clone(&self.control);
        let done = tokio::task::spawn_blocking(move || match lock(&control).as_mut() {
            Some(vm) => action(vm.as_mut()),
            None => Err("it was ended".to_owned()),
        });
        let failed = |reason| ControlError { what, reason };
        done.await.map_err(|error| failed(error.to_string()))?.map_err(failed)
    }
}

impl std::fmt::Debug for LiveVm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LiveVm")
            .field("id", &self.id)
            .field("process_id", &self.process_id)
            .finish_non_exhaustive()
    }
}

/// Whether an end was the guest's own orderly one, which the policy `on-failure` does not restart.
#[must_use]
pub(crate) fn is_in_order(exit: &VmExit) -> bool {
    matches!(exit.cause, ExitCause::Reset)
}

fn lock(control: &Mutex<Option<Box<dyn MicroVm>>>) -> std::sync::MutexGuard<'_, Option<Box<dyn MicroVm>>> {
    // A machine whose operation panicked can still be ended.
    control.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error with its causes, for a log line or a message.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.ends_with(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}

async fn connect(address: GuestAddress) -> io::Result<Arc<dyn Connector>> {
    match address {
        GuestAddress::Tcp(address) => Ok(Arc::new(TcpConnector(address))),
        GuestAddress::Link(socket) => {
            let link = Link::connect(&socket).await.map_err(|error| io::Error::other(chain(&error)))?;
            Ok(Arc::new(LinkConnector { link, port: GUEST_PORT, timeout: CONNECT_TIMEOUT }))
        }
    }
}
