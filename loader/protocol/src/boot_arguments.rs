//! The kernel's command line, as far as the loader itself has to do with it.
//!
//! The words before `--` are the kernel's (`-freq MHz`, `env=NAME=VALUE`), those behind it the application's boot options
//! (`log=debug`). The loader reads two of them and adds its own milestones as environment variables.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Environment variable: when the loader began, in µs of the time-stamp counter.
pub const LOADER_START_VARIABLE: &str = "SKERRY_LOADER_START_US";
/// Environment variable: when the loader entered the kernel, in µs of the time-stamp counter.
pub const KERNEL_START_VARIABLE: &str = "SKERRY_KERNEL_START_US";
/// Environment variable: bytes of memory that the machine has.
pub const MEMORY_TOTAL_VARIABLE: &str = "SKERRY_MEMORY_TOTAL_BYTES";

/// Whether the loader is asked to speak: `log=debug` among the application's boot options.
#[must_use]
pub fn wants_debug_log(command_line: &str) -> bool {
    let mut words = command_line.split_ascii_whitespace().skip_while(|word| *word != "--");
    words.any(|word| word == "log=debug")
}

/// The frequency of the time-stamp counter in MHz that the host names by `-freq`; `None` when it does not.
#[must_use]
pub fn frequency_mhz(command_line: &str) -> Option<u64> {
    let mut words = command_line.split_ascii_whitespace().take_while(|word| *word != "--");
    words.find(|word| *word == "-freq")?;
    words.next()?.parse().ok().filter(|mhz| *mhz > 0)
}

/// How a VMM announces a virtio-mmio device on the command line: `virtio_mmio.device=<size>@<address>:<interrupt>`.
const DEVICE_PREFIX: &str = "virtio_mmio.device=";

/// The command line for the kernel: `env=NAME=VALUE` for each of `variables`, then what `command_line` says.
///
/// VMMs append their `virtio_mmio.device=` words at the very end, which is behind `--`, where the kernel takes them for the
/// application's; they are moved before it. And the kernel insists on the size `4K` (Firecracker's) where QEMU writes `512`,
/// but does not use it otherwise.
#[must_use]
pub fn for_kernel(command_line: &str, variables: &[(&str, u64)]) -> String {
    let mut words = String::new();
    for (name, value) in variables {
        words += &format!("env={name}={value} ");
    }
    let (devices, others): (Vec<_>, Vec<_>) =
        command_line.split_ascii_whitespace().partition(|word| word.starts_with(DEVICE_PREFIX));
    for device in devices {
        if let Some((_size, place)) = device.split_once('@') {
            words += &format!("{DEVICE_PREFIX}4K@{place} ");
        }
    }
    words + &others.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_applications_own_log_option_makes_the_loader_speak() {
        assert!(wants_debug_log("-freq 2000 -- log=debug port=1"));
        assert!(!wants_debug_log("env=log=debug log=debug -- log=info"));
        assert!(!wants_debug_log(""));
    }

    #[test]
    fn the_frequency_is_read_from_the_kernels_words_only() {
        assert_eq!(frequency_mhz("env=A=1 -freq 2900 -- x=1"), Some(2900));
        assert_eq!(frequency_mhz("-- -freq 2900"), None);
        assert_eq!(frequency_mhz("-freq"), None);
        assert_eq!(frequency_mhz("-freq 0"), None);
        assert_eq!(frequency_mhz("-freq fast"), None);
    }

    #[test]
    fn variables_come_before_the_applications_options() {
        assert_eq!(for_kernel("-freq 1 -- log=info", &[("A", 7), ("B", 8)]), "env=A=7 env=B=8 -freq 1 -- log=info");
    }

    #[test]
    fn devices_are_announced_to_the_kernel_not_the_application() {
        let command_line =
            "-freq 1 -- log=info virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=4K@0xd0000000:5";
        assert_eq!(
            for_kernel(command_line, &[]),
            "virtio_mmio.device=4K@0xfeb00e00:12 virtio_mmio.device=4K@0xd0000000:5 -freq 1 -- log=info"
        );
        assert_eq!(for_kernel("virtio_mmio.device=nonsense -- a=1", &[]), "-- a=1");
    }
}
