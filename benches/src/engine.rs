//! A `skerry engine` of an experiment's own, from its start to its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::Signal;

use skerry_vmm::Accelerator;

use crate::client::{Client, PASSWORD};
use crate::engine_log::EngineLog;
use crate::processes;

/// How long an engine may take until it serves.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an engine gets to end in order.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two looks at whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What an engine is made of, and where it may write.
#[derive(Clone, Debug)]
pub(crate) struct EngineParts {
    /// The binary.
    pub(crate) skerry: PathBuf,
    /// The source tree.
    pub(crate) source_root: PathBuf,
    /// Where cargo builds to; the images are there.
    pub(crate) target_dir: PathBuf,
    /// What executes guests.
    pub(crate) accelerator: Accelerator,
    /// The image that guests boot.
    pub(crate) image_id: String,
    /// Where everything is written to.
    pub(crate) folder: PathBuf,
}

/// Where engines of one experiment have their files.
#[derive(Debug)]
pub(crate) struct EnginePlaces {
    folder: PathBuf,
}

/// An engine that serves. Dropped, it is ended, and so are its machines.
#[derive(Debug)]
pub(crate) struct Engine {
    child: Child,
    state_dir: PathBuf,
    /// What it says.
    pub(crate) log: EngineLog,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When its process was asked for.
    pub(crate) begun: Instant,
    /// How long it took from there until it said that it serves.
    pub(crate) until_serving: Duration,
    /// How long its own part of that took, as it says: without finding QEMU and the image.
    pub(crate) own_start_ms: u64,
}

impl EnginePlaces {
    /// New places below the run's folder; `name` must be used once.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(crate) fn new(parts: &EngineParts, name: &str) -> anyhow::Result<Self> {
        let folder = parts.folder.join(name);
        for part in ["data", "state"] {
            std::fs::create_dir_all(folder.join(part)).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self { folder })
    }

    /// The database that the engine uses.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("data/engine.db")
    }

    fn command(&self, parts: &EngineParts, arguments: &[&str]) -> Command {
        let mut command = Command::new(&parts.skerry);
        command
            .args(["engine", "--log-format", "json", "--no-setup", "--port", "0", "--keep-machines=false"])
            .args(["--accelerator", &parts.accelerator.to_string(), "--image", &parts.image_id])
            .arg("--source")
            .arg(&parts.source_root)
            .arg("--data-dir")
            .arg(self.folder.join("data"))
            .arg("--state-dir")
            .arg(self.folder.join("state"))
            .args(arguments)
            // In a group of its own: Ctrl-C is for this program, which then ends its engines in order.
            .env("SKERRY_ADMIN_PASSWORD", PASSWORD)
            .env("CARGO_TARGET_DIR", &parts.target_dir)
            .env("XDG_CACHE_HOME", parts.folder.join("cache"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .current_dir(&self.folder);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }
}

impl Engine {
    /// Starts one and waits until it serves.
    ///
    /// # Errors
    /// When it does not; nothing is left of it then.
    pub(crate) async fn start(parts: &EngineParts, places: &EnginePlaces, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = places.command(parts, arguments);
        let begun = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot start {}", parts.skerry.display()))?;
        let stderr = child.stderr.take();
        // From here on an early return ends it.
        let mut ending = Ending { child: Some(child), state_dir: places.folder.join("state") };
        let log = EngineLog::read(stderr.context("the engine's log is not piped")?)?;
        let (serving, line) = log.wait_for("the engine serves", START_TIMEOUT).await?;
        let address = line["address"].as_str().and_then(|address| address.parse().ok());
        let address = address.context("the engine does not say where it listens")?;
        let child = ending.child.take().context("the engine is gone")?;
        Ok(Self {
            child,
            state_dir: places.folder.join("state"),
            log,
            address,
            begun,
            until_serving: serving.saturating_duration_since(begun),
            own_start_ms: line["took_ms"].as_u64().unwrap_or_default(),
        })
    }

    /// A connection that the engine knows already: the first right password costs a hash, which is no part of any call.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        let mut client = Client::connect(self.address).await?;
        client.get("/serverless-runtimes?limit=1").await?.expect(200)?;
        Ok(client)
    }

    /// Its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Where its machines have their folders.
    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// The processes of its machines.
    pub(crate) fn machines(&self) -> Vec<u32> {
        processes::working_in(&self.state_dir)
    }

    /// Waits until it has this many machines.
    ///
    /// # Errors
    /// When it does not come to that.
    pub(crate) async fn wait_for_machines(&self, count: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + STOP_TIMEOUT;
        loop {
            let machines = self.machines().len();
            if machines == count {
                return Ok(());
            }
            anyhow::ensure!(Instant::now() < deadline, "{machines} machines run, not {count}; {}", self.log.tail());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether its process still runs.
    ///
    /// # Errors
    /// It does not; the message has the end of its log.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait().context("cannot look at the engine")? {
            None => Ok(()),
            Some(status) => anyhow::bail!("the engine ended with {status}; {}", self.log.tail()),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        end(&mut self.child, &self.state_dir);
    }
}

/// Ends an engine whose start is not over.
struct Ending {
    child: Option<Child>,
    state_dir: PathBuf,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child, &self.state_dir);
        }
    }
}

/// Ends an engine, in order if it does so in time, and whatever machines are left.
fn end(child: &mut Child, state_dir: &Path) {
    if matches!(child.try_wait(), Ok(None)) {
        // It may have ended meanwhile: then the wait says so.
        let _ = processes::signal(child.id(), Signal::SIGTERM);
        let deadline = Instant::now() + STOP_TIMEOUT;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                eprintln!("the engine (process {}) does not end in order and is killed", child.id());
                let _ = child.kill();
                let _ = child.wait();
                break;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
    if !processes::end_all_in(state_dir) {
        eprintln!("machines below {} cannot be ended", state_dir.display());
    }
}
