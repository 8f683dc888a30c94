//! The memory of a saved machine as a file that every machine which goes on from it maps: they share what none of them has
//! written to, in the page cache, and load nothing.
//!
//! A machine that runs keeps its memory to itself, so this takes a second machine that never runs: it loads the state into
//! memory that is the file, and writes the rest of the state anew.

use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Instant;

use super::arguments::{Access, MemoryFile};
use super::saving::Content;
use super::{BUILD_TIME_LIMIT, Origin};
use crate::saved::{self, SavedDirectory, SavedFiles, Summary};
use crate::{Lifetime, Qemu, StartError, VmSpec};

impl Qemu {
    /// Makes the machines that are restored from the directory `saved` from now on share its memory: each then takes only
    /// what it writes to. `spec` is what the saved machine was started with. Takes as long as a restore and a save; worth it
    /// where more than one machine is to go on from there. False, and nothing changed, where this QEMU is too old for it.
    ///
    /// # Errors
    /// See [`StartError`]. What was saved can be restored as before.
    pub fn share_memory(&self, spec: &VmSpec, saved: &Path) -> Result<bool, StartError> {
        let failed = |reason: String| StartError::Restore { path: saved.to_path_buf(), reason };
        spec.check()?;
        if !self.version().has_private_memory_files() {
            return Ok(false);
        }
        let memory_bytes = u64::from(spec.memory_mib) << 20;
        let files = saved::open(saved, memory_bytes).map_err(failed)?;
        if files.memory.is_some() {
            return Ok(true);
        }
        let directory = SavedDirectory::create(saved).map_err(|error| failed(error.to_string()))?;
        self.move_memory(spec, &directory, &files, memory_bytes).inspect_err(|_| {
            // Why it did not work says more than why half of it stays, which nothing refers to.
            let _ = directory.abandon_state().and(directory.abandon_memory());
        })
    }

    fn move_memory(
        &self,
        spec: &VmSpec,
        directory: &SavedDirectory,
        files: &SavedFiles,
        memory_bytes: u64,
    ) -> Result<bool, StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError::Restore {
            path: directory.path().to_path_buf(),
            reason: format!("its memory cannot be moved to a file: {error}"),
        };
        let deadline = Instant::now() + BUILD_TIME_LIMIT;
        let memory = directory.begin_memory(memory_bytes).map_err(|error| failed(&error))?;
        let memory = MemoryFile { descriptor: memory.as_raw_fd(), access: Access::Shared };
        let spec = VmSpec { lifetime: Lifetime::EndsWithHost, limits: None, ..spec.clone() };
        let origin = Origin { files, memory: Some(memory), runs: false };
        let mut machine = self.bring_up(&spec, Some(&origin), deadline).map_err(|error| failed(&error))?;
        let state = directory.begin_state().map_err(|error| failed(&error))?;
        machine.write_state(&state, Content::AllButSharedMemory, deadline).map_err(|error| failed(&error))?;
        // Only now is all of the memory certainly in its file.
        drop(machine);
        let state_bytes = state.metadata().map_err(|error| failed(&error))?.len();
        let summary = Summary { state_bytes, memory_bytes: Some(memory_bytes), ready: files.ready.clone() };
        directory.complete_state(&summary).map_err(|error| failed(&error))?;
        Ok(true)
    }
}
