//! What we change in the Hermit kernel 0.11.0, and why. Only data; [`crate::kernel_source`] applies it.
//!
//! An edit replaces a text that must be in its file exactly once. Where nearly all of a file would change, a file of ours in
//! `guest/kernel/overlay` takes its place. `sha256` is that of the kernel's file before any change.

use crate::{kernel_dependencies, kernel_network, kernel_processors};

/// One replacement.
pub(crate) struct Edit {
    /// The text in the kernel's file.
    pub(crate) find: &'static str,
    /// What stands there afterwards.
    pub(crate) replace: &'static str,
    /// The reason.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers, and for the test that demands it"))]
    pub(crate) why: &'static str,
}

/// The edits of one file.
pub(crate) struct FileEdits {
    pub(crate) path: &'static str,
    pub(crate) sha256: &'static str,
    pub(crate) edits: &'static [Edit],
}

/// A file of ours in the place of one of the kernel's.
pub(crate) struct Overlay {
    /// The kernel's file.
    pub(crate) path: &'static str,
    pub(crate) sha256: &'static str,
    /// Ours, below `guest/kernel/overlay`.
    pub(crate) file: &'static str,
}

/// A file of ours that the kernel has not.
pub(crate) struct Addition {
    pub(crate) path: &'static str,
    pub(crate) file: &'static str,
}

pub(crate) const FAULTS_OF_FUNCTIONS: &str = "machine code of functions relies on faults, and the runtime answers them";
pub(crate) const NAKED: &str = "`naked` became an unsafe attribute when it was stabilised, after this kernel's release";

pub(crate) const OVERLAYS: &[Overlay] = &[
    Overlay {
        path: "src/fd/socket/tcp.rs",
        sha256: "8715e5015a66bde35cbbc20f00f5c71bd3fa6dd055fdb9b0fe2b4ff7248b29fa",
        file: "tcp.rs",
    },
    Overlay {
        path: "src/entropy.rs",
        sha256: "556e34930b301c4655576b102f076dad6fec29c9ae695c108498594ee9ef665e",
        file: "entropy.rs",
    },
    Overlay {
        path: "src/fd/eventfd.rs",
        sha256: "f8464f2861b3cf5ed94899a9c5b5b7488523f3b7543ee99c084c692bf02e6926",
        file: "eventfd.rs",
    },
    Overlay {
        path: "src/mm/device_alloc.rs",
        sha256: "0add819ef6ae16e10138c8487d7c6df2700f24c12283cbe070883f022c598967",
        file: "device_alloc.rs",
    },
];

pub(crate) const ADDITIONS: &[Addition] = &[
    Addition { path: "src/entropy_pool.rs", file: "entropy_pool.rs" },
    Addition { path: "src/executor/backlog.rs", file: "backlog.rs" },
    Addition { path: "src/executor/block_on.rs", file: "block_on.rs" },
    Addition { path: "src/executor/interface_renewal.rs", file: "interface_renewal.rs" },
    Addition { path: "src/arch/x86_64/kernel/processor_start.rs", file: "processor_start.rs" },
    Addition { path: "src/address_space.rs", file: "address_space.rs" },
    Addition { path: "src/faults.rs", file: "faults.rs" },
    Addition { path: "src/page_protection.rs", file: "page_protection.rs" },
    Addition { path: "src/skerry.rs", file: "skerry.rs" },
    Addition { path: "src/time_slice.rs", file: "time_slice.rs" },
];

pub(crate) const EDITS: &[FileEdits] = &[
    kernel_dependencies::MANIFEST,
    kernel_dependencies::LOCK,
    kernel_processors::BUILD,
    kernel_processors::MODULES,
    FileEdits {
        path: "src/lib.rs",
        sha256: "a17d3a37d5b74a4a5b63815bd86a7105921f35438f3354cbcc3d222d01aa0ba9",
        edits: &[
            Edit {
                find: "\nmod synch;\n",
                replace: "\nmod address_space;\nmod entropy_pool;\nmod faults;\nmod page_protection;\nmod skerry;\nmod synch;\nmod time_slice;\n",
                why: "our own additions to the system calls, and what they need",
            },
            Edit {
                find: "\tsynch_all_cores();\n\tcrate::executor::init();\n",
                replace: "\tsynch_all_cores();\n",
                why: "there is one network, and the first processor serves it; each other one began it anew",
            },
            Edit {
                find: "\tdrivers::init();\n",
                replace: "\tskerry::note_network_start();\n\tdrivers::init();\n",
                why: "the boot's breakdown tells the kernel's own start from the network's",
            },
        ],
    },
    FileEdits {
        path: "src/arch/x86_64/mm/paging.rs",
        sha256: "096a6f4761f4a2e33dade819378e922132e4c9a60f150a28654159f1240802d6",
        edits: &[Edit {
            find: "\tstack_frame: ExceptionStackFrame,\n\terror_code: PageFaultErrorCode,\n) {\n\terror!(\"Page fault (#PF)!\");\n",
            replace: "\tmut stack_frame: ExceptionStackFrame,\n\terror_code: PageFaultErrorCode,\n) {\n\tif crate::faults::is_answered(&mut stack_frame, Some(error_code)) {\n\t\treturn;\n\t}\n\terror!(\"Page fault (#PF)!\");\n",
            why: FAULTS_OF_FUNCTIONS,
        }],
    },
    FileEdits {
        path: "src/config.rs",
        sha256: "98f3aa4a207a951437bc1cc60e6b305e7471dff24c75c828fb51a40037d43d28",
        edits: &[
            Edit {
                find: "{ 2048 } else { 1024 };",
                replace: "{ 2048 } else { 128 };",
                why: "each queue entry takes whole pages of buffers; 1024 of them do not fit a machine of 128 MiB",
            },
            Edit {
                find: "USER_STACK_SIZE: usize = 0x0010_0000;",
                replace: "USER_STACK_SIZE: usize = 0x0004_0000;",
                why: "the event loop's stack needs little, and each of its pages is mapped at boot, one by one",
            },
        ],
    },
    FileEdits {
        path: "src/mm/mod.rs",
        sha256: "3593eb3bec8f9cf518322352beae6ba7e8a70d1f6c02f2a6bd132124f3df2555",
        edits: &[Edit {
            find: "let stack_reserve: usize = (avail_mem * 10) / 100;",
            replace: "let stack_reserve: usize = core::cmp::max((avail_mem * 10) / 100, 6 << 20);",
            why: "the kernel panics when there is no memory for a thread's stack or a packet; small machines need that much too",
        }],
    },
    FileEdits {
        path: "src/mm/allocator.rs",
        sha256: "c869a1dd06b5d583f6bdee9a174fdf136f4ddf7dc0676f3f86b6ee19f5f3fe2e",
        edits: &[
            Edit {
                find: "\tpub unsafe fn init(&self,",
                replace: "\tpub fn available_bytes(&self) -> usize {\n\t\tself.0.lock().get_counters().available_bytes\n\t}\n\n\tpub unsafe fn init(&self,",
                why: "the runtime reports how much memory is free",
            },
            Edit {
                find: "core::mem::align_of::<crossbeam_utils::CachePadded<u8>>()",
                replace: "16",
                why: "aligning everything to 128 bytes, against false sharing, wastes memory and long searches for it",
            },
        ],
    },
    FileEdits {
        path: "src/executor/mod.rs",
        sha256: "e2e2f7c1921b716079e558774ae0167f2ba969e7f88139810ac13aa823d744a4",
        edits: &[
            Edit {
                find: "#[cfg(any(feature = \"tcp\", feature = \"udp\"))]\npub(crate) mod device;",
                replace: "pub(crate) mod backlog;\nmod block_on;\npub(crate) mod interface_renewal;\n#[cfg(any(feature = \"tcp\", feature = \"udp\"))]\npub(crate) mod device;",
                why: "our own way to wait, which loses no packet and keeps to its timeout; the interface's renewal after a restore",
            },
            Edit {
                find: "pub(crate) fn block_on<F, T>(",
                replace: "fn _block_on_of_the_kernel<F, T>(",
                why: "the kernel's own way to wait is not used any more",
            },
            Edit {
                find: "use crate::arch::core_local::*;",
                replace: "pub(crate) use self::block_on::block_on;\nuse crate::arch::core_local::*;",
                why: "all waits go through our own",
            },
        ],
    },
    FileEdits {
        path: "src/executor/network.rs",
        sha256: "0466152ae75d5f9f5248e2d7037cf49cf2447a5ba238693edebfb6edda02604f",
        edits: &[
            Edit {
                find: "Instant::from_micros_const(arch::kernel::systemtime::now_micros().try_into().unwrap())",
                replace: "Instant::from_micros_const(arch::kernel::processor::get_timer_ticks() as i64)",
                why: "the network's timers must not jump when the clock of the day is set",
            },
            Edit {
                find: "tcp::SocketBuffer::new(vec![0; 0x10000]);\n\t\tlet tcp_tx_buffer",
                replace: "tcp::SocketBuffer::new(vec![0; crate::fd::socket::tcp::RECEIVE_BUFFER_BYTES]);\n\t\tlet tcp_tx_buffer",
                why: "64 KiB for each connection, and each that a listener holds in reserve, are too much for a small machine",
            },
            Edit {
                find: "tcp::SocketBuffer::new(vec![0; 0x10000]);\n\t\tlet mut tcp_socket",
                replace: "tcp::SocketBuffer::new(vec![0; crate::fd::socket::tcp::SEND_BUFFER_BYTES]);\n\t\tlet mut tcp_socket",
                why: "64 KiB for each connection, and each that a listener holds in reserve, are too much for a small machine",
            },
            Edit {
                find: "\t\tself.iface\n\t\t\t.poll(timestamp, &mut self.device, &mut self.sockets)\n",
                replace: "\t\tlet result = super::backlog::poll(self, timestamp);\n\t\tcrate::fd::socket::tcp::reap(self, timestamp);\n\t\tresult\n",
                why: "closed sockets are freed when they are done, not when the application waits for them; listeners get new sockets between two packets",
            },
        ],
    },
    FileEdits {
        path: "src/executor/device.rs",
        sha256: "bb16a155ccc3b24f149780274ca738f2d0ea1983d40ce2d54dd5a2327eb22017",
        edits: &[Edit {
            find: "\t\tlet mut iface = Interface::new(config,",
            replace: "\t\tlet mut seed = [0; 8];\n\t\tcrate::entropy::read(&mut seed, crate::entropy::Flags::empty());\n\t\tconfig.random_seed ^= u64::from_ne_bytes(seed);\n\t\tlet mut iface = Interface::new(config,",
            why: "initial sequence numbers from the time of day alone can be guessed",
        }],
    },
    kernel_network::SOCKETS,
    FileEdits {
        path: "src/syscalls/interfaces/mod.rs",
        sha256: "880791fa25baa915ac0d32a034249e1fd715aecb79f8b9ace9fc755875742797",
        edits: &[Edit {
            find: "\t\tpanic_println!(\"exit status {error_code}\");\n",
            replace: "",
            why: "the last lines on the console are to say why a guest ended; the exit device carries the code",
        }],
    },
    FileEdits {
        path: "src/syscalls/entropy.rs",
        sha256: "409cac6bf3be0f4988d06a786dfcdd73ba37a4a56c5de5975e75c1eb77328508",
        edits: &[Edit {
            find: "\t\twarn!(\"Unable to read entropy! Fallback to a naive implementation!\");",
            replace: "\t\tassert!(ret >= 0, \"no entropy: the processor has neither RDSEED nor RDRAND\");",
            why: "guessable random numbers make guessable task identifiers and keys; better no boot than those",
        }],
    },
    FileEdits {
        path: "src/arch/x86_64/kernel/processor.rs",
        sha256: "279850a9da6b847e22e1b44716b770b053710d27a351f7de3569e2b35de914bf",
        edits: &[
            Edit {
                find: "\tqemu_exit(error_code == 0);",
                replace: "\tqemu_exit(error_code);",
                why: "the host wants to know how the guest ended, not only that it did not succeed",
            },
            Edit {
                find: "fn qemu_exit(success: bool) {\n\tlet code = if success { 3 >> 1 } else { 0 };",
                replace: "fn qemu_exit(error_code: i32) {\n\tlet code = error_code as u32;",
                why: "the host wants to know how the guest ended, not only that it did not succeed",
            },
            Edit {
                find: "\t\tSome(buf)\n\t} else {\n\t\tNone\n\t}\n}\n\n#[inline]",
                replace: "\t\tSome(buf)\n\t} else if CpuId::new().get_feature_info().is_some_and(|info| info.has_rdrand()) {\n\t\tfor word in buf.chunks_mut(8) {\n\t\t\tlet mut value = 0;\n\t\t\twhile unsafe { core::arch::x86_64::_rdrand64_step(&mut value) != 1 } || value == 0 || value == u64::MAX {\n\t\t\t\tspin_loop();\n\t\t\t}\n\t\t\tword.copy_from_slice(&value.to_ne_bytes());\n\t\t}\n\n\t\tSome(buf)\n\t} else {\n\t\tNone\n\t}\n}\n\n#[inline]",
                why: "QEMU 7.2 emulates RDRAND but not RDSEED",
            },
        ],
    },
    FileEdits {
        path: "src/arch/x86_64/kernel/systemtime.rs",
        sha256: "4931538a78ad0006ecd3d35193d000fa15cb916fb0237070d963a69912ab9957",
        edits: &[
            Edit {
                find: "use hermit_sync::{OnceCell, without_interrupts};",
                replace: "use core::sync::atomic::{AtomicU64, Ordering};\n\nuse hermit_sync::without_interrupts;",
                why: "the clock of the day can be set, by a host that has restored the machine",
            },
            Edit {
                find: "static BOOT_TIME: OnceCell<u64> = OnceCell::new();",
                replace: "static BOOT_TIME: AtomicU64 = AtomicU64::new(0);\n\n/// Sets the clock of the day, in microseconds since UNIX epoch.\npub fn set_now_micros(now: u64) {\n\tBOOT_TIME.store(now.wrapping_sub(super::processor::get_timer_ticks()), Ordering::Relaxed);\n}",
                why: "the clock of the day can be set, by a host that has restored the machine",
            },
            Edit {
                find: "\tBOOT_TIME.set(micros).unwrap();",
                replace: "\tBOOT_TIME.store(micros, Ordering::Relaxed);",
                why: "the clock of the day can be set, by a host that has restored the machine",
            },
            Edit {
                find: "\t*BOOT_TIME.get().unwrap() + super::processor::get_timer_ticks()",
                replace: "\tBOOT_TIME.load(Ordering::Relaxed).wrapping_add(super::processor::get_timer_ticks())",
                why: "the clock of the day can be set, by a host that has restored the machine",
            },
        ],
    },
    FileEdits {
        path: "src/fs/mod.rs",
        sha256: "92af80deb24eae54545a64cd8e4f3a3fa16385809f7d4df1f5478fcc3ec492d7",
        edits: &[Edit {
            find: "\tFILESYSTEM.set(Filesystem::new()).unwrap();\n",
            replace: "\tFILESYSTEM.set(Filesystem::new()).unwrap();\n\treturn;\n\t#[allow(unreachable_code)]\n",
            why: "the runtime uses no files; making folders that nobody looks at took 5 ms of each boot",
        }],
    },
    kernel_network::DEVICE,
    kernel_processors::INTERRUPTS,
    kernel_processors::INTERRUPT_CONTROLLER,
    kernel_processors::SCHEDULER,
    kernel_processors::WAITING,
    kernel_processors::TASKS,
    FileEdits {
        path: "src/arch/x86_64/kernel/start.rs",
        sha256: "2346b9678c4e26908bde258c6b7e19682e7f3d9d4d4c25a9d8f24b909ebd4e3d",
        edits: &[Edit { find: "#[naked]", replace: "#[unsafe(naked)]", why: NAKED }],
    },
    FileEdits {
        path: "src/arch/x86_64/kernel/switch.rs",
        sha256: "22978e9aa601b4ca02cc55041f8ceee6bfc93c14778f1c0135308b80edec1dcb",
        edits: &[
            Edit {
                find: "#[naked]\npub(crate) unsafe extern \"C\" fn switch_to_task(",
                replace: "#[unsafe(naked)]\npub(crate) unsafe extern \"C\" fn switch_to_task(",
                why: NAKED,
            },
            Edit {
                find: "#[naked]\npub(crate) unsafe extern \"C\" fn switch_to_fpu_owner(",
                replace: "#[unsafe(naked)]\npub(crate) unsafe extern \"C\" fn switch_to_fpu_owner(",
                why: NAKED,
            },
        ],
    },
    FileEdits {
        path: "src/syscalls/table.rs",
        sha256: "c910036e15c0844ec422c53fcdf5ea1f2ae1897aa4cc4d1debed8a42da39dea9",
        edits: &[Edit { find: "#[naked]", replace: "#[unsafe(naked)]", why: NAKED }],
    },
];
