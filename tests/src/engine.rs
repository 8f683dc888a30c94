//! A provisioning engine of a test's own: started, asked, killed and started again as an administrator would.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::binary;
use crate::http::{Answer, Connection};
use crate::image::{self, source_root, target_dir};
use crate::process::{self, names_in, wait_for, working_in};

/// How long a test's end waits for the control groups of its machines to be empty.
const TEARDOWN_PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at them.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// The administrator's password in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// Places and settings for one engine after the other.
#[derive(Debug)]
pub struct EnginePlaces {
    root: TempDir,
    arguments: Vec<String>,
    password: Option<&'static str>,
    /// The processes of all engines that were started here.
    engines: Mutex<Vec<u32>>,
    /// Control groups that others have left: process ids come round again.
    former_groups: BTreeSet<PathBuf>,
}

/// An engine that runs. Dropped, it is killed, and so are its machines.
#[derive(Debug)]
pub struct RunningEngine<'a> {
    places: &'a EnginePlaces,
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl EnginePlaces {
    /// Places of a test's own; `arguments` for each engine that is started there.
    #[must_use]
    pub fn new(arguments: &[&str]) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { root, arguments, password: Some(PASSWORD), engines: Mutex::default(), former_groups: machine_groups() }
    }

    /// The same, for engines that are given no password.
    #[must_use]
    pub fn without_password(mut self) -> Self {
        self.password = None;
        self
    }

    /// What all engines here have written to stdout.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.root.path().join("engine.out")).unwrap_or_default()
    }

    /// The engine's data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Where machines have their directories.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// The processes of all machines that were started here and run.
    #[must_use]
    pub fn machines(&self) -> Vec<u32> {
        if self.state_dir().is_dir() { working_in(&self.state_dir()) } else { Vec::new() }
    }

    /// The control groups of machines that were started here: they are named by the engine that started them, and were not
    /// there before.
    ///
    /// # Panics
    /// When another test has panicked while it started an engine here.
    #[must_use]
    pub fn control_groups(&self) -> Vec<PathBuf> {
        let engines = self.engines.lock().expect("no test panics while it holds this").clone();
        let is_ours = |group: &PathBuf| {
            let name = group.file_name().unwrap_or_default().to_string_lossy();
            !self.former_groups.contains(group) && engines.iter().any(|engine| name.contains(&format!("-{engine}-")))
        };
        machine_groups().into_iter().filter(is_ours).collect()
    }

    /// What all engines here have written to their logs.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.root.path().join("engine.log")
    }

    /// Starts an engine on a free port, without waiting for it.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn spawn(&self, port: u16) -> Child {
        let image = image::minimal();
        let log = File::options().create(true).append(true).open(self.log_file()).expect("a log file");
        let output = self.root.path().join("engine.out");
        let output = File::options().create(true).append(true).open(output).expect("an output file");
        let child = Command::new(binary())
            .args(["engine", "--log-format", "json", "--no-setup", "--accelerator", "tcg", "--image", &image.id])
            .args(["--port", &port.to_string(), "--source"])
            .arg(source_root())
            .arg("--data-dir")
            .arg(self.data_dir())
            .arg("--state-dir")
            .arg(self.state_dir())
            .args(&self.arguments)
            .envs(self.password.map(|password| ("SKERRY_ADMIN_PASSWORD", password)))
            .env("CARGO_TARGET_DIR", target_dir())
            .env("XDG_CACHE_HOME", self.root.path().join("cache"))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(log)
            .spawn()
            .expect("the engine's program starts");
        self.engines.lock().expect("no test panics while it holds this").push(child.id());
        child
    }

    /// Starts an engine and waits until it serves.
    #[must_use]
    #[track_caller]
    pub fn start(&self) -> RunningEngine<'_> {
        self.start_on(0)
    }

    /// As [`Self::start`], on a given port.
    #[must_use]
    #[track_caller]
    pub fn start_on(&self, port: u16) -> RunningEngine<'_> {
        let already = self.log().len();
        let mut child = self.spawn(port);
        let address = wait_for("the engine", || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the engine ended with {status}:\n{}", &self.log()[already..]);
            }
            serving_address(&self.log()[already..])
        });
        RunningEngine { places: self, child, address }
    }

    /// Ends every machine that runs here, by its id.
    pub fn end_machines(&self) {
        for machine in self.machines() {
            // One that has ended meanwhile is as good.
            let id = nix::unistd::Pid::from_raw(i32::try_from(machine).expect("process ids are small"));
            let _ = nix::sys::signal::kill(id, Signal::SIGKILL);
        }
    }
}

impl Drop for EnginePlaces {
    fn drop(&mut self) {
        self.end_machines();
        // With their directories the next engine would have removed their control groups; both go here.
        let deadline = Instant::now() + TEARDOWN_PATIENCE;
        while Instant::now() < deadline {
            let left = self.control_groups();
            if left.iter().all(|group| std::fs::remove_dir(group).is_ok()) {
                break;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// The control groups of all machines on this host.
fn machine_groups() -> BTreeSet<PathBuf> {
    let mut groups = BTreeSet::new();
    let mut folders = vec![(PathBuf::from("/sys/fs/cgroup"), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for name in names_in(&folder) {
            let path = folder.join(&name);
            if name.starts_with("vm-") {
                groups.insert(path);
            } else if depth < 5 && path.is_dir() && !path.is_symlink() {
                folders.push((path, depth + 1));
            }
        }
    }
    groups
}

/// The address in the log line that says that an engine serves.
fn serving_address(log: &str) -> Option<SocketAddr> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut serving = lines.filter(|line| line["message"] == "the engine serves");
    serving.next()?["address"].as_str()?.parse().ok()
}

impl RunningEngine<'_> {
    /// Its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request as `admin` on a connection of its own.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, fields: &[&str], body: &str) -> Answer {
        let mut connection = Connection::open(self.address);
        connection.send(self.request(method, path, fields, body));
        connection.answer()
    }

    /// The bytes of a request by `admin`.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, fields: &[&str], body: &str) -> String {
        let credentials = BASE64_STANDARD.encode(format!("admin:{PASSWORD}"));
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Basic {credentials}\r\nContent-Type: \
             application/json\r\n{fields}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Creates a runtime; `faas` and `skerry` are the object's members of these names.
    #[track_caller]
    pub fn create(&self, mut faas: Value, skerry: Value) -> u64 {
        if faas.get("FLAVOUR").is_none() {
            faas["FLAVOUR"] = "minimal".into();
        }
        let body = json!({"SERVERLESS_RUNTIME": {"FAAS": faas, "SKERRY": skerry}});
        let answer = self.ask("POST", "/serverless-runtimes", &[], &body.to_string());
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["SERVERLESS_RUNTIME"]["ID"].as_u64().expect("an id")
    }

    /// The runtime as it is shown.
    #[track_caller]
    pub fn get(&self, id: u64) -> Value {
        let answer = self.ask("GET", &format!("/serverless-runtimes/{id}"), &[], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["SERVERLESS_RUNTIME"].clone()
    }

    /// The runtime once it is in a state.
    #[track_caller]
    pub fn get_in(&self, id: u64, state: &str) -> Value {
        wait_for(&format!("runtime {id} in state {state}"), || {
            let runtime = self.get(id);
            let now = runtime["FAAS"]["STATE"].as_str().unwrap_or_default();
            assert!(
                now != "ERROR" || state == "ERROR",
                "runtime {id}: {}\n{}",
                runtime["FAAS"]["ERROR"],
                self.places.log()
            );
            (now == state).then_some(runtime)
        })
    }

    /// Creates a runtime with defaults and waits until it runs.
    #[track_caller]
    pub fn create_running(&self) -> u64 {
        let id = self.create(json!({}), json!({}));
        self.get_in(id, "RUNNING");
        id
    }

    /// Sends a function's request to a runtime through the gateway.
    #[track_caller]
    pub fn call(&self, id: u64, body: &str) -> Answer {
        self.ask("POST", &format!("/r/{id}/v1/faas/execute-sync"), &[], body)
    }

    /// Begins a task on a runtime.
    #[track_caller]
    pub fn start_task(&self, id: u64, body: &str) -> String {
        let answer = self.ask("POST", &format!("/r/{id}/v1/faas/execute-async"), &[], body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["faas_uuid"].as_str().expect("a task's uuid").to_owned()
    }

    /// A task's status.
    #[track_caller]
    pub fn task(&self, id: u64, task: &str) -> Value {
        let answer = self.ask("GET", &format!("/r/{id}/v1/faas/{task}/status"), &[], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// A task's status once it is done.
    #[track_caller]
    pub fn finished_task(&self, id: u64, task: &str) -> Value {
        wait_for("the task", || Some(self.task(id, task)).filter(|status| status["state"] != "WORKING"))
    }

    /// The events of a runtime's history.
    #[track_caller]
    pub fn events(&self, id: u64) -> Vec<String> {
        let answer = self.ask("GET", &format!("/serverless-runtimes/{id}/history"), &[], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let entries = answer.json();
        let events = entries.as_array().expect("a list").iter();
        events.map(|entry| entry["event"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Deletes a runtime.
    #[track_caller]
    pub fn delete(&self, id: u64) {
        let answer = self.ask("DELETE", &format!("/serverless-runtimes/{id}"), &[], "");
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// The process of a runtime's machine.
    #[track_caller]
    pub fn machine_of(&self, id: u64) -> u32 {
        let machines = self.places.machines();
        let vm = self.get(id)["FAAS"]["VM_ID"].as_str().expect("a machine").to_owned();
        let log = self.places.log();
        let line = log
            .lines()
            .rev()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|line| line["vm"] == vm.as_str() && line["process"].as_u64().is_some());
        let process = line.and_then(|line| line["process"].as_u64()).expect("the log names the machine's process");
        let process = u32::try_from(process).expect("process ids are small");
        assert!(machines.contains(&process), "machine {process} of runtime {id} does not run");
        process
    }

    /// Kills it with SIGKILL: it cannot clean anything up.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// Stops it in order and gives its exit code.
    #[track_caller]
    pub fn stop(self) -> Option<i32> {
        process::signal(self.child.id(), Signal::SIGTERM);
        self.stop_waited()
    }

    /// Waits for the end of one that was told to stop, and gives its exit code.
    #[track_caller]
    pub fn stop_waited(mut self) -> Option<i32> {
        wait_for("the engine's end", || self.child.try_wait().expect("it can be waited for")).code()
    }
}

impl Drop for RunningEngine<'_> {
    fn drop(&mut self) {
        // After `kill` or `stop` there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
