//! What is changed in RustPython's crates for size alone: together an eighth of the image `python`.

use crate::prepared_crates::{CrateEdit, Place, PreparedCrate};

const PLAIN_LIBRARY: &str =
    "images are compressed as a whole, and better than module by module; a plain module is also there sooner";

/// How modules are frozen.
pub(crate) const COMPILER_CORE: PreparedCrate = PreparedCrate {
    name: "rustpython-compiler-core",
    version: "0.6.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/frozen.rs"),
            find: "        let decompressed = lz4_flex::decompress_size_prepended(data)
            .expect(\"deserialize frozen CodeObject failed\");
        marshal::deserialize_code(&mut &decompressed[..], bag)
",
            replace: "        marshal::deserialize_code(&mut &*data, bag)\n",
            count: 1,
            why: PLAIN_LIBRARY,
        },
        CrateEdit {
            place: Place::File("src/frozen.rs"),
            find: "        let bytes = lz4_flex::compress_prepend_size(&data);\n        Self { bytes }",
            replace: "        Self { bytes: data }",
            count: 1,
            why: PLAIN_LIBRARY,
        },
    ],
};

const ONE_TABLE_OF_NAMES: &str =
    "the parser's table of all characters' names is an older copy of the one that `unicodedata` has";

/// The parser.
pub(crate) const PARSER: PreparedCrate = PreparedCrate {
    name: "rustpython-ruff_python_parser",
    version: "0.16.5",
    edits: &[
        CrateEdit {
            place: Place::File("src/string.rs"),
            find: "        unicode_names2::character(name).ok_or_else(|| {",
            replace: "        CHARACTER_LOOKUP.get().and_then(|lookup| lookup(name)).ok_or_else(|| {",
            count: 1,
            why: ONE_TABLE_OF_NAMES,
        },
        CrateEdit {
            place: Place::File("src/string.rs"),
            find: "use std::fmt;\n\n",
            replace: "use std::fmt;

static CHARACTER_LOOKUP: std::sync::OnceLock<fn(&str) -> Option<char>> = std::sync::OnceLock::new();

/// What knows the characters that literals name by `\\\\N{...}`. Until it is set, there are none.
pub fn set_character_lookup(lookup: fn(&str) -> Option<char>) {
    let _ = CHARACTER_LOOKUP.set(lookup);
}

",
            count: 1,
            why: ONE_TABLE_OF_NAMES,
        },
        CrateEdit {
            place: Place::File("src/lib.rs"),
            find: "pub use crate::parser::ParseOptions;\n",
            replace: "pub use crate::parser::ParseOptions;\npub use crate::string::set_character_lookup;\n",
            count: 1,
            why: ONE_TABLE_OF_NAMES,
        },
    ],
};

const NO_FAST_FOURIER: &str = "multiplication by Fourier transforms is a tenth of the interpreter's code, for numbers of 20,000 digits and \
                               more; the algorithm for the next smaller ones does for them, too";

/// Big integers.
pub(crate) const INTEGERS: PreparedCrate = PreparedCrate {
    name: "malachite-nz",
    version: "0.12.0",
    edits: &[
        CrateEdit {
            place: Place::File("src/platform_64.rs"),
            find: "MUL_FFT_THRESHOLD: usize = 450;",
            replace: "MUL_FFT_THRESHOLD: usize = usize::MAX;",
            count: 1,
            why: NO_FAST_FOURIER,
        },
        CrateEdit {
            place: Place::File("src/natural/arithmetic/mul/mod.rs"),
            find: "{FFT_MUL_THRESHOLD: usize = 1000;}",
            replace: "{FFT_MUL_THRESHOLD: usize = usize::MAX;}",
            count: 1,
            why: NO_FAST_FOURIER,
        },
        CrateEdit {
            place: Place::File("src/natural/arithmetic/mul/mod.rs"),
            find: "        mpn_mul_default_mpn_ctx(out, xs, ys, false);\n",
            replace: "        unreachable!();\n",
            count: 3,
            why: NO_FAST_FOURIER,
        },
        CrateEdit {
            place: Place::File("src/natural/arithmetic/square.rs"),
            find: "SQR_FFT_THRESHOLD: usize = 424;",
            replace: "SQR_FFT_THRESHOLD: usize = usize::MAX;",
            count: 1,
            why: NO_FAST_FOURIER,
        },
        CrateEdit {
            place: Place::File("src/natural/arithmetic/square.rs"),
            find: "        mpn_square_default_mpn_ctx(out, xs);\n",
            replace: "        unreachable!();\n",
            count: 1,
            why: NO_FAST_FOURIER,
        },
    ],
};
