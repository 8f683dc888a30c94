//! The QEMU backend: machine type `microvm`.
//!
//! - `discover`: finds the program and what it can do.
//! - `arguments`: from a description to QEMU's arguments and the kernel's command line.
//! - `monitor`: QMP.
//! - `machine`: a QEMU that runs, and its end.
//! - `network`: where the guest is reached.
//! - `ending`: what its exit status means.
//! - `saving`: its state to a file and back.
//! - `adopt`: taking over a QEMU that another process started.
//! - `sharing`: memory of a saved machine that all who go on from it share.
//! - `state_key`: what decides whether a saved state fits.

mod adopt;
mod arguments;
mod discover;
mod ending;
mod machine;
mod monitor;
mod network;
mod saving;
mod sharing;
mod state_key;

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::memfd::{MFdFlags, memfd_create};

pub use adopt::AdoptError;
pub use discover::{FindError, Qemu, QemuVersion};

use crate::directory::VmDirectory;
use crate::launch::{Confinement, launch};
use crate::limits::ControlGroups;
use crate::saved::{self, SavedFiles};
use crate::serial::SerialWatch;
use crate::socket::{connect_in, listen_in};
use crate::{Backend, MicroVm, Network, StartError, VmSpec};
use arguments::{Access, MemoryFile, SERIAL_LOG, Surroundings};
use machine::QemuVm;

/// How long QEMU may take until its machine is built. It takes some 25 ms; a machine under heavy load takes longer.
const BUILD_TIME_LIMIT: Duration = Duration::from_secs(10);
/// What QEMU writes to its standard error.
const QEMU_LOG: &str = "qemu.log";
/// The socket that QEMU's monitor listens on. Whoever looks after the machine connects, one at a time.
const MONITOR_SOCKET: &str = "monitor.sock";
/// The socket of a [`Network::Link`].
const LINK_SOCKET: &str = "link.sock";

/// What the kernel's list of mappings calls a machine's memory.
const MEMORY_FILE_NAME: &str = "skerry-guest";

impl Backend for Qemu {
    fn name(&self) -> &str {
        "qemu"
    }

    fn start(&self, spec: &VmSpec) -> Result<Box<dyn MicroVm>, StartError> {
        Ok(Box::new(self.start_before(spec, Instant::now() + BUILD_TIME_LIMIT)?))
    }

    fn restore(&self, spec: &VmSpec, saved: &Path) -> Result<Box<dyn MicroVm>, StartError> {
        self.go_on_from(spec, saved, true)
    }

    fn prepare(&self, spec: &VmSpec, saved: &Path) -> Result<Box<dyn MicroVm>, StartError> {
        self.go_on_from(spec, saved, false)
    }
}

impl Qemu {
    /// As [`Backend::start`], but gives up at `deadline`.
    pub(crate) fn start_before(&self, spec: &VmSpec, deadline: Instant) -> Result<QemuVm, StartError> {
        spec.check()?;
        self.bring_up(spec, None, deadline)
    }

    /// Starts a machine that has what was saved; whether it goes on by itself is `runs`.
    fn go_on_from(&self, spec: &VmSpec, saved: &Path, runs: bool) -> Result<Box<dyn MicroVm>, StartError> {
        let failed = |reason| StartError::Restore { path: saved.to_path_buf(), reason };
        let deadline = Instant::now() + BUILD_TIME_LIMIT;
        spec.check()?;
        let files = saved::open(saved, u64::from(spec.memory_mib) << 20).map_err(failed)?;
        let memory =
            files.memory.as_ref().map(|file| MemoryFile { descriptor: file.as_raw_fd(), access: Access::Private });
        let origin = Origin { files: &files, memory, runs };
        match self.bring_up(spec, Some(&origin), deadline) {
            Ok(machine) => Ok(Box::new(machine)),
            // QEMU ends when it cannot load a state, and its last words say why.
            Err(error @ (StartError::Ended(_) | StartError::Monitor(_))) => Err(failed(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Starts a machine that boots, or goes on from what was saved.
    fn bring_up(&self, spec: &VmSpec, origin: Option<&Origin<'_>>, deadline: Instant) -> Result<QemuVm, StartError> {
        let asked_at = Instant::now();
        self.check_network(spec.network)?;
        let loader = absolute_readable("loader", &spec.loader)?;
        let unikernel = absolute_readable("unikernel", &spec.unikernel)?;
        let at_parent = |source| StartError::Directory { path: spec.state_dir.clone(), source };
        let directory = VmDirectory::create(&spec.state_dir, &spec.name).map_err(at_parent)?;
        let start = Start { qemu: self, spec, origin, loader: &loader, unikernel: &unikernel, asked_at };
        match start.launch_in(&directory) {
            // From here on the machine owns its directory, and its end removes it.
            Ok(parts) => QemuVm::complete(parts, directory, self, spec, origin, deadline),
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
}

/// What a machine goes on from.
#[derive(Debug)]
struct Origin<'a> {
    files: &'a SavedFiles,
    /// Where its memory is, if not QEMU's own.
    memory: Option<MemoryFile>,
    /// Whether it goes on by itself once it is loaded.
    runs: bool,
}

/// All that a start is made of.
struct Start<'a> {
    qemu: &'a Qemu,
    spec: &'a VmSpec,
    origin: Option<&'a Origin<'a>>,
    loader: &'a Path,
    unikernel: &'a Path,
    asked_at: Instant,
}

impl Start<'_> {
    /// Prepares the directory and starts QEMU in it.
    fn launch_in(&self, directory: &VmDirectory) -> Result<machine::Parts, StartError> {
        let in_directory = |source| StartError::Directory { path: directory.path().to_path_buf(), source };
        let spawn_error = |source| StartError::Spawn { program: self.qemu.program().to_path_buf(), source };
        let mut serial_log = directory.create_file(SERIAL_LOG).map_err(in_directory)?;
        serial_log.write_all(&self.first_line()).map_err(in_directory)?;
        let serial = SerialWatch::new(&directory.path().join(SERIAL_LOG)).map_err(in_directory)?;
        let qemu_log = directory.create_file(QEMU_LOG).map_err(in_directory)?;
        let monitor = listen_in(directory.file(), MONITOR_SOCKET).map_err(in_directory)?;
        let linked = self.spec.network == Network::Link;
        let link = linked.then(|| listen_in(directory.file(), LINK_SOCKET)).transpose().map_err(in_directory)?;
        // Nobody accepts yet, but QEMU will.
        let connection = connect_in(directory.file(), MONITOR_SOCKET).map_err(in_directory)?;
        let memory = self.memory_in_small_pages();
        let surroundings = self.surroundings(&monitor, link.as_ref(), memory.as_ref());
        let mut command = Command::new(self.qemu.program());
        command.args(arguments::arguments(self.spec, &surroundings)).current_dir(directory.path());
        command.stdout(Stdio::null()).stderr(qemu_log);
        let mut inherited = vec![monitor.as_raw_fd(), directory.file().as_raw_fd()];
        inherited.extend(surroundings.link);
        inherited.extend(surroundings.memory.map(|memory| memory.descriptor));
        let most_file_bytes = self.qemu.serial_limit_bytes();
        let groups = self.spec.limits.as_ref().and_then(|limits| ControlGroups::create(directory, limits));
        let doors = groups.as_ref().map(ControlGroups::doors).unwrap_or_default();
        let confinement = Confinement { lifetime: self.spec.lifetime, inherited, doors, most_file_bytes };
        let child = launch(command, confinement).map_err(spawn_error)?;
        machine::Parts::new(child, connection, serial, self.asked_at).map_err(spawn_error)
    }

    /// What a restored guest has said already, for all who look for it in the log.
    fn first_line(&self) -> Vec<u8> {
        let ready = self.origin.and_then(|origin| origin.files.ready.as_ref());
        let mut line = ready.and_then(|ready| serde_json::to_vec(ready).ok()).unwrap_or_default();
        if !line.is_empty() {
            line.push(b'\n');
        }
        line
    }

    /// Memory for a machine that was given none. QEMU asks for huge pages for what it makes itself; a small guest then takes
    /// three times what it has touched (64 MiB, TCG: 16 MiB, not 5). A file in memory has small pages, unless the host's
    /// administrator wants otherwise (`shmem_enabled`). `None`: QEMU is to make it after all.
    fn memory_in_small_pages(&self) -> Option<File> {
        if self.origin.is_some_and(|origin| origin.memory.is_some()) {
            return None;
        }
        let file = File::from(memfd_create(MEMORY_FILE_NAME, MFdFlags::MFD_CLOEXEC).ok()?);
        file.set_len(u64::from(self.spec.memory_mib) << 20).ok()?;
        Some(file)
    }

    fn surroundings<'a>(
        &'a self,
        monitor: &UnixListener,
        link: Option<&UnixListener>,
        memory: Option<&File>,
    ) -> Surroundings<'a> {
        let memory = memory.map(|file| MemoryFile { descriptor: file.as_raw_fd(), access: Access::Shared });
        Surroundings {
            loader: self.loader,
            unikernel: self.unikernel,
            monitor: monitor.as_raw_fd(),
            link: link.map(AsRawFd::as_raw_fd),
            tsc_mhz: self.qemu.tsc_mhz(),
            sandbox: self.qemu.has_sandbox(),
            tcg_rdseed: self.qemu.version().tcg_has_rdseed(),
            restores: self.origin.is_some(),
            memory: self.origin.and_then(|origin| origin.memory).or(memory),
        }
    }
}

/// The absolute path of a file that can be read.
fn absolute_readable(what: &'static str, path: &Path) -> Result<PathBuf, StartError> {
    let unreadable = |source| StartError::File { what, path: path.to_path_buf(), source };
    let absolute = path.canonicalize().map_err(unreadable)?;
    let metadata = File::open(&absolute).and_then(|file| file.metadata()).map_err(unreadable)?;
    if metadata.is_file() { Ok(absolute) } else { Err(unreadable(std::io::ErrorKind::InvalidInput.into())) }
}
