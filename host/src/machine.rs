//! From an image to a runtime that answers: the accelerator, the boot, the first answer. Shared by the verbs that boot.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use skerry_api::boot::GuestExit;
use skerry_api::console::ReadyLine;
use skerry_api::faas::GUEST_PORT;
use skerry_engine::{BootError, BootPhases, ReadyMachine, boot};
use skerry_image::Image;
use skerry_vmm::accelerator::{Proof, Resolved};
use skerry_vmm::{
    AcceleratorChoice, ExitCause, Lifetime, MicroVm, Network, NotReady, ProcessHandle, Qemu, StartError, VmExit, VmSpec,
};

use crate::arguments::MachineArguments;
use crate::faas_client::FaasClient;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::memory_size::MemorySize;
use crate::places;

/// How long a guest may take to be ready. A boot takes a tenth of a second; this is for a machine that swaps.
const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the first answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a VMM whose guest stopped answering gets to show that it has ended.
const END_GRACE: Duration = Duration::from_millis(200);

/// Everything that a boot needs, found and decided.
#[derive(Debug)]
pub struct Machine {
    /// The VMM.
    pub qemu: Qemu,
    /// What to boot.
    pub image: Image,
    /// What executes the guest, and why.
    pub accelerator: Resolved,
    /// What the user asked for.
    pub arguments: MachineArguments,
    /// Where the microVM's directory is made.
    pub state_dir: PathBuf,
}

/// A runtime that answers.
pub struct Booted {
    /// Its machine.
    pub vm: Box<dyn MicroVm>,
    /// What the guest said when it was ready.
    pub ready: ReadyLine,
    /// A client that has had its first answer.
    pub client: FaasClient,
    /// Where the time went.
    pub phases: BootPhases,
}

/// Decides on the accelerator: boots the image once where that is not known yet.
///
/// # Errors
/// When the one asked for does not run the image.
pub fn resolve(
    choice: AcceleratorChoice,
    qemu: &Qemu,
    image: &Image,
    memory: MemorySize,
    state_dir: Option<&Path>,
) -> Result<Resolved, Failure> {
    let proof = Proof {
        loader: image.loader.clone(),
        unikernel: image.unikernel.clone(),
        image_id: image.id.clone(),
        memory_mib: memory.mib(),
        state_dir: places::state_dir(state_dir)?,
        cache_file: places::accelerator_cache(),
    };
    let resolved = skerry_vmm::accelerator::resolve(choice, qemu, &proof)?;
    Ok(resolved)
}

impl Machine {
    /// Boots the machine and waits for its first answer. A signal meanwhile ends the machine, and this with an error.
    ///
    /// # Errors
    /// When it does not start, is not ready in time or does not answer; nothing is left of it then.
    pub fn boot(&self, interrupt: &Interrupt) -> Result<Booted, Failure> {
        let begun = Instant::now();
        let process: Arc<OnceLock<ProcessHandle>> = Arc::default();
        let started = Arc::clone(&process);
        let kill = move || {
            if let Some(process) = started.get() {
                // Gone already, or ours to end: there is no third.
                let _ = process.kill();
            }
        };
        interrupt.during(kill.clone(), || {
            let ready = boot(&self.qemu, &self.spec(), READY_TIMEOUT, |vmm| {
                process.get_or_init(|| vmm.clone());
                if interrupt.signal().is_some() {
                    // It came while there was nothing to end yet.
                    kill();
                }
            });
            let ReadyMachine { mut vm, ready } = ready.map_err(not_booted)?;
            match first_answer(vm.as_mut(), &ready, begun) {
                Ok((client, phases)) => Ok(Booted { vm, ready, client, phases }),
                Err(failure) => Err(stopped_after(vm, failure)),
            }
        })
    }

    fn spec(&self) -> VmSpec {
        VmSpec {
            name: self.image.flavour.name().to_owned(),
            loader: self.image.loader.clone(),
            unikernel: self.image.unikernel.clone(),
            cpu_count: self.arguments.cpu,
            memory_mib: self.arguments.memory.mib(),
            boot_options: self.arguments.boot_options.clone(),
            accelerator: self.accelerator.accelerator,
            lifetime: Lifetime::EndsWithHost,
            state_dir: self.state_dir.clone(),
            guest_port: guest_port(&self.arguments.boot_options),
            network: Network::User,
            limits: None,
        }
    }
}

impl Booted {
    /// Why a request failed: the machine's own end where it has ended, else the failure as it is.
    pub fn explain(&mut self, failure: Failure) -> Failure {
        match self.vm.wait(END_GRACE) {
            Ok(Some(exit)) => Failure::new(format!("the microVM ended by itself: {exit}")),
            Ok(None) | Err(_) => failure,
        }
    }
}

/// Asks for the first answer, and says where the time went.
fn first_answer(vm: &mut dyn MicroVm, ready: &ReadyLine, begun: Instant) -> Result<(FaasClient, BootPhases), Failure> {
    let address = vm.address().tcp().context("the machine has no TCP address of the host's")?;
    let client = FaasClient::new(&address.to_string(), ANSWER_TIMEOUT)?;
    client.check_health().context("the runtime said that it is ready, and does not answer")?;
    let first_answer_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let phases = BootPhases::new(vm.timings(), &ready.milestones_us, first_answer_us);
    Ok((client, phases))
}

/// Why there is no machine whose guest is ready.
fn not_booted(error: BootError) -> Failure {
    match error {
        BootError::NotStarted(error) => not_started(error),
        BootError::NotReady(error) => not_ready(error),
        BootError::LeftBehind { reason, source } => {
            let failure = not_ready(reason);
            Failure { error: failure.error.context(source.to_string()), ..failure }
        }
    }
}

/// Why the VMM did not start, with what to do where that is known.
fn not_started(error: StartError) -> Failure {
    let hint = match &error {
        StartError::Ended(exit) => advice(exit),
        StartError::Spec(_) => None,
        StartError::File { .. }
        | StartError::Directory { .. }
        | StartError::Spawn { .. }
        | StartError::Unsupported { .. }
        | StartError::Restore { .. }
        | StartError::Monitor(_) => Some("`skerry doctor` looks at what microVMs need"),
    };
    with_hint(error.into(), hint)
}

/// Why the guest is not ready, with what to do where that is known.
fn not_ready(error: NotReady) -> Failure {
    let hint = match &error {
        NotReady::Ended(exit) => advice(exit),
        NotReady::TimedOut { .. } => Some("--boot-option log=debug makes the guest say what it does"),
        NotReady::AcceleratorFailed(_) => Some("--accelerator tcg does without KVM"),
        NotReady::Watch(_) => None,
    };
    with_hint(error.into(), hint)
}

/// What to do about a machine that ended at its start.
fn advice(exit: &VmExit) -> Option<&'static str> {
    match exit.cause {
        ExitCause::Guest(GuestExit::TooLittleMemory) => Some("give it more with --memory"),
        ExitCause::Guest(GuestExit::RuntimeRefused) => Some("--boot-option takes the options that the message names"),
        ExitCause::Guest(GuestExit::BadImage) => {
            Some("`skerry image inspect` shows where the image is; remove it and build it anew")
        }
        _ => None,
    }
}

fn with_hint(failure: Failure, hint: Option<&str>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Stops a machine after a failure, and keeps both failures where that fails too.
fn stopped_after(vm: Box<dyn MicroVm>, failure: Failure) -> Failure {
    match vm.stop() {
        Ok(()) => failure,
        Err(error) => Failure { error: failure.error.context(error.to_string()), ..failure },
    }
}

/// The port that the guest listens on: the boot option's where one is given.
fn guest_port(boot_options: &[(String, String)]) -> u16 {
    boot_options
        .iter()
        .rev()
        .find(|(name, _)| name == skerry_api::boot::OPTION_PORT)
        .and_then(|(_, port)| port.parse().ok())
        .unwrap_or(GUEST_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_answered_with_the_flag_that_gives_more() {
        let exit = VmExit { cause: ExitCause::Guest(GuestExit::TooLittleMemory), serial_tail: String::new() };
        for failure in [not_ready(NotReady::Ended(exit.clone())), not_started(StartError::Ended(exit))] {
            assert_eq!(failure.hint.as_deref(), Some("give it more with --memory"));
            assert!(failure.error.to_string().contains("too little memory"), "{}", failure.error);
        }
    }

    #[test]
    fn the_guests_port_follows_its_boot_option() {
        let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(guest_port(&[]), GUEST_PORT);
        assert_eq!(guest_port(&[option("log", "debug"), option("port", "8080")]), 8080);
        // What is no port the guest refuses, with a message of its own.
        assert_eq!(guest_port(&[option("port", "none")]), GUEST_PORT);
    }
}
