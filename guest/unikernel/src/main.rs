//! The Serverless Runtime as a Hermit unikernel: what the machine tells, handed to `skerry-runtime`.
//!
//! The loader passes its milestones and the machine's memory as environment variables, the host the boot options as
//! arguments; the kernel answers the rest (`guest/kernel/overlay/skerry.rs`).

#[cfg(feature = "jit")]
mod code_memory;

use skerry_api::boot::GuestExit;
use skerry_api::console::Milestones;
use skerry_native::Registry;
use skerry_runtime::{Options, Platform};
use std::process::ExitCode;

/// What Python functions allocate is counted, and given back whole.
#[cfg(feature = "python")]
#[global_allocator]
static ALLOCATOR: skerry_python::PythonAllocator = skerry_python::PythonAllocator;

unsafe extern "C" {
    safe fn sys_skerry_now_us() -> u64;
    safe fn sys_skerry_network_start_us() -> u64;
    safe fn sys_skerry_heap_free_bytes() -> u64;
}

fn main() -> ExitCode {
    let runtime_start = sys_skerry_now_us();
    #[cfg(feature = "jit")]
    skerry_runtime::use_interrupts(code_memory::INTERRUPTS);
    let platform = Platform {
        memory_total_bytes: variable("SKERRY_MEMORY_TOTAL_BYTES"),
        memory_free_bytes: || sys_skerry_heap_free_bytes(),
        now_us: || sys_skerry_now_us(),
        milestones: Milestones {
            loader_start: variable("SKERRY_LOADER_START_US"),
            kernel_start: variable("SKERRY_KERNEL_START_US"),
            network_start: sys_skerry_network_start_us(),
            runtime_start,
            ready: 0,
        },
    };
    // The first argument is the program's name.
    let refused = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => {
            let mut natives = Registry::default();
            skerry_functions::functions(&mut natives);
            match skerry_runtime::serve(options, platform, natives) {
                Err(error) => error.to_string(),
            }
        }
        Err(error) => error.to_string(),
    };
    eprintln!("skerry: the runtime cannot start: {refused}");
    ExitCode::from(GuestExit::RuntimeRefused as u8)
}

/// A number that the loader passed; 0 means "cannot tell".
fn variable(name: &str) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(0)
}
