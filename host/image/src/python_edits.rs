//! What is changed in RustPython's crates: it takes Hermit for a system without files, processes and signals, and running
//! code can be ended from outside, native loops included.

use crate::prepared_crates::{CrateEdit, Place, PreparedCrate};
use crate::python_size_edits::{COMPILER_CORE, INTEGERS, PARSER};
use crate::python_threads::{
    DIALECTS, EVAL_BREAKER, INTERRUPTION, MEMORY_ERRORS, OF_THE_THREAD, SHAPE_TABLE, STATICS_OF_THREAD, TYPE_CACHE,
};
use crate::wasmi_edits::{WASMI, WASMPARSER};

/// The crates of the flavour `python` that are changed.
pub(crate) const CRATES: &[&PreparedCrate] =
    &[&COMMON, &HOST_ENV, &SRE_ENGINE, &VM, &STDLIB, &COMPILER_CORE, &PARSER, &INTEGERS, &WASMI, &WASMPARSER];

const NO_SYSTEM: &str = "Hermit is what these crates know of WebAssembly without a host: no files, processes, signals";

const NO_TIME_ZONE: &str = "the machine knows no time zone; to look for one takes code, and a cache that several interpreters \
                            would share";

const COMMON: PreparedCrate = PreparedCrate {
    name: "rustpython-common",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::AllBut(&[]),
            find: r#"target_arch = "wasm32""#,
            replace: r#"target_os = "hermit""#,
            count: 1,
            why: NO_SYSTEM,
        },
        CrateEdit {
            place: Place::File("src/static_cell.rs"),
            find: "// Same as `threading` variant, but wraps unsync::OnceCell with Sync.\n",
            replace: STATICS_OF_THREAD,
            count: 1,
            why: OF_THE_THREAD,
        },
    ],
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
            find: "TimeZone::system()",
            replace: "TimeZone::UTC",
            count: 3,
            why: NO_TIME_ZONE,
        },
        CrateEdit {
            place: Place::File("src/stdlib/time.rs"),
            find: "Zoned::now()",
            replace: "Timestamp::now().to_zoned(TimeZone::UTC)",
            count: 3,
            why: NO_TIME_ZONE,
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
            place: Place::File("src/signal.rs"),
            find: "static EVAL_BREAKER: EvalBreaker = EvalBreaker::new();\n",
            replace: EVAL_BREAKER,
            count: 1,
            why: OF_THE_THREAD,
        },
        CrateEdit {
            place: Place::File("src/builtins/type.rs"),
            find: "static TYPE_CACHE: std::sync::LazyLock<Box<[TypeCacheEntry]>> = std::sync::LazyLock::new(|| {
    (0..TYPE_CACHE_SIZE)
        .map(|_| TypeCacheEntry::new())
        .collect::<Vec<_>>()
        .into_boxed_slice()
});
",
            replace: TYPE_CACHE,
            count: 1,
            why: OF_THE_THREAD,
        },
        CrateEdit {
            place: Place::File("src/dict_inner.rs"),
            find: "static SHAPE_TABLE: std::sync::LazyLock<Box<[core::sync::atomic::AtomicPtr<ShapeData>]>> =
    std::sync::LazyLock::new(|| {
        (0..SHAPE_TABLE_SIZE)
            .map(|_| core::sync::atomic::AtomicPtr::new(core::ptr::null_mut()))
            .collect()
    });
",
            replace: SHAPE_TABLE,
            count: 1,
            why: OF_THE_THREAD,
        },
        CrateEdit {
            place: Place::File("src/exceptions.rs"),
            find: "static MEMORY_ERROR_FREELIST: Mutex<[Option<MemoryErrorHusk>; MEMORY_ERROR_FREELIST_SIZE]> =
    Mutex::new([const { None }; MEMORY_ERROR_FREELIST_SIZE]);
",
            replace: MEMORY_ERRORS,
            count: 1,
            why: OF_THE_THREAD,
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

const STDLIB: PreparedCrate = PreparedCrate {
    name: "rustpython-stdlib",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/csv.rs"),
            find: "static GLOBAL_HASHMAP: LazyLock<Mutex<HashMap<String, PyDialect>>> = LazyLock::new(|| {
        let m = HashMap::new();
        Mutex::new(m)
    });
    static GLOBAL_FIELD_LIMIT: LazyLock<Mutex<isize>> = LazyLock::new(|| Mutex::new(131072));
",
            replace: DIALECTS,
            count: 1,
            why: OF_THE_THREAD,
        },
        CrateEdit {
            place: Place::File("src/random.rs"),
            find: "                None => MT19937::from_rng(&mut rand::rng()),\n",
            replace: "                None => {
                    let words: [u32; 16] = core::array::from_fn(|_| {
                        u32::from_ne_bytes(rustpython_common::rand::os_random())
                    });
                    MT19937::new_with_slice_seed(&words)
                }
",
            count: 1,
            why: "a generator that the thread keeps would be set back with it, and every call would draw the same numbers",
        },
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
",
            replace: "",
            count: 1,
            why: "modules that no function needs: what is not named here is not linked in",
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "        _remote_debugging::module_def(ctx),\n",
            replace: "",
            count: 1,
            why: "a debugger is not offered: what is not named here is not linked in",
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
    ],
};
