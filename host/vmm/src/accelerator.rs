//! KVM or TCG: which one really runs our image on this machine.
//!
//! `/dev/kvm` may open and still not run a guest, so `auto` boots the image once under KVM, for two seconds at most, and
//! remembers the answer for this kernel, QEMU, processor and image.

mod memory;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::utsname::uname;
use skerry_api::boot::GuestExit;
use skerry_api::faas::GUEST_PORT;

use crate::{ExitCause, Lifetime, MicroVm, Network, NotReady, Qemu, StartError, VmExit, VmSpec};
use memory::{Entry, Key};

/// How long the proof may take, from QEMU's start to the guest's readiness. A KVM that works takes some 100 ms.
const PROOF_TIME_LIMIT: Duration = Duration::from_secs(2);
/// How long a failure is believed: it may have been the load of that moment, and trying again costs the limit above.
const FAILURE_BELIEVED_S: u64 = 24 * 3600;
/// KVM's device.
const KVM_DEVICE: &str = "/dev/kvm";

/// What executes a guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// The processor, through Linux's KVM.
    Kvm,
    /// QEMU's translator: works everywhere, several times slower.
    Tcg,
}

/// What a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceleratorChoice {
    /// KVM where it is proven to run our image, else TCG.
    #[default]
    Auto,
    /// KVM or an error.
    Kvm,
    /// TCG.
    Tcg,
}

/// What the proof needs: an image to boot and places to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The loader to boot.
    pub loader: PathBuf,
    /// The unikernel to boot.
    pub unikernel: PathBuf,
    /// The image's identity (its content hash): another image is proven anew.
    pub image_id: String,
    /// Memory of the machine that is booted for the proof, in MiB.
    pub memory_mib: u32,
    /// Where the machine's directory is made, as in [`crate::VmSpec::state_dir`].
    pub state_dir: PathBuf,
    /// Where the answer is remembered (`~/.cache/skerry/accelerator.json`); `None`: nowhere.
    pub cache_file: Option<PathBuf>,
}

/// The accelerator to use, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What to put into [`crate::VmSpec::accelerator`].
    pub accelerator: Accelerator,
    /// Why, for a user: `KVM booted the image in 31 ms`, `/dev/kvm: permission denied; add yourself to group kvm`.
    pub reason: String,
    /// Whether the answer is an earlier run's.
    pub remembered: bool,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        })
    }
}

/// A word that names no accelerator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no accelerator; use `auto`, `kvm` or `tcg`")]
pub struct UnknownAccelerator(String);

impl FromStr for AcceleratorChoice {
    type Err = UnknownAccelerator;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "auto" => Ok(Self::Auto),
            "kvm" => Ok(Self::Kvm),
            "tcg" => Ok(Self::Tcg),
            _ => Err(UnknownAccelerator(word.to_owned())),
        }
    }
}

/// Why there is no accelerator to use.
#[derive(Debug, thiserror::Error)]
pub enum AcceleratorError {
    /// KVM was asked for by name and does not run our image here.
    #[error("KVM does not work here: {reason}; `tcg` or `auto` runs without it")]
    KvmUnusable {
        /// Why.
        reason: String,
    },
    /// The machine for the proof could not be started for a reason that has nothing to do with KVM.
    #[error("cannot start a microVM to try KVM")]
    Start(#[source] StartError),
}

/// What came of the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Proven {
    /// KVM ran the image.
    Works(String),
    /// KVM did not.
    Fails(String),
    /// The image ended in an orderly way that has nothing to do with KVM, which must have run it that far.
    OtherFault(String),
}

/// Chooses the accelerator: what `choice` names, or for `auto` KVM where it is proven to run the image, else TCG.
///
/// Boots the image under KVM at most once and for at most two seconds, unless the answer is remembered. A user who names
/// KVM gets a new proof where the last one failed.
///
/// # Errors
/// When KVM is asked for by name and does not work, or when no machine can be started at all.
pub fn resolve(choice: AcceleratorChoice, qemu: &Qemu, proof: &Proof) -> Result<Resolved, AcceleratorError> {
    if choice == AcceleratorChoice::Tcg {
        return Ok(Resolved { accelerator: Accelerator::Tcg, reason: "asked for".to_owned(), remembered: false });
    }
    if let Err(reason) = open_kvm() {
        return settle(choice, false, reason, false);
    }
    let key = key(qemu, &proof.image_id);
    let known = proof.cache_file.as_deref().and_then(|file| memory::recall(file, &key));
    if let Some(entry) = known.filter(|entry| is_believed(entry, choice, now_s())) {
        return settle(choice, entry.works, entry.reason, true);
    }
    let (works, reason) = match prove(qemu, proof)? {
        Proven::Works(reason) => (true, reason),
        Proven::Fails(reason) => (false, reason),
        // Not remembered: the image was not proven. Its start will show the user what is wrong with it.
        Proven::OtherFault(reason) => return settle(choice, true, reason, false),
    };
    let entry = Entry { key, works, reason: reason.clone(), proven_at_s: now_s() };
    let kept = proof.cache_file.as_deref().map_or(Ok(()), |file| memory::remember(file, entry));
    let reason = match kept {
        Ok(()) => reason,
        Err(error) => format!("{reason} (cannot remember that: {error})"),
    };
    settle(choice, works, reason, false)
}

fn settle(
    choice: AcceleratorChoice,
    kvm_works: bool,
    reason: String,
    remembered: bool,
) -> Result<Resolved, AcceleratorError> {
    match (choice, kvm_works) {
        (_, true) => Ok(Resolved { accelerator: Accelerator::Kvm, reason, remembered }),
        (AcceleratorChoice::Kvm, false) => Err(AcceleratorError::KvmUnusable { reason }),
        (_, false) => Ok(Resolved { accelerator: Accelerator::Tcg, reason, remembered }),
    }
}

/// Whether a remembered answer still counts.
fn is_believed(entry: &Entry, choice: AcceleratorChoice, now_s: u64) -> bool {
    let age_s = now_s.checked_sub(entry.proven_at_s);
    entry.works || (choice == AcceleratorChoice::Auto && age_s.is_some_and(|age_s| age_s < FAILURE_BELIEVED_S))
}

/// Whether the device can be opened; if not, what a user can do about it.
fn open_kvm() -> Result<(), String> {
    OpenOptions::new().read(true).write(true).open(KVM_DEVICE).map(drop).map_err(|error| kvm_advice(&error))
}

fn kvm_advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no {KVM_DEVICE}; switch virtualisation on in the firmware (or nested virtualisation in the \
             hypervisor) and load the module kvm_intel or kvm_amd"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "no permission for {KVM_DEVICE}; add yourself to group kvm (`sudo usermod -aG kvm $USER`) and log in again"
        ),
        _ => format!("cannot open {KVM_DEVICE}: {error}"),
    }
}

/// Boots the image under KVM and sees what comes of it. The machine is gone afterwards.
fn prove(qemu: &Qemu, proof: &Proof) -> Result<Proven, AcceleratorError> {
    let spec = VmSpec {
        name: "kvm-proof".to_owned(),
        loader: proof.loader.clone(),
        unikernel: proof.unikernel.clone(),
        cpu_count: 1,
        memory_mib: proof.memory_mib,
        boot_options: Vec::new(),
        accelerator: Accelerator::Kvm,
        lifetime: Lifetime::EndsWithHost,
        state_dir: proof.state_dir.clone(),
        guest_port: GUEST_PORT,
        network: Network::User,
        limits: None,
    };
    let started_at = Instant::now();
    let deadline = started_at + PROOF_TIME_LIMIT;
    let mut machine = match qemu.start_before(&spec, deadline) {
        Ok(machine) => machine,
        Err(StartError::Ended(exit)) => return Ok(judge_end(&exit)),
        Err(StartError::Monitor(reason)) => return Ok(Proven::Fails(format!("QEMU's monitor {reason} under KVM"))),
        Err(error) => return Err(AcceleratorError::Start(error)),
    };
    let result = machine.wait_until_ready(deadline.saturating_duration_since(Instant::now()));
    let elapsed_ms = started_at.elapsed().as_millis();
    Ok(match result {
        Ok(_) => Proven::Works(format!("KVM booted the image in {elapsed_ms} ms")),
        Err(NotReady::Ended(exit)) => judge_end(&exit),
        Err(NotReady::AcceleratorFailed(reason)) => {
            Proven::Fails(format!("{KVM_DEVICE} opens, but KVM cannot run the image: {reason}"))
        }
        Err(NotReady::TimedOut { .. }) => Proven::Fails(format!(
            "{KVM_DEVICE} opens, but the image was not ready within {} s under KVM",
            PROOF_TIME_LIMIT.as_secs()
        )),
        Err(NotReady::Watch(error)) => Proven::Fails(format!("cannot watch a microVM under KVM: {error}")),
    })
}

/// What a machine's end under KVM says about KVM.
fn judge_end(exit: &VmExit) -> Proven {
    match exit.cause {
        // Codes that the loader and the runtime end with on purpose: the processor did as it was told.
        ExitCause::Guest(
            GuestExit::Finished | GuestExit::BadImage | GuestExit::TooLittleMemory | GuestExit::RuntimeRefused,
        ) => Proven::OtherFault(format!("KVM ran the image, which ended by itself: {}", exit.cause)),
        _ => Proven::Fails(format!("{KVM_DEVICE} opens, but the image does not run under KVM: {}", exit.cause)),
    }
}

fn key(qemu: &Qemu, image_id: &str) -> Key {
    let kernel = uname().map_or_else(
        |_| String::new(),
        |name| format!("{} {}", name.release().to_string_lossy(), name.version().to_string_lossy()),
    );
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    Key {
        kernel,
        qemu: format!("{} {}", qemu.program().display(), qemu.version()),
        processor: processor_model(&processors),
        image_id: image_id.to_owned(),
    }
}

/// The model of the first processor, with what tells steppings and microcode apart.
pub(crate) fn processor_model(cpuinfo: &str) -> String {
    let wanted = ["vendor_id", "cpu family", "model", "model name", "stepping", "microcode"];
    let first = cpuinfo.split("\n\n").next().unwrap_or_default();
    let values = first.lines().filter_map(|line| line.split_once(':'));
    let values = values.filter(|(name, _)| wanted.contains(&name.trim())).map(|(_, value)| value.trim());
    values.collect::<Vec<_>>().join(" ")
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(works: bool) -> Entry {
        let key = Key { kernel: String::new(), qemu: String::new(), processor: String::new(), image_id: String::new() };
        Entry { key, works, reason: String::new(), proven_at_s: 1_000_000 }
    }

    fn ended(cause: ExitCause) -> VmExit {
        VmExit { cause, serial_tail: String::new() }
    }

    #[test]
    fn choices_are_read_from_their_names_only() {
        assert_eq!("auto".parse(), Ok(AcceleratorChoice::Auto));
        assert_eq!("kvm".parse(), Ok(AcceleratorChoice::Kvm));
        assert_eq!("tcg".parse(), Ok(AcceleratorChoice::Tcg));
        assert_eq!("KVM".parse::<AcceleratorChoice>(), Err(UnknownAccelerator("KVM".to_owned())));
    }

    #[test]
    fn a_success_is_believed_for_ever_and_a_failure_for_a_day() {
        let proven_at_s = entry(true).proven_at_s;
        assert!(is_believed(&entry(true), AcceleratorChoice::Auto, u64::MAX));
        assert!(is_believed(&entry(false), AcceleratorChoice::Auto, proven_at_s + 60));
        assert!(!is_believed(&entry(false), AcceleratorChoice::Auto, proven_at_s + FAILURE_BELIEVED_S));
        assert!(!is_believed(&entry(false), AcceleratorChoice::Auto, proven_at_s - 1), "from the future");
    }

    #[test]
    fn a_user_who_names_kvm_gets_a_new_proof_where_the_last_failed() {
        assert!(is_believed(&entry(true), AcceleratorChoice::Kvm, 1_000_060));
        assert!(!is_believed(&entry(false), AcceleratorChoice::Kvm, 1_000_060));
    }

    #[test]
    fn only_auto_falls_back() {
        let settled = settle(AcceleratorChoice::Auto, false, "why".to_owned(), true).unwrap();
        assert_eq!((settled.accelerator, settled.reason.as_str(), settled.remembered), (Accelerator::Tcg, "why", true));
        let error = settle(AcceleratorChoice::Kvm, false, "why".to_owned(), false).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
        assert_eq!(settle(AcceleratorChoice::Kvm, true, String::new(), false).unwrap().accelerator, Accelerator::Kvm);
    }

    #[test]
    fn the_advice_fits_the_error() {
        assert!(kvm_advice(&io::ErrorKind::PermissionDenied.into()).contains("group kvm"));
        assert!(kvm_advice(&io::ErrorKind::NotFound.into()).contains("kvm_intel or kvm_amd"));
        assert!(kvm_advice(&io::ErrorKind::OutOfMemory.into()).contains("cannot open"));
    }

    #[test]
    fn an_orderly_end_speaks_for_kvm_and_any_other_against_it() {
        assert!(matches!(judge_end(&ended(ExitCause::Guest(GuestExit::BadImage))), Proven::OtherFault(_)));
        for cause in [ExitCause::Reset, ExitCause::Signal(6), ExitCause::Guest(GuestExit::Panicked)] {
            assert!(matches!(judge_end(&ended(cause)), Proven::Fails(_)));
        }
    }

    #[test]
    fn the_processors_model_is_that_of_the_first() {
        let text = "processor\t: 0\nvendor_id\t: A\nmodel name\t: B C\nflags : x\n\nprocessor : 1\nmodel name : D\n";
        assert_eq!(processor_model(text), "A B C");
        assert_eq!(processor_model(""), "");
    }
}
