//! What we change in how the Hermit kernel handles processors, and why: interrupts, timers, scheduling, several processors.
//! A part of [`crate::kernel_edits`].

use crate::kernel_edits::{Edit, FAULTS_OF_FUNCTIONS, FileEdits, NAKED};

const LATE_WAKE_UPS: &str = "a thread whose timeout has passed is ready, but stays in its futex's queue until it runs: who wakes it \
                             meanwhile panicked the kernel";

const ONE_LOCK_FOR_INTERRUPTS_TOO: &str =
    "an interrupt that comes while its processor holds the lock may want it too, and would wait for itself";

pub(crate) const BUILD: FileEdits = FileEdits {
    path: "build.rs",
    sha256: "4bdfa7ab1c7b44042939ef319675a1f0d65e4262c46a230b7cd4f5c1de89f318",
    edits: &[Edit {
        find: "\t\tassemble_x86_64_smp_boot()?;\n",
        replace: "",
        why: "it wants llvm-as of rustup's; our own start of further processors needs the compiler only",
    }],
};

pub(crate) const MODULES: FileEdits = FileEdits {
    path: "src/arch/x86_64/kernel/mod.rs",
    sha256: "de9b8c2e18bb209f70920ed4ac3dfac893dbb19c769563c74993cddd605d6d3a",
    edits: &[Edit {
        find: "#[cfg(target_os = \"none\")]\nmod start;\n",
        replace: "mod processor_start;\n#[cfg(target_os = \"none\")]\nmod start;\n",
        why: "our own start of further processors",
    }],
};

pub(crate) const INTERRUPTS: FileEdits = FileEdits {
    path: "src/arch/x86_64/kernel/interrupts.rs",
    sha256: "6d9016a4cceedaf93b774910eb7fa8b011e91eaee363805938f01aae95583464",
    edits: &[
        Edit {
            find: "fn divide_error_exception(stack_frame: ExceptionStackFrame) {\n",
            replace: "fn divide_error_exception(mut stack_frame: ExceptionStackFrame) {\n\tif crate::faults::is_answered(&mut stack_frame, None) {\n\t\treturn;\n\t}\n",
            why: FAULTS_OF_FUNCTIONS,
        },
        Edit {
            find: "fn invalid_opcode_exception(stack_frame: ExceptionStackFrame) {\n",
            replace: "fn invalid_opcode_exception(mut stack_frame: ExceptionStackFrame) {\n\tif crate::faults::is_answered(&mut stack_frame, None) {\n\t\treturn;\n\t}\n",
            why: FAULTS_OF_FUNCTIONS,
        },
        Edit {
            find: "set_general_handler!(&mut *idt, handle_interrupt, 32..);",
            replace: "set_general_handler!(&mut *idt, handle_interrupt, 32..64);",
            why: "devices interrupt by these 32 vectors only; a handler of its own for each of 224 costs size and time",
        },
        Edit {
            find: "\tpanic_println!(\"Number of interrupts\");\n",
            replace: "\treturn;\n",
            why: "the last lines on the console are to say why a guest ended, not how often it was interrupted",
        },
        Edit {
            find: "\tdebug!(\"received interrupt {index}\");\n",
            replace: "\tkeep_stack_segment();\n\tdebug!(\"received interrupt {index}\");\n",
            why: "QEMU translates code anew for each size of the stack segment",
        },
        Edit {
            find: "fn handle_interrupt(stack_frame: ExceptionStackFrame, index: u8, _error_code: Option<u64>) {",
            replace: "#[inline(always)]\npub(crate) fn keep_stack_segment() {\n\tunsafe { asm!(\"mov ss, {0:x}\", in(reg) 0x10_u16, options(nomem, nostack, preserves_flags)) };\n}\n\nfn handle_interrupt(stack_frame: ExceptionStackFrame, index: u8, _error_code: Option<u64>) {",
            why: "an interrupt on a stack of its own leaves SS null, and whatever is switched to from there runs with it",
        },
        Edit {
            find: "for i in 32..=255 {",
            replace: "for i in 32..64 {",
            why: "devices interrupt by these 32 vectors only; a handler of its own for each of 224 costs size and time",
        },
    ],
};

const CALLS_THAT_ARE_OVER: &str = "a processor that is interrupted looks whether the function that it runs has to end";

pub(crate) const INTERRUPT_CONTROLLER: FileEdits = FileEdits {
    path: "src/arch/x86_64/kernel/apic.rs",
    sha256: "265d8081aee83d71272b3e7aeb03599ae50197f2ec4dbb9b78df92756516854e",
    edits: &[
        Edit {
            find: "use hermit_sync::{OnceCell, SpinMutex, without_interrupts};",
            replace: "use hermit_sync::{InterruptTicketMutex, OnceCell, without_interrupts};",
            why: ONE_LOCK_FOR_INTERRUPTS_TOO,
        },
        Edit {
            find: "static CPU_LOCAL_APIC_IDS: SpinMutex<Vec<u8>> = SpinMutex::new(Vec::new());",
            replace: "static CPU_LOCAL_APIC_IDS: InterruptTicketMutex<Vec<u8>> = InterruptTicketMutex::new(Vec::new());",
            why: ONE_LOCK_FOR_INTERRUPTS_TOO,
        },
        Edit {
            find: "\tCPU_LOCAL_APIC_IDS.lock().push(id);\n",
            replace: "\tlet mut ids = CPU_LOCAL_APIC_IDS.lock();\n\tif ids.len() < crate::time_slice::MOST_PROCESSORS {\n\t\tids.push(id);\n\t}\n",
            why: "time slices are kept for so many",
        },
        Edit {
            find: "\tCPU_LOCAL_APIC_IDS.lock().len() as u32\n",
            replace: "\tCPU_LOCAL_APIC_IDS.lock().len().max(1) as u32\n",
            why: "where nothing lists the processors, there is still the one that looks",
        },
        Edit {
            find: "\t\t.unwrap_or_else(|()| default_apic());\n",
            replace: "\t\t.unwrap_or_else(|()| default_apic());\n\tlet processors = env::var(\"SKERRY_PROCESSORS\").and_then(|count| count.parse().ok());\n\tif let Some(processors) = processors {\n\t\tCPU_LOCAL_APIC_IDS.lock().clear();\n\t\t(0..processors).for_each(add_local_apic_id);\n\t}\n",
            why: "the firmware lists one processor; the host says how many it gave to the machine",
        },
        Edit {
            find: "const SMP_BOOT_CODE_ADDRESS: VirtAddr",
            replace: "pub(super) const SMP_BOOT_CODE_ADDRESS: VirtAddr",
            why: "our own start of further processors",
        },
        Edit {
            find: "include_bytes!(concat!(core::env!(\"OUT_DIR\"), \"/boot.bin\"))",
            replace: "super::processor_start::code()",
            why: "our own start of further processors",
        },
        Edit {
            find: "\tif env::is_uefi() {\n\t\t// Since UEFI already",
            replace: "\tif true {\n\t\t// Since UEFI already",
            why: "our loader has mapped all memory, this page too",
        },
        Edit {
            find: "let apic_ids = CPU_LOCAL_APIC_IDS.lock();\n\tlet core_id = core_id();\n\n\tfor",
            replace: "let apic_ids = CPU_LOCAL_APIC_IDS.lock().clone();\n\tlet core_id = core_id();\n\n\tfor",
            why: "a processor that starts may want the lock, and whoever starts it waits for it",
        },
        Edit {
            find: "\t\t\tprocessor::udelay(10000);\n",
            replace: "\t\t\tprocessor::udelay(10);\n",
            why: "the pause between the two interrupts is for processors of the nineties; a virtual one needs none",
        },
        Edit {
            find: "\tif core_id_to_wakeup != core_id()\n\t\t&& !crate::processor::supports_mwait()\n\t\t&& crate::scheduler::take_core_hlt_state(core_id_to_wakeup)\n\t{",
            replace: "\tif core_id_to_wakeup != core_id() {",
            why: "a processor that is busy, or just about to halt, must hear of a thread that wants it, too",
        },
        Edit {
            find: "\tcore_scheduler.check_input();\n\teoi();\n",
            replace: "\tcrate::arch::x86_64::kernel::interrupts::keep_stack_segment();\n\tcore_scheduler.check_input();\n\tcore_scheduler.begin_slice();\n\teoi();\n",
            why: "a busy thread must make room for the one that was woken when its slice is over",
        },
        Edit {
            find: "\tlet microseconds = 30_000;",
            replace: "\tlet microseconds = 500;",
            why: "a third of the boot was spent on calibrating the timer; with the time really taken, this is as accurate",
        },
        Edit {
            find: "\tprocessor::udelay(microseconds);",
            replace: "\tlet start = processor::get_timer_ticks();\n\tprocessor::udelay(microseconds);",
            why: "a busy host may take the processor away meanwhile; what counts is the time that really passed",
        },
        Edit {
            find: "local_apic_read(IA32_X2APIC_CUR_COUNT))) / microseconds;",
            replace: "local_apic_read(IA32_X2APIC_CUR_COUNT))) / (processor::get_timer_ticks() - start);",
            why: "a busy host may take the processor away meanwhile; what counts is the time that really passed",
        },
        Edit {
            find: "fn tlb_flush_handler(stack_frame: interrupts::ExceptionStackFrame) {\n",
            replace: "fn tlb_flush_handler(mut stack_frame: interrupts::ExceptionStackFrame) {\n\tcrate::faults::look_at_call(&mut stack_frame);\n",
            why: CALLS_THAT_ARE_OVER,
        },
        Edit {
            find: "\twithout_interrupts(|| {\n\t\t__set_oneshot_timer(wakeup_time);\n\t});\n}\n",
            replace: "\twithout_interrupts(|| {\n\t\t__set_oneshot_timer(crate::time_slice::due(wakeup_time));\n\t});\n}\n\n/// Sets the timer without regard to what the kernel's own timers want.\npub fn arm_timer(wakeup_time: Option<u64>) {\n\t__set_oneshot_timer(wakeup_time);\n}\n",
            why: "the timer also ends the slice of a thread while others want the processor",
        },
    ],
};

pub(crate) const SCHEDULER: FileEdits = FileEdits {
    path: "src/scheduler/mod.rs",
    sha256: "9129e3c42dccbb6d58295aaf486fed93af5c56198c58dadd22f7e847a2a938e5",
    edits: &[
        Edit {
            find: "\t\t\tif let Some(last_stack_pointer) = self.scheduler() {",
            replace: "\t\t\tlet switched = self.scheduler();\n\t\t\tcrate::time_slice::begin(!self.ready_queue.is_empty());\n\t\t\tif let Some(last_stack_pointer) = switched {",
            why: "a thread that spins for a lock whose holder was interrupted must lose the processor some time",
        },
        Edit {
            find: "\t\twithout_interrupts(|| {\n\t\t\tlet task = self.blocked_tasks.custom_wakeup(task);\n\t\t\tself.ready_queue.push(task);\n",
            replace: "\t\twithout_interrupts(|| {\n\t\t\tif let Some(task) = self.blocked_tasks.custom_wakeup(task) {\n\t\t\t\tself.ready_queue.push(task);\n\t\t\t}\n",
            why: LATE_WAKE_UPS,
        },
        Edit {
            find: "\t\t\t\tlet task = self.blocked_tasks.custom_wakeup(task);\n\t\t\t\tself.ready_queue.push(task);\n",
            replace: "\t\t\t\tif let Some(task) = self.blocked_tasks.custom_wakeup(task) {\n\t\t\t\t\tself.ready_queue.push(task);\n\t\t\t\t}\n",
            why: LATE_WAKE_UPS,
        },
        Edit {
            find: "\t\twhile let Some(task) = input_locked.wakeup_tasks.pop_front() {\n\t\t\tlet task = self.blocked_tasks.custom_wakeup(task);\n\t\t\tself.ready_queue.push(task);\n",
            replace: "\t\twhile let Some(task) = input_locked.wakeup_tasks.pop_front() {\n\t\t\tif let Some(task) = self.blocked_tasks.custom_wakeup(task) {\n\t\t\t\tself.ready_queue.push(task);\n\t\t\t}\n",
            why: LATE_WAKE_UPS,
        },
        Edit {
            find: "\tcore_scheduler().exit(-1)\n",
            replace: "\tshutdown(1)\n",
            why: "a thread that faults leaves locks and memory as they happen to be: the machine ends, so that its host can start \
                  another, rather than going on without it and answering nobody",
        },
        Edit {
            find: "static SCHEDULER_INPUTS: SpinMutex<Vec<&InterruptTicketMutex<SchedulerInput>>> =\n\tSpinMutex::new(Vec::new());",
            replace: "static SCHEDULER_INPUTS: InterruptTicketMutex<Vec<&InterruptTicketMutex<SchedulerInput>>> =\n\tInterruptTicketMutex::new(Vec::new());",
            why: ONE_LOCK_FOR_INTERRUPTS_TOO,
        },
        Edit {
            find: "static CORE_HLT_STATE: SpinMutex<Vec<&AtomicBool>> = SpinMutex::new(Vec::new());",
            replace: "static CORE_HLT_STATE: InterruptTicketMutex<Vec<&AtomicBool>> = InterruptTicketMutex::new(Vec::new());",
            why: ONE_LOCK_FOR_INTERRUPTS_TOO,
        },
        Edit {
            find: "\tpub fn check_input(&mut self) {\n",
            replace: "\tpub fn begin_slice(&self) {\n\t\tcrate::time_slice::begin(!self.ready_queue.is_empty());\n\t}\n\n\tpub fn check_input(&mut self) {\n",
            why: "a busy thread must make room for the one that was woken when its slice is over",
        },
    ],
};

pub(crate) const WAITING: FileEdits = FileEdits {
    path: "src/scheduler/task.rs",
    sha256: "9385127f28df8275efc79eb61905086346cee5c7ff4f162767b6136566f5ea75",
    edits: &[
        Edit {
            find: "\tpub fn custom_wakeup(&mut self, task: TaskHandle) -> Rc<RefCell<Task>> {\n",
            replace: "\tpub fn custom_wakeup(&mut self, task: TaskHandle) -> Option<Rc<RefCell<Task>>> {\n",
            why: LATE_WAKE_UPS,
        },
        Edit { find: "\t\t\t\treturn task_ref;\n", replace: "\t\t\t\treturn Some(task_ref);\n", why: LATE_WAKE_UPS },
        Edit { find: "\t\tunreachable!();\n", replace: "\t\tNone\n", why: LATE_WAKE_UPS },
    ],
};

pub(crate) const TASKS: FileEdits = FileEdits {
    path: "src/arch/x86_64/kernel/scheduler.rs",
    sha256: "0c5cb7baee80b0fa46b5baf241c3f53b78de857980a3a6a89531b88abb41473f",
    edits: &[
        Edit { find: "#[naked]", replace: "#[unsafe(naked)]", why: NAKED },
        Edit {
            find: "\t\t// clear user stack\n\t\tunsafe {",
            replace: "\t\tif false { unsafe {",
            why: "nothing needs a clear stack, and clearing megabytes for each thread costs milliseconds",
        },
        Edit {
            find: "\t\t\t\tuser_stack_size,\n\t\t\t);\n\t\t}\n",
            replace: "\t\t\t\tuser_stack_size,\n\t\t\t);\n\t\t} }\n",
            why: "nothing needs a clear stack, and clearing megabytes for each thread costs milliseconds",
        },
        Edit {
            find: "(*state).rflags = 0x1202u64;",
            replace: "(*state).rflags = 0x202u64;",
            why: "QEMU translates code anew for each I/O privilege level that it runs at",
        },
        Edit {
            find: "\tincrement_irq_counter(apic::TIMER_INTERRUPT_NUMBER);\n",
            replace: "\tcrate::arch::x86_64::kernel::interrupts::keep_stack_segment();\n\tincrement_irq_counter(apic::TIMER_INTERRUPT_NUMBER);\n",
            why: "QEMU translates code anew for each size of the stack segment",
        },
        Edit {
            find: "\tcore_scheduler().handle_waiting_tasks();\n",
            replace: "\tcrate::time_slice::end();\n\tcore_scheduler().handle_waiting_tasks();\n",
            why: "the timer also ends the slice of a thread while others want the processor",
        },
        Edit {
            find: "fn timer_handler(_stack_frame: interrupts::ExceptionStackFrame) {\n",
            replace: "fn timer_handler(mut stack_frame: interrupts::ExceptionStackFrame) {\n",
            why: CALLS_THAT_ARE_OVER,
        },
        Edit {
            find: "\tapic::eoi();\n\tcore_scheduler().reschedule();\n",
            replace: "\tapic::eoi();\n\tcore_scheduler().reschedule();\n\tcrate::faults::look_at_call(&mut stack_frame);\n",
            why: CALLS_THAT_ARE_OVER,
        },
    ],
};
