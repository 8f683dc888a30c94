//! Makes the kernel's static library fit to be linked with the runtime.
//!
//! Kernel and runtime both contain Rust's `core`, built with different options: every global symbol of the kernel
//! gets a prefix, except those by which the two sides know each other.

use crate::command::{CommandError, output};
use crate::toolchain::Toolchain;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What the kernel's own symbols begin with afterwards.
pub(crate) const KERNEL_PREFIX: &str = "kernel_";

/// Why the library could not be made fit.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A tool failed.
    #[error(transparent)]
    Tool(#[from] CommandError),
    /// The list of symbols could not be written.
    #[error("the list of symbols {path} could not be written", path = path.display())]
    Io {
        /// The list.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes `library` with its symbols renamed to `renamed`.
///
/// # Errors
/// When a tool fails or a file cannot be written.
pub(crate) fn rename_symbols(
    toolchain: &Toolchain,
    library: &Path,
    renamed: &Path,
    log: &Path,
) -> Result<(), LinkError> {
    let mut nm = Command::new(&toolchain.nm.path);
    nm.args(["--defined-only", "--extern-only", "--format=posix"]).arg(library);
    let listing = output(&mut nm, log)?;
    let renames = renames(&String::from_utf8_lossy(&listing));
    let list = renamed.with_extension("symbols");
    std::fs::write(&list, renames).map_err(|source| LinkError::Io { path: list.clone(), source })?;
    let mut objcopy = Command::new(&toolchain.objcopy.path);
    objcopy.arg(format!("--redefine-syms={}", list.display())).arg(library).arg(renamed);
    output(&mut objcopy, log)?;
    Ok(())
}

/// The lines `old new` for objcopy, from a listing of nm's in POSIX format (`name type value size`).
fn renames(listing: &str) -> String {
    let is_symbol = |line: &&str| !line.ends_with(':');
    let names: BTreeSet<&str> =
        listing.lines().filter(is_symbol).filter_map(|line| line.split_whitespace().next()).collect();
    names.into_iter().filter(|name| !is_shared(name)).fold(String::new(), |mut lines, name| {
        lines.push_str(&format!("{name} {KERNEL_PREFIX}{name}\n"));
        lines
    })
}

/// Whether both sides know the symbol by its name: system calls, entry points, and what the linker defines.
fn is_shared(name: &str) -> bool {
    name.starts_with("sys_") || matches!(name, "_start" | "runtime_entry" | "__bss_start" | "mcount")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_shared_symbols_get_the_prefix() {
        let listing =
            "hermit.o:\nsys_read T 0 10\n_start T 0 4\nmemcpy T 0 8\n_ZN4core3fmt T 0 8\n\nb.o:\nmemcpy T 0 8\n";
        assert_eq!(renames(listing), "_ZN4core3fmt kernel__ZN4core3fmt\nmemcpy kernel_memcpy\n");
    }
}
