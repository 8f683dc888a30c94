//! The proof that KVM runs an image, on whatever KVM this host has: none, one that works, or one that only opens.

mod guests;

use std::fs::{self, OpenOptions};
use std::path::Path;

use guests::{Program, machine_directories, qemu, write_files};
use skerry_vmm::accelerator::{AcceleratorError, Proof, resolve};
use skerry_vmm::{Accelerator, AcceleratorChoice};

fn proof(directory: &Path, code: &[u8]) -> Proof {
    let (loader, unikernel) = write_files(directory, code);
    Proof {
        loader,
        unikernel,
        image_id: "test".to_owned(),
        memory_mib: 64,
        state_dir: directory.join("state"),
        cache_file: Some(directory.join("cache/accelerator.json")),
    }
}

fn kvm_opens() -> bool {
    let opens = OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
    if !opens {
        eprintln!("skipped in part: /dev/kvm cannot be opened here, so nothing is booted under KVM");
    }
    opens
}

#[test]
fn tcg_is_taken_at_its_word_and_nothing_is_booted() {
    let directory = tempfile::tempdir().unwrap();
    let proof = proof(directory.path(), &Program::default().halt());
    let resolved = resolve(AcceleratorChoice::Tcg, &qemu(), &proof).unwrap();
    assert_eq!(resolved.accelerator, Accelerator::Tcg);
    assert!(!proof.state_dir.exists());
}

#[test]
fn an_image_that_never_gets_ready_under_kvm_gets_tcg_and_that_is_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let proof = proof(directory.path(), &Program::default().halt());
    let first = resolve(AcceleratorChoice::Auto, &qemu(), &proof).unwrap();
    assert_eq!(first.accelerator, Accelerator::Tcg);
    assert!(first.reason.contains("/dev/kvm"), "{}", first.reason);
    assert!(machine_directories(&proof.state_dir).is_empty());
    if kvm_opens() {
        assert!(!first.remembered);
        let second = resolve(AcceleratorChoice::Auto, &qemu(), &proof).unwrap();
        assert!(second.remembered);
        assert_eq!((second.accelerator, &second.reason), (first.accelerator, &first.reason));
        let other = Proof { image_id: "other".to_owned(), ..proof.clone() };
        assert!(!resolve(AcceleratorChoice::Auto, &qemu(), &other).unwrap().remembered, "another image is proven anew");
        fs::write(proof.cache_file.as_ref().unwrap(), "{ not json").unwrap();
        assert!(!resolve(AcceleratorChoice::Auto, &qemu(), &proof).unwrap().remembered, "a corrupt file is no answer");
    }
}

#[test]
fn kvm_by_name_does_not_fall_back() {
    let directory = tempfile::tempdir().unwrap();
    let proof = proof(directory.path(), &Program::default().halt());
    let error = resolve(AcceleratorChoice::Kvm, &qemu(), &proof).unwrap_err();
    assert!(matches!(error, AcceleratorError::KvmUnusable { .. }), "{error}");
    assert!(error.to_string().contains("/dev/kvm"), "{error}");
}

#[test]
fn an_image_that_gets_ready_under_kvm_gets_kvm() {
    if !kvm_opens() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let proof = proof(directory.path(), &Program::default().write_ready().halt());
    let resolved = resolve(AcceleratorChoice::Auto, &qemu(), &proof).unwrap();
    eprintln!("{resolved:?}");
    if resolved.accelerator == Accelerator::Kvm {
        assert!(resolve(AcceleratorChoice::Kvm, &qemu(), &proof).unwrap().remembered);
    } else {
        eprintln!("skipped in part: this host's KVM cannot even run a guest of a few instructions");
        assert!(resolved.reason.contains("/dev/kvm"), "{}", resolved.reason);
    }
}

#[test]
fn a_proof_without_an_image_is_an_error_of_its_own() {
    if !kvm_opens() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let proof = Proof { unikernel: "/nonexistent".into(), ..proof(directory.path(), &Program::default().halt()) };
    let error = resolve(AcceleratorChoice::Auto, &qemu(), &proof).unwrap_err();
    assert!(matches!(error, AcceleratorError::Start(_)), "{error}");
}

#[test]
fn a_kvm_that_stops_at_an_instruction_is_told_from_one_that_works() {
    if !kvm_opens() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let code = Program::default().use_sse().write_ready().halt();
    let resolved = resolve(AcceleratorChoice::Auto, &qemu(), &proof(directory.path(), &code)).unwrap();
    eprintln!("{resolved:?}");
    if resolved.accelerator == Accelerator::Tcg {
        assert!(resolved.reason.contains("KVM cannot run the image"), "{}", resolved.reason);
    } else {
        eprintln!("skipped in part: this host's KVM works, so there is no failure to report");
    }
}
