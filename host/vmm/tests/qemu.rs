//! Real machines under the host's QEMU: how they start, speak, end, and what they leave behind.

mod guests;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

use guests::{KilledAtEnd, LONG, Program, is_running, machine_directories, qemu, ready_line, spec};
use skerry_api::boot::GuestExit;
use skerry_vmm::{Backend, ExitCause, Lifetime, MicroVm, NotReady, SpecError, StartError, VmExit, VmSpec};

/// Starts a machine and waits for its end, which a guest may reach before the start has returned.
fn run_to_end(spec: &VmSpec) -> VmExit {
    match qemu().start(spec) {
        Ok(mut machine) => machine.wait(LONG).expect("it can be waited for").expect("it ends"),
        Err(StartError::Ended(exit)) => exit,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_ready_guest_is_noticed_and_a_stopped_one_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), &Program::default().write(b"boot\r\n").write_ready().halt());
    let mut machine = qemu().start(&spec).unwrap();
    assert_eq!(machine.wait_until_ready(LONG).unwrap(), ready_line());
    assert_eq!(machine.wait_until_ready(Duration::ZERO).unwrap(), ready_line(), "the same line again");
    let address = machine.address().tcp().unwrap();
    assert!(address.ip().is_loopback());
    assert_ne!(address.port(), 0);
    assert_eq!(machine.wait(Duration::ZERO).unwrap(), None);
    assert!(machine.serial_tail(2).starts_with("boot\n{"), "{}", machine.serial_tail(2));
    let timings = machine.timings();
    assert!(timings.spawned_us <= timings.monitor_ready_us && timings.monitor_ready_us <= timings.machine_built_us);
    assert!(timings.ready_us.is_some());

    let own = machine.directory().to_path_buf();
    assert_eq!(machine.serial_log().parent(), Some(own.as_path()));
    let process_id = machine.process().id();
    assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(machine.serial_log()).unwrap().permissions().mode() & 0o777, 0o600);
    machine.stop().unwrap();
    assert!(!own.exists());
    assert!(!is_running(process_id));
}

#[test]
fn a_dropped_machine_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), &Program::default().halt());
    let machine = qemu().start(&spec).unwrap();
    let process_id = machine.process().id();
    drop(machine);
    assert!(!is_running(process_id));
    assert_eq!(machine_directories(&spec.state_dir), [] as [std::path::PathBuf; 0]);
}

#[test]
fn qemu_is_confined() {
    let directory = tempfile::tempdir().unwrap();
    let machine = qemu().start(&spec(directory.path(), &Program::default().halt())).unwrap();
    let process_id = machine.process().id();
    let status = fs::read_to_string(format!("/proc/{process_id}/status")).unwrap();
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    if qemu().has_sandbox() {
        assert!(status.contains("Seccomp:\t2"), "{status}");
    } else {
        eprintln!("skipped: this QEMU was built without seccomp, so there is no filter to look for");
    }
    let environment = fs::read_to_string(format!("/proc/{process_id}/environ")).unwrap();
    assert!(environment.starts_with("GLIBC_TUNABLES=") && !environment.contains("PATH="), "{environment}");
}

#[test]
fn each_exit_code_of_a_guest_is_understood() {
    let directory = tempfile::tempdir().unwrap();
    for exit in GuestExit::ALL {
        let ended = run_to_end(&spec(directory.path(), &Program::default().write(b"last words\n").exit(exit as u8)));
        assert_eq!(ended, VmExit { cause: ExitCause::Guest(exit), serial_tail: "last words".to_owned() });
        assert!(ended.to_string().contains(exit.explanation()) && ended.to_string().contains("last words"));
    }
    let ended = run_to_end(&spec(directory.path(), &Program::default().exit(99)));
    assert_eq!(ended.cause, ExitCause::GuestCode(99));
}

#[test]
fn a_guest_that_ends_before_it_is_ready_ends_the_wait() {
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().write(b"no memory\n").spin(200_000_000).exit(GuestExit::TooLittleMemory as u8);
    let mut machine = qemu().start(&spec(directory.path(), &code)).unwrap();
    let error = machine.wait_until_ready(LONG).unwrap_err();
    let NotReady::Ended(exit) = &error else { panic!("{error}") };
    assert_eq!(exit.cause, ExitCause::Guest(GuestExit::TooLittleMemory));
    assert!(error.to_string().contains("too little memory"), "{error}");
    assert_eq!(machine.wait(Duration::ZERO).unwrap().as_ref(), Some(exit), "the end is remembered");
}

#[test]
fn a_guest_may_use_sse_under_tcg() {
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().use_sse().write_ready().halt();
    qemu().start(&spec(directory.path(), &code)).unwrap().wait_until_ready(LONG).unwrap();
}

#[test]
fn a_guest_that_faults_is_not_rebooted() {
    let directory = tempfile::tempdir().unwrap();
    let ended = run_to_end(&spec(directory.path(), &Program::default().write(b"x\n").triple_fault()));
    assert_eq!(ended, VmExit { cause: ExitCause::Reset, serial_tail: "x".to_owned() });
}

#[test]
fn a_guest_that_never_gets_ready_is_waited_for_no_longer_than_asked() {
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().write(b"{\"event\":\"rea\xff\n\x1b[2Jstuck").halt();
    let mut machine = qemu().start(&spec(directory.path(), &code)).unwrap();
    let error = machine.wait_until_ready(Duration::from_millis(300)).unwrap_err();
    assert!(matches!(error, NotReady::TimedOut { .. }), "{error}");
    assert!(error.to_string().contains("stuck"), "{error}");
    assert!(!error.to_string().contains('\x1b'), "no control characters reach the terminal");
    assert_eq!(machine.wait(Duration::ZERO).unwrap(), None, "it still runs");
}

#[test]
fn a_guest_that_floods_its_console_fills_no_disk_and_does_not_end_its_vmm() {
    let directory = tempfile::tempdir().unwrap();
    // Twice as much as fits, in a line without end; after it the guest still ends as it wants.
    let limit_bytes = 256 * 1024;
    let code = Program::default().write_many(2 * limit_bytes).exit(GuestExit::Finished as u8);
    let qemu = qemu().with_serial_limit_bytes(limit_bytes.into());
    let mut machine = qemu.start(&spec(directory.path(), &code)).unwrap();
    let error = machine.wait_until_ready(LONG).unwrap_err();
    assert_eq!(fs::metadata(machine.serial_log()).unwrap().len(), u64::from(limit_bytes));
    let NotReady::Ended(exit) = error else { panic!("{error}") };
    assert_eq!(exit.cause, ExitCause::Guest(GuestExit::Finished));
    assert!(exit.serial_tail.len() < 64 * 1024);
}

#[test]
fn a_guest_that_floods_its_console_for_ever_can_be_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let qemu = qemu().with_serial_limit_bytes(64 * 1024);
    let mut machine = qemu.start(&spec(directory.path(), &Program::default().flood())).unwrap();
    assert!(matches!(machine.wait_until_ready(Duration::from_millis(500)), Err(NotReady::TimedOut { .. })));
    machine.stop().unwrap();
}

#[test]
fn another_thread_can_kill_a_machine_and_see_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let mut machine = qemu().start(&spec(directory.path(), &Program::default().halt())).unwrap();
    let (killer, watcher) = (machine.process(), machine.process());
    let watching = thread::spawn(move || watcher.wait_for_end());
    let killing = thread::spawn(move || killer.kill());
    let error = machine.wait_until_ready(LONG).unwrap_err();
    killing.join().unwrap().unwrap();
    watching.join().unwrap();
    let NotReady::Ended(exit) = error else { panic!("{error}") };
    assert_eq!(exit.cause, ExitCause::Signal(9));
    assert!(exit.to_string().contains("SIGKILL"), "{exit}");
    machine.process().kill().unwrap();
    machine.stop().unwrap();
}

#[test]
fn two_machines_at_once_do_not_meet() {
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().write_ready().halt();
    let mut first = qemu().start(&spec(directory.path(), &code)).unwrap();
    let mut second = qemu().start(&spec(directory.path(), &code)).unwrap();
    assert_ne!(first.address(), second.address());
    assert_ne!(first.serial_log(), second.serial_log());
    first.wait_until_ready(LONG).unwrap();
    first.stop().unwrap();
    second.wait_until_ready(LONG).unwrap();
    assert_eq!(second.wait(Duration::ZERO).unwrap(), None);
}

#[test]
fn a_machine_that_outlives_its_host_is_not_killed_by_drop() {
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().write_ready().halt();
    let spec = VmSpec { lifetime: Lifetime::Outlives, ..spec(directory.path(), &code) };
    let machine = qemu().start(&spec).unwrap();
    let process = machine.process();
    let _guard = KilledAtEnd(process.id());
    drop(machine);
    assert!(is_running(process.id()));
    let kept = machine_directories(&spec.state_dir);
    assert_eq!(kept.len(), 1);
    // Its directory is in use by QEMU itself, so another start leaves it alone; once QEMU is gone, it is swept.
    let other = VmSpec { lifetime: Lifetime::EndsWithHost, ..spec.clone() };
    drop(qemu().start(&other).unwrap());
    assert_eq!(machine_directories(&spec.state_dir), kept);
    process.kill().unwrap();
    process.wait_for_end();
    drop(qemu().start(&other).unwrap());
    assert!(machine_directories(&spec.state_dir).is_empty());
}

#[test]
fn what_cannot_be_started_says_why_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let good = spec(directory.path(), &Program::default().halt());
    let start = |spec: &VmSpec| qemu().start(spec).map(|_| ()).unwrap_err();

    let error = start(&VmSpec { cpu_count: 0, ..good.clone() });
    assert!(matches!(error, StartError::Spec(SpecError::CpuCount(0))), "{error}");

    let error = start(&VmSpec { unikernel: directory.path().join("missing"), ..good.clone() });
    assert!(error.to_string().contains("missing") && error.to_string().contains("skerry image build"), "{error}");
    let error = start(&VmSpec { loader: directory.path().to_path_buf(), ..good.clone() });
    assert!(matches!(error, StartError::File { what: "loader", .. }), "{error}");

    let not_elf = directory.path().join("text");
    fs::write(&not_elf, "this is no kernel at all").unwrap();
    let error = start(&VmSpec { loader: not_elf, ..good.clone() });
    let StartError::Ended(VmExit { cause: ExitCause::Vmm { status: 1, message }, .. }) = &error else {
        panic!("{error}")
    };
    assert!(!message.is_empty(), "QEMU's own message is shown");

    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = start(&VmSpec { state_dir: file, ..good.clone() });
    assert!(matches!(error, StartError::Directory { .. }), "{error}");

    assert!(machine_directories(&good.state_dir).is_empty());
    let _: Box<dyn MicroVm> = qemu().start(&good).unwrap();
}
