//! The QEMU backend: machine type `microvm`.
//!
//! - `discover`: finds the program and what it can do.
//! - `arguments`: from a description to QEMU's arguments and the kernel's command line.
//! - `monitor`: QMP.
//! - `machine`: a QEMU that runs, and its end.
//! - `ending`: what its exit status means.

mod arguments;
mod discover;
mod ending;
mod machine;
mod monitor;

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub use discover::{FindError, Qemu, QemuVersion};

use crate::directory::VmDirectory;
use crate::launch::{Confinement, launch};
use crate::serial::SerialWatch;
use crate::socket::{connect_in, listen_in};
use crate::{Backend, MicroVm, Network, StartError, VmSpec};
use arguments::{SERIAL_LOG, Surroundings};
use machine::QemuVm;

/// How long QEMU may take until its machine is built. It takes some 25 ms; a machine under heavy load takes longer.
const BUILD_TIME_LIMIT: Duration = Duration::from_secs(10);
/// What QEMU writes to its standard error.
const QEMU_LOG: &str = "qemu.log";
/// The socket that QEMU's monitor listens on. Whoever looks after the machine connects, one at a time.
const MONITOR_SOCKET: &str = "monitor.sock";
/// The socket of a [`Network::Link`].
const LINK_SOCKET: &str = "link.sock";

impl Backend for Qemu {
    fn name(&self) -> &str {
        "qemu"
    }

    fn start(&self, spec: &VmSpec) -> Result<Box<dyn MicroVm>, StartError> {
        Ok(Box::new(self.start_before(spec, Instant::now() + BUILD_TIME_LIMIT)?))
    }
}

impl Qemu {
    /// As [`Backend::start`], but gives up at `deadline`.
    pub(crate) fn start_before(&self, spec: &VmSpec, deadline: Instant) -> Result<QemuVm, StartError> {
        let asked_at = Instant::now();
        spec.check()?;
        self.check_network(spec.network)?;
        let loader = absolute_readable("loader", &spec.loader)?;
        let unikernel = absolute_readable("unikernel", &spec.unikernel)?;
        let at_parent = |source| StartError::Directory { path: spec.state_dir.clone(), source };
        let directory = VmDirectory::create(&spec.state_dir, &spec.name).map_err(at_parent)?;
        match self.start_in(&directory, spec, &loader, &unikernel, asked_at) {
            // From here on the machine owns its directory, and its end removes it.
            Ok(parts) => QemuVm::complete(parts, directory, spec, deadline),
            Err(error) => {
                // The reason why it did not start says more than one why its empty directory stays.
                let _ = directory.remove();
                Err(error)
            }
        }
    }

    fn check_network(&self, network: Network) -> Result<(), StartError> {
        if network == Network::User || self.has_link() {
            return Ok(());
        }
        Err(StartError::Unsupported {
            vmm: format!("QEMU {}", self.version()),
            feature: "private links (`-netdev stream`)",
            advice: "use QEMU 7.2 or newer, or user networking",
        })
    }

    fn start_in(
        &self,
        directory: &VmDirectory,
        spec: &VmSpec,
        loader: &Path,
        unikernel: &Path,
        asked_at: Instant,
    ) -> Result<machine::Parts, StartError> {
        let in_directory = |source| StartError::Directory { path: directory.path().to_path_buf(), source };
        directory.create_file(SERIAL_LOG).map_err(in_directory)?;
        let qemu_log = directory.create_file(QEMU_LOG).map_err(in_directory)?;
        let serial = SerialWatch::new(&directory.path().join(SERIAL_LOG)).map_err(in_directory)?;
        let spawn_error = |source| StartError::Spawn { program: self.program().to_path_buf(), source };
        let monitor = listen_in(directory.file(), MONITOR_SOCKET).map_err(in_directory)?;
        let linked = spec.network == Network::Link;
        let link = linked.then(|| listen_in(directory.file(), LINK_SOCKET)).transpose().map_err(in_directory)?;
        // Nobody accepts yet, but QEMU will.
        let connection = connect_in(directory.file(), MONITOR_SOCKET).map_err(in_directory)?;
        let surroundings = Surroundings {
            loader,
            unikernel,
            monitor: monitor.as_raw_fd(),
            link: link.as_ref().map(AsRawFd::as_raw_fd),
            tsc_mhz: self.tsc_mhz(),
            sandbox: self.has_sandbox(),
            tcg_rdseed: self.version().tcg_has_rdseed(),
        };
        let mut command = Command::new(self.program());
        command.args(arguments::arguments(spec, &surroundings)).current_dir(directory.path());
        command.stdout(Stdio::null()).stderr(qemu_log);
        let mut inherited = vec![monitor.as_raw_fd(), directory.file().as_raw_fd()];
        inherited.extend(surroundings.link);
        let confinement =
            Confinement { lifetime: spec.lifetime, inherited, most_file_bytes: self.serial_limit_bytes() };
        let child = launch(command, confinement).map_err(spawn_error)?;
        machine::Parts::new(child, connection, serial, asked_at).map_err(spawn_error)
    }
}

/// The absolute path of a file that can be read.
fn absolute_readable(what: &'static str, path: &Path) -> Result<PathBuf, StartError> {
    let unreadable = |source| StartError::File { what, path: path.to_path_buf(), source };
    let absolute = path.canonicalize().map_err(unreadable)?;
    let metadata = File::open(&absolute).and_then(|file| file.metadata()).map_err(unreadable)?;
    if metadata.is_file() { Ok(absolute) } else { Err(unreadable(std::io::ErrorKind::InvalidInput.into())) }
}
