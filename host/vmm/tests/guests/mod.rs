//! Tiny guests, put together byte by byte: each does one thing, so that the host's answer to it can be tested.
//!
//! They are 32-bit ELF files with a PVH entry note, as QEMU's `-kernel` boots them ("x86/HVM direct boot ABI" in Xen's
//! documentation): the processor enters in 32-bit protected mode, without paging.
#![allow(dead_code, reason = "each test file uses some of them")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use skerry_api::console::{EVENT_READY, Milestones, ReadyLine};
use skerry_vmm::{Accelerator, Lifetime, MicroVm, Network, Qemu, VmSpec};

/// Where the file is loaded.
const BASE: u32 = 0x10_0000;
const ELF_HEADER_BYTES: u32 = 52;
const PROGRAM_HEADER_BYTES: u32 = 32;
const NOTE_BYTES: u32 = 20;
/// `XEN_ELFNOTE_PHYS32_ENTRY`.
const PVH_NOTE: u32 = 18;

/// Longer than anything here takes even on a loaded machine; a bound, not a measurement.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A program for the guest's processor.
#[derive(Clone, Default)]
pub(crate) struct Program(Vec<u8>);

impl Program {
    /// Writes `bytes` to the serial port, one after the other.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Self {
        self.0.extend([0x66, 0xba, 0xf8, 0x03]); // mov dx, 0x3f8
        for byte in bytes {
            self.0.extend([0xb0, *byte, 0xee]); // mov al, byte; out dx, al
        }
        self
    }

    /// Writes the readiness line of a runtime.
    pub(crate) fn write_ready(self) -> Self {
        let mut line = serde_json::to_vec(&ready_line()).expect("it is plain data");
        line.push(b'\n');
        self.write(&line)
    }

    /// Ends the machine with `code`.
    pub(crate) fn exit(mut self, code: u8) -> Vec<u8> {
        self.0.extend([0x66, 0xba, 0xf4, 0x00, 0xb0, code, 0xee]); // mov dx, 0xf4; mov al, code; out dx, al
        self.halt()
    }

    /// Does nothing for ever.
    pub(crate) fn halt(mut self) -> Vec<u8> {
        self.0.extend([0xfa, 0xf4, 0xeb, 0xfd]); // cli; hlt; jmp to hlt
        self.0
    }

    /// Writes `A` to the serial port for ever.
    pub(crate) fn flood(mut self) -> Vec<u8> {
        self = self.write(b"");
        self.0.extend([0xb0, b'A', 0xee, 0xeb, 0xfd]); // mov al, 'A'; out dx, al; jmp to out
        self.0
    }

    /// Writes `A` to the serial port `count` times, then goes on with what follows.
    pub(crate) fn write_many(mut self, count: u32) -> Self {
        self = self.write(b"");
        self.0.push(0xb9); // mov ecx, count
        self.0.extend(count.to_le_bytes());
        self.0.extend([0xb0, b'A', 0xee, 0xe2, 0xfd]); // mov al, 'A'; out dx, al; loop to out
        self
    }

    /// Writes the alphabet to the serial port, again and again, a letter every few milliseconds.
    pub(crate) fn count(mut self) -> Vec<u8> {
        self = self.write(b"");
        self.0.extend([0xb3, b'a']); // mov bl, 'a'
        self.0.extend([0x88, 0xd8, 0xee, 0xb9]); // turn: mov al, bl; out dx, al; mov ecx, ...
        self.0.extend(1_000_000u32.to_le_bytes());
        self.0.extend([0xe2, 0xfe, 0xfe, 0xc3]); // loop to itself; inc bl
        self.0.extend([0x80, 0xfb, b'z' + 1, 0x75, 0xef]); // cmp bl, 'z' + 1; jne to turn
        self.0.extend([0xb3, b'a', 0xeb, 0xeb]); // mov bl, 'a'; jmp to turn
        self.0
    }

    /// Faults without a handler, which resets the machine.
    pub(crate) fn triple_fault(mut self) -> Vec<u8> {
        self.0.extend([0x6a, 0x00, 0x6a, 0x00]); // push 0; push 0
        self.0.extend([0x0f, 0x01, 0x1c, 0x24, 0xcc]); // lidt [esp]; int3
        self.halt()
    }

    /// Uses an SSE register, as compiled Rust does all the time.
    pub(crate) fn use_sse(mut self) -> Self {
        self.0.extend([0x0f, 0x20, 0xc0, 0x83, 0xe0, 0xf1, 0x0f, 0x22, 0xc0]); // mov eax, cr0; and eax, ~0xe; mov cr0, eax
        self.0.extend([0x0f, 0x20, 0xe0, 0x66, 0x0d, 0x00, 0x06, 0x0f, 0x22, 0xe0]); // mov eax, cr4; or ax, 0x600; mov cr4, eax
        self.0.extend([0x0f, 0x57, 0xc0]); // xorps xmm0, xmm0
        self.0.extend([0x0f, 0x11, 0x05]); // movups [BASE], xmm0
        self.0.extend(BASE.to_le_bytes());
        self
    }

    /// Waits for `count` turns of a loop.
    pub(crate) fn spin(mut self, count: u32) -> Self {
        self.0.push(0xb9);
        self.0.extend(count.to_le_bytes());
        self.0.extend([0xe2, 0xfe]); // loop to itself
        self
    }
}

/// What [`Program::write_ready`] writes.
pub(crate) fn ready_line() -> ReadyLine {
    ReadyLine {
        event: EVENT_READY.to_owned(),
        port: 8000,
        langs: "C,WASM".to_owned(),
        memory_total_bytes: 64 << 20,
        memory_free_bytes: 32 << 20,
        milestones_us: Milestones { ready: 1, ..Milestones::default() },
    }
}

/// The ELF file that runs `code`.
pub(crate) fn elf(code: &[u8]) -> Vec<u8> {
    let note_at = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
    let code_at = note_at + NOTE_BYTES;
    let total = code_at + u32::try_from(code.len()).expect("a short program");
    let mut file = b"\x7fELF\x01\x01\x01".to_vec();
    file.resize(16, 0);
    // Executable, 80386, version 1; entry, program headers, no section headers.
    file.extend([2, 0, 3, 0, 1, 0, 0, 0]);
    for word in [BASE + code_at, ELF_HEADER_BYTES, 0, 0] {
        file.extend(word.to_le_bytes());
    }
    for half in [52u16, 32, 2, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    // One segment with all of the file, one note.
    for word in [1, 0, BASE, BASE, total, total, 7, 4096] {
        file.extend(word.to_le_bytes());
    }
    for word in [4, note_at, BASE + note_at, BASE + note_at, NOTE_BYTES, NOTE_BYTES, 4, 4] {
        file.extend(word.to_le_bytes());
    }
    for word in [4, 4, PVH_NOTE] {
        file.extend(word.to_le_bytes());
    }
    file.extend(b"Xen\0");
    file.extend((BASE + code_at).to_le_bytes());
    file.extend(code);
    file
}

/// The QEMU of this host; without one there is nothing to test.
pub(crate) fn qemu() -> Qemu {
    Qemu::find(None).unwrap_or_else(|error| panic!("{error}"))
}

/// A machine below `directory` that runs `code`.
pub(crate) fn spec(directory: &Path, code: &[u8]) -> VmSpec {
    let (loader, unikernel) = write_files(directory, code);
    VmSpec {
        name: "test".to_owned(),
        loader,
        unikernel,
        cpu_count: 1,
        memory_mib: 64,
        boot_options: Vec::new(),
        accelerator: Accelerator::Tcg,
        lifetime: Lifetime::EndsWithHost,
        state_dir: directory.join("state"),
        guest_port: 8000,
        network: Network::User,
        limits: None,
    }
}

/// Writes the guest that runs `code`, and an image that it does not look at.
pub(crate) fn write_files(directory: &Path, code: &[u8]) -> (PathBuf, PathBuf) {
    let (loader, unikernel) = (directory.join("loader"), directory.join("unikernel"));
    fs::write(&loader, elf(code)).expect("the directory can be written");
    fs::write(&unikernel, b"no image").expect("the directory can be written");
    (loader, unikernel)
}

/// The letters that [`Program::count`] has written so far.
pub(crate) fn counted(machine: &dyn MicroVm) -> String {
    let log = fs::read_to_string(machine.serial_log()).expect("the log is text");
    log.rsplit_once('\n').map_or("", |(_, letters)| letters).to_owned()
}

/// Waits until there are `least` letters, and gives them.
pub(crate) fn wait_for_count(machine: &dyn MicroVm, least: usize) -> String {
    let deadline = Instant::now() + LONG;
    loop {
        let letters = counted(machine);
        if letters.len() >= least {
            return letters;
        }
        assert!(Instant::now() < deadline, "the guest does not count: {letters:?}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether every letter is followed by the next of the alphabet.
pub(crate) fn is_count(letters: &str) -> bool {
    letters.as_bytes().windows(2).all(|pair| pair[1] == if pair[0] == b'z' { b'a' } else { pair[0] + 1 })
}

/// The directories of machines below `state_dir`.
pub(crate) fn machine_directories(state_dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(state_dir) else { return Vec::new() };
    entries.map(|entry| entry.expect("the directory can be read").path()).filter(|path| path.is_dir()).collect()
}

/// Whether a process runs: a zombie that nobody has collected yet does not.
pub(crate) fn is_running(process_id: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{process_id}/stat")) else { return false };
    !matches!(stat.rsplit(") ").next().and_then(|rest| rest.chars().next()), Some('Z' | 'X') | None)
}

/// Ends a machine that outlives its host when the test ends, however it ends.
pub(crate) struct KilledAtEnd(pub(crate) u32);

impl Drop for KilledAtEnd {
    fn drop(&mut self) {
        let _ = Command::new("/bin/sh").args(["-c", &format!("kill -9 {}", self.0)]).stderr(Stdio::null()).status();
    }
}
