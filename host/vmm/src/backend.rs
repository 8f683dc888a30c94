//! The face of every VMM: a [`Backend`] starts machines, a [`MicroVm`] is one that runs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use skerry_api::console::ReadyLine;

use crate::{ProcessHandle, SpecError, StartTimings, VmExit, VmSpec};

/// Something that starts microVMs.
pub trait Backend {
    /// The backend's name, for messages and logs: `qemu`.
    fn name(&self) -> &str;

    /// Starts a machine and returns as soon as it runs; the guest then still boots.
    ///
    /// # Errors
    /// See [`StartError`]. Nothing is left behind: no process, no directory.
    fn start(&self, spec: &VmSpec) -> Result<Box<dyn MicroVm>, StartError>;

    /// Starts a machine that goes on from what [`MicroVm::save`] wrote into the directory `saved`, and returns as soon as it
    /// runs. `spec` has to be the one that the saved machine was started with, but for name, lifetime, places and limits;
    /// [`crate::Qemu::saved_state_key`] says what else has to be the same. The directory can be used again, also at the same
    /// time, and removed as soon as this returns.
    ///
    /// The guest's clock stands where it stood, and its random numbers go on as they would have: that is for the caller to
    /// cure. If the guest was ready when it was saved, the new machine's serial log begins with its readiness line.
    ///
    /// # Errors
    /// See [`StartError`], [`StartError::Restore`] above all. Nothing is left behind, and `saved` is as it was.
    fn restore(&self, spec: &VmSpec, saved: &Path) -> Result<Box<dyn MicroVm>, StartError>;

    /// As [`Self::restore`], but the machine stands still, its guest having done nothing yet, until [`MicroVm::resume`].
    ///
    /// # Errors
    /// As of [`Self::restore`].
    fn prepare(&self, spec: &VmSpec, saved: &Path) -> Result<Box<dyn MicroVm>, StartError>;
}

/// A microVM that was started. Dropping it stops it, unless its [`crate::Lifetime`] says that it outlives the host.
pub trait MicroVm: Send {
    /// The name from its [`VmSpec`].
    fn name(&self) -> &str;

    /// A handle on the VMM's process that other threads can wait for its end with, or kill it by.
    fn process(&self) -> ProcessHandle;

    /// How the guest is reached. It is there as soon as the machine is; before the guest is ready it may not answer, and
    /// connections to [`GuestAddress::Tcp`] then may stall for a second.
    fn address(&self) -> GuestAddress;

    /// The machine's own directory; [`crate::running_machines`] finds the machine by it.
    fn directory(&self) -> &Path;

    /// The file that the guest's serial console is written to. Its content is hostile input.
    fn serial_log(&self) -> &Path;

    /// The last lines of the serial console, at most `lines`, control characters replaced.
    fn serial_tail(&self, lines: usize) -> String;

    /// Waits for the guest's readiness line. Later calls return the same line at once.
    ///
    /// # Errors
    /// [`NotReady`]; the machine is not stopped by that.
    fn wait_until_ready(&mut self, timeout: Duration) -> Result<ReadyLine, NotReady>;

    /// Waits until the machine has ended; `None` when it still runs after `timeout` (zero: look only).
    ///
    /// # Errors
    /// When the kernel refuses to say.
    fn wait(&mut self, timeout: Duration) -> Result<Option<VmExit>, WaitError>;

    /// Stops the machine and writes its whole state into `directory` (made where missing, mode 0700; what was saved there
    /// before is replaced), for [`Backend::restore`]. The machine then stands still until [`Self::resume`].
    ///
    /// # Errors
    /// See [`SaveError`]; but for one of them, the machine goes on as if nothing had been asked.
    fn save(&mut self, directory: &Path, timeout: Duration) -> Result<SaveReport, SaveError>;

    /// Lets a machine go on that was saved or prepared, or that was found half way into being saved or restored. Fine when
    /// it runs.
    ///
    /// # Errors
    /// When the VMM refuses; the machine then stands still.
    fn resume(&mut self) -> Result<(), ResumeError>;

    /// Whether the kernel holds it to the [`crate::ResourceLimits`] of its description.
    fn is_limited(&self) -> bool;

    /// When the phases of the start were reached.
    fn timings(&self) -> StartTimings;

    /// Ends the machine if it still runs (at once: a guest has nothing to save) and removes its directory.
    ///
    /// # Errors
    /// When the directory cannot be removed; the process is gone even then.
    fn stop(self: Box<Self>) -> Result<(), StopError>;
}

/// How the host reaches a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestAddress {
    /// A loopback address that leads to the guest's port.
    Tcp(SocketAddr),
    /// The Unix stream socket of a [`crate::Network::Link`], by its absolute path, which may be too long for an address.
    Link(PathBuf),
}

impl GuestAddress {
    /// The address that leads to the guest's port, where there is one.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        if let Self::Tcp(address) = self { Some(*address) } else { None }
    }
}

/// Why a machine was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The description asks for what cannot be.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The loader or the image is not there or not readable.
    #[error("cannot read {what} {}; `skerry image build` makes it", path.display())]
    File {
        /// `loader` or `unikernel`.
        what: &'static str,
        /// Where it was looked for.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The machine's own directory could not be made.
    #[error("cannot prepare the microVM's directory {}", path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The VMM's process could not be started.
    #[error("cannot start {}", program.display())]
    Spawn {
        /// The VMM's executable.
        program: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The VMM of this host is too old for what is asked.
    #[error("{vmm} has no {feature}; {advice}")]
    Unsupported {
        /// The VMM with its version.
        vmm: String,
        /// What it lacks.
        feature: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The VMM ended before the machine was built.
    #[error("the VMM ended before the machine ran: {0}")]
    Ended(VmExit),
    /// The saved state does not fit this machine or is damaged.
    #[error("cannot restore the microVM that was saved in {}: {reason}", path.display())]
    Restore {
        /// The directory that it was saved in.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The VMM's monitor answered with an error, with nonsense, or not at all.
    #[error("the VMM's monitor {0}")]
    Monitor(String),
}

/// What became of a wish to save a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveReport {
    /// Length of what was written, in bytes.
    pub bytes: u64,
    /// How long it took, in microseconds. The machine stood still for nearly all of it.
    pub took_us: u64,
}

/// Why a machine was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The directory or a file in it cannot be written.
    #[error("cannot write a microVM's state to {}", path.display())]
    File {
        /// The directory.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The VMM could not write it, or not in time. The machine goes on.
    #[error("cannot save the microVM: the VMM's monitor {0}")]
    Failed(String),
    /// The VMM could not write it, and the machine stands still: end it.
    #[error("cannot save the microVM: the VMM's monitor {reason}; nor does it go on")]
    FailedAndStopped {
        /// Why it was not saved.
        reason: String,
        /// Why it does not go on.
        source: ResumeError,
    },
}

/// A machine does not go on.
#[derive(Debug, thiserror::Error)]
#[error("cannot let the microVM go on: the VMM's monitor {0}")]
pub struct ResumeError(pub(crate) String);

/// Why a machine is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It ended instead.
    #[error("the microVM ended before it was ready: {0}")]
    Ended(VmExit),
    /// It said nothing in time.
    #[error("the microVM was not ready within {} ms{}", timeout.as_millis(), serial_suffix(serial_tail))]
    TimedOut {
        /// How long it was waited for.
        timeout: Duration,
        /// The last lines of its serial console.
        serial_tail: String,
    },
    /// The VMM stopped the machine on an error of the accelerator.
    #[error("the accelerator failed inside the machine: {0}")]
    AcceleratorFailed(String),
    /// The host could not watch the machine.
    #[error("cannot watch the microVM's serial log or process")]
    Watch(#[source] std::io::Error),
}

/// The kernel refused to say whether a process has ended.
#[derive(Debug, thiserror::Error)]
#[error("cannot wait for the VMM's process {process_id}")]
pub struct WaitError {
    /// The process.
    pub process_id: u32,
    /// What the kernel said.
    pub source: std::io::Error,
}

/// A machine ended, but left something behind.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove the microVM's directory {}; remove it by hand", path.display())]
pub struct StopError {
    /// The directory.
    pub path: PathBuf,
    /// What the kernel said.
    pub source: std::io::Error,
}

fn serial_suffix(serial_tail: &str) -> String {
    if serial_tail.is_empty() {
        "; its serial console is empty".to_owned()
    } else {
        format!("; its serial console ends with\n{serial_tail}")
    }
}
