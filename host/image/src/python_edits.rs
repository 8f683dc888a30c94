//! What is changed in RustPython's crates: it takes Hermit for a system without files, processes and signals, and running
//! code can be ended from outside, native loops included.

use crate::prepared_crates::{CrateEdit, Place, PreparedCrate};
use crate::python_size_edits::{COMPILER_CORE, INTEGERS, PARSER};
use crate::wasmi_edits::{WASMI, WASMPARSER};

/// The crates of the flavour `python` that are changed.
pub(crate) const CRATES: &[&PreparedCrate] =
    &[&COMMON, &HOST_ENV, &SRE_ENGINE, &VM, &STDLIB, &COMPILER_CORE, &PARSER, &INTEGERS, &WASMI, &WASMPARSER];

const NO_SYSTEM: &str = "Hermit is what these crates know of WebAssembly without a host: no files, processes, signals";

const COMMON: PreparedCrate = PreparedCrate {
    name: "rustpython-common",
    version: "0.6.0",
    edits: &[CrateEdit {
        place: Place::AllBut(&[]),
        find: r#"target_arch = "wasm32""#,
        replace: r#"target_os = "hermit""#,
        count: 1,
        why: NO_SYSTEM,
    }],
};

const HOST_ENV: PreparedCrate = PreparedCrate {
    name: "rustpython-host_env",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::AllBut(&[]),
            find: r#"target_arch = "wasm32""#,
            replace: r#"target_os = "hermit""#,
            count: 40,
            why: NO_SYSTEM,
        },
        CrateEdit {
            place: Place::AllBut(&[]),
            find: r#"target_os = "unknown""#,
            replace: r#"target_os = "hermit""#,
            count: 4,
            why: NO_SYSTEM,
        },
    ],
};

const SRE_ENGINE: PreparedCrate = PreparedCrate {
    name: "rustpython-sre_engine",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/engine.rs"),
            find: "fn _match<S: StrDrive>(req: &Request<'_, S>, state: &mut State, mut ctx: MatchContext) -> bool {\n",
            replace: "static INTERRUPTION_CHECK: core::sync::atomic::AtomicPtr<()> = core::sync::atomic::AtomicPtr::new(core::ptr::null_mut());

/// What says whether a search is to end.
pub fn set_interruption_check(check: fn() -> bool) {
    INTERRUPTION_CHECK.store(check as *mut (), core::sync::atomic::Ordering::Release);
}

#[cold]
#[inline(never)]
fn is_interrupted() -> bool {
    let check = INTERRUPTION_CHECK.load(core::sync::atomic::Ordering::Acquire);
    // SAFETY: only a function of this type is ever stored.
    !check.is_null() && unsafe { core::mem::transmute::<*mut (), fn() -> bool>(check) }()
}

fn _match<S: StrDrive>(req: &Request<'_, S>, state: &mut State, mut ctx: MatchContext) -> bool {
    let mut steps = 0_u32;
",
            count: 1,
            why: "a search that backtracks for ever has to see that its call is to end",
        },
        CrateEdit {
            place: Place::File("src/engine.rs"),
            find: "    'coro: loop {\n",
            replace: "    'coro: loop {\n        steps = steps.wrapping_add(1);\n        if steps % 4096 == 0 && is_interrupted() {\n            return false;\n        }\n",
            count: 1,
            why: "asks every few thousand steps, which costs nothing that could be measured",
        },
    ],
};

const VM: PreparedCrate = PreparedCrate {
    name: "rustpython-vm",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::AllBut(&["src/vm/mod.rs"]),
            find: r#"target_arch = "wasm32""#,
            replace: r#"target_os = "hermit""#,
            count: 40,
            why: NO_SYSTEM,
        },
        CrateEdit {
            place: Place::File("src/stdlib/time.rs"),
            find: r#"Err(vm.new_not_implemented_error("time.time"))"#,
            replace: "Ok(duration_since_system_now(vm)?.as_secs_f64())",
            count: 1,
            why: "the clock is there, other than on WebAssembly without a host",
        },
        CrateEdit {
            place: Place::File("src/vm/mod.rs"),
            find: "let estimated_size = 8 * 1024 * 1024;",
            replace: "let estimated_size = 4 * 1024 * 1024;",
            count: 1,
            why: "where the stack cannot be measured, its size is an agreement with skerry-python (STACK_BYTES), which gives more",
        },
        CrateEdit {
            place: Place::File("src/signal.rs"),
            find: "pub fn check_signals(vm: &VirtualMachine) -> PyResult<()> {\n",
            replace: "pub fn check_signals(vm: &VirtualMachine) -> PyResult<()> {\n    check_interruption(vm)?;\n",
            count: 1,
            why: "an interrupted call is told so at each instruction until it has ended; no handler can outlast that",
        },
        CrateEdit {
            place: Place::File("src/signal.rs"),
            find: "pub(crate) fn set_triggered() {",
            replace: INTERRUPTION,
            count: 1,
            why: "the interface by which skerry-python ends a call: a flag per thread, looked at by the evaluation loop",
        },
        CrateEdit {
            place: Place::File("src/vm/mod.rs"),
            find: "        let sys_module = self.import(\"sys\", 0).unwrap();\n        let unraisablehook",
            replace: "        if crate::signal::is_interrupted() {\n            return;\n        }\n        let sys_module = self.import(\"sys\", 0).unwrap();\n        let unraisablehook",
            count: 1,
            why: "in a call that is being ended nothing runs that could report an exception; it would panic instead",
        },
        CrateEdit {
            place: Place::File("src/builtins/code.rs"),
            find: "    fn py_new(_cls: &Py<PyType>, args: Self::Args, vm: &VirtualMachine) -> PyResult<Self> {\n",
            replace: "    fn py_new(_cls: &Py<PyType>, args: Self::Args, vm: &VirtualMachine) -> PyResult<Self> {\n        if !PyCode::MAY_BE_MADE {\n            return Err(vm.new_not_implemented_error(\"code objects cannot be made in a Skerry function\"));\n        }\n",
            count: 1,
            why: "bytecode is not verified: what a function makes up itself could reach any memory",
        },
        CrateEdit {
            place: Place::File("src/builtins/code.rs"),
            find: "    pub fn replace(&self, args: ReplaceArgs, vm: &VirtualMachine) -> PyResult<PyCode> {\n",
            replace: "    pub fn replace(&self, args: ReplaceArgs, vm: &VirtualMachine) -> PyResult<PyCode> {\n        if !PyCode::MAY_BE_MADE {\n            return Err(vm.new_not_implemented_error(\"code objects cannot be made in a Skerry function\"));\n        }\n",
            count: 1,
            why: "bytecode is not verified: what a function makes up itself could reach any memory",
        },
        CrateEdit {
            place: Place::File("src/builtins/code.rs"),
            find: "impl Constructor for PyCode {\n",
            replace: "impl PyCode {\n    /// Whether code may be made of its parts.\n    const MAY_BE_MADE: bool = false;\n}\n\nimpl Constructor for PyCode {\n",
            count: 1,
            why: "what the two edits before ask, so that all that follows them still compiles",
        },
        CrateEdit {
            place: Place::File("src/stdlib/mod.rs"),
            find: "        _testinternalcapi::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "the interpreter's own tests are no function's: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/stdlib/mod.rs"),
            find: "        _interpchannels::module_def(ctx),\n        _interpqueues::module_def(ctx),\n        _interpreters::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "a function has the one interpreter that it was given: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/protocol/iter.rs"),
            find: "    pub fn next(&self, vm: &VirtualMachine) -> PyResult<PyIterReturn> {\n",
            replace: "    pub fn next(&self, vm: &VirtualMachine) -> PyResult<PyIterReturn> {\n        crate::signal::check_interruption(vm)?;\n",
            count: 1,
            why: "loops of native code, such as sum(itertools.count()), end by their iterator",
        },
        CrateEdit {
            place: Place::File("src/stdlib/time.rs"),
            find: "            vm.allow_threads(|| std::thread::sleep(dur));\n",
            replace: "            let end = std::time::Instant::now().checked_add(dur);\n            loop {\n                let left = end.map_or(dur, |end| end.saturating_duration_since(std::time::Instant::now()));\n                if left.is_zero() {\n                    break;\n                }\n                std::thread::sleep(left.min(core::time::Duration::from_millis(5)));\n                crate::signal::check_interruption(vm)?;\n            }\n",
            count: 1,
            why: "a sleeping function ends at its limit, too",
        },
    ],
};

/// Replaces `pub(crate) fn set_triggered() {`, and ends with it.
const INTERRUPTION: &str = "thread_local! {
    static INTERRUPTION: Cell<Option<&'static AtomicBool>> = const { Cell::new(None) };
}

/// Has this thread's code look at `flag` from now on.
pub fn set_interruption_flag(flag: &'static AtomicBool) {
    INTERRUPTION.with(|cell| cell.set(Some(flag)));
}

/// Ends what runs on the thread that looks at `flag`, soon and whatever handlers it has.
pub fn interrupt(flag: &'static AtomicBool) {
    flag.store(true, Ordering::Release);
    set_triggered();
}

/// Lets the thread's next code run.
pub fn end_interruption(flag: &'static AtomicBool) {
    flag.store(false, Ordering::Release);
    EVAL_BREAKER.remove(EvalBreakerFlag::Signal);
}

/// Whether this thread's code is to end.
#[inline]
pub fn is_interrupted() -> bool {
    eval_breaker_pending()
        && INTERRUPTION.with(|cell| cell.get().is_some_and(|flag| flag.load(Ordering::Acquire)))
}

/// Fails if this thread's code is to end.
#[inline]
pub fn check_interruption(vm: &VirtualMachine) -> PyResult<()> {
    if is_interrupted() {
        return Err(vm.new_exception_empty(vm.ctx.exceptions.keyboard_interrupt.to_owned()));
    }
    Ok(())
}

pub(crate) fn set_triggered() {";

const STDLIB: PreparedCrate = PreparedCrate {
    name: "rustpython-stdlib",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        _asyncio::module_def(ctx),
        cjkcodecs::_codecs_cn::module_def(ctx),
        cjkcodecs::_codecs_hk::module_def(ctx),
        cjkcodecs::_codecs_iso2022::module_def(ctx),
        cjkcodecs::_codecs_jp::module_def(ctx),
        cjkcodecs::_codecs_kr::module_def(ctx),
        cjkcodecs::_codecs_tw::module_def(ctx),
        cjkcodecs::multibytecodec::module_def(ctx),
        _opcode::module_def(ctx),
        _remote_debugging::module_def(ctx),
",
            replace: "",
            count: 1,
            why: "modules that no function needs: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        bz2::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "bz2 is not offered: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        elementtree::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "XML is not offered: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        lzma::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "lzma is not offered: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        pickle::module_def(ctx),\n        pyexpat::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "XML and pickles of code are not offered: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        _tokenize::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "no tools for source code are offered: what is not named here is not linked in",
        },
    ],
};
