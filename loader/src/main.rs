//! Skerry's loader: from the VMM's PVH boot protocol to a Hermit kernel's entry point, on x86-64.
//!
//! The VMM starts it (`-kernel`), with the unikernel image as the first module (`-initrd`). It copies the image
//! to its place, describes the machine in a device tree, and enters the kernel. What can be decided without hardware is decided in
//! `skerry-boot-protocol`. It is silent when all goes well (unless the application's boot options say `log=debug`); what
//! goes wrong is said on the serial port and by the exit code (`skerry_api::boot::GuestExit`), never by a hang.
#![no_std]
#![no_main]

extern crate alloc;

mod console;
mod entry;
mod memory;

use alloc::string::String;
use alloc::vec::Vec;
use console::{Serial, fail};
use core::arch::{asm, x86_64::_rdtsc};
use core::fmt::Write;
use core::num::{NonZeroU16, NonZeroU64};
use hermit_entry::boot_info::{BootInfo, HardwareInfo, LoadInfo, PlatformInfo, RawBootInfo, TlsInfo};
use skerry_api::boot::GuestExit;
use skerry_boot_protocol::boot_arguments::{
    KERNEL_START_VARIABLE, LOADER_START_VARIABLE, MEMORY_TOTAL_VARIABLE, for_kernel, frequency_mhz, wants_debug_log,
};
use skerry_boot_protocol::device_tree;
use skerry_boot_protocol::image::Image;
use skerry_boot_protocol::placement::place_image;
use skerry_boot_protocol::start_info::{
    MEMORY_MAP_ENTRY_BYTES, MODULE_BYTES, MemoryRange, START_INFO_BYTES, StartInfo, for_each_memory_range, parse_module,
};

/// The longest command line that is read; Linux allows 2048 bytes on x86.
const MAX_COMMAND_LINE_BYTES: u64 = 4096;
/// The most entries of a memory map that are read. Real ones have fewer than ten.
const MAX_MEMORY_MAP_ENTRIES: u32 = 128;
/// `KERNEL_STACK_SIZE` of kernel 0.11: it takes over the loader's stack pointer as the bottom of a stack of this size.
const KERNEL_STACK_BYTES: usize = 0x8000;

#[repr(C, align(4096))]
struct KernelStack([u8; KERNEL_STACK_BYTES]);
static mut KERNEL_STACK: KernelStack = KernelStack([0; KERNEL_STACK_BYTES]);

/// What the VMM handed over, fetched from physical memory.
struct Machine {
    module: MemoryRange,
    command_line: &'static str,
    memory: Vec<MemoryRange>,
}

/// Called once by the entry code, in 64-bit mode, with the address of the start info and the time-stamp counter at entry.
extern "C" fn loader_main(start_info: u64, counter_at_start: u64) -> ! {
    let machine = match read_machine(start_info) {
        Ok(machine) => machine,
        Err((exit, reason)) => fail(exit, format_args!("{reason}")),
    };
    let debug = wants_debug_log(machine.command_line);
    // SAFETY: nothing writes to the module; where the image is loaded to does not overlap it.
    let file = match unsafe { memory::physical(machine.module.start, machine.module.len_bytes()) } {
        Some(file) => file,
        None => fail(GuestExit::BadImage, format_args!("the image lies beyond 4 GiB")),
    };
    let image = match Image::parse(file) {
        Ok(image) => image,
        Err(error) => fail(GuestExit::BadImage, format_args!("{}", error.reason())),
    };
    let place = match place_image(image.memory_bytes(), machine.module, &machine.memory) {
        Ok(place) => place,
        Err(error) => fail(
            GuestExit::TooLittleMemory,
            format_args!(
                "{} MiB of memory are too little: this image needs at least {} MiB",
                error.present_bytes >> 20,
                error.needed_bytes.div_ceil(1 << 20)
            ),
        ),
    };
    // SAFETY: the placement lies in ordinary memory above the loader and apart from the module.
    if let Err(error) = image.load(unsafe { memory::physical_mut(place) }) {
        fail(GuestExit::BadImage, format_args!("{}", error.reason()));
    }
    if debug {
        // Writing to the port cannot fail.
        let _ = writeln!(
            Serial,
            "skerry-loader: image {:#x}..{:#x} loaded to {:#x}..{:#x}, arguments: {}",
            machine.module.start, machine.module.end, place.start, place.end, machine.command_line
        );
    }
    enter_kernel(&machine, &image, place, counter_at_start)
}

/// Reads start info, module list, memory map and command line.
fn read_machine(start_info: u64) -> Result<Machine, (GuestExit, &'static str)> {
    let bad = |reason| (GuestExit::BadStartInfo, reason);
    // SAFETY: the VMM's structures lie in memory that the loader does not write to.
    let fetch = |address, len| unsafe { memory::physical(address, len) };
    let bytes = fetch(start_info, START_INFO_BYTES as u64).ok_or(bad("there is no start info"))?;
    let info = StartInfo::parse(bytes).map_err(|error| bad(error.reason()))?;
    let map_bytes = u64::from(info.memory_map_entries.min(MAX_MEMORY_MAP_ENTRIES)) * MEMORY_MAP_ENTRY_BYTES as u64;
    let map = fetch(info.memory_map_address, map_bytes).ok_or(bad("the memory map is out of reach"))?;
    let mut memory = Vec::new();
    for_each_memory_range(map, |range| memory.push(range));
    if info.module_count == 0 {
        return Err((
            GuestExit::BadImage,
            "there is no image (give the unikernel as the first module, QEMU's -initrd)",
        ));
    }
    let module = fetch(info.modules_address, MODULE_BYTES as u64)
        .and_then(parse_module)
        .ok_or((GuestExit::BadImage, "the image's place is damaged, or it is empty"))?;
    let command_line = read_command_line(fetch(info.command_line_address, MAX_COMMAND_LINE_BYTES).unwrap_or_default())
        .ok_or(bad("the command line is not UTF-8, or longer than 4 KiB"))?;
    Ok(Machine { module, command_line, memory })
}

fn read_command_line(bytes: &'static [u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("");
    }
    let len = bytes.iter().position(|byte| *byte == 0)?;
    core::str::from_utf8(&bytes[..len]).ok()
}

/// Describes the machine to the kernel and enters it.
fn enter_kernel(machine: &Machine, image: &Image<'_>, place: MemoryRange, counter_at_start: u64) -> ! {
    let kernel_memory: Vec<MemoryRange> =
        machine.memory.iter().copied().filter(|range| range.end > place.end).collect();
    let memory_bytes: u64 = machine.memory.iter().map(|range| range.len_bytes()).sum();
    // SAFETY: every x86-64 processor has a time-stamp counter.
    let counter_now = unsafe { _rdtsc() };
    let arguments = boot_arguments(machine.command_line, counter_at_start, counter_now, memory_bytes);
    let Some(tree) = device_tree::build(&kernel_memory, &arguments) else {
        fail(GuestExit::LoaderFault, format_args!("the device tree could not be written"));
    };
    let boot_info = RawBootInfo::from(BootInfo {
        hardware_info: HardwareInfo {
            phys_addr_range: 0..machine.memory.iter().map(|range| range.end).max().unwrap_or(0),
            serial_port_base: NonZeroU16::new(console::SERIAL_PORT),
            device_tree: NonZeroU64::new(tree.leak().as_ptr() as u64),
        },
        load_info: LoadInfo {
            kernel_image_addr_range: place.start..place.end,
            tls_info: image.thread_local().map(|template| TlsInfo {
                start: place.start + template.offset,
                filesz: template.file_bytes,
                memsz: template.memory_bytes,
                align: template.align,
            }),
        },
        platform_info: PlatformInfo::Fdt,
    });
    // SAFETY: from here on only the boot information, stack and image are used, all of which are ordinary memory; the stack
    // is used by nobody else, and the entry point expects exactly these registers (hermit_entry::Entry).
    unsafe {
        memory::unmap_all_but(&machine.memory);
        asm!(
            "mov rax, cr3",
            "mov cr3, rax",
            "mov rsp, {stack}",
            "xor esi, esi",
            "jmp {entry}",
            stack = in(reg) &raw mut KERNEL_STACK,
            entry = in(reg) place.start + image.entry_offset(),
            in("rdi") &raw const boot_info,
            options(noreturn)
        )
    }
}

fn boot_arguments(command_line: &str, counter_at_start: u64, counter_now: u64, memory_bytes: u64) -> String {
    // Without a known frequency the counter cannot be told in µs; the milestones are then 0, "cannot tell".
    let mhz = frequency_mhz(command_line);
    let microseconds = |counter: u64| mhz.map_or(0, |mhz| counter / mhz);
    for_kernel(
        command_line,
        &[
            (LOADER_START_VARIABLE, microseconds(counter_at_start)),
            (KERNEL_START_VARIABLE, microseconds(counter_now)),
            (MEMORY_TOTAL_VARIABLE, memory_bytes),
        ],
    )
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    fail(GuestExit::LoaderFault, format_args!("{}", info.message()))
}
