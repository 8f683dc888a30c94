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
    /// The TCP port in the guest that [`crate::MicroVm::endpoint`] leads to.
    pub guest_port: u16,
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
    /// All boot options together are longer than the loader takes.
    #[error("the kernel's command line would have {0} bytes; it can have {most}", most = VmSpec::MOST_COMMAND_LINE_BYTES)]
    CommandLine(usize),
    /// Port 0 means nothing in a guest.
    #[error("the guest's port must not be 0")]
    GuestPort,
}

impl VmSpec {
    /// Less than any image needs; whether an image fits is for the loader to say.
    pub const LEAST_MEMORY_MIB: u32 = 16;
    /// What QEMU's microvm has below its 32-bit hole; images are far smaller.
    pub const MOST_MEMORY_MIB: u32 = 3072;
    /// QEMU's limit for the machine `microvm`.
    pub const MOST_CPUS: u32 = 255;
    /// Linux's own limit for x86 (COMMAND_LINE_SIZE), which firmware is built for.
    pub const MOST_COMMAND_LINE_BYTES: usize = 2048;
}
