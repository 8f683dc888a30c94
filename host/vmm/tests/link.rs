//! Real machines with a private link: where it is, who may come, and that a peer may go and come again.

mod guests;

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use guests::{LONG, Program, machine_directories, qemu, spec};
use skerry_vmm::{Backend, GuestAddress, Network, StartError, VmSpec};

/// Connects to a link whose path may be too long for an address.
fn connect(link: &Path) -> UnixStream {
    let directory = File::open(link.parent().expect("the host does its part")).expect("the host does its part");
    let name = link.file_name().expect("the host does its part").to_str().expect("the host does its part");
    let stream =
        UnixStream::connect(format!("/proc/self/fd/{}/{name}", directory.as_raw_fd())).expect("the host does its part");
    stream.set_read_timeout(Some(LONG)).expect("the host does its part");
    stream
}

fn linked(directory: &Path, code: &[u8]) -> VmSpec {
    VmSpec { network: Network::Link, ..spec(directory, code) }
}

/// Starts a machine with a link, unless this QEMU cannot.
fn start(spec: &VmSpec) -> Option<Box<dyn skerry_vmm::MicroVm>> {
    if qemu().has_link() {
        return Some(qemu().start(spec).expect("the host does its part"));
    }
    let error = qemu().start(spec).map(|_| ()).expect_err("it is refused");
    assert!(matches!(error, StartError::Unsupported { .. }), "{error}");
    assert!(machine_directories(&spec.state_dir).is_empty());
    eprintln!("skipped: {error}");
    None
}

#[test]
fn a_link_is_there_as_soon_as_the_machine_is_even_where_paths_are_long() {
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().write_ready().halt();
    let spec = VmSpec { state_dir: directory.path().join("s".repeat(200)), ..linked(directory.path(), &code) };
    let Some(mut machine) = start(&spec) else { return };
    let GuestAddress::Link(link) = machine.address() else { panic!("{:?}", machine.address()) };
    assert!(machine.address().tcp().is_none());
    assert_eq!(link.parent(), Some(machine.directory()));
    let _stream = connect(&link);
    machine.wait_until_ready(LONG).unwrap();
    machine.stop().unwrap();
    assert!(!link.exists());
}

#[test]
fn a_peer_that_has_gone_may_come_again() {
    let directory = tempfile::tempdir().unwrap();
    let Some(machine) = start(&linked(directory.path(), &Program::default().halt())) else { return };
    let GuestAddress::Link(link) = machine.address() else { panic!("{:?}", machine.address()) };
    // No frames: QEMU holds them back until the guest has a driver, and until then it does not look at the peer again.
    for _ in 0..5 {
        let first = connect(&link);
        let second = connect(&link);
        drop(first);
        drop(second);
    }
    let process_id = machine.process().id();
    assert!(guests::is_running(process_id));
    let mut last = connect(&link);
    machine.stop().unwrap();
    assert!(matches!(last.read(&mut [0; 1]), Ok(0) | Err(_)), "the link ends with its machine");
}
