//! An instance that is a child process in a folder of its own, by which the next run finds it should this one be killed.

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::run_folder::tail;
use crate::comparison::contender::{Endpoint, Instance};
use crate::processes;

/// Between two looks at what it says.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Dropped, it is ended, and its folder removed.
pub(super) struct ChildInstance {
    /// The process.
    pub(super) child: Child,
    /// Its working directory.
    pub(super) folder: PathBuf,
    /// Where it answers.
    pub(super) endpoint: Endpoint,
    /// How it says that it does; none where connections are refused before.
    pub(super) announcement: Option<Announcement>,
}

/// How an instance says that it serves.
pub(super) struct Announcement {
    /// What it says.
    pub(super) words: &'static [u8],
    /// The file in its folder in which it says it.
    pub(super) said_in: &'static str,
    /// The file in its folder in which the process complains.
    pub(super) complaints: &'static str,
    /// How long it may take.
    pub(super) timeout: Duration,
}

impl Instance for ChildInstance {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn wait_until_reachable(&mut self) -> anyhow::Result<()> {
        let Some(announcement) = &self.announcement else { return Ok(()) };
        let said_in = self.folder.join(announcement.said_in);
        let deadline = Instant::now() + announcement.timeout;
        loop {
            let said = fs::read(&said_in).unwrap_or_default();
            if said.windows(announcement.words.len()).any(|words| words == announcement.words) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().context("cannot look at the process")? {
                bail!("the process ended with {status}; {}", tail(&self.folder.join(announcement.complaints)));
            }
            ensure!(
                Instant::now() < deadline,
                "it does not serve within {} s; on its console {}",
                announcement.timeout.as_secs(),
                tail(&said_in)
            );
            std::thread::sleep(LOOK_AGAIN);
        }
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
        processes::wait_until_gone(process_id).context("the process does not end")
    }
}

impl Drop for ChildInstance {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("cannot remove {}: {error}", self.folder.display());
        }
    }
}
