//! What is changed in the WebAssembly interpreter's crates, for size alone: what no function can use is left out when they
//! are compiled, although it could be switched on when they run. Together a tenth of the image `minimal`.

use crate::prepared_crates::{CrateEdit, Place, PreparedCrate};

const NEVER_OFFERED: &str = "threads, garbage collection, exceptions and stack switching are never on, but their operators are a third of this crate";

/// Reads and validates modules.
pub(crate) const WASMPARSER: PreparedCrate = PreparedCrate {
    name: "wasmparser",
    version: "0.228.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/features.rs"),
            find: "impl WasmFeatures {\n    /// The feature set associated with the MVP release",
            replace: "impl WasmFeatures {
    /// What can be switched on: all that the interpreter knows.
    #[cfg(feature = \"features\")]
    const OFFERED: WasmFeatures = WasmFeatures::WASM2
        .union(WasmFeatures::RELAXED_SIMD)
        .union(WasmFeatures::TAIL_CALL)
        .union(WasmFeatures::EXTENDED_CONST);

    /// The feature set associated with the MVP release",
            count: 1,
            why: NEVER_OFFERED,
        },
        CrateEdit {
            place: Place::File("src/features.rs"),
            find: "{ self.contains(WasmFeatures::$const) }",
            replace: "{ Self::OFFERED.contains(WasmFeatures::$const) && self.contains(WasmFeatures::$const) }",
            count: 1,
            why: NEVER_OFFERED,
        },
        CrateEdit {
            place: Place::File("src/features.rs"),
            find: "!FAST_VALIDATION_FEATURES.contains(*self)",
            replace: "!FAST_VALIDATION_FEATURES.contains(self.intersection(Self::OFFERED))",
            count: 1,
            why: "types that refer to each other come with garbage collection alone, which is never offered",
        },
        CrateEdit {
            place: Place::File("src/binary_reader.rs"),
            find: "0xfb => self.visit_0xfb_operator(pos, visitor)?,",
            replace: "0xfb => bail!(pos, \"gc support is not enabled\"),",
            count: 1,
            why: NEVER_OFFERED,
        },
        CrateEdit {
            place: Place::File("src/binary_reader.rs"),
            find: "0xfe => self.visit_0xfe_operator(pos, visitor)?,",
            replace: "0xfe => bail!(pos, \"threads support is not enabled\"),",
            count: 1,
            why: NEVER_OFFERED,
        },
    ],
};

const ALWAYS_EAGER: &str =
    "modules are validated and translated at once, so the ways to do so later, or never, are not needed";

/// The interpreter, where it translates whole modules: not where it stands beside a compiler.
pub(crate) const WASMI: PreparedCrate = PreparedCrate {
    name: "wasmi",
    version: "2.0.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/engine/config.rs"),
            find: "-> CompilationMode {\n        self.compilation_mode\n",
            replace: "-> CompilationMode {\n        CompilationMode::Eager\n",
            count: 1,
            why: ALWAYS_EAGER,
        },
        CrateEdit {
            place: Place::File("src/engine/mod.rs"),
            find: "            (CompilationMode::Eager, None) => {\n",
            replace: "            (CompilationMode::Eager, None) => return Err(TranslationError::LazyCompilationFailed.into()),
            #[allow(unreachable_patterns)]
            (CompilationMode::Eager, None) => {\n",
            count: 1,
            why: ALWAYS_EAGER,
        },
        CrateEdit {
            place: Place::File("src/engine/code_map/mod.rs"),
            find: "match uncompiled.compile(fuel, features) {",
            replace: "match Err::<CompiledFuncEntry, _>(Error::from(TranslationError::LazyCompilationFailed)) {",
            count: 1,
            why: ALWAYS_EAGER,
        },
    ],
};
