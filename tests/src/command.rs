//! The `skerry` binary and `curl`, run as a user runs them, with places of their own for all that they write.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::image::{self, source_root, target_dir};
use crate::process;
use crate::runtime::Slot;

/// The `skerry` binary, brought up to date by cargo once per run.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let program = std::env::current_exe().expect("the test program knows where it is");
        let profile = program.ancestors().nth(2).expect("cargo puts test programs below the profile's directory");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--locked", "--package", "host", "--bin", "skerry", "--target-dir"]).arg(target_dir());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        let output = cargo.current_dir(source_root()).output().expect("cargo runs");
        assert!(output.status.success(), "cargo says:\n{}", String::from_utf8_lossy(&output.stderr));
        profile.join("skerry")
    })
}

/// How a program ended, and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout, and no [`Skerry::line`] has taken.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// Places for a `skerry` that nobody else uses, so that what it leaves there is seen.
#[derive(Debug)]
pub struct Places {
    root: TempDir,
    target_dir: PathBuf,
}

impl Places {
    /// New, empty places; images come from the run's own store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_target_dir(target_dir())
    }

    /// New, empty places, with images from the store below another target directory.
    ///
    /// # Panics
    /// When the disk does not take them.
    #[must_use]
    pub fn with_target_dir(target_dir: PathBuf) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        for name in ["state", "tmp", "cache"] {
            std::fs::create_dir(root.path().join(name)).expect("a directory in it");
        }
        Self { root, target_dir }
    }

    /// Where its microVMs have their directories.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// Runs `skerry` to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ended()
    }

    /// Runs `skerry` to its end, with these environment variables.
    #[track_caller]
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
        self.start_with(variables, arguments).ended()
    }

    /// Starts `skerry`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start(&self, arguments: &[&str]) -> Skerry {
        self.start_with(&[], arguments)
    }

    #[track_caller]
    fn start_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Skerry {
        let starts_machines = matches!(arguments, ["provision", ..] | ["bench", "boot", ..]);
        let slot = starts_machines.then(|| {
            // Built here, where it may take its time.
            image::minimal();
            Slot::take()
        });
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(source_root()).env("CARGO_TARGET_DIR", &self.target_dir);
        command.env("SKERRY_SOURCE", source_root());
        command.env("SKERRY_STATE_DIR", self.state_dir()).env("TMPDIR", self.root.path().join("tmp"));
        command.env("XDG_CACHE_HOME", self.root.path().join("cache")).env("NO_COLOR", "1");
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("skerry does not start: {error}"));
        let stdout = lines_of(child.stdout.take().expect("it is piped"));
        let stderr = lines_of(child.stderr.take().expect("it is piped"));
        Skerry { child, stdout, stderr, _slot: slot }
    }

    /// Asserts that nothing of a `skerry` that ended is left: no VMM, no machine's directory, no temporary file.
    #[track_caller]
    pub fn hold_nothing(&self) {
        assert_eq!(process::working_in(self.root.path()), [0_u32; 0], "processes are left");
        assert_eq!(process::names_in(&self.state_dir()), [""; 0], "the state directory is not empty");
        assert_eq!(process::names_in(&self.root.path().join("tmp")), [""; 0], "temporary files are left");
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::new()
    }
}

/// A `skerry` that runs; killed if its test ends before it.
#[derive(Debug)]
pub struct Skerry {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    _slot: Option<Slot>,
}

impl Skerry {
    /// Its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its stdout.
    ///
    /// # Panics
    /// When it ends without one, or takes too long.
    #[track_caller]
    pub fn line(&self) -> String {
        match self.stdout.recv_timeout(crate::PATIENCE) {
            Ok(line) => line,
            Err(error) => panic!("no line from skerry: {error}; stderr: {}", rest_of(&self.stderr, false)),
        }
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        process::signal(self.process_id(), signal);
    }

    /// Sends it a signal, unless it has ended by itself.
    ///
    /// # Panics
    /// When the kernel refuses.
    #[track_caller]
    pub fn signal_if_running(&mut self, signal: Signal) {
        if self.child.try_wait().expect("the kernel says whether the process runs").is_none() {
            self.signal(signal);
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it goes on.
    #[must_use]
    #[track_caller]
    pub fn ended(mut self) -> Ended {
        let status: ExitStatus = process::wait_for("skerry's end", || {
            self.child.try_wait().expect("the kernel says whether the process runs")
        });
        Ended { code: status.code(), stdout: rest_of(&self.stdout, true), stderr: rest_of(&self.stderr, true) }
    }
}

impl Drop for Skerry {
    fn drop(&mut self) {
        // Ended already, or its test has failed: either way there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program writes, line by line.
fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody is left to read it when the test has ended.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// What is left of a program's lines: up to its end, or what is there now.
fn rest_of(lines: &Receiver<String>, to_the_end: bool) -> String {
    let next = || if to_the_end { lines.recv_timeout(crate::PATIENCE).ok() } else { lines.try_recv().ok() };
    std::iter::from_fn(next).map(|line| line + "\n").collect()
}

/// Runs the real curl, silent but for errors; `None`, with the reason on stderr, where there is none.
///
/// # Panics
/// When it is there and does not run.
#[must_use]
pub fn curl(arguments: &[&str]) -> Option<Ended> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*"]).args(arguments);
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: there is no curl here; scripts/setup installs it");
            None
        }
        Err(error) => panic!("curl does not run: {error}"),
    }
}
