//! The Serverless Runtime as a plain Linux program: for tests, and as the like-for-like container of the benchmarks.
//! In a microVM the same library runs as the unikernel's application instead.
#![forbid(unsafe_code)]

#[cfg(not(target_os = "hermit"))]
mod linux;

#[cfg(not(target_os = "hermit"))]
fn main() -> std::process::ExitCode {
    linux::main()
}

/// The unikernel has a program of its own, with the kernel linked in.
#[cfg(target_os = "hermit")]
fn main() {}
