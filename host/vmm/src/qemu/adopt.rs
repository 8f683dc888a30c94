//! Taking over a QEMU that another process started.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::arguments::SERIAL_LOG;
use super::machine::{Parts, QemuVm};
use super::{MONITOR_SOCKET, Qemu};
use crate::directory::{TakeOverError, VmDirectory, machine_name};
use crate::running::RunningMachine;
use crate::serial::SerialWatch;
use crate::socket::connect_in;
use crate::{Lifetime, MicroVm, Network};

/// How long QEMU may take to greet. A machine that runs greets within a millisecond.
const GREETING_TIME_LIMIT: Duration = Duration::from_secs(5);

/// Why a machine cannot be taken over. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// It has ended.
    #[error("the microVM in {} does not run any more", directory.display())]
    Gone {
        /// Its directory.
        directory: PathBuf,
    },
    /// Another host process looks after it, or another part of this one.
    #[error("the microVM in {} is looked after already; end the process that does first", directory.display())]
    Owned {
        /// Its directory.
        directory: PathBuf,
    },
    /// Its directory, process or log cannot be opened.
    #[error("cannot open what belongs to the microVM in {}", directory.display())]
    Unreachable {
        /// Its directory.
        directory: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// Its VMM's monitor answered with an error, with nonsense, or not at all.
    #[error("the monitor of the microVM in {} {reason}", directory.display())]
    Monitor {
        /// Its directory.
        directory: PathBuf,
        /// What is wrong with the monitor.
        reason: String,
    },
}

impl Qemu {
    /// Takes over a machine from [`crate::running_machines`] whose host process is gone. `network` is what it was started
    /// with. Its process is no child of this one, so its end will be an [`crate::ExitCause::Unknown`], and
    /// [`Lifetime::EndsWithHost`] only means that dropping it ends it.
    ///
    /// It may be stopped, in the middle of being saved or loaded: [`MicroVm::resume`] makes sure that it runs.
    ///
    /// # Errors
    /// See [`AdoptError`].
    pub fn adopt(
        &self,
        machine: &RunningMachine,
        lifetime: Lifetime,
        network: Network,
    ) -> Result<Box<dyn MicroVm>, AdoptError> {
        let asked_at = Instant::now();
        let directory = || machine.directory.clone();
        let unreachable = |source| AdoptError::Unreachable { directory: directory(), source };
        let Some(process) = machine.open().map_err(unreachable)? else {
            return Err(AdoptError::Gone { directory: directory() });
        };
        let own = VmDirectory::take_over(&machine.directory).map_err(|error| match error {
            TakeOverError::Owned => AdoptError::Owned { directory: directory() },
            TakeOverError::Failed(source) => unreachable(source),
        })?;
        let serial = SerialWatch::new(&own.path().join(SERIAL_LOG)).map_err(unreachable)?;
        let connection = connect_in(own.file(), MONITOR_SOCKET).map_err(unreachable)?;
        let parts = Parts::adopted(process, connection, serial, asked_at).map_err(unreachable)?;
        let name = machine_name(own.path()).unwrap_or_default().to_owned();
        let vm = QemuVm::adopted(parts, own, self, name, network, asked_at + GREETING_TIME_LIMIT);
        let mut vm = vm.map_err(|error| AdoptError::Monitor { directory: directory(), reason: error.to_string() })?;
        vm.set_lifetime(lifetime);
        Ok(Box::new(vm))
    }
}
