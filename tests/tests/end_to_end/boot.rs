//! Booting: what the machine tells when it is ready, how small it may be, and how large its image is.

use std::io::Write as _;
use std::process::{Command, Stdio};

use skerry_api::boot::GuestExit;
use skerry_api::console::EVENT_READY;
use skerry_api::faas::GUEST_PORT;
use skerry_tests::image;
use skerry_tests::runtime::{Runtime, Setup, USUAL_MEMORY_MIB};
use skerry_vmm::ExitCause;

const MIB: u64 = 1024 * 1024;

/// The issue's budget for loader and unikernel together, in bytes.
const MOST_IMAGE_BYTES: u64 = 2_400_000;
/// The same under `gzip -9`.
const MOST_COMPRESSED_BYTES: usize = 900_000;

#[test]
fn a_machine_of_64_mib_says_when_it_was_where_and_what_it_has() {
    let runtime = Runtime::start(&[]);
    let ready = runtime.ready();
    assert_eq!(ready.event, EVENT_READY);
    assert_eq!(ready.port, GUEST_PORT);
    assert_eq!(ready.langs, "C,WASM");
    let milestones = ready.milestones_us;
    let times = [
        milestones.loader_start,
        milestones.kernel_start,
        milestones.network_start,
        milestones.runtime_start,
        milestones.ready,
    ];
    assert!(times.is_sorted_by(|earlier, later| earlier < later) && times[0] > 0, "{milestones:?}");
    // The firmware and the loader keep a little of it for themselves.
    let memory = u64::from(USUAL_MEMORY_MIB) * MIB;
    assert!((memory - MIB..=memory).contains(&ready.memory_total_bytes), "{ready:?}");
    assert!((memory / 4..memory).contains(&ready.memory_free_bytes), "{ready:?}");
    runtime.serves_the_next_client();
}

#[test]
fn the_console_has_nothing_but_the_runtimes_own_lines() {
    let runtime = Runtime::start(&[]);
    runtime.serves_the_next_client();
    let console = runtime.console();
    assert!(!console.to_lowercase().contains("entropy"), "{console}");
    for line in console.lines() {
        let event = serde_json::from_str::<serde_json::Value>(line);
        assert!(event.is_ok_and(|event| event["event"].is_string()), "not a line of the runtime: {line:?}\n{console}");
    }
}

#[test]
fn a_loader_that_is_asked_to_says_what_it_does() {
    let runtime = Runtime::start(&["log=debug"]);
    assert!(runtime.console().contains("skerry-loader: image "), "{}", runtime.console());
    runtime.serves_the_next_client();
    assert!(runtime.console().contains(r#""route":"/healthz","status":200"#), "{}", runtime.console());
}

#[test]
fn a_boot_option_that_does_not_exist_or_cannot_be_is_refused_with_those_that_can() {
    for (option, words) in [("bogus=1", "no option is called `bogus`"), ("workers=0", "a number from 1 to 64")] {
        let exit = Setup::with(&[option]).failed_boot();
        assert_eq!(exit.cause, ExitCause::Guest(GuestExit::RuntimeRefused), "{exit}");
        assert!(exit.serial_tail.contains(words), "{exit}");
    }
}

#[test]
fn the_image_is_within_its_budget() {
    let image = image::minimal();
    let mut files = std::fs::read(&image.loader).unwrap();
    files.extend(std::fs::read(&image.unikernel).unwrap());
    let bytes = files.len() as u64;
    assert_eq!(bytes, image.size_bytes());
    let parts = image.size_by_part();
    eprintln!("image: {bytes} bytes ({MOST_IMAGE_BYTES} allowed); {parts:?}");
    assert!(bytes <= MOST_IMAGE_BYTES, "the image has {bytes} bytes; {MOST_IMAGE_BYTES} are allowed: {parts:?}");

    let gzip = Command::new("gzip").args(["-9", "--stdout"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut gzip) = gzip else {
        eprintln!("skipped in part: there is no gzip here, so the compressed size is not known");
        return;
    };
    let mut input = gzip.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&files));
    let compressed = gzip.wait_with_output().unwrap().stdout.len();
    writer.join().unwrap().unwrap();
    eprintln!("image under gzip -9: {compressed} bytes ({MOST_COMPRESSED_BYTES} allowed)");
    assert!(
        (1..=MOST_COMPRESSED_BYTES).contains(&compressed),
        "the image has {compressed} bytes under gzip -9; {MOST_COMPRESSED_BYTES} are allowed"
    );
}
