//! What to run: the files, the machine's size, the guest's options. Checked here, before anything is started.

use std::path::PathBuf;

use crate::Accelerator;

/// One microVM to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmSpec {
    /// What the user calls it: 1 to 64 of `a-z A-Z 0-9 . _ -`, beginning with a letter or digit. Need not be unique.
    pub name: String,
    /// The loader: an ELF with a PVH entry note.
    pub loader: PathBuf,
    /// The unikernel image, which the loader gets as its module.
    pub unikernel: PathBuf,
    /// Virtual processors, at least 1.
    pub cpu_count: u32,
    /// Memory of the machine in MiB, at least [`VmSpec::LEAST_MEMORY_MIB`].
    pub memory_mib: u32,
    /// Boot options, `name=value` after `--` on the kernel's command line; names as in [`skerry_api::boot`].
    pub boot_options: Vec<(String, String)>,
    /// What executes the guest's instructions; [`crate::accelerator`] finds it.
    pub accelerator: Accelerator,
    /// What becomes of the machine when the host process ends.
    pub lifetime: Lifetime,
    /// Where the machine's own directory (mode 0700, gone when the machine is) is made; created when missing.
    pub state_dir: PathBuf,
    /// The TCP port in the guest that [`Network::User`] forwards to; a [`Network::Link`] leads to all of them.
    pub guest_port: u16,
    /// How the host reaches the guest.
    pub network: Network,
    /// What it may take of the host, where that can be enforced; `None`: what it gets.
    pub limits: Option<ResourceLimits>,
}

/// What a machine may take of the host, VMM included.
///
/// Enforced by control groups. Where this process may not make any, machines run without, and
/// [`crate::MicroVm::is_limited`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceLimits {
    /// Processors' worth of time.
    pub cpu_cores: u32,
    /// The guest's memory, in bytes. The machine may take [`ResourceLimits::VMM_OVERHEAD_BYTES`] on top.
    pub memory_bytes: u64,
}

/// How the host reaches a guest. Either way the guest has the same address, and no way out but this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The VMM's own TCP/IP stack, which forwards one port of the host's loopback address to the guest.
    User,
    /// A private Ethernet link: frames, each behind its length (four bytes, big-endian), on a Unix stream socket. Its other
    /// end is for the host to provide, as 10.0.2.2 beside the guest's 10.0.2.15. One peer at a time; one that is gone may
    /// come again.
    Link,
}

/// What becomes of a microVM when the process that started it ends, however it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It ends too, even if the process is killed with SIGKILL.
    EndsWithHost,
    /// It goes on; its directory stays.
    Outlives,
}

/// A machine that cannot be started as it is described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The name would not do as part of a file name.
    #[error(
        "the name `{0}` is not 1 to 64 letters, digits, dots, underscores or hyphens that begin with a letter or digit"
    )]
    Name(String),
    /// No processor, or more than a microvm can have.
    #[error("a microVM has 1 to {most} processors, not {0}", most = VmSpec::MOST_CPUS)]
    CpuCount(u32),
    /// Too little memory for any image, or more than fits the machine's address space.
    #[error("a microVM has {least} to {most} MiB of memory, not {0}", least = VmSpec::LEAST_MEMORY_MIB, most = VmSpec::MOST_MEMORY_MIB)]
    Memory(u32),
    /// A boot option that the guest's command line cannot carry.
    #[error(
        "the boot option `{name}={value}` has characters other than printable ASCII without spaces and quotes, or no name"
    )]
    BootOption {
        /// The option's name.
        name: String,
        /// Its value.
        value: String,
    },
    /// All boot options together are longer than the command line.
    #[error("the boot options have {0} bytes together; there is room for {most}", most = VmSpec::MOST_BOOT_OPTION_BYTES)]
    BootOptions(usize),
    /// Limits that the machine cannot live with.
    #[error("limits of {cpu_cores} cores and {memory_bytes} bytes are less than a microVM of {memory_mib} MiB needs")]
    Limits {
        /// The limit in processors.
        cpu_cores: u32,
        /// The limit in memory.
        memory_bytes: u64,
        /// The guest's memory.
        memory_mib: u32,
    },
    /// Port 0 means nothing in a guest.
    #[error("the guest's port must not be 0")]
    GuestPort,
}

impl ResourceLimits {
    /// What a machine may take beside its guest's memory, in bytes. A bound, not what it usually takes: 128 MiB of code that
    /// TCG translated (it takes 4 MiB until a guest is ready, and 10 more for the first function in C), 16 MiB for QEMU
    /// itself, 24 MiB of its program and libraries in the page cache (they are counted for whoever reads them first), and
    /// what the kernel holds for it. Measured with QEMU 10.0.
    pub const VMM_OVERHEAD_BYTES: u64 = 192 << 20;
}

impl VmSpec {
    /// Less than any image needs; whether an image fits is for the loader to say.
    pub const LEAST_MEMORY_MIB: u32 = 16;
    /// What QEMU's microvm has below its 32-bit hole; images are far smaller.
    pub const MOST_MEMORY_MIB: u32 = 3072;
    /// QEMU's limit for the machine `microvm`.
    pub const MOST_CPUS: u32 = 255;
    /// Leaves room for the kernel's own words in the 2048 bytes that Linux has for its command line on x86.
    pub const MOST_BOOT_OPTION_BYTES: usize = 1536;

    /// Whether the machine can be as it is described. Does not look at files.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub fn check(&self) -> Result<(), SpecError> {
        if !is_name(&self.name) {
            return Err(SpecError::Name(self.name.clone()));
        }
        if !(1..=Self::MOST_CPUS).contains(&self.cpu_count) {
            return Err(SpecError::CpuCount(self.cpu_count));
        }
        if !(Self::LEAST_MEMORY_MIB..=Self::MOST_MEMORY_MIB).contains(&self.memory_mib) {
            return Err(SpecError::Memory(self.memory_mib));
        }
        if self.guest_port == 0 {
            return Err(SpecError::GuestPort);
        }
        if let Some(ResourceLimits { cpu_cores, memory_bytes }) = self.limits
            && (cpu_cores == 0 || memory_bytes < u64::from(self.memory_mib) << 20)
        {
            return Err(SpecError::Limits { cpu_cores, memory_bytes, memory_mib: self.memory_mib });
        }
        for (name, value) in &self.boot_options {
            if !is_option_name(name) || !value.bytes().all(is_option_byte) {
                return Err(SpecError::BootOption { name: name.clone(), value: value.clone() });
            }
        }
        let bytes: usize = self.boot_options.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        if bytes > Self::MOST_BOOT_OPTION_BYTES { Err(SpecError::BootOptions(bytes)) } else { Ok(()) }
    }
}

fn is_name(name: &str) -> bool {
    let rest_fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    name.len() <= 64 && rest_fits && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn is_option_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// What the kernel's own word splitting, which follows the shell's, leaves as it is.
fn is_option_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"'\"\\#".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spec() -> VmSpec {
        VmSpec {
            name: "demo-1".to_owned(),
            loader: "loader".into(),
            unikernel: "unikernel".into(),
            cpu_count: 1,
            memory_mib: 64,
            boot_options: vec![("log".to_owned(), "debug".to_owned())],
            accelerator: Accelerator::Tcg,
            lifetime: Lifetime::EndsWithHost,
            state_dir: "state".into(),
            guest_port: 8000,
            network: Network::User,
            limits: None,
        }
    }

    #[test]
    fn a_usual_machine_is_fine() {
        assert_eq!(spec().check(), Ok(()));
    }

    #[test]
    fn names_that_could_leave_their_directory_or_break_an_option_are_refused() {
        for name in ["", ".", "..", "a/b", "-a", "a,b", "a b", "a\n", "ä", &"a".repeat(65)] {
            let spec = VmSpec { name: name.to_owned(), ..spec() };
            assert_eq!(spec.check(), Err(SpecError::Name(name.to_owned())));
        }
    }

    #[test]
    fn sizes_outside_of_the_machines_limits_are_refused() {
        for cpu_count in [0, 256] {
            assert_eq!(VmSpec { cpu_count, ..spec() }.check(), Err(SpecError::CpuCount(cpu_count)));
        }
        for memory_mib in [0, 15, 3073] {
            assert_eq!(VmSpec { memory_mib, ..spec() }.check(), Err(SpecError::Memory(memory_mib)));
        }
        assert_eq!(VmSpec { guest_port: 0, ..spec() }.check(), Err(SpecError::GuestPort));
        for (cpu_cores, memory_bytes) in [(0, 64 << 20), (1, (64 << 20) - 1)] {
            let limits = Some(ResourceLimits { cpu_cores, memory_bytes });
            assert!(matches!(VmSpec { limits, ..spec() }.check(), Err(SpecError::Limits { .. })));
        }
        let limits = Some(ResourceLimits { cpu_cores: 1, memory_bytes: 64 << 20 });
        assert_eq!(VmSpec { limits, ..spec() }.check(), Ok(()));
        assert!(SpecError::Memory(1).to_string().contains("16 to 3072 MiB"));
    }

    #[test]
    fn boot_options_that_would_become_other_words_are_refused() {
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("LOG", "x"),
            ("log", "a b"),
            ("log", "'"),
            ("log", "\""),
            ("log", "\u{e4}"),
            ("a=b", "x"),
        ] {
            let spec = VmSpec { boot_options: vec![(name.to_owned(), value.to_owned())], ..spec() };
            assert!(matches!(spec.check(), Err(SpecError::BootOption { .. })), "{name}={value}");
        }
        let many = VmSpec { boot_options: vec![("a".to_owned(), "b".repeat(2000))], ..spec() };
        assert!(matches!(many.check(), Err(SpecError::BootOptions(2003))));
    }

    proptest! {
        #[test]
        fn an_option_that_is_accepted_is_one_word(name in "\\PC{0,8}", value in "\\PC{0,8}") {
            let spec = VmSpec { boot_options: vec![(name.clone(), value.clone())], ..spec() };
            if spec.check().is_ok() {
                let word = format!("{name}={value}");
                prop_assert_eq!(word.split_whitespace().count(), 1);
            }
        }
    }
}
