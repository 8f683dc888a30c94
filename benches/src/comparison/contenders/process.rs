//! The bare process: the same runtime as a Linux program, and nothing around it. What isolation costs, the others show.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::Context;

use super::child::ChildInstance;
use super::linux_program::LinuxProgram;
use super::run_folder::RunFolder;
use super::{Setup, ports};
use crate::comparison::contender::{Contender, Endpoint, Instance, Profile};

/// The contender `process`.
pub(super) struct Process {
    run: Arc<RunFolder>,
    program: PathBuf,
    profile: Profile,
}

impl Process {
    /// Prepares it.
    pub(super) fn prepare(setup: &Setup, program: &LinuxProgram) -> Self {
        let description = "The same runtime as a static Linux program, started directly, with all rights of whoever started \
                           it: no isolation but that of WebAssembly within it.";
        let profile = program.profile("process", "bare process", description.to_owned());
        Self { run: Arc::clone(&setup.run), program: program.path.clone(), profile }
    }
}

impl Contender for Process {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let address = ports::free_address()?;
        let (_, folder) = self.run.new_folder()?;
        let output = File::create(folder.join("log")).context("cannot write the program's log")?;
        let child = Command::new(&self.program)
            .arg(format!("port={}", address.port()))
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("cannot open the program's log twice")?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Box::new(ChildInstance { child, folder, endpoint: Endpoint::plain(address), announcement: None }))
    }
}
