//! From a machine's description to QEMU's arguments. Pure: touches neither files nor processes.
//!
//! Nothing from an image or a user becomes a QEMU option: file names and the kernel's command line are arguments of their
//! own, and everything else is a number or a word of ours.

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::Path;

use crate::{Accelerator, Network, VmSpec};

/// The serial log's name in the machine's own directory, which is QEMU's working directory.
pub(super) const SERIAL_LOG: &str = "serial.log";

/// The guest's address in its network, which every machine has for itself.
pub(super) const GUEST_ADDRESS: &str = "10.0.2.15";
const GATEWAY_ADDRESS: &str = "10.0.2.2";
const NETWORK_MASK: &str = "255.255.255.0";

/// The guest's network card. The same for all: no two of them are ever on one link. Written down, because a saved state
/// holds it and may be restored by a QEMU whose default is another.
const MAC_ADDRESS: &str = "52:54:00:12:34:56";

/// What TCG can do and the kernel asks for; a named model would promise more and make QEMU warn.
const TCG_CPU: &str = "qemu64,apic,fsgsbase,fxsr,rdrand,rdtscp,xsave,xsaveopt";
/// The translator's memory for translated code is bounded: by default it takes up to 1 GiB of what was never asked for. When
/// it is full, it begins anew.
const TCG: &str = "tcg,tb-size=128";
/// The host's processor without ARCH_CAPABILITIES, which some paravirtual KVMs announce and then fail to set.
const KVM_CPU: &str = "host,arch-capabilities=off";

/// The machine, reduced to what a function as a service needs: no ACPI (hence qboot, not SeaBIOS), no legacy timer or
/// interrupt controller, no option ROMs; its memory neither in core dumps nor merged with other guests' (a side channel).
const MACHINE: &str = "microvm,acpi=off,pit=off,pic=off,rtc=on,x-option-roms=off,auto-kernel-cmdline=on,\
                       usb=off,mem-merge=off,dump-guest-core=off";
/// Every group of system calls that a running machine does not need.
const SANDBOX: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// What the arguments depend on beside the description.
pub(super) struct Surroundings<'a> {
    /// Absolute path of the loader.
    pub(super) loader: &'a Path,
    /// Absolute path of the unikernel.
    pub(super) unikernel: &'a Path,
    /// The listening socket that QEMU inherits for its monitor.
    pub(super) monitor: RawFd,
    /// The listening socket that QEMU inherits for a [`Network::Link`].
    pub(super) link: Option<RawFd>,
    /// Frequency of the host's time-stamp counter in MHz, where it is known.
    pub(super) tsc_mhz: Option<u32>,
    /// Whether QEMU has `-sandbox`.
    pub(super) sandbox: bool,
    /// Whether TCG has RDSEED.
    pub(super) tcg_rdseed: bool,
    /// Whether the machine waits for a saved state instead of booting.
    pub(super) restores: bool,
    /// Where its memory is, if not QEMU's own.
    pub(super) memory: Option<MemoryFile>,
}

/// A file with a machine's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemoryFile {
    /// The open file that QEMU inherits.
    pub(super) descriptor: RawFd,
    /// What becomes of what the guest writes.
    pub(super) access: Access,
}

/// What becomes of what a guest writes to memory that is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It goes into the file.
    Shared,
    /// The guest gets a copy of the page; the file stays as it is, and QEMU could not even write to it.
    Private,
}

/// What QEMU calls the memory of a machine that was given none. States name it, so a file's has to be called the same.
const MEMORY_NAME: &str = "microvm.ram";

/// The variable by which our kernel learns how many processors there are, if it is more than one.
const PROCESSORS_VARIABLE: &str = "SKERRY_PROCESSORS";

/// QEMU's arguments, without its own name.
pub(super) fn arguments(spec: &VmSpec, surroundings: &Surroundings<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::with_capacity(48);
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
    add(&["-name", &spec.name, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]);
    add(&["-machine", &machine(surroundings.memory), "-accel", accelerator(spec.accelerator)]);
    add(&["-cpu", &cpu(spec.accelerator, surroundings.tcg_rdseed)]);
    add(&["-smp", &processors(spec.cpu_count), "-m", &format!("{}M", spec.memory_mib)]);
    if let Some(memory) = surroundings.memory {
        add(&["-object", &memory_object(spec, memory)]);
    }
    if surroundings.restores {
        add(&["-incoming", "defer"]);
    }
    if surroundings.sandbox {
        add(&["-sandbox", SANDBOX]);
    }
    add(&["-chardev", &format!("socket,id=monitor,fd={},server=on,wait=off", surroundings.monitor)]);
    add(&["-mon", "chardev=monitor,mode=control"]);
    add(&["-chardev", &format!("file,id=serial,path={SERIAL_LOG},append=on"), "-serial", "chardev:serial"]);
    add(&["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]);
    add(&["-netdev", &network(spec, surroundings.link), "-global", "virtio-mmio.force-legacy=off"]);
    add(&["-device", &format!("virtio-net-device,netdev=net,mac={MAC_ADDRESS}")]);
    add(&["-append", &kernel_command_line(spec, surroundings.tsc_mhz), "-kernel"]);
    arguments.push(surroundings.loader.into());
    arguments.push("-initrd".into());
    arguments.push(surroundings.unikernel.into());
    arguments
}

fn accelerator(accelerator: Accelerator) -> &'static str {
    match accelerator {
        Accelerator::Kvm => "kvm",
        Accelerator::Tcg => TCG,
    }
}

fn machine(memory: Option<MemoryFile>) -> String {
    memory.map_or_else(|| MACHINE.to_owned(), |_| format!("{MACHINE},memory-backend={MEMORY_NAME}"))
}

/// The options `readonly` and `rom` together mean a file that cannot be written, in memory that can.
fn memory_object(spec: &VmSpec, memory: MemoryFile) -> String {
    let access = match memory.access {
        Access::Shared => "share=on",
        Access::Private => "share=off,readonly=on,rom=off",
    };
    let (bytes, descriptor) = (u64::from(spec.memory_mib) << 20, memory.descriptor);
    format!("memory-backend-file,id={MEMORY_NAME},size={bytes},mem-path=/proc/self/fd/{descriptor},{access}")
}

fn network(spec: &VmSpec, link: Option<RawFd>) -> String {
    match (spec.network, link) {
        (Network::Link, Some(listener)) => format!("stream,id=net,server=on,addr.type=fd,addr.str={listener}"),
        // Port 0: QEMU takes a free one, and its monitor then says which. Nothing can take it in between.
        _ => format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-{GUEST_ADDRESS}:{}", spec.guest_port),
    }
}

fn cpu(accelerator: Accelerator, tcg_rdseed: bool) -> String {
    match accelerator {
        Accelerator::Kvm => KVM_CPU.to_owned(),
        Accelerator::Tcg if tcg_rdseed => format!("{TCG_CPU},rdseed"),
        Accelerator::Tcg => TCG_CPU.to_owned(),
    }
}

/// So many processors, in one package: then their interrupt controllers are numbered without gaps, as the kernel assumes.
fn processors(count: u32) -> String {
    format!("{count},sockets=1,cores={count},threads=1")
}

/// The kernel's own words, then `--` and the application's. QEMU appends the places of the virtio devices.
///
/// `-freq` saves the kernel the calibration of its clock: guests see the host's time-stamp counter under both accelerators.
pub(super) fn kernel_command_line(spec: &VmSpec, tsc_mhz: Option<u32>) -> String {
    let mut line = tsc_mhz.map(|mhz| format!("-freq {mhz} ")).unwrap_or_default();
    if spec.cpu_count > 1 {
        // No table of a microvm lists them for the kernel.
        line += &format!("env={PROCESSORS_VARIABLE}={} ", spec.cpu_count);
    }
    line += &format!(
        "env=HERMIT_IP={GUEST_ADDRESS} env=HERMIT_GATEWAY={GATEWAY_ADDRESS} env=HERMIT_MASK={NETWORK_MASK} --"
    );
    for (name, value) in &spec.boot_options {
        line += &format!(" {name}={value}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lifetime;

    fn spec() -> VmSpec {
        VmSpec {
            name: "demo".to_owned(),
            loader: "loader".into(),
            unikernel: "unikernel".into(),
            cpu_count: 2,
            memory_mib: 64,
            boot_options: vec![("log".to_owned(), "debug".to_owned()), ("port".to_owned(), "8001".to_owned())],
            accelerator: Accelerator::Tcg,
            lifetime: Lifetime::EndsWithHost,
            state_dir: "state".into(),
            guest_port: 8001,
            network: Network::User,
            limits: None,
        }
    }

    fn surroundings() -> Surroundings<'static> {
        Surroundings {
            loader: Path::new("/images/a,b/loader"),
            unikernel: Path::new("/images/a,b/unikernel"),
            monitor: 7,
            link: None,
            tsc_mhz: Some(2596),
            sandbox: true,
            tcg_rdseed: false,
            restores: false,
            memory: None,
        }
    }

    /// The word behind each `name`.
    fn values(arguments: &[OsString], name: &str) -> Vec<String> {
        let pairs = arguments.windows(2).filter(|pair| pair[0] == name);
        pairs.map(|pair| pair[1].clone().into_string().unwrap()).collect()
    }

    #[test]
    fn the_kernels_words_come_before_the_applications() {
        assert_eq!(
            kernel_command_line(&spec(), Some(2596)),
            "-freq 2596 env=SKERRY_PROCESSORS=2 env=HERMIT_IP=10.0.2.15 env=HERMIT_GATEWAY=10.0.2.2 env=HERMIT_MASK=255.255.255.0 \
             -- log=debug port=8001"
        );
        assert!(kernel_command_line(&spec(), None).starts_with("env="), "an unknown frequency is left out");
    }

    #[test]
    fn the_machine_has_the_size_that_is_asked_for() {
        let arguments = arguments(&spec(), &surroundings());
        assert_eq!(values(&arguments, "-smp"), ["2,sockets=1,cores=2,threads=1"]);
        assert_eq!(values(&arguments, "-m"), ["64M"]);
        assert_eq!(values(&arguments, "-accel"), [TCG]);
    }

    #[test]
    fn nothing_but_a_loopback_port_leads_to_the_guest_and_nothing_out_of_it() {
        let network = values(&arguments(&spec(), &surroundings()), "-netdev");
        assert_eq!(network, ["user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-10.0.2.15:8001"]);
    }

    #[test]
    fn a_link_has_no_stack_of_qemus_and_the_same_card() {
        let linked = VmSpec { network: Network::Link, ..spec() };
        let arguments_of_both = [
            arguments(&linked, &Surroundings { link: Some(9), ..surroundings() }),
            arguments(&spec(), &surroundings()),
        ];
        assert_eq!(values(&arguments_of_both[0], "-netdev"), ["stream,id=net,server=on,addr.type=fd,addr.str=9"]);
        let cards = arguments_of_both.map(|arguments| values(&arguments, "-device"));
        assert_eq!(cards[0], cards[1]);
        assert!(cards[0].contains(&"virtio-net-device,netdev=net,mac=52:54:00:12:34:56".to_owned()));
    }

    #[test]
    fn memory_in_a_file_is_called_as_qemus_own_and_can_only_be_written_where_it_is_shared() {
        let with = |access| {
            let memory = Some(MemoryFile { descriptor: 11, access });
            arguments(&spec(), &Surroundings { memory, restores: true, ..surroundings() })
        };
        let private = with(Access::Private);
        let object = "memory-backend-file,id=microvm.ram,size=67108864,mem-path=/proc/self/fd/11";
        assert_eq!(values(&private, "-object"), [format!("{object},share=off,readonly=on,rom=off")]);
        assert!(values(&private, "-machine")[0].ends_with(",memory-backend=microvm.ram"));
        assert_eq!(values(&private, "-incoming"), ["defer"]);
        assert_eq!(values(&with(Access::Shared), "-object"), [format!("{object},share=on")]);
        assert!(values(&arguments(&spec(), &surroundings()), "-object").is_empty());
    }

    #[test]
    fn file_names_are_words_of_their_own_whatever_is_in_them() {
        let arguments = arguments(&spec(), &surroundings());
        assert_eq!(values(&arguments, "-kernel"), ["/images/a,b/loader"]);
        assert_eq!(values(&arguments, "-initrd"), ["/images/a,b/unikernel"]);
    }

    #[test]
    fn the_sandbox_is_on_wherever_it_exists() {
        assert_eq!(values(&arguments(&spec(), &surroundings()), "-sandbox"), [SANDBOX]);
        let without = Surroundings { sandbox: false, ..surroundings() };
        assert!(values(&arguments(&spec(), &without), "-sandbox").is_empty());
    }

    #[test]
    fn each_accelerator_has_its_processor() {
        assert_eq!(cpu(Accelerator::Tcg, false), TCG_CPU);
        assert!(cpu(Accelerator::Tcg, true).ends_with(",rdseed"));
        assert!(cpu(Accelerator::Kvm, true).starts_with("host"));
    }
}
