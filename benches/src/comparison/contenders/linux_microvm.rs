//! A microVM with Linux: Debian's kernel for virtual machines, and nothing in it but the runtime and what it takes to get
//! there, under the same QEMU and accelerator as Skerry's machines.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use skerry_api::faas::GUEST_PORT;
use skerry_vmm::Accelerator;

use super::child::{Announcement, ChildInstance};
use super::cpio::{self, Entry};
use super::debian_kernel::{self, DebianKernel};
use super::linux_program::{LinuxProgram, build_static};
use super::run_folder::RunFolder;
use super::{Setup, artefact, ports};
use crate::comparison::contender::{Contender, Endpoint, Instance, Profile};

/// Memory of the machine. With 80 MiB it boots, with 72 it does not; the rest is for functions.
const MEMORY_MIB: u32 = 96;
/// The virtio drivers, each behind what it needs.
const MODULES: [&str; 6] = [
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_mmio",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
];
/// The kernel's command line. What is switched off has no use here and costs time under an emulator; mitigations, too: there
/// is one program in the machine.
const COMMAND_LINE: &str = "console=ttyS0 8250.nr_uarts=1 quiet loglevel=0 rdinit=/init panic=-1 reboot=t tsc=reliable \
                            mitigations=off audit=0 apparmor=0 ipv6.disable=1 cryptomgr.notests random.trust_cpu=on \
                            rcupdate.rcu_expedited=1";
/// Linux finds the virtio devices by ACPI only. It needs neither timer nor interrupt controller of old PCs then.
const MACHINE: &str = "microvm,acpi=on,pit=off,pic=off,rtc=on,usb=off,mem-merge=off,dump-guest-core=off";
/// As for Skerry's machines (`host/vmm/src/qemu/arguments.rs`).
const TCG: &str = "tcg,tb-size=128";
const TCG_CPU: &str = "qemu64,apic,fsgsbase,fxsr,rdrand,rdtscp,xsave,xsaveopt";
const KVM_CPU: &str = "host,arch-capabilities=off";
const SANDBOX: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
/// What the runtime says on the console once it serves.
const READY: &[u8] = b"\"event\":\"ready\"";
/// How long a boot may take: many at once take long, and some hang for good.
const BOOT_TIMEOUT: Duration = Duration::from_secs(120);
/// The machine's console, in its folder.
const CONSOLE: &str = "serial.log";
/// What QEMU says, in the same.
const QEMU_LOG: &str = "qemu.log";

/// The contender `linux-microvm`.
pub(super) struct LinuxMicroVm {
    run: Arc<RunFolder>,
    qemu: PathBuf,
    accelerator: Accelerator,
    kernel: PathBuf,
    initramfs: PathBuf,
    command_line: String,
    profile: Profile,
}

impl LinuxMicroVm {
    /// Prepares it: downloads the kernel where it is missing, and makes its first file system.
    ///
    /// # Errors
    /// When that is not possible here, with what is missing.
    pub(super) fn prepare(setup: &Setup, program: &LinuxProgram) -> anyhow::Result<Self> {
        let kernel = DebianKernel::prepare(&setup.cache)?;
        let init = build_static(&setup.source_root.join("benches/linux-init"), "skerry-linux-init", &setup.cache)?;
        let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let (init, runtime) = (read(&init)?, read(&program.path)?);
        let mut modules = Vec::new();
        for (number, name) in MODULES.into_iter().enumerate() {
            let file = name.rsplit('/').next().unwrap_or(name);
            if let Some(content) = kernel.module(name)? {
                modules.push((format!("modules/{number}-{file}.ko"), content));
            }
        }
        let mut entries = vec![
            ("dev", Entry::Folder),
            ("dev/console", Entry::Device(5, 1)),
            ("proc", Entry::Folder),
            ("modules", Entry::Folder),
            ("init", Entry::Program(&init)),
            ("skerry-runtime", Entry::Program(&runtime)),
        ];
        entries.extend(modules.iter().map(|(name, content)| (name.as_str(), Entry::File(content))));
        let initramfs = setup.folder().join("initramfs");
        debian_kernel::replace(&initramfs, &cpio::archive(&entries)?)?;
        // The kernel is a package; the first program is one crate and a library.
        let mut artefact =
            artefact::of_files("kernel and initramfs", &[&kernel.kernel, &initramfs], program.artefact.components + 3)?;
        let programs = modules.iter().map(|(_, content)| content).chain([&init, &runtime]);
        artefact.files = 1 + programs.clone().count() as u64;
        artefact.code_bytes += programs.map(|content| artefact::code_bytes(content)).sum::<u64>();
        let command_line = match setup.qemu.tsc_mhz() {
            // Without ACPI's timer or an old PC's it cannot find out.
            Some(mhz) => format!("{COMMAND_LINE} tsc_early_khz={}", u64::from(mhz) * 1000),
            None => COMMAND_LINE.to_owned(),
        };
        let unpacked =
            if kernel.is_unpacked { "unpacked beforehand and entered by PVH" } else { "as it is in the package" };
        let description = format!(
            "Debian's {} under the same QEMU, machine type (microvm) and accelerator as Skerry: {unpacked}, with an \
             uncompressed initramfs of the same runtime as a static Linux program, six virtio modules and a first program \
             that loads them, sets the address and becomes the runtime. {MEMORY_MIB} MiB: the least with which it boots is \
             80. Command line: {command_line}. (The packed kernel takes some 20 MiB less of memory and 0.3 s more.)",
            kernel.package
        );
        Ok(Self {
            run: Arc::clone(&setup.run),
            qemu: setup.qemu.program().to_owned(),
            accelerator: setup.accelerator.accelerator,
            kernel: kernel.kernel,
            initramfs,
            command_line,
            profile: Profile { artefact, ..program.profile("linux-microvm", "Linux microVM", description) },
        })
    }

    /// QEMU's arguments.
    fn arguments(&self, address: SocketAddr) -> Vec<String> {
        let (accelerator, processor) = match self.accelerator {
            Accelerator::Kvm => ("kvm", KVM_CPU),
            Accelerator::Tcg => (TCG, TCG_CPU),
        };
        let serial = format!("file,id=serial,path={CONSOLE}");
        let network = format!("user,id=net,restrict=on,hostfwd=tcp:{address}-10.0.2.15:{GUEST_PORT}");
        let memory = format!("{MEMORY_MIB}M");
        let words = [
            &["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-machine", MACHINE][..],
            &["-accel", accelerator, "-cpu", processor, "-smp", "1", "-m", &memory, "-sandbox", SANDBOX],
            &["-chardev", &serial, "-serial", "chardev:serial"],
            &["-netdev", &network, "-global", "virtio-mmio.force-legacy=off"],
            &["-device", "virtio-net-device,netdev=net", "-append", &self.command_line],
        ];
        words.concat().into_iter().map(str::to_owned).collect()
    }
}

impl Contender for LinuxMicroVm {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn start(&self) -> anyhow::Result<Box<dyn Instance>> {
        let address = ports::free_address()?;
        let (_, folder) = self.run.new_folder()?;
        let log = File::create(folder.join(QEMU_LOG)).context("cannot write QEMU's log")?;
        let child = Command::new(&self.qemu)
            .args(self.arguments(address))
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(&self.initramfs)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", self.qemu.display()))?;
        let announcement = Announcement { words: READY, said_in: CONSOLE, complaints: QEMU_LOG, timeout: BOOT_TIMEOUT };
        let endpoint = Endpoint::plain(address);
        Ok(Box::new(ChildInstance { child, folder, endpoint, announcement: Some(announcement) }))
    }
}
