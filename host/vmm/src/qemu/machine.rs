//! A QEMU that runs: the one loop that waits for readiness, end or trouble, and the tidy end.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};
use serde_json::json;
use skerry_api::console::ReadyLine;

use super::arguments::SERIAL_LOG;
use super::ending::{exit_cause, failure_message};
use super::monitor::{AGREE, Monitor, MonitorError, STOPPED};
use super::network::ask_address;
use super::saving::{FileMigration, load};
use super::{Origin, QEMU_LOG, Qemu};
use crate::directory::VmDirectory;
use crate::process::poll_until;
use crate::serial::{self, SerialWatch};
use crate::{
    ExitCause, GuestAddress, Lifetime, MicroVm, Network, NotReady, ProcessHandle, ResumeError, SaveError, SaveReport,
    StartError, StartTimings, StopError, VmExit, VmSpec, WaitError,
};

/// How many lines of the serial console go with the news of an end.
const TAIL_LINES: usize = 10;
/// How long QEMU may take to answer a question while its machine runs.
pub(super) const ANSWER_TIME_LIMIT: Duration = Duration::from_secs(2);

/// A QEMU whose process runs and whose machine may not be built yet. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Parts {
    process: ProcessHandle,
    monitor: Monitor,
    serial: SerialWatch,
    asked_at: Instant,
    timings: StartTimings,
}

/// A QEMU microVM.
#[derive(Debug)]
pub(crate) struct QemuVm {
    name: String,
    lifetime: Lifetime,
    most_file_bytes: u64,
    file_migration: FileMigration,
    parts: Parts,
    directory: VmDirectory,
    serial_log: PathBuf,
    address: GuestAddress,
    ready: Option<ReadyLine>,
    ended: Option<VmExit>,
    /// What failed inside QEMU, once it has stopped the machine for good.
    accelerator_failure: Option<String>,
}

/// What the waiting loop waited for.
enum Happening {
    Ready(ReadyLine),
    Ended(VmExit),
    AcceleratorFailed(String),
    TimedOut,
}

pub(super) fn microseconds_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Parts {
    pub(super) fn new(
        mut child: Child,
        monitor: UnixStream,
        serial: SerialWatch,
        asked_at: Instant,
    ) -> io::Result<Self> {
        let timings = StartTimings { spawned_us: microseconds_since(asked_at), ..StartTimings::default() };
        let opened = ProcessHandle::open(child.id()).and_then(|process| Ok((process, Monitor::new(monitor)?)));
        match opened {
            // The handle collects the child; dropping the other one does nothing.
            Ok((process, monitor)) => Ok(Self { process, monitor, serial, asked_at, timings }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// Of a QEMU that another process started.
    pub(super) fn adopted(
        process: ProcessHandle,
        monitor: UnixStream,
        serial: SerialWatch,
        asked_at: Instant,
    ) -> io::Result<Self> {
        Ok(Self { process, monitor: Monitor::new(monitor)?, serial, asked_at, timings: StartTimings::default() })
    }

    /// Greets the monitor; by then the machine is built.
    fn handshake(&mut self, deadline: Instant) -> Result<(), MonitorError> {
        self.monitor.greeting(deadline)?;
        self.timings.monitor_ready_us = microseconds_since(self.asked_at);
        self.monitor.execute(AGREE, &json!({}), deadline)?;
        self.timings.machine_built_us = microseconds_since(self.asked_at);
        Ok(())
    }

    /// Has the machine go on from a saved state.
    fn restore(&mut self, way: FileMigration, origin: &Origin<'_>, deadline: Instant) -> Result<(), MonitorError> {
        load(&mut self.monitor, way, origin, deadline)?;
        self.timings.restored_us = Some(microseconds_since(self.asked_at));
        Ok(())
    }

    /// Kills the process if it lives, and collects it.
    fn end(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait_for_end();
        self.process.collect().map(drop)
    }
}

impl QemuVm {
    /// Waits until the machine is built, or goes on from what was saved. When it never does, nothing is left of it.
    pub(super) fn complete(
        mut parts: Parts,
        directory: VmDirectory,
        qemu: &Qemu,
        spec: &VmSpec,
        origin: Option<&Origin<'_>>,
        deadline: Instant,
    ) -> Result<Self, StartError> {
        let way = FileMigration::of(qemu);
        let greeted = parts.handshake(deadline);
        let address = greeted.and_then(|()| ask_address(&mut parts.monitor, spec.network, directory.path(), deadline));
        let address = address.and_then(|address| {
            origin.map_or(Ok(()), |origin| parts.restore(way, origin, deadline))?;
            Ok(address)
        });
        let mut machine = Self::new(parts, directory, qemu, spec.name.clone());
        machine.lifetime = spec.lifetime;
        match address {
            Ok(address) => {
                machine.address = address;
                Ok(machine)
            }
            Err(error) => Err(machine.give_up(&error)),
        }
    }

    /// Looks after a machine that another process started. One whose monitor does not answer is left as it is.
    pub(super) fn adopted(
        mut parts: Parts,
        directory: VmDirectory,
        qemu: &Qemu,
        name: String,
        network: Network,
        deadline: Instant,
    ) -> Result<Self, MonitorError> {
        parts.handshake(deadline)?;
        let address = ask_address(&mut parts.monitor, network, directory.path(), deadline)?;
        let mut machine = Self::new(parts, directory, qemu, name);
        machine.address = address;
        Ok(machine)
    }

    fn new(parts: Parts, directory: VmDirectory, qemu: &Qemu, name: String) -> Self {
        Self {
            name,
            lifetime: Lifetime::Outlives,
            most_file_bytes: qemu.serial_limit_bytes(),
            file_migration: FileMigration::of(qemu),
            serial_log: directory.path().join(SERIAL_LOG),
            parts,
            directory,
            address: GuestAddress::Link(PathBuf::new()),
            ready: None,
            ended: None,
            accelerator_failure: None,
        }
    }

    pub(super) fn set_lifetime(&mut self, lifetime: Lifetime) {
        self.lifetime = lifetime;
    }

    pub(super) fn monitor(&mut self) -> &mut Monitor {
        &mut self.parts.monitor
    }

    pub(super) fn process_id(&self) -> u32 {
        self.parts.process.id()
    }

    pub(super) fn file_migration(&self) -> FileMigration {
        self.file_migration
    }

    pub(super) fn most_file_bytes(&self) -> u64 {
        self.most_file_bytes
    }

    /// The guest's readiness line, if it has written one.
    pub(super) fn ready_line(&mut self) -> io::Result<Option<ReadyLine>> {
        if self.ready.is_none() {
            self.ready = self.parts.serial.find_ready()?;
        }
        Ok(self.ready.clone())
    }

    /// Ends a machine whose monitor failed; the VMM's own end explains more than the monitor's.
    fn give_up(mut self, error: &MonitorError) -> StartError {
        // A guest can end within microseconds of the machine's start. Whoever asks then meets a closed socket, or a QEMU
        // that is taking its machine apart and gives odd answers.
        let limit = if matches!(error, MonitorError::TimedOut(_)) { Duration::ZERO } else { ANSWER_TIME_LIMIT };
        let ended = self.wait(limit).ok().flatten();
        self.lifetime = Lifetime::EndsWithHost;
        ended.map_or_else(|| StartError::Monitor(error.to_string()), StartError::Ended)
    }

    /// Waits for readiness (if `for_ready`), the machine's end, a failure of the accelerator, or `deadline`.
    fn watch(&mut self, for_ready: bool, deadline: Instant) -> io::Result<Happening> {
        loop {
            if for_ready && let Some(line) = self.parts.serial.find_ready()? {
                self.parts.timings.ready_us = Some(microseconds_since(self.parts.asked_at));
                self.ready = Some(line.clone());
                return Ok(Happening::Ready(line));
            }
            if let Some(exit) = self.look_for_end()? {
                return Ok(Happening::Ended(exit));
            }
            if let Some(reason) = self.look_for_failure() {
                return Ok(Happening::AcceleratorFailed(reason));
            }
            if Instant::now() >= deadline {
                return Ok(Happening::TimedOut);
            }
            let monitor = self.parts.monitor.pollable();
            let serial = for_ready.then(|| self.parts.serial.pollable());
            let process = nix_fd(&self.parts.process);
            let mut fds: Vec<PollFd<'_>> = [Some(process), monitor, serial]
                .into_iter()
                .flatten()
                .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN))
                .collect();
            poll_until(&mut fds, deadline)?;
        }
    }

    /// How the machine ended, if it has.
    fn look_for_end(&mut self) -> io::Result<Option<VmExit>> {
        if self.ended.is_none()
            && let Some(end) = self.parts.process.collect()?
        {
            let mut cause = exit_cause(end, &self.qemu_log());
            if let Some(reason) = self.accelerator_failure.take() {
                cause = ExitCause::Accelerator(reason);
            }
            self.ended = Some(VmExit { cause, serial_tail: self.serial_tail(TAIL_LINES) });
        }
        Ok(self.ended.clone())
    }

    /// Whether QEMU stopped the machine on an error inside the accelerator. Such a machine never goes on.
    fn look_for_failure(&mut self) -> Option<String> {
        // A monitor that fails is no news: the process's end, which follows, is.
        while let Ok(Some(event)) = self.parts.monitor.take_event() {
            if event.name != STOPPED {
                continue;
            }
            let answer = self.parts.monitor.execute("query-status", &json!({}), Instant::now() + ANSWER_TIME_LIMIT);
            if answer.is_ok_and(|answer| answer["status"] == "internal-error") {
                let message = failure_message(&self.qemu_log());
                self.accelerator_failure = Some(message.lines().next().unwrap_or("internal error").to_owned());
            }
        }
        self.accelerator_failure.clone()
    }

    fn qemu_log(&self) -> Vec<u8> {
        // The VMM's file size limit bounds it.
        std::fs::read(self.directory.path().join(QEMU_LOG)).unwrap_or_default()
    }

    fn end(&mut self) -> Result<(), StopError> {
        let path = self.directory.path().to_path_buf();
        let failed = |source| StopError { path: path.clone(), source };
        self.parts.end().map_err(failed)?;
        self.directory.remove().map_err(failed)
    }
}

fn nix_fd(process: &ProcessHandle) -> std::os::fd::BorrowedFd<'_> {
    std::os::fd::AsFd::as_fd(process)
}

impl MicroVm for QemuVm {
    fn name(&self) -> &str {
        &self.name
    }

    fn process(&self) -> ProcessHandle {
        self.parts.process.clone()
    }

    fn address(&self) -> GuestAddress {
        self.address.clone()
    }

    fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn serial_log(&self) -> &Path {
        &self.serial_log
    }

    fn serial_tail(&self, lines: usize) -> String {
        serial::tail(&self.serial_log, lines)
    }

    fn wait_until_ready(&mut self, timeout: Duration) -> Result<ReadyLine, NotReady> {
        if let Some(line) = &self.ready {
            return Ok(line.clone());
        }
        match self.watch(true, deadline_after(timeout)).map_err(NotReady::Watch)? {
            Happening::Ready(line) => Ok(line),
            Happening::Ended(exit) => Err(NotReady::Ended(exit)),
            Happening::AcceleratorFailed(reason) => Err(NotReady::AcceleratorFailed(reason)),
            Happening::TimedOut => Err(NotReady::TimedOut { timeout, serial_tail: self.serial_tail(TAIL_LINES) }),
        }
    }

    fn wait(&mut self, timeout: Duration) -> Result<Option<VmExit>, WaitError> {
        let process_id = self.parts.process.id();
        let failed = |source| WaitError { process_id, source };
        let happening = self.watch(false, deadline_after(timeout)).map_err(failed)?;
        if let Happening::AcceleratorFailed(_) = happening {
            // The machine is as good as dead, but its process would wait for a debugger for ever.
            self.parts.process.kill().map_err(failed)?;
            self.parts.process.wait_for_end();
            return self.look_for_end().map_err(failed);
        }
        Ok(if let Happening::Ended(exit) = happening { Some(exit) } else { None })
    }

    fn save(&mut self, directory: &Path, timeout: Duration) -> Result<SaveReport, SaveError> {
        self.save_into(directory, timeout)
    }

    fn resume(&mut self) -> Result<(), ResumeError> {
        self.make_run()
    }

    fn is_limited(&self) -> bool {
        crate::limits::holds(self.directory.path(), self.parts.process.id())
    }

    fn timings(&self) -> StartTimings {
        self.parts.timings
    }

    fn stop(mut self: Box<Self>) -> Result<(), StopError> {
        // What Drop does after this then finds nothing to do.
        self.lifetime = Lifetime::EndsWithHost;
        self.end()
    }
}

impl Drop for QemuVm {
    fn drop(&mut self) {
        if self.lifetime == Lifetime::EndsWithHost {
            // Whoever wants to know calls `stop`; what stays is swept by the next start.
            let _ = self.end();
        }
    }
}

/// A timeout as a moment; one beyond the clock's range is as good as a year.
pub(super) fn deadline_after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 3600))
}
