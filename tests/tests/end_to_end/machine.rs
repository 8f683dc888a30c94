//! Machines that end, cannot begin, or are ended: each with its reason, and nothing of them is left.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use serde_json::Value;
use skerry_api::boot::GuestExit;
use skerry_tests::command::{Ended, Places, Skerry};
use skerry_tests::http::Connection;
use skerry_tests::image;
use skerry_tests::process::{is_running, names_in, signal, wait_for, working_in};
use skerry_tests::runtime::{Runtime, Setup};
use skerry_vmm::{ExitCause, VmExit};
use tempfile::TempDir;

const PROVISION: [&str; 5] = ["provision", "--json", "--accelerator", "tcg", "--no-setup"];

/// A `skerry provision` that keeps its runtime up.
struct Provisioned {
    skerry: Skerry,
    machine: u32,
    /// Kept open: its end is the machine's.
    connection: Connection,
}

/// Starts one and waits for its first answer.
#[track_caller]
fn provision(places: &Places) -> Provisioned {
    let skerry = places.start(&PROVISION);
    let report: Value = serde_json::from_str(&skerry.line()).unwrap();
    let machine = u32::try_from(report["process_id"].as_u64().unwrap()).unwrap();
    assert!(is_running(machine));
    assert_eq!(working_in(&places.state_dir()), [machine]);
    let address = report["endpoint"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let mut connection = Connection::open(address);
    assert_eq!(connection.get("/healthz").status, 200);
    Provisioned { skerry, machine, connection }
}

#[test]
fn a_machine_that_is_killed_is_noticed_and_said() {
    let places = Places::new();
    let Provisioned { skerry, machine, .. } = provision(&places);
    signal(machine, Signal::SIGKILL);
    let ended = skerry.ended();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("the microVM ended by itself: SIGKILL ended the VMM"), "{ended:?}");
    places.hold_nothing();
}

#[test]
fn a_signal_stops_the_machine_and_leaves_nothing() {
    for (number, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let places = Places::new();
        let Provisioned { skerry, machine, mut connection } = provision(&places);
        skerry.signal(number);
        let ended = skerry.ended();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains("nothing is left running"), "{ended:?}");
        assert!(!is_running(machine));
        assert_eq!(connection.rest(), "");
        places.hold_nothing();
    }
}

#[test]
fn a_signal_while_the_machine_boots_leaves_nothing_either() {
    let places = Places::new();
    let skerry = places.start(&PROVISION);
    // A child of skerry's that has not become the VMM yet would be no machine.
    let is_vmm =
        |id: &u32| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe.ends_with("qemu-system-x86_64"));
    let machine = wait_for("the machine's process", || working_in(&places.state_dir()).into_iter().find(is_vmm));
    // Held where it is, it never gets ready.
    signal(machine, Signal::SIGSTOP);
    skerry.signal(Signal::SIGINT);
    let ended = skerry.ended();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(!is_running(machine));
    places.hold_nothing();
}

#[test]
fn a_signal_before_there_is_a_machine_starts_none() {
    let places = Places::new();
    let skerry = places.start(&PROVISION);
    // As soon as it watches for signals: earlier, it has nothing to clean up, and the signal's own effect will do.
    let watches = wait_for("the watch for signals", || {
        let status = fs::read_to_string(format!("/proc/{}/status", skerry.process_id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap_or("0");
        let interrupt = 1_u64 << (Signal::SIGINT as u64 - 1);
        let watches = u64::from_str_radix(caught, 16).unwrap() & interrupt != 0;
        (watches || !is_running(skerry.process_id())).then_some(watches)
    });
    if !watches {
        panic!("it has ended: {:?}", skerry.ended());
    }
    skerry.signal(Signal::SIGINT);
    let ended = skerry.ended();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    places.hold_nothing();
}

#[test]
fn a_host_that_is_killed_takes_its_machine_along_and_the_next_sweeps_up() {
    let places = Places::new();
    let Provisioned { skerry, machine, mut connection } = provision(&places);
    skerry.signal(Signal::SIGKILL);
    let ended = skerry.ended();
    assert_eq!(ended.code, None, "a signal ended it: {ended:?}");
    assert_eq!(connection.rest(), "", "the machine's own socket closes");
    wait_for("the machine's end", || (!is_running(machine)).then_some(()));
    assert_eq!(names_in(&places.state_dir()).len(), 1, "nobody was there to remove its directory");
    let next = places.run(&[&PROVISION[..], &["--once"]].concat());
    assert_eq!(next.code, Some(0), "{next:?}");
    places.hold_nothing();
}

/// An image like the real one, but for its unikernel.
fn broken(unikernel: &[u8]) -> (TempDir, Setup) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("unikernel");
    fs::write(&path, unikernel).unwrap();
    (directory, Setup { unikernel: path, ..Setup::with(&[]) })
}

#[track_caller]
fn is_bad_image(exit: &VmExit) {
    assert_eq!(exit.cause, ExitCause::Guest(GuestExit::BadImage), "{exit}");
    assert!(exit.serial_tail.contains("skerry-loader: "), "the loader says why on the console: {exit}");
}

#[test]
fn an_image_that_is_none_ends_with_a_code_and_a_message_of_its_own() {
    let good = fs::read(&image::minimal().unikernel).unwrap();
    let noise: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let mut other_machine = good.clone();
    // e_machine of an ELF header: 183 is AArch64.
    other_machine[18..20].copy_from_slice(&183_u16.to_le_bytes());
    for bytes in [&b""[..], b"\x7fELF", &noise, &vec![0; 4096], &good[..64], &good[..good.len() / 2], &other_machine] {
        let (_directory, setup) = broken(bytes);
        is_bad_image(&setup.failed_boot());
    }
}

/// Where the program headers of an ELF file are that say what is loaded (ELF-64: `e_phoff` 32, `e_phnum` 56, 56 bytes each,
/// `p_type` 1).
fn load_headers(file: &[u8]) -> Vec<usize> {
    let number = |at: usize, bytes: usize| {
        let digits = file[at..at + bytes].iter().rev();
        digits.fold(0, |value, byte| value << 8 | usize::from(*byte))
    };
    let headers = (0..number(56, 2)).map(|index| number(32, 8) + 56 * index);
    headers.filter(|at| number(*at, 4) == 1).collect()
}

#[test]
fn an_image_whose_header_lies_ends_and_does_not_hang() {
    let good = fs::read(&image::minimal().unikernel).unwrap();
    let loads = load_headers(&good);
    assert!(!loads.is_empty());
    // Entry point, place and number of program headers; of each part: place in the file, address, sizes there and in memory.
    let file_fields = [24, 32, 54];
    let part_fields = loads.iter().flat_map(|at| [8, 16, 32, 40].map(|field| at + field));
    for at in file_fields.into_iter().chain(part_fields) {
        let mut bytes = good.clone();
        bytes[at..at + 8].fill(0xff);
        let (_directory, setup) = broken(&bytes);
        match setup.try_boot() {
            Ok(runtime) => panic!("bytes at {at}: {:?}", runtime.ready()),
            Err(exit) => is_bad_image(&exit),
        }
    }
}

#[test]
fn a_loader_that_is_none_is_an_error_of_the_vmm() {
    let directory = tempfile::tempdir().unwrap();
    let loader = directory.path().join("loader");
    fs::File::create(&loader).unwrap().write_all(b"no ELF at all").unwrap();
    let exit = Setup { loader, ..Setup::with(&[]) }.failed_boot();
    assert!(matches!(&exit.cause, ExitCause::Vmm { message, .. } if !message.is_empty()), "{exit}");
}

/// A target directory whose store has the image, with another unikernel under its name.
fn store_with(unikernel: &[u8]) -> TempDir {
    let (image, directory) = (image::minimal(), tempfile::tempdir().unwrap());
    let folder = |target: &Path| target.join("skerry/images").join(&image.id);
    let ours: PathBuf = folder(directory.path());
    fs::create_dir_all(&ours).unwrap();
    for name in ["loader", "image.json"] {
        fs::copy(folder(&image::target_dir()).join(name), ours.join(name)).unwrap();
    }
    fs::write(ours.join("unikernel"), unikernel).unwrap();
    directory
}

#[test]
fn provision_says_that_an_image_is_broken_and_what_to_do() {
    let good = fs::read(&image::minimal().unikernel).unwrap();
    let target = store_with(&good[..good.len() / 3]);
    let places = Places::with_target_dir(target.path().to_owned());
    let ended = places.run(&PROVISION);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    for words in ["one that it cannot boot (exit code 16)", "skerry-loader: ", "hint: "] {
        assert!(ended.stderr.contains(words), "{words:?} is missing: {ended:?}");
    }
    places.hold_nothing();
}

#[test]
fn too_little_memory_is_said_with_the_flag_that_gives_more() {
    let places = Places::new();
    let ended = places.run(&[&PROVISION[..], &["--memory", "16"]].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    for words in ["too little memory", "hint: give it more with --memory"] {
        assert!(ended.stderr.contains(words), "{words:?} is missing: {ended:?}");
    }
    places.hold_nothing();
}

#[test]
fn each_size_of_memory_either_works_or_is_too_little_and_says_so() {
    for memory_mib in [16, 20, 24, 28, 32, 40, 48] {
        let setup = Setup { memory_mib, ..Setup::with(&[]) };
        match setup.try_boot() {
            Ok(runtime) => runtime.serves_the_next_client(),
            Err(exit) => {
                assert_eq!(exit.cause, ExitCause::Guest(GuestExit::TooLittleMemory), "{memory_mib} MiB: {exit}");
                assert!(exit.serial_tail.contains("MiB"), "{memory_mib} MiB: {exit}");
                assert!(memory_mib <= 32, "{memory_mib} MiB should do");
            }
        }
    }
    let exit = Setup { memory_mib: 24, ..Setup::with(&[]) }.failed_boot();
    assert_eq!(exit.cause, ExitCause::Guest(GuestExit::TooLittleMemory), "{exit}");
}

#[test]
fn a_larger_machine_has_more_memory_to_give() {
    let small = Runtime::start(&[]).ready().memory_free_bytes;
    let large = Runtime::boot(&Setup { memory_mib: 256, ..Setup::with(&[]) });
    assert!(large.ready().memory_free_bytes > small + 150 * 1024 * 1024, "{:?}", large.ready());
    large.serves_the_next_client();
}

/// What `provision` says of the accelerator, with places whose cache knows nothing yet.
fn provision_with(accelerator: &str, places: &Places) -> Ended {
    places.run(&["provision", "--once", "--json", "--no-setup", "--accelerator", accelerator])
}

#[test]
fn a_kvm_that_does_not_work_is_passed_over_with_the_reason_and_remembered() {
    let places = Places::new();
    let ended = provision_with("auto", &places);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    if report["accelerator"]["name"] == "kvm" {
        eprintln!("skipped: KVM works here, so there is nothing to fall back from");
        return;
    }
    assert_eq!((ended.code, &report["function"]["correct"]), (Some(0), &true.into()), "{ended:?}");
    let reason = report["accelerator"]["reason"].as_str().unwrap();
    assert!(reason.contains("kvm") || reason.contains("KVM"), "{reason:?}");
    if fs::OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok() {
        // It opens: so the image was tried on it, once.
        let again = provision_with("auto", &places);
        assert!(again.stderr.contains("(remembered)"), "{again:?}");
    } else {
        eprintln!("skipped in part: /dev/kvm does not open here, so there is no proof to remember");
    }
    let by_name = provision_with("kvm", &places);
    assert_eq!((by_name.code, by_name.stdout.as_str()), (Some(1), ""), "{by_name:?}");
    assert!(by_name.stderr.contains("KVM does not work here: "), "{by_name:?}");
    places.hold_nothing();
}
