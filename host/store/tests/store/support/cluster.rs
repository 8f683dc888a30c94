//! A PostgreSQL cluster of the test's own, on a Unix socket in a folder of its own. It ends with its value, also when
//! the test fails, and with the thread that started it if even that is cut short.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running cluster.
pub(crate) struct Cluster {
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    folder: tempfile::TempDir,
    server: Option<Child>,
    settings: Vec<String>,
}

impl Cluster {
    /// Starts one, or says on stderr why the test is skipped.
    pub(crate) fn start_or_skip(test: &str) -> Option<Self> {
        Self::start_with(test, &["fsync=off"])
    }

    /// The same with settings.
    pub(crate) fn start_with(test: &str, settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped {test}: PostgreSQL is not installed (no /usr/lib/postgresql/*/bin/initdb)");
            return None;
        };
        // The server refuses to run as root; Debian's package brings a user for it.
        let owner = super::is_root().then(|| user("postgres").expect("the package's user postgres"));
        let folder = tempfile::tempdir().unwrap();
        if let Some((uid, gid)) = owner {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { programs, owner, folder, server: None, settings };
        let made = cluster
            .command("initdb")
            .args(["-N", "-A", "trust", "-U", "skerry", "-E", "UTF8", "-D"])
            .arg(cluster.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.start();
        Some(cluster)
    }

    /// Starts the server again after `crash`.
    pub(crate) fn start(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        // setpriv's --pdeathsig ends the server if this thread ends without dropping the cluster.
        let mut command = Command::new("setpriv");
        if let Some((uid, gid)) = self.owner {
            command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
        }
        command.args(["--pdeathsig", "QUIT"]).arg(self.programs.join("postgres"));
        command.arg("-D").arg(self.data()).args(["-c", "listen_addresses=", "-k"]).arg(self.folder.path());
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        self.server = Some(command.current_dir("/").stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let begun = Instant::now();
        while !self.answers() {
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server as a crash would.
    pub(crate) fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
            let _ = server.wait();
        }
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://skerry@localhost/{database}?host={}", self.folder.path().display())
    }

    /// The user that the server runs as, where that is another one than the test's.
    pub(crate) fn owner(&self) -> Option<(u32, u32)> {
        self.owner
    }

    /// A new folder beside the data.
    pub(crate) fn folder_of_its_own(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    fn answers(&self) -> bool {
        let mut command = self.command("pg_isready");
        command.arg("-q").arg("-h").arg(self.folder.path()).status().is_ok_and(|status| status.success())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/");
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.crash();
    }
}

/// The programs of the newest version that is installed as Debian does.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|version| version.path().join("bin")).collect();
    found.retain(|folder| folder.join("initdb").exists());
    found.sort();
    found.pop()
}

/// A user's uid and gid.
fn user(name: &str) -> Option<(u32, u32)> {
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
