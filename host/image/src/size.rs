//! What an image's bytes are spent on.
//!
//! The parts are told apart by symbol names in the file before it is stripped: the kernel's have their prefix, the others say
//! in their mangled names which crate they come from. What no symbol covers are constants (strings, tables),
//! which nothing attributes to a part.

use crate::link::KERNEL_PREFIX;
use std::collections::BTreeMap;

/// Parts of an image, by name, with their bytes.
pub(crate) type Parts = BTreeMap<String, u64>;

const KERNEL: &str = "kernel";
const STANDARD_LIBRARY: &str = "std";
const RUNTIME: &str = "runtime";
const EXECUTORS: &str = "executors";
const OTHER: &str = "other";
const CONSTANTS: &str = "constants";

/// Crates of the executors; what is generic and instantiated for one of them counts as theirs.
const EXECUTOR_CRATES: [&str; 31] = [
    "skerry_executors",
    "skerry_c_compiler",
    "skerry_c_library",
    "wasmi",
    "wasmparser",
    "wasm_encoder",
    "lang_c",
    "libm",
    "skerry_pickle",
    "skerry_python",
    "rustpython_vm",
    "rustpython_common",
    "rustpython_stdlib",
    "rustpython_codegen",
    "rustpython_compiler_core",
    "rustpython_sre_engine",
    "ruff_python_parser",
    "ruff_python_ast",
    "malachite_nz",
    "malachite_base",
    "malachite_q",
    "malachite_bigint",
    "wasmtime",
    "wasmtime_environ",
    "wasmtime_internal_cranelift",
    "cranelift_codegen",
    "cranelift_frontend",
    "cranelift_assembler_x64",
    "regalloc2",
    "gimli",
    "object",
];
/// Crates of the kernel, whose local symbols keep their names when the global ones are renamed.
const KERNEL_CRATES: [&str; 19] = [
    "hermit",
    "smoltcp",
    "virtio_spec",
    "fdt",
    "free_list",
    "talc",
    "x86_64",
    "raw_cpuid",
    "concurrent_queue",
    "event_listener",
    "event_listener_strategy",
    "async_lock",
    "smallvec",
    "shell_words",
    "uart_16550",
    "hermit_sync",
    "ahash",
    "heapless",
    "volatile",
];
const RUNTIME_CRATES: [&str; 8] =
    ["skerry_runtime", "skerry_api", "skerry_unikernel", "httparse", "serde", "base64", "itoa", "ryu"];
const STANDARD_CRATES: [&str; 10] = [
    "core",
    "alloc",
    "std",
    "compiler_builtins",
    "hashbrown",
    "rustc_demangle",
    "panic_abort",
    "hermit_abi",
    "gimli",
    "addr2line",
];

/// Sums up a listing of nm's in POSIX format (`name type value size`, hexadecimal) of an image of `file_bytes`.
pub(crate) fn by_part(listing: &str, file_bytes: u64) -> Parts {
    let mut parts = Parts::new();
    let mut seen = BTreeMap::new();
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, kind, address, size, ..] = words.as_slice() else { continue };
        // Uninitialised data takes no bytes in the file; one address may have several names.
        let Ok(size) = u64::from_str_radix(size, 16) else { continue };
        if matches!(*kind, "b" | "B") || seen.insert((*address).to_owned(), size).is_some() {
            continue;
        }
        *parts.entry(part_of(name).to_owned()).or_default() += size;
    }
    let known: u64 = parts.values().sum();
    *parts.entry(CONSTANTS.to_owned()).or_default() += file_bytes.saturating_sub(known);
    parts
}

fn part_of(symbol: &str) -> &'static str {
    let names_any = |crates: &[&str]| crates.iter().any(|name| names(symbol, name));
    if symbol.starts_with(KERNEL_PREFIX)
        || symbol.starts_with("sys_")
        || KERNEL_CRATES.iter().any(|name| is_crate(symbol, name))
    {
        KERNEL
    } else if names_any(&EXECUTOR_CRATES) {
        EXECUTORS
    } else if names_any(&RUNTIME_CRATES) {
        RUNTIME
    } else if names_any(&STANDARD_CRATES) {
        STANDARD_LIBRARY
    } else {
        OTHER
    }
}

/// Whether a mangled name mentions a crate by its root: the name behind its length, behind the end of a disambiguator.
fn is_crate(symbol: &str, name: &str) -> bool {
    symbol.contains(&format!("_{}{name}", name.len()))
}

/// Whether a mangled name mentions a crate: its name preceded by its length (both of Rust's manglings), or by `$`, `.`
/// or the like within the escapes of the older one.
fn names(symbol: &str, name: &str) -> bool {
    symbol.match_indices(name).any(|(at, _)| {
        let before = symbol[..at].chars().next_back();
        let after = symbol[at + name.len()..].chars().next();
        let begins = before.is_none_or(|letter| !letter.is_ascii_alphabetic() && letter != '_');
        begins && after.is_none_or(|letter| !letter.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_count_for_the_crate_that_they_name() {
        assert_eq!(part_of("kernel__ZN4core3fmt5write17h0123456789abcdefE"), "kernel");
        assert_eq!(part_of("sys_read"), "kernel");
        assert_eq!(part_of("_ZN5wasmi6engine17h0E"), "executors");
        assert_eq!(part_of("_ZN4core3ptr42drop_in_place$LT$wasmi..engine..Engine$GT$17h0E"), "executors");
        assert_eq!(part_of("_ZN14skerry_runtime6server17h0E"), "runtime");
        assert_eq!(part_of("_ZN4core3fmt5write17h0E"), "std");
        assert_eq!(part_of("_RNvMs_NtNtNtCs5UeweJ1RM5Q_7smoltcp5iface5cacheE"), "kernel");
        assert_eq!(part_of("_RNvNtNtNtCshOCEnzTzigb_6hermit4arch6x86_646kernel5startE"), "kernel");
        assert_eq!(part_of("_RNvNtNtNtCscUIKmUwOek6_3std3sys3env6hermit4init"), "std");
        assert_eq!(part_of("memcpy"), "other");
    }

    #[test]
    fn what_no_symbol_covers_is_constants_and_nothing_counts_twice() {
        let listing = "sys_read T 1000 10\nsys_alias T 1000 10\nsys_data b 2000 100\n_ZN5wasmi1aE t 3000 20\n";
        let parts = by_part(listing, 0x100);
        assert_eq!(parts["kernel"], 0x10);
        assert_eq!(parts["executors"], 0x20);
        assert_eq!(parts["constants"], 0x100 - 0x30);
    }
}
