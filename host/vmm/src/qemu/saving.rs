//! A machine's state: written to a file, read from one, and the machine made to run again.
//!
//! QEMU gets an open file over its monitor, so that it need not find one, and closes it when it is done. What the files are,
//! `crate::saved` says.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::arguments::Access;
use super::machine::{ANSWER_TIME_LIMIT, QemuVm, deadline_after, microseconds_since};
use super::monitor::{Monitor, MonitorError};
use super::{Origin, Qemu};
use crate::launch::limit_files;
use crate::saved::{SavedDirectory, Summary};
use crate::{ResumeError, SaveError, SaveReport};

/// More than any memory can deliver: a machine that stands still need not share its bandwidth with anything.
const BANDWIDTH_BYTES_PER_S: u64 = 1 << 40;
/// What the descriptor of the state's file is called between us and QEMU.
const DESCRIPTOR: &str = "state";
/// The set of descriptors that it is in, where QEMU wants a set.
const DESCRIPTOR_SET: u32 = 1;
/// Time between two looks at a machine that is on its way to where it can go on.
const PAUSE: Duration = Duration::from_millis(2);
/// Leaves out memory that is a shared file, which is as good as saved already. Experimental by its name, and in use by
/// others since 4.0 (it is how Kata Containers' VM templates work).
const IGNORE_SHARED: &str = "x-ignore-shared";
/// Says by events how far a migration is.
const EVENTS: &str = "events";

/// What is written as a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Devices and memory.
    Everything,
    /// What is not in the file that the memory is shared with.
    AllButSharedMemory,
}

/// How QEMU is told to use an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileMigration {
    /// `fd:`, deprecated for files since 9.1 ("Deprecated features" in its documentation).
    Descriptor,
    /// `file:`, which takes sets of descriptors properly since then.
    File,
}

impl FileMigration {
    pub(super) fn of(qemu: &Qemu) -> Self {
        let version = qemu.version();
        if (version.major, version.minor) >= (9, 1) { Self::File } else { Self::Descriptor }
    }

    /// Hands over `file` and gives its address.
    fn hand_over(self, monitor: &mut Monitor, file: &File, deadline: Instant) -> Result<String, MonitorError> {
        let (command, arguments, address) = match self {
            Self::Descriptor => ("getfd", json!({ "fdname": DESCRIPTOR }), format!("fd:{DESCRIPTOR}")),
            Self::File => {
                ("add-fd", json!({ "fdset-id": DESCRIPTOR_SET }), format!("file:/dev/fdset/{DESCRIPTOR_SET}"))
            }
        };
        monitor.execute_with(command, &arguments, file.as_fd(), deadline)?;
        Ok(address)
    }

    /// Takes back what [`Self::hand_over`] gave; a bare descriptor is closed by the migration itself.
    fn take_back(self, monitor: &mut Monitor) {
        if self == Self::File {
            let set = json!({ "fdset-id": DESCRIPTOR_SET });
            // Refused only if there is no such set, which is what is wanted.
            let _ = monitor.execute("remove-fd", &set, Instant::now() + ANSWER_TIME_LIMIT);
        }
    }
}

impl QemuVm {
    /// See [`crate::MicroVm::save`].
    pub(super) fn save_into(&mut self, directory: &Path, timeout: Duration) -> Result<SaveReport, SaveError> {
        let begun = Instant::now();
        let at = |source| SaveError::File { path: directory.to_path_buf(), source };
        let saved = SavedDirectory::create(directory).map_err(at)?;
        let file = saved.begin_state().map_err(at)?;
        if let Err(error) = self.write_state(&file, Content::Everything, deadline_after(timeout)) {
            // The reason why it was not written says more than one why half of it stays.
            let _ = saved.abandon_state();
            return Err(match self.make_run() {
                Ok(()) => SaveError::Failed(error.to_string()),
                Err(source) => SaveError::FailedAndStopped { reason: error.to_string(), source },
            });
        }
        let bytes = file.metadata().map_err(at)?.len();
        let ready = self.ready_line().map_err(at)?;
        saved.complete_state(&Summary { state_bytes: bytes, memory_bytes: None, ready }).map_err(at)?;
        Ok(SaveReport { bytes, took_us: microseconds_since(begun) })
    }

    /// Stops the machine and writes its state to `file`.
    pub(super) fn write_state(&mut self, file: &File, content: Content, deadline: Instant) -> Result<(), MonitorError> {
        let ignores_shared = content == Content::AllButSharedMemory;
        let (way, process_id) = (self.file_migration(), self.process_id());
        let monitor = self.monitor();
        set_up(monitor, ignores_shared, deadline)?;
        monitor.execute("stop", &json!({}), deadline)?;
        // From here on the guest writes nothing, so the limit on what it may write can be lifted for the state.
        limit_files(process_id, None)?;
        let written = transfer(monitor, way, "migrate", file, deadline);
        if written.is_err() {
            // Fine when nothing is under way any more.
            let _ = monitor.execute("migrate_cancel", &json!({}), Instant::now() + ANSWER_TIME_LIMIT);
        }
        // That it stopped was by order, and no news for `wait`.
        monitor.forget_events();
        written.and(limit_files(process_id, Some(self.most_file_bytes())).map_err(MonitorError::from))
    }

    /// See [`crate::MicroVm::resume`].
    pub(super) fn make_run(&mut self) -> Result<(), ResumeError> {
        let monitor = self.monitor();
        let resumed = resume(monitor, Instant::now() + ANSWER_TIME_LIMIT);
        monitor.forget_events();
        resumed.map_err(|error| ResumeError(error.to_string()))
    }
}

/// Loads a state into a machine that waits for one, and lets it run if it is to.
pub(super) fn load(
    monitor: &mut Monitor,
    way: FileMigration,
    origin: &Origin<'_>,
    deadline: Instant,
) -> Result<(), MonitorError> {
    // Memory that is private lies ready in its file; memory that is shared is to be filled from the state.
    let is_there = origin.memory.is_some_and(|memory| memory.access == Access::Private);
    set_up(monitor, is_there, deadline)?;
    transfer(monitor, way, "migrate-incoming", &origin.files.state, deadline)?;
    if origin.runs {
        monitor.execute("cont", &json!({}), deadline)?;
    }
    monitor.forget_events();
    Ok(())
}

/// Prepares QEMU for a transfer: events that say when it is done, no brakes, and nothing left of what was set for another.
fn set_up(monitor: &mut Monitor, ignores_shared: bool, deadline: Instant) -> Result<(), MonitorError> {
    let set = |name: &str, state: bool| json!({ "capability": name, "state": state });
    let capabilities = [set(EVENTS, true), set(IGNORE_SHARED, ignores_shared)];
    monitor.execute("migrate-set-capabilities", &json!({ "capabilities": capabilities }), deadline)?;
    monitor.execute("migrate-set-parameters", &json!({ "max-bandwidth": BANDWIDTH_BYTES_PER_S }), deadline)?;
    // What is said of earlier transfers is over.
    monitor.forget_events();
    Ok(())
}

fn transfer(
    monitor: &mut Monitor,
    way: FileMigration,
    command: &'static str,
    file: &File,
    deadline: Instant,
) -> Result<(), MonitorError> {
    let address = way.hand_over(monitor, file, deadline)?;
    let begun = monitor.execute(command, &json!({ "uri": address }), deadline);
    let end = begun.and_then(|_| monitor.migration_end(command, deadline));
    if !matches!(end, Err(MonitorError::Closed)) {
        way.take_back(monitor);
    }
    let end = end?;
    if end == "completed" {
        return Ok(());
    }
    let answer = monitor.execute("query-migrate", &json!({}), Instant::now() + ANSWER_TIME_LIMIT)?;
    let description = answer["error-desc"].as_str().unwrap_or(end.as_str()).to_owned();
    Err(MonitorError::Refused { command, description })
}

/// Makes the machine run, whatever it is doing.
fn resume(monitor: &mut Monitor, deadline: Instant) -> Result<(), MonitorError> {
    loop {
        let answer = monitor.execute("query-status", &json!({}), deadline)?;
        let error = match answer["status"].as_str().unwrap_or_default() {
            "running" => return Ok(()),
            // Its state is being loaded, which ends by itself.
            "inmigrate" => MonitorError::TimedOut("migrate-incoming"),
            _ => match monitor.execute("cont", &json!({}), deadline) {
                Ok(_) => return Ok(()),
                // Somebody's attempt to save it goes on yet.
                Err(error @ MonitorError::Refused { .. }) => {
                    monitor.execute("migrate_cancel", &json!({}), deadline)?;
                    error
                }
                Err(error) => return Err(error),
            },
        };
        if Instant::now() >= deadline {
            return Err(error);
        }
        std::thread::sleep(PAUSE);
    }
}
