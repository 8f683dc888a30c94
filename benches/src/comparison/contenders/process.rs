//! The bare process: the same runtime as a Linux program, and nothing around it. What isolation costs, the others show.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::Context;

use super::linux_program::LinuxProgram;
use super::run_folder::RunFolder;
use super::{Setup, artefact, ports};
use crate::comparison::contender::{Artefact, Contender, Endpoint, Instance};
use crate::processes;

/// The contender `process`.
pub(super) struct Process {
    run: Arc<RunFolder>,
    program: PathBuf,
    artefact: Artefact,
}

impl Process {
    /// Prepares it.
    ///
    /// # Errors
    /// When its size cannot be told.
    pub(super) fn prepare(setup: &Setup, program: &LinuxProgram) -> anyhow::Result<Self> {
        let artefact = artefact::of_files("program", &[&program.path], program.components)?;
        Ok(Self { run: Arc::clone(&setup.run), program: program.path.clone(), artefact })
    }
}

impl Contender for Process {
    fn name(&self) -> &'static str {
        "process"
    }

    fn title(&self) -> String {
        "bare process".to_owned()
    }

    fn description(&self) -> String {
        "The same runtime as a static Linux program, started directly, with all rights of whoever started it: no isolation \
         but that of WebAssembly within it."
            .to_owned()
    }

    fn languages(&self) -> &'static [&'static str] {
        &["C", "WASM"]
    }

    fn artefact(&self) -> &Artefact {
        &self.artefact
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let address = ports::free_address()?;
        // By its working directory the next run finds it, should this one be killed.
        let folder = self.run.path().join(self.run.new_name());
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
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
        Ok(Box::new(Running { child, folder, endpoint: Endpoint::plain(address) }))
    }
}

struct Running {
    child: Child,
    folder: PathBuf,
    endpoint: Endpoint,
}

impl Instance for Running {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn processes(&self) -> Vec<u32> {
        processes::with_descendants(self.child.id())
    }

    fn subject(&self) -> u32 {
        self.child.id()
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        let process_id = self.child.id();
        drop(self);
        processes::wait_until_gone(process_id).context("the program does not end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("cannot remove {}: {error}", self.folder.display());
        }
    }
}
