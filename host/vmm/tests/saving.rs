//! Real machines that are saved and restored: what goes on, what stands still, and what damaged states lead to.

mod guests;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guests::{LONG, Program, counted, is_count, machine_directories, qemu, ready_line, spec, wait_for_count};
use skerry_vmm::{Backend, ExitCause, MicroVm, Network, NotReady, SaveError, StartError, VmSpec, running_machines};

/// A machine that counts below `directory`, and what it is made of.
fn counting(directory: &Path) -> (VmSpec, Box<dyn MicroVm>) {
    let spec = spec(directory, &Program::default().write_ready().count());
    let machine = qemu().start(&spec).expect("the host does its part");
    (spec, machine)
}

/// Saves a machine that counts; where, what it is made of, and how far it had counted.
fn saved(directory: &Path) -> (PathBuf, VmSpec, String) {
    fs::create_dir_all(directory).expect("the host does its part");
    let (spec, mut machine) = counting(directory);
    wait_for_count(machine.as_ref(), 3);
    let place = directory.join("saved");
    machine.save(&place, LONG).expect("the host does its part");
    let letters = counted(machine.as_ref());
    machine.stop().expect("the host does its part");
    (place, spec, letters)
}

#[track_caller]
fn refused(spec: &VmSpec, place: &Path) -> String {
    let error = qemu().restore(spec, place).map(|_| ()).expect_err("it is refused");
    assert!(matches!(error, StartError::Restore { .. }), "{error}");
    assert!(machine_directories(&spec.state_dir).is_empty(), "nothing is left");
    assert!(running_machines(&spec.state_dir).expect("the host does its part").is_empty(), "nothing runs");
    error.to_string()
}

#[test]
fn a_saved_machine_stands_still_and_goes_on_and_so_does_its_copy() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("deep/saved");
    let (spec, mut machine) = counting(directory.path());
    wait_for_count(machine.as_ref(), 3);
    let report = machine.save(&place, LONG).unwrap();
    let before = counted(machine.as_ref());
    assert_eq!(report.bytes, fs::metadata(place.join("state")).unwrap().len());
    assert_eq!(machine.wait(Duration::ZERO).unwrap(), None, "that it stands still is no failure");

    let mut copy = qemu().restore(&spec, &place).unwrap();
    assert!(copy.timings().restored_us.is_some());
    assert_eq!(copy.wait_until_ready(Duration::ZERO).unwrap(), ready_line(), "it was ready when it was saved");
    let continued = wait_for_count(copy.as_ref(), 30);
    assert!(is_count(&(before.clone() + &continued)), "{before} {continued}");
    assert_eq!(counted(machine.as_ref()), before, "the first one stood still all the time");

    machine.resume().unwrap();
    machine.resume().unwrap();
    let all = wait_for_count(machine.as_ref(), before.len() + 5);
    assert!(is_count(&all), "{all}");
    assert_eq!(machine.wait(Duration::ZERO).unwrap(), None);
    copy.stop().unwrap();
    machine.stop().unwrap();
    assert!(machine_directories(&spec.state_dir).is_empty());
}

#[test]
fn a_prepared_machine_stands_still_until_it_is_resumed_and_needs_no_files_by_then() {
    let directory = tempfile::tempdir().unwrap();
    let (place, spec, letters) = saved(directory.path());
    qemu().share_memory(&spec, &place).unwrap();
    let mut prepared = qemu().prepare(&spec, &place).unwrap();
    fs::remove_dir_all(&place).unwrap();
    assert_eq!(prepared.wait_until_ready(Duration::ZERO).unwrap(), ready_line(), "it was ready when it was saved");
    // One that runs has counted far by now.
    assert_eq!(prepared.wait(Duration::from_millis(200)).unwrap(), None);
    assert_eq!(counted(prepared.as_ref()), "");
    prepared.resume().unwrap();
    assert!(is_count(&(letters + &wait_for_count(prepared.as_ref(), 5))));
    assert_eq!(prepared.wait(Duration::ZERO).unwrap(), None);
    let process = prepared.process();
    prepared.stop().unwrap();
    process.wait_for_end();
    assert!(machine_directories(&spec.state_dir).is_empty());
}

#[test]
fn what_is_saved_is_private_and_replaces_what_was_saved_there() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("saved");
    let (spec, mut machine) = counting(directory.path());
    for _ in 0..3 {
        machine.save(&place, LONG).unwrap();
        machine.resume().unwrap();
    }
    machine.save(&place, LONG).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    for entry in fs::read_dir(&place).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    let last = counted(machine.as_ref());
    let copy = qemu().restore(&spec, &place).unwrap();
    assert!(is_count(&(last + &wait_for_count(copy.as_ref(), 3))));
}

#[test]
fn many_machines_go_on_from_one_state_and_each_can_be_saved_again() {
    let directory = tempfile::tempdir().unwrap();
    let (place, spec, letters) = saved(directory.path());
    let mut copies: Vec<_> = (0..3).map(|_| qemu().restore(&spec, &place).unwrap()).collect();
    let again = directory.path().join("again");
    for copy in &mut copies {
        assert!(is_count(&(letters.clone() + &wait_for_count(copy.as_ref(), 3))));
        copy.save(&again, LONG).unwrap();
        let so_far = counted(copy.as_ref());
        fs::rename(&again, directory.path().join("moved")).unwrap();
        let next = qemu().restore(&spec, &directory.path().join("moved")).unwrap();
        fs::remove_dir_all(directory.path().join("moved")).unwrap();
        assert!(is_count(&(so_far + &wait_for_count(next.as_ref(), 3))), "its files may go once it runs");
    }
}

#[test]
fn a_state_may_be_larger_than_what_a_guest_may_write() {
    let directory = tempfile::tempdir().unwrap();
    let qemu = qemu().with_serial_limit_bytes(4096);
    let code = Program::default().write_many(8192).write_ready().halt();
    let spec = spec(directory.path(), &code);
    let mut machine = qemu.start(&spec).unwrap();
    assert!(matches!(machine.wait_until_ready(Duration::from_millis(300)), Err(NotReady::TimedOut { .. })));
    assert!(machine.save(&directory.path().join("saved"), LONG).unwrap().bytes > 4096);
    machine.resume().unwrap();
    assert_eq!(fs::metadata(machine.serial_log()).unwrap().len(), 4096);
    let limits = fs::read_to_string(format!("/proc/{}/limits", machine.process().id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max file size")).unwrap();
    assert!(line.contains(" 4096 "), "the limit is back: {line}");
    let mut copy = qemu.restore(&spec, &directory.path().join("saved")).unwrap();
    assert_eq!(copy.wait(Duration::ZERO).unwrap(), None);
}

#[test]
fn a_state_that_is_cut_short_or_damaged_is_refused_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (place, spec, _) = saved(directory.path());
    let (state, description) = (place.join("state"), place.join("machine.json"));
    let whole = fs::read(&state).unwrap();
    let text = fs::read_to_string(&description).unwrap();
    fs::write(&state, &whole[..whole.len() / 2]).unwrap();
    let said = refused(&spec, &place);
    assert!(said.contains(&place.display().to_string()) && said.contains("instead of"), "{said}");

    // As long as it says that it is, and still no whole state: QEMU has to find out.
    let claimed = |bytes: usize| text.replace(&format!(":{}", whole.len()), &format!(":{bytes}"));
    for length in [4, 8, 100, whole.len() / 4, whole.len() / 2] {
        fs::write(&state, &whole[..length]).unwrap();
        fs::write(&description, claimed(length)).unwrap();
        refused(&spec, &place);
    }
    let mut damaged = whole.clone();
    damaged[8..64].fill(0xff);
    fs::write(&state, &damaged).unwrap();
    fs::write(&description, &text).unwrap();
    refused(&spec, &place);

    fs::remove_file(&description).unwrap();
    assert!(refused(&spec, &place).contains("machine.json"));
    refused(&spec, &directory.path().join("missing"));
    fs::write(&state, &whole).unwrap();
    fs::write(&description, &text).unwrap();
    qemu().restore(&spec, &place).unwrap().stop().unwrap();
}

#[test]
fn a_machine_of_another_shape_does_not_take_the_state() {
    let directory = tempfile::tempdir().unwrap();
    let (place, spec, _) = saved(directory.path());
    refused(&VmSpec { memory_mib: 32, ..spec.clone() }, &place);
    let error = qemu().restore(&VmSpec { cpu_count: 0, ..spec }, &place).map(|_| ()).unwrap_err();
    assert!(matches!(error, StartError::Spec(_)), "{error}");
}

#[test]
fn a_machine_that_cannot_be_saved_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let (_, mut machine) = counting(directory.path());
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(machine.save(&file, LONG), Err(SaveError::File { .. })));
    let place = directory.path().join("saved");
    let error = machine.save(&place, Duration::ZERO).unwrap_err();
    assert!(matches!(error, SaveError::Failed(_)), "{error}");
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "no half of a state is left");
    let so_far = counted(machine.as_ref()).len();
    assert!(is_count(&wait_for_count(machine.as_ref(), so_far + 5)));
    machine.save(&place, LONG).unwrap();
}

#[test]
fn a_machine_that_has_ended_is_not_saved() {
    let directory = tempfile::tempdir().unwrap();
    let (_, mut machine) = counting(directory.path());
    machine.process().kill().unwrap();
    machine.process().wait_for_end();
    assert!(machine.save(&directory.path().join("saved"), LONG).is_err());
    assert!(machine.resume().is_err());
    assert_eq!(machine.wait(LONG).unwrap().unwrap().cause, ExitCause::Signal(9));
}

#[test]
fn a_machine_with_a_link_is_saved_and_restored() {
    if !qemu().has_link() {
        eprintln!("skipped: this QEMU has no links");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().write_ready().count();
    let spec = VmSpec { network: Network::Link, ..spec(directory.path(), &code) };
    let mut machine = qemu().start(&spec).unwrap();
    wait_for_count(machine.as_ref(), 3);
    machine.save(&directory.path().join("saved"), LONG).unwrap();
    let copy = qemu().restore(&spec, &directory.path().join("saved")).unwrap();
    wait_for_count(copy.as_ref(), 3);
    assert_ne!(copy.address(), machine.address());
}

#[test]
fn the_key_of_a_state_changes_with_the_machine_and_not_with_its_name_or_place() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(directory.path(), &Program::default().halt());
    let key = |spec: &VmSpec| qemu().saved_state_key(spec);
    let other = VmSpec { name: "other".to_owned(), loader: "x".into(), state_dir: "y".into(), ..spec.clone() };
    assert_eq!(key(&spec), key(&other));
    let option = vec![("log".to_owned(), "debug".to_owned())];
    for changed in [
        VmSpec { memory_mib: 65, ..spec.clone() },
        VmSpec { cpu_count: 2, ..spec.clone() },
        VmSpec { network: Network::Link, ..spec.clone() },
        VmSpec { boot_options: option, ..spec.clone() },
        VmSpec { guest_port: 8001, ..spec.clone() },
        VmSpec { accelerator: skerry_vmm::Accelerator::Kvm, ..spec.clone() },
    ] {
        assert_ne!(key(&spec), key(&changed), "{changed:?}");
    }
    assert!(key(&spec).contains(&qemu().version().to_string()));
}

#[test]
fn machines_that_share_their_memory_go_on_alike_and_do_not_meet() {
    let directory = tempfile::tempdir().unwrap();
    let (place, spec, letters) = saved(directory.path());
    let shared = qemu().share_memory(&spec, &place).unwrap();
    assert_eq!(shared, place.join("memory").exists());
    assert_eq!(qemu().share_memory(&spec, &place).unwrap(), shared, "twice is fine");
    if !shared {
        eprintln!("skipped: this QEMU cannot share memory");
    }
    let memory = fs::read(place.join("memory")).unwrap_or_default();
    let mut copies: Vec<_> = (0..3).map(|_| qemu().restore(&spec, &place).unwrap()).collect();
    for copy in &mut copies {
        assert_eq!(copy.wait_until_ready(Duration::ZERO).unwrap(), ready_line());
        assert!(is_count(&(letters.clone() + &wait_for_count(copy.as_ref(), 5))));
    }
    assert_eq!(fs::read(place.join("memory")).unwrap_or_default(), memory, "nobody writes to it");

    // Saved again, such a machine is one like any other.
    let again = directory.path().join("again");
    copies[0].save(&again, LONG).unwrap();
    let so_far = counted(copies[0].as_ref());
    fs::remove_dir_all(&place).unwrap();
    let next = qemu().restore(&spec, &again).unwrap();
    assert!(is_count(&(so_far + &wait_for_count(next.as_ref(), 3))));
    wait_for_count(copies[1].as_ref(), counted(copies[1].as_ref()).len() + 3);
}

#[test]
fn memory_that_is_damaged_is_refused_and_a_state_that_cannot_be_shared_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (place, spec, _) = saved(directory.path());
    let other = VmSpec { memory_mib: 32, ..spec.clone() };
    if !qemu().share_memory(&spec, &place).unwrap() {
        eprintln!("skipped: this QEMU cannot share memory");
        return;
    }
    assert!(refused(&other, &place).contains("bytes of memory"));
    fs::OpenOptions::new().write(true).open(place.join("memory")).unwrap().set_len(1 << 20).unwrap();
    assert!(refused(&spec, &place).contains("`memory`"));
    fs::remove_file(place.join("memory")).unwrap();
    assert!(refused(&spec, &place).contains("`memory`"));

    let (place, spec, _) = saved(&directory.path().join("second"));
    assert!(qemu().share_memory(&VmSpec { memory_mib: 32, ..spec.clone() }, &place).is_err());
    assert!(!place.join("memory").exists());
    qemu().restore(&spec, &place).unwrap();
}
