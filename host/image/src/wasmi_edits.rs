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

const TRANSLATED_ONCE: &str = "the crate is compiled for speed, for the sake of its loop; its translator is most of its code and runs once for a module";

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
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "    feature(explicit_tail_calls),\n",
            replace: "    feature(explicit_tail_calls, optimize_attribute),\n",
            count: 1,
            why: TRANSLATED_ONCE,
        },
        for_size("src/engine/translator/func/visit.rs", "\n    fn visit_", OF_A_VISIT, 207),
        for_size("src/engine/translator/func/simd/visit.rs", "\n    fn visit_", OF_A_VISIT, 256),
        for_size("src/engine/translator/func/mod.rs", "\n    fn ", OF_A_FUNCTION, 133),
        for_size("src/engine/translator/func/simd/mod.rs", "\n    fn ", OF_A_FUNCTION, 13),
        for_size("src/engine/translator/driver.rs", "\n    fn ", OF_A_FUNCTION, 3),
        for_size("src/engine/translator/func/fuel.rs", "\n    fn ", OF_A_FUNCTION, 8),
        for_size("src/module/parser/mod.rs", "\n    fn ", OF_A_FUNCTION, 18),
        for_size("src/engine/translator/func/encoder.rs", "\n    pub fn ", OF_A_PUBLIC_FUNCTION, 19),
        for_size("src/engine/translator/func/stack/control.rs", "\n    pub fn ", OF_A_PUBLIC_FUNCTION, 35),
        for_size("src/engine/translator/func/stack/mod.rs", "\n    pub fn ", OF_A_PUBLIC_FUNCTION, 38),
        for_size("src/engine/translator/func/stack/operands.rs", "\n    pub fn ", OF_A_PUBLIC_FUNCTION, 36),
        for_size("src/module/builder.rs", "\n    pub fn ", OF_A_PUBLIC_FUNCTION, 17),
        for_size("src/module/mod.rs", "\n    pub fn ", OF_A_PUBLIC_FUNCTION, 22),
        for_size(
            "src/engine/translator/mod.rs",
            "\n        fn $visit(&mut self $($(,$arg: $argty)*)?) -> Self::Output {\n            let offset",
            "\n        #[cfg_attr(feature = \"unstable\", optimize(size))]
        fn $visit(&mut self $($(,$arg: $argty)*)?) -> Self::Output {\n            let offset",
            2,
        ),
    ],
};

const OF_A_VISIT: &str = "\n    #[cfg_attr(feature = \"unstable\", optimize(size))]\n    fn visit_";
const OF_A_FUNCTION: &str = "\n    #[cfg_attr(feature = \"unstable\", optimize(size))]\n    fn ";
const OF_A_PUBLIC_FUNCTION: &str = "\n    #[cfg_attr(feature = \"unstable\", optimize(size))]\n    pub fn ";

/// Has functions of a file compiled for size.
const fn for_size(file: &'static str, find: &'static str, replace: &'static str, count: usize) -> CrateEdit {
    CrateEdit { place: Place::File(file), find, replace, count, why: TRANSLATED_ONCE }
}
