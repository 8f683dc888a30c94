//! Machines whose host process is gone are found and looked after by another.
//!
//! The test binary starts itself again as the first host process.

mod guests;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use guests::wait_for_count;
use guests::{KilledAtEnd, LONG, Program, counted, is_count, is_running, machine_directories, qemu, ready_line, spec};
use skerry_vmm::{
    AdoptError, Backend, ExitCause, Lifetime, Network, RunningMachine, VmSpec, end_machine, remove_dead_directories,
    running_machines,
};

/// Set in the process that plays the host: the directory to work in.
const DIRECTORY: &str = "SKERRY_TEST_ADOPTION_DIRECTORY";

fn outliving(directory: &Path) -> VmSpec {
    let code = Program::default().write_ready().count();
    VmSpec { lifetime: Lifetime::Outlives, ..spec(directory, &code) }
}

/// Not a test of its own: does nothing unless started by one of those below.
#[test]
fn plays_the_host() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let mut machine = qemu().start(&outliving(Path::new(&directory))).unwrap();
    machine.wait_until_ready(LONG).unwrap();
    println!("\nready {}", machine.address().tcp().unwrap());
    machine.wait(Duration::from_secs(600)).unwrap();
}

/// Starts a machine in a host process that is then killed. The machine, and the address that it had.
fn orphan(directory: &Path) -> (RunningMachine, String) {
    let mut command = Command::new(env::current_exe().expect("the host does its part"));
    command.args(["--exact", "plays_the_host", "--nocapture"]).env(DIRECTORY, directory).stdout(Stdio::piped());
    let mut host = command.spawn().expect("the host does its part");
    let output = BufReader::new(host.stdout.take().expect("the host does its part"));
    let address =
        output.lines().find_map(|line| Some(line.expect("the host does its part").strip_prefix("ready ")?.to_owned()));
    let state_dir = directory.join("state");
    let running = running_machines(&state_dir).expect("the host does its part");
    assert_eq!(running.len(), 1);
    let error = qemu().adopt(&running[0], Lifetime::Outlives, Network::User).map(|_| ()).expect_err("it is refused");
    assert!(matches!(error, AdoptError::Owned { .. }), "{error}");
    host.kill().expect("the host does its part");
    host.wait().expect("the host does its part");
    assert_eq!(running_machines(&state_dir).expect("the host does its part"), running, "it goes on");
    (running[0].clone(), address.expect("the host does its part"))
}

#[test]
fn a_machine_whose_host_was_killed_is_adopted_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (running, address) = orphan(directory.path());
    let _guard = KilledAtEnd(running.process_id);
    let mut machine = qemu().adopt(&running, Lifetime::EndsWithHost, Network::User).unwrap();
    assert_eq!(machine.name(), "test");
    assert_eq!(machine.process().id(), running.process_id);
    assert_eq!(machine.directory(), running.directory);
    assert_eq!(machine.address().tcp().unwrap().to_string(), address);
    assert_eq!(machine.wait_until_ready(LONG).unwrap(), ready_line());
    assert_eq!(machine.wait(Duration::ZERO).unwrap(), None);

    let place = directory.path().join("saved");
    machine.save(&place, LONG).unwrap();
    let so_far = counted(machine.as_ref());
    machine.resume().unwrap();
    assert!(is_count(&wait_for_count(machine.as_ref(), so_far.len() + 3)));
    let copy = qemu().restore(&VmSpec { lifetime: Lifetime::EndsWithHost, ..outliving(directory.path()) }, &place);
    assert!(is_count(&(so_far + &wait_for_count(copy.unwrap().as_ref(), 3))));

    machine.process().kill().unwrap();
    let exit = machine.wait(LONG).unwrap().unwrap();
    assert!(matches!(exit.cause, ExitCause::Unknown { .. }), "{exit}");
    machine.stop().unwrap();
    assert!(!running.directory.exists());
}

#[test]
fn an_adopted_machine_lives_on_or_ends_with_its_new_host_as_told() {
    let directory = tempfile::tempdir().unwrap();
    let (running, _) = orphan(directory.path());
    let _guard = KilledAtEnd(running.process_id);
    drop(qemu().adopt(&running, Lifetime::Outlives, Network::User).unwrap());
    assert!(is_running(running.process_id));
    drop(qemu().adopt(&running, Lifetime::EndsWithHost, Network::User).unwrap());
    assert!(!is_running(running.process_id));
    assert!(!running.directory.exists());
    let error = qemu().adopt(&running, Lifetime::Outlives, Network::User).map(|_| ()).unwrap_err();
    assert!(matches!(error, AdoptError::Gone { .. }), "{error}");
}

#[test]
fn a_machine_that_stood_still_when_its_host_was_gone_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let spec = outliving(directory.path());
    let mut machine = qemu().start(&spec).unwrap();
    let guard = KilledAtEnd(machine.process().id());
    wait_for_count(machine.as_ref(), 3);
    machine.save(&directory.path().join("saved"), LONG).unwrap();
    let so_far = counted(machine.as_ref());
    drop(machine);
    let running = running_machines(&spec.state_dir).unwrap().remove(0);
    let mut adopted = qemu().adopt(&running, Lifetime::EndsWithHost, Network::User).unwrap();
    assert_eq!(counted(adopted.as_ref()), so_far);
    adopted.resume().unwrap();
    assert!(is_count(&wait_for_count(adopted.as_ref(), so_far.len() + 3)));
    adopted.stop().unwrap();
    drop(guard);
}

#[test]
fn a_machine_that_nobody_wants_is_ended_and_dead_ones_are_cleared_away() {
    let directory = tempfile::tempdir().unwrap();
    let spec = outliving(directory.path());
    let machines: Vec<_> = (0..3).map(|_| qemu().start(&spec).unwrap()).collect();
    let _guards: Vec<_> = machines.iter().map(|machine| KilledAtEnd(machine.process().id())).collect();
    let processes: Vec<_> = machines.iter().map(|machine| machine.process()).collect();
    drop(machines);
    let running = running_machines(&spec.state_dir).unwrap();
    assert_eq!(running.len(), 3);
    assert!(remove_dead_directories(&spec.state_dir).unwrap().is_empty(), "they all run");

    end_machine(&running[0]).unwrap();
    assert!(!is_running(running[0].process_id) && !running[0].directory.exists());
    end_machine(&running[0]).unwrap();

    let dead = processes.iter().find(|process| process.id() == running[1].process_id).unwrap();
    dead.kill().unwrap();
    dead.wait_for_end();
    assert_eq!(remove_dead_directories(&spec.state_dir).unwrap(), std::slice::from_ref(&running[1].directory));
    assert_eq!(running_machines(&spec.state_dir).unwrap(), running[2..]);
    end_machine(&running[2]).unwrap();
    assert!(machine_directories(&spec.state_dir).is_empty());
}
