//! A machine ends with its host process even if that is killed by SIGKILL, unless it was told to outlive it.
//!
//! The test binary starts itself again as that host process.

mod guests;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use guests::{KilledAtEnd, LONG, Program, is_running, machine_directories, qemu, spec};
use skerry_vmm::{Backend, Lifetime, VmSpec};

/// Set in the process that plays the host: the directory to work in.
const DIRECTORY: &str = "SKERRY_TEST_HOST_DIRECTORY";
/// Set in the process that plays the host, if its machine is to outlive it.
const OUTLIVES: &str = "SKERRY_TEST_HOST_OUTLIVES";

fn machine(directory: &Path, lifetime: Lifetime) -> VmSpec {
    VmSpec { lifetime, ..spec(directory, &Program::default().write_ready().halt()) }
}

/// Not a test of its own: does nothing unless started by one of those below.
#[test]
fn plays_the_host() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let lifetime = if env::var_os(OUTLIVES).is_some() { Lifetime::Outlives } else { Lifetime::EndsWithHost };
    // The thread that starts the machine ends, which must not end the machine.
    let started = thread::spawn(move || qemu().start(&machine(Path::new(&directory), lifetime)).unwrap());
    let mut machine = started.join().unwrap();
    machine.wait_until_ready(LONG).unwrap();
    println!("\nprocess {}", machine.process().id());
    machine.wait(Duration::from_secs(600)).unwrap();
}

/// Starts a host process, kills it once its machine is ready, and gives the id of the machine's process.
fn kill_a_host(directory: &Path, lifetime: Lifetime) -> u32 {
    let mut command = Command::new(env::current_exe().expect("this binary has a path"));
    command.args(["--exact", "plays_the_host", "--nocapture"]).env(DIRECTORY, directory).stdout(Stdio::piped());
    if lifetime == Lifetime::Outlives {
        command.env(OUTLIVES, "yes");
    }
    let mut host = command.spawn().expect("this binary starts");
    let output = BufReader::new(host.stdout.take().expect("it is piped"));
    let process_id =
        output.lines().find_map(|line| line.expect("the host writes text").strip_prefix("process ")?.parse().ok());
    let process_id = process_id.expect("the host says which process its machine is");
    assert!(is_running(process_id));
    host.kill().expect("the host lives");
    host.wait().expect("the host was killed");
    process_id
}

fn ends_within(process_id: u32, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while is_running(process_id) {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn a_machine_dies_with_a_host_that_is_killed_and_its_directory_is_swept() {
    let directory = tempfile::tempdir().unwrap();
    let process_id = kill_a_host(directory.path(), Lifetime::EndsWithHost);
    assert!(ends_within(process_id, LONG));
    let spec = machine(directory.path(), Lifetime::EndsWithHost);
    assert_eq!(machine_directories(&spec.state_dir).len(), 1, "nobody was there to remove it");
    let next = qemu().start(&spec).unwrap();
    assert_eq!(machine_directories(&spec.state_dir).len(), 1, "only that of the machine which runs now");
    next.stop().unwrap();
    assert!(machine_directories(&spec.state_dir).is_empty());
}

#[test]
fn a_machine_that_outlives_its_host_goes_on_and_keeps_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let process_id = kill_a_host(directory.path(), Lifetime::Outlives);
    let guard = KilledAtEnd(process_id);
    let kept = machine_directories(&directory.path().join("state"));
    assert_eq!(kept.len(), 1);
    qemu().start(&machine(directory.path(), Lifetime::EndsWithHost)).unwrap().stop().unwrap();
    assert!(is_running(process_id));
    assert_eq!(machine_directories(&directory.path().join("state")), kept);
    drop(guard);
    assert!(ends_within(process_id, LONG));
}
